//! What a person reads of a message first.

use bytes::Bytes;

use super::structure::{Content, Part};

impl Part {
    /// The text that a person is shown first: the first `text/plain` that is no attachment, or where there is none the first
    /// `text/html`. Attached messages are not looked into.
    pub fn first_text(&self) -> Option<&Part> {
        let (mut open, mut html) = (vec![self], None);
        while let Some(part) = open.pop() {
            match &part.content {
                Content::Single if part.is_shown("plain") => return Some(part),
                Content::Single if part.is_shown("html") => html = html.or(Some(part)),
                Content::Multipart(parts) => open.extend(parts.iter().rev()),
                _ => {}
            }
        }
        html
    }

    fn is_shown(&self, sub: &str) -> bool {
        let attached = self.disposition.as_ref().is_some_and(|(name, _)| name.eq_ignore_ascii_case("attachment"));
        self.main == "text" && self.sub == sub && !attached
    }

    /// The first message that is attached, wherever it stands: of a transport envelope the original.
    pub fn first_message(&self) -> Option<&Part> {
        let mut open = vec![self];
        while let Some(part) = open.pop() {
            match &part.content {
                Content::Message(message) => return Some(message),
                Content::Multipart(parts) => open.extend(parts.iter().rev()),
                Content::Single => {}
            }
        }
        None
    }

    /// The beginning of this text as plain words in one line, of these octets from the start of its body; at most `most`
    /// characters. What stands between them and the end may be cut anywhere.
    pub fn words(&self, octets: &Bytes, most: usize) -> String {
        let mut text = self.text().read(octets);
        if self.sub == "html" {
            text = mail_parser::decoders::html::html_to_text(&text);
        }
        let mut words = String::new();
        for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
            if !words.is_empty() {
                words.push(' ');
            }
            words.push_str(word);
            if words.len() >= 4 * most {
                break;
            }
        }
        words.chars().take(most).collect::<String>().trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mime::structure;

    fn first(message: &str) -> Option<String> {
        let message = Bytes::copy_from_slice(message.as_bytes());
        let structure = structure(&message);
        let part = structure.root.first_text()?;
        Some(part.words(&message.slice(part.body()), 40))
    }

    #[test]
    fn the_first_text_is_the_one_that_people_see() {
        let plain = "Content-Type: text/plain; charset=iso-8859-1\r\n\r\n";
        let html = "Content-Type: text/html; charset=utf-8\r\n\r\n<html><head><style>b{}</style></head><p>due&nbsp;&egrave;<br>tre";
        let of = |kind: &str, parts: &[String]| {
            let parts: String = parts.iter().map(|part| format!("--b\r\n{part}\r\n")).collect();
            format!("Content-Type: multipart/{kind}; boundary=b\r\n\r\n{parts}--b--\r\n")
        };
        assert_eq!(first("\r\n  uno\r\n\tdue  \r\n").as_deref(), Some("uno due"));
        let both = of("alternative", &[html.to_owned(), format!("{plain}uno")]);
        assert_eq!(first(&both).as_deref(), Some("uno"));
        assert_eq!(
            first(&of("mixed", &[html.to_owned()])).as_deref(),
            Some("due\u{a0}è tre".replace('\u{a0}', " ").as_str())
        );
        let attached = format!("Content-Disposition: attachment\r\n{plain}no");
        let image = "Content-Type: image/png\r\n\r\nx".to_owned();
        assert_eq!(first(&of("mixed", &[attached.clone(), format!("{plain}uno")])).as_deref(), Some("uno"));
        assert_eq!(first(&of("mixed", &[attached, image])), None);
        let message = "Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ndentro".to_owned();
        assert_eq!(first(&of("mixed", std::slice::from_ref(&message))), None);
        let whole = of("mixed", &[message]);
        let structure = structure(whole.as_bytes());
        let inside = structure.root.first_message().unwrap().first_text().unwrap();
        assert_eq!(&whole[inside.body()], "dentro");
    }

    #[test]
    fn what_is_cut_ends_before_the_cut() {
        let part = |encoding: &str| Part {
            encoding: encoding.to_owned(),
            main: "text".into(),
            sub: "plain".into(),
            // More than is read of it.
            end: 100,
            ..Part::default()
        };
        let words =
            |encoding, octets: &str, most| part(encoding).words(&Bytes::copy_from_slice(octets.as_bytes()), most);
        assert_eq!(part("8bit").words(&Bytes::from_static(b"citt\xc3"), 9), "citt");
        assert_eq!(words("quoted-printable", "citt=C3=A0 =", 9), "città");
        assert_eq!(words("base64", "dW5vIGR1ZQ", 5), "uno d");
        assert_eq!(words("base64", "dW5vIGR1ZQ", 4), "uno");
    }

    proptest! {
        #[test]
        fn any_octets_have_words(octets in prop::collection::vec(any::<u8>(), 0..200), html in "[<>!/&;a-zè \n#x-]{0,80}") {
            for (sub, octets) in [("plain", octets.clone()), ("html", octets), ("html", html.into_bytes())] {
                let part = Part { sub: sub.to_owned(), ..Part::default() };
                prop_assert!(part.words(&octets.into(), 50).chars().count() <= 50);
            }
        }
    }
}
