//! Whether a message is what SEARCH looks for (RFC 9051 §6.4.4).

use std::collections::HashMap;

use holder::{Entry, Matches, SystemFlags, TextKey, UidSet};
use pec::Moment;
use pec::header::Header;

use super::sets;
use crate::command::SearchKey;
use crate::date::Date;
use crate::sequence::SequenceSet;

/// What the search as a whole knows.
pub(super) struct Frame {
    now: Moment,
    /// What is recent to the session.
    recent: UidSet,
    /// The UIDs that each set of numbers or of UIDs means, by where it stands among the keys.
    sets: HashMap<usize, UidSet>,
    /// The texts that are looked for, by where they stand among the keys, and which messages hold them.
    texts: HashMap<usize, usize>,
    matches: Matches,
}

/// One message.
pub(super) struct Candidate<'a> {
    entry: &'a Entry,
    header: Option<Header>,
}

/// What must be known to say whether a key holds.
pub(super) fn wants_header(key: &SearchKey) -> bool {
    use SearchKey as K;
    match key {
        K::And(keys) => keys.iter().any(wants_header),
        K::Not(key) => wants_header(key),
        K::Or(one, other) => wants_header(one) || wants_header(other),
        K::SentBefore(_) | K::SentOn(_) | K::SentSince(_) => true,
        _ => false,
    }
}

/// Whether the modification sequence counts, and is told.
pub(super) fn wants_mod_seq(key: &SearchKey) -> bool {
    match key {
        SearchKey::And(keys) => keys.iter().any(wants_mod_seq),
        SearchKey::Not(key) => wants_mod_seq(key),
        SearchKey::Or(one, other) => wants_mod_seq(one) || wants_mod_seq(other),
        SearchKey::ModSeq { .. } => true,
        _ => false,
    }
}

/// Each set and each text in the keys, with the key that it stands in.
pub(super) fn leaves<'k>(
    keys: &'k [SearchKey],
    sets: &mut Vec<(&'k SearchKey, bool, &'k SequenceSet)>,
    texts: &mut Vec<(&'k SearchKey, TextKey)>,
) {
    let field = |name: &str, value: &str| TextKey::Header { name: name.to_owned(), value: value.to_owned() };
    for key in keys {
        let text = match key {
            SearchKey::And(keys) => {
                leaves(keys, sets, texts);
                continue;
            }
            SearchKey::Not(key) => {
                leaves(std::slice::from_ref(&**key), sets, texts);
                continue;
            }
            SearchKey::Or(one, other) => {
                leaves(std::slice::from_ref(&**one), sets, texts);
                leaves(std::slice::from_ref(&**other), sets, texts);
                continue;
            }
            SearchKey::Sequence(set) => {
                sets.push((key, false, set));
                continue;
            }
            SearchKey::Uid(set) => {
                sets.push((key, true, set));
                continue;
            }
            SearchKey::Bcc(value) => field("Bcc", value),
            SearchKey::Body(text) => TextKey::Body(text.clone()),
            SearchKey::Cc(value) => field("Cc", value),
            SearchKey::From(value) => field("From", value),
            SearchKey::Header(name, value) => field(name, value),
            SearchKey::Subject(value) => field("Subject", value),
            SearchKey::Text(text) => TextKey::Text(text.clone()),
            SearchKey::To(value) => field("To", value),
            _ => continue,
        };
        texts.push((key, text));
    }
}

impl<'a> Candidate<'a> {
    pub(super) fn new(entry: &'a Entry) -> Self {
        Self { entry, header: entry.header.as_ref().map(Header::parse) }
    }

    fn sent(&self) -> Option<Date> {
        self.header.as_ref().and_then(|header| header.value("Date")).and_then(|date| Date::sent(&date))
    }
}

/// Where a key stands, for as long as the keys are held.
fn place(key: &SearchKey) -> usize {
    std::ptr::from_ref(key).addr()
}

impl Frame {
    pub(super) fn new(now: Moment, recent: UidSet) -> Self {
        Self { now, recent, sets: HashMap::new(), texts: HashMap::new(), matches: Matches::default() }
    }

    /// A set means these UIDs.
    pub(super) fn means(&mut self, key: &SearchKey, uids: UidSet) {
        self.sets.insert(place(key), uids);
    }

