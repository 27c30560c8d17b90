//! The configuration of an index's operator (`sigillo directory serve`): another file than a provider's. Every key is
//! described in `docs/index-operator.md`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::check::Place;
use super::directory::https;
use super::signing::SigningTable;
use super::source::{self, ConfigError};
use super::{Admin, Fetching, HttpsDoor, Log, Shutdown, Signing};

/// Everything the operator's service is told.
#[derive(Clone, Debug)]
pub struct OperatorConfig {
    /// What is published.
    pub index: IndexTable,
    /// The key that signs the index.
    pub signing: Signing,
    /// How the providers' files are collected.
    pub collect: Fetching,
    /// Where the index is served.
    pub serve: HttpsDoor,
    /// The operator's local door.
    pub admin: Admin,
    /// What is logged.
    pub log: Log,
    /// How the process ends.
    pub shutdown: Shutdown,
    /// Whose files are collected; an earlier one keeps a domain that a later one claims too.
    pub providers: Vec<Member>,
}

/// `[index]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndexTable {
    /// `LDIFLocationURL` of the root entry: where providers fetch the index [R-4.5-b].
    pub url: String,
    /// Folder of the last good files and of the published one.
    pub state: PathBuf,
}

/// `[[provider]]`
#[derive(Clone, Debug)]
pub struct Member {
    /// Its `providerName`.
    pub name: String,
    /// Where its signed file is served; one of this and `file` is there.
    pub url: Option<String>,
    /// Its signed file on this machine; beside `url`, for the first time only, while its provider does not run yet.
    pub file: Option<PathBuf>,
    /// The certificates that may sign it (PEM), read anew each time.
    pub certificates: PathBuf,
}

impl OperatorConfig {
    /// Reads and checks the file, and that the files it names are there.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        Self::from_text(&source::read(path)?, path)
    }

    /// The same from a text; `path` is where it would stand.
    pub fn from_text(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let source = source::Source { file: path, text };
        let mut file: File = source.parse()?;
        let place = Place { folder: path.parent().unwrap_or(Path::new("")), source: &source };
        https(&file.index.url, &["index", "url"], &place)?;
        file.index.state = place.folder.join(&file.index.state);
        file.collect.check("collect", &place)?;
        file.serve.check(&["serve"], &place)?;
        let providers = members(file.provider, &file.collect, &place)?;
        Ok(Self {
            signing: place.signing(file.signing)?,
            index: file.index,
            collect: file.collect,
            serve: file.serve,
            admin: file.admin,
            log: file.log,
            shutdown: file.shutdown,
            providers,
        })
    }
}

fn members(rows: Vec<MemberTable>, collect: &Fetching, place: &Place<'_>) -> Result<Vec<Member>, ConfigError> {
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
            if collect.tls_roots.is_none() {
                return at("url", "expected collect.tls_roots too: without authorities no certificate is valid");
            }
        } else if row.file.is_none() {
            return at("name", "expected url or file for this provider: where its signed file is");
        }
        // The file may come later.
        let file = row.file.map(|file| place.folder.join(file));
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
    collect: Fetching,
    serve: HttpsDoor,
    #[serde(default)]
    admin: Admin,
    #[serde(default)]
    log: Log,
    #[serde(default)]
    shutdown: Shutdown,
    #[serde(default)]
    provider: Vec<MemberTable>,
}

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
