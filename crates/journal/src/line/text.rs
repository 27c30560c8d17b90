//! What others wrote, within one line of the customary log: nobody ends the line, writes a field of his own, or begins a line as the
//! provider does.

use super::terms::{FIELDS, WORDS};

/// An address: what lists of addresses have between and behind them is written with `%`.
pub(super) fn address(address: &str) -> String {
    escaped(address, |c| matches!(c, '%' | ',' | '(' | ')' | ':' | '=' | ' ') || breaks(c))
}

/// An identifier, which begins what a line says: it ends with the first blank, and is none of the provider's own words.
pub(super) fn identifier(text: &str) -> String {
    let written = escaped(text, |c| matches!(c, '%' | ':' | '=' | ' ') || breaks(c));
    let mut letters = written.chars();
    match letters.next() {
        Some(first) if WORDS.contains(&written.as_str()) => coded(first) + letters.as_str(),
        _ => written,
    }
}

/// A value: one line, in which nobody can write a field of his own. A colon before what looks like a field is `%3A`, a percent
/// sign before that is `%25`, and what breaks or turns a line is a blank.
pub(super) fn value(text: &str) -> String {
    let text: String = text.chars().map(|c| if breaks(c) { ' ' } else { c }).collect();
    let mut written = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let behind = text.get(at + c.len_utf8()..).unwrap_or_default();
        match c {
            ':' if begins_field(behind) => written.push_str("%3A"),
            '%' if behind.starts_with("3A") || behind.starts_with("25") => written.push_str("%25"),
            c => written.push(c),
        }
    }
    written
}

/// What ends a line for some reader, or turns its direction: control characters (NEL among them), the separators of Unicode, the
/// marks of bidirectional text.
fn breaks(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text with these characters by the codes of their octets.
fn escaped(text: &str, is: impl Fn(char) -> bool) -> String {
    let mut written = String::with_capacity(text.len());
    for c in text.chars() {
        if is(c) {
            written.push_str(&coded(c));
        } else {
            written.push(c);
        }
    }
    written
}

/// The octets of a character in UTF-8, each as `%` and two hexadecimal digits.
fn coded(c: char) -> String {
    c.encode_utf8(&mut [0; 4]).bytes().map(|octet| format!("%{octet:02X}")).collect()
}

/// Whether this is a blank, a word of small letters and an equals sign.
fn begins_field(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(' ') else { return false };
    FIELDS.iter().any(|field| rest.strip_prefix(field).is_some_and(|rest| rest.starts_with('=')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_writes_a_field_of_his_own() {
        assert_eq!(value("Re: oggetto"), "Re: oggetto");
        assert_eq!(value("x: gestore=Altro\nmag 10"), "x%3A gestore=Altro mag 10");
        assert_eq!(value("100% %3A"), "100% %253A");
        assert_eq!(address("\"c, d (certificato)\"@x"), "\"c%2C%20d%20%28certificato%29\"@x");
    }

    #[test]
    fn nobody_ends_a_line_for_any_reader() {
        for broken in ["\n", "\r", "\u{b}", "\u{c}", "\u{1c}", "\u{85}", "\u{2028}", "\u{2029}", "\u{202e}"] {
            let text = format!("a{broken}mag 10 11:04:46 2026 PEC1 sigillo [1]: OPEN");
            for written in [value(&text), address(&text), identifier(&text)] {
                assert!(!written.contains(broken), "{broken:?}: {written:?}");
            }
        }
        assert_eq!(address("a\u{2028}b"), "a%E2%80%A8b");
    }

    #[test]
    fn nobody_begins_a_line_as_the_provider_does() {
        assert_eq!(identifier("1.2026@alfa.example"), "1.2026@alfa.example");
        for word in WORDS {
            assert!(!identifier(word).starts_with(word), "{word}");
            let forged = identifier(&format!("{word}: eventi=0"));
            assert!(!forged.contains([':', ' ', '=']), "{forged}");
        }
        assert_eq!(identifier("OPEN"), "%4FPEN");
        assert_eq!(identifier("x: tipo=avvenuta-consegna"), "x%3A%20tipo%3Davvenuta-consegna");
        assert_eq!(identifier("50%"), "50%25");
    }
}
