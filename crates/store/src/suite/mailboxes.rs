//! Mailboxes and their entries.

use pec::Kind;

use super::engine::Engine;
use super::samples::{ANNA, BRUNO, SERVICE, at, message, original, removal, store, with_service};
use super::session::{Session, named, names, set};
use crate::{
    Append, CommitError, ErrorKind, FlagOperation, FolderId, MailboxChange, MessageId, Outcome, Reader, UidSet,
    Vanished, Want,
};

async fn uids(session: &Session, folder: &str) -> Vec<u32> {
    session.store.uids(session.id(folder).await).await.unwrap().iter().collect()
}

async fn octets(session: &Session) -> (u64, u64) {
    let mailbox = session.look().await;
    (mailbox.used, mailbox.counted)
}

pub(crate) async fn octets_follow_what_comes_and_goes_and_receipts_do_not_count(engine: &dyn Engine) {
    let store = store(engine).await;
    let (anna, bruno) = (Session::of(&store, ANNA).await, Session::of(&store, BRUNO).await);
    let mut pieces = pec::Pieces::own("head");
    pieces.push_shared(original(10_000, 1));
    let mut outcome = anna.letter("INBOX");
    let receipt =
        crate::Deposit { message: outcome.add(message(pieces)), counts: false, ..outcome.deposits[0].clone() };
    let to_bruno = crate::Deposit { mailbox: bruno.address.clone(), counts: true, ..receipt.clone() };
    outcome.deposits.extend([receipt, to_bruno, outcome.deposits[0].clone()]);
    let committed = store.commit(outcome).await.unwrap();
    let given: Vec<_> = committed.deposits.iter().flatten().map(|put| (put.mailbox, put.uid)).collect();
    assert_eq!(given, [(anna.mailbox, 1), (anna.mailbox, 2), (bruno.mailbox, 1), (anna.mailbox, 3)]);
    assert_eq!((octets(&anna).await, octets(&bruno).await), ((10_014, 10), (10_004, 10_004)));
    assert_eq!(anna.folder("INBOX").await.size, 10_014);

    store.copy(anna.id("INBOX").await, &set(&[1, 2]), anna.id("Bozze").await, at(0)).await.unwrap();
    assert_eq!(octets(&anna).await, (20_023, 10_019), "a copy counts, also one of a receipt");
    store.move_to(anna.id("Bozze").await, &set(&[2]), anna.id("Cestino").await, at(0)).await.unwrap();
    assert_eq!(octets(&anna).await, (20_023, 10_019));
    assert_eq!(anna.expunge("INBOX", &[1, 3, 3, 99]).await, [1, 3]);
    assert_eq!(octets(&anna).await, (20_013, 10_009));
    anna.append("INBOX", &[]).await;
    assert_eq!(octets(&anna).await, (20_018, 10_014));
    assert_eq!(bruno.expunge("INBOX", &[1]).await, [1]);
    assert_eq!(octets(&bruno).await, (0, 0));
}

pub(crate) async fn of_a_receipt_one_entry_takes_no_room_wherever_it_is_filed(engine: &dyn Engine) {
    let store = store(engine).await;
    let (anna, bruno) = (Session::of(&store, ANNA).await, Session::of(&store, BRUNO).await);
    let mut receipt = anna.letter("INBOX");
    receipt.deposits[0].counts = false;
    store.commit(receipt).await.unwrap();
    let (inbox, filed) = (anna.id("INBOX").await, anna.id("Bozze").await);
    let change = MailboxChange { quota: Some(12), ..MailboxChange::default() };
    store.change_mailbox(&anna.address, change).await.unwrap();
    // As a client does that cannot move: the copy counts as long as the receipt is there too.
    store.copy(inbox, &set(&[1]), filed, at(0)).await.unwrap();
    assert_eq!(octets(&anna).await, (10, 5));
    assert_eq!(anna.expunge("INBOX", &[1]).await, [1]);
    assert_eq!(octets(&anna).await, (5, 0));
    // Copies come to their end, and none of them becomes another that takes no room.
    store.copy(filed, &set(&[1]), inbox, at(0)).await.unwrap();
    store.copy(filed, &set(&[1]), inbox, at(0)).await.unwrap();
    let over = store.copy(filed, &set(&[1]), inbox, at(0)).await.unwrap_err();
    assert_eq!((over.kind, octets(&anna).await), (ErrorKind::OverQuota, (15, 10)));
    store.move_to(filed, &set(&[1]), anna.id("Cestino").await, at(0)).await.unwrap();
    assert_eq!(octets(&anna).await, (15, 10));
    // In another mailbox it is what its user put there.
    store.move_to(anna.id("Cestino").await, &set(&[1]), bruno.id("INBOX").await, at(0)).await.unwrap();
    assert_eq!((octets(&anna).await, octets(&bruno).await), ((10, 5), (5, 5)));
    assert_eq!(anna.expunge("INBOX", &[2, 3]).await, [2, 3]);
    assert_eq!(octets(&anna).await, (0, 0));
}

