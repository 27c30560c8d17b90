//! A generated message read back: kind, certification data, original (RFC 6109 §2.2.2, formal test).

mod anomaly;
pub mod binding;
mod fault;
pub(crate) mod parts;
#[cfg(test)]
mod tests;

use std::ops::Range;

use bytes::Bytes;

use self::parts::{Part, slice};
use crate::daticert::{CertificationData, DataError, MAX_LEN};
use crate::header::Header;
use crate::mime::TransferEncoding;
use crate::original::asked_receipt;
use crate::quirk::Quirk;
use crate::{Fault, Kind, ReceiptType};

pub use anomaly::{Anomaly, read_anomaly};
pub use fault::FormFault;

/// A notification or envelope whose form is right.
#[derive(Clone, Debug)]
pub struct PecMessage {
    /// What it is.
    pub kind: Kind,
    /// Its outer header: not signed, trusted for nothing that is certified [R-I-sec-1].
    pub header: Header,
    /// The certification data; every kind but the anomaly envelope has them.
    pub data: CertificationData,
    /// Where `postacert.eml` stands in the message: the exact bytes of that part's body, without the
    /// line end before the boundary. `None` also for a part in base64 or quoted-printable (which MIME
    /// forbids, [`Quirk::EncodedOriginal`]); [`PecMessage::original_bytes`] has both.
    pub original: Option<Range<usize>>,
    /// The receipt asked for: what the XML says, else the original, else complete.
    pub receipt: ReceiptType,
    /// Its own Message-ID without brackets.
    pub message_id: Option<String>,
    /// Deviations of the emitting provider that were tolerated.
    pub quirks: Vec<Quirk>,
    decoded_original: Option<Bytes>,
}

impl PecMessage {
    /// The original (`postacert.eml`), decoded when it came encoded; `None` when there is none.
    pub fn original_bytes(&self) -> Option<Bytes> {
        match (&self.original, &self.decoded_original) {
            (Some(range), _) => slice(self.header.message(), range),
            (None, decoded) => decoded.clone(),
        }
    }

    /// The one recipient that a delivery, non-delivery, timeout or virus detection concerns:
    /// `consegna`, or the first `ricezione` of an old virus detection ([`Quirk::VirusReception`]).
    pub fn recipient(&self) -> Option<&str> {
        match self.kind {
            Kind::VirusDetection => delivery(&self.data).or_else(|| self.data.reception.first().map(String::as_str)),
            _ => delivery(&self.data),
        }
    }
}

/// The kind that the outer header claims [R-2.1-g], whatever the rest is; `None` also when it contradicts itself.
///
/// `X-VerificaSicurezza: errore` tells the virus notices to the holder from the others. Names and
/// values are compared trimmed and without regard to case [R-O-hdr-1].
pub fn claimed_kind(header: &Header) -> Option<Kind> {
    claim(header).ok()
}

