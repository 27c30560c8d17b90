//! LDIF (RFC 2849) content records, read and written.
//!
//! What is read is what RFC 2849 allows, with three named leniencies:
//!
//! * `ldif-without-version`: the `version: 1` line may be missing, as in the examples of RFC 6109 §4.5.10;
//! * `ldif-raw-utf8`: values may hold UTF-8 that is not in base64 ("LDIF in UTF-8", [R-4.5.6-a]);
//! * `ldif-open-end`: the last line may lack its line end.
//!
//! Change records, controls and values behind a URL (`:<`) are refused: a signed index says everything itself.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::error::DirectoryError;

/// One content record: an entry of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// 1-based line of its `dn`; 0 when not read from a text.
    pub line: usize,
    /// The distinguished name, as written.
    pub dn: String,
    /// The attributes, in order.
    pub attributes: Vec<Attribute>,
}

/// One attribute value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// 1-based line where it begins; 0 when not read from a text.
    pub line: usize,
    /// The attribute type as written: names compare without regard to case, see [`Attribute::is`].
    pub name: String,
    /// Options (`binary` in `providerCertificate;binary`), as written.
    pub options: Vec<String>,
    /// The value, decoded.
    pub value: Vec<u8>,
}

/// The longest line written, in octets without the line end (RFC 2849, note 10).
const WIDTH: usize = 76;

/// Reads a whole file of content records. Lines end in LF or CRLF; folded lines and comments are understood. Errors
/// say the line and what was expected there.
pub fn read(text: &str) -> Result<Vec<Entry>, DirectoryError> {
    let lines = unfold(text)?;
    let mut entries: Vec<Entry> = Vec::new();
    let mut open: Option<Entry> = None;
    let mut begun = false;
    for line in lines {
        let Some(content) = line.content else {
            entries.extend(open.take());
            continue;
        };
        let attribute = parse_line(line.number, &content)?;
        if attribute.is("version") && open.is_none() {
            if begun {
                return fail(line.number, "'version' stands only once, before the first record");
            }
            if attribute.value != b"1" {
                return fail(line.number, "expected 'version: 1'");
            }
            begun = true;
            continue;
        }
        begun = true;
        match &mut open {
            None if attribute.is("dn") => {
                let Ok(dn) = String::from_utf8(attribute.value) else {
                    return fail(line.number, "the distinguished name is not UTF-8");
                };
                open = Some(Entry { line: line.number, dn, attributes: Vec::new() });
            }
            None => {
                return fail(
                    line.number,
                    format!(
                        "expected 'dn:' at the beginning of a record, found '{}' (is there a blank line too many?)",
                        attribute.name
                    ),
                );
            }
            Some(_) if attribute.is("dn") => {
                return fail(
                    line.number,
                    "a second 'dn:' within one record; expected a blank line before a new record",
                );
            }
            Some(_) if attribute.is("changetype") || attribute.is("control") => {
                return fail(line.number, "expected a content record, found a change record");
            }
            Some(entry) => entry.attributes.push(attribute),
        }
    }
    entries.extend(open);
    Ok(entries)
}

/// Writes records with `version: 1`, LF line ends, lines folded at 76 octets, base64 wherever RFC 2849 wants it.
/// What is written is ASCII, and [`read`] gives the same records back (but for the line numbers).
pub fn write(entries: &[Entry]) -> String {
    let mut out = String::from("version: 1\n");
    for entry in entries {
        out.push('\n');
        write_line(&mut out, "dn", entry.dn.as_bytes(), false);
        for attribute in &entry.attributes {
            let binary = attribute.has_option("binary");
            write_line(&mut out, &attribute.description(), &attribute.value, binary);
        }
    }
    out
}

impl Attribute {
    /// A value without options, not read from a text.
    pub fn new(name: &str, value: impl Into<Vec<u8>>) -> Self {
        Self { line: 0, name: name.to_owned(), options: Vec::new(), value: value.into() }
    }

    /// A value with the option `binary` (RFC 4522).
    pub fn binary(name: &str, value: impl Into<Vec<u8>>) -> Self {
        Self { options: vec!["binary".to_owned()], ..Self::new(name, value) }
    }

    /// Whether this is an attribute of that type; case does not matter.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Whether it carries that option; case does not matter.
    pub fn has_option(&self, option: &str) -> bool {
        self.options.iter().any(|o| o.eq_ignore_ascii_case(option))
    }

    /// Type and options as they stand before the colon.
    pub fn description(&self) -> String {
        let mut out = self.name.clone();
        for option in &self.options {
            out.push(';');
            out.push_str(option);
        }
        out
    }
}

/// A line with its continuations joined; without content it is a blank line.
struct Logical {
    number: usize,
    content: Option<String>,
}

fn fail<T>(line: usize, what: impl Into<String>) -> Result<T, DirectoryError> {
    Err(DirectoryError { line, what: what.into() })
}

