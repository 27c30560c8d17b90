//! Against a real name server on loopback; signatures are openssl's.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::Ordering;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pec::Address;

use super::*;
use crate::dns::Proofs;
use crate::tests::dns::Zone;

/// The peer whose address the records below allow.
const FRIEND: [u8; 4] = [192, 0, 2, 1];
const STRANGER: [u8; 4] = [198, 51, 100, 7];

fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let output = harness::output_of(Command::new("openssl").args(arguments), input).unwrap();
    assert!(output.status.success(), "openssl {arguments:?}");
    output.stdout
}

/// A signer's key in a file, and its record.
struct Key {
    folder: tempfile::TempDir,
    record: String,
}

fn key() -> &'static Key {
    static KEY: OnceLock<Key> = OnceLock::new();
    KEY.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let pem = openssl(&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], b"");
        std::fs::write(folder.path().join("key.pem"), &pem).unwrap();
        let public = openssl(&["pkey", "-pubout", "-outform", "DER"], &pem);
        Key { folder, record: format!("v=DKIM1; k=rsa; p={}", STANDARD.encode(public)) }
    })
}

/// The message with a DKIM signature on top, simple/simple (RFC 6376 §3.4).
fn signed(domain: &str, message: &str) -> Bytes {
    signed_with("sha256", domain, message)
}

fn signed_with(hash: &str, domain: &str, message: &str) -> Bytes {
    let (header, body) = message.split_once("\r\n\r\n").unwrap();
    let option = format!("-{hash}");
    let digest = STANDARD.encode(openssl(&["dgst", &option, "-binary"], body.as_bytes()));
    let field = format!(
        "DKIM-Signature: v=1; a=rsa-{hash}; c=simple/simple; d={domain}; s=sel; h=From:Subject; bh={digest}; b="
    );
    let of = |name: &str| header.lines().find(|line| line.starts_with(name)).unwrap();
    let covered = format!("{}\r\n{}\r\n{field}", of("From:"), of("Subject:"));
    let key: &Path = &key().folder.path().join("key.pem");
    let signature = openssl(&["dgst", &option, "-sign", key.to_str().unwrap()], covered.as_bytes());
    Bytes::from(format!("{field}{}\r\n{message}", STANDARD.encode(signature)))
}

fn message(from: &str) -> String {
    format!("From: Anna <{from}>\r\nTo: bruno@pec.example\r\nSubject: Prova\r\n\r\nBuongiorno.\r\n")
}

fn zone() -> Zone {
    Zone::default()
        .txt("good.example", "v=spf1 ip4:192.0.2.1 -all")
        .txt("sel._domainkey.good.example", &key().record)
        .txt("_dmarc.good.example", "v=DMARC1; p=reject")
        .txt("soft.example", "v=spf1 mx ~all")
        .mx("soft.example", "mx.soft.example")
        .a("mx.soft.example", FRIEND)
        .txt("_dmarc.soft.example", "v=DMARC1; p=quarantine")
        .txt("wrong.example", "v=spf1 ip4:nonsense -all")
        .a("plain.example", FRIEND)
        .txt("sel._domainkey.other.example", &key().record)
        .txt("helo.good.example", "v=spf1 ip4:192.0.2.1 -all")
        .txt("held.example", "v=spf1 exists:x.silent.example -all")
        .txt("_dmarc.held.example", "v=DMARC1; p=reject")
}

async fn examiner(zone: Zone, bounds: Bounds) -> MailAuthenticator {
    MailAuthenticator::new(&Dns::servers(&[zone.serve().await.0], &Proofs::Ignored).unwrap(), "mx.pec.example", bounds)
}

fn peer(ip: [u8; 4]) -> Peer {
    Peer { ip: ip.into(), helo: "helo.good.example".into() }
}

fn path(address: &str) -> ReversePath {
    ReversePath::Address(Address::parse(address).unwrap())
}

async fn findings(ip: [u8; 4], from: &str, message: impl Into<Bytes>) -> String {
    let examiner = examiner(zone(), Bounds::default()).await;
    let found = examiner.examine(&peer(ip), &path(from), &message.into()).await;
    format!("{found}; {:?}", found.wish)
}