pub(crate) async fn a_quota_is_kept_where_the_deposit_says_so(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = Session::of(&store, ANNA).await;
    let change = MailboxChange { quota: Some(10), ..MailboxChange::default() };
    store.change_mailbox(&anna.address, change).await.unwrap();
    let letter = |counts, within_quota| {
        let mut outcome = anna.letter("INBOX");
        outcome.deposits[0].counts = counts;
        outcome.deposits[0].within_quota = within_quota;
        outcome
    };
    for _ in 0..2 {
        store.commit(letter(true, true)).await.unwrap();
    }
    let full = store.commit(letter(true, true)).await;
    assert!(matches!(full, Err(CommitError::MailboxFull(address)) if address == anna.address));
    assert_eq!((octets(&anna).await, anna.folder("INBOX").await.uid_next), ((10, 10), 3));
    // A receipt does not fill it, and what must not be lost finds its place.
    store.commit(letter(false, true)).await.unwrap();
    store.commit(letter(true, false)).await.unwrap();
    assert_eq!(octets(&anna).await, (20, 15));
    store.commit(letter(false, true)).await.unwrap();
}

pub(crate) async fn what_a_holder_puts_there_stays_within_the_quota(engine: &dyn Engine) {
    let store = store(engine).await;
    let (anna, bruno) = (Session::of(&store, ANNA).await, Session::of(&store, BRUNO).await);
    anna.deposit("INBOX", 2).await;
    bruno.deposit("INBOX", 1).await;
    let (_, counted) = octets(&anna).await;
    let change = MailboxChange { quota: Some(counted + 4), ..MailboxChange::default() };
    store.change_mailbox(&anna.address, change).await.unwrap();
    let over = |error: crate::StoreError| assert_eq!(error.kind, ErrorKind::OverQuota, "{error}");
    let inbox = anna.id("INBOX").await;
    over(store.copy(inbox, &set(&[1]), anna.id("Cestino").await, at(0)).await.unwrap_err());
    over(store.copy(bruno.id("INBOX").await, &set(&[1]), inbox, at(0)).await.unwrap_err());
    over(store.move_to(bruno.id("INBOX").await, &set(&[1]), inbox, at(0)).await.unwrap_err());
    assert_eq!(octets(&anna).await.1, counted);
    assert_eq!(anna.folder("INBOX").await.messages, 2);
    // Within the mailbox nothing more is held than before, and what is there may always go.
    store.move_to(inbox, &set(&[1]), anna.id("Cestino").await, at(0)).await.unwrap();
    assert_eq!(anna.expunge("INBOX", &[2]).await, [2]);
    store.move_to(bruno.id("INBOX").await, &set(&[1]), inbox, at(0)).await.unwrap();
    let few = MailboxChange { quota: Some(counted), ..MailboxChange::default() };
    store.change_mailbox(&anna.address, few).await.unwrap();
    over(store.append(vec![anna.draft(anna.id("Bozze").await, &[])]).await.unwrap_err());
}