    /// These texts were looked for, in this order, and found so.
    pub(super) fn found<'k>(&mut self, texts: impl Iterator<Item = &'k SearchKey>, matches: Matches) {
        self.texts = texts.enumerate().map(|(at, key)| (place(key), at)).collect();
        self.matches = matches;
    }

    /// What of these messages may hold all keys: sets and texts that all must hold narrow it, and nothing needs to be read
    /// of the rest.
    pub(super) fn narrowed(&self, keys: &[SearchKey], among: UidSet) -> UidSet {
        let narrow = |among: UidSet, key: &SearchKey| match key {
            SearchKey::And(keys) => self.narrowed(keys, among),
            SearchKey::New | SearchKey::Recent => sets::both(&among, &self.recent),
            SearchKey::Sequence(_) | SearchKey::Uid(_) => {
                self.sets.get(&place(key)).map_or_else(UidSet::default, |uids| sets::both(&among, uids))
            }
            key => match self.texts.get(&place(key)) {
                Some(at) => sets::both(&among, &self.matches.uids(*at)),
                None => among,
            },
        };
        keys.iter().fold(among, narrow)
    }

    /// Whether all keys hold.
    pub(super) fn all(&self, keys: &[SearchKey], message: &Candidate<'_>) -> bool {
        keys.iter().all(|key| self.holds(key, message))
    }

    fn holds(&self, key: &SearchKey, message: &Candidate<'_>) -> bool {
        use SearchKey as K;
        let entry = message.entry;
        let flag = |flag| entry.flags.system.contains(flag);
        let recent = || self.recent.contains(entry.uid);
        let keyword = |name: &str| entry.flags.keywords.iter().any(|own| own.eq_ignore_ascii_case(name));
        let age = self.now.unix() - entry.internal_date.unix();
        match key {
            K::And(keys) => self.all(keys, message),
            K::Not(key) => !self.holds(key, message),
            K::Or(one, other) => self.holds(one, message) || self.holds(other, message),
            K::All | K::SaveDateSupported => true,
            K::New => recent() && !flag(SystemFlags::SEEN),
            K::Old => !recent(),
            K::Recent => recent(),
            K::Answered => flag(SystemFlags::ANSWERED),
            K::Deleted => flag(SystemFlags::DELETED),
            K::Draft => flag(SystemFlags::DRAFT),
            K::Flagged => flag(SystemFlags::FLAGGED),
            K::Seen => flag(SystemFlags::SEEN),
            K::Unanswered => !flag(SystemFlags::ANSWERED),
            K::Undeleted => !flag(SystemFlags::DELETED),
            K::Undraft => !flag(SystemFlags::DRAFT),
            K::Unflagged => !flag(SystemFlags::FLAGGED),
            K::Unseen => !flag(SystemFlags::SEEN),
            K::Keyword(name) => keyword(name),
            K::Unkeyword(name) => !keyword(name),
            K::Sequence(_) | K::Uid(_) => self.sets.get(&place(key)).is_some_and(|uids| uids.contains(entry.uid)),
            K::Larger(octets) => entry.size > *octets,
            K::Smaller(octets) => entry.size < *octets,
            K::ModSeq { least, .. } => entry.modseq >= *least,
            K::EmailId(id) => *id == format!("M{}", entry.message.0),
            K::ThreadId(_) => false,
            K::Older(seconds) => age >= i64::from(*seconds),
            K::Younger(seconds) => age <= i64::from(*seconds),
            K::Before(day) => entry.internal_date < day.start(),
            K::On(day) => (day.start()..day.end()).contains(&entry.internal_date),
            K::Since(day) => entry.internal_date >= day.start(),
            K::SavedBefore(day) => entry.saved < day.start(),
            K::SavedOn(day) => (day.start()..day.end()).contains(&entry.saved),
            K::SavedSince(day) => entry.saved >= day.start(),
            K::SentBefore(day) => message.sent().is_some_and(|sent| sent < *day),
            K::SentOn(day) => message.sent().is_some_and(|sent| sent == *day),
            K::SentSince(day) => message.sent().is_some_and(|sent| sent >= *day),
            K::Bcc(_) | K::Body(_) | K::Cc(_) | K::From(_) | K::Header(..) | K::Subject(_) | K::Text(_) | K::To(_) => {
                self.texts.get(&place(key)).is_some_and(|at| self.matches.holds(*at, entry.uid))
            }
        }
    }
}
