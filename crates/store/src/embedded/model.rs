//! Folders against a model of theirs: whatever is done, a client that comes back with what it knew finds what is there.

mod steps;

use std::collections::{BTreeMap, BTreeSet};

use pec::{Address, Moment};
use proptest::prelude::*;
use rusqlite::Connection;

use self::steps::{Step, steps};
use super::limits::MailboxLimits;
use super::sequence::place;
use super::{deposits, entries, expunging, flags, folders, holders, recent, removals, schema, transfers, users};
use crate::{
    Append, Change, ChangeKind, Deposit, DepositIn, Entry, FlagChange, FlagOperation, Flags, FolderId, FolderName,
    Handle, MailboxId, MessageId, NewMessage, Reader, Summary, SystemFlags, UidSet, UserId, Vanished, Want,
};

/// What the model knows of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    message: MessageId,
    /// Without `\Seen`.
    system: SystemFlags,
    keywords: BTreeSet<String>,
    /// By whom it has been seen, and the modification sequence of that for him alone.
    seen: BTreeMap<Option<UserId>, u64>,
    modseq: u64,
    counts: bool,
}

impl Known {
    fn flags(&self, reader: Reader) -> Flags {
        let seen = if self.seen.contains_key(&who(reader)) { SystemFlags::SEEN } else { SystemFlags::default() };
        Flags { system: self.system.with(seen), keywords: self.keywords.clone() }
    }

    /// For everybody it changes by more than that a user has seen it.
    fn set(&mut self, flags: &Flags, reader: Reader, modseq: u64) -> bool {
        let mut seen = self.flags(reader);
        seen.system = seen.system.with(SystemFlags::SEEN);
        let shared = reader == Reader::Owner || *flags != seen;
        if shared {
            self.modseq = modseq;
        }
        self.system = flags.system.without(SystemFlags::SEEN);
        self.keywords.clone_from(&flags.keywords);
        match flags.system.contains(SystemFlags::SEEN) {
            true => drop(self.seen.entry(who(reader)).or_insert(modseq)),
            false => drop(self.seen.remove(&who(reader))),
        }
        shared
    }

    fn modseq(&self, reader: Reader) -> u64 {
        let own = self.seen.get(&who(reader)).filter(|_| reader != Reader::Owner);
        self.modseq.max(own.copied().unwrap_or_default())
    }
}

fn who(reader: Reader) -> Option<UserId> {
    match reader {
        Reader::Owner => None,
        Reader::User(user) => Some(user),
    }
}

/// What a client sees of a folder: flags by UID.
type View = BTreeMap<u32, Flags>;

#[derive(Clone, Default)]
struct ModelFolder {
    entries: BTreeMap<u32, Known>,
    uid_next: u32,
    recent_from: u32,
    highest: u64,
}

impl ModelFolder {
    fn highest(&self, reader: Reader) -> u64 {
        let entries = self.entries.values().map(|known| known.modseq(reader));
        entries.max().unwrap_or_default().max(self.highest)
    }
}

/// The store and its model side by side.
struct Both {
    file: Connection,
    limits: MailboxLimits,
    user: UserId,
    mailboxes: [(MailboxId, Address); 2],
    folders: [FolderId; 3],
    model: [ModelFolder; 3],
    modseq: [u64; 2],
    /// Modification sequence and view of each folder after each step, as the owner and as the user see it.
    history: Vec<[[(u64, View); 2]; 3]>,
}

const SIZE: u64 = 7;

fn mailbox_of(folder: usize) -> usize {
    folder / 2
}