pub(crate) async fn what_is_marked_to_go_goes_and_nothing_else(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = Session::of(&store, ANNA).await;
    anna.deposit("INBOX", 5).await;
    let inbox = anna.id("INBOX").await;
    let nothing = store.expunge_deleted(inbox, &UidSet::all(), &removal()).await.unwrap().gone;
    assert_eq!(nothing, UidSet::default());
    anna.flag("INBOX", &[1, 2, 3, 5], FlagOperation::Add, &["\\Deleted", "\\Seen"]).await;
    anna.flag("INBOX", &[2], FlagOperation::Remove, &["\\Deleted"]).await;
    assert_eq!(store.expunge_deleted(inbox, &set(&[1, 2, 3, 4]), &removal()).await.unwrap().gone, set(&[1, 3]));
    assert_eq!(store.expunge_deleted(inbox, &UidSet::all(), &removal()).await.unwrap().gone, set(&[5]));
    assert_eq!(uids(&anna, "INBOX").await, [2, 4]);
}

pub(crate) async fn uids_ascend_and_are_never_given_again(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = Session::of(&store, ANNA).await;
    anna.deposit("INBOX", 3).await;
    assert_eq!(anna.expunge("INBOX", &[2, 3]).await, [2, 3]);
    let mut lost = anna.letter("INBOX");
    let nobody = super::samples::address("nobody@pec.example");
    lost.deposits.push(crate::Deposit { mailbox: nobody, ..lost.deposits[0].clone() });
    assert!(matches!(store.commit(lost).await, Err(CommitError::NoMailbox(_))));
    anna.deposit("INBOX", 1).await;
    assert_eq!(uids(&anna, "INBOX").await, [1, 4]);
    assert_eq!(anna.append("INBOX", &[]).await, 5);
    assert_eq!(anna.expunge("INBOX", &[1, 4, 5]).await, [1, 4, 5]);
    assert_eq!(uids(&anna, "INBOX").await, [] as [u32; 0]);
    let moved = store.copy(anna.id("INBOX").await, &UidSet::all(), anna.id("Bozze").await, at(0)).await.unwrap();
    assert_eq!(moved, []);
    assert_eq!(anna.append("INBOX", &[]).await, 6);
    assert_eq!(anna.folder("INBOX").await.uid_next, 7);
}

pub(crate) async fn every_change_takes_the_next_modification_sequence(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = Session::of(&store, ANNA).await;
    let bruno = Session::of(&store, BRUNO).await;
    let mut last = anna.look().await.modseq;
    let mut next = async |changes: u64| {
        last += changes;
        assert_eq!(anna.look().await.modseq, last);
        last
    };
    let highest = async |name: &str| anna.folder(name).await.highest_modseq;
    anna.deposit("INBOX", 2).await;
    assert_eq!(next(2).await, highest("INBOX").await);
    anna.append("Bozze", &[]).await;
    assert_eq!(next(1).await, highest("Bozze").await);
    let inbox = highest("INBOX").await;
    anna.flag("Bozze", &[1], FlagOperation::Add, &["\\Draft"]).await;
    assert_eq!(next(1).await, highest("Bozze").await);
    store.move_to(anna.id("Bozze").await, &set(&[1]), anna.id("Cestino").await, at(0)).await.unwrap();
    let now = next(2).await;
    assert_eq!((highest("Cestino").await, highest("Bozze").await), (now - 1, now));
    anna.expunge("Cestino", &[1]).await;
    assert_eq!(next(1).await, highest("Cestino").await);
    assert_eq!(highest("INBOX").await, inbox, "what happens in other folders is not seen here");
    bruno.deposit("INBOX", 3).await;
    next(0).await;
    anna.expunge("Cestino", &[1]).await;
    next(0).await;
    let modseqs: Vec<_> = anna.list("INBOX").await.iter().map(|entry| entry.modseq).collect();
    assert_eq!(modseqs, [inbox - 1, inbox]);
}

