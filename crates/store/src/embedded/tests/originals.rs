//! Large originals as files.

use pec::Shared;

use super::super::originals::Keep;
use super::*;
use crate::{Append, CommitError, Content as _, Flags};

/// Octets enough for a file.
const LARGE: usize = 300_000;

fn large(seed: u8) -> Shared {
    Shared::new((0..LARGE).map(|n| (n / 7 % 251) as u8 ^ seed).collect::<Vec<u8>>().into())
}

fn with(shared: &Shared) -> Outcome {
    let mut pieces = Pieces::own("Subject: large\r\n\r\n");
    pieces.push_shared(shared.clone());
    of(pieces)
}

/// The names of all files of originals.
fn files(place: &TempDir) -> Vec<String> {
    let folders = std::fs::read_dir(place.path().join("originals")).unwrap();
    let inside = folders.flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap());
    let mut names: Vec<String> = inside.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn name(shared: &Shared) -> String {
    hex::encode(shared.sha256())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_original_is_one_file_and_goes_with_its_last_message() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    for _ in 0..3 {
        store.commit(with(&large(1))).await.unwrap();
    }
    store.commit(with(&large(2))).await.unwrap();
    let mut expected = [name(&large(1)), name(&large(2))];
    expected.sort();
    assert_eq!(files(&place), expected);
    let id = inbox(&store).await[2].message;
    assert!(store.read(id).await.unwrap().unwrap().to_bytes().ends_with(large(1).bytes()));
    assert_eq!(store.figures().await.unwrap().originals, 2);
    whole(&store).await;

    clear(&store).await;
    store.sweep().await.unwrap();
    assert_eq!(files(&place), [""; 0]);
    assert!(store.read(id).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn small_originals_stay_with_their_messages_and_middling_ones_in_rows() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    for (octets, originals, files_there) in [(4095, 0, 0), (4096, 1, 0), (262_143, 2, 0), (262_144, 3, 1)] {
        let mut pieces = Pieces::own("Subject: short\r\n\r\n");
        pieces.push_shared(Shared::new(vec![b'x'; octets].into()));
        store.commit(of(pieces)).await.unwrap();
        assert_eq!((store.figures().await.unwrap().originals, files(&place).len()), (originals, files_there));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_own_bytes_are_a_file_too_and_the_writer_carries_neither() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    let mailbox = store.mailbox(&anna()).await.unwrap().unwrap().id;
    let folder = store.folders(mailbox, Reader::Owner).await.unwrap()[0].id;
    let body = bytes::Bytes::from([b"Subject: appended\r\n\r\n", &large(3).bytes()[..]].concat());
    let append = Append {
        folder,
        message: NewMessage { pieces: Pieces::own(body.clone()), summary: Summary::default() },
        flags: Flags::default(),
        reader: Reader::Owner,
        at: at(0),
        saved: at(1),
        own: false,
    };
    store.append(vec![append]).await.unwrap();
    assert_eq!(files(&place), [name(&large(3))]);
    let id = inbox(&store).await[0].message;
    assert_eq!(store.read(id).await.unwrap().unwrap().to_bytes(), body);
    let layout = layout::Layout::of(&Pieces::own(body), store.workshop.sizes, true);
    assert!(layout.carried() < 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_failed_commit_wrote_goes_again() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    let mut homeless = with(&large(1));
    homeless.deposits[0].mailbox = Address::parse("nobody@pec.example").unwrap();
    assert!(matches!(store.commit(homeless).await, Err(CommitError::NoMailbox(_))));
    store.sweep().await.unwrap();
    assert_eq!(files(&place), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_original_that_cannot_be_written_fails_the_commit_and_is_told() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    let path = store.workshop.files.path(large(1).sha256());
    let folder = path.parent().unwrap();
    std::fs::remove_dir(folder).unwrap();
    assert!(matches!(store.commit(with(&large(1))).await, Err(CommitError::Store(_))));
    assert!(store.figures().await.unwrap().trouble.is_some_and(|trouble| trouble.contains("cannot be used")));
    std::fs::create_dir(folder).unwrap();
    store.commit(with(&large(1))).await.unwrap();
    assert_eq!(store.figures().await.unwrap().trouble, None);
    whole(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_kept_for_the_commit_that_is_about_to_refer_to_it() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    store.commit(with(&large(1))).await.unwrap();
    let files_of = store.workshop.files.clone();
    let go = busy(&store).await;
    // The last message that has it goes, and another one comes, in one transaction; the new one found the file there.
    let coming = {
        let store = store.clone();
        tokio::spawn(async move { store.commit(with(&large(1))).await })
    };
    while !files_of.is_kept(large(1).sha256()) {
        tokio::task::yield_now().await;
    }
    assert_eq!(store.sweep().await.unwrap(), 0);
    drop(go);
    clear(&store).await;
    coming.await.unwrap().unwrap();
    store.sweep().await.unwrap();
    assert!(letters(&store).await <= 1);
    whole(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_and_removals_side_by_side_never_lose_a_file() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    let commits = async |seed: u8| {
        for _ in 0..12 {
            store.commit(with(&large(seed))).await.unwrap();
        }
    };
    let removals = async {
        for _ in 0..12 {
            clear(&store).await;
            store.sweep().await.unwrap();
        }
    };
    tokio::join!(commits(1), commits(1), commits(2), removals);
    for entry in inbox(&store).await {
        assert!(store.read(entry.message).await.unwrap().is_some());
    }
    whole(&store).await;
    clear(&store).await;
    store.sweep().await.unwrap();
    assert_eq!(files(&place), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_orphan_is_swept_and_what_is_not_ours_is_left() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    store.commit(with(&large(1))).await.unwrap();
    let folder = place.path().join("originals/00");
    let orphan = "00".repeat(32);
    for name in [orphan.clone(), format!("{orphan}.7.new"), "notes.txt".into()] {
        std::fs::write(folder.join(name), "left by a crash").unwrap();
    }
    assert_eq!(store.check(&|_| ()).await.unwrap().orphans, 2);
    whole(&store).await;
    assert_eq!(store.sweep().await.unwrap(), 2);
    assert_eq!(files(&place).len(), 2);
    assert_eq!(store.check(&|_| ()).await.unwrap().orphans, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_no_row_vouches_for_is_not_trusted() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    // The sweep at the beginning is over.
    store.sweep().await.unwrap();
    let path = store.workshop.files.path(large(1).sha256());
    std::fs::write(&path, vec![0; LARGE]).unwrap();
    store.commit(with(&large(1))).await.unwrap();
    assert!(std::fs::read(&path).unwrap() == large(1).bytes()[..]);
    whole(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_file_is_written_again_by_the_next_message_that_has_it() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    store.commit(with(&large(1))).await.unwrap();
    std::fs::remove_file(store.workshop.files.path(large(1).sha256())).unwrap();
    store.commit(with(&large(1))).await.unwrap();
    whole(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_a_store_and_is_made_while_everything_goes_on() {
    use std::os::unix::fs::PermissionsExt as _;

    let [place, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let store = opened(&place).await;
    for seed in 0..4 {
        store.commit(with(&large(seed))).await.unwrap();
    }
    let copy = other.path().join("copy");
    let meanwhile = async {
        clear(&store).await;
        store.commit(with(&large(9))).await.unwrap();
    };
    let (made, ()) = tokio::join!(store.backup(&copy), meanwhile);
    made.unwrap();
    assert!(store.backup(&copy).await.unwrap_err().what.contains("exists"));
    for (name, mode) in [("", 0o700), ("sigillo.db", 0o600), ("sigillo.store", 0o600), ("originals", 0o700)] {
        assert_eq!(std::fs::metadata(copy.join(name)).unwrap().permissions().mode() & 0o777, mode, "{name}");
    }
    let again = Embedded::open(&copy, options()).unwrap();
    whole(&again).await;
    for entry in inbox(&again).await {
        assert!(again.read(entry.message).await.unwrap().is_some());
    }
    assert!(inbox(&again).await.len() <= 5);
    // A change there is none here.
    clear(&again).await;
    again.sweep().await.unwrap();
    store.sweep().await.unwrap();
    whole(&store).await;
    assert_eq!(files(&place), [name(&large(9))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_shares_no_file_with_the_store_and_names_what_is_damaged_in_it() {
    let [place, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let store = opened(&place).await;
    for seed in 0..3 {
        store.commit(with(&large(seed))).await.unwrap();
    }
    let path = |seed| store.workshop.files.path(large(seed).sha256());
    let copied = |copy: &str, seed| {
        let inside = path(seed).strip_prefix(place.path()).unwrap().to_owned();
        std::fs::read(other.path().join(copy).join(inside)).map(|bytes| bytes == large(seed).bytes()[..])
    };
    store.backup(&other.path().join("whole")).await.unwrap();
    let mut file = std::fs::OpenOptions::new().write(true).open(path(1)).unwrap();
    std::io::Write::write_all(&mut file, b"rotten").unwrap();
    assert!((0..3).all(|seed| copied("whole", seed).unwrap()), "what rots here does not rot there");

    let damaged = store.backup(&other.path().join("rotten")).await.unwrap_err();
    assert!(damaged.kind == crate::ErrorKind::Damaged, "{damaged}");
    let named =
        format!("1 originals that are missing, damaged or unreadable here, as {}, which is damaged", path(1).display());
    assert!(damaged.what.contains(&named), "{damaged}");
    assert!(copied("rotten", 0).unwrap() && copied("rotten", 2).unwrap(), "everything else is there");
    std::fs::remove_file(path(1)).unwrap();
    let missing = store.backup(&other.path().join("missing")).await.unwrap_err();
    assert!(missing.what.contains("which is missing"), "{missing}");
    assert!(copied("missing", 1).is_err() && copied("missing", 2).unwrap());
    // A folder opens and gives no octet, as a file on a bad sector.
    std::fs::create_dir(path(1)).unwrap();
    let unreadable = store.backup(&other.path().join("unreadable")).await.unwrap_err();
    let named = format!("as {}, which is unreadable", path(1).display());
    assert!(unreadable.kind == crate::ErrorKind::Damaged && unreadable.what.contains(&named), "{unreadable}");
    assert!(copied("unreadable", 1).is_err() && copied("unreadable", 2).unwrap());
}

fn kept(store: &Embedded, shared: &Shared) -> Keep {
    let mut pieces = Pieces::own("Subject: large\r\n\r\n");
    pieces.push_shared(shared.clone());
    let layout = layout::Layout::of(&pieces, store.workshop.sizes, true);
    store.workshop.files.keep(&layout.inserts[0]).unwrap()
}

/// As five hundred complete receipts in one Outcome have one original.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_committed_together_reads_an_original_that_is_there_once() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    store.commit(with(&large(1))).await.unwrap();
    let path = store.workshop.files.path(large(1).sha256());
    let laid = || store.workshop.lay(with(&large(1)).messages.remove(0), true).unwrap();
    let first = laid();
    // Whoever reads it would write it anew.
    std::fs::write(&path, "rotten").unwrap();
    let others: Vec<_> = (0..500).map(|_| laid()).collect();
    assert_eq!(std::fs::read(&path).unwrap(), b"rotten", "it was read once more");
    drop((first, others));
    drop(laid());
    assert!(std::fs::read(&path).unwrap() == large(1).bytes()[..], "another commit looks for itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_left_half_written_stands_in_nobodys_way() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    // The sweep at the beginning is over, as it is not yet when the first message comes after a start.
    store.sweep().await.unwrap();
    for count in 0..9 {
        let left = store.workshop.files.path(large(1).sha256()).with_extension(format!("{count}.new"));
        std::fs::write(left, vec![0; LARGE + 1]).unwrap();
    }
    store.commit(with(&large(1))).await.unwrap();
    store.sweep().await.unwrap();
    assert_eq!(files(&place), [name(&large(1))]);
    whole(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_to_go_while_it_was_kept_goes_when_it_is_no_longer() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    store.commit(with(&large(1))).await.unwrap();
    let keep = kept(&store, &large(1));
    clear(&store).await;
    assert_eq!(store.sweep().await.unwrap(), 0);
    assert_eq!(files(&place), [name(&large(1))]);
    drop(keep);
    assert_eq!(store.sweep().await.unwrap(), 0, "it went before, without a look through all files");
    assert_eq!(files(&place), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_commit_that_may_yet_be_found_whole_files_stay_until_another_is_on_disk() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    let keep = kept(&store, &large(1));
    store.workshop.files.doubt();
    drop(keep);
    assert_eq!(store.sweep().await.unwrap(), 0);
    assert_eq!(files(&place), [name(&large(1))]);
    store.commit(with(&large(2))).await.unwrap();
    store.sweep().await.unwrap();
    assert_eq!(files(&place), [name(&large(2))]);
}
