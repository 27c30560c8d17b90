//! Header fields of our own: one field is one line or its foldings, whatever foreign text goes in.
//!
//! Everything written here is printable ASCII, ends with CRLF, and has no line over 998 octets
//! (RFC 5322 §2.1.1); lines with encoded words have at most 76 (RFC 2047 §2).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The longest line with encoded words, without its CRLF.
const WORD_LINE: usize = 76;
/// The longest line of all, without its CRLF.
const LINE: usize = crate::limits::LINE;
/// The octets of text that fit one encoded word in Base64 on a line of its own:
/// 76 = 1 blank + 12 of frame + 60 digits, with room to spare.
const WORD_OCTETS: usize = 45;

/// A field with a value of our own making, made harmless nonetheless: what is not printable ASCII
/// becomes a question mark.
pub(super) fn field(name: &str, value: &str) -> String {
    let value = printable(value);
    let room = LINE.saturating_sub(name.len() + 2);
    format!("{name}: {}\r\n", value.get(..room.min(value.len())).unwrap_or_default())
}

/// `Subject`, with the prefix in literal ASCII at its start [R-I-hdr-2] and the original's subject
/// after it: as it stands when that is safe, else in encoded words. Line breaks and controls become
/// blanks (Q-24).
pub(super) fn subject(prefix: &str, text: &str) -> String {
    let mut text = text.replace("\r\n", " ");
    if text.contains(char::is_control) {
        text = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    }
    let head = format!("Subject: {prefix}");
    if is_plain(&text) { fold_plain(&head, &text) } else { fold_words(&head, &text) }
}

/// `"Per conto di: <sender>" <service>`, as a field `From` [R-3.1.5-f].
pub(super) fn on_behalf(sender: &str, service: &str) -> String {
    let mut phrase = String::from("Per conto di: ");
    for c in printable(sender).chars().take(320) {
        if matches!(c, '"' | '\\') {
            phrase.push('\\');
        }
        phrase.push(c);
    }
    let service = printable(service);
    let blank = if phrase.len() + service.len() + 11 > 78 { "\r\n " } else { " " };
    format!("From: \"{phrase}\"{blank}<{service}>\r\n")
}

/// `X-Riferimento-Message-ID` with the client's Message-ID [R-2.2.1-d]. The value is exact: what is certified by us is
/// printable ASCII and fits a line ([`crate::original::Original::message_id`]). What another provider certified may be
/// neither: foreign octets become question marks, and a value too long for any line is folded at its blanks, or else
/// cut (the certification data hold all of it). Empty when nothing is left.
pub(super) fn reference(message_id: &str) -> String {
    const NAME: &str = "X-Riferimento-Message-ID";
    let unfolded: String = message_id.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    let value = printable(&unfolded.replace('\t', " "));
    let value = value.trim();
    let room = LINE - NAME.len() - 2;
    if value.is_empty() {
        return String::new();
    }
    if value.len() <= room {
        return format!("{NAME}: {value}\r\n");
    }
    if value.len() < LINE {
        return format!("{NAME}:\r\n {value}\r\n");
    }
    if value.split(' ').all(|word| word.len() < room) {
        return fold(&format!("{NAME}: "), value, room);
    }
    let cut = value.get(..room - 1).unwrap_or_default();
    format!("{NAME}: {cut}{}\r\n", if value.ends_with('>') { ">" } else { "" })
}

/// A name of a person, or any text of a header, in encoded words on one line: they hold nothing that a phrase or comment
/// may not (RFC 2047 §5).
pub fn phrase(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut words = Vec::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (word, taken) = encoded_word(rest, false);
        words.push(word);
        rest = rest.get(taken..).unwrap_or_default();
    }
    words.join(" ")
}

/// Printable ASCII and blanks; anything else as a question mark.
fn printable(text: &str) -> String {
    text.chars().map(|c| if matches!(c, ' '..='~') { c } else { '?' }).collect()
}

