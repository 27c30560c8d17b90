//! Heads: what the provider signs of a tree. `docs/evidence-format.md` has the form; a head is text, so that whoever has
//! nothing but `openssl` reads it.

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pec::Moment;
use sha2::{Digest as _, Sha256};

use crate::record::LogId;
use crate::tree::Node;
use crate::version::FormatError;

/// The state of a tree at one instant: how many rows it has, and the root over them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The domain of the provider's service address, which stands in the certificate that signs.
    pub domain: String,
    /// Whose rows.
    pub log: LogId,
    /// The number of the first row of the tree.
    pub first: u64,
    /// How many rows; one at least.
    pub size: u64,
    /// The root over them.
    pub root: Node,
    /// From 1 without gaps, of all heads of the log.
    pub number: u64,
    /// Of the first row's instant the day in Italian legal time, `yyyy-mm-dd`: what people call the tree.
    pub day: String,
    /// When it was made.
    pub at: Moment,
    /// SHA-256 of the text of the head before it in its log.
    pub previous: Option<Node>,
    /// Whether the tree has ended: the next row begins another.
    pub closed: bool,
    /// The provider's name.
    pub provider: String,
}

/// The longest text that is read as a head, octets.
pub const MOST: usize = 2048;

const FORM: &str = "sigillo-head 1";
const PLACE: &str = "/evidence/";

impl Head {
    /// The text that is signed.
    pub fn text(&self) -> String {
        let Self { domain, log, first, size, root, number, day, at, previous, closed, provider } = self;
        let mut text = format!("{domain}{PLACE}{}/{first}\n{size}\n{}\n{FORM}\n", log.0, STANDARD.encode(root));
        let previous = previous.map_or_else(|| "none".to_owned(), |digest| STANDARD.encode(digest));
        let state = if *closed { "closed" } else { "open" };
        // A text is written whatever it says.
        let _ = write!(
            text,
            "head {number}\nday {day}\ninstant {}\nprevious {previous}\nstate {state}\nprovider {provider}\n",
            at.utc()
        );
        text
    }

    /// Reads a text; any other than [`Head::text`] writes is refused.
    pub fn read(bytes: &[u8]) -> Result<Self, FormatError> {
        let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= MOST).ok_or("a short text in UTF-8")?;
        let mut lines = text.split('\n');
        let mut line = |expected| lines.next().ok_or(expected);
        let (domain, place) = line("an origin")?.split_once(PLACE).ok_or("an origin with /evidence/")?;
        let (log, first) = place.split_once('/').ok_or("log and row in the origin")?;
        let (size, root) = (number(line("a size")?)?, digest(line("a root")?)?);
        if line("a form")? != FORM {
            return Err("sigillo-head 1".into());
        }
        let mut value = |name: &str, expected| {
            let named = lines.next().and_then(|line| line.strip_prefix(name)?.strip_prefix(' '));
            named.ok_or(expected)
        };
        let head = Self {
            domain: domain.to_owned(),
            log: LogId(u32::try_from(number(log)?).map_err(|_| "a number of 32 bits")?),
            first: number(first)?,
            size,
            root,
            number: number(value("head", "the number of the head")?)?,
            day: value("day", "a day")?.to_owned(),
            at: Moment::from_utc(value("instant", "an instant")?).ok_or("an instant in UTC")?,
            previous: match value("previous", "the digest of the head before")? {
                "none" => None,
                text => Some(digest(text)?),
            },
            closed: match value("state", "a state")? {
                "closed" => true,
                "open" => false,
                _ => return Err("open or closed".into()),
            },
            provider: value("provider", "the provider's name")?.to_owned(),
        };
        if head.size == 0 || head.first == 0 || head.number == 0 || head.first.checked_add(head.size).is_none() {
            return Err("numbers from 1".into());
        }
        // What is written has one form: lines behind the last, signs before a number, another way to write an instant.
        if head.text() == text { Ok(head) } else { Err("the one form of a head".into()) }
    }

    /// The number of the row behind the last one.
    pub fn end(&self) -> u64 {
        self.first.saturating_add(self.size)
    }

    /// The place of a row in the tree, from 0; `None`: the tree does not have it.
    pub fn index(&self, log: LogId, number: u64) -> Option<u64> {
        (log == self.log && (self.first..self.end()).contains(&number)).then(|| number - self.first)
    }
}

