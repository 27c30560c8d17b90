//! The text of a message as a plain structure: paragraphs, lines, quotes, links. No markup: whoever shows it escapes it.

mod flowed;
mod link;
mod run;

pub(crate) use flowed::Flow;
pub use run::{Line, Run};

use crate::plain;

/// A text to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// Its paragraphs, in order.
    pub paragraphs: Vec<Paragraph>,
    /// Whether something beyond the limits was left out.
    pub cut: bool,
}

/// Lines that stand together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paragraph {
    /// How often it is quoted: 0 is the author's own, 1 what he answers to.
    pub quoted: usize,
    /// Whether it stands under the mark of a signature (`-- `).
    pub signature: bool,
    /// Its lines.
    pub lines: Vec<Line>,
}

impl Text {
    /// Reads a text: at most `lines` lines of it.
    pub(crate) fn read(text: &str, flow: Flow, lines: usize) -> Self {
        let mut read = Self::default();
        let (mut count, mut open, mut signature) = (0, false, false);
        for line in flowed::lines(text, flow) {
            if count == lines {
                read.cut = true;
                break;
            }
            count += 1;
            let words = plain::clean(line.words.trim_end_matches('\n'));
            if words.trim().is_empty() {
                open = false;
                continue;
            }
            let begins_signature = line.quoted == 0 && matches!(words.as_str(), "-- " | "--");
            signature = begins_signature || (signature && line.quoted == 0);
            let fits = |last: &&mut Paragraph| open && !begins_signature && last.quoted == line.quoted;
            let runs = link::runs(words.trim_end());
            match read.paragraphs.last_mut().filter(fits) {
                Some(last) => last.lines.push(runs),
                None => {
                    read.paragraphs.push(Paragraph { quoted: line.quoted, signature, lines: vec![runs] });
                }
            }
            open = true;
        }
        read
    }

    /// The words alone, quotes marked as programs do, to answer with or to search in.
    pub fn words(&self) -> String {
        let mut out = String::new();
        for (at, paragraph) in self.paragraphs.iter().enumerate() {
            if at > 0 {
                out.push('\n');
            }
            for line in &paragraph.lines {
                (0..paragraph.quoted).for_each(|_| out.push('>'));
                out.push_str(if paragraph.quoted > 0 { " " } else { "" });
                for run in line {
                    let (Run::Words(words) | Run::Link { words, .. }) = run;
                    out.push_str(words);
                }
                out.push('\n');
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn drawn(text: &str, flow: Flow) -> Vec<String> {
        let paragraph = |paragraph: Paragraph| {
            let lines: Vec<String> = paragraph
                .lines
                .iter()
                .map(|line| {
                    let run = |run: &Run| match run {
                        Run::Words(words) => words.clone(),
                        Run::Link { words, address } => format!("[{words}]({address})"),
                    };
                    line.iter().map(run).collect()
                })
                .collect();
            let mark = if paragraph.signature { "~" } else { "" };
            format!("{mark}{}{}", ">".repeat(paragraph.quoted), lines.join("|"))
        };
        Text::read(text, flow, 1_000).paragraphs.into_iter().map(paragraph).collect()
    }

    #[test]
    fn a_text_is_paragraphs_quotes_and_a_signature() {
        let text = "Buongiorno,\r\nconfermo.\r\n\r\nIl 3 maggio scriveva:\r\n> uno\r\n> due\r\n>> tre\r\n> > tre\r\n\r\n-- \r\nMario\r\n";
        assert_eq!(
            drawn(text, Flow::Fixed),
            ["Buongiorno,|confermo.", "Il 3 maggio scriveva:", ">uno|due", ">>tre|tre", "~--|Mario"]
        );
    }

    #[test]
    fn what_is_beyond_the_limit_is_left_out_and_told() {
        let text = Text::read("a\nb\nc\n", Flow::Fixed, 2);
        assert_eq!((text.words().as_str(), text.cut), ("a\nb\n", true));
        assert!(!Text::read("a\nb", Flow::Fixed, 2).cut);
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_no_word_is_lost(text in "[a-z>. \\-\n\u{202e}]{0,200}", flowed: bool) {
            let flow = if flowed { Flow::Flowed { delete_space: false } } else { Flow::Fixed };
            let letters = |text: &str| text.chars().filter(char::is_ascii_lowercase).collect::<String>();
            let read = Text::read(&text, flow, 1_000);
            prop_assert_eq!(letters(&read.words()), letters(&text));
            let turned = read.words().contains('\u{202e}');
            prop_assert!(!turned);
        }
    }
}
