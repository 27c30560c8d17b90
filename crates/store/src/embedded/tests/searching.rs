//! What the index says is what a look at every message says; and the index may come to any harm.

use std::ops::Range;
use std::path::Path;

use proptest::prelude::*;
use tokio::runtime::Runtime;

use super::*;
use crate::{Append, Flags, FolderId, Matches, Search as _, TextKey};

const INDEX: &str = "search.db";

/// Pieces that texts and keys are made of: letters of either case and of other alphabets, breaks of lines, quotes.
const PIECES: [&str; 14] = ["a", "A", "bc", "BC", "à", "À", "ß", "İ", "Σ", " ", "\r\n", "\"", "1234/20", "fattura"];

fn some(pieces: Range<usize>) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&PIECES[..]), pieces).prop_map(|pieces| pieces.concat())
}

/// A text in one of the ways in which it may be written.
fn encoded(text: &str, way: u8) -> (String, &'static str) {
    let escaped = |b: u8| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("={b:02X}") };
    match way % 3 {
        0 => (text.to_owned(), "8bit"),
        1 => (text.bytes().map(escaped).collect::<Vec<_>>().join("=\r\n"), "quoted-printable"),
        _ => {
            const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
            let group = |three: &[u8]| {
                let bits = three.iter().fold(0u32, |bits, b| bits << 8 | u32::from(*b)) << (8 * (3 - three.len()));
                (0..4)
                    .map(|at| match at <= three.len() {
                        true => char::from(DIGITS[(bits >> (18 - 6 * at) & 63) as usize]),
                        false => '=',
                    })
                    .collect::<String>()
            };
            (text.as_bytes().chunks(3).map(group).collect::<Vec<_>>().join("\r\n"), "base64")
        }
    }
}

fn letter() -> impl Strategy<Value = String> {
    (some(0..6), some(0..12), some(0..12), any::<u8>()).prop_map(|(subject, first, second, way)| {
        let subject = subject.replace("\r\n", "\r\n ");
        let subject = match way & 64 {
            0 => subject,
            _ => format!("=?utf-8?Q?{}?=", encoded(&subject, 1).0.replace("=\r\n", "")),
        };
        let ((first, one), (second, other)) = (encoded(&first, way), encoded(&second, way / 3));
        format!(
            "Subject: {subject}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: \
             {one}\r\n\r\n{first}\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: {subject}\r\nContent-Type: \
             text/html\r\nContent-Transfer-Encoding: {other}\r\n\r\n{second}\r\n--b--\r\n"
        )
    })
}

fn key() -> impl Strategy<Value = TextKey> {
    let name = prop::sample::select(&["Subject", "subject", "Content-Type", "X", ""][..]);
    prop_oneof![
        some(0..4).prop_map(TextKey::Text),
        some(0..4).prop_map(TextKey::Body),
        (name, some(0..4)).prop_map(|(name, value)| TextKey::Header { name: name.into(), value }),
    ]
}

async fn folder(store: &Embedded) -> FolderId {
    let mailbox = store.mailbox(&anna()).await.unwrap().unwrap().id;
    store.folders(mailbox, Reader::Owner).await.unwrap()[0].id
}

async fn append(store: &Embedded, letters: &[String]) {
    let folder = folder(store).await;
    let append = |letter: &String| {
        let message = NewMessage { pieces: Pieces::own(letter.clone()), summary: Summary::default() };
        Append { folder, message, flags: Flags::default(), reader: Reader::Owner, at: at(0), saved: at(0), own: false }
    };
    store.append(letters.iter().map(append).collect()).await.unwrap();
}

async fn matches(store: &Embedded, keys: &[TextKey]) -> Matches {
    store.matches(folder(store).await, &UidSet::all(), keys).await.unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_index_finds_what_a_look_at_every_message_finds(
        letters in prop::collection::vec(letter(), 1..12),
        later in prop::collection::vec(letter(), 0..3),
        keys in prop::collection::vec(key(), 1..24),
        gone in prop::collection::vec(1u32..12, 0..3),
    ) {
        Runtime::new().unwrap().block_on(async {
            let place = tempfile::tempdir().unwrap();
            let store = opened(&place).await;
            append(&store, &letters).await;
            store.indexed().await.unwrap();
            store.expunge(folder(&store).await, &gone.into_iter().collect(), &removal()).await.unwrap();
            append(&store, &later).await;
            // Who only looks has no index.
            let plain = matches(&Embedded::look(place.path()).unwrap(), &keys).await;
            assert_eq!(matches(&store, &keys).await, plain, "as far as the index is");
            store.indexed().await.unwrap();
            assert_eq!(matches(&store, &keys).await, plain);
            store.close().await.unwrap();
        });
    }
}