#[tokio::test]
async fn a_message_signed_by_its_author_and_sent_by_an_allowed_host_passes_all_three() {
    let message = signed("good.example", &message("anna@good.example"));
    let found = findings(FRIEND, "anna@good.example", message).await;
    assert_eq!(found, "spf=pass (good.example), dkim=pass (good.example), dmarc=pass (good.example); Reject");
}

#[tokio::test]
async fn a_field_added_above_the_message_leaves_the_signature_whole() {
    let signed = signed("good.example", &message("anna@good.example"));
    let received = [b"Received: from x (x [192.0.2.1])\r\n by mx.pec.example; today\r\n".as_slice(), &signed].concat();
    let found = findings(FRIEND, "anna@good.example", received).await;
    assert!(found.contains("dkim=pass (good.example)"), "{found}");
}

#[tokio::test]
async fn an_altered_body_or_subject_fails() {
    let whole = signed("good.example", &message("anna@good.example"));
    let whole = std::str::from_utf8(&whole).unwrap();
    for altered in [whole.replace("Buongiorno", "Buonanotte"), whole.replace("Prova", "Trova")] {
        assert_ne!(altered, whole);
        let found = findings(STRANGER, "anna@good.example", altered).await;
        assert_eq!(found, "spf=fail (good.example), dkim=fail (good.example), dmarc=fail (good.example); Reject");
    }
}

#[tokio::test]
async fn a_domain_without_records_gives_none() {
    let found = findings(FRIEND, "anna@plain.example", message("anna@plain.example")).await;
    assert_eq!(found, "spf=none (plain.example), dkim=none, dmarc=none (plain.example); None");
}

#[tokio::test]
async fn softfail_and_the_wish_for_quarantine_are_told() {
    let found = findings(STRANGER, "anna@soft.example", message("anna@soft.example")).await;
    assert_eq!(found, "spf=softfail (soft.example), dkim=none, dmarc=fail (soft.example); Quarantine");
    let found = findings(FRIEND, "anna@soft.example", message("anna@soft.example")).await;
    assert_eq!(found, "spf=pass (soft.example), dkim=none, dmarc=pass (soft.example); Quarantine");
}

#[tokio::test]
async fn another_domains_signature_holds_and_does_not_help_dmarc() {
    let message = signed("other.example", &message("anna@soft.example"));
    let found = findings(STRANGER, "bounce@good.example", message).await;
    assert_eq!(found, "spf=fail (good.example), dkim=pass (other.example), dmarc=fail (soft.example); Quarantine");
}

#[tokio::test]
async fn a_record_too_long_for_a_datagram_is_fetched_by_tcp() {
    let record = format!("{}; n={}", key().record, "x".repeat(400));
    let long = zone().txt("sel._domainkey.long.example", &record);
    let examiner = examiner(long, Bounds::default()).await;
    let message = signed("long.example", &message("anna@long.example"));
    let found = examiner.examine(&peer(FRIEND), &path("anna@long.example"), &message).await;
    assert_eq!(found.dkim, (Verdict::Pass, "long.example".into()));
}

#[tokio::test]
async fn a_signature_with_sha1_is_of_no_use() {
    let message = signed_with("sha1", "good.example", &message("anna@good.example"));
    let found = findings(STRANGER, "anna@good.example", message).await;
    assert_eq!(found, "spf=fail (good.example), dkim=permerror, dmarc=fail (good.example); Reject");
}

#[tokio::test]
async fn a_null_path_is_checked_by_the_name_in_ehlo() {
    let examiner = examiner(zone(), Bounds::default()).await;
    let bounce = Bytes::from(message("mailer-daemon@good.example"));
    let found = examiner.examine(&peer(FRIEND), &ReversePath::Null, &bounce).await;
    assert_eq!(found.spf, (Verdict::Pass, "helo.good.example".into()));
    assert_eq!(found.dmarc, (Verdict::Pass, "good.example".into()));
    // An IPv4 address in IPv6 clothes is the same address.
    let mapped = Peer { ip: std::net::Ipv4Addr::from(FRIEND).to_ipv6_mapped().into(), ..peer(FRIEND) };
    assert_eq!(examiner.examine(&mapped, &ReversePath::Null, &bounce).await, found);
}

