//! The texts that holders read: Italian first, English second on request (RFC 6109 §3, §4.2, §4.3.1).
//!
//! The models of the Italian annex stand in `model`, one table for all kinds. Nothing of a text
//! may be parsed by programs [R-4-parse]: the certification data are there for that.

pub(crate) mod model;

use crate::{Moment, RecipientType};
use model::{Language, Model};

/// What a text tells. Every string may be foreign: it is cleaned and escaped here.
pub(crate) struct Facts<'a> {
    /// The instant of the elaboration [R-4.1-a].
    pub moment: Moment,
    /// Decoded subject of the original; empty when there is none.
    pub subject: &'a str,
    /// Sender of the original.
    pub sender: &'a str,
    /// Recipients of the original.
    pub recipients: Vec<(&'a str, RecipientType)>,
    /// The recipients that the message concerns, when not all.
    pub concerned: Vec<&'a str>,
    /// PEC msgid.
    pub identifier: &'a str,
    /// What went wrong, one line each.
    pub errors: Vec<String>,
    /// The same in English, for the models that ask for it.
    pub english_errors: Vec<String>,
}

/// The same words twice [R-4.3.1-b].
pub(crate) struct Text {
    /// ISO-8859-1, CRLF line ends [R-4.3.1-a].
    pub plain: Vec<u8>,
    /// ASCII, CRLF line ends; other characters as numeric references. No style, no reference to
    /// anything inside or outside, nothing active.
    pub html: String,
}

/// The text of a model in Italian and, on request, in English after it: plain in ISO-8859-1, and HTML that says the same
/// [R-4.3.1-a] [R-4.3.1-b].
pub(crate) fn compose(model: Model, facts: &Facts<'_>, english: bool) -> Text {
    let italian = model.in_language(Language::Italian);
    let english = english.then(|| model.in_language(Language::English));
    let mut plain = String::new();
    let mut body = String::new();
    for (language, language_code) in [(Some(italian), "it"), (english, "en")] {
        let Some((title, template)) = language else { continue };
        let lines = expand(template, facts);
        if !plain.is_empty() {
            plain.push_str("\r\n-----\r\n\r\n");
            body.push_str("<hr>\r\n");
        }
        plain.push_str(title);
        plain.push_str("\r\n\r\n");
        for line in &lines {
            plain.push_str(line);
            plain.push_str("\r\n");
        }
        body.push_str(&format!("<div lang=\"{language_code}\">\r\n<h3>{}</h3>\r\n", escape(title)));
        for paragraph in lines.split(String::is_empty).filter(|p| !p.is_empty()) {
            let escaped: Vec<String> = paragraph.iter().map(|line| escape(line)).collect();
            body.push_str(&format!("<p>{}</p>\r\n", escaped.join("<br>\r\n")));
        }
        body.push_str("</div>\r\n");
    }
    let html = format!(
        "<html>\r\n<head><title>{}</title></head>\r\n<body>\r\n{body}</body>\r\n</html>\r\n",
        escape(italian.0)
    );
    Text { plain: latin1(&plain), html }
}

/// Fills a template in. One pass over the template, so that a subject that looks like a placeholder
/// stays a subject.
fn expand(template: &[&str], facts: &Facts<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for line in template {
        match *line {
            "{list}" => lines.extend(facts.recipients.iter().map(|(address, _)| clean(address))),
            "{types}" => lines.extend(facts.recipients.iter().map(|(address, kind)| {
                let words = match kind {
                    RecipientType::Certified => "posta certificata",
                    RecipientType::Ordinary => "posta ordinaria",
                };
                format!("{} (\"{words}\")", clean(address))
            })),
            "{types-en}" => lines.extend(facts.recipients.iter().map(|(address, kind)| {
                let words = match kind {
                    RecipientType::Certified => "certified mail",
                    RecipientType::Ordinary => "ordinary mail",
                };
                format!("{} (\"{words}\")", clean(address))
            })),
            "{concerned}" => lines.extend(facts.concerned.iter().map(|address| clean(address))),
            "{e-en}" => lines.extend(facts.english_errors.iter().map(|error| clean(error))),
            "{e}" => lines.extend(facts.errors.iter().map(|error| clean(error))),
            text => lines.push(fill(text, facts)),
        }
    }
    lines
}

