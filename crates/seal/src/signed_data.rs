//! CMS SignedData (RFC 5652 §5): made in two steps, so that any device may sign between them; read as received.

use std::borrow::Cow;
use std::time::Duration;

use aws_lc_rs::digest::{self, Context};
use const_oid::ObjectIdentifier;
use x509_cert::der::asn1::{GeneralizedTime, UtcTime};
use x509_cert::der::{DateTime, Decode, Encode};

use crate::algorithm::{Digest, Refused, Scheme};
use crate::asn1::{self, Around, Element, Malformed, Reader, tag};
use crate::key::{Certificate, KeyError, Signer};
use crate::oid;
use crate::open_error::{OpenError, broken};

// === writing ===

/// Signs content whose SHA-256 is `sha256`; `content` goes inside for an opaque file.
pub(crate) fn sign(
    sha256: &[u8],
    content: Option<&[u8]>,
    signing_time: i64,
    signer: &dyn Signer,
) -> Result<Vec<u8>, KeyError> {
    let attributes = signed_attributes(sha256, signing_time)?;
    let signature = signer.sign(&attributes)?;
    Ok(assemble(&attributes, &signature, content, signer.certificate(), signer.issuers()))
}

/// The same for an opaque file whose content of `length` octets is not here: what stands before and behind it.
pub(crate) fn sign_around(
    sha256: &[u8],
    length: u64,
    signing_time: i64,
    signer: &dyn Signer,
) -> Result<(Vec<u8>, Vec<u8>), KeyError> {
    let attributes = signed_attributes(sha256, signing_time)?;
    let signature = signer.sign(&attributes)?;
    let content = Around::new(length).within(tag::OCTET_STRING, &[], &[]).within(0xa0, &[], &[]);
    let around = around(&attributes, &signature, content, signer.certificate(), signer.issuers());
    Ok(around.into_parts())
}

/// First step, the bytes to sign: contentType, signingTime, messageDigest as a DER set.
fn signed_attributes(sha256: &[u8], signing_time: i64) -> Result<Vec<u8>, KeyError> {
    let attribute = |kind, value: &[u8]| {
        let values = asn1::tlv(tag::SET, &[value]);
        asn1::tlv(tag::SEQUENCE, &[&asn1::oid(kind), &values])
    };
    let content_type = attribute(oid::CONTENT_TYPE, &asn1::oid(oid::DATA));
    let time = attribute(oid::SIGNING_TIME, &time(signing_time)?);
    let digest = attribute(oid::MESSAGE_DIGEST, &asn1::tlv(tag::OCTET_STRING, &[sha256]));
    Ok(asn1::set_of(tag::SET, vec![&content_type, &time, &digest]))
}

/// Second step: everything around the signature.
fn assemble(
    attributes: &[u8],
    signature: &[u8],
    content: Option<&[u8]>,
    signer: &Certificate,
    issuers: &[Certificate],
) -> Vec<u8> {
    let inside =
        content.map(|content| asn1::tlv(0xa0, &[&asn1::tlv(tag::OCTET_STRING, &[content])])).unwrap_or_default();
    let (before, behind) =
        around(attributes, signature, Around::new(inside.len() as u64), signer, issuers).into_parts();
    [before, inside, behind].concat()
}

/// Everything around the content.
fn around(
    attributes: &[u8],
    signature: &[u8],
    content: Around,
    signer: &Certificate,
    issuers: &[Certificate],
) -> Around {
    // Absent parameters, as RFC 5754 §2 asks of writers.
    let sha256 = asn1::tlv(tag::SEQUENCE, &[&asn1::oid(oid::SHA256)]);
    // `rsaEncryption` is what 35 of 35 real messages of 2014-2024 carry and every reader takes (RFC 3370 §3.2).
    let rsa = asn1::tlv(tag::SEQUENCE, &[&asn1::oid(oid::RSA), &[5, 0]]);
    let version_1 = [tag::INTEGER, 1, 1];
    // The same octets as those signed, under the tag [0] in place of SET.
    let attributes: Vec<u8> = std::iter::once(0xa0).chain(attributes.iter().copied().skip(1)).collect();

    let signer_info = asn1::tlv(
        tag::SEQUENCE,
        &[
            &version_1,
            signer.issuer_and_serial(),
            &sha256,
            &attributes,
            &rsa,
            &asn1::tlv(tag::OCTET_STRING, &[signature]),
        ],
    );
    let certificates = std::iter::once(signer).chain(issuers).map(|c| c.der().as_ref()).collect();
    let algorithms = asn1::tlv(tag::SET, &[&sha256]);
    let (certificates, signers) = (asn1::set_of(0xa0, certificates), asn1::tlv(tag::SET, &[&signer_info]));
    content
        .within(tag::SEQUENCE, &[&asn1::oid(oid::DATA)], &[])
        .within(tag::SEQUENCE, &[&version_1, &algorithms], &[&certificates, &signers])
        .within(0xa0, &[], &[])
        .within(tag::SEQUENCE, &[&asn1::oid(oid::SIGNED_DATA)], &[])
}

