//! The index's file.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::StoreError;
use crate::embedded::derived::Form;

/// Whoever changes what is in it, or how texts are read, counts its version on.
const FORM: Form = Form {
    name: "the search index",
    // `SIGX`
    application: 0x5349_4758,
    version: 2,
    tables: include_str!("schema.sql"),
    postings: &["grams", "words"],
};

/// Where the index of a store is.
pub(in crate::embedded) fn path(folder: &Path) -> PathBuf {
    folder.join("search.db")
}

/// Opens the index of this store to write it, made anew where it is of no use.
pub(super) fn open(path: &Path, store: &str) -> Result<Connection, StoreError> {
    FORM.open(path, store, || {
        tracing::warn!(event = "search-index-damaged", "the search index cannot be read and is made anew");
    })
}

/// A connection that reads.
pub(super) fn reader(path: &Path) -> Result<Connection, StoreError> {
    FORM.reader(path)
}