fn fill(template: &str, facts: &Facts<'_>) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, tail)) = rest.split_once('{') {
        out.push_str(before);
        let (key, after) = tail.split_once('}').unwrap_or((tail, ""));
        match key {
            "g" => out.push_str(&facts.moment.day()),
            "iso" => out.extend(facts.moment.to_string().chars().take(10)),
            "o" => out.push_str(&facts.moment.time()),
            "z" => out.push_str(&facts.moment.zone()),
            "s" => out.push_str(&clean(facts.subject)),
            "m" => out.push_str(&clean(facts.sender)),
            "d" => out.push_str(&clean(facts.concerned.first().copied().unwrap_or_default())),
            "id" => out.push_str(&clean(facts.identifier)),
            _ => {}
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Foreign text on one line: line breaks and controls become one blank, characters that only turn
/// the direction of what follows or do not show are dropped.
fn clean(text: &str) -> String {
    text.replace("\r\n", " ")
        .chars()
        .filter(|c| !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'))
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .collect()
}

/// HTML text in ASCII.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_ascii() => out.push(c),
            c => out.push_str(&format!("&#{};", u32::from(c))),
        }
    }
    out
}

/// ISO-8859-1; a character outside it gives its nearest likeness, else a question mark.
fn latin1(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for c in text.chars() {
        match u8::try_from(u32::from(c)) {
            Ok(octet) => out.push(octet),
            Err(_) => out.extend_from_slice(likeness(c).as_bytes()),
        }
    }
    out
}

fn likeness(c: char) -> &'static str {
    match c {
        '\u{300}'..='\u{36f}' => "",
        '\u{2018}'..='\u{201b}' | '\u{2032}' => "'",
        '\u{201c}'..='\u{201f}' | '\u{2033}' => "\"",
        '\u{2010}'..='\u{2015}' | '\u{2212}' => "-",
        '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => " ",
        '\u{2026}' => "...",
        '\u{2022}' => "*",
        '\u{2039}' => "<",
        '\u{203a}' => ">",
        '\u{2122}' => "(TM)",
        '\u{20ac}' => "EUR",
        'Ā' | 'Ă' | 'Ą' => "A",
        'ā' | 'ă' | 'ą' => "a",
        'Ć' | 'Ĉ' | 'Ċ' | 'Č' => "C",
        'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'Ď' | 'Đ' => "D",
        'ď' | 'đ' => "d",
        'Ē' | 'Ĕ' | 'Ė' | 'Ę' | 'Ě' => "E",
        'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
        'Ł' => "L",
        'ł' => "l",
        'Ń' | 'Ņ' | 'Ň' => "N",
        'ń' | 'ņ' | 'ň' => "n",
        'Ō' | 'Ŏ' | 'Ő' => "O",
        'ō' | 'ŏ' | 'ő' => "o",
        'Œ' => "OE",
        'œ' => "oe",
        'Ŕ' | 'Ř' => "R",
        'ŕ' | 'ř' => "r",
        'Ś' | 'Ŝ' | 'Ş' | 'Š' | 'Ș' => "S",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'Ţ' | 'Ť' | 'Ț' => "T",
        'ţ' | 'ť' | 'ț' => "t",
        'Ū' | 'Ŭ' | 'Ů' | 'Ű' => "U",
        'ū' | 'ŭ' | 'ů' | 'ű' => "u",
        'Ź' | 'Ż' | 'Ž' => "Z",
        'ź' | 'ż' | 'ž' => "z",
        _ => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(subject: &str) -> Facts<'_> {
        Facts {
            moment: Moment::from_unix(1_733_394_630),
            subject,
            sender: "mario.rossi@comune.example.it",
            recipients: vec![("a@pec.example.it", RecipientType::Certified), ("b@example.it", RecipientType::Ordinary)],
            concerned: vec!["a@pec.example.it"],
            identifier: "sig1.20241205113030@pec.example.it",
            errors: vec!["5.1.1 - Gestore S.p.A. - indirizzo non valido".into()],
            english_errors: Vec::new(),
        }
    }

    /// The words of an HTML text, tags and references undone.
    fn words_of(html: &str) -> Vec<String> {
        let mut text = String::new();
        let mut rest = html.split_once("<body>").unwrap().1;
        while let Some((before, tail)) = rest.split_once('<') {
            text.push_str(before);
            text.push(' ');
            rest = tail.split_once('>').unwrap().1;
        }
        let mut out = String::new();
        let mut pieces = text.split('&');
        out.push_str(pieces.next().unwrap());
        for piece in pieces {
            let (reference, after) = piece.split_once(';').unwrap();
            out.push(match reference {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "quot" => '"',
                number => char::from_u32(number.strip_prefix('#').unwrap().parse().unwrap()).unwrap(),
            });
            out.push_str(after);
        }
        out.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn html_and_plain_text_say_the_same_words_in_every_model() {
        // [R-4.3.1-b]
        for model in Model::ALL {
            for english in [false, true] {
                let text = compose(model, &facts("È <b>urgente</b> & \"serio\""), english);
                let plain: String = text.plain.iter().map(|&octet| char::from(octet)).collect();
                let plain: Vec<String> =
                    plain.split_whitespace().filter(|w| *w != "-----").map(str::to_owned).collect();
                assert_eq!(words_of(&text.html), plain, "{model:?}");
            }
        }
    }

    #[test]
    fn html_has_no_references_no_style_and_nothing_active() {
        // [R-4.3.1-b]
        let evil = r#"<script>alert(1)</script><img src="http://x/"><a href='x'>"#;
        for model in Model::ALL {
            let mut facts = facts(evil);
            (facts.sender, facts.identifier) = (evil, evil);
            facts.errors = vec![evil.into()];
            let html = compose(model, &facts, true).html;
            assert!(html.is_ascii());
            for tag in html.split('<').skip(1) {
                let tag = tag.split('>').next().unwrap();
                let known = [
                    "div",
                    "html",
                    "head",
                    "title",
                    "body",
                    "div lang=\"it\"",
                    "div lang=\"en\"",
                    "h3",
                    "p",
                    "br",
                    "hr",
                ];
                assert!(known.contains(&tag.trim_start_matches('/')), "<{tag}> in {model:?}");
            }
        }
    }

    #[test]
    fn a_subject_neither_breaks_lines_nor_fills_placeholders_nor_turns_the_direction() {
        let text = compose(Model::Acceptance, &facts("a\r\nb\tc {m}{id}\u{202e}x"), false);
        let plain: String = text.plain.iter().map(|&octet| char::from(octet)).collect();
        assert!(plain.contains("\"a b c {m}{id}x\""), "{plain}");
    }

    #[test]
    fn what_latin_1_lacks_stays_legible_in_text_and_exact_in_html() {
        let text = compose(Model::Acceptance, &facts("Łódź – “10 €” 日 e\u{301}"), false);
        let plain: String = text.plain.iter().map(|&octet| char::from(octet)).collect();
        assert!(plain.contains("\"Lódz - \"10 EUR\" ? e\""), "{plain}");
        assert!(text.html.contains("&#26085;") && text.html.contains("&#8364;"));
    }
}
