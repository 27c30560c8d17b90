//! What does not fit where it stands, in the words of who writes the file.

use std::fmt::Display;
use std::ops::Range;

use serde::de::{Error, Expected, Unexpected};

/// A value that does not fit, and where. It is made without a place; what encloses it adds the place on the way out.
#[derive(Debug)]
pub(crate) struct Misread {
    /// From the outermost table.
    pub key: Vec<String>,
    /// Octets of the text.
    pub span: Option<Range<usize>>,
    pub what: String,
}

impl Misread {
    /// It stands there, unless a narrower place is known.
    pub(crate) fn at(mut self, span: Range<usize>) -> Self {
        self.span.get_or_insert(span);
        self
    }

    /// It stands in the value of this key.
    pub(crate) fn under(mut self, key: &str) -> Self {
        self.key.insert(0, key.to_owned());
        self
    }

    fn new(key: Option<&str>, what: String) -> Self {
        Self { key: key.map(str::to_owned).into_iter().collect(), span: None, what }
    }
}

impl std::error::Error for Misread {}

impl Display for Misread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.what)
    }
}

impl Error for Misread {
    fn custom<T: Display>(what: T) -> Self {
        Self::new(None, what.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(None, format!("expected {}, found {}", wanted(expected), kind(found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(None, format!("expected {}, found {}", wanted(expected), value(found)))
    }

    fn invalid_length(found: usize, expected: &dyn Expected) -> Self {
        Self::new(None, format!("expected {}, found {found} of them", wanted(expected)))
    }

    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Self {
        Self::new(None, format!("expected {}, found {found:?}", list(expected.iter().copied())))
    }

    fn unknown_field(found: &str, known: &'static [&'static str]) -> Self {
        let what = match nearest(found, known.iter().copied()) {
            Some(near) => format!("there is no such key here; did you mean `{near}`?"),
            None if known.is_empty() => "there is no such key here".to_owned(),
            None => format!("there is no such key here; expected {}", list(known.iter().copied())),
        };
        Self::new(Some(found), what)
    }

    fn missing_field(key: &'static str) -> Self {
        Self::new(Some(key), "expected this key; it is missing".to_owned())
    }
}

/// The word that was probably meant.
pub(crate) fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let far = |word: &&str| strsim::damerau_levenshtein(found, word);
    // A slip or two; in short words one changes too much already.
    known.into_iter().min_by_key(far).filter(|word| far(word) <= 1 + found.len().min(word.len()) / 4)
}

/// Words to choose from.
pub(crate) fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} or {last}", before.join(", ")),
        _ => words.concat(),
    }
}

/// What a type of the program expects, for people.
fn wanted(expected: &dyn Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        "a string" | "path string" => "a text in quotes".into(),
        "a sequence" => "a list, as [\"one\", \"other\"]".into(),
        "a boolean" => "true or false".into(),
        "u16" => "a whole number from 0 to 65535".into(),
        "u32" => "a whole number from 0 to 4294967295".into(),
        "u64" | "usize" => "a whole number, 0 or more".into(),
        text if text.starts_with("a nonzero ") => "a whole number, 1 or more".into(),
        text if text.starts_with("struct ") || text == "a map" => "a table".into(),
        _ => text,
    }
}

/// What was found, where it is of the wrong kind: its kind says enough, and it may be a secret.
fn kind(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(_) => "true or false".into(),
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "a whole number".into(),
        Unexpected::Float(_) => "a number with a fraction".into(),
        Unexpected::Str(_) => "a text".into(),
        Unexpected::Seq => "a list".into(),
        Unexpected::Map => "a table".into(),
        other => other.to_string(),
    }
}

/// What was found, where it is of the right kind.
fn value(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Unsigned(number) => number.to_string(),
        Unexpected::Signed(number) => number.to_string(),
        Unexpected::Float(number) => number.to_string(),
        Unexpected::Str(text) => format!("{text:?}"),
        other => kind(other),
    }
}
