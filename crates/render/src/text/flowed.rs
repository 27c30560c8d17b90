//! Lines of a text with their quotes, `format=flowed` joined again (RFC 3676).

/// How the lines of a text are to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// As they stand.
    Fixed,
    /// A blank at the end says that the line goes on (RFC 3676 §4).
    Flowed {
        /// `delsp=yes`: that blank is none of the text's.
        delete_space: bool,
    },
}

/// One line as a person reads it.
pub(super) struct Logical {
    /// How often it is quoted.
    pub(super) quoted: usize,
    /// What stands in it.
    pub(super) words: String,
}

/// Deeper quotes than any screen shows.
const DEEPEST: usize = 20;
/// Octets of a line that is joined from several: some programs mark all lines as going on.
const LONGEST: usize = 64 << 10;

/// The lines of a text.
pub(super) fn lines(text: &str, flow: Flow) -> impl Iterator<Item = Logical> + '_ {
    let mut rest = text.split_terminator('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).peekable();
    std::iter::from_fn(move || {
        let line = rest.next()?;
        let Flow::Flowed { delete_space } = flow else {
            let (quoted, words) = quotes(line);
            return Some(Logical { quoted, words: words.to_owned() });
        };
        let (quoted, words) = flowed_quotes(line);
        let mut joined = words.to_owned();
        // The mark of a signature goes on in no case (RFC 3676 §4.3).
        while joined.ends_with(' ') && joined != "-- " && joined.len() < LONGEST {
            let Some((_, next)) = rest.peek().map(|next| flowed_quotes(next)).filter(|(depth, _)| *depth == quoted)
            else {
                break;
            };
            if next == "-- " {
                break;
            }
            if delete_space {
                joined.pop();
            }
            joined.push_str(next);
            rest.next();
        }
        Some(Logical { quoted, words: joined })
    })
}

/// The marks at the beginning one after the other, then a blank that only protects the line (RFC 3676 §4.4, §4.5).
fn flowed_quotes(line: &str) -> (usize, &str) {
    let words = line.trim_start_matches('>');
    let depth = line.len() - words.len();
    (depth.min(DEEPEST), words.strip_prefix(' ').unwrap_or(words))
}

/// The marks at the beginning, each with a blank behind it or none.
fn quotes(line: &str) -> (usize, &str) {
    let (mut depth, mut words) = (0, line);
    while let Some(rest) = words.strip_prefix('>') {
        depth += 1;
        words = rest.strip_prefix(' ').unwrap_or(rest);
    }
    (depth.min(DEEPEST), words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(text: &str, flow: Flow) -> Vec<String> {
        lines(text, flow).map(|line| format!("{}{}", ">".repeat(line.quoted), line.words)).collect()
    }

    #[test]
    fn lines_that_go_on_are_joined_and_others_are_not() {
        let flow = Flow::Flowed { delete_space: false };
        assert_eq!(drawn("uno \r\ndue \r\ntre\r\nquattro", flow), ["uno due tre", "quattro"]);
        assert_eq!(drawn("> uno \n> due\n>> tre \nquattro", flow), [">uno due", ">>tre ", "quattro"]);
        assert_eq!(drawn(" >da\n From\n-- \nnome", flow), [">da", "From", "-- ", "nome"]);
        assert_eq!(drawn("uno \n-- \nnome", flow), ["uno ", "-- ", "nome"]);
        assert_eq!(drawn("日 \n本\n", Flow::Flowed { delete_space: true }), ["日本"]);
        assert_eq!(drawn("uno \ndue", Flow::Fixed), ["uno ", "due"]);
    }

    #[test]
    fn quotes_have_a_depth_that_ends() {
        assert_eq!(drawn("> > > a\n>>b", Flow::Fixed), [">>>a", ">>b"]);
        assert_eq!(drawn(&format!("{}a", "> ".repeat(100_000)), Flow::Fixed), [format!("{}a", ">".repeat(DEEPEST))]);
        assert!(
            drawn(&"x \n".repeat(100_000), Flow::Flowed { delete_space: false })
                .iter()
                .all(|line| line.len() <= LONGEST + 2)
        );
    }
}
