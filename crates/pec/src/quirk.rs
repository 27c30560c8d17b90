//! What real providers do and the norm does not say: each tolerance has a name.

/// A named deviation, with what was seen and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quirk {
    /// `<risposte></risposte>` is empty (Aruba, September 2026).
    EmptyReplyTo,
    /// Characters that XML 1.0 forbids, raw or as references, stand in the data (Register, Cedacri, 2018).
    ForbiddenXmlCharacters,
    /// No `X-TipoRicevuta` on an envelope (Namirial 2024, OpenPEC).
    NoReceiptType,
    /// The header and the XML disagree on the receipt asked for.
    ReceiptTypeMismatch,
    /// `daticert.xml` is not UTF-8.
    DataNotUtf8,
    /// The attachments have names of another case, or disposition `attachment` (Legalmail,
    /// Telecompost, Irideos, Cedacri, 2015 to 2019).
    PartNames,
    /// `postacert.eml` is encoded in base64 or quoted-printable, which MIME forbids for
    /// `message/rfc822` (RFC 2046 §5.2.1); not seen from a provider, done by some relays.
    EncodedOriginal,
    /// `gestore-emittente` is not the name of the signer's record, nor that of another one.
    ProviderName,
    /// What the outer header shows differs from the signed data in characters outside ASCII alone, which some provider lost.
    SpelledOtherwise,
    /// `To` of a notification shows a name beside the holder's address, which nothing signed has.
    UnsignedName,
    /// The recipient of a virus detection stands in `ricezione`, as before 2008.
    VirusReception,
}

impl Quirk {
    /// Every quirk.
    pub const ALL: [Quirk; 11] = [
        Quirk::EmptyReplyTo,
        Quirk::ForbiddenXmlCharacters,
        Quirk::NoReceiptType,
        Quirk::ReceiptTypeMismatch,
        Quirk::DataNotUtf8,
        Quirk::PartNames,
        Quirk::EncodedOriginal,
        Quirk::ProviderName,
        Quirk::SpelledOtherwise,
        Quirk::UnsignedName,
        Quirk::VirusReception,
    ];

    /// Stable name for logs and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Quirk::EmptyReplyTo => "empty-reply-to",
            Quirk::ForbiddenXmlCharacters => "forbidden-xml-characters",
            Quirk::NoReceiptType => "no-receipt-type",
            Quirk::ReceiptTypeMismatch => "receipt-type-mismatch",
            Quirk::DataNotUtf8 => "data-not-utf8",
            Quirk::PartNames => "part-names",
            Quirk::EncodedOriginal => "encoded-original",
            Quirk::ProviderName => "provider-name",
            Quirk::SpelledOtherwise => "spelled-otherwise",
            Quirk::UnsignedName => "unsigned-name",
            Quirk::VirusReception => "virus-reception",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Quirk;

    #[test]
    fn every_quirk_has_a_name_of_its_own_in_lower_case() {
        let names: std::collections::BTreeSet<_> = Quirk::ALL.iter().map(|quirk| quirk.name()).collect();
        assert_eq!(names.len(), Quirk::ALL.len());
        assert!(
            names.iter().all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'))
        );
    }
}
