//! Patterns of LIST and LSUB (RFC 9051 §6.3.9), matched without ever going back.

/// The longest pattern, octets: no name is longer, so that a longer one fits none.
const MAX_PATTERN: usize = 1_000;
const INBOX: &str = "INBOX";

/// A pattern made ready: `*` fits anything, `%` anything within one level; levels are separated by `/`.
///
/// All ways in which the pattern may fit are followed at once, one bit each (Baeza-Yates and Gonnet, shift-and), so that
/// a name costs its octets times the pattern's over 64, whatever the two look like.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// What stands before the first `*` and `%`.
    beginning: String,
    /// How many octets of the pattern are themselves. The places before, between and behind them are the states.
    octets: usize,
    /// For each octet of a name, at which places it is the next one of the pattern.
    next: Vec<(u8, Bits)>,
    /// Places where a `*` stands.
    any: Bits,
    /// Places where a `%` stands.
    level: Bits,
}

/// A set of places.
type Bits = Vec<u64>;

fn set(bits: &mut Bits, at: usize) {
    if let Some(word) = bits.get_mut(at / 64) {
        *word |= 1 << (at % 64);
    }
}

impl Pattern {
    /// The pattern behind a reference, as our hierarchy has it: one text after the other (RFC 9051 §6.3.9).
    pub fn new(reference: &str, pattern: &str) -> Self {
        let text = || reference.bytes().chain(pattern.bytes());
        let octets = text().filter(|octet| !matches!(octet, b'*' | b'%')).count();
        let empty: Bits = vec![0; octets.min(MAX_PATTERN) / 64 + 1];
        let mut beginning = format!("{reference}{pattern}");
        beginning.truncate(beginning.find(['*', '%']).unwrap_or(beginning.len()));
        let mut ready = Self { beginning, octets, next: Vec::new(), any: empty.clone(), level: empty.clone() };
        let mut at = 0;
        for octet in text() {
            match octet {
                b'*' => set(&mut ready.any, at),
                b'%' => set(&mut ready.level, at),
                octet => {
                    let known = ready.next.iter().position(|(other, _)| *other == octet);
                    let slot = known.unwrap_or_else(|| {
                        ready.next.push((octet, empty.clone()));
                        ready.next.len() - 1
                    });
                    ready.next.get_mut(slot).into_iter().for_each(|(_, places)| set(places, at));
                    at += 1;
                }
            }
        }
        ready
    }

    /// How every name begins that fits, unless it is `INBOX`.
    pub fn beginning(&self) -> &str {
        &self.beginning
    }

    /// Whether the name fits. `INBOX` at the top fits in any case.
    pub fn matches(&self, name: &str) -> bool {
        self.places_after(name).get(self.octets / 64).is_some_and(|word| word >> (self.octets % 64) & 1 == 1)
    }

    /// Whether a name that begins so may fit. Where none can, nobody need look for them.
    pub fn reaches(&self, beginning: &str) -> bool {
        self.places_after(beginning).iter().any(|word| *word > 0)
    }

    /// At which places of the pattern one may stand when the name ends.
    fn places_after(&self, name: &str) -> Bits {
        if self.octets > MAX_PATTERN {
            return Bits::new();
        }
        let inbox = name.split('/').next() == Some(INBOX);
        let mut here = vec![0; self.any.len()];
        set(&mut here, 0);
        for (at, octet) in name.bytes().enumerate() {
            let next = self.places(octet);
            // The other case counts where the name says INBOX.
            let other = if inbox && at < INBOX.len() { self.places(octet.to_ascii_lowercase()) } else { None };
            let mut carry = 0;
            for (word, places) in here.iter_mut().enumerate() {
                let of = |bits: Option<&Bits>| bits.and_then(|bits| bits.get(word)).copied().unwrap_or_default();
                let level = if octet == b'/' { 0 } else { of(Some(&self.level)) };
                let stays = *places & (of(Some(&self.any)) | level);
                let goes = *places & (of(next) | of(other));
                *places = stays | (goes << 1) | carry;
                carry = goes >> 63;
            }
        }
        here
    }

    fn places(&self, octet: u8) -> Option<&Bits> {
        self.next.iter().find(|(own, _)| *own == octet).map(|(_, places)| places)
    }
}
