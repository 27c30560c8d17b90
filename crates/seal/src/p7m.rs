//! Signed files: opaque, as the providers' index (RFC 6109 §4.5), and detached, as the heads that seal evidence.

use aws_lc_rs::digest;

use crate::key::{Certificate, KeyError, Signer};
use crate::open_error::{OpenError, broken};
use crate::signed_data::{self, SignedData, Signers};
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

/// Most signatures, and certificates, of a file that many signed.
const MOST: usize = 50;

/// A file that anybody signed, with anything from one signer up: what is in it, and how it stands with each signature.
#[derive(Clone, Debug)]
pub struct ExaminedFile {
    /// What was signed, or stands there now.
    pub content: Vec<u8>,
    /// The signatures in the file's order; one at least.
    pub signatures: Vec<FileSignature>,
}

/// One signature on a file.
#[derive(Clone, Debug)]
pub struct FileSignature {
    /// The certificate that the signer means, where it is in the file.
    pub signer: Option<Certificate>,
    /// signingTime, seconds since 1970; what is not signed is not told.
    pub signing_time: Option<i64>,
    /// Whether it fits the content and this certificate. Says nothing about who may sign.
    pub fits: Result<(), OpenError>,
}

/// Opens a file of people (CAdES, RFC 5652; DER or BER), whose signers are many and whose signatures may be void.
///
/// # Errors
/// It is no SignedData, or has no content inside, or more signers than anybody reads.
pub fn examine_file(file: &[u8]) -> Result<ExaminedFile, OpenError> {
    let mut signers = Signers::parse(file)?;
    let Some(content) = signers.content.take() else {
        return Err(broken("the file holds a signature without its content"));
    };
    let one = |found: signed_data::OneOfSeveral| {
        let (signing_time, fits) = match found.verified {
            Ok(verified) => (verified.signing_time, Ok(())),
            Err(why) => (None, Err(why)),
        };
        FileSignature { signer: found.signer, signing_time, fits }
    };
    let signatures = signers.verify(&content, MOST)?.into_iter().map(one).collect();
    Ok(ExaminedFile { content: content.into_owned(), signatures })
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
    fn a_file_of_several_signers_is_examined_signature_by_signature() {
        let directory = directory();
        std::fs::write(directory.path().join("index.ldif"), CONTENT).unwrap();
        // The same key under another certificate.
        let other = leaf("other@pec.example.it", &authority("Other", 0, None, |_| {}), |_| {});
        std::fs::write(directory.path().join("other.pem"), other.to_pem()).unwrap();
        let arguments = "cms -sign -nodetach -binary -outform DER -in index.ldif -signer leaf.pem -inkey key.pem \
                         -signer other.pem -inkey key.pem";
        let mut twice = openssl_ok(directory.path(), &arguments.split_whitespace().collect::<Vec<_>>());
        assert_eq!(open_file(&twice).unwrap_err(), broken("there are several signers"));
        let examined = examine_file(&twice).unwrap();
        assert_eq!(examined.content, CONTENT);
        let mut subjects = Vec::new();
        for signature in examined.signatures {
            assert!(signature.fits.is_ok() && signature.signing_time.is_some());
            subjects.push(signature.signer.unwrap().emails().join(""));
        }
        subjects.sort();
        assert_eq!(subjects, ["other@pec.example.it", "posta-certificata@pec.example.it"]);
        let bounded = Signers::parse(&twice).unwrap().verify(CONTENT, 1).err();
        assert_eq!(bounded, Some(broken("there are too many signers or certificates")));
        // The last octet is the last signature's: the other still fits.
        *twice.last_mut().unwrap() ^= 1;
        let fits: Vec<_> = examine_file(&twice).unwrap().signatures.into_iter().map(|one| one.fits).collect();
        assert_eq!(fits, [Ok(()), Err(OpenError::Signature)]);
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
