//! What an attachment is by its first octets, where it matters: what somebody says of a file is not what it is.

use crate::picture::Picture;

/// What is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A picture.
    Picture(Picture),
    /// PDF
    Pdf,
    /// ZIP: archives, office documents, programs for phones.
    Zip,
    /// A signed file: CMS SignedData (RFC 5652), in DER, BER, PEM or bare base64.
    Signed,
    /// XML
    Xml,
    /// An electronic invoice: XML of that name.
    Invoice,
    /// HTML
    Html,
    /// What a machine runs: programs of Windows, Linux and macOS, scripts that name their interpreter.
    Program,
}

impl Seen {
    /// The extension that such a file has.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Picture(Picture::Gif) => "gif",
            Self::Picture(Picture::Jpeg) => "jpg",
            Self::Picture(Picture::Png) => "png",
            Self::Picture(Picture::Webp) => "webp",
            Self::Pdf => "pdf",
            Self::Zip => "zip",
            Self::Signed => "p7m",
            Self::Xml | Self::Invoice => "xml",
            Self::Html => "html",
            Self::Program => "bin",
        }
    }
}

/// How far into a file [`of`] looks.
pub(crate) const LOOKED_AT: usize = 4 << 10;

/// The OID of SignedData (1.2.840.113549.1.7.2) as DER writes it.
const SIGNED_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";

/// What begins with these octets; `None`: nothing that is recognised.
pub(crate) fn of(octets: &[u8]) -> Option<Seen> {
    let octets = octets.get(..LOOKED_AT).unwrap_or(octets);
    if let Some(picture) = Picture::of(octets) {
        return Some(Seen::Picture(picture));
    }
    // Before what may stand inside it.
    if octets.first() == Some(&0x30) && octets.get(..40.min(octets.len())).is_some_and(|head| has(head, SIGNED_DATA)) {
        return Some(Seen::Signed);
    }
    // Readers of PDF take some octets before the mark.
    if octets.get(..1_024.min(octets.len())).is_some_and(|head| has(head, b"%PDF-")) {
        return Some(Seen::Pdf);
    }
    match octets {
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Seen::Zip),
        [b'M', b'Z', ..] | [0x7f, b'E', b'L', b'F', ..] | [b'#', b'!', ..] => Some(Seen::Program),
        [0xfe, 0xed, 0xfa, 0xce | 0xcf, ..] | [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..] => Some(Seen::Program),
        _ => text(octets),
    }
}

fn text(octets: &[u8]) -> Option<Seen> {
    let text = readable(octets);
    let text = text.trim_start();
    if text.starts_with("-----BEGIN PKCS7-----") || text.starts_with("-----BEGIN CMS-----") {
        return Some(Seen::Signed);
    }
    // SEQUENCE with an indefinite or a long length, then the OID: its base64 begins with one of these.
    let coded: String = text.chars().filter(|c| !c.is_whitespace()).take(8).collect();
    if coded.len() == 8 && ["MII", "MIA", "MIG", "MIH"].iter().any(|head| coded.starts_with(head)) {
        return Some(Seen::Signed);
    }
    let head = text.get(..text.floor_char_boundary(256)).unwrap_or_default().to_ascii_lowercase();
    if head.starts_with("<!doctype html") || head.starts_with("<html") {
        return Some(Seen::Html);
    }
    let is_name = |c: char| c.is_ascii_alphabetic() || c == '_';
    let xml = head.starts_with("<?xml") || head.strip_prefix('<').is_some_and(|rest| rest.starts_with(is_name));
    match xml {
        true if has(text.to_ascii_lowercase().as_bytes(), b"<html") => Some(Seen::Html),
        true if has(text.as_bytes(), b"FatturaElettronica") => Some(Seen::Invoice),
        true => Some(Seen::Xml),
        false => None,
    }
}

/// The octets as text: UTF-16 by its mark, everything else by its ASCII.
fn readable(octets: &[u8]) -> String {
    let units = |big: bool| -> Vec<u16> {
        let pairs = octets.get(2..).unwrap_or_default().chunks_exact(2);
        let unit = |pair: &[u8]| pair.iter().fold(0, |unit: u16, octet| unit << 8 | u16::from(*octet));
        pairs.map(|pair| if big { unit(pair) } else { unit(pair).swap_bytes() }).collect()
    };
    match octets {
        [0xfe, 0xff, ..] => String::from_utf16_lossy(&units(true)),
        [0xff, 0xfe, ..] => String::from_utf16_lossy(&units(false)),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => String::from_utf8_lossy(octets).into_owned(),
    }
}

fn has(octets: &[u8], words: &[u8]) -> bool {
    octets.windows(words.len()).any(|window| window == words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_what_is_in_them() {
        let signed = [&[0x30, 0x82, 1, 2][..], SIGNED_DATA, &[0xa0]].concat();
        for (octets, seen) in [
            (&b"%PDF-1.7"[..], Some(Seen::Pdf)),
            (b"\r\n%PDF-1.4", Some(Seen::Pdf)),
            (b"PK\x03\x04", Some(Seen::Zip)),
            (b"MZ\x90", Some(Seen::Program)),
            (b"#!/bin/sh", Some(Seen::Program)),
            (&signed, Some(Seen::Signed)),
            (&[&signed, &b"%PDF-1.7"[..]].concat(), Some(Seen::Signed)),
            (b"MIIGSwYJKoZIhvcNAQcCoIIG", Some(Seen::Signed)),
            (b"MIAGCSqG\r\nSIb3DQEHAqCA", Some(Seen::Signed)),
            (b"-----BEGIN PKCS7-----\nMII", Some(Seen::Signed)),
            (b"\xef\xbb\xbf<?xml version=\"1.0\"?><p:FatturaElettronica", Some(Seen::Invoice)),
            (b"\xff\xfe<\0a\0>\0", Some(Seen::Xml)),
            (b"  <!DOCTYPE HTML>", Some(Seen::Html)),
            (b"<?xml version='1.0'?><!DOCTYPE html><HTML xmlns=", Some(Seen::Html)),
            (b"GIF89a", Some(Seen::Picture(Picture::Gif))),
            (b"Caro Mario,", None),
            (b"<3", None),
            (b"0", None),
            (b"", None),
        ] {
            assert_eq!(of(octets), seen, "{:?}", String::from_utf8_lossy(octets));
        }
    }
}
