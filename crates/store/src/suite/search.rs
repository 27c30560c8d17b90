//! Searches: exact at every moment, with whatever the index knows.

use pec::Pieces;

use super::engine::Engine;
use super::samples::{ANNA, BRUNO, at, message, removal, store};
use super::session::{Session, set};
use crate::{Append, ErrorKind, Flags, Reader, TextKey, UidSet};

/// A message with an attached one, as an envelope has it.
const ENVELOPE: &str = "From: \"Per conto di: bruno@pec.example\" <posta-certificata@pec.example>\r\n\
    Subject: POSTA CERTIFICATA: =?UTF-8?Q?Perch=C3=A9_no=3F?=\r\n\
    MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
    --b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n\
    SWwgZ2lvcm5vIGRlbGxhIENpdHTDoCBkaSBGb2xpZ25v\r\n\
    --b\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment; filename=postacert.eml\r\n\r\n\
    Subject: Dentro\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n\
    --c\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nfattura numero 1234/20=\r\n24 in alle=\r\ngato\r\n\
    --c\r\nContent-Type: text/html\r\n\r\n<b>Gen</b>naio &egrave; lontano\r\n\
    --c\r\nContent-Type: application/pdf; name=\"Determina n.7.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n\
    SGlkZGVu\r\n--c--\r\n--b--\r\n";

async fn append(session: &Session, folder: &str, letters: &[&str]) {
    let mut all = Vec::new();
    for (seconds, letter) in (0..).zip(letters) {
        let message = message(Pieces::own((*letter).to_owned()));
        let folder = session.id(folder).await;
        let at = at(seconds);
        all.push(Append { folder, message, flags: Flags::default(), reader: Reader::Owner, at, saved: at, own: false });
    }
    session.store.append(all).await.unwrap();
}

fn text(text: &str) -> TextKey {
    TextKey::Text(text.into())
}

fn body(text: &str) -> TextKey {
    TextKey::Body(text.into())
}

fn field(name: &str, value: &str) -> TextKey {
    TextKey::Header { name: name.into(), value: value.into() }
}

async fn found(session: &Session, folder: &str, keys: &[TextKey]) -> Vec<Vec<u32>> {
    let folder = session.id(folder).await;
    let matches = session.store.matches(folder, &UidSet::all(), keys).await.unwrap();
    (0..keys.len()).map(|key| matches.uids(key).iter().collect()).collect()
}

pub(crate) async fn texts_are_found_octet_for_octet_in_any_encoding(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = Session::of(&store, ANNA).await;
    append(&anna, "INBOX", &[ENVELOPE, "Subject: altro\r\nX-Vuoto:\r\n\r\nniente\r\n", "Subject: è\r\n\r\nab"]).await;
    let keys = [
        body("della città"),
        body("1234/2024 IN ALLEGATO"),
        body("subject: dentro"),
        body("<b>gen</b>"),
        body("gennaio"),
        body("hidden"),
        text("perché no?"),
        body("perché"),
        field("subject", "perché"),
        field("Subject", "é"),
        field("X-Vuoto", ""),
        field("X-Vuoto", "x"),
        text("ab"),
        body(""),
        text("AL"),
        body("lontano\r\n--c"),
    ];
    let expected: [&[u32]; 16] =
        [&[1], &[1], &[1], &[1], &[], &[], &[1], &[], &[1], &[1], &[2], &[], &[3], &[1, 2, 3], &[1, 2], &[]];
    // Whatever the index knows by now, and when it knows everything.
    assert_eq!(found(&anna, "INBOX", &keys).await, expected);
    store.indexed().await.unwrap();
    assert_eq!(found(&anna, "INBOX", &keys).await, expected);
    let few = store.matches(anna.id("INBOX").await, &set(&[2, 3]), &keys[12..14]).await.unwrap();
    assert!(few.holds(0, 3) && few.holds(1, 2) && !few.holds(0, 1) && !few.holds(1, 1));
}