/// A signingTime: UTCTime through 2049, GeneralizedTime after (RFC 5652 §11.3).
fn time(unix: i64) -> Result<Vec<u8>, KeyError> {
    let unwritable = |_| KeyError(format!("the moment {unix} cannot be written as a signing time"));
    let moment = DateTime::from_unix_duration(Duration::from_secs(unix.max(0).unsigned_abs())).map_err(unwritable)?;
    if moment.year() < 2050 {
        UtcTime::from_date_time(moment).and_then(|time| time.to_der()).map_err(unwritable)
    } else {
        GeneralizedTime::from_date_time(moment).to_der().map_err(unwritable)
    }
}

// === reading ===

/// A SignedData with one signer, as received.
pub(crate) struct SignedData<'a> {
    /// eContentType.
    kind: ObjectIdentifier,
    /// The content, when it is inside.
    pub content: Option<Cow<'a, [u8]>>,
    certificates: Vec<&'a [u8]>,
    signer: SignerInfo<'a>,
    /// SHA-256 of the content as it was signed, when it was needed.
    sha256: Option<[u8; 32]>,
    quirks: Vec<&'static str>,
}

struct SignerInfo<'a> {
    /// IssuerAndSerialNumber or `[0]` SubjectKeyIdentifier.
    id: Element<'a>,
    digest: Digest,
    /// The attributes one after the other, when there are any.
    attributes: Option<&'a [u8]>,
    scheme: Scheme,
    signature: Cow<'a, [u8]>,
}

/// A signature that fits content and certificate.
pub(crate) struct Verified {
    pub signer: Certificate,
    pub others: Vec<Certificate>,
    pub signing_time: Option<i64>,
    pub digest: &'static str,
    /// SHA-256 of the content as it was signed.
    pub sha256: [u8; 32],
    pub quirks: Vec<&'static str>,
}

/// A SignedData with however many signers, as received.
pub(crate) struct Signers<'a> {
    kind: ObjectIdentifier,
    /// The content, when it is inside.
    pub content: Option<Cow<'a, [u8]>>,
    certificates: Vec<&'a [u8]>,
    signers: Vec<Reader<'a>>,
    quirks: Vec<&'static str>,
}

/// One of several signatures on a content.
pub(crate) struct OneOfSeveral {
    /// The certificate that the signer means, where it is included and can be read.
    pub signer: Option<Certificate>,
    /// Whether his signature fits.
    pub verified: Result<Verified, OpenError>,
}

