use super::*;
use crate::testing::*;

fn sealed(original: &[u8]) -> (Draft, Pieces) {
    let draft = draft(original);
    let message = seal(&draft, &network().signer).unwrap();
    (draft, message)
}

/// [R-2.1-a]
#[test]
fn openssl_accepts_our_messages_and_finds_the_entity_we_signed() {
    let directory = directory();
    let (draft, message) = sealed(ORIGINAL);
    std::fs::write(directory.path().join("message.eml"), message.to_bytes()).unwrap();
    let at = NOW.to_string();
    for judge in ["cms", "smime"] {
        let arguments =
            [judge, "-verify", "-in", "message.eml", "-CAfile", "root.pem", "-attime", &at, "-out", "content"];
        openssl_ok(directory.path(), &arguments);
        let content = std::fs::read(directory.path().join("content")).unwrap();
        assert_eq!(content, draft.entity.to_bytes(), "{judge}");
    }
}

#[test]
fn openssl_refuses_our_message_when_one_octet_of_the_original_is_changed() {
    let directory = directory();
    let (_, message) = sealed(ORIGINAL);
    let changed = String::from_utf8(message.to_bytes().to_vec()).unwrap().replace("Dear all", "Dear ALL");
    std::fs::write(directory.path().join("message.eml"), changed).unwrap();
    let arguments = ["cms", "-verify", "-in", "message.eml", "-CAfile", "root.pem", "-attime", "1780000000"];
    assert!(!openssl(directory.path(), &arguments).status.success());
}

#[test]
fn the_message_has_the_shape_that_every_client_has_met() {
    let (draft, message) = sealed(ORIGINAL);
    let text = String::from_utf8(message.to_bytes().to_vec()).unwrap();
    let header = std::str::from_utf8(&draft.header).unwrap();
    let expected = format!(
        "{header}MIME-Version: 1.0\r\nContent-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n\
         \tmicalg=sha-256; boundary=\"----"
    );
    assert!(text.starts_with(&expected), "{text}");
    assert!(text.contains("\"\r\n\r\nThis is an S/MIME signed message\r\n\r\n------"));
    assert!(!text.contains("8bit"));
    assert!(text.ends_with("--\r\n"));
    assert!(text.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])), "[R-I-sig-4]");
}

#[test]
fn pieces_go_into_the_message_unflattened() {
    let (draft, message) = sealed(ORIGINAL);
    let shared = |pieces: &Pieces| {
        pieces
            .iter()
            .filter_map(|piece| match piece {
                pec::Piece::Shared(shared) => Some(shared.bytes().as_ptr()),
                pec::Piece::Own(_) | pec::Piece::Tail(_) => None,
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(shared(&message), shared(&draft.entity));
    assert_eq!(shared(&message).len(), 1);
}

#[test]
fn the_boundary_is_the_same_each_time_and_never_inside() {
    let boundary_of = |draft: &Draft| boundary(&draft.into(), &digest::digest(&SHA256, &draft.entity.to_bytes()));
    let one = draft(ORIGINAL);
    let first = boundary_of(&one);
    assert_eq!(first, boundary_of(&one));
    // A sealed message as the original of another: the boundaries differ.
    let (_, inner) = sealed(ORIGINAL);
    let outer = draft(&inner.to_bytes());
    assert!(!String::from_utf8_lossy(&outer.entity.to_bytes()).contains(&boundary_of(&outer)));
    // Same entity, another message: another boundary.
    let mut other = draft(ORIGINAL);
    other.message_id = "other@pec.example.it".into();
    assert_ne!(first, boundary_of(&other));
}

#[test]
fn octets_above_127_are_announced_and_verified() {
    let directory = directory();
    let (_, message) = sealed("Subject: x\r\n\r\nperché\r\n".as_bytes());
    let bytes = message.to_bytes();
    assert!(String::from_utf8_lossy(&bytes).contains("\r\nContent-Transfer-Encoding: 8bit\r\n\r\nThis is"));
    std::fs::write(directory.path().join("message.eml"), bytes).unwrap();
    openssl_ok(
        directory.path(),
        &["cms", "-verify", "-in", "message.eml", "-CAfile", "root.pem", "-attime", "1780000000"],
    );
}

#[test]
fn lone_line_ends_in_an_original_are_signed_as_they_are() {
    let directory = directory();
    let (draft, message) = sealed(b"Subject: x\n\nlone\rends\n");
    let bytes = message.to_bytes();
    let opened = crate::open(&bytes).unwrap();
    assert_eq!(bytes.slice(opened.entity), draft.entity.to_bytes());
    // To OpenSSL as bytes: reading a whole message, it brings line ends to canonical form.
    std::fs::write(directory.path().join("entity"), draft.entity.to_bytes()).unwrap();
    std::fs::write(directory.path().join("smime.p7s"), crate::multipart::split(&bytes).unwrap().signature).unwrap();
    let arguments = "cms -verify -binary -inform DER -in smime.p7s -content entity -CAfile root.pem -attime 1780000000";
    openssl_ok(directory.path(), &arguments.split(' ').collect::<Vec<_>>());
}

#[test]
fn the_signature_is_der_with_the_attributes_and_certificates_the_norm_asks_for() {
    let directory = directory();
    let (_, message) = sealed(ORIGINAL);
    std::fs::write(directory.path().join("message.eml"), message.to_bytes()).unwrap();
    openssl_ok(directory.path(), &["smime", "-pk7out", "-in", "message.eml", "-out", "signature.pem"]);
    let shown = openssl_ok(directory.path(), &["cms", "-cmsout", "-print", "-inform", "PEM", "-in", "signature.pem"]);
    let shown = String::from_utf8(shown).unwrap();
    for expected in ["contentType", "signingTime", "messageDigest", "issuerAndSerialNumber", "May 28 20:26:40 2026 GMT"]
    {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
    // Signer and issuer, no root [R-2.1-b].
    assert_eq!(shown.matches("d.certificate").count(), 2, "{shown}");
}