/// Joins folded lines and drops comments.
fn unfold(text: &str) -> Result<Vec<Logical>, DirectoryError> {
    let mut out: Vec<Logical> = Vec::new();
    // A comment is folded like any line; its continuations go with it.
    let mut comment = false;
    let mut lines = text.split('\n').enumerate().peekable();
    while let Some((index, raw)) = lines.next() {
        let number = index + 1;
        if raw.is_empty() && lines.peek().is_none() {
            break;
        }
        let line = raw.strip_suffix('\r').unwrap_or(raw);
        if let Some(c) = line.chars().find(|c| matches!(c, '\r' | '\0')) {
            return fail(number, format!("expected no {} within a line", if c == '\r' { "bare CR" } else { "NUL" }));
        }
        if let Some(rest) = line.strip_prefix(' ') {
            match out.last_mut() {
                _ if comment => {}
                Some(Logical { content: Some(content), .. }) => content.push_str(rest),
                Some(_) => {
                    return fail(
                        number,
                        "a line that begins with a space continues the line before it, which is blank; \
                         expected no blank line within a folded value",
                    );
                }
                None => return fail(number, "a line that begins with a space has nothing to continue"),
            }
            continue;
        }
        comment = line.starts_with('#');
        if !comment {
            let content = (!line.is_empty()).then(|| line.to_owned());
            out.push(Logical { number, content });
        }
    }
    Ok(out)
}

fn parse_line(number: usize, line: &str) -> Result<Attribute, DirectoryError> {
    if line == "-" {
        return fail(number, "expected a content record, found the '-' of a change record");
    }
    let Some((description, spec)) = line.split_once(':') else {
        return fail(number, "expected 'attribute: value'; there is no colon");
    };
    let mut parts = description.split(';');
    let name = parts.next().unwrap_or_default();
    if !is_attribute_type(name) {
        return fail(number, format!("expected an attribute name before the colon, found '{}'", brief(name)));
    }
    let options: Vec<String> = parts.map(str::to_owned).collect();
    if let Some(bad) = options.iter().find(|o| o.is_empty() || !o.bytes().all(is_keychar)) {
        return fail(number, format!("expected letters, digits and hyphens in an option, found '{}'", brief(bad)));
    }
    let value = if let Some(encoded) = spec.strip_prefix(':') {
        STANDARD.decode(encoded.trim_start_matches(' ')).map_err(|error| DirectoryError {
            line: number,
            what: format!("expected base64 after '{description}::': {error}"),
        })?
    } else if spec.starts_with('<') {
        return fail(number, format!("the value of '{name}' is behind a URL (':<'); expected the value itself"));
    } else {
        let plain = spec.trim_start_matches(' ');
        if plain.starts_with([':', '<']) {
            return fail(number, format!("the value of '{name}' begins with ':' or '<'; expected base64 ('::')"));
        }
        plain.as_bytes().to_vec()
    };
    Ok(Attribute { line: number, name: name.to_owned(), options, value })
}

/// A keyword or a dotted OID.
fn is_attribute_type(name: &str) -> bool {
    match name.bytes().next() {
        Some(first) if first.is_ascii_alphabetic() => name.bytes().all(is_keychar),
        Some(first) if first.is_ascii_digit() => {
            name.split('.').all(|arc| !arc.is_empty() && arc.bytes().all(|b| b.is_ascii_digit()))
        }
        _ => false,
    }
}

fn is_keychar(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'-'
}

/// Enough of a foreign text to recognise it.
fn brief(text: &str) -> String {
    text.chars().take(60).flat_map(char::escape_default).collect()
}

fn write_line(out: &mut String, description: &str, value: &[u8], binary: bool) {
    let line = match safe(value) {
        Some(text) if !binary => format!("{description}: {text}"),
        _ => format!("{description}:: {}", STANDARD.encode(value)),
    };
    // Only ASCII comes here, so octets and characters are the same; the continuation's space counts too.
    let mut room = WIDTH;
    for (index, c) in line.chars().enumerate() {
        if index > 0 && room == 0 {
            out.push_str("\n ");
            room = WIDTH - 1;
        }
        out.push(c);
        room -= 1;
    }
    out.push('\n');
}

