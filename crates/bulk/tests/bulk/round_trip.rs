//! What is exported is imported again byte for byte, and other programs read it.

use bulk::archive::Archive;
use bulk::export::Form;
use bulk::maildir::Maildir;
use bulk::mbox::{MboxFiles, Quoting};
use bulk::source::Source;
use control::command::Ended;

use crate::bench::{Bench, Held, letter, python};

/// Folders and messages of every awkward kind, put there as files.
async fn filled() -> Bench {
    let bench = Bench::new().await;
    let large = letter("grande", 60_000);
    assert!(large.len() > 700_000);
    let messages: [(&str, &str, String); 8] = [
        ("cur/1700000001.a:2,SF", "INBOX", letter("uno", 1)),
        ("cur/1700000002.b:2,Sa", "INBOX", "Subject: From\r\n\r\nFrom me\r\n>From you\r\nFrom".into()),
        ("cur/1700000003.c:2,", "INBOX", letter("vuote", 1) + "\r\n\r\n"),
        ("new/1700000004.d", "INBOX", letter("uno", 1)),
        (".Sent/cur/1700000005.e:2,RS", "Inviata", large),
        (".&AC4-&AC4-/cur/1700000006.f:2,", "..", letter("sale", 1)),
        (".100%.a&AC4-b\\c:d/cur/1700000007.g:2,", "100%/a.b\\c:d", letter("nomi", 1)),
        (".Caff&AOg-/cur/1700000008.h:2,PT", "Caffè", letter("caffè", 1)),
    ];
    for (file, _, text) in &messages {
        bench.file(&format!("in/{file}"), text);
    }
    bench.file("in/dovecot-keywords", "0 Pratica\n");
    assert_eq!(bench.import(&Maildir::new(&bench.path("in")).unwrap()).await.unwrap(), Ended::Well);
    for (_, folder, text) in messages {
        assert!(bench.held(folder).await.iter().any(|held| held.octets == text.as_bytes()), "{folder}");
    }
    bench
}

const FOLDERS: [&str; 5] = ["INBOX", "Inviata", "..", "100%/a.b\\c:d", "Caffè"];

async fn all(bench: &Bench) -> Vec<Vec<Held>> {
    let mut all = Vec::new();
    for folder in FOLDERS {
        let mut held = bench.held(folder).await;
        held.sort();
        all.push(held);
    }
    all
}

/// The same without what the form has no place for.
fn bytes(all: &[Vec<Held>]) -> Vec<Vec<Vec<u8>>> {
    all.iter().map(|held| held.iter().map(|held| held.octets.clone()).collect()).collect()
}

/// Imports what was exported into the store that it came from, where nothing is new, and into an empty one.
async fn returns(bench: &Bench, source: &dyn Source) -> Bench {
    let before = all(bench).await;
    assert_eq!(bench.import(source).await.unwrap(), Ended::Well);
    assert_eq!(all(bench).await, before);
    let empty = Bench::new().await;
    assert_eq!(empty.import(source).await.unwrap(), Ended::Well);
    empty.check().await;
    empty
}

#[tokio::test]
async fn a_maildir_keeps_octets_flags_and_dates() {
    let bench = filled().await;
    let to = bench.path("out");
    assert_eq!(bench.export(Form::Maildir, &to).await.unwrap(), Ended::Well);
    let again = returns(&bench, &Maildir::new(&to).unwrap()).await;
    assert_eq!(all(&again).await, all(&bench).await);
    let program = r#"
import mailbox, sys
root = mailbox.Maildir(sys.argv[1], create=False)
print(len(root), sorted(root.list_folders()), sorted(m.get_flags() for m in root))
"#;
    let read = python(program, &[&to]);
    assert_eq!(
        read,
        "4 ['&AC4-&AC4-', '100%', '100%.a&AC4-b\\\\c:d', 'Bozze', 'Caff&AOg-', 'Cestino', 'Inviata'] ['', '', 'FS', 'Sa']\n"
    );
}

