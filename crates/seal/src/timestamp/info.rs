//! What an authority signs: TSTInfo (RFC 3161 §2.4.2).

use std::time::Duration;

use const_oid::ObjectIdentifier;

use super::error::{StampError, unreadable};
use crate::algorithm::Digest;
use crate::asn1::{self, Element, Malformed, Reader, tag};
use crate::extensions::extensions;
use crate::signed_data::read_time;

const BOOLEAN: u8 = 0x01;

/// What an authority signs.
#[derive(Clone, Debug)]
pub(super) struct Info {
    pub policy: ObjectIdentifier,
    pub algorithm: Digest,
    pub imprint: Vec<u8>,
    pub serial: Vec<u8>,
    /// Whole seconds since 1970; a fraction is left off.
    pub time: i64,
    pub accuracy: Option<Duration>,
    pub nonce: Option<Vec<u8>>,
}

impl Info {
    pub(super) fn read(der: &[u8]) -> Result<Self, StampError> {
        let mut outer = Reader::new(der);
        let mut fields = outer.enter(tag::SEQUENCE)?;
        if !outer.is_empty() {
            return Err(unreadable("there are bytes after what was stamped"));
        }
        if fields.small_integer()? != 1 {
            return Err(unreadable("it is of another version than 1"));
        }
        let policy = fields.oid()?;
        let mut imprint = fields.enter(tag::SEQUENCE)?;
        let kind = imprint.enter(tag::SEQUENCE)?.oid()?;
        let Some(algorithm) = Digest::from_oid(kind).filter(|digest| *digest != Digest::Sha1) else {
            return Err(unreadable(&format!("it is of data under the unsupported digest {kind}")));
        };
        let imprint = imprint.octets()?.into_owned();
        let serial = fields.expect(tag::INTEGER)?.content.to_vec();
        let time = time(fields.expect(tag::GENERALIZED_TIME)?)?;
        let accuracy = fields.optional(tag::SEQUENCE)?.map(|element| accuracy(element.elements())).transpose()?;
        fields.optional(BOOLEAN)?;
        let nonce = fields.optional(tag::INTEGER)?.map(|element| element.content.to_vec());
        // Who the authority says it is: a hint by which to find its certificate, which the signature names itself.
        fields.optional(0xa0)?;
        if let Some(list) = fields.optional(0xa1)? {
            extensions(list.elements(), |kind, critical, _| match critical {
                true => Err(unreadable(&format!("it has the unknown critical extension {kind}"))),
                false => Ok(()),
            })?;
        }
        if !fields.is_empty() {
            return Err(unreadable("there are bytes after its last field"));
        }
        Ok(Self { policy, algorithm, imprint, serial, time, accuracy, nonce })
    }
}

/// GeneralizedTime, where seconds may have a fraction.
fn time(element: Element<'_>) -> Result<i64, Malformed> {
    const UNREADABLE: Malformed = Malformed("its time cannot be read");
    let digits = element.content.strip_suffix(b"Z").ok_or(UNREADABLE)?;
    let (whole, fraction) = match digits.iter().position(|b| *b == b'.') {
        Some(dot) => digits.split_at(dot),
        None => (digits, &b".0"[..]),
    };
    let is_fraction = fraction.len() > 1 && fraction.iter().skip(1).all(u8::is_ascii_digit);
    let der = asn1::tlv(tag::GENERALIZED_TIME, &[whole, b"Z"]);
    read_time(Reader::new(&der).next()?).filter(|_| is_fraction).ok_or(UNREADABLE)
}

/// Accuracy: seconds, milliseconds, microseconds, each optional.
fn accuracy(mut fields: Reader<'_>) -> Result<Duration, Malformed> {
    let seconds = match fields.is_empty() || fields.rest().first() != Some(&tag::INTEGER) {
        true => 0,
        false => fields.small_integer()?,
    };
    let mut part = |tag: u8| match fields.optional(tag)?.map(|element| element.content) {
        None => Ok(0),
        Some([small @ 0..0x80]) => Ok(u64::from(*small)),
        Some([high @ 0..0x80, low]) => Ok(u64::from(*high) << 8 | u64::from(*low)),
        Some(_) => Err(Malformed("its accuracy cannot be read")),
    };
    let (millis, micros) = (part(0x80)?, part(0x81)?);
    Ok(Duration::from_secs(seconds.into()) + Duration::from_millis(millis) + Duration::from_micros(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_and_without_a_fraction() {
        let read = |text: &str| {
            let der = asn1::tlv(tag::GENERALIZED_TIME, &[text.as_bytes()]);
            time(Reader::new(&der).next().unwrap()).ok()
        };
        for text in ["20260528202640Z", "20260528202640.5Z", "20260528202640.123456Z"] {
            assert_eq!(read(text), Some(1_780_000_000), "{text}");
        }
        for text in
            ["20260528202640", "20260528202640.Z", "20260528202640.5+0100", "2026052820Z", "20261328202640Z", "Z", ""]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn an_accuracy_is_the_sum_of_its_parts() {
        let read = |bytes: &[u8]| accuracy(Reader::new(bytes)).ok();
        assert_eq!(read(&[2, 1, 1, 0x80, 2, 1, 0xf4, 0x81, 1, 100]), Some(Duration::from_micros(1_500_100)));
        assert_eq!(read(&[0x80, 1, 5]), Some(Duration::from_millis(5)));
        assert_eq!(read(&[]), Some(Duration::ZERO));
        assert_eq!(read(&[0x80, 1, 0xff]), None, "below zero");
    }
}