/// Reads a message whose signed entity (from the first byte of its MIME header to the end of its
/// closing boundary) is `entity`. Only what is inside `entity` is trusted [R-I-sec-1] [R-4-parse].
///
/// This is the part of the formal test [R-2.2.2-f] [R-I-inp-1] that needs nothing but the message:
/// the signer's address, the reverse path and the recipients of the transaction are for the caller.
/// `daticert.xml` and `postacert.eml` are found by name in any order [R-4.3-a]; what is inside
/// `postacert.eml` is never searched. A notice that says `errore="virus"` without
/// `X-VerificaSicurezza` is a virus notice all the same.
pub fn read(message: &Bytes, entity: Range<usize>) -> Result<PecMessage, FormFault> {
    let header = Header::parse(message);
    let claimed = claim(&header)?;
    if claimed == Kind::AnomalyEnvelope {
        return Err(FormFault::Anomaly);
    }
    let parts = parts::walk(message, entity)?;
    let mut quirks = Vec::new();

    let found = named(&parts, "daticert.xml", &mut quirks);
    let (Some(part), rest) = (found.first(), found.get(1..).unwrap_or_default()) else {
        return Err(FormFault::NoData);
    };
    if !rest.is_empty() {
        return Err(FormFault::TwoData);
    }
    let data = certification_data(message, part, &mut quirks)?;
    let kind = agreed_kind(claimed, &data)?;

    let found = named(&parts, "postacert.eml", &mut quirks);
    if found.len() > 1 {
        return Err(FormFault::TwoOriginals);
    }
    let part = found.first();
    let (original, decoded_original) = match part.map(|part| (part, part.encoding)) {
        None => (None, None),
        Some((part, TransferEncoding::Identity)) => (Some(part.body.clone()), None),
        Some((part, _)) => {
            quirks.push(Quirk::EncodedOriginal);
            (None, part.decoded(message))
        }
    };

    let inside = original.as_ref().and_then(|range| slice(message, range)).or_else(|| decoded_original.clone());
    let receipt = receipt(kind, &header, &data, inside.as_ref(), &mut quirks);
    let message_id = header.value("Message-ID").map(|id| bare(&id).to_owned()).filter(|id| !id.is_empty());
    quirks.extend(lacks(kind, &data)?);
    let read = PecMessage { kind, header, data, original, receipt, message_id, quirks, decoded_original };
    if kind == Kind::TransportEnvelope {
        same_identifiers(&read)?;
    }
    Ok(read)
}

fn claim(header: &Header) -> Result<Kind, FormFault> {
    let ricevuta: Vec<String> = header.values("X-Ricevuta").collect();
    let trasporto: Vec<String> = header.values("X-Trasporto").collect();
    let (value, wire): (&str, fn(Kind) -> Option<&'static str>) = match (ricevuta.as_slice(), trasporto.as_slice()) {
        ([], []) => return Err(FormFault::NotPec),
        ([value], []) => (value, Kind::x_ricevuta),
        ([], [value]) => (value, Kind::x_trasporto),
        _ => return Err(FormFault::Contradictory),
    };
    let security = header.values("X-VerificaSicurezza").any(|value| value.eq_ignore_ascii_case("errore"));
    let mut fitting =
        Kind::ALL.into_iter().filter(|&kind| wire(kind).is_some_and(|word| word.eq_ignore_ascii_case(value)));
    let first = fitting.next().ok_or(FormFault::NotPec)?;
    // Two kinds with one word differ in `X-VerificaSicurezza` alone.
    Ok(std::iter::once(first).chain(fitting).find(|kind| kind.security_error() == security).unwrap_or(first))
}

/// The kind of header and XML together; the XML must say the same as the header. What tells a virus notice from the others
/// stands in the header, which is not signed: the data must speak of a virus too, by `errore` or in words.
fn agreed_kind(claimed: Kind, data: &CertificationData) -> Result<Kind, FormFault> {
    let header = claimed.tipo().unwrap_or_default();
    if header != data.tipo {
        return Err(FormFault::KindMismatch { data: data.tipo.clone(), header: header.to_owned() });
    }
    let named = || data.extended_error.as_ref().is_some_and(|error| error.to_lowercase().contains("virus"));
    Ok(match claimed {
        Kind::NonAcceptance if data.fault == Fault::Virus => Kind::VirusNonAcceptance,
        Kind::NonDelivery if data.fault == Fault::Virus => Kind::VirusNonDelivery,
        Kind::VirusNonAcceptance if data.fault != Fault::Virus && !named() => Kind::NonAcceptance,
        Kind::VirusNonDelivery if data.fault != Fault::Virus && !named() => Kind::NonDelivery,
        claimed => claimed,
    })
}

/// The parts called `name` without regard to case.
fn named<'a>(parts: &'a [Part], name: &str, quirks: &mut Vec<Quirk>) -> Vec<&'a Part> {
    let found: Vec<_> =
        parts.iter().filter(|part| part.names.iter().any(|given| given.eq_ignore_ascii_case(name))).collect();
    let unusual = |part: &&Part| part.attachment || part.names.iter().any(|given| given != name);
    if found.iter().any(unusual) && !quirks.contains(&Quirk::PartNames) {
        quirks.push(Quirk::PartNames);
    }
    found
}