pub(crate) async fn a_list_is_read_page_by_page_and_by_sets(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = Session::of(&store, ANNA).await;
    for n in 0..6 {
        let mut outcome = anna.letter("INBOX");
        outcome.deposits[0].at = at(10 - n);
        store.commit(outcome).await.unwrap();
    }
    let inbox = anna.id("INBOX").await;
    let page = async |uids: UidSet, limit| {
        let entries = store.entries(inbox, &uids, Want::default(), Reader::Owner, limit).await.unwrap();
        entries.into_iter().map(|entry| entry.uid).collect::<Vec<_>>()
    };
    let after = |uid: u32| UidSet::from_ranges([uid + 1..=u32::MAX]);
    assert_eq!(page(UidSet::all(), 4).await, [1, 2, 3, 4]);
    assert_eq!(page(after(4), 4).await, [5, 6]);
    assert_eq!(page(after(6), 4).await, [] as [u32; 0]);
    assert_eq!(page(set(&[1, 2, 4, 6, 9]), 3).await, [1, 2, 4]);
    assert_eq!(page(UidSet::default(), 3).await, [] as [u32; 0]);
    let entry = anna.list("INBOX").await.remove(1);
    assert_eq!((entry.size, entry.internal_date, entry.saved), (5, at(9), at(9)));
}

pub(crate) async fn what_changed_since_is_told_as_a_set(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = Session::of(&store, ANNA).await;
    anna.deposit("INBOX", 6).await;
    let inbox = anna.id("INBOX").await;
    let since = anna.folder("INBOX").await.highest_modseq;
    let changed = async |since| store.changed(inbox, since, Reader::Owner).await.unwrap();
    assert_eq!(changed(since).await, UidSet::default());
    anna.flag("INBOX", &[5], FlagOperation::Add, &["\\Seen"]).await;
    anna.flag("INBOX", &[1, 2], FlagOperation::Add, &["\\Seen"]).await;
    assert_eq!(changed(since).await, set(&[1, 2, 5]));
    assert_eq!(changed(since + 1).await, set(&[1, 2]));
    anna.expunge("INBOX", &[2]).await;
    assert_eq!(changed(since).await, set(&[1, 5]));
    assert_eq!(changed(0).await, set(&[1, 3, 4, 5, 6]));
    assert_eq!(changed(since + 99).await, UidSet::default());
}

pub(crate) async fn an_entry_has_what_is_wanted_and_no_more(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = Session::of(&store, ANNA).await;
    let mut outcome = anna.letter("INBOX");
    let head = "Subject: =?utf-8?q?citt=C3=A0?=\r\nX-Ricevuta: accettazione\r\n\r\n";
    outcome.messages[0].pieces = pec::Pieces::own(format!("{head}body"));
    outcome.messages[0].summary =
        crate::Summary { subject: "città".into(), kind: Some(Kind::Acceptance), ..crate::Summary::default() };
    store.commit(outcome).await.unwrap();
    let inbox = anna.id("INBOX").await;
    for bits in 0..4u8 {
        let want = Want { summary: bits & 1 > 0, header: bits & 2 > 0, structure: false };
        let entries = store.entries(inbox, &UidSet::all(), want, Reader::Owner, 9).await.unwrap();
        let summary = entries[0].summary.as_ref().map(|summary| (summary.subject.as_str(), summary.kind));
        assert_eq!(summary, want.summary.then_some(("città", Some(Kind::Acceptance))));
        assert_eq!(entries[0].header.as_deref(), want.header.then_some(head.as_bytes()));
        assert_eq!((entries[0].structure.as_ref(), entries[0].size), (None, head.len() as u64 + 4));
    }
}