pub(crate) async fn texts_are_found_by_what_they_say_in_their_charset(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = Session::of(&store, ANNA).await;
    let letter = |charset: &str, text: &str| {
        format!(
            "Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{text}\r\n"
        )
    };
    let letters = [
        letter("iso-8859-1", "la citt=E0 =C3=A8 qui"),
        letter("\"ISO-8859-15\"", "costa 5 =A4"),
        letter("iso-8859-2", "=A3=F3d=BC"),
        letter("us-ascii", "perch=C3=A9"),
        letter("utf-8", "perch=C3=A9 =C3=A8"),
    ];
    append(&anna, "INBOX", &letters.each_ref().map(String::as_str)).await;
    let keys = [body("città Ã¨"), body("5 €"), body("łódź"), body("perché"), body("è")];
    let expected: [&[u32]; 5] = [&[1], &[2], &[3], &[4, 5], &[5]];
    assert_eq!(found(&anna, "INBOX", &keys).await, expected);
    store.indexed().await.unwrap();
    assert_eq!(found(&anna, "INBOX", &keys).await, expected);
    for (words, hits) in [("citta", 1), ("perche", 2)] {
        assert_eq!(store.words(anna.mailbox, words, None, 9).await.unwrap().len(), hits, "{words}");
    }
}

pub(crate) async fn a_search_shows_nothing_of_another_mailbox_or_folder(engine: &dyn Engine) {
    let store = store(engine).await;
    let (anna, bruno) = (Session::of(&store, ANNA).await, Session::of(&store, BRUNO).await);
    append(&anna, "INBOX", &[ENVELOPE, "Subject: x\r\n\r\nsegreto di anna"]).await;
    append(&bruno, "INBOX", &[ENVELOPE]).await;
    append(&bruno, "Bozze", &["Subject: y\r\n\r\nsegreto di bruno"]).await;
    store.indexed().await.unwrap();
    let keys = [body("segreto"), body("fattura")];
    assert_eq!(found(&anna, "INBOX", &keys).await, [vec![2], vec![1]]);
    assert_eq!(found(&bruno, "INBOX", &keys).await, [vec![], vec![1]]);
    assert_eq!(found(&bruno, "Bozze", &keys).await, [vec![1], vec![]]);
    let words = |session: &Session, words: &'static str| {
        let (store, mailbox) = (store.clone(), session.mailbox);
        async move { store.words(mailbox, words, None, 10).await.unwrap().len() }
    };
    assert_eq!((words(&anna, "segreto bruno").await, words(&bruno, "segreto bruno").await), (0, 1));
}

pub(crate) async fn what_moves_and_goes_is_found_where_it_is(engine: &dyn Engine) {
    let store = store(engine).await;
    let (anna, bruno) = (Session::of(&store, ANNA).await, Session::of(&store, BRUNO).await);
    append(&anna, "INBOX", &[ENVELOPE, ENVELOPE, ENVELOPE]).await;
    store.indexed().await.unwrap();
    let (inbox, bin) = (anna.id("INBOX").await, anna.id("Cestino").await);
    store.move_to(inbox, &set(&[1]), bin, at(0)).await.unwrap();
    store.copy(inbox, &set(&[2]), bruno.id("INBOX").await, at(0)).await.unwrap();
    store.expunge(inbox, &set(&[2]), &removal()).await.unwrap();
    let keys = [body("fattura"), field("subject", "certificata")];
    for _ in 0..2 {
        assert_eq!(found(&anna, "INBOX", &keys).await, [[3], [3]]);
        assert_eq!(found(&anna, "Cestino", &keys).await, [[1], [1]]);
        assert_eq!(found(&bruno, "INBOX", &keys).await, [[1], [1]]);
        store.indexed().await.unwrap();
    }
    store.expunge(inbox, &set(&[3]), &removal()).await.unwrap();
    store.expunge(bin, &set(&[1]), &removal()).await.unwrap();
    store.indexed().await.unwrap();
    assert_eq!(store.words(anna.mailbox, "fattura", None, 10).await.unwrap(), []);
    assert_eq!(store.words(bruno.mailbox, "fattura", None, 10).await.unwrap().len(), 1);
    let folder = store.create_folder(bruno.mailbox, "Nuova", None).await.unwrap().unwrap();
    store.move_to(bruno.id("INBOX").await, &set(&[1]), folder, at(0)).await.unwrap();
    store.indexed().await.unwrap();
    store.delete_folder(folder, &removal()).await.unwrap();
    store.indexed().await.unwrap();
    assert_eq!(store.words(bruno.mailbox, "fattura", None, 10).await.unwrap(), []);
}