impl<'a> Signers<'a> {
    /// Reads a ContentInfo, DER or BER.
    pub(crate) fn parse(cms: &'a [u8]) -> Result<Self, OpenError> {
        let mut reader = Reader::new(cms);
        let outer = reader.expect(tag::SEQUENCE)?;
        let mut quirks = Vec::new();
        if !outer.minimal {
            // Legalmail, Telecompost, Irideos, Cedacri; Aruba since 2026.
            quirks.push("ber");
        }
        if !reader.rest().iter().all(|b| matches!(b, 0 | b'\r' | b'\n')) {
            return Err(broken("there are bytes after the signature"));
        }
        let mut outer = outer.elements();
        if outer.oid()? != oid::SIGNED_DATA {
            return Err(broken("the signature part holds no SignedData"));
        }
        let mut data = outer.enter(0xa0)?.enter(tag::SEQUENCE)?;
        data.small_integer()?;
        data.expect(tag::SET)?;
        let mut inside = data.enter(tag::SEQUENCE)?;
        let kind = inside.oid()?;
        let content = inside.optional(0xa0)?.map(|content| content.elements().octets()).transpose()?;
        let mut certificates = Vec::new();
        if let Some(set) = data.optional(0xa0)? {
            let mut set = set.elements();
            while !set.is_empty() {
                let element = set.next()?;
                // Attribute certificates and the like have context tags.
                if element.tag == tag::SEQUENCE {
                    certificates.push(element.raw);
                }
            }
        }
        data.optional(0xa1)?;
        let mut set = data.enter(tag::SET)?;
        let mut signers = Vec::new();
        while !set.is_empty() {
            signers.push(set.enter(tag::SEQUENCE)?);
        }
        if signers.is_empty() {
            return Err(broken("nobody signed"));
        }
        Ok(Self { kind, content, certificates, signers, quirks })
    }

    /// Checks `content` against each signature; at most `most` of them and of the certificates, since a file may hold any
    /// number, and each costs a digest of the whole content.
    pub(crate) fn verify(&self, content: &[u8], most: usize) -> Result<Vec<OneOfSeveral>, OpenError> {
        if self.signers.len() > most || self.certificates.len() > most {
            return Err(broken("there are too many signers or certificates"));
        }
        let read = |raw: &&'a [u8]| Some((*raw, Certificate::from_der(raw.to_vec()).ok()?));
        let certificates: Vec<(&[u8], Certificate)> = self.certificates.iter().filter_map(read).collect();
        let one = |info: &Reader<'a>| {
            let id = SignerInfo::id(*info).ok();
            let found = certificates.iter().find(|(_, certificate)| id.is_some_and(|id| points_to(id, certificate)));
            let verified = SignerInfo::parse(*info).and_then(|signer| {
                let certificates = found.iter().map(|(raw, _)| *raw).collect();
                let quirks = self.quirks.clone();
                let alone = SignedData { kind: self.kind, content: None, certificates, signer, sha256: None, quirks };
                alone.verify(content, false)
            });
            OneOfSeveral { signer: found.map(|(_, certificate)| certificate.clone()), verified }
        };
        Ok(self.signers.iter().map(one).collect())
    }
}

impl<'a> SignedData<'a> {
    /// Reads a ContentInfo, DER or BER.
    pub(crate) fn parse(cms: &'a [u8]) -> Result<Self, OpenError> {
        let Signers { kind, content, certificates, signers, quirks } = Signers::parse(cms)?;
        // A provider signs alone (RFC 6109 §2.1): with two signers "who signed" has no answer.
        let [signer] = signers.as_slice() else { return Err(broken("there are several signers")) };
        let signer = SignerInfo::parse(*signer)?;
        Ok(Self { kind, content, certificates, signer, sha256: None, quirks })
    }

    /// What kind of content was signed (eContentType).
    pub(crate) fn kind(&self) -> ObjectIdentifier {
        self.kind
    }