fn letters_of(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("Subject: lettera {number}\r\n\r\nparola{number} comune\r\n")).collect()
}

fn keys() -> Vec<TextKey> {
    vec![TextKey::Body("comune".into()), TextKey::Text("parola7".into()), TextKey::Body("pa".into())]
}

fn spoil(path: &Path, at: usize, octets: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    let end = (at + octets).min(bytes.len());
    bytes[at.min(end)..end].fill(0x55);
    std::fs::write(path, bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_is_missing_foreign_or_damaged_is_made_anew() {
    let place = tempfile::tempdir().unwrap();
    let index = place.path().join(INDEX);
    let store = opened(&place).await;
    append(&store, &letters_of(50)).await;
    let expected = matches(&store, &keys()).await;
    assert_eq!((0..3).map(|key| expected.uids(key).len()).collect::<Vec<_>>(), [50, 1, 50]);
    store.indexed().await.unwrap();
    store.close().await.unwrap();
    drop(store);
    type Harm = fn(&Path);
    let harms: [Harm; 6] = [
        |index| std::fs::remove_file(index).unwrap(),
        |index| std::fs::write(index, "").unwrap(),
        |index| std::fs::write(index, "no database at all, but long enough to be one".repeat(1_000)).unwrap(),
        |index| spoil(index, 0, 100),
        |index| spoil(index, 4_096, usize::MAX / 2),
        |index| {
            let other = rusqlite::Connection::open(index).unwrap();
            other.execute_batch("UPDATE made_from SET store = 'another'").unwrap();
        },
    ];
    for harm in harms {
        harm(&index);
        let store = opened(&place).await;
        assert_eq!(matches(&store, &keys()).await, expected, "exact at once");
        store.indexed().await.unwrap();
        assert_eq!(matches(&store, &keys()).await, expected);
        assert_eq!(store.figures().await.unwrap().search.indexed, 50, "everything was indexed again");
        assert_eq!(letters(&store).await, 50);
        store.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_of_the_index_that_is_not_what_was_written_decides_nothing() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    append(&store, &letters_of(50)).await;
    store.indexed().await.unwrap();
    let expected = matches(&store, &keys()).await;
    let other = rusqlite::Connection::open(place.path().join(INDEX)).unwrap();
    other.execute_batch("UPDATE texts SET text = CAST('altro' AS BLOB) WHERE id = 8").unwrap();
    drop(other);
    assert_eq!(matches(&store, &keys()).await, expected);
    // It was noticed, and begun anew.
    store.indexed().await.unwrap();
    assert_eq!(store.figures().await.unwrap().search.begun, 1);
    assert_eq!(matches(&store, &keys()).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_holds_any_more_leaves_the_index() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    append(&store, &letters_of(300)).await;
    store.indexed().await.unwrap();
    let count = |table: &str| {
        let other = rusqlite::Connection::open(place.path().join(INDEX)).unwrap();
        let sql = format!("SELECT count(*) FROM {table}");
        other.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let tables = ["placed", "known", "holds", "texts", "loose", "grams_docsize", "words_docsize"];
    assert_eq!(tables.map(count), [300, 300, 300, 300, 0, 600, 600]);
    clear(&store).await;
    store.indexed().await.unwrap();
    assert_eq!(tables.map(count), [0; 7]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_cannot_be_read_is_looked_at_again() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    let large = "parola rara\r\n".repeat(100_000);
    append(&store, &[format!("Subject: grande\r\n\r\n{large}")]).await;
    let path = (0..=u8::MAX)
        .filter_map(|first| std::fs::read_dir(place.path().join("originals").join(format!("{first:02x}"))).ok())
        .flatten()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let good = std::fs::read(&path).unwrap();
    std::fs::write(&path, "").unwrap();
    store.reindex().await.unwrap();
    store.indexed().await.unwrap();
    let keys = [TextKey::Body("rara".into()), TextKey::Text("grande".into())];
    let found = matches(&store, &keys).await;
    assert_eq!((found.uids(0).len(), found.uids(1).len()), (0, 1));
    std::fs::write(&path, good).unwrap();
    let found = matches(&store, &keys).await;
    assert_eq!((found.uids(0).len(), found.uids(1).len()), (1, 1));
}
