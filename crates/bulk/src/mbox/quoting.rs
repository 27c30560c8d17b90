//! Lines that begin with `From `, quoted and not.

use std::io::{self, Write};

/// What begins a message.
const FROM: &[u8] = b"From ";

/// How the lines of a file are quoted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Quoting {
    /// One `>` was put before every line that begins with `From `, whatever number of `>` it had: exactly undone
    #[default]
    Mboxrd,
    /// A `>` was put before lines that begin with `From `, and not where one stood already
    Mboxo,
    /// Nothing was quoted (mboxcl2)
    None,
}

impl Quoting {
    /// The line as it was before it was quoted.
    pub(super) fn undo(self, line: &[u8]) -> &[u8] {
        let quotes = line.iter().take_while(|octet| **octet == b'>').count();
        let quoted = line.get(quotes..).is_some_and(|rest| rest.starts_with(FROM));
        let one_off = match self {
            Quoting::Mboxrd => quoted && quotes > 0,
            Quoting::Mboxo => quoted && quotes == 1,
            Quoting::None => false,
        };
        if one_off { line.get(1..).unwrap_or_default() } else { line }
    }
}

/// Quotes what is written through it (mboxrd), in whatever pieces it comes.
#[derive(Default)]
pub(super) struct Quoter {
    state: State,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// At the beginning of a line, or after the `>` that it begins with.
    #[default]
    Start,
    /// So many octets of `From ` have come, and are held back.
    From(usize),
    /// Within a line.
    Within,
}

impl Quoter {
    /// Writes octets, those excepted that may be the beginning of `From `.
    pub(super) fn put(&mut self, mut octets: &[u8], to: &mut impl Write) -> io::Result<()> {
        while let Some(first) = octets.first().copied() {
            let taken = match self.state {
                State::Start if first == b'>' => {
                    to.write_all(b">")?;
                    1
                }
                State::Start if first == b'F' => {
                    self.state = State::From(1);
                    1
                }
                State::From(held) if FROM.get(held) == Some(&first) => {
                    self.state = State::From(held + 1);
                    if held + 1 == FROM.len() {
                        to.write_all(b">")?;
                        self.end(to)?;
                        self.state = State::Within;
                    }
                    1
                }
                State::From(_) => {
                    self.end(to)?;
                    self.state = State::Within;
                    0
                }
                State::Start | State::Within => {
                    let end = octets.iter().position(|octet| *octet == b'\n');
                    self.state = if end.is_some() { State::Start } else { State::Within };
                    let line = octets.get(..end.map_or(octets.len(), |end| end + 1)).unwrap_or_default();
                    to.write_all(line)?;
                    line.len()
                }
            };
            octets = octets.get(taken..).unwrap_or_default();
        }
        Ok(())
    }

    /// Writes what is held back.
    pub(super) fn end(&mut self, to: &mut impl Write) -> io::Result<()> {
        match std::mem::take(&mut self.state) {
            State::From(held) => to.write_all(FROM.get(..held).unwrap_or_default()),
            State::Start | State::Within => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn quoted(pieces: &[&[u8]]) -> Vec<u8> {
        let (mut quoter, mut out) = (Quoter::default(), Vec::new());
        pieces.iter().for_each(|piece| quoter.put(piece, &mut out).unwrap());
        quoter.end(&mut out).unwrap();
        out
    }

    #[test]
    fn every_line_that_begins_with_from_gets_one_more() {
        for (line, with) in [
            ("From here\n", ">From here\n"),
            (">From here\n", ">>From here\n"),
            (">>>From ", ">>>>From "),
            ("From\n", "From\n"),
            ("Fro", "Fro"),
            ("a From b\nFrom c", "a From b\n>From c"),
            ("FFrom x\n", "FFrom x\n"),
            (">\nFrom x", ">\n>From x"),
        ] {
            assert_eq!(String::from_utf8(quoted(&[line.as_bytes()])).unwrap(), with);
        }
    }

    #[test]
    fn each_way_of_quoting_is_undone_as_it_was_done() {
        for (line, rd, o, none) in [
            (">From x", "From x", "From x", ">From x"),
            (">>From x", ">From x", ">>From x", ">>From x"),
            (">Fromx", ">Fromx", ">Fromx", ">Fromx"),
            ("From x", "From x", "From x", "From x"),
        ] {
            let undo = |quoting: Quoting| String::from_utf8(quoting.undo(line.as_bytes()).to_vec()).unwrap();
            assert_eq!([undo(Quoting::Mboxrd), undo(Quoting::Mboxo), undo(Quoting::None)], [rd, o, none]);
        }
    }

    proptest! {
        #[test]
        fn what_is_quoted_in_whatever_pieces_is_undone(
            lines in prop::collection::vec("(>{0,2}(From |Fro|From)?)[a\n>F]{0,3}", 0..6),
            cut in 0usize..40,
        ) {
            let text = lines.concat().into_bytes();
            let (one, other) = text.split_at(cut.min(text.len()));
            let quoted = quoted(&[one, other]);
            let back: Vec<u8> =
                quoted.split_inclusive(|octet| *octet == b'\n').flat_map(|line| Quoting::Mboxrd.undo(line)).copied().collect();
            prop_assert_eq!(back, text);
            prop_assert!(quoted.split_inclusive(|octet| *octet == b'\n').all(|line| !line.starts_with(FROM)));
        }
    }
}