pub(crate) async fn copies_and_moves_keep_flags_and_everybodys_seen(engine: &dyn Engine) {
    let store = store(engine).await;
    let owner = Session::of(&store, ANNA).await;
    let mario = owner.by(store.create_user("mario", "", None).await.unwrap().unwrap().id);
    owner.deposit("INBOX", 4).await;
    owner.append("Bozze", &[]).await;
    owner.flag("INBOX", &[2, 4], FlagOperation::Add, &["\\Seen", "\\Answered", "k"]).await;
    mario.flag("INBOX", &[3, 4], FlagOperation::Add, &["\\Seen"]).await;
    let (inbox, drafts) = (owner.id("INBOX").await, owner.id("Bozze").await);
    assert_eq!(store.copy(inbox, &set(&[2, 3, 8]), drafts, at(50)).await.unwrap(), [(2, 2), (3, 3)]);
    assert_eq!(store.move_to(inbox, &set(&[4]), drafts, at(60)).await.unwrap(), [(4, 4)]);
    assert_eq!((uids(&owner, "INBOX").await, uids(&owner, "Bozze").await), (vec![1, 2, 3], vec![1, 2, 3, 4]));
    let flags = async |session: &Session| {
        let list = session.list("Bozze").await;
        list.iter().skip(1).map(|entry| names(&entry.flags)).collect::<Vec<_>>()
    };
    assert_eq!(flags(&owner).await, [vec!["\\Answered", "\\Seen", "k"], vec![], vec!["\\Answered", "\\Seen", "k"]]);
    assert_eq!(flags(&mario).await, [vec!["\\Answered", "k"], vec!["\\Seen"], vec!["\\Answered", "\\Seen", "k"]]);
    assert_eq!((owner.folder("Bozze").await.unseen, mario.folder("Bozze").await.unseen), (2, 2));
    let dates: Vec<_> = owner.list("Bozze").await.iter().map(|entry| (entry.internal_date, entry.saved)).collect();
    assert_eq!(dates, [(at(0), at(100)), (at(0), at(50)), (at(0), at(50)), (at(0), at(60))]);
    // Into the folder itself: they come again, at the end.
    assert_eq!(store.move_to(drafts, &set(&[2, 4]), drafts, at(70)).await.unwrap(), [(2, 5), (4, 6)]);
    assert_eq!(uids(&owner, "Bozze").await, [1, 3, 5, 6]);
    assert_eq!(store.vanished(drafts, 0).await.unwrap(), Vanished::Uids(set(&[2, 4])));
}

pub(crate) async fn what_comes_into_another_mailbox_is_new_to_its_owner(engine: &dyn Engine) {
    let store = store(engine).await;
    let (anna, bruno) = (Session::of(&store, ANNA).await, Session::of(&store, BRUNO).await);
    let mario = store.create_user("mario", "", None).await.unwrap().unwrap().id;
    anna.append("INBOX", &["\\Seen", "\\Flagged", "$Letta"]).await;
    bruno.append("INBOX", &["$LETTA"]).await;
    anna.by(mario).flag("INBOX", &[1], FlagOperation::Add, &["\\Seen"]).await;
    let (from, to) = (anna.id("INBOX").await, bruno.id("INBOX").await);
    assert_eq!(store.move_to(from, &UidSet::all(), to, at(0)).await.unwrap(), [(1, 2)]);
    assert_eq!((octets(&anna).await, octets(&bruno).await), ((0, 0), (10, 10)));
    assert_eq!(names(&bruno.list("INBOX").await[1].flags), ["\\Flagged", "$LETTA"]);
    assert_eq!(names(&bruno.by(mario).list("INBOX").await[1].flags), ["\\Flagged", "\\Seen", "$LETTA"]);
    assert_eq!(bruno.folder("INBOX").await.unseen, 2);
}

pub(crate) async fn messages_are_appended_all_or_none(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = Session::of(&store, ANNA).await;
    let (inbox, drafts) = (anna.id("INBOX").await, anna.id("Bozze").await);
    let large = original(300_000, 1);
    let mut pieces = pec::Pieces::own("Subject: x\r\n\r\n");
    pieces.push(large.bytes().clone());
    let append = Append { message: message(pieces.clone()), ..anna.draft(inbox, &["\\Seen", "a"]) };
    let given = store.append(vec![append, anna.draft(drafts, &["\\Draft"]), anna.draft(inbox, &[])]).await.unwrap();
    assert_eq!(given, [1, 1, 2]);
    let entry = anna.list("INBOX").await.remove(0);
    assert_eq!((&entry.flags, entry.internal_date, entry.saved), (&named(&["\\Seen", "a"]), at(0), at(100)));
    assert_eq!(entry.size, pieces.len() as u64);
    assert!(store.read(entry.message).await.unwrap().unwrap().to_bytes() == pieces.to_bytes());

    let before = anna.look().await;
    let nowhere = anna.draft(FolderId(9_999), &[]);
    let refused = store.append(vec![anna.draft(inbox, &[]), nowhere]).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Refused);
    assert_eq!(anna.look().await, before);
    assert_eq!(store.figures().await.unwrap().messages, 3);
    assert_eq!(store.append(Vec::new()).await.unwrap(), [] as [u32; 0]);
}