#[tokio::test]
async fn mbox_files_keep_octets_and_dates() {
    let bench = filled().await;
    let to = bench.path("out");
    assert_eq!(bench.export(Form::Mbox, &to).await.unwrap(), Ended::Well);
    // One message has no end of its last line, which an mbox cannot do without: it comes again as another one.
    let before = bytes(&all(&bench).await);
    let empty = Bench::new().await;
    empty.import(&MboxFiles::new(&to, Quoting::Mboxrd).unwrap()).await.unwrap();
    let mut completed = before.clone();
    for text in completed.iter_mut().flatten().filter(|text| !text.ends_with(b"\n")) {
        text.extend_from_slice(b"\r\n");
    }
    completed.iter_mut().for_each(|folder| folder.sort());
    let mut after = bytes(&all(&empty).await);
    after.iter_mut().for_each(|folder| folder.sort());
    assert_eq!(after, completed);
    let program = "import mailbox, sys\nprint([len(mailbox.mbox(path, create=False)) for path in sys.argv[1:]])";
    let read = python(program, &[&to.join("INBOX.mbox"), &to.join("%2E..mbox"), &to.join("100%25/a.b%5Cc%3Ad.mbox")]);
    assert_eq!(read, "[4, 1, 1]\n");
}

#[tokio::test]
async fn a_zip_file_keeps_octets() {
    let bench = filled().await;
    let to = bench.path("out.zip");
    assert_eq!(bench.export(Form::Zip, &to).await.unwrap(), Ended::Well);
    let again = returns(&bench, &Archive::new(&to).unwrap()).await;
    assert_eq!(bytes(&all(&again).await), bytes(&all(&bench).await));
    let program = "import sys, zipfile\nzip = zipfile.ZipFile(sys.argv[1])\nprint(zip.testzip(), len([n for n in zip.namelist() if n.endswith('.eml')]))";
    assert_eq!(python(program, &[&to]), "None 8\n");
}

#[tokio::test]
async fn what_stands_there_is_never_overwritten_and_what_is_not_whole_has_another_name() {
    let bench = filled().await;
    let to = bench.file("out.zip", "mine");
    let refused = bench.export(Form::Zip, &to).await.unwrap_err();
    assert!(refused.what.contains("exists already"), "{refused}");
    assert_eq!(std::fs::read(&to).unwrap(), b"mine");
    bench.file("new.partial", "left");
    let refused = bench.export(Form::Maildir, &bench.path("new")).await.unwrap_err();
    assert!(refused.what.contains("remove it first"), "{refused}");
    let refused = bench.export(Form::Maildir, &bench.path("no/such/new")).await.unwrap_err();
    assert!(refused.what.contains("cannot be made"), "{refused}");
    // A name that no file system takes ends the export, and what was written is not taken for all.
    let long = "x".repeat(254);
    bench.file(&format!("long/.{long}/cur/1700000000.a:2,"), letter("lungo", 1));
    bench.import(&Maildir::new(&bench.path("long")).unwrap()).await.unwrap();
    let refused = bench.export(Form::Mbox, &bench.path("mbox")).await.unwrap_err();
    assert!(refused.what.contains("NOT whole") && refused.what.contains("mbox.partial"), "{refused}");
    assert!(!bench.path("mbox").exists() && bench.path("mbox.partial/INBOX.mbox").exists());
}

#[tokio::test]
async fn a_damaged_message_is_named_and_the_others_are_exported() {
    let bench = filled().await;
    // The large one is a file of its own.
    let originals = bench.store().join("originals");
    let mut damaged = 0;
    for folder in std::fs::read_dir(&originals).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
        for file in std::fs::read_dir(folder.path()).unwrap().flatten() {
            let mut octets = std::fs::read(file.path()).unwrap();
            let at = octets.len() / 2;
            octets[at] ^= 1;
            std::fs::write(file.path(), octets).unwrap();
            damaged += 1;
        }
    }
    assert_eq!(damaged, 1);
    for (form, name) in [(Form::Maildir, "out"), (Form::Mbox, "boxes"), (Form::Zip, "out.zip")] {
        assert_eq!(bench.export(form, &bench.path(name)).await.unwrap(), Ended::Faults, "{form:?}");
    }
    let missing = std::fs::read_to_string(bench.path("out/INCOMPLETE.txt")).unwrap();
    assert!(missing.contains("Inviata, message 1: ") && missing.contains("damaged"), "{missing}");
    // Nothing of it is left, and the rest is there.
    let empty = Bench::new().await;
    empty.import(&Archive::new(&bench.path("out.zip")).unwrap()).await.unwrap();
    assert_eq!((empty.held("INBOX").await.len(), empty.held("Inviata").await.len()), (4, 0));
    assert_eq!(std::fs::read(bench.path("boxes/Inviata.mbox")).unwrap(), b"");
}
