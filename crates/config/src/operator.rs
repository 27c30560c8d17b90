//! The configuration of an index's operator (`sigillo directory serve`): another file than a provider's. Every key is
//! described in `docs/index-operator.md`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use index::HttpsDoor;
use index::operator::{Member, OperatorSettings};
use serde::Deserialize;

use crate::fetching::FetchingTable;
use crate::folder::Folder;
use crate::log::Log;
use crate::publish::{HttpsDoorTable, https};
use crate::signing::{Signing, SigningTable};
use crate::source::{ConfigError, Source};
use crate::tables::{Admin, Shutdown};

/// Everything the operator's service is told.
#[derive(Clone, Debug)]
pub struct OperatorConfig {
    /// What is published, and of whom.
    pub index: OperatorSettings,
    /// The key that signs the index.
    pub signing: Signing,
    /// Where the index is served.
    pub serve: HttpsDoor,
    /// The operator's local door.
    pub admin: Admin,
    /// What is logged.
    pub log: Log,
    /// How the process ends.
    pub shutdown: Shutdown,
    source: Source,
}

impl OperatorConfig {
    /// What is wrong with the value at `key`, found when what it names was read: the error says file, line and key.
    pub fn error_at(&self, key: &[&str], what: impl Into<String>) -> ConfigError {
        self.source.error_at(key, what)
    }

    /// Reads and checks the file, and that the files it names are there.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        Self::from_source(Source::read(path)?)
    }

    /// The same from a text; `path` is where it would stand.
    pub fn from_text(text: &str, path: &Path) -> Result<Self, ConfigError> {
        Self::from_source(Source { file: path.to_owned(), text: text.to_owned() })
    }

    fn from_source(source: Source) -> Result<Self, ConfigError> {
        let file: File = source.parse()?;
        let folder = Folder { path: source.file.parent().unwrap_or(Path::new("")), source: &source };
        https(&file.index.url, &["index", "url"], &folder)?;
        let state = folder.path.join(&file.index.state);
        let collect = file.collect.check("collect", &folder)?;
        let serve = file.serve.check(&["serve"], &folder)?;
        let providers = members(file.provider, collect.tls_roots.is_some(), &folder)?;
        Ok(Self {
            signing: file.signing.check(&folder)?,
            index: OperatorSettings { url: file.index.url, state, collect, providers },
            serve,
            admin: file.admin,
            log: file.log,
            shutdown: file.shutdown,
            source,
        })
    }
}

fn members(rows: Vec<MemberTable>, has_roots: bool, place: &Folder<'_>) -> Result<Vec<Member>, ConfigError> {
    let mut names = HashSet::new();
    let mut members = Vec::with_capacity(rows.len());
    for (index, mut row) in rows.into_iter().enumerate() {
        let index = index.to_string();
        let at = |key: &str, what: &str| Err(place.source.error_at(&["provider", &index, key], what));
        if row.name.trim().is_empty() {
            return at("name", "expected the providerName of its record, found an empty text");
        }
        if !names.insert(row.name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()) {
            return at("name", "this provider stands here twice");
        }
        place.existing([&mut row.certificates], &["provider", &index, "certificates"])?;
        if let Some(url) = &row.url {
            https(url, &["provider", &index, "url"], place)?;
            if !has_roots {
                return at("url", "expected collect.tls_roots too: without authorities no certificate is valid");
            }
        } else if row.file.is_none() {
            return at("name", "expected url or file for this provider: where its signed file is");
        }
        // The file may come later.
        let file = row.file.map(|file| place.path.join(file));
        members.push(Member { name: row.name, url: row.url, file, certificates: row.certificates });
    }
    if members.is_empty() {
        return Err(place.source.error_at(&["provider"], "expected at least one [[provider]]"));
    }
    Ok(members)
}

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    index: IndexTable,
    signing: SigningTable,
    #[serde(default)]
    collect: FetchingTable,
    serve: HttpsDoorTable,
    #[serde(default)]
    admin: Admin,
    #[serde(default)]
    log: Log,
    #[serde(default)]
    shutdown: Shutdown,
    #[serde(default)]
    provider: Vec<MemberTable>,
}

/// `[index]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct IndexTable {
    url: String,
    state: PathBuf,
}

/// `[[provider]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MemberTable {
    name: String,
    url: Option<String>,
    file: Option<PathBuf>,
    certificates: PathBuf,
}

#[cfg(test)]
mod tests;
