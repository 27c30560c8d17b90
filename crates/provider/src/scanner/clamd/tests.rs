use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;

use super::*;

/// A daemon that reads a whole stream and gives `reply`; `None`: it never answers.
async fn daemon(reply: Option<&'static [u8]>) -> (tempfile::TempDir, Clamd, tokio::task::JoinHandle<Vec<u8>>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clamd.ctl");
    let listener = UnixListener::bind(&path).unwrap();
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut command = [0; 10];
        stream.read_exact(&mut command).await.unwrap();
        assert_eq!(&command, b"zINSTREAM\0");
        let mut got = Vec::new();
        loop {
            let length = stream.read_u32().await.unwrap() as usize;
            if length == 0 {
                break;
            }
            let start = got.len();
            got.resize(start + length, 0);
            stream.read_exact(&mut got[start..]).await.unwrap();
        }
        match reply {
            Some(reply) => stream.write_all(reply).await.unwrap(),
            None => std::future::pending().await,
        }
        got
    });
    let clamd = Clamd::new(ClamdAddress::Unix(path), Duration::from_secs(5), 2);
    (folder, clamd, serving)
}

#[tokio::test]
async fn a_message_of_many_chunks_arrives_whole() {
    let message: Bytes = (0..CHUNK * 2 + 12_345).map(|n| (n % 251) as u8).collect::<Vec<_>>().into();
    let (_folder, clamd, serving) = daemon(Some(b"stream: OK\0")).await;
    assert_eq!(clamd.scan(&message).await, Ok(Verdict::Clean));
    assert_eq!(serving.await.unwrap(), message);
}

#[test]
fn every_reply_has_one_meaning() {
    let infected = |name: &str| Ok(Verdict::Infected { name: name.into() });
    let unscannable = |why: &str| Ok(Verdict::Unscannable { why: why.into() });
    assert_eq!(understand(b"stream: OK\0"), Ok(Verdict::Clean));
    assert_eq!(understand(b"stream: OK\n"), Ok(Verdict::Clean));
    assert_eq!(understand(b"stream: Win.Test.EICAR_HDB-1 FOUND\0"), infected("Win.Test.EICAR_HDB-1"));
    // What the operator asked clamd to alert about is a virus.
    assert_eq!(
        understand(b"stream: Heuristics.OLE2.ContainsMacros FOUND\0"),
        infected("Heuristics.OLE2.ContainsMacros")
    );
    assert_eq!(understand(b"stream: Heuristics.Encrypted.Zip FOUND\0"), unscannable("Heuristics.Encrypted.Zip"));
    assert_eq!(
        understand(b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0"),
        unscannable("Heuristics.Limits.Exceeded.MaxFileSize")
    );
    assert_eq!(
        understand(b"INSTREAM size limit exceeded. ERROR\0"),
        unscannable("larger than clamd's StreamMaxLength")
    );
    // A name cannot write lines of its own into a notice.
    assert_eq!(understand(b"stream: Evil\r\nSubject: x\xff FOUND\0"), infected("Evil??Subject: x?"));
    for error in
        [&b"stream: Can't allocate memory ERROR\0"[..], b"UNKNOWN COMMAND\0", b"stream: O", b"stream: \0", b"\0"]
    {
        assert!(understand(error).is_err(), "{}", String::from_utf8_lossy(error));
    }
}

#[tokio::test]
async fn a_daemon_that_is_away_silent_or_dumb_is_an_error_and_never_clean() {
    let message = Bytes::from_static(b"Subject: x\r\n\r\nciao\r\n");
    let folder = tempfile::tempdir().unwrap();
    let away = Clamd::new(ClamdAddress::Unix(folder.path().join("none")), Duration::from_secs(5), 1);
    assert!(away.scan(&message).await.unwrap_err().0.contains("no connection"));
    let (_folder, closes, _serving) = daemon(Some(b"")).await;
    assert!(closes.scan(&message).await.unwrap_err().0.contains("without an answer"));
    let (_folder, mut silent, _serving) = daemon(None).await;
    silent.timeout = Duration::from_millis(50);
    assert!(silent.scan(&message).await.unwrap_err().0.contains("no answer within"));
    let (_folder, broken, _serving) = daemon(Some(b"stream: Can't open file or directory ERROR\0")).await;
    assert!(broken.scan(&message).await.unwrap_err().0.contains("Can't open file"));
}

#[test]
fn an_address_is_a_path_or_a_host_with_its_port() {
    let tcp = |host: &str, port| Ok(ClamdAddress::Tcp { host: host.into(), port });
    assert_eq!("/run/clamav/clamd.ctl".parse(), Ok(ClamdAddress::Unix("/run/clamav/clamd.ctl".into())));
    assert_eq!("127.0.0.1:3310".parse(), tcp("127.0.0.1", 3310));
    assert_eq!("[::1]:3310".parse(), tcp("::1", 3310));
    assert_eq!("[::1]:3310".parse::<ClamdAddress>().unwrap().to_string(), "[::1]:3310");
    for wrong in ["", "clamd", "clamd:", ":3310", "clamd:0", "::1:3310", "clamd:65536"] {
        assert!(wrong.parse::<ClamdAddress>().is_err(), "{wrong}");
    }
}

/// [R-5.4-a]
#[tokio::test]
async fn the_date_of_the_signatures_is_asked_of_the_daemon() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clamd.ctl");
    let listener = UnixListener::bind(&path).unwrap();
    let serving = tokio::spawn(async move {
        for reply in ["ClamAV 1.4.3/27820/Sat Nov  1 09:27:11 2025\0", "ClamAV 1.4.3\0", ""] {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut command = [0; 9];
            stream.read_exact(&mut command).await.unwrap();
            assert_eq!(&command, b"zVERSION\0");
            stream.write_all(reply.as_bytes()).await.unwrap();
        }
    });
    let clamd = Clamd::new(ClamdAddress::Unix(path), Duration::from_secs(5), 2);
    assert_eq!(clamd.signatures().await, Some(Moment::from_unix(1_761_989_231)));
    assert_eq!(clamd.signatures().await, None, "signatures of one's own have no date");
    assert_eq!(clamd.signatures().await, None);
    serving.await.unwrap();
    assert_eq!(clamd.signatures().await, None, "nobody listens");
}
