//! Signed files (`.p7m`: CAdES, RFC 5652), opened: what is inside, who signed it, whether the signature fits.
//!
//! Whether a signer's certificate is a qualified one is not judged here: that takes the trust lists of the Union and the
//! revocations of its issuer. The words say so ([`SignedFile::unjudged`]).

use bytes::Bytes;
use pec::mime::TransferEncoding;
use pec::{Moment, Words};
use seal::p7m::{FileSignature, examine_file};
use seal::{Certificate, OpenError};

use crate::limits::Limits;
use crate::preview::Preview;
use crate::seen::{self, Seen};
use crate::{name, plain};

/// A signed file, opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedFile {
    /// The name of what is inside: `doc.pdf` of `doc.pdf.p7m`.
    pub name: String,
    /// What is inside the innermost signature, octet for octet.
    pub content: Bytes,
    /// How that can be looked at.
    pub preview: Preview,
    /// Every signature, the outermost first.
    pub signatures: Vec<Signature>,
    /// Whether there is a signed file inside that was not opened: one beyond the limits, or one that cannot be read.
    pub cut: bool,
}

/// One signature on a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Which of the signed files inside each other it is on: 0 is the outermost.
    pub layer: usize,
    /// Who signed, by the certificate; empty where that is not in the file.
    pub name: String,
    /// For whom, where the certificate says it.
    pub organization: String,
    /// The signer's tax code, where the certificate has one.
    pub tax_code: String,
    /// The number by which the certificate tells its owner from others (`TINIT-…`), as written.
    pub owner_number: String,
    /// Who issued the certificate.
    pub issuer: String,
    /// The certificate's own number, in hexadecimal.
    pub certificate: String,
    /// From when to when the certificate says it is valid.
    pub validity: Option<(Moment, Moment)>,
    /// When the signer says he signed.
    pub signed_at: Option<Moment>,
    /// Whether the signature fits.
    pub outcome: Fit,
}

/// Whether a signature fits the content and the certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It does.
    Fits,
    /// The content is not what was signed.
    Changed,
    /// It was not made with the key of this certificate.
    Forged,
    /// It could not be tried: an algorithm that is not known here, a certificate that is missing.
    Untried(String),
}

/// Why a file could not be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotOpened(Words);

impl NotOpened {
    /// For people.
    pub fn words(&self) -> &Words {
        &self.0
    }
}

impl std::fmt::Display for NotOpened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for NotOpened {}

impl SignedFile {
    /// Opens a file called `name`, in DER, BER, PEM or bare base64, and the signed files inside it.
    ///
    /// # Errors
    /// [`NotOpened`]: it is no signed file with its content inside, or is too long. It can be given out all the same.
    pub fn open(name: &str, octets: &Bytes, limits: &Limits) -> Result<Self, NotOpened> {
        let (mut name, mut content, mut signatures) = (name.to_owned(), octets.clone(), Vec::new());
        for layer in 0..limits.layers {
            match opened(&content, limits) {
                Ok((inside, found)) => {
                    content = inside;
                    signatures.extend(found.into_iter().map(|one| signature(layer, one, limits)));
                }
                Err(why) if layer == 0 => return Err(why),
                Err(_) => break,
            }
            name = bare(&name);
            if seen::of(&content) != Some(Seen::Signed) {
                break;
            }
        }
        let seen = seen::of(&content);
        let name = completed(&name, seen);
        let preview = Preview::of(&name, "application/octet-stream", seen, &content, limits);
        Ok(Self { name, content, preview, signatures, cut: seen == Some(Seen::Signed) })
    }

    /// What is not judged of these signatures.
    pub fn unjudged() -> Words {
        Words::new(
            "La firma è confrontata con il contenuto e con il certificato che la accompagna. Non è verificato se il certificato \
             è qualificato, né se era revocato al momento della firma: per questo occorre un verificatore di firme qualificate.",
            "The signature is compared with the content and with the certificate that comes with it. Whether the certificate is a \
             qualified one, and whether it was revoked when the signature was made, is not checked: that takes a verifier of \
             qualified signatures.",
        )
    }
}

impl Fit {
    /// For people.
    pub fn words(&self) -> Words {
        match self {
            Self::Fits => Words::new("la firma corrisponde al contenuto", "the signature fits the content"),
            Self::Changed => Words::new(
                "il contenuto è stato modificato dopo la firma",
                "the content was changed after it was signed",
            ),
            Self::Forged => Words::new(
                "la firma non è stata fatta con la chiave di questo certificato",
                "the signature was not made with the key of this certificate",
            ),
            Self::Untried(why) => Words::new(
                format!("la firma non può essere verificata qui ({why})"),
                format!("the signature cannot be checked here ({why})"),
            ),
        }
    }
}