/// Whether a text may stand in an unstructured field as it is, and be read back the same.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' '..=b'~'))
        && !text.contains("=?")
        && !text.contains("  ")
        && text.trim().len() == text.len()
        && text.split(' ').all(|word| word.len() <= 900)
}

fn fold_plain(head: &str, text: &str) -> String {
    // The blank at the end of the prefix is a good place to fold too.
    fold(head, text, WORD_LINE)
}

/// Folds at single blanks so that lines stay within `limit` where they can.
fn fold(head: &str, text: &str, limit: usize) -> String {
    let mut out = String::from(head);
    let mut column = head.len();
    for (at, word) in text.split(' ').enumerate() {
        let blank = usize::from(at > 0);
        if column + blank + word.len() > limit && column > 1 && !word.is_empty() {
            // After the head its own blank begins the folded line.
            if at == 0 && out.ends_with(' ') {
                out.pop();
            }
            out.push_str("\r\n ");
            column = 1;
        } else if at > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += word.len();
    }
    out.push_str("\r\n");
    out
}

/// Encoded words (RFC 2047) in UTF-8, each a whole number of characters; Q when most of the text
/// is ASCII, else B.
fn fold_words(head: &str, text: &str) -> String {
    let q = text.bytes().filter(|b| !b.is_ascii()).count() * 5 <= text.len();
    let mut out = String::from(head);
    let mut column = head.len();
    let mut rest = text;
    while !rest.is_empty() {
        let (word, taken) = encoded_word(rest, q);
        if column + word.len() > WORD_LINE || column != head.len() {
            if out.ends_with(' ') {
                out.pop();
            }
            out.push_str("\r\n ");
            column = 1;
        }
        out.push_str(&word);
        column += word.len();
        rest = rest.get(taken..).unwrap_or_default();
    }
    out.push_str("\r\n");
    out
}

/// The longest encoded word from the start of `text` that fits a line, and how many octets it took.
fn encoded_word(text: &str, q: bool) -> (String, usize) {
    let mut taken = 0;
    let mut body = String::new();
    for c in text.chars() {
        if q {
            let coded = q_encode(c);
            if body.len() + coded.len() > WORD_LINE - 13 {
                break;
            }
            body.push_str(&coded);
        } else if taken + c.len_utf8() > WORD_OCTETS {
            break;
        }
        taken += c.len_utf8();
    }
    if q {
        (format!("=?UTF-8?Q?{body}?="), taken)
    } else {
        (format!("=?UTF-8?B?{}?=", STANDARD.encode(text.get(..taken).unwrap_or_default())), taken)
    }
}

fn q_encode(c: char) -> String {
    match c {
        ' ' => "_".into(),
        c if c.is_ascii_alphanumeric() || "!*+-/.,:;()".contains(c) => c.into(),
        c => c.encode_utf8(&mut [0; 4]).bytes().map(|b| format!("={b:02X}")).collect(),
    }
}

#[cfg(test)]
mod tests {
    use mail_parser::MessageParser;
    use proptest::prelude::*;

    use super::*;

    fn check_lines(field: &str, name: &str) {
        assert!(field.is_ascii() && field.ends_with("\r\n"), "{field:?}");
        let lines: Vec<&str> = field.strip_suffix("\r\n").unwrap().split("\r\n").collect();
        assert!(lines[0].starts_with(&format!("{name}: ")) || lines[0] == format!("{name}:"), "{field:?}");
        for (at, line) in lines.iter().enumerate() {
            assert!(line.len() <= LINE && line.bytes().all(|b| matches!(b, b' '..=b'~')), "{field:?}");
            assert!(at == 0 || (line.starts_with(' ') && !line.trim().is_empty()), "{field:?}");
            assert!(name != "Subject" || !line.contains("=?UTF-8?") || line.len() <= WORD_LINE, "{field:?}");
        }
    }

    fn read_back(field: &str) -> String {
        let message = format!("{field}\r\n");
        MessageParser::new().parse(message.as_bytes()).unwrap().subject().unwrap_or_default().to_owned()
    }

