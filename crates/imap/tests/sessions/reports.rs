//! Dialogues of mail programs that other servers failed, with the programs' own commands, where no other test has them. The
//! numbers are those of our list of such reports; what belongs to one command stands in that command's tests.

use holder::Rights;
use imap::Offer;
use pec::Address;
use store::{MailboxChange, Principals};

use crate::bench::{ANNA, Bench, LETTER, PASSWORD};

/// 6: iOS waits for ever where a server compresses and holds back the end of an answer.
#[tokio::test]
async fn compression_is_not_offered_unasked() {
    let bench = Bench::new().await;
    let mut client = bench.login().await;
    assert!(!client.ok("CAPABILITY").await[0].contains("COMPRESS"));
    client.refused("COMPRESS DEFLATE", "NO [CANNOT]").await;
    client.ok("NOOP").await;
}

/// 7: a program that enables what it then misuses goes another way where that is not offered.
#[tokio::test]
async fn what_is_switched_off_is_neither_offered_nor_enabled() {
    let mut bench = Bench::new().await;
    bench.offer = Offer::new("CONDSTORE,UTF8=ACCEPT".parse().unwrap(), false);
    bench.deliver(&[LETTER]).await;
    let mut client = bench.login().await;
    let offered = client.ok("CAPABILITY").await[0].clone();
    for name in ["CONDSTORE", "QRESYNC", "UTF8=ACCEPT"] {
        assert!(!offered.contains(&format!(" {name}")), "{offered}");
    }
    assert!(offered.contains(" IMAP4rev2 ") && offered.contains(" MOVE "), "{offered}");
    assert_eq!(client.ok("ENABLE CONDSTORE QRESYNC UTF8=ACCEPT IMAP4rev2").await, ["* ENABLED IMAP4rev2"]);
    client.refused("SELECT INBOX (QRESYNC (1 1))", "BAD").await;
    client.ok("SELECT INBOX").await;
    assert_eq!(client.ok("STORE 1 +FLAGS (\\Seen)").await, ["* 1 FETCH (UID 1 FLAGS (\\Seen))"]);
}

/// 7: the same for one account, where its program misuses something.
#[tokio::test]
async fn an_account_is_offered_less_than_the_door_has() {
    let bench = Bench::new().await;
    let bruno = "bruno@pec.example";
    bench.house.mailbox(bruno, "suo").await;
    let anna = Address::parse(ANNA).unwrap();
    let without = |names: &str| MailboxChange { without: Some(names.parse().unwrap()), ..MailboxChange::default() };
    bench.house.store.change_mailbox(&anna, without("CONDSTORE,MOVE")).await.unwrap();
    let mut client = bench.connect().await;
    assert!(
        client.ok("CAPABILITY").await[0].contains(" IMAP4rev2 "),
        "who has not said who he is, is offered the usual"
    );
    let welcome = client.ask(&format!("LOGIN {ANNA} \"{PASSWORD}\"")).await;
    let offered = client.ok("CAPABILITY").await[0].clone();
    for told in [&welcome, &offered] {
        for name in ["CONDSTORE", "QRESYNC", "MOVE", "IMAP4rev2"] {
            assert!(!told.contains(&format!(" {name} ")), "{told}");
        }
        assert!(told.contains(" UIDPLUS "), "{told}");
    }
    assert_eq!(client.ok("ENABLE CONDSTORE QRESYNC IMAP4rev2 UTF8=ACCEPT").await, ["* ENABLED UTF8=ACCEPT"]);
    // Others are offered all. Who reaches both by his own name is offered what neither is without.
    let mut other = bench.connect().await;
    assert!(other.ask(&format!("LOGIN {bruno} suo")).await.contains(" MOVE "));
    bench.house.store.create_user("mario", "Mario", Some("suo")).await.unwrap();
    for mailbox in [bruno, ANNA] {
        let read = Rights { read: true, ..Rights::default() };
        bench.house.store.grant("mario", &Address::parse(mailbox).unwrap(), read).await.unwrap();
        let mut user = bench.connect().await;
        let welcome = user.ask("LOGIN mario suo").await;
        assert_eq!(welcome.contains(" MOVE "), mailbox == bruno, "{welcome}");
    }
    // From the next login on.
    bench.house.store.change_mailbox(&anna, without("none")).await.unwrap();
    assert!(!client.ok("CAPABILITY").await[0].contains(" MOVE "));
    assert!(bench.login().await.ok("CAPABILITY").await[0].contains(" MOVE "));
}

/// 8: programs of Gmail and iOS show a picture as text where BODYSTRUCTURE lacks what stands behind the sizes.
#[tokio::test]
async fn a_picture_is_known_by_its_disposition() {
    let bench = Bench::new().await;
    let message = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"a b\"\r\n\r\n--a b\r\n\
        Content-Type: image/png; name=\"logo.png\"\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <1@x>\r\n\
        Content-Disposition: inline; filename=\"logo.png\"\r\n\r\nAAAA\r\n--a b--\r\n";
    bench.deliver(&[message]).await;
    let mut client = bench.at_inbox().await;
    let lines = client.ok("UID FETCH 1 (UID BODYSTRUCTURE)").await;
    let part = "(\"image\" \"png\" (\"name\" \"logo.png\") \"<1@x>\" NIL \"base64\" 4 NIL \
        (\"inline\" (\"filename\" \"logo.png\")) NIL NIL)";
    assert_eq!(
        lines,
        [format!("* 1 FETCH (UID 1 BODYSTRUCTURE ({part} \"mixed\" (\"boundary\" \"a b\") NIL NIL NIL))")]
    );
}