#[tokio::test]
async fn records_that_make_no_sense_are_permanent_errors_and_a_failing_server_a_temporary_one() {
    let found = findings(FRIEND, "anna@wrong.example", message("anna@wrong.example")).await;
    assert!(found.starts_with("spf=permerror (wrong.example), dkim=none"), "{found}");
    let message = signed("broken.example", &message("anna@broken.example"));
    let found = findings(FRIEND, "anna@broken.example", message).await;
    assert_eq!(
        found,
        "spf=temperror (broken.example), dkim=temperror (broken.example), dmarc=temperror (broken.example); None"
    );
}

#[tokio::test]
async fn a_silent_dns_is_a_temporary_error_within_the_time_allowed() {
    let bounds = Bounds { time: Duration::from_millis(300), ..Bounds::default() };
    let examiner = examiner(zone(), bounds).await;
    let message = signed("silent.example", &message("anna@silent.example"));
    let (peer, path) = (peer(FRIEND), path("anna@silent.example"));
    let asked = tokio::time::timeout(Duration::from_secs(60), examiner.examine(&peer, &path, &message));
    let found = asked.await.expect("the bound holds");
    assert_eq!(found.spf, (Verdict::TempError, "silent.example".into()));
    assert_eq!((found.dkim.0, found.dmarc.0, found.wish), (Verdict::TempError, Verdict::TempError, Wish::None));
}

#[tokio::test]
async fn where_a_silent_server_left_one_method_open_the_others_still_answer() {
    let bounds = Bounds { time: Duration::from_secs(3), ..Bounds::default() };
    let examiner = examiner(zone(), bounds).await;
    let message = Bytes::from(message("anna@held.example"));
    let found = examiner.examine(&peer(FRIEND), &path("anna@held.example"), &message).await;
    assert_eq!(found.to_string(), "spf=temperror (held.example), dkim=none, dmarc=temperror (held.example)");
    let found = examiner.examine(&peer(FRIEND), &path("anna@good.example"), &message).await;
    assert_eq!(found.to_string(), "spf=pass (good.example), dkim=none, dmarc=fail (held.example)");
    assert_eq!(found.wish, Wish::Reject);
}

#[tokio::test]
async fn what_was_heard_is_not_asked_again_and_what_is_asked_is_bounded() {
    let (server, asked) = zone().serve().await;
    let dns = Dns::servers(&[server], &Proofs::Ignored).unwrap();
    let examiner = MailAuthenticator::new(&dns, "mx.pec.example", Bounds::default());
    let message = signed("good.example", &message("anna@good.example"));
    let first = examiner.examine(&peer(FRIEND), &path("anna@good.example"), &message).await;
    let questions = asked.load(Ordering::Relaxed);
    assert!(questions > 0);
    assert_eq!(examiner.examine(&peer(FRIEND), &path("anna@good.example"), &message).await, first);
    // The server gives no SOA, so that "no such name" is not kept; what was found is.
    assert!(asked.load(Ordering::Relaxed) - questions <= 1, "{questions} questions, then {asked:?}");

    let narrow = MailAuthenticator::new(&dns, "mx.pec.example", Bounds { lookups: 0, ..Bounds::default() });
    let before = asked.load(Ordering::Relaxed);
    let found = narrow.examine(&peer(FRIEND), &path("anna@good.example"), &message).await;
    assert_eq!(asked.load(Ordering::Relaxed), before);
    assert_eq!(
        (found.spf.0, found.dkim.0, found.dmarc.0),
        (Verdict::PermError, Verdict::PermError, Verdict::PermError)
    );
}

#[tokio::test]
async fn a_thousand_signatures_cost_no_more_than_the_bound() {
    let (server, asked) = zone().serve().await;
    let examiner = MailAuthenticator::new(
        &Dns::servers(&[server], &Proofs::Ignored).unwrap(),
        "mx.pec.example",
        Bounds::default(),
    );
    let body = message("anna@plain.example");
    let real = signed("other.example", &body);
    let field = std::str::from_utf8(&real).unwrap().lines().next().unwrap();
    let many: String = (0..1000).map(|n| field.replace("s=sel", &format!("s=sel{n}")) + "\r\n").collect();
    let found = examiner.examine(&peer(FRIEND), &path("anna@plain.example"), &Bytes::from(many + &body)).await;
    assert_eq!(found.dkim, (Verdict::PermError, "other.example".into()));
    assert!(asked.load(Ordering::Relaxed) <= Bounds::default().lookups, "{asked:?}");

    let names = vec!["a"; 5000].join(":");
    let long = field.replace("h=From", &format!("h={names}:From"));
    let found = examiner.examine(&peer(FRIEND), &path("anna@plain.example"), &Bytes::from(long + "\r\n" + &body)).await;
    assert_eq!(found.dkim.0, Verdict::PermError);
}