    #[test]
    fn the_prefix_is_literal_and_the_subject_comes_back() {
        // [R-I-hdr-2]
        for text in [
            "prova",
            "è già qui",
            "日本語のとても長い件名です。日本語のとても長い件名です。日本語のとても長い件名です。",
            "=?UTF-8?Q?x?=",
            "a  b",
            "parola ".repeat(40).trim(),
            &"x".repeat(2000),
        ] {
            let field = subject("POSTA CERTIFICATA: ", text);
            check_lines(&field, "Subject");
            assert!(field.starts_with("Subject: POSTA CERTIFICATA:"), "{field:?}");
            assert_eq!(read_back(&field), format!("POSTA CERTIFICATA: {text}"));
        }
    }

    #[test]
    fn an_empty_subject_leaves_the_prefix_alone() {
        assert_eq!(subject("ACCETTAZIONE: ", ""), "Subject: ACCETTAZIONE: \r\n");
    }

    #[test]
    fn line_breaks_in_a_subject_make_no_new_field() {
        let field = subject("CONSEGNA: ", "a\r\nBcc: x@y.it\r\n\r\nbody\nX-Ricevuta: no\rz\0");
        check_lines(&field, "Subject");
        assert_eq!(read_back(&field).trim_end(), "CONSEGNA: a Bcc: x@y.it  body X-Ricevuta: no z");
    }

    #[test]
    fn odd_local_parts_are_quoted_in_the_phrase() {
        assert_eq!(
            on_behalf(r#""a\"b c"@x.it"#, "posta-certificata@pec.it"),
            "From: \"Per conto di: \\\"a\\\\\\\"b c\\\"@x.it\" <posta-certificata@pec.it>\r\n"
        );
    }

    #[test]
    fn a_legal_message_id_is_exact_and_a_monstrous_one_is_legal() {
        assert_eq!(reference("<a.b$c@x.it>"), "X-Riferimento-Message-ID: <a.b$c@x.it>\r\n");
        assert_eq!(reference("<a\r\n b@x>"), "X-Riferimento-Message-ID: <a b@x>\r\n");
        assert_eq!(reference(" \r\n"), "");
        let long = reference(&format!("<{}@x>", "a".repeat(5000)));
        check_lines(&long, "X-Riferimento-Message-ID");
        assert!(long.ends_with("a>\r\n"));
    }

    proptest! {
        #[test]
        fn no_subject_makes_an_illegal_or_second_header_line(text in "\\PC{0,300}|[ -~\r\n\t\0é日😀]{0,400}|[ =?_a]{0,200}") {
            for prefix in ["CONSEGNA: ", "AVVISO DI MANCATA CONSEGNA PER SUP. TEMPO MASSIMO: "] {
                let field = subject(prefix, &text);
                check_lines_or_empty(&field, "Subject");
            }
        }

        #[test]
        fn a_subject_without_controls_comes_back_exactly(text in "[!-~éà日😀][ -~éà日😀]{0,300}[!-~éà日😀]") {
            let field = subject("ACCETTAZIONE: ", &text);
            prop_assert_eq!(read_back(&field), format!("ACCETTAZIONE: {text}"));
        }

        #[test]
        fn no_message_id_or_sender_makes_an_illegal_or_second_header_line(text in any::<String>(), times in 1usize..200) {
            let long = text.repeat(times);
            let field = reference(&long);
            if !field.is_empty() {
                check_lines(&field, "X-Riferimento-Message-ID");
            }
            check_lines(&on_behalf(&long, "posta-certificata@pec.it"), "From");
            check_lines_or_empty(&super::field("Message-ID", &long), "Message-ID");
        }
    }

    /// As [`check_lines`]; a field may also be left with nothing after its prefix.
    fn check_lines_or_empty(field: &str, name: &str) {
        check_lines(field, name);
        prop_assert_no_extra(field);
    }

    fn prop_assert_no_extra(field: &str) {
        assert!(!field.strip_suffix("\r\n").unwrap().replace("\r\n ", "").contains(['\r', '\n']), "{field:?}");
    }
}
