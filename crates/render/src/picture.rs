//! Pictures that a browser shows, known by their first octets and never by what is said of them.

/// A kind of picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// GIF
    Gif,
    /// JPEG
    Jpeg,
    /// PNG
    Png,
    /// WebP
    Webp,
}

impl Picture {
    /// The kind that these octets are.
    pub fn of(octets: &[u8]) -> Option<Self> {
        match octets {
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            _ => None,
        }
    }

    /// Its media type.
    pub fn media(self) -> &'static str {
        match self {
            Self::Gif => "image/gif",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }

    /// Width times height as the octets say; `None` where they do not. A few octets can stand for gigabytes of memory in who
    /// unpacks them.
    pub(crate) fn pixels(self, octets: &[u8]) -> Option<u64> {
        let (width, height) = match self {
            Self::Gif => (little(octets, 6, 2)?, little(octets, 8, 2)?),
            Self::Png => (big(octets, 16, 4)?, big(octets, 20, 4)?),
            Self::Jpeg => jpeg(octets)?,
            Self::Webp => webp(octets)?,
        };
        width.checked_mul(height)
    }
}

fn big(octets: &[u8], at: usize, length: usize) -> Option<u64> {
    Some(octets.get(at..at.checked_add(length)?)?.iter().fold(0, |number, octet| number << 8 | u64::from(*octet)))
}

fn little(octets: &[u8], at: usize, length: usize) -> Option<u64> {
    let digits = octets.get(at..at.checked_add(length)?)?;
    Some(digits.iter().rev().fold(0, |number, octet| number << 8 | u64::from(*octet)))
}

/// The first frame header (SOFn, ITU T.81 §B.2.2) among the segments.
fn jpeg(octets: &[u8]) -> Option<(u64, u64)> {
    let mut at = 2;
    while let Some(&marker) = octets.get(at + 1).filter(|_| octets.get(at) == Some(&0xff)) {
        match marker {
            0xff => at += 1,
            0x01 | 0xd0..=0xd8 => at += 2,
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                return Some((big(octets, at + 7, 2)?, big(octets, at + 5, 2)?));
            }
            _ => at += 2 + usize::try_from(big(octets, at + 2, 2)?.max(2)).ok()?,
        }
    }
    None
}

/// The first chunk of a WebP: lossy, lossless or extended (RFC 9649 §2).
fn webp(octets: &[u8]) -> Option<(u64, u64)> {
    match octets.get(12..16)? {
        b"VP8 " => Some((little(octets, 26, 2)? & 0x3fff, little(octets, 28, 2)? & 0x3fff)),
        b"VP8L" => {
            let bits = little(octets, 21, 4)?;
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8X" => Some((little(octets, 24, 3)? + 1, little(octets, 27, 3)? + 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_picture_is_what_its_octets_are_and_as_large_as_they_say() {
        let png = [&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], &[0, 0, 1, 0, 0, 0, 0, 2]].concat();
        let jpeg = [0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xff, 0xc2, 0, 17, 8, 0, 3, 1, 0];
        let lossless = [&b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f"[..], &[0xff, 0xc1, 0, 0]].concat();
        for (octets, kind, pixels) in [
            (&b"GIF89a\x02\0\x03\0"[..], Picture::Gif, 6),
            (&png, Picture::Png, 512),
            (&jpeg, Picture::Jpeg, 768),
            (&lossless, Picture::Webp, 512 * 4),
        ] {
            assert_eq!(Picture::of(octets), Some(kind));
            assert_eq!(kind.pixels(octets), Some(pixels), "{kind:?}");
            assert_eq!(kind.pixels(&octets[..octets.len() - 1]), None, "{kind:?} cut off");
        }
        for other in [&b"<svg xmlns="[..], b"BM", b"", b"GIF89", b"%PDF-1.4"] {
            assert_eq!(Picture::of(other), None);
        }
    }

    proptest! {
        #[test]
        fn any_octets_are_measured(head in 0usize..4, octets: Vec<u8>) {
            let heads: [&[u8]; 4] = [b"GIF89a", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP8"];
            let octets = [heads[head], &octets].concat();
            prop_assert!(Picture::of(&octets).is_some_and(|kind| kind.pixels(&octets).is_none_or(|_| true)));
        }
    }
}