impl Signature {
    /// Whether the certificate was within its dates when the signer says he signed; `None` where either is unknown.
    pub fn was_in_time(&self) -> Option<bool> {
        let (from, until) = self.validity?;
        let at = self.signed_at?;
        Some((from..=until).contains(&at))
    }
}

fn opened(octets: &Bytes, limits: &Limits) -> Result<(Bytes, Vec<FileSignature>), NotOpened> {
    if octets.len() > limits.signed {
        let words =
            Words::new("il file è troppo grande per essere aperto qui", "the file is too large to be opened here");
        return Err(NotOpened(words));
    }
    let file = examine_file(&bare_octets(octets)).map_err(|why| NotOpened(refused(&why)))?;
    Ok((file.content.into(), file.signatures))
}

fn refused(why: &OpenError) -> Words {
    Words::new("il file firmato non è leggibile: è danneggiato, o la firma è separata dal contenuto", why.to_string())
}

/// DER or BER as it is; what is armoured in base64 without its armour.
fn bare_octets(octets: &Bytes) -> Bytes {
    if octets.first() == Some(&0x30) {
        return octets.clone();
    }
    let lines = octets.split_inclusive(|b| *b == b'\n').filter(|line| !line.starts_with(b"-----"));
    TransferEncoding::Base64.decode(&lines.collect::<Vec<_>>().concat().into())
}

/// The name without the extension of a signed file.
fn bare(name: &str) -> String {
    let is_ours = |extension: &str| matches!(extension.to_ascii_lowercase().as_str(), "p7m" | "p7" | "pem" | "b64");
    match name.rsplit_once('.') {
        Some((stem, extension)) if is_ours(extension) && !stem.is_empty() => stem.to_owned(),
        _ => name.to_owned(),
    }
}

/// The name with an extension that says what it is, where it has none.
fn completed(name: &str, seen: Option<Seen>) -> String {
    let safe = name::safe(name).unwrap_or_else(|| "contenuto".to_owned());
    match seen.map(Seen::extension) {
        Some(extension) if !safe.contains('.') => format!("{safe}.{extension}"),
        _ => safe,
    }
}

fn signature(layer: usize, found: FileSignature, limits: &Limits) -> Signature {
    let outcome = match &found.fits {
        Ok(()) => Fit::Fits,
        Err(OpenError::Digest) => Fit::Changed,
        Err(OpenError::Signature) => Fit::Forged,
        Err(why) => Fit::Untried(plain::line(&why.to_string(), limits.line)),
    };
    let read = |texts: fn(&Certificate) -> Vec<String>| {
        let texts = found.signer.as_ref().map(texts).unwrap_or_default();
        texts.first().map(|text| plain::line(text, limits.line)).unwrap_or_default()
    };
    let owner_number = read(Certificate::owner_numbers);
    let dates = |signer: &Certificate| (Moment::from_unix(signer.not_before()), Moment::from_unix(signer.not_after()));
    Signature {
        layer,
        name: read(Certificate::person_names),
        organization: read(Certificate::organizations),
        tax_code: tax_code(&owner_number).unwrap_or_default(),
        owner_number,
        issuer: read(Certificate::issuer_names),
        certificate: found.signer.as_ref().map(Certificate::serial_hex).unwrap_or_default(),
        validity: found.signer.as_ref().map(dates),
        signed_at: found.signing_time.map(Moment::from_unix),
        outcome,
    }
}

/// The tax code in an owner's number: `TINIT-RSSMRA80A01H501U` (ETSI EN 319 412-1 §5.1.3), `IT:RSSMRA80A01H501U` as it was
/// written before, or bare. A firm's is its VAT number of eleven digits.
fn tax_code(number: &str) -> Option<String> {
    let number = number.trim().to_ascii_uppercase();
    let heads = ["TINIT-", "VATIT-", "IT:"];
    let code = heads.iter().find_map(|head| number.strip_prefix(head)).unwrap_or(&number);
    let of_person = code.len() == 16
        && code.bytes().all(|b| b.is_ascii_alphanumeric())
        && code.starts_with(|c: char| c.is_ascii_alphabetic());
    let of_firm = code.len() == 11 && code.bytes().all(|b| b.is_ascii_digit());
    (of_person || of_firm).then(|| code.to_owned())
}

#[cfg(test)]
mod tests;
