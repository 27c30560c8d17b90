use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, SystemTime};

use bulk::maildir::Maildir;
use control::command::Ended;

use crate::bench::{Bench, letter, python};

/// As Python's library makes it, with bare line ends and flags.
const MADE: &str = r#"
import mailbox, sys
root = mailbox.Maildir(sys.argv[1])
for folder, count in ((root, 3), (root.add_folder('Sent'), 2), (root.add_folder('Clienti.Rossi'), 1), (root.add_folder('Caff&AOg-'), 1)):
    for number in range(count):
        message = mailbox.MaildirMessage(f'Subject: n{number}\nDate: Wed, 14 Oct 2026 10:00:00 +0200\n\nBuongiorno.\n')
        message.set_subdir('cur')
        message.set_flags('FS' if number == 0 else 'RT' if number == 1 else '')
        message.set_date(1700000000 + number)
        folder.add(message)
"#;

#[tokio::test]
async fn a_maildir_with_subfolders_comes_with_flags_and_dates_and_a_second_time_nothing_changes() {
    let bench = Bench::new().await;
    let root = bench.path("Maildir");
    python(MADE, &[&root]);
    let source = Maildir::new(&root).unwrap();
    assert_eq!(bench.import(&source).await.unwrap(), Ended::Well);
    assert_eq!(
        bench.folders().await,
        ["INBOX", "Bozze \\Drafts", "Caffè", "Cestino \\Trash", "Clienti", "Clienti/Rossi", "Inviata \\Sent"]
    );
    let mut inbox = bench.held("INBOX").await;
    inbox.sort_by_key(|held| held.at);
    let flags: Vec<_> = inbox.iter().map(|held| held.flags.join(" ")).collect();
    assert_eq!(flags, ["\\Flagged \\Seen", "\\Answered \\Deleted", ""]);
    assert_eq!(inbox.iter().map(|held| held.at).collect::<Vec<_>>(), [1_700_000_000, 1_700_000_001, 1_700_000_002]);
    // The line ends are those of the message on its way.
    assert_eq!(inbox[0].octets, b"Subject: n0\r\nDate: Wed, 14 Oct 2026 10:00:00 +0200\r\n\r\nBuongiorno.\r\n");
    assert_eq!(bench.held("Inviata").await.len(), 2);
    assert_eq!(bench.held("Clienti/Rossi").await.len(), 1);

    let before = bench.evidence().await;
    assert_eq!(bench.import(&source).await.unwrap(), Ended::Well);
    assert_eq!(bench.held("INBOX").await.len(), 3);
    assert_eq!(bench.evidence().await, before);
    // Of the import there is one row, which certifies nothing.
    let [(store::Event::Administered, what)] = before.as_slice() else { panic!("{before:?}") };
    assert!(what.starts_with("mailbox import from the Maildir ") && what.contains("7 messages"), "{what}");
    bench.check().await;
}

#[tokio::test]
async fn two_that_are_the_same_stay_two_and_what_is_missing_is_added_alone() {
    let bench = Bench::new().await;
    for name in ["1700000000.a", "1700000001.b"] {
        bench.file(&format!("m/cur/{name}:2,"), letter("uguale", 1));
    }
    let source = Maildir::new(&bench.path("m")).unwrap();
    for _ in 0..2 {
        bench.import(&source).await.unwrap();
        assert_eq!(bench.held("INBOX").await.len(), 2);
    }
    bench.file("m/new/1700000002.c", letter("altra", 1));
    bench.file("m/new/1700000003.d", letter("uguale", 1));
    bench.import(&source).await.unwrap();
    assert_eq!(bench.held("INBOX").await.len(), 4);
}

#[tokio::test]
async fn other_programs_layouts_are_read() {
    let bench = Bench::new().await;
    // mbsync and OfflineIMAP: a folder in a folder.
    bench.file("nested/INBOX/cur/1700000000.a:2,S", letter("a", 1));
    bench.file("nested/Clienti/Rossi/new/1700000000.b", letter("b", 1));
    // Thunderbird.
    bench.file("nested/Archivio.sbd/2024/cur/c.eml", letter("c", 1));
    // Dovecot's keywords, and notes of its own.
    bench.file("nested/INBOX/dovecot-keywords", "0 Pratica\n1 $Junk\n");
    bench.file("nested/INBOX/dovecot.index.log", "x");
    bench.file("nested/INBOX/cur/1700000001.d:2,Sab", letter("d", 1));
    bench.import(&Maildir::new(&bench.path("nested")).unwrap()).await.unwrap();
    assert_eq!(bench.held("Clienti/Rossi").await.len(), 1);
    assert_eq!(bench.held("Archivio/2024").await.len(), 1);
    let flags: Vec<_> = bench.held("INBOX").await.into_iter().map(|held| held.flags.join(" ")).collect();
    assert_eq!(flags, ["\\Seen", "\\Seen $Junk Pratica"]);
}

#[tokio::test]
async fn the_internal_date_is_that_of_the_file_unless_it_is_a_younger_copy() {
    let bench = Bench::new().await;
    let file = bench.file("m/cur/1700000000.a:2,", letter("append", 1));
    let earlier = SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000);
    fs::File::options().write(true).open(file).unwrap().set_modified(earlier).unwrap();
    bench.file("m/cur/1700000000.b:2,", letter("copied", 1));
    bench.import(&Maildir::new(&bench.path("m")).unwrap()).await.unwrap();
    let at: Vec<_> = bench.held("INBOX").await.into_iter().map(|held| held.at).collect();
    assert_eq!(at, [1_600_000_000, 1_700_000_000]);
}

#[tokio::test]
async fn what_cannot_be_read_is_told_and_stops_nothing_else() {
    let bench = Bench::new().await;
    bench.file("m/cur/1700000000.good:2,", letter("good", 1));
    bench.file("m/cur/1700000001.empty:2,", "");
    let secret = bench.file("secret", "root:x");
    symlink(&secret, bench.path("m/cur/1700000002.link:2,")).unwrap();
    symlink(bench.path("m"), bench.path("m/.Round")).unwrap();
    fs::create_dir(bench.path("m/cur/1700000003.folder:2,")).unwrap();
    let made = harness::output(std::process::Command::new("mkfifo").arg(bench.path("m/cur/1700000004.pipe:2,")));
    assert!(made.unwrap().status.success());
    let source = Maildir::new(&bench.path("m")).unwrap();
    assert_eq!(bench.import(&source).await.unwrap(), Ended::Faults);
    let held = bench.held("INBOX").await;
    assert_eq!(held.len(), 1);
    assert_eq!(held[0].octets, letter("good", 1).into_bytes());
    let why = Maildir::new(&bench.path("nowhere")).unwrap_err();
    assert!(why.contains("nowhere"), "{why}");
    fs::create_dir(bench.path("empty")).unwrap();
    let why = Maildir::new(&bench.path("empty")).unwrap_err();
    assert!(why.contains("no Maildir"), "{why}");
}
