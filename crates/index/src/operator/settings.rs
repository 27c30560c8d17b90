//! What an operator of an index decides.

use std::path::PathBuf;

use crate::settings::Fetching;

/// What is published, and of whom.
#[derive(Clone, Debug)]
pub struct OperatorSettings {
    /// `LDIFLocationURL` of the root entry: where providers fetch the index [R-4.5-b].
    pub url: String,
    /// Folder of the last good files and of the published one.
    pub state: PathBuf,
    /// How the providers' files are collected.
    pub collect: Fetching,
    /// Whose files are collected; an earlier one keeps a domain that a later one claims too.
    pub providers: Vec<Member>,
}

/// A provider whose file is collected.
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