    /// The one value of a signed attribute, as received; nothing says yet that it was signed.
    pub(crate) fn signed_attribute(&self, kind: ObjectIdentifier) -> Result<Option<&'a [u8]>, OpenError> {
        let mut found = None;
        let mut attributes = Reader::new(self.signer.attributes.unwrap_or_default());
        while !attributes.is_empty() {
            let mut attribute = attributes.enter(tag::SEQUENCE)?;
            if attribute.oid()? != kind {
                continue;
            }
            let mut values = attribute.enter(tag::SET)?;
            if found.replace(values.next()?.raw).is_some() || !values.is_empty() {
                return Err(broken("a signed attribute is repeated"));
            }
        }
        Ok(found)
    }

    /// Checks `content` against digest and signature. `text`: lone line feeds may stand for CRLF.
    pub(crate) fn verify(mut self, content: &[u8], text: bool) -> Result<Verified, OpenError> {
        let mut certificates = Vec::with_capacity(self.certificates.len());
        for raw in std::mem::take(&mut self.certificates) {
            match Certificate::from_der(raw.to_vec()) {
                Ok(certificate) => certificates.push(certificate),
                Err(_) => self.quirk("unreadable-certificate"),
            }
        }
        let signer = certificates
            .iter()
            .position(|certificate| points_to(self.signer.id, certificate))
            .ok_or_else(|| broken("the signer's certificate is not included"))?;
        let signer = certificates.remove(signer);

        let signing_time = match self.signer.attributes {
            Some(attributes) => self.verify_attributes(attributes, content, text, &signer)?,
            None => {
                self.verify_directly(content, text, &signer)?;
                None
            }
        };
        let digest = self.signer.digest.name();
        let sha256 = match self.sha256 {
            Some(sha256) => sha256,
            None if self.quirks.contains(&"line-ends") => octets(&digest_with_crlf(&digest::SHA256, content)),
            None => octets(&digest::digest(&digest::SHA256, content)),
        };
        Ok(Verified { signer, others: certificates, signing_time, digest, sha256, quirks: self.quirks })
    }

    /// Digest of the content in the attributes, signature over the attributes (RFC 5652 §5.4).
    fn verify_attributes(
        &mut self,
        attributes: &[u8],
        content: &[u8],
        text: bool,
        signer: &Certificate,
    ) -> Result<Option<i64>, OpenError> {
        let read = Attributes::parse(attributes)?;
        match read.content_type {
            Some(kind) if kind == self.kind => {}
            Some(_) => return Err(broken("the signed content type is not the type of the content")),
            None => return Err(broken("the signed attributes lack the content type")),
        }
        let Some(expected) = read.message_digest else {
            return Err(broken("the signed attributes lack the digest of the content"));
        };
        let algorithm = self.signer.digest.algorithm();
        let mut found = digest::digest(algorithm, content);
        if found.as_ref() != expected.as_ref() {
            found = digest_with_crlf(algorithm, content);
            if !text || found.as_ref() != expected.as_ref() {
                return Err(OpenError::Digest);
            }
            self.quirk("line-ends");
        }
        // A message is hashed once where it can be.
        self.sha256 = (*algorithm == digest::SHA256).then(|| octets(&found));

        let as_received = asn1::tlv(tag::SET, &[attributes]);
        if self.signer.verify(signer, &as_received)? {
            if !is_sorted(attributes)? {
                self.quirk("unsorted-attributes");
            }
            return Ok(read.signing_time);
        }
        let rewritten = asn1::to_der(attributes)?;
        if rewritten != attributes && self.signer.verify(signer, &asn1::tlv(tag::SET, &[&rewritten]))? {
            self.quirk("ber-attributes");
            return Ok(read.signing_time);
        }
        let mut elements = Vec::new();
        let mut reader = Reader::new(&rewritten);
        while !reader.is_empty() {
            elements.push(reader.next()?.raw);
        }
        if self.signer.verify(signer, &asn1::set_of(tag::SET, elements))? {
            self.quirk("unsorted-attributes");
            return Ok(read.signing_time);
        }
        Err(OpenError::Signature)
    }

    /// Signature over the content itself, without attributes.
    fn verify_directly(&mut self, content: &[u8], text: bool, signer: &Certificate) -> Result<(), OpenError> {
        // Otherwise the attributes of an honest signature could be passed off as signed content.
        if content.first() == Some(&tag::SET) {
            return Err(broken("the signed attributes are missing"));
        }
        self.quirk("no-signed-attributes");
        if self.signer.verify(signer, content)? {
            return Ok(());
        }
        if text {
            let mut canonical = Vec::with_capacity(content.len() + content.len() / 32);
            with_crlf(content, |piece| canonical.extend_from_slice(piece));
            if self.signer.verify(signer, &canonical)? {
                self.quirk("line-ends");
                return Ok(());
            }
        }
        Err(OpenError::Signature)
    }

    fn quirk(&mut self, name: &'static str) {
        if !self.quirks.contains(&name) {
            self.quirks.push(name);
        }
    }
}