pub(crate) async fn what_went_is_remembered_with_its_modification_sequence(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = Session::of(&store, ANNA).await;
    anna.deposit("INBOX", 5).await;
    let inbox = anna.id("INBOX").await;
    anna.expunge("INBOX", &[4, 2]).await;
    let middle = anna.folder("INBOX").await.highest_modseq;
    anna.expunge("INBOX", &[1]).await;
    let vanished = async |since| store.vanished(inbox, since).await.unwrap();
    assert_eq!(vanished(0).await, Vanished::Uids(set(&[1, 2, 4])));
    assert_eq!(vanished(middle).await, Vanished::Uids(set(&[1])));
    assert_eq!(vanished(middle + 1).await, Vanished::Uids(set(&[])));
    assert_eq!(vanished(u64::MAX).await, Vanished::Uids(set(&[])));
    let other = store.vanished(anna.id("Bozze").await, 0).await.unwrap();
    assert_eq!(other, Vanished::Uids(set(&[])));
    assert_eq!(store.vanished(FolderId(9_999), 0).await.unwrap(), Vanished::TooOld, "nothing of it is there");
}

pub(crate) async fn the_service_mailbox_is_only_added_to(engine: &dyn Engine) {
    let store = with_service(engine).await;
    let service = Session::of(&store, SERVICE).await;
    let before = service.look().await;
    let committed = store.commit(service.letter("INBOX")).await.unwrap();
    assert_eq!(committed.deposits, [None]);
    service.deposit("anything", 2).await;
    assert_eq!(service.look().await, before, "no row that every exchange would write");
    let all = store.service(0, 9).await.unwrap();
    assert_eq!(all.len(), 3);
    assert!(all.windows(2).all(|pair| pair[0].number < pair[1].number));
    assert_eq!((all[0].size, all[0].at), (5, at(0)));
    assert_eq!(store.read(all[0].message).await.unwrap().unwrap().to_bytes(), "five!");
    let page: Vec<_> = store.service(all[0].number, 1).await.unwrap().iter().map(|entry| entry.number).collect();
    assert_eq!(page, [all[1].number]);
    assert!(store.service(all[2].number, 9).await.unwrap().is_empty());
}

pub(crate) async fn what_does_not_exist_is_empty_to_read_and_refused_to_change(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = Session::of(&store, ANNA).await;
    anna.deposit("INBOX", 1).await;
    let (inbox, nowhere) = (anna.id("INBOX").await, FolderId(9_999));
    let all = UidSet::all();
    assert!(store.folders(crate::MailboxId(9_999), Reader::Owner).await.unwrap().is_empty());
    assert!(store.uids(nowhere).await.unwrap().is_empty());
    assert!(store.entries(nowhere, &all, Want::default(), Reader::Owner, 9).await.unwrap().is_empty());
    let change = crate::FlagChange { folder: nowhere, ..anna.flagging("INBOX", &[1], FlagOperation::Add, &[]).await };
    let refusals = [
        store.change_flags(change).await.map(drop),
        store.expunge(nowhere, &all, &removal()).await.map(drop),
        store.copy(nowhere, &all, inbox, at(0)).await.map(drop),
        store.copy(inbox, &all, nowhere, at(0)).await.map(drop),
        store.move_to(inbox, &all, nowhere, at(0)).await.map(drop),
        store.create_folder(crate::MailboxId(9_999), "a", None).await.map(drop),
        store.subscribe(crate::MailboxId(9_999), "a", true).await,
    ];
    for refused in refusals {
        assert_eq!(refused.unwrap_err().kind, ErrorKind::Refused);
    }
    assert_eq!(uids(&anna, "INBOX").await, [1]);
    assert!(store.read(MessageId(9_999)).await.unwrap().is_none());
    let empty = store.commit(Outcome::default()).await.unwrap();
    assert!(empty.deposits.is_empty());
}
