//! An anomaly envelope read back (RFC 6109 §3.2.2).

use std::ops::Range;

use bytes::Bytes;

use super::{FormFault, certification_data, claim, named, parts};
use crate::Kind;
use crate::header::Header;

/// What a provider received and did not certify, in the envelope that says so.
#[derive(Clone, Debug)]
pub struct Anomaly {
    /// The envelope's header: not signed, trusted for nothing.
    pub header: Header,
    /// The message inside, whole, as it was received.
    pub original: Bytes,
}

/// Reads an anomaly envelope whose signed entity is `entity`. `X-Trasporto` is not signed, so a certified message could
/// be given this one's: only what carries no certification data is an anomaly envelope [R-3.2.2-b].
///
/// # Errors
/// As [`super::read`]; [`FormFault::NotPec`] when the header claims another kind.
pub fn read_anomaly(message: &Bytes, entity: Range<usize>) -> Result<Anomaly, FormFault> {
    let header = Header::parse(message);
    if claim(&header)? != Kind::AnomalyEnvelope {
        return Err(FormFault::NotPec);
    }
    let parts = parts::walk(message, entity)?;
    let mut quirks = Vec::new();
    if let Some(part) = named(&parts, "daticert.xml", &mut quirks).first() {
        let data = certification_data(message, part, &mut quirks)?.tipo;
        return Err(FormFault::KindMismatch { data, header: "errore".into() });
    }
    let original = match named(&parts, "postacert.eml", &mut quirks).as_slice() {
        [] => None,
        [part] => part.decoded(message),
        _ => return Err(FormFault::TwoOriginals),
    };
    Ok(Anomaly { header, original: original.ok_or(FormFault::NoOriginal)? })
}