impl<'a> SignerInfo<'a> {
    fn parse(mut info: Reader<'a>) -> Result<Self, OpenError> {
        info.small_integer()?;
        let id = info.next()?;
        let digest = info.enter(tag::SEQUENCE)?.oid()?;
        let digest = Digest::from_oid(digest).ok_or_else(|| OpenError::Algorithm(format!("digest {digest}")))?;
        let attributes = info.optional(0xa0)?.map(|attributes| attributes.content);
        let scheme = info.enter(tag::SEQUENCE)?.oid()?;
        let scheme = Scheme::from_oid(scheme).ok_or_else(|| OpenError::Algorithm(format!("signature {scheme}")))?;
        if scheme.digest().is_some_and(|named| named != digest) {
            return Err(broken("digest and signature algorithm disagree"));
        }
        let signature = info.octets()?;
        Ok(Self { id, digest, attributes, scheme, signature })
    }

    /// How the signer says which certificate is his.
    fn id(mut info: Reader<'a>) -> Result<Element<'a>, Malformed> {
        info.small_integer()?;
        info.next()
    }

    /// Whether the signature fits.
    fn verify(&self, signer: &Certificate, signed: &[u8]) -> Result<bool, OpenError> {
        match signer.public_key().verify(self.scheme, self.digest, signed, &self.signature) {
            Ok(()) => Ok(true),
            Err(Refused::Mismatch) => Ok(false),
            Err(Refused::Algorithm(name)) => Err(OpenError::Algorithm(name)),
        }
    }
}

/// Whether this is the certificate that the signer means.
fn points_to(id: Element<'_>, certificate: &Certificate) -> bool {
    match id.tag {
        tag::SEQUENCE => {
            id.raw == certificate.issuer_and_serial()
                || asn1::to_der(id.raw).is_ok_and(|der| der == certificate.issuer_and_serial())
        }
        0x80 => certificate
            .extensions()
            .iter()
            .find(|extension| extension.extn_id == oid::SUBJECT_KEY_IDENTIFIER)
            .and_then(|extension| Reader::new(extension.extn_value.as_bytes()).expect(tag::OCTET_STRING).ok())
            .is_some_and(|identifier| identifier.content == id.content),
        _ => false,
    }
}

/// What is read of the signed attributes; the others (capabilities, signingCertificateV2, …) are left alone.
#[derive(Default)]
struct Attributes<'a> {
    content_type: Option<ObjectIdentifier>,
    message_digest: Option<Cow<'a, [u8]>>,
    signing_time: Option<i64>,
}

impl<'a> Attributes<'a> {
    fn parse(attributes: &'a [u8]) -> Result<Self, OpenError> {
        let mut read = Self::default();
        let mut reader = Reader::new(attributes);
        while !reader.is_empty() {
            let mut attribute = reader.enter(tag::SEQUENCE)?;
            let kind = attribute.oid()?;
            let mut values = attribute.enter(tag::SET)?;
            let repeated = match kind {
                oid::CONTENT_TYPE => read.content_type.replace(values.oid()?).is_some(),
                oid::MESSAGE_DIGEST => read.message_digest.replace(values.octets()?).is_some(),
                oid::SIGNING_TIME => {
                    let repeated = read.signing_time.is_some();
                    read.signing_time = read_time(values.next()?);
                    repeated
                }
                _ => continue,
            };
            // Each has exactly one instance and one value (RFC 5652 §11).
            if repeated || !values.is_empty() {
                return Err(broken("a signed attribute is repeated"));
            }
        }
        Ok(read)
    }
}

pub(crate) fn read_time(time: Element<'_>) -> Option<i64> {
    let since_1970 = match time.tag {
        tag::UTC_TIME => UtcTime::from_der(time.raw).ok()?.to_unix_duration(),
        tag::GENERALIZED_TIME => GeneralizedTime::from_der(time.raw).ok()?.to_unix_duration(),
        _ => return None,
    };
    i64::try_from(since_1970.as_secs()).ok()
}

fn is_sorted(elements: &[u8]) -> Result<bool, Malformed> {
    let mut reader = Reader::new(elements);
    let mut last: &[u8] = &[];
    while !reader.is_empty() {
        let next = reader.next()?.raw;
        if next < last {
            return Ok(false);
        }
        last = next;
    }
    Ok(true)
}

/// The octets of a SHA-256.
fn octets(digest: &digest::Digest) -> [u8; 32] {
    let mut octets = [0; 32];
    octets.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    octets
}