#[tokio::test]
async fn the_best_of_several_signatures_is_told() {
    let body = message("anna@good.example");
    let good = signed("good.example", &body);
    let (field, _) = std::str::from_utf8(&good).unwrap().split_once("\r\n").unwrap();
    let absent = field.replace("d=good.example", "d=absent.example");
    let expired = field.replace("s=sel;", "s=sel; t=1000000000; x=1000000001;");
    let stack = format!("{absent}\r\n{expired}\r\n{field}\r\n{body}");
    let found = findings(FRIEND, "anna@good.example", stack).await;
    assert!(found.contains("dkim=pass (good.example)"), "{found}");
    let found = findings(FRIEND, "anna@good.example", format!("{absent}\r\n{expired}\r\n{body}")).await;
    assert!(found.contains("dkim=neutral (good.example)"), "{found}");
}

#[tokio::test]
async fn damaged_eight_bit_and_giant_messages_are_examined_as_far_as_they_go() {
    let examiner = examiner(zone(), Bounds::default()).await;
    let good = signed("good.example", &message("anna@good.example"));
    let giant = [good.as_ref(), &vec![b'x'; 40 << 20]].concat();
    let eight = String::from_utf8(good.to_vec()).unwrap().replace("Prova", "PerchÃ©").into_bytes();
    let mut samples = vec![
        Vec::new(),
        b"\r\n\r\n".to_vec(),
        b"no header at all".to_vec(),
        vec![0xff; 3000],
        b"From: a@x.example\r\nFrom: b@y.example\r\n\r\n".to_vec(),
        "From: àè@ù.example\r\nDKIM-Signature: v=1; a=;;;=\r\n\r\n".as_bytes().to_vec(),
        giant,
        eight,
    ];
    // Each octet of a signed message in turn, replaced.
    samples.extend((0..good.len()).step_by(7).map(|at| {
        let mut damaged = good.to_vec();
        damaged[at] = 0xe8;
        damaged
    }));
    for sample in samples {
        let found = examiner.examine(&peer(FRIEND), &path("anna@good.example"), &Bytes::from(sample)).await;
        assert_eq!(found.spf, (Verdict::Pass, "good.example".into()), "a fault of the program would say temperror");
        assert!(found.to_string().chars().all(|c| !c.is_control()));
    }
}

#[tokio::test]
async fn foreign_names_are_shown_on_one_line() {
    let examiner = examiner(zone(), Bounds::default()).await;
    let helo = Peer { ip: FRIEND.into(), helo: "a b\r\n(c)".into() };
    let found = examiner.examine(&helo, &ReversePath::Null, &Bytes::from(message("anna@plain.example"))).await;
    assert_eq!(found.spf, (Verdict::None, "a?b???c?".into()));
}

#[test]
fn a_hash_that_nobody_waits_for_any_more_keeps_its_place_until_it_ends() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let examiner = examiner(zone(), Bounds::default()).await;
        let inner = examiner.0.clone();
        let places = inner.hashing.available_permits();
        // The one thread for such work is busy until the gate opens.
        let (open, gate) = std::sync::mpsc::channel::<()>();
        let busy = tokio::task::spawn_blocking(move || gate.recv());
        let given_up = tokio::time::timeout(Duration::from_millis(1), inner.hash(Bytes::from(message("a@b.example"))));
        assert!(given_up.await.is_err());
        assert_eq!(inner.hashing.available_permits(), places - 1);
        open.send(()).unwrap();
        busy.await.unwrap().unwrap();
        let all = timeout_at(Instant::now() + Duration::from_secs(10), inner.hashing.acquire_many(places as u32));
        assert!(all.await.unwrap().is_ok());
    });
}
