//! Clients that others wrote.

use std::process::Command;

use imap::Door;

use crate::bench::{ANNA, Bench, LETTER, PASSWORD};

const IMAPLIB: &str = r#"
import imaplib, ssl, sys
tls, clear, user, password = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
trusting = ssl._create_unverified_context()
def good(answer):
    assert answer[0] == 'OK', answer
    return answer[1]
m = imaplib.IMAP4_SSL('127.0.0.1', tls, ssl_context=trusting)
good(m.authenticate('PLAIN', lambda _: ('\0%s\0%s' % (user, password)).encode()))
assert len(good(m.list())) == 4
assert good(m.select()) == [b'1']
message = b'Subject: bozza\r\n\r\nciao\r\n'
answer = good(m.append('Bozze', r'(\Draft)', imaplib.Time2Internaldate(1700000000), message))
assert b'APPENDUID' in answer[0], answer
good(m.select('Bozze'))
assert good(m.search(None, 'SUBJECT', 'BOZZA')) == [b'1']
assert good(m.fetch('1', '(FLAGS BODY[])'))[0][1] == message
good(m.uid('STORE', '1', '+FLAGS', r'(\Deleted)'))
good(m.copy('1', 'Cestino'))
assert good(m.expunge()) == [b'1']
good(m.close())
assert b'MESSAGES 1' in good(m.status('Cestino', '(MESSAGES UNSEEN)'))[0]
assert m.logout()[0] == 'BYE'
m = imaplib.IMAP4('127.0.0.1', clear)
good(m.starttls(trusting))
good(m.authenticate('PLAIN', lambda _: ('\0%s\0%s' % (user, password)).encode()))
good(m.enable('UTF8=ACCEPT'))
good(m.create('"Citt\u00e0 & dintorni"'))
good(m.select('"Citt\u00e0 & dintorni"'))
m.logout()
"#;

async fn run(mut command: Command) -> Vec<u8> {
    let done = tokio::task::spawn_blocking(move || harness::output(&mut command)).await.unwrap().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    done.stdout
}

#[tokio::test(flavor = "multi_thread")]
async fn the_library_of_python_reads_and_writes() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER]).await;
    let (tls, clear) = (bench.listen(Door::Tls).await, bench.listen(Door::Clear).await);
    let mut python = Command::new("python3");
    python.args([
        "-c",
        IMAPLIB,
        &tls.address().port().to_string(),
        &clear.address().port().to_string(),
        ANNA,
        PASSWORD,
    ]);
    run(python).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_fetches_and_appends() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER]).await;
    let door = bench.listen(Door::Tls).await;
    let address = format!("imaps://127.0.0.1:{}", door.address().port());
    let login = format!("{ANNA}:{PASSWORD}");
    let curl = || {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--insecure", "--user", &login]);
        curl
    };
    let mut fetch = curl();
    fetch.arg(format!("{address}/INBOX;UID=1"));
    assert_eq!(String::from_utf8(run(fetch).await).unwrap(), LETTER);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("message.eml");
    std::fs::write(&file, LETTER).unwrap();
    let mut append = curl();
    append.arg("--upload-file").arg(&file).arg(format!("{address}/Inviata"));
    run(append).await;
    let mut client = bench.login().await;
    assert_eq!(client.ok("STATUS Inviata (MESSAGES)").await, ["* STATUS \"Inviata\" (MESSAGES 1)"]);
}
