//! Signed files: opaque, as the providers' index (RFC 6109 §4.5), and detached, as the heads that seal evidence.

use aws_lc_rs::digest;

use crate::key::{Certificate, KeyError, Signer};
use crate::open_error::{OpenError, broken};
use crate::signed_data::{self, SignedData};
use crate::verify::Opened;

/// The content of an opaque SignedData and who signed it.
#[derive(Clone, Debug)]
pub struct OpenedFile {
    /// What was signed.
    pub content: Vec<u8>,
    /// Who signed.
    pub signer: Certificate,
    /// The other certificates in the file.
    pub others: Vec<Certificate>,
    /// signingTime, seconds since 1970.
    pub signing_time: Option<i64>,
}

/// Signs `content`: DER SignedData with the content inside [R-4.5-c] [R-4.5.6-a].
pub fn seal_file(content: &[u8], signing_time: i64, signer: &dyn Signer) -> Result<Vec<u8>, KeyError> {
    let sha256 = digest::digest(&digest::SHA256, content);
    signed_data::sign(sha256.as_ref(), Some(content), signing_time, signer)
}

/// What stands before and behind a content of `length` octets with this SHA-256 in such a file: a content that nobody holds
/// is copied between the two.
pub fn seal_around(
    sha256: &[u8; 32],
    length: u64,
    signing_time: i64,
    signer: &dyn Signer,
) -> Result<(Vec<u8>, Vec<u8>), KeyError> {
    signed_data::sign_around(sha256, length, signing_time, signer)
}

/// Opens and verifies such a file (DER or BER).
pub fn open_file(file: &[u8]) -> Result<OpenedFile, OpenError> {
    let mut signed_data = SignedData::parse(file)?;
    let Some(content) = signed_data.content.take() else {
        return Err(broken("the file holds a signature without its content"));
    };
    let verified = signed_data.verify(&content, false)?;
    Ok(OpenedFile {
        content: content.into_owned(),
        signer: verified.signer,
        others: verified.others,
        signing_time: verified.signing_time,
    })
}

/// Signs `content`, which stays beside: DER SignedData without it.
pub fn seal_detached(content: &[u8], signing_time: i64, signer: &dyn Signer) -> Result<Vec<u8>, KeyError> {
    let sha256 = digest::digest(&digest::SHA256, content);
    signed_data::sign(sha256.as_ref(), None, signing_time, signer)
}

/// Verifies such a signature (DER or BER) over exactly these octets.
pub fn open_detached(signature: &[u8], content: &[u8]) -> Result<Opened, OpenError> {
    let signed_data = SignedData::parse(signature)?;
    if signed_data.content.is_some() {
        return Err(broken("the signature carries a content of its own"));
    }
    let verified = signed_data.verify(content, false)?;
    Ok(Opened {
        entity: 0..content.len(),
        signer: verified.signer,
        others: verified.others,
        signing_time: verified.signing_time,
        digest: verified.digest,
        sha256: verified.sha256,
        quirks: verified.quirks,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;

    const CONTENT: &[u8] = b"dn: o=postacert\nobjectclass: top\n\n";

    #[test]
    fn openssl_accepts_our_files_and_finds_the_content() {
        let directory = directory();
        let file = seal_file(CONTENT, NOW, &network().signer).unwrap();
        std::fs::write(directory.path().join("index.p7m"), &file).unwrap();
        let arguments = "cms -verify -inform DER -binary -in index.p7m -CAfile root.pem -attime 1780000000";
        assert_eq!(openssl_ok(directory.path(), &arguments.split(' ').collect::<Vec<_>>()), CONTENT);
        let opened = open_file(&file).unwrap();
        assert_eq!(opened.content, CONTENT);
        assert_eq!(&opened.signer, network().signer.certificate());
        assert_eq!(opened.others, [network().authority.clone()]);
        assert_eq!(opened.signing_time, Some(NOW));
    }

    #[test]
    fn what_stands_around_a_content_makes_the_same_file() {
        for length in [0, 1, 100, 127, 128, 255, 256, 70_000] {
            let content = vec![b'x'; length];
            let sha256 = digest::digest(&digest::SHA256, &content).as_ref().try_into().unwrap();
            let (head, tail) = seal_around(&sha256, length as u64, NOW, &network().signer).unwrap();
            let file = [head, content.clone(), tail].concat();
            assert_eq!(file, seal_file(&content, NOW, &network().signer).unwrap(), "{length}");
            assert_eq!(open_file(&file).unwrap().content, content);
        }
    }

    #[test]
    fn files_of_openssl_open_in_der_and_in_ber() {
        let directory = directory();
        // Large enough for several pieces of an indefinite string.
        let content = CONTENT.repeat(2000);
        std::fs::write(directory.path().join("index.ldif"), &content).unwrap();
        for form in ["", " -stream", " -noattr", " -md sha1", " -keyid"] {
            let arguments = format!(
                "cms -sign -nodetach -binary -outform DER -in index.ldif -signer leaf.pem -inkey key.pem{form}"
            );
            let file = openssl_ok(directory.path(), &arguments.split(' ').collect::<Vec<_>>());
            assert_eq!(file[1] == 0x80, form == " -stream");
            let opened = open_file(&file).unwrap_or_else(|e| panic!("{form}: {e}"));
            assert!(opened.content == content, "{form}");
        }
    }

    #[test]
    fn openssl_accepts_our_detached_signatures_and_we_take_its() {
        let directory = directory();
        let signature = seal_detached(CONTENT, NOW, &network().signer).unwrap();
        std::fs::write(directory.path().join("head.p7s"), &signature).unwrap();
        std::fs::write(directory.path().join("head.txt"), CONTENT).unwrap();
        let arguments =
            "cms -verify -inform DER -binary -in head.p7s -content head.txt -CAfile root.pem -attime 1780000000";
        assert_eq!(openssl_ok(directory.path(), &arguments.split(' ').collect::<Vec<_>>()), CONTENT);
        let opened = open_detached(&signature, CONTENT).unwrap();
        assert_eq!((&opened.signer, opened.signing_time), (network().signer.certificate(), Some(NOW)));
        for at in 0..CONTENT.len() {
            let mut changed = CONTENT.to_vec();
            changed[at] ^= 1;
            assert_eq!(open_detached(&signature, &changed).unwrap_err(), OpenError::Digest, "{at}");
        }
        let arguments = "cms -sign -binary -outform DER -in head.txt -signer leaf.pem -inkey key.pem";
        let theirs = openssl_ok(directory.path(), &arguments.split(' ').collect::<Vec<_>>());
        assert_eq!(&open_detached(&theirs, CONTENT).unwrap().signer, network().signer.certificate());
        let opaque = seal_file(CONTENT, NOW, &network().signer).unwrap();
        assert_eq!(open_detached(&opaque, CONTENT).unwrap_err(), broken("the signature carries a content of its own"));
    }

    #[test]
    fn a_changed_file_or_one_without_content_is_refused() {
        let file = seal_file(CONTENT, NOW, &network().signer).unwrap();
        let at = file.windows(4).position(|window| window == b"post").unwrap();
        let mut changed = file.clone();
        changed[at] ^= 1;
        assert_eq!(open_file(&changed).unwrap_err(), OpenError::Digest);
        for end in 0..file.len() {
            assert!(open_file(&file[..end]).is_err(), "{end}");
        }
        let detached = signed_data::sign(&[0; 32], None, NOW, &network().signer).unwrap();
        assert_eq!(open_file(&detached).unwrap_err(), broken("the file holds a signature without its content"));
    }
}
