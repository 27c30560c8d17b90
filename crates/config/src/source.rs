//! A TOML text whose errors say file, line, column and key. Who checks a value names its key; the place is looked up here.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};

use crate::misread::Misread;
use crate::reading;
use crate::syntax;

/// What is wrong in a configuration file: where, at which key, and what was expected there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// The file.
    pub file: PathBuf,
    /// 1-based line; 0 when the file could not be read at all.
    pub line: usize,
    /// 1-based column, in characters.
    pub column: usize,
    /// The key, dotted; empty where the text is not TOML and shows none.
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
#[derive(Clone)]
pub(crate) struct Source {
    pub file: PathBuf,
    pub text: String,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())
    }
}

/// Called with a key, the place of its name and the place of its value.
type Visit<'a> = dyn FnMut(&[String], Range<usize>, Range<usize>) + 'a;

impl Source {
    /// Reads a whole file as text.
    pub fn read(file: &Path) -> Result<Self, ConfigError> {
        match std::fs::read_to_string(file) {
            Ok(text) => Ok(Self { file: file.to_owned(), text }),
            Err(error) => Err(ConfigError {
                file: file.to_owned(),
                line: 0,
                column: 0,
                key: String::new(),
                what: format!("cannot be read: {error}"),
            }),
        }
    }

    /// Parses the text into a type that refuses unknown keys.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        let (table, errors) = DeTable::parse_recoverable(&self.text);
        if let Some(error) = errors.first() {
            let start = error.span().map_or(0, |span| span.start);
            let key = syntax::key_at(&self.text, start);
            let before = self.text.get(..start).unwrap_or_default();
            let first = key.as_ref().map(|key| span_in(before, key).start);
            let what = syntax::words(&self.text, start, error.message(), first.map(|start| self.place(start).0));
            return Err(self.error(start, key.unwrap_or_default(), what));
        }
        reading::read(&table).map_err(|Misread { key, span, what }| self.error(span.unwrap_or(0..0).start, key, what))
    }

    /// An error of the value at `key` (table keys; numbers for places in a list), or of the nearest table above it
    /// when the key is not written in the file.
    pub fn error_at(&self, key: &[&str], what: impl Into<String>) -> ConfigError {
        let key: Vec<String> = key.iter().map(|&k| k.to_owned()).collect();
        self.error(span_in(&self.text, &key).start, key, what.into())
    }

    fn error(&self, start: usize, key: Vec<String>, what: String) -> ConfigError {
        let (line, column) = self.place(start);
        ConfigError { file: self.file.clone(), line, column, key: dotted(&key), what }
    }

    /// Line and column of an octet.
    fn place(&self, start: usize) -> (usize, usize) {
        let before = self.text.get(..start).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        (line, before.rsplit('\n').next().unwrap_or_default().chars().count() + 1)
    }
}

/// Where a key stands in a text, as far as the text is TOML.
fn span_in(text: &str, key: &[String]) -> Range<usize> {
    let mut span = 0..0;
    let (table, _) = DeTable::parse_recoverable(text);
    walk_table(table.get_ref(), &mut Vec::new(), &mut |path, key_span, value_span| {
        if !path.is_empty() && key.starts_with(path) {
            // The key's own place for a table above; the value's place for the value itself.
            span = if path.len() == key.len() { value_span } else { key_span };
        }
    });
    span
}

/// Visits every key with the places of its name and of its value, tables before what they contain.
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
    Source::read(file)?.parse()
}
