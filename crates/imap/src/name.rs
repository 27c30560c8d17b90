//! Names of mailboxes: modified UTF-7 (RFC 3501 §5.1.3) or UTF-8, as the client has chosen.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::dialect::Dialect;

/// Base64 with `,` for `/`, without padding; bits that stand for nothing must be zero.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::IMAP_MUTF7,
    GeneralPurposeConfig::new().with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// Why the name of a mailbox cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// An `&` that begins nothing, octets above 127, or what could be written shorter: two spellings of a name would be
    /// two names for a client.
    #[error("the name of the mailbox is not in modified UTF-7")]
    Utf7,
    /// Other octets than UTF-8 from a client that has chosen it.
    #[error("the name of the mailbox is not in UTF-8")]
    Utf8,
}

/// The name that these octets stand for. Whether such a mailbox can be is not judged here.
pub fn decode(octets: &[u8], dialect: Dialect) -> Result<String, NameFault> {
    match dialect {
        // Also a raw `&`: Thunderbird sends it so once UTF8=ACCEPT is enabled.
        Dialect::Utf8 => String::from_utf8(octets.to_vec()).map_err(|_| NameFault::Utf8),
        Dialect::Ascii => {
            let name = from_utf7(octets).ok_or(NameFault::Utf7)?;
            if to_utf7(&name).as_bytes() == octets { Ok(name) } else { Err(NameFault::Utf7) }
        }
    }
}

/// The name as it is written to the client.
pub fn encode(name: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::Utf8 => name.to_owned(),
        Dialect::Ascii => to_utf7(name),
    }
}

fn from_utf7(octets: &[u8]) -> Option<String> {
    let mut name = String::with_capacity(octets.len());
    let mut rest = std::str::from_utf8(octets).ok()?;
    while let Some((plain, shifted)) = rest.split_once('&') {
        name.push_str(plain);
        let (digits, after) = shifted.split_once('-')?;
        match digits {
            "" => name.push('&'),
            digits => name.push_str(&from_utf16(&ENGINE.decode(digits).ok()?)?),
        }
        rest = after;
    }
    name.push_str(rest);
    Some(name)
}

fn from_utf16(octets: &[u8]) -> Option<String> {
    let (units, rest) = octets.as_chunks::<2>();
    let units: Vec<u16> = units.iter().map(|unit| u16::from_be_bytes(*unit)).collect();
    rest.is_empty().then(|| String::from_utf16(&units).ok())?
}

fn to_utf7(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut units = Vec::new();
    let shift_back = |out: &mut String, units: &mut Vec<u8>| {
        if !units.is_empty() {
            out.push('&');
            out.push_str(&ENGINE.encode(&*units));
            out.push('-');
            units.clear();
        }
    };
    for c in name.chars() {
        if !matches!(c, ' '..='~') {
            units.extend(c.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_be_bytes()));
            continue;
        }
        shift_back(&mut out, &mut units);
        out.push(c);
        if c == '&' {
            out.push('-');
        }
    }
    shift_back(&mut out, &mut units);
    out
}
