//! A TOML text whose errors say file, line, column and key.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};

/// What is wrong in a configuration file: where, at which key, and what was expected there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// The file.
    pub file: PathBuf,
    /// 1-based line; 0 when the file could not be read at all.
    pub line: usize,
    /// 1-based column, in characters.
    pub column: usize,
    /// The key, dotted; empty when the text is not TOML.
    pub key: String,
    /// What is wrong and what was expected.
    pub what: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        write!(f, ": {}", self.what)
    }
}

/// A text and the file it came from.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub file: &'a Path,
    pub text: &'a str,
}

/// Called with a key, the place of its name and the place of its value.
type Visit<'a> = dyn FnMut(&[String], Range<usize>, Range<usize>) + 'a;

/// Reads a whole file as text.
pub(crate) fn read(file: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(file).map_err(|error| ConfigError {
        file: file.to_owned(),
        line: 0,
        column: 0,
        key: String::new(),
        what: format!("cannot be read: {error}"),
    })
}

impl Source<'_> {
    /// Parses the text into a type that refuses unknown keys.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        toml::from_str(self.text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            let message = error.message().trim().replace('\n', "; ");
            // serde names a missing key in its message and points at the table that lacks it.
            match message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
                Some(field) => {
                    let mut key = self.table_at(&span);
                    key.push(field.to_owned());
                    self.error(span, dotted(&key), "expected this key; it is missing".into())
                }
                None => self.error(span.clone(), dotted(&self.key_at(&span)), message),
            }
        })
    }

    /// An error of the value at `key` (table keys; numbers for places in a list), or of the nearest table above it
    /// when the key is not written in the file.
    pub fn error_at(&self, key: &[&str], what: impl Into<String>) -> ConfigError {
        let key: Vec<String> = key.iter().map(|&k| k.to_owned()).collect();
        self.error(self.span_of(&key), dotted(&key), what.into())
    }

    fn error(&self, span: Range<usize>, key: String, what: String) -> ConfigError {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        ConfigError { file: self.file.to_owned(), line, column, key, what }
    }

    fn span_of(&self, key: &[String]) -> Range<usize> {
        let mut span = 0..0;
        self.walk(&mut |path, key_span, value_span| {
            if !path.is_empty() && key.starts_with(path) {
                // The key's own place for a table above; the value's place for the value itself.
                span = if path.len() == key.len() { value_span } else { key_span };
            }
        });
        span
    }

    /// The key whose name or value stands closest around `span`.
    fn key_at(&self, span: &Range<usize>) -> Vec<String> {
        let mut best: Option<(usize, Vec<String>)> = None;
        self.walk(&mut |path, key_span, value_span| {
            for around in [key_span, value_span] {
                if around.start <= span.start && span.end <= around.end {
                    let length = around.len();
                    if best.as_ref().is_none_or(|(shortest, _)| length <= *shortest) {
                        best = Some((length, path.to_vec()));
                    }
                }
            }
        });
        best.map(|(_, path)| path).unwrap_or_default()
    }

    /// The table that stands exactly there; otherwise the whole text.
    fn table_at(&self, span: &Range<usize>) -> Vec<String> {
        let mut found = Vec::new();
        self.walk(&mut |path, _, value_span| {
            if value_span == *span {
                found = path.to_vec();
            }
        });
        found
    }

    /// Visits every key with the places of its name and of its value, tables before what they contain.
    fn walk(&self, visit: &mut Visit<'_>) {
        if let Ok(table) = DeTable::parse(self.text) {
            walk_table(table.get_ref(), &mut Vec::new(), visit);
        }
    }
}

fn walk_table(table: &DeTable<'_>, path: &mut Vec<String>, visit: &mut Visit<'_>) {
    for (key, value) in table.iter() {
        path.push(key.get_ref().to_string());
        visit(path, key.span(), value.span());
        walk_value(value.get_ref(), path, visit);
        path.pop();
    }
}

fn walk_value(value: &DeValue<'_>, path: &mut Vec<String>, visit: &mut Visit<'_>) {
    match value {
        DeValue::Table(table) => walk_table(table, path, visit),
        DeValue::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                visit(path, item.span(), item.span());
                walk_value(item.get_ref(), path, visit);
                path.pop();
            }
        }
        _ => {}
    }
}

/// A key as it would be written in TOML.
fn dotted(key: &[String]) -> String {
    let bare = |k: &String| !k.is_empty() && k.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    key.iter().map(|k| if bare(k) { k.clone() } else { format!("{k:?}") }).collect::<Vec<_>>().join(".")
}

/// Reads a TOML file into a type that refuses unknown keys.
pub fn read_toml<T: DeserializeOwned>(file: &Path) -> Result<T, ConfigError> {
    Source { file, text: &read(file)? }.parse()
}
