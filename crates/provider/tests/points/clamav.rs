//! The points with a real ClamAV: its daemon runs as a child of the test, with one signature of its own and no network.

use std::sync::Arc;
use std::time::Duration;

use crate::world::{ANNA, LUCA, MARIO, Script, World};
use bytes::Bytes;
use harness::Clamd;
use pec::Kind;
use provider::scanner::{ClamdAddress, Scanner, Verdict};
use store::InfectedQuery;

use store::Upkeep;

/// What the daemon looks for; harmless, and unknown to any other scanner.
const MARKER: &str = "SIGILLO-VIRUS-OF-THE-TESTS-7f3a";
const NAME: &str = "Sigillo.Test.Marker.UNOFFICIAL";

/// A running clamd.
struct Daemon(Clamd);

impl Daemon {
    /// Starts one with these lines more in its configuration.
    fn start(lines: &str) -> Self {
        Self(Clamd::start("Sigillo.Test.Marker", MARKER, &format!("AlertEncrypted yes\n{lines}")).unwrap())
    }

    fn client(&self) -> Arc<provider::scanner::Clamd> {
        Arc::new(provider::scanner::Clamd::new(ClamdAddress::Unix(self.0.socket()), Duration::from_secs(60), 4))
    }
}

/// A message to Anna and Luca with an attachment in base64.
fn with_attachment(name: &str, content: &[u8]) -> String {
    format!(
        "From: mario.rossi@alfa.example\nTo: anna.bianchi@beta.example, luca.verdi@beta.example\nSubject: listino\n\
         MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\nContent-Type: text/plain\n\n\
         ecco il listino\n--b\nContent-Type: application/octet-stream; name=\"{name}\"\n\
         Content-Disposition: attachment; filename=\"{name}\"\nContent-Transfer-Encoding: base64\n\n{}\n--b--\n",
        base64(content)
    )
}

fn base64(content: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for (number, three) in content.chunks(3).enumerate() {
        if number > 0 && number % 19 == 0 {
            text.push('\n');
        }
        let bits = three.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let letter = char::from(LETTERS[(bits >> (18 - 6 * place)) as usize & 63]);
            text.push(if place > three.len() { '=' } else { letter });
        }
    }
    text
}

/// A ZIP archive with one stored entry that claims to be encrypted (APPNOTE 4.4.4, bit 0).
fn encrypted_zip() -> Vec<u8> {
    let (name, data) = (b"segreto.txt", [0x5a_u8; 24]);
    let field = |n: usize| u16::try_from(n).unwrap().to_le_bytes();
    let size = u32::try_from(data.len()).unwrap().to_le_bytes();
    let plain = u32::try_from(data.len() - 12).unwrap().to_le_bytes();
    // version, flags, method, time, date, CRC
    let common =
        [&[20, 0, 1, 0, 0, 0, 0, 0, 33, 92, 1, 2, 3, 4][..], &size, &plain, &field(name.len()), &[0, 0]].concat();
    let local = [&b"PK\x03\x04"[..], &common, name, &data].concat();
    let central = [&b"PK\x01\x02\x14\x00"[..], &common, &[0; 14], name].concat();
    let counts = [0, 0, 0, 0, 1, 0, 1, 0];
    let length = u32::try_from(central.len()).unwrap().to_le_bytes();
    let start = u32::try_from(local.len()).unwrap().to_le_bytes();
    [&local[..], &central, b"PK\x05\x06", &counts, &length, &start, &[0, 0]].concat()
}

