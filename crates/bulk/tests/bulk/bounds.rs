use bulk::maildir::Maildir;
use bulk::source::Wanted;
use control::command::Ended;
use store::FolderName;

use crate::bench::{Bench, letter};

#[tokio::test]
async fn what_has_no_room_is_refused_before_anything_is_imported_with_how_much_is_missing() {
    let bench = Bench::with_quota(1 << 20).await;
    for number in 0..4 {
        bench.file(&format!("m/cur/170000000{number}.a:2,"), letter(&format!("n{number}"), 30_000));
    }
    let source = Maildir::new(&bench.path("m")).unwrap();
    let refused = bench.import(&source).await.unwrap_err();
    let missing = 4 * letter("n0", 30_000).len() as u64 - (1 << 20);
    assert!(refused.what.contains(&format!("{missing} octets")), "{refused}");
    assert!(refused.what.contains("mailbox set anna@alfa.example --quota 2MiB"), "{refused}");
    assert_eq!(bench.held("INBOX").await.len(), 0);
    // What is there already needs no room: with two of them there, two more do not fit, and the same two do.
    for number in 2..4 {
        std::fs::rename(bench.path(&format!("m/cur/170000000{number}.a:2,")), bench.path(&format!("{number}")))
            .unwrap();
    }
    for _ in 0..2 {
        assert_eq!(bench.import(&source).await.unwrap(), Ended::Well);
        assert_eq!(bench.held("INBOX").await.len(), 2);
    }
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let bench = Bench::new().await;
    bench.file("m/cur/1700000000.a:2,", letter("uno", 1));
    bench.file("m/.Nuova/cur/1700000000.b:2,", letter("due", 1));
    let source = Maildir::new(&bench.path("m")).unwrap();
    let options = bulk::import::ImportOptions { dry_run: true, ..bench.options() };
    let folders = bench.folders().await;
    assert_eq!(bench.import_as(&source, &options).await.unwrap(), Ended::Well);
    assert_eq!(bench.folders().await, folders);
    assert_eq!(bench.held("INBOX").await.len(), 0);
    assert!(bench.evidence().await.is_empty());
}

#[tokio::test]
async fn folders_are_chosen_and_put_below_another() {
    let bench = Bench::new().await;
    bench.file("m/cur/1700000000.a:2,", letter("uno", 1));
    bench.file("m/.Clienti.Rossi/cur/1700000000.b:2,", letter("due", 1));
    bench.file("m/.Clienti2/cur/1700000000.c:2,", letter("tre", 1));
    let source = Maildir::new(&bench.path("m")).unwrap();
    let into = Some(FolderName::parse("Vecchia").unwrap());
    let options = bulk::import::ImportOptions { wanted: Wanted::new(&["Clienti".into()]), into, ..bench.options() };
    bench.import_as(&source, &options).await.unwrap();
    assert_eq!(bench.held("Vecchia/Clienti/Rossi").await.len(), 1);
    assert_eq!(bench.held("INBOX").await.len(), 0);
    assert!(bench.folders().await.iter().all(|name| !name.contains("Clienti2")));
    let options = bulk::import::ImportOptions { wanted: Wanted::new(&["Assente".into()]), ..bench.options() };
    let refused = bench.import_as(&source, &options).await.unwrap_err();
    assert!(refused.what.contains("no folder Assente; it has INBOX"), "{refused}");
}

#[tokio::test]
async fn a_large_message_goes_alone_and_many_small_ones_together() {
    let bench = Bench::new().await;
    // 30 MiB, and more than two batches.
    let large = letter("grande", 2_420_000);
    bench.file("m/cur/1700000000.a:2,", &large);
    for number in 0..150 {
        bench.file(&format!("m/cur/1700000001.{number}:2,"), letter(&format!("n{number}"), 1));
    }
    let source = Maildir::new(&bench.path("m")).unwrap();
    for _ in 0..2 {
        assert_eq!(bench.import(&source).await.unwrap(), Ended::Well);
        let held = bench.held("INBOX").await;
        assert_eq!(held.len(), 151);
        assert!(held[0].octets == large.as_bytes());
    }
    bench.check().await;
}