fn certification_data(message: &Bytes, part: &Part, quirks: &mut Vec<Quirk>) -> Result<CertificationData, FormFault> {
    // Quoted-printable may take three octets for one, and line ends; more is refused undecoded.
    if part.body.len() > 4 * MAX_LEN {
        return Err(DataError(format!("longer than {} octets", 4 * MAX_LEN)).into());
    }
    let (data, found) = CertificationData::read_with_quirks(&part.decoded(message).unwrap_or_default())?;
    quirks.extend(found);
    Ok(data)
}

/// What the sender asked for: the XML says it, which is signed, and where it does not, the signed original; the outer header
/// is only compared (Q-03) [R-I-sec-1].
fn receipt(
    kind: Kind,
    header: &Header,
    data: &CertificationData,
    original: Option<&Bytes>,
    quirks: &mut Vec<Quirk>,
) -> ReceiptType {
    let asked = asked_receipt(header);
    if kind == Kind::TransportEnvelope && header.count("X-TipoRicevuta") == 0 {
        quirks.push(Quirk::NoReceiptType);
    }
    if asked.is_some() && data.receipt.is_some() && asked != data.receipt {
        quirks.push(Quirk::ReceiptTypeMismatch);
    }
    data.receipt.or_else(|| asked_receipt(&Header::parse(original?))).unwrap_or_default()
}

/// What the matrix of the norm requires of each kind [R-4.4-g] [R-4.4-h]. An empty `errore-esteso`
/// was seen and says little less than a bad one; an empty recipient is none.
fn lacks(kind: Kind, data: &CertificationData) -> Result<Option<Quirk>, FormFault> {
    let delivered = delivery(data).is_some();
    let received = data.reception.iter().any(|recipient| !recipient.is_empty());
    let error = data.extended_error.is_some();
    let (delivered, received, error) = match kind {
        Kind::Acceptance | Kind::AnomalyEnvelope | Kind::TransportEnvelope => (true, true, true),
        Kind::NonAcceptance | Kind::VirusNonAcceptance => (true, true, error),
        Kind::TakeCharge => (true, received, true),
        Kind::Delivery | Kind::Timeout => (delivered, true, true),
        Kind::NonDelivery | Kind::VirusNonDelivery => (delivered, true, error),
        // `ricezione` in the place of `consegna` is tolerated.
        Kind::VirusDetection => (delivered || received, true, error),
    };
    for (there, name) in [(delivered, "consegna"), (received, "ricezione"), (error, "errore-esteso")] {
        if !there {
            return Err(FormFault::Lacks(name));
        }
    }
    Ok((kind == Kind::VirusDetection && delivery(data).is_none()).then_some(Quirk::VirusReception))
}

/// Envelope, XML and original carry one identifier [R-2.2.1-b].
fn same_identifiers(read: &PecMessage) -> Result<(), FormFault> {
    let original = read.original_bytes().ok_or(FormFault::NoOriginal)?;
    let original = Header::parse(&original);
    let identifier = bare(&read.data.identifier);
    let fits = |header: &Header| {
        let mut ids = header.values("Message-ID").peekable();
        ids.peek().is_some() && ids.all(|id| bare(&id) == identifier)
    };
    if identifier.is_empty() || !fits(&read.header) || !fits(&original) {
        return Err(FormFault::IdentifierMismatch);
    }
    Ok(())
}

/// An identifier without its angle brackets, and without what stands outside them.
fn bare(id: &str) -> &str {
    let inside = id.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or(id, |(id, _)| id).trim()
}

fn delivery(data: &CertificationData) -> Option<&str> {
    data.delivery.as_deref().filter(|recipient| !recipient.is_empty())
}
