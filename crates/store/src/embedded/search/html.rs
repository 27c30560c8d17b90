//! What people read of an HTML text, for their words to be found: no more than a search needs.

/// The words of an HTML text. Tags part words as blanks do where they begin something new; scripts, styles and comments are
/// left out. An accented letter that is written by name (`&egrave;`) is its letter: diacritics do not count in words.
pub(super) fn readable(html: &str) -> String {
    let mut text = String::with_capacity(html.len() / 2);
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        rest = match from.strip_prefix('&') {
            Some(name) => reference(name, &mut text),
            None => behind_tag(from, &mut text),
        };
    }
    text.push_str(rest);
    text
}

/// Goes behind a tag, a comment, or an element that shows nothing.
fn behind_tag<'a>(from: &'a str, text: &mut String) -> &'a str {
    if let Some(comment) = from.strip_prefix("<!--") {
        return comment.split_once("-->").map_or("", |(_, rest)| rest);
    }
    let ends = from.starts_with("</");
    let name = from.trim_start_matches(['<', '/']).chars().take_while(char::is_ascii_alphanumeric).take(8);
    let name: String = name.map(|c| c.to_ascii_lowercase()).collect();
    let Some((_, rest)) = from.split_once('>') else { return "" };
    // What is set within a word leaves it one.
    if !matches!(name.as_str(), "a" | "b" | "em" | "font" | "i" | "span" | "strong" | "u") {
        text.push(' ');
    }
    match name.as_str() {
        "script" if !ends => behind_end(rest, "</script"),
        "style" if !ends => behind_end(rest, "</style"),
        _ => rest,
    }
}

/// Behind the beginning of an end tag, whose own end comes next.
fn behind_end<'a>(rest: &'a str, end: &str) -> &'a str {
    let mut from = 0;
    while let Some(at) = rest.get(from..).and_then(|rest| rest.find("</")).map(|at| from + at) {
        let tail = rest.get(at..).unwrap_or_default();
        if tail.get(..end.len()).is_some_and(|tag| tag.eq_ignore_ascii_case(end)) {
            return tail.split_once('>').map_or("", |(_, rest)| rest);
        }
        from = at + 2;
    }
    ""
}

/// Reads a character reference, behind its `&`.
fn reference<'a>(name: &'a str, text: &mut String) -> &'a str {
    let end = name.bytes().take(12).position(|b| !b.is_ascii_alphanumeric() && b != b'#');
    let end = end.filter(|end| name.as_bytes().get(*end) == Some(&b';'));
    let Some((name, rest)) = end.and_then(|end| Some((name.get(..end)?, name.get(end + 1..)?))) else {
        text.push(' ');
        return name;
    };
    let number = |digits: &str| match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => digits.parse().ok(),
    };
    let letter = |name: &str| {
        let mut characters = name.chars();
        let letter = characters.next().filter(char::is_ascii_alphabetic)?;
        matches!(characters.as_str(), "acute" | "caron" | "cedil" | "circ" | "grave" | "ring" | "tilde" | "uml")
            .then_some(letter)
    };
    let character = match name.strip_prefix('#') {
        Some(digits) => number(digits).and_then(char::from_u32),
        None => letter(name),
    };
    text.push(character.unwrap_or(' '));
    rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_what_people_read() {
        let words = |html: &str| readable(html).split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ");
        assert_eq!(
            words("<p>Citt&agrave; di <b>Fol</b>igno<br>n&#176;&nbsp;5</p><p>fine"),
            "Citta di Foligno n° 5 fine"
        );
        assert_eq!(words("a<script>var x = '</b>';</SCRIPT>b<style>p{}</style>c<!-- <p>no -->d"), "a b cd");
        assert_eq!(words("AT&T &unknown; &#x41;&#xffffffff; 1 < 2"), "AT T A 1");
        assert_eq!(words("<script>never ends"), "");
        assert_eq!(words("<TD>uno</TD><TD>due</TD>"), "uno due");
    }

    #[test]
    fn ends_that_never_come_are_looked_for_once() {
        readable(&"<script></b>".repeat(200_000));
        readable(&"&aaaaaaaaaaaa".repeat(200_000));
    }

    proptest! {
        #[test]
        fn any_text_is_read(html in "[<>&;#x/a-cà!\\- script]{0,80}") {
            readable(&html);
        }
    }
}