#[tokio::test]
async fn a_real_scanner_finds_what_is_hidden_in_an_attachment_at_both_points() {
    let daemon = Daemon::start("");
    let world = World::new().await;
    let infected = with_attachment("listino.exe", MARKER.as_bytes());
    // Beta alone has the scanner: the envelope is opened down to the attachment of the original inside [R-2.2.2-l].
    world.beta.scanner.set(Script::Asks(daemon.client()));
    assert_eq!(world.submit(&[ANNA, LUCA], &infected).await.code, 250);
    world.settle().await;
    let told = world.alfa.messages(MARIO, Kind::VirusNonDelivery).await;
    assert_eq!(told.len(), 2);
    let data = pec::message::read(&told[0], seal::open(&told[0]).unwrap().entity).unwrap().data;
    assert_eq!(data.extended_error.as_deref(), Some(NAME));
    assert!(world.beta.entries(ANNA).await.is_empty());
    let query = InfectedQuery { limit: 9, ..InfectedQuery::default() };
    assert_eq!(world.beta.store.infected(query).await.unwrap().len(), 1);
    // With it, alfa refuses it [R-3.1.3-z], and lets the same message pass without the virus.
    world.alfa.scanner.set(Script::Asks(daemon.client()));
    assert_eq!(world.submit(&[ANNA, LUCA], &infected).await.code, 250);
    let (_, notice) = world.alfa.only(MARIO, Kind::VirusNonAcceptance).await;
    assert_eq!(notice.data.extended_error.as_deref(), Some(NAME));
    assert_eq!(world.submit(&[ANNA, LUCA], &with_attachment("listino.txt", b"pane 3,50")).await.code, 250);
    world.settle().await;
    assert_eq!(world.beta.kinds(ANNA).await, [Kind::TransportEnvelope]);
}

#[tokio::test]
async fn a_real_scanner_says_what_it_could_not_examine() {
    let daemon = Daemon::start("StreamMaxLength 1M\nMaxFileSize 512K");
    let scan = async |message: Vec<u8>| daemon.client().scan(&Bytes::from(message)).await.unwrap();
    let unscannable = |why: &str| Verdict::Unscannable { why: why.into() };
    let message = |content: &[u8]| with_attachment("a.zip", content).replace('\n', "\r\n").into_bytes();
    assert_eq!(scan(message(b"ciao")).await, Verdict::Clean);
    assert_eq!(scan(message(&encrypted_zip())).await, unscannable("Heuristics.Encrypted.Zip"));
    assert_eq!(scan(vec![b'x'; 700 << 10]).await, unscannable("Heuristics.Limits.Exceeded.MaxFileSize"));
    // It hangs up in the middle of a message that is too long, and is understood all the same.
    let too_long = unscannable("larger than clamd's StreamMaxLength");
    for size in [(1 << 20) + 1, 30 << 20] {
        assert_eq!(scan(vec![b'x'; size]).await, too_long, "{size} octets");
    }
    // A virus beside what cannot be examined is still a virus.
    let both = [encrypted_zip(), MARKER.into()].concat();
    assert_eq!(scan(message(&both)).await, Verdict::Infected { name: NAME.into() });
}

#[tokio::test]
async fn a_real_scanner_that_went_away_is_trouble_and_its_return_the_end_of_it() {
    let daemon = Daemon::start("");
    let world = World::new().await;
    world.alfa.scanner.set(Script::Asks(daemon.client()));
    let message = with_attachment("a.txt", b"ciao");
    assert_eq!(world.submit(&[ANNA, LUCA], &message).await.code, 250);
    let before = world.alfa.entries(MARIO).await.len();
    drop(daemon);
    assert_eq!(world.submit(&[ANNA, LUCA], &message).await.code, 450);
    assert_eq!(world.alfa.entries(MARIO).await.len(), before);
    assert!(world.alfa.provider.scanner_trouble().unwrap().error.contains("no connection"));
    let again = Daemon::start("");
    world.alfa.scanner.set(Script::Asks(again.client()));
    assert_eq!(world.submit(&[ANNA, LUCA], &message).await.code, 250);
    assert!(world.alfa.provider.scanner_trouble().is_none());
}

#[tokio::test]
async fn many_messages_at_once_are_all_scanned() {
    let daemon = Daemon::start("MaxThreads 3\nMaxQueue 6");
    let client = daemon.client();
    let scans = (0..60).map(|n| {
        let content = if n % 3 == 0 { format!("{MARKER} {n}") } else { format!("ciao {n}") };
        let message = Bytes::from(with_attachment("a.bin", content.as_bytes()));
        let client = client.clone();
        async move { (n, client.scan(&message).await.unwrap()) }
    });
    for (n, verdict) in futures_util::future::join_all(scans).await {
        assert_eq!(verdict.virus().is_some(), n % 3 == 0, "message {n}");
    }
}
