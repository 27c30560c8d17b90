//! Transfer encodings taken off octets as they come, in pieces of any size: what comes out does not depend on the cuts.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
/// Blanks that wait for what follows them. A line of mail has 998 octets: where there are more, they stay.
const BLANKS: usize = 64 << 10;

/// Base64 as it arrives: characters outside the alphabet are skipped (RFC 2045 §6.8), padding may be missing, what stands
/// after the padding is not read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Base64 {
    /// Digits that are no group of four yet.
    digits: Vec<u8>,
    over: bool,
}

impl Base64 {
    pub(crate) fn take(&mut self, text: &[u8], out: &mut Vec<u8>) {
        if self.over {
            return;
        }
        let end = text.iter().position(|octet| *octet == b'=');
        let digits = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
        self.digits.extend(digits.iter().filter(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')));
        self.over = end.is_some();
        let rest = self.digits.split_off(self.digits.len() / 4 * 4);
        Self::decode(&std::mem::replace(&mut self.digits, rest), out);
    }

    pub(crate) fn end(mut self, out: &mut Vec<u8>) {
        // One digit alone holds no octet.
        if self.digits.len() == 1 {
            self.digits.clear();
        }
        Self::decode(&self.digits, out);
    }

    fn decode(digits: &[u8], out: &mut Vec<u8>) {
        // Digits alone, in groups: there is nothing wrong with them.
        let _ = ENGINE.decode_vec(digits, out);
    }
}

/// Quoted-printable (RFC 2045 §6.7): `=` that begins no escape stays as it is, blanks before a line end go, line ends stay
/// as they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct QuotedPrintable {
    /// The beginning of an escape, then blanks: what they mean is said by what follows.
    held: Vec<u8>,
}

impl QuotedPrintable {
    pub(crate) fn take(&mut self, text: &[u8], out: &mut Vec<u8>) {
        for octet in text {
            match *octet {
                b'\n' => {
                    let ending: &[u8] = if self.held.last() == Some(&b'\r') { b"\r\n" } else { b"\n" };
                    self.line_ends(ending, out);
                }
                blank if blank.is_ascii_whitespace() => {
                    self.held.push(blank);
                    if self.held.len() > BLANKS {
                        out.append(&mut self.held);
                    }
                }
                octet => self.mark(octet, out),
            }
        }
    }

    pub(crate) fn end(mut self, out: &mut Vec<u8>) {
        self.line_ends(b"", out);
    }

    fn line_ends(&mut self, ending: &[u8], out: &mut Vec<u8>) {
        let content = self.held.trim_ascii_end();
        match content.strip_suffix(b"=") {
            Some(before) => out.extend_from_slice(before),
            None => {
                out.extend_from_slice(content);
                out.extend_from_slice(ending);
            }
        }
        self.held.clear();
    }

    /// An octet that is no blank.
    fn mark(&mut self, octet: u8, out: &mut Vec<u8>) {
        match (self.held.as_slice(), digit(octet)) {
            ([b'='], Some(_)) => return self.held.push(octet),
            ([b'=', high], Some(low)) if let Some(high) = digit(*high) => {
                out.push(high << 4 | low);
                return self.held.clear();
            }
            _ => out.append(&mut self.held),
        }
        if octet == b'=' { self.held.push(octet) } else { out.push(octet) }
    }
}

/// The value of a hexadecimal digit.
pub(super) fn digit(octet: u8) -> Option<u8> {
    char::from(octet).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