impl Both {
    fn new(tombstones: u32) -> Self {
        let file = Connection::open_in_memory().unwrap();
        file.execute_batch("PRAGMA foreign_keys = ON").unwrap();
        schema::make(&file).unwrap();
        let mailboxes = ["anna@pec.example", "bruno@pec.example"].map(|text| {
            let address = Address::parse(text).unwrap();
            let new = holders::Opening {
                address: address.clone(),
                password: None,
                quota: 1 << 40,
                service: false,
                unit: None,
            };
            holders::create(&file, &new).unwrap();
            (holders::find(&file, &address.key()).unwrap().unwrap().id, address)
        });
        let user = users::create(&file, "mario", "Mario", None).unwrap().unwrap().id;
        let open = |mailbox: usize, name| {
            folders::open(&file, mailboxes[mailbox].0, &FolderName::parse(name).unwrap(), 1).unwrap()
        };
        let folders = [open(0, "INBOX"), open(0, "Bandi"), open(1, "INBOX")];
        let model =
            std::array::from_fn(|_| ModelFolder { uid_next: 1, recent_from: 1, highest: 1, ..ModelFolder::default() });
        let limits = MailboxLimits { tombstones, ..MailboxLimits::default() };
        let mut both = Self { file, limits, user, mailboxes, folders, model, modseq: [1, 1], history: Vec::new() };
        both.remember();
        both
    }

