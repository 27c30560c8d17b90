use bulk::mbox::{MboxFiles, Quoting};
use bulk::source::{Found, Pass, Source, Wanted};
use control::command::Ended;

use crate::bench::{Bench, python};

fn mbox(bench: &Bench, name: &str) -> MboxFiles {
    MboxFiles::new(&bench.path(name), Quoting::Mboxrd).unwrap()
}

/// The faults of a source, and what it passed over.
async fn told(source: &MboxFiles) -> (Vec<String>, Vec<String>) {
    let (mut faults, mut passed) = (Vec::new(), Vec::new());
    let mut found = source.start(Pass::Import, Wanted::default());
    while let Some(found) = found.recv().await {
        match found {
            Found::Fault(fault) => faults.push(format!("{}: {}", fault.place, fault.what)),
            Found::Passed(what) => passed.push(what),
            _ => {}
        }
    }
    (faults, passed)
}

const TWO: &str = "From anna@alfa.example Wed Oct 14 08:00:00 2026\nSubject: uno\nStatus: RO\nX-Status: F\n\n>From here on\n>>From there\n\
                   From nowhere near a date\n\nFrom - Wed Oct 14 08:00:01 2026\nSubject: due\n\nx\n\n";

#[tokio::test]
async fn quoting_is_undone_exactly_and_lines_that_nobody_quoted_are_no_new_message() {
    let bench = Bench::new().await;
    bench.file("Posta/INBOX", TWO);
    bench.file("Posta/INBOX.msf", "// <!-- <mdb:mork:z v=\"1.4\"/> -->");
    bench.file("Posta/Sent.mbox", "From x Wed Oct 14 08:00:00 2026\nSubject: tre\n\n\n\n");
    bench.file("Posta/Archivio.sbd/2024", TWO);
    bench.file("Posta/Vuota", "");
    let source = mbox(&bench, "Posta");
    assert_eq!(bench.import(&source).await.unwrap(), Ended::Well);
    let inbox = bench.held("INBOX").await;
    assert_eq!(inbox.len(), 2);
    let text = String::from_utf8(inbox[0].octets.clone()).unwrap();
    assert_eq!(
        text,
        "Subject: uno\r\nStatus: RO\r\nX-Status: F\r\n\r\nFrom here on\r\n>From there\r\nFrom nowhere near a date\r\n"
    );
    assert_eq!((inbox[0].flags.join(" "), inbox[0].at), ("\\Flagged \\Seen".into(), 1_791_964_800));
    assert_eq!((inbox[1].flags.len(), inbox[1].at), (0, 1_791_964_801));
    // Only the empty line before the next message, or the end, is not the message's.
    assert_eq!(bench.held("Inviata").await[0].octets, b"Subject: tre\r\n\r\n\r\n");
    assert_eq!(bench.held("Archivio/2024").await.len(), 2);
    assert!(bench.folders().await.contains(&"Vuota".into()));
    assert_eq!(told(&source).await.1.len(), 1);
    bench.import(&source).await.unwrap();
    assert_eq!(bench.held("INBOX").await, inbox);
}

#[tokio::test]
async fn what_pythons_library_writes_is_read() {
    let bench = Bench::new().await;
    let program = r#"
import mailbox, sys
box = mailbox.mbox(sys.argv[1])
for number in range(50):
    message = mailbox.mboxMessage(f'Subject: n{number}\nDate: Wed, 14 Oct 2026 10:00:00 +0200\n\nFrom me\nline {number}\n')
    message.set_from('anna', True)
    message.set_flags('RA' if number % 2 else '')
    box.add(message)
box.flush()
"#;
    python(program, &[&bench.path("INBOX")]);
    bench.import(&mbox(&bench, "INBOX")).await.unwrap();
    let held = bench.held("INBOX").await;
    assert_eq!(held.len(), 50);
    assert_eq!(held[1].flags.join(" "), "\\Answered \\Seen");
    assert!(
        held[7].octets.ends_with(b"\r\n\r\nFrom me\r\nline 7\r\n"),
        "{:?}",
        String::from_utf8_lossy(&held[7].octets)
    );
}

#[tokio::test]
async fn a_broken_file_is_told_by_its_lines() {
    let bench = Bench::new().await;
    bench.file("not", "PK\u{3}\u{4}");
    let why = MboxFiles::new(&bench.path("not"), Quoting::Mboxrd).unwrap_err();
    assert!(why.contains("no mbox"), "{why}");
    bench.file(
        "INBOX",
        "From x Wed Oct 14 08:00:00 2026\nFrom x Wed Oct 14 08:00:00 2026\nX-Mozilla-Status: 0009\nSubject: via\n\nx\n\n\
         From x Wed Oct 14 08:00:00 2026\nSubject: resta\n\ncut off in the mid",
    );
    let source = mbox(&bench, "INBOX");
    assert_eq!(bench.import(&source).await.unwrap(), Ended::Faults);
    let held = bench.held("INBOX").await;
    assert_eq!(held.len(), 1);
    assert!(held[0].octets.ends_with(b"cut off in the mid"));
    let (faults, passed) = told(&source).await;
    assert!(
        matches!(faults.as_slice(), [fault] if fault.contains("INBOX, line 1: no message stands between")),
        "{faults:?}"
    );
    assert!(matches!(passed.as_slice(), [passed] if passed.contains("line 2: deleted")), "{passed:?}");
}