fn digest_with_crlf(algorithm: &'static digest::Algorithm, content: &[u8]) -> digest::Digest {
    let mut context = Context::new(algorithm);
    with_crlf(content, |piece| context.update(piece));
    context.finish()
}

/// Gives out `content` with every lone LF as CRLF (RFC 5751 §3.1.1), piece by piece.
fn with_crlf(content: &[u8], mut give: impl FnMut(&[u8])) {
    for line in content.split_inclusive(|b| *b == b'\n') {
        match line {
            [.., b'\r', b'\n'] => give(line),
            [text @ .., b'\n'] => {
                give(text);
                give(b"\r\n");
            }
            rest => give(rest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signing_time_changes_its_form_in_2050() {
        assert_eq!(time(2_524_607_999).unwrap(), b"\x17\x0d491231235959Z");
        assert_eq!(time(2_524_608_000).unwrap(), b"\x18\x0f20500101000000Z");
        for moment in [0, 1_700_000_000, 2_524_607_999, 2_524_608_000, 30_000_000_000] {
            let der = time(moment).unwrap();
            assert_eq!(read_time(Reader::new(&der).next().unwrap()), Some(moment));
        }
    }

    #[test]
    fn signed_attributes_stand_in_der_order() {
        let der = signed_attributes(&[7; 32], 1_700_000_000).unwrap();
        let content = Reader::new(&der).expect(tag::SET).unwrap().content;
        assert_eq!(is_sorted(content), Ok(true));
        assert_eq!(asn1::to_der(&der).unwrap(), der);
    }

    #[test]
    fn attributes_signed_in_another_order_verify_as_received() {
        let signer = &crate::testing::network().signer;
        let content = b"content";
        let sha256 = digest::digest(&digest::SHA256, content);
        let mut attributes = signed_attributes(sha256.as_ref(), 1_700_000_000).unwrap();
        let last = attributes.len() - 2 - 26;
        attributes[2..].rotate_right(last);
        let signature = signer.sign(&attributes).unwrap();
        let der = assemble(&attributes, &signature, None, signer.certificate(), signer.issuers());
        let verified = SignedData::parse(&der).unwrap().verify(content, false).unwrap();
        assert_eq!(verified.quirks, ["unsorted-attributes"]);
    }

    #[test]
    fn a_content_type_or_digest_that_is_missing_or_repeated_is_refused() {
        let signer = &crate::testing::network().signer;
        let sha256 = digest::digest(&digest::SHA256, b"content");
        let attributes = signed_attributes(sha256.as_ref(), 1_700_000_000).unwrap();
        let mut elements = Vec::new();
        let mut reader = Reader::new(&attributes).enter(tag::SET).unwrap();
        while !reader.is_empty() {
            elements.push(reader.next().unwrap().raw);
        }
        let [kind, time, digest] = elements[..] else { panic!("three attributes") };
        for (attributes, cause) in [
            (vec![time, digest], "the signed attributes lack the content type"),
            (vec![kind, time], "the signed attributes lack the digest of the content"),
            (vec![kind, digest, digest], "a signed attribute is repeated"),
            (vec![kind, kind, digest], "a signed attribute is repeated"),
        ] {
            let attributes = asn1::set_of(tag::SET, attributes);
            let signature = signer.sign(&attributes).unwrap();
            let der = assemble(&attributes, &signature, None, signer.certificate(), signer.issuers());
            let refused = SignedData::parse(&der).unwrap().verify(b"content", false).err();
            assert_eq!(refused, Some(broken(cause)));
        }
        // The signing time alone may be missing.
        let attributes = asn1::set_of(tag::SET, vec![kind, digest]);
        let der = assemble(&attributes, &signer.sign(&attributes).unwrap(), None, signer.certificate(), &[]);
        assert_eq!(SignedData::parse(&der).unwrap().verify(b"content", false).unwrap().signing_time, None);
    }

    #[test]
    fn only_lone_line_feeds_become_crlf() {
        let mut text = Vec::new();
        with_crlf(b"a\nb\r\n\nc\rd", |piece| text.extend_from_slice(piece));
        assert_eq!(text, b"a\r\nb\r\n\r\nc\rd");
    }
}
