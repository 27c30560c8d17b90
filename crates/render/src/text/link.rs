//! Links in a plain text.

use pec::Address;

use super::run::Run;
use crate::link;

/// Octets of a word that may be a link.
const LONGEST: usize = 2_000;

/// Signs that close a sentence one after the other.
const CLOSING: usize = 10;

/// A line as words and the links between them.
pub(super) fn runs(line: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    let (mut plain, mut from) = (0, 0);
    while let Some(start) = line.get(from..).and_then(|rest| rest.find(|c: char| !breaks(c))).map(|at| from + at) {
        let rest = line.get(start..).unwrap_or_default();
        let end = start + rest.find(breaks).unwrap_or(rest.len());
        from = end;
        let word = line.get(start..end).unwrap_or_default();
        let Some((at, length, link)) = found(word) else { continue };
        let at = start + at;
        if at > plain {
            runs.push(Run::Words(line.get(plain..at).unwrap_or_default().to_owned()));
        }
        plain = at + length;
        runs.push(link);
    }
    if plain < line.len() {
        runs.push(Run::Words(line.get(plain..).unwrap_or_default().to_owned()));
    }
    runs
}

/// What stands in no link.
fn breaks(c: char) -> bool {
    c.is_whitespace() || matches!(c, '<' | '>' | '"' | '«' | '»' | '“' | '”' | '|' | '`')
}

/// The link in a word: where it begins, its length, and itself.
fn found(word: &str) -> Option<(usize, usize, Run)> {
    if word.len() > LONGEST {
        return None;
    }
    let at = ["https://", "http://", "www.", "mailto:"].iter().filter_map(|head| find(word, head)).min();
    if let Some(at) = at {
        let text = trimmed(word.get(at..)?);
        let whole = if find(text, "www.") == Some(0) { format!("http://{text}") } else { text.to_owned() };
        let address = link::address(&whole)?;
        let words = if deceives(text) { address.clone() } else { text.to_owned() };
        return Some((at, text.len(), Run::Link { words, address }));
    }
    let start = word.find(|c: char| c.is_ascii_alphanumeric()).filter(|_| word.contains('@'))?;
    let text = trimmed(word.get(start..)?);
    let parsed = Address::parse(text).ok().filter(|address| address.domain().contains('.'))?;
    let address = link::address(&format!("mailto:{}", parsed.as_str()))?;
    Some((start, text.len(), Run::Link { words: text.to_owned(), address }))
}

/// Where `head` stands in `text`, without regard to case.
fn find(text: &str, head: &str) -> Option<usize> {
    text.as_bytes().windows(head.len()).position(|window| window.eq_ignore_ascii_case(head.as_bytes()))
}

/// Whether it can be taken for another address than it is: a name of a host in other letters looks like any other, and who stands
/// before the host looks like one. What is shown then is what is asked for.
fn deceives(text: &str) -> bool {
    let host = host(text);
    !host.is_ascii() || host.contains(['@', '\\']) && find(text, "mailto:") != Some(0)
}

/// What stands before the path.
fn host(text: &str) -> &str {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// Without what closes the sentence around it; a bracket that the link itself opened stays.
fn trimmed(text: &str) -> &str {
    let mut text = text;
    for _ in 0..CLOSING {
        let Some(last) = text.chars().next_back() else { break };
        let opened = |open: char, close: char| text.matches(open).count() >= text.matches(close).count();
        let closes = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '’' | '…' | '*' | '_' => true,
            ')' => !opened('(', ')'),
            ']' => !opened('[', ']'),
            '}' => !opened('{', '}'),
            _ => false,
        };
        if !closes {
            break;
        }
        text = text.get(..text.len() - last.len_utf8()).unwrap_or_default();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(line: &str) -> String {
        let run = |run: Run| match run {
            Run::Words(words) => words,
            Run::Link { words, address } => format!("[{words}]({address})"),
        };
        runs(line).into_iter().map(run).collect()
    }

    #[test]
    fn links_are_found_with_what_belongs_to_them() {
        for (line, expected) in [
            ("vedi https://x.it/a.", "vedi [https://x.it/a](https://x.it/a)."),
            ("(http://x.it/a_(b))", "([http://x.it/a_(b)](http://x.it/a_(b)))"),
            ("<HTTPS://X.it>,", "<[HTTPS://X.it](https://x.it/)>,"),
            ("www.x.it, poi", "[www.x.it](http://www.x.it/), poi"),
            ("scrivi a mario.rossi@pec.it!", "scrivi a [mario.rossi@pec.it](mailto:mario.rossi@pec.it)!"),
            ("due http://a.it e http://b.it", "due [http://a.it](http://a.it/) e [http://b.it](http://b.it/)"),
            ("niente @ qui, a@b, javascript://x", "niente @ qui, a@b, javascript://x"),
            ("http://", "http://"),
            ("", ""),
        ] {
            assert_eq!(drawn(line), expected);
        }
    }

    #[test]
    fn a_host_in_other_letters_is_shown_in_ascii() {
        // The first letter is Cyrillic.
        assert_eq!(drawn("https://аruba.it/a"), "[https://xn--ruba-43d.it/a](https://xn--ruba-43d.it/a)");
        assert_eq!(drawn("https://x.it/città"), "[https://x.it/città](https://x.it/citt%C3%A0)");
    }

    #[test]
    fn who_stands_before_the_host_is_left_out() {
        assert_eq!(drawn("https://poste.it@evil.example/"), "[https://evil.example/](https://evil.example/)");
        assert_eq!(
            drawn("https://evil.example\\@poste.it/"),
            "[https://evil.example/@poste.it/](https://evil.example/@poste.it/)"
        );
        assert_eq!(drawn("mailto:a@b.it"), "[mailto:a@b.it](mailto:a@b.it)");
    }
}
