//! As much CBOR (RFC 8949) as rows of evidence need, by the description of their form (`docs/evidence-format.md`).

/// Octets under way.
#[derive(Default)]
pub struct Cbor(pub Vec<u8>);

impl Cbor {
    /// An array of so many.
    pub fn array(&mut self, items: u64) -> &mut Self {
        self.head(4, items)
    }

    /// A number.
    pub fn number(&mut self, number: u64) -> &mut Self {
        self.head(0, number)
    }

    /// Nothing.
    pub fn null(&mut self) -> &mut Self {
        self.0.push(0xf6);
        self
    }

    /// Octets.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.head(2, bytes.len() as u64).0.extend_from_slice(bytes);
        self
    }

    /// A text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.head(3, text.len() as u64).0.extend_from_slice(text.as_bytes());
        self
    }

    fn head(&mut self, major: u8, value: u64) -> &mut Self {
        let bytes = value.to_be_bytes();
        let (more, from) = match value {
            0..24 => (bytes[7], 8),
            24..0x100 => (24, 7),
            0x100..0x1_0000 => (25, 6),
            0x1_0000..0x1_0000_0000 => (26, 4),
            _ => (27, 0),
        };
        self.0.push(major << 5 | more);
        self.0.extend_from_slice(bytes.get(from..).unwrap_or_default());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8949, Appendix A.
    #[test]
    fn what_is_written_is_in_the_shortest_form() {
        let mut to = Cbor::default();
        to.array(7).number(0).number(23).number(24).number(1000).number(1_000_000).number(1_000_000_000_000).null();
        let expected = "8700171818 1903e8 1a000f4240 1b000000e8d4a51000 f6".replace(' ', "");
        let hex: String = to.0.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, expected);
        let mut text = Cbor::default();
        text.text("IETF").bytes(&[1, 2]);
        assert_eq!(text.0, [0x64, 0x49, 0x45, 0x54, 0x46, 0x42, 1, 2]);
    }
}