/// The value as SAFE-STRING, and only printable: no value looks different from what it is.
fn safe(value: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(value).ok()?;
    let printable = text.bytes().all(|b| matches!(b, b' '..=b'~'));
    let plain = printable && !text.starts_with([' ', ':', '<']) && !text.ends_with(' ');
    plain.then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn error(text: &str) -> (usize, String) {
        let error = read(text).unwrap_err();
        (error.line, error.what)
    }

    #[test]
    fn a_record_is_read_with_folded_lines_comments_base64_and_options() {
        let text = "version: 1\n# a comment\n  that goes on\n\ndn: o=post\n acert\nObjectClass: top\n\
                    cn;lang-it:: w6A=\nempty:\nfilled:   x\n\n\n# last\ndn:: bz1h\no: a\n";
        let entries = read(text).unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!((entries[0].line, entries[0].dn.as_str()), (5, "o=postacert"));
        let values: Vec<_> =
            entries[0].attributes.iter().map(|a| (a.line, a.description(), a.value.as_slice())).collect();
        assert_eq!(
            values,
            [
                (7, "ObjectClass".into(), &b"top"[..]),
                (8, "cn;lang-it".into(), "à".as_bytes()),
                (9, "empty".into(), b""),
                (10, "filled".into(), b"x"),
            ]
        );
        assert!(entries[0].attributes[0].is("objectclass"));
        assert_eq!(entries[1].dn, "o=a");
    }

    #[test]
    fn line_ends_may_be_crlf_and_the_version_and_the_last_line_end_may_be_missing() {
        let crlf = read("version: 1\r\n\r\ndn: o=a\r\no: \r\n a\r\n").unwrap();
        let bare = read("dn: o=a\no: a").unwrap();
        assert_eq!(crlf[0].dn, bare[0].dn);
        assert_eq!(crlf[0].attributes[0].value, bare[0].attributes[0].value);
    }

    #[test]
    fn raw_utf8_is_understood_and_written_in_base64() {
        let entries = read("dn: o=a\ndescription: società\n").unwrap();
        assert_eq!(entries[0].attributes[0].value, "società".as_bytes());
        assert!(write(&entries).contains("description:: c29jaWV0w6A=\n"));
    }

    #[test]
    fn errors_name_the_line_and_what_was_expected() {
        let cases = [
            (" dn: o=a\n", 1, "nothing to continue"),
            ("dn: o=a\ncert::\n\n MIIB\n", 4, "blank"),
            ("dn: o=a\no: a\ndn: o=b\n", 3, "expected a blank line"),
            ("dn: o=a\no a\n", 2, "no colon"),
            ("dn: o=a\no:< file:///etc/passwd\n", 2, "URL"),
            ("dn: o=a\no:: Zg\n", 2, "base64"),
            ("dn: o=a\no:: Z g==\n", 2, "base64"),
            ("dn: o=a\no: :x\n", 2, "begins with ':'"),
            ("dn: o=a\nchangetype: add\n", 2, "change record"),
            ("dn: o=a\n-\n", 2, "change record"),
            ("version: 1\n\no: a\n", 3, "expected 'dn:'"),
            ("version: 2\n", 1, "'version: 1'"),
            ("version: 1\n\nversion: 1\n", 3, "only once"),
            ("dn: o=a\no\u{e0}: a\n", 2, "attribute name"),
            ("dn: o=a\no;: a\n", 2, "option"),
            ("dn: o=a\no: a\rb\n", 2, "bare CR"),
            ("dn: o=a\no: a\0b\n", 2, "NUL"),
            ("dn:: /w==\n", 1, "not UTF-8"),
        ];
        for (text, line, what) in cases {
            let (found, message) = error(text);
            assert!(found == line && message.contains(what), "{text:?} gave line {found}: {message}");
        }
    }

    #[test]
    fn lines_are_folded_at_76_octets() {
        let entry = Entry { line: 0, dn: "o=a".into(), attributes: vec![Attribute::binary("c", vec![7; 500])] };
        let text = write(std::slice::from_ref(&entry));
        assert!(text.lines().all(|l| l.len() <= 76) && text.lines().any(|l| l.len() == 76), "{text}");
        assert!(text.contains("c;binary:: Bwc"));
    }

    fn attribute() -> impl Strategy<Value = Attribute> {
        let value = prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..200),
            "[ :<a-zà\r\n]{0,120}".prop_map(String::into_bytes)
        ];
        ("[a-zA-Z][a-zA-Z0-9-]{0,90}", proptest::collection::vec("[a-zA-Z0-9-]{1,10}", 0..3), value)
            .prop_filter("names with a meaning of their own", |(name, _, _)| {
                !["dn", "changetype", "control"].iter().any(|n| name.eq_ignore_ascii_case(n))
            })
            .prop_map(|(name, options, value)| Attribute { line: 0, name, options, value })
    }

    fn without_lines(mut entries: Vec<Entry>) -> Vec<Entry> {
        for entry in &mut entries {
            entry.line = 0;
            entry.attributes.iter_mut().for_each(|a| a.line = 0);
        }
        entries
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            entries in proptest::collection::vec(
                ("\\PC{0,100}", proptest::collection::vec(attribute(), 0..6)), 0..4)
        ) {
            let entries: Vec<Entry> =
                entries.into_iter().map(|(dn, attributes)| Entry { line: 0, dn, attributes }).collect();
            let text = write(&entries);
            prop_assert!(text.is_ascii());
            prop_assert_eq!(without_lines(read(&text).unwrap()), entries.clone());
            prop_assert_eq!(without_lines(read(&text.replace('\n', "\r\n")).unwrap()), entries);
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "(\\PC|[ :;<#\r\n]|dn: |version: 1\n|a:: ){0,60}") {
            let _ = read(&text);
        }
    }
}