/// 10: iOS asks for all by what has changed since 0.
#[tokio::test]
async fn all_has_changed_since_nothing() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER, LETTER]).await;
    let mut client = bench.login().await;
    client.ok("SELECT INBOX (CONDSTORE)").await;
    assert_eq!(client.ok("UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE 0)").await.len(), 2);
    assert!(client.ok("UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE 99999999999)").await.is_empty());
}

/// 17: a program that keeps UIDs deletes by them; none means another message later.
#[tokio::test]
async fn no_uid_means_another_message_later() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER, LETTER, LETTER]).await;
    let mut client = bench.at_inbox().await;
    client.ok("UID STORE 3 +FLAGS.SILENT (\\Deleted)").await;
    client.ok("EXPUNGE").await;
    let answer = client.append("INBOX", LETTER).await;
    assert!(answer.contains(" 4] "), "{answer}");
    client.ok("UID MOVE 4 Cestino").await;
    client.ok("LOGOUT").await;
    let mut client = bench.login().await;
    let lines = client.ok("SELECT INBOX").await;
    assert!(lines.contains(&"* OK [UIDNEXT 5] the next UID".to_owned()), "{lines:?}");
    assert!(client.ok("UID FETCH 3:4 (UID)").await.is_empty());
    client.ok("UID STORE 3 +FLAGS (\\Deleted)").await;
    assert!(client.ok("UID EXPUNGE 3").await.is_empty());
    assert_eq!(client.ok("UID SEARCH ALL").await, ["* SEARCH 1 2"]);
}

/// 21: Thunderbird saves a draft anew each minute, and between them says NOOP: it is told of messages, and of no STATUS.
#[tokio::test]
async fn nothing_but_messages_is_told_between_drafts() {
    let bench = Bench::new().await;
    let (mut client, mut other) = (bench.login().await, bench.login().await);
    client.ok("SELECT Bozze").await;
    client.ok(&format!("APPEND Bozze (\\Draft) {{{}+}}\r\n{LETTER}", LETTER.len())).await;
    client.ok("UID STORE 1 +FLAGS (\\Deleted)").await;
    client.ok("UID EXPUNGE 1").await;
    other.append("Bozze", LETTER).await;
    other.append("Inviata", LETTER).await;
    other.ok("CREATE Nuova").await;
    assert_eq!(client.ok("NOOP").await, ["* 1 EXISTS", "* 1 RECENT"]);
    assert!(client.ok("NOOP").await.is_empty());
}

/// 23: Thunderbird moves to a subscribed folder, which exists.
#[tokio::test]
async fn messages_are_moved_to_what_was_listed_as_subscribed() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER]).await;
    let mut client = bench.login().await;
    client.ok("CREATE Pratiche/2026").await;
    client.ok("SUBSCRIBE Pratiche/2026").await;
    let listed = client.ok("LIST (SUBSCRIBED) \"\" \"*\" RETURN (SPECIAL-USE)").await;
    assert!(listed.contains(&"* LIST (\\HasNoChildren \\Subscribed) \"/\" \"Pratiche/2026\"".to_owned()), "{listed:?}");
    assert!(!listed.iter().any(|line| line.contains("\\NonExistent")), "{listed:?}");
    client.ok("SELECT INBOX").await;
    let lines = client.all("UID MOVE 1 \"Pratiche/2026\"").await;
    assert!(lines[0].starts_with("* OK [COPYUID "), "{lines:?}");
}

/// 25: a copy that is there already is made once more, not refused: a program that hears NO tries for ever.
#[tokio::test]
async fn a_message_is_copied_as_often_as_asked() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER]).await;
    let mut client = bench.at_inbox().await;
    for uid in 1..=3 {
        let answer = client.ask("UID COPY 1 Cestino").await;
        assert!(answer.starts_with("OK [COPYUID ") && answer.ends_with(&format!(" 1 {uid}] copied")), "{answer}");
    }
    let answer = client.all("UID MOVE 1 Cestino").await;
    assert!(answer[0].contains(" 1 4] "), "{answer:?}");
}

/// 26: `UID FETCH N:*` from the next UID on finds what was moved in by another program, at once.
#[tokio::test]
async fn what_was_moved_in_is_found_from_the_next_uid_on() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER, LETTER]).await;
    let (mut client, mut other) = (bench.login().await, bench.at_inbox().await);
    let lines = client.ok("SELECT Cestino").await;
    assert!(lines.contains(&"* OK [UIDNEXT 1] the next UID".to_owned()));
    other.ok("UID MOVE 1:2 Cestino").await;
    let lines = client.ok("UID FETCH 1:* (UID FLAGS)").await;
    assert_eq!(lines[..2], ["* 2 EXISTS", "* 2 RECENT"]);
    assert_eq!(lines.len(), 4);
}

/// 33: mutt shows nothing of a mailbox whose UIDVALIDITY has more than 32 bits, and each folder has its own.
#[tokio::test]
async fn uidvalidity_fits_and_is_never_given_twice() {
    let bench = Bench::new().await;
    let mut client = bench.login().await;
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..3 {
        client.ok("CREATE x").await;
        let lines = client.ok("STATUS x (UIDVALIDITY)").await;
        let digits = lines[0].trim_start_matches("* STATUS \"x\" (UIDVALIDITY ").trim_end_matches(')');
        let validity: u32 = digits.parse().unwrap();
        assert!(validity > 0 && seen.insert(validity), "{validity}");
        client.ok("DELETE x").await;
    }
}