pub(crate) async fn people_find_words_without_regard_to_diacritics(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = Session::of(&store, ANNA).await;
    append(&anna, "INBOX", &["Subject: citta\r\n\r\nprima", ENVELOPE, "Subject: altro\r\n\r\nla CITTÀ"]).await;
    store.indexed().await.unwrap();
    let find = async |words: &str| -> Vec<u32> {
        store.words(anna.mailbox, words, None, 10).await.unwrap().iter().map(|hit| hit.uid).collect()
    };
    assert_eq!(find("citta").await, [3, 2, 1], "newest first");
    assert_eq!(find("CITTÀ").await, [3, 2, 1]);
    assert_eq!(find("Citta\u{300} foligno").await, [2], "words of one message, wherever they are");
    assert_eq!(find("gennaio").await, [2], "as people read HTML");
    assert_eq!(find("determina 7 pdf").await, [2], "names of attachments");
    assert_eq!(find("perche").await, [2]);
    assert_eq!(find("fattu 1234/2024").await, [2], "beginnings of words");
    assert_eq!(find("attura").await, [] as [u32; 0]);
    assert_eq!(find("b font hidden").await, [] as [u32; 0]);
    assert_eq!(find("\"'* --").await, [] as [u32; 0]);
    let first = store.words(anna.mailbox, "citta", None, 2).await.unwrap();
    assert_eq!(first.iter().map(|hit| hit.uid).collect::<Vec<_>>(), [3, 2]);
    let next = store.words(anna.mailbox, "citta", Some(first[1].place()), 2).await.unwrap();
    assert_eq!(next.iter().map(|hit| hit.uid).collect::<Vec<_>>(), [1]);
}

pub(crate) async fn an_index_is_begun_anew_by_order_and_after_a_restart_goes_on(engine: &dyn Engine) {
    let keys = [body("fattura"), text("certificata")];
    {
        let store = store(engine).await;
        let anna = Session::of(&store, ANNA).await;
        append(&anna, "INBOX", &[ENVELOPE; 3]).await;
        store.indexed().await.unwrap();
        store.reindex().await.unwrap();
        assert_eq!(found(&anna, "INBOX", &keys).await, [[1, 2, 3]; 2]);
        store.indexed().await.unwrap();
        let figures = store.figures().await.unwrap().search;
        assert_eq!((figures.waiting, figures.lag, figures.begun, figures.trouble), (0, 0, 1, None));
        assert!(figures.indexed >= 6 && figures.octets > 0);
        // What comes last is perhaps not indexed when it closes.
        append(&anna, "INBOX", &[ENVELOPE]).await;
        store.close().await.unwrap();
        assert_eq!(store.indexed().await.unwrap_err().kind, ErrorKind::Closed);
    }
    let store = engine.open("store").await;
    let anna = Session::of(&store, ANNA).await;
    assert_eq!(found(&anna, "INBOX", &keys).await, [[1, 2, 3, 4]; 2]);
    store.indexed().await.unwrap();
    assert_eq!(found(&anna, "INBOX", &keys).await, [[1, 2, 3, 4]; 2]);
    assert!(store.figures().await.unwrap().search.indexed <= 1, "what was indexed stays so");
}

pub(crate) async fn content_that_many_share_is_found_in_each(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = Session::of(&store, ANNA).await;
    let original = pec::Shared::new(bytes::Bytes::from("una parola rara\r\n".repeat(1_000)));
    let letters = (0..5).map(|number| {
        let mut pieces = Pieces::own(format!("Subject: ricevuta {number}\r\n\r\n"));
        pieces.push_shared(original.clone());
        message(pieces)
    });
    let folder = anna.id("INBOX").await;
    let append = |message| Append {
        folder,
        message,
        flags: Flags::default(),
        reader: Reader::Owner,
        at: at(0),
        saved: at(0),
        own: false,
    };
    store.append(letters.map(append).collect()).await.unwrap();
    store.indexed().await.unwrap();
    let keys = [body("parola rara\r\nuna"), text("ricevuta 3"), body("ricevuta")];
    assert_eq!(found(&anna, "INBOX", &keys).await, [vec![1, 2, 3, 4, 5], vec![4], vec![]]);
}