/// What the next head names this text by.
pub fn digest_of(text: &[u8]) -> Node {
    Sha256::digest(text).into()
}

fn number(text: &str) -> Result<u64, &'static str> {
    text.parse().map_err(|_| "a number")
}

fn digest(text: &str) -> Result<Node, &'static str> {
    STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok()).ok_or("a digest of 32 octets in base64")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn heads() -> impl Strategy<Value = Head> {
        let numbers = (any::<u32>(), 1u64..1 << 40, 1u64..1 << 40, 1u64..1 << 40, 0i64..32_503_679_999);
        let digests = (any::<Node>(), prop::option::of(any::<Node>()), any::<bool>());
        (numbers, digests, "[a-z]{1,20}\\.example", "[^\n]{0,60}").prop_map(
            |((log, first, size, number, at), (root, previous, closed), domain, provider)| {
                let at = Moment::from_unix(at);
                let log = LogId(log);
                Head { domain, log, first, size, root, number, day: at.date(), at, previous, closed, provider }
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back_and_has_one_form(
            head in heads(), at in any::<prop::sample::Index>(), with in any::<u8>(),
        ) {
            let text = head.text();
            prop_assert_eq!(Head::read(text.as_bytes()).unwrap(), head);
            let mut bytes = text.into_bytes();
            *at.get_mut(&mut bytes) = with;
            if let Ok(read) = Head::read(&bytes) {
                prop_assert_eq!(read.text().into_bytes(), bytes);
            }
        }
    }

    pub(crate) fn example() -> Head {
        Head {
            domain: "alfa.example".into(),
            log: LogId(1),
            first: 4711,
            size: 1,
            root: crate::tree::leaf(b""),
            number: 12,
            day: "2026-11-27".into(),
            at: Moment::from_unix(1_795_770_000),
            previous: Some(crate::tree::empty()),
            closed: false,
            provider: "Alfa PEC".into(),
        }
    }

    /// The example of docs/evidence-format.md.
    #[test]
    fn the_text_is_that_of_the_page() {
        const PAGE: &str = include_str!("../../../docs/evidence-format.md");
        let text: String = example().text().lines().map(|line| format!("    {line}\n")).collect();
        assert!(PAGE.contains(&text), "not on the page:\n{text}");
    }

    #[test]
    fn another_form_is_refused_with_what_was_expected() {
        let text = example().text();
        for (from, to, expected) in [
            ("sigillo-head 1", "sigillo-head 2", "sigillo-head 1"),
            ("open", "shut", "open or closed"),
            ("head 12", "head +12", "the one form of a head"),
            ("head 12", "head 0", "numbers from 1"),
            ("\n1\n", "\n01\n", "the one form of a head"),
            ("Z\n", "+00:00\n", "an instant in UTC"),
            ("provider Alfa PEC\n", "provider Alfa PEC\nmore\n", "the one form of a head"),
            ("/evidence/", "/", "an origin with /evidence/"),
        ] {
            assert_eq!(Head::read(text.replace(from, to).as_bytes()), Err(FormatError(expected)), "{to}");
        }
        assert!(Head::read(&[0xff]).is_err() && Head::read(&vec![b'a'; MOST + 1]).is_err());
    }

    #[test]
    fn a_head_knows_its_rows() {
        let head = Head { size: 10, ..example() };
        assert_eq!([4710, 4711, 4720, 4721].map(|row| head.index(LogId(1), row)), [None, Some(0), Some(9), None]);
        assert_eq!((head.index(LogId(2), 4711), head.end()), (None, 4721));
    }
}
