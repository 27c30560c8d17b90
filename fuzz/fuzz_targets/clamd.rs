//! Whatever the virus scanner's daemon answers: a verdict only where its words are known, names that fit into a notice.
#![no_main]

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::sync::mpsc::{Sender, channel};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use provider::scanner::{Clamd, ClamdAddress, Scanner, Verdict};
use tokio::runtime::Runtime;

/// A daemon that answers the next question with what it was given.
struct Daemon {
    runtime: Runtime,
    clamd: Clamd,
    answers: Mutex<Sender<Vec<u8>>>,
}

static DAEMON: LazyLock<Daemon> = LazyLock::new(|| {
    let path = std::env::temp_dir().join(format!("fuzz-clamd-{}", std::process::id()));
    let listener = UnixListener::bind(&path).expect("a socket in the temporary folder");
    let (answers, given) = channel::<Vec<u8>>();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(mut stream), Ok(answer)) = (stream, given.recv()) else { return };
            let mut asked = [0; 9];
            let _ = stream.read_exact(&mut asked);
            if &asked != b"zVERSION\0" {
                // The rest of `zINSTREAM`, and a message of no octets.
                let _ = stream.read_exact(&mut [0; 5]);
            }
            let _ = stream.write_all(&answer);
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let clamd = Clamd::new(ClamdAddress::Unix(path), Duration::from_secs(5), 1);
    Daemon { runtime, clamd, answers: Mutex::new(answers) }
});

fuzz_target!(|answer: &[u8]| {
    let daemon = &*DAEMON;
    let give = || daemon.answers.lock().expect("one thread").send(answer.to_vec()).expect("the daemon lives");
    give();
    let text = String::from_utf8_lossy(&answer[..answer.len().min(4096)]);
    let text = text.trim_end_matches(['\0', '\n', '\r']).trim();
    match daemon.runtime.block_on(daemon.clamd.scan(&Bytes::new())) {
        // [R-3.1.3-a]: nothing passes for clean but the words that say so.
        Ok(Verdict::Clean) => assert!(matches!(text, "OK" | "stream: OK"), "{text:?}"),
        Ok(Verdict::Infected { name: words } | Verdict::Unscannable { why: words }) => {
            assert!(words.len() <= 200 && words.bytes().all(|octet| matches!(octet, b' '..=b'~')), "{words:?}");
        }
        Err(error) => {
            let error = error.to_string();
            assert!(error.len() <= 400 && !error.contains(char::is_control), "{error:?}");
            assert!(!matches!(text, "OK" | "stream: OK") && !text.ends_with(" FOUND"), "{error}");
        }
    }
    give();
    daemon.runtime.block_on(daemon.clamd.signatures());
});