    fn message(&self) -> MessageId {
        let sql =
            "INSERT INTO messages (size, whole, digest, date, subject, header_from, sender, reply_to, header_to, cc,
                     in_reply_to, message_id, header, own)
                   VALUES (7, 0, x'', '', '', '', '', '', '', '', '', '', x'', x'') RETURNING id";
        MessageId(self.file.query_row(sql, [], |row| row.get(0)).unwrap())
    }

    fn next(&mut self, folder: usize) -> u64 {
        let modseq = &mut self.modseq[mailbox_of(folder)];
        *modseq += 1;
        self.model[folder].highest = *modseq;
        *modseq
    }

    fn add(&mut self, folder: usize, mut known: Known, modseq: u64) -> u32 {
        known.modseq = modseq;
        let folder = &mut self.model[folder];
        let uid = folder.uid_next;
        folder.uid_next += 1;
        folder.entries.insert(uid, known);
        uid
    }

    /// Does a step on both sides; what is told must be what was done.
    fn step(&mut self, step: Step) {
        let told = match step {
            Step::Deposit { folder, counts } => self.deposit(folder, counts),
            Step::Append { folder, flags, reader } => self.append(folder, flags, reader),
            Step::Flags { folder, uids, operation, flags, reader, since } => {
                let since = since.map(|back| self.history[back % self.history.len()][folder][0].0);
                let folder_id = self.folders[folder];
                let known = u64::MAX;
                let change =
                    FlagChange { folder: folder_id, uids, operation, flags, unchanged_since: since, known, reader };
                self.flags(folder, &change)
            }
            Step::Expunge { folder, uids } => {
                let (_, gone, told) = expunging::all(&self.file, self.folders[folder], &uids, self.limits).unwrap();
                let known = self.among(folder, &uids);
                assert_eq!(gone.iter().collect::<Vec<_>>(), known);
                self.forget(folder, &known).into_iter().for_each(|expected| assert_eq!(told, [expected]));
                told
            }
            Step::Copy { from, uids, to } => {
                let (here, there) = (self.folders[from], self.folders[to]);
                let (pairs, told) =
                    transfers::copy(&self.file, here, &uids, there, Moment::from_unix(9), self.limits).unwrap();
                self.bring(from, &uids, to, &pairs, false);
                told
            }
            Step::Move { from, uids, to } => {
                let (here, there, now) = (self.folders[from], self.folders[to], Moment::from_unix(9));
                let moved = transfers::move_to(&self.file, here, &uids, there, now, self.limits).unwrap();
                let known = self.among(from, &uids);
                self.bring(from, &uids, to, &moved.0, true);
                self.forget(from, &known);
                moved.1
            }
            Step::Recent { folder, below } => {
                let first = recent::take(&self.file, self.folders[folder], below).unwrap();
                let model = &mut self.model[folder];
                assert_eq!(first, model.recent_from);
                model.recent_from = first.max(below.min(model.uid_next));
                Vec::new()
            }
        };
        for change in told {
            let mailbox = self.mailboxes.iter().position(|(id, _)| *id == change.mailbox).unwrap();
            let at = self.folders.iter().position(|id| Some(*id) == change.folder).unwrap();
            assert!(mailbox == mailbox_of(at) && change.modseq <= self.modseq[mailbox]);
        }
        self.compare();
        self.remember();
    }

    fn deposit(&mut self, folder: usize, counts: bool) -> Vec<Change> {
        let message = self.message();
        let place = place(&self.file, self.folders[folder]).unwrap();
        let deposit = Deposit {
            message: Handle(0),
            mailbox: self.mailboxes[mailbox_of(folder)].1.clone(),
            folder: DepositIn::Folder(place.name.to_string()),
            counts,
            within_quota: false,
            at: Moment::from_unix(5),
        };
        let (deposited, told) = deposits::deposit(&self.file, &deposit, message, SIZE, self.limits).unwrap();
        let modseq = self.next(folder);
        let known = Known {
            message,
            system: SystemFlags::default(),
            keywords: BTreeSet::new(),
            seen: BTreeMap::new(),
            modseq,
            counts,
        };
        let uid = self.add(folder, known, modseq);
        assert_eq!(deposited.map(|deposited| (deposited.uid, deposited.modseq)), Some((uid, modseq)));
        Vec::from_iter(told)
    }

    fn append(&mut self, folder: usize, flags: Flags, reader: Reader) -> Vec<Change> {
        let message = self.message();
        let new = NewMessage { pieces: pec::Pieces::new(), summary: Summary::default() };
        let (at, saved) = (Moment::from_unix(5), Moment::from_unix(6));
        let append =
            Append { folder: self.folders[folder], message: new, flags: flags.clone(), reader, at, saved, own: false };
        let (uids, told) = deposits::append(
            &self.file,
            &[deposits::Stored { append: &append, message, size: SIZE, copy: None }],
            self.limits,
        )
        .unwrap();
        let modseq = self.next(folder);
        let mut known = Known {
            message,
            system: SystemFlags::default(),
            keywords: BTreeSet::new(),
            seen: BTreeMap::new(),
            modseq,
            counts: true,
        };
        known.set(&flags, reader, modseq);
        assert_eq!(uids, [self.add(folder, known, modseq)]);
        told
    }

    fn flags(&mut self, folder: usize, change: &FlagChange) -> Vec<Change> {
        let (done, told) = flags::change(&self.file, change, self.limits).unwrap();
        let (mut changed, mut modified, mut shared) = (Vec::new(), Vec::new(), false);
        let modseq = self.modseq[mailbox_of(folder)] + 1;
        for uid in self.among(folder, &change.uids) {
            let known = self.model[folder].entries.get_mut(&uid).unwrap();
            if change.unchanged_since.is_some_and(|since| known.modseq(change.reader) > since) {
                modified.push(uid);
                continue;
            }
            let before = known.flags(change.reader);
            let mut after = before.clone();
            match change.operation {
                FlagOperation::Add => {
                    after.system = after.system.with(change.flags.system);
                    after.keywords.extend(change.flags.keywords.iter().cloned());
                }
                FlagOperation::Remove => {
                    after.system = after.system.without(change.flags.system);
                    after.keywords.retain(|keyword| !change.flags.keywords.contains(keyword));
                }
                FlagOperation::Replace => after = change.flags.clone(),
            }
            if after != before {
                shared |= known.set(&after, change.reader, modseq);
                changed.push(uid);
            }
        }
        if !changed.is_empty() {
            let highest = self.model[folder].highest;
            self.next(folder);
            if !shared {
                self.model[folder].highest = highest;
            }
            assert_eq!(told[0].what, ChangeKind::Flags(changed.iter().copied().collect()));
        }
        assert_eq!(done.modseq, self.model[folder].highest(change.reader));
        assert_eq!(done.changed.iter().collect::<Vec<_>>(), changed);
        assert_eq!(done.modified.iter().collect::<Vec<_>>(), modified);
        told
    }

    fn among(&self, folder: usize, uids: &UidSet) -> Vec<u32> {
        self.model[folder].entries.keys().copied().filter(|uid| uids.contains(*uid)).collect()
    }

    fn forget(&mut self, folder: usize, uids: &[u32]) -> Option<Change> {
        if uids.is_empty() {
            return None;
        }
        let gone: Vec<Known> = uids.iter().filter_map(|uid| self.model[folder].entries.remove(uid)).collect();
        gone.iter().filter(|known| !known.counts).for_each(|known| self.inherit(mailbox_of(folder), known.message));
        let modseq = self.next(folder);
        let (mailbox, gone) = (self.mailboxes[mailbox_of(folder)].0, uids.iter().copied().collect());
        Some(Change { mailbox, folder: Some(self.folders[folder]), modseq, what: ChangeKind::Vanished(gone) })
    }

    /// Of a message that does not count one entry is left that does not, if any is.
    fn inherit(&mut self, mailbox: usize, message: MessageId) {
        let own = self.model.iter_mut().enumerate().filter(|(folder, _)| mailbox_of(*folder) == mailbox);
        let mut copies: Vec<&mut Known> =
            own.flat_map(|(_, model)| model.entries.values_mut()).filter(|known| known.message == message).collect();
        if copies.iter().all(|copy| copy.counts)
            && let Some(first) = copies.first_mut()
        {
            first.counts = false;
        }
    }

    fn bring(&mut self, from: usize, uids: &UidSet, to: usize, pairs: &[(u32, u32)], moved: bool) {
        let here = self.among(from, uids);
        if here.is_empty() {
            assert_eq!(pairs, []);
            return;
        }
        let modseq = self.next(to);
        let bring = |both: &mut Self, uid: &u32| {
            let mut known = both.model[from].entries[uid].clone();
            let home = mailbox_of(from) == mailbox_of(to);
            if !home {
                known.seen.remove(&None);
            }
            known.seen.values_mut().for_each(|own| *own = modseq);
            known.counts |= !(home && moved);
            both.add(to, known, modseq)
        };
        let expected: Vec<_> = here.iter().map(|uid| (*uid, bring(self, uid))).collect();
        assert_eq!(pairs, expected);
    }

    fn readers(&self) -> [Reader; 2] {
        [Reader::Owner, Reader::User(self.user)]
    }

    fn listed(&self, folder: usize, uids: &UidSet, reader: Reader) -> Vec<Entry> {
        entries::list(&self.file, self.folders[folder], uids, Want::default(), reader, 9999).unwrap()
    }

    /// Everything that can be read is what the model says.
    fn compare(&self) {
        for folder in 0..3 {
            let model = &self.model[folder];
            for reader in self.readers() {
                let all = self.listed(folder, &UidSet::all(), reader);
                let found: Vec<_> = all.iter().map(|entry| (entry.uid, entry.message, entry.modseq)).collect();
                let expected: Vec<_> =
                    model.entries.iter().map(|(uid, known)| (*uid, known.message, known.modseq(reader))).collect();
                assert_eq!(found, expected);
                for entry in &all {
                    assert_eq!(entry.flags, model.entries[&entry.uid].flags(reader));
                }
                let list = folders::list(&self.file, self.mailboxes[mailbox_of(folder)].0, reader).unwrap();
                let listed = list.into_iter().find(|listed| listed.id == self.folders[folder]).unwrap();
                let unseen = model.entries.values().filter(|known| !known.seen.contains_key(&who(reader))).count();
                assert_eq!(
                    (listed.messages as usize, listed.unseen as usize, listed.size, listed.uid_next),
                    (model.entries.len(), unseen, SIZE * model.entries.len() as u64, model.uid_next)
                );
                assert_eq!((listed.highest_modseq, listed.recent_from), (model.highest(reader), model.recent_from));
            }
            let recent = model.entries.range(model.recent_from..).count();
            assert_eq!(recent::count(&self.file, self.folders[folder]).unwrap() as usize, recent);
            let uids = entries::uids(&self.file, self.folders[folder]).unwrap();
            assert_eq!(uids, model.entries.keys().copied().collect());
        }
        for (at, (_, address)) in self.mailboxes.iter().enumerate() {
            let mailbox = holders::find(&self.file, &address.key()).unwrap().unwrap();
            let own = (0..3).filter(|folder| mailbox_of(*folder) == at);
            let held: Vec<&Known> = own.flat_map(|folder| self.model[folder].entries.values()).collect();
            let counted = held.iter().filter(|known| known.counts).count() as u64;
            assert_eq!(
                (mailbox.modseq, mailbox.used, mailbox.counted),
                (self.modseq[at], SIZE * held.len() as u64, SIZE * counted)
            );
        }
    }

    fn remember(&mut self) {
        self.history.push(std::array::from_fn(|folder| {
            let model = &self.model[folder];
            let view = |reader| model.entries.iter().map(|(uid, known)| (*uid, known.flags(reader))).collect();
            self.readers().map(|reader| (model.highest(reader), view(reader)))
        }));
        if let [.., before, now] = self.history.as_slice() {
            let pairs = before.as_flattened().iter().zip(now.as_flattened());
            assert!(
                pairs.into_iter().all(|((before, _), (now, _))| before <= now),
                "what clients keep never goes down"
            );
        }
    }

    /// A client that comes back with any earlier HIGHESTMODSEQ, or with the mailbox's sequence of that moment, brings its
    /// view up to date with what went and what changed since.
    fn resynchronise(&self) -> usize {
        let mut too_old = 0;
        for past in &self.history {
            for (folder, views) in past.iter().enumerate() {
                for ((since, view), reader) in views.iter().zip(self.readers()) {
                    let vanished = removals::vanished(&self.file, self.folders[folder], *since).unwrap();
                    let mut view = view.clone();
                    let now: View = self.model[folder].entries.iter().map(|(u, k)| (*u, k.flags(reader))).collect();
                    match &vanished {
                        Vanished::Uids(gone) => {
                            assert!(gone.iter().all(|uid| !now.contains_key(&uid)), "what went is not there");
                            view.retain(|uid, _| !gone.contains(*uid));
                        }
                        // It compares all UIDs instead.
                        Vanished::TooOld => {
                            too_old += 1;
                            view.retain(|uid, _| now.contains_key(uid));
                        }
                    }
                    let changed = entries::changed(&self.file, self.folders[folder], *since, reader).unwrap();
                    let changed = self.listed(folder, &changed, reader);
                    assert!(changed.iter().all(|entry| entry.modseq > *since));
                    view.extend(changed.into_iter().map(|entry| (entry.uid, entry.flags)));
                    assert_eq!(view, now, "folder {folder} since {since}");
                }
            }
        }
        too_old
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_client_that_comes_back_finds_what_is_there(steps in steps()) {
        let mut both = Both::new(10_000);
        steps.into_iter().for_each(|step| both.step(step));
        prop_assert_eq!(both.resynchronise(), 0, "everything is remembered");
    }

    #[test]
    fn a_client_that_was_away_for_too_long_is_told_so_and_nobody_else(steps in steps()) {
        let mut both = Both::new(3);
        steps.into_iter().for_each(|step| both.step(step));
        both.resynchronise();
        for (folder, model) in both.folders.iter().zip(&both.model) {
            let now = removals::vanished(&both.file, *folder, model.highest).unwrap();
            prop_assert_eq!(now, Vanished::Uids(UidSet::default()));
            let sql = "SELECT count(*) <= 3 AND count(*) = (SELECT tombstones FROM folders WHERE id = ?1) FROM vanished
                       WHERE folder = ?1";
            let bounded: bool = both.file.query_row(sql, [folder.0], |row| row.get(0)).unwrap();
            prop_assert!(bounded);
        }
    }
}
