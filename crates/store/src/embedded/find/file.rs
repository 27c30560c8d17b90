//! The index's file.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::StoreError;
use crate::embedded::derived::Form;

/// Whoever changes what is in it, or what terms are, counts its version on.
const FORM: Form = Form {
    name: "the index of the evidence",
    // `SIGF`
    application: 0x5349_4746,
    version: 1,
    tables: include_str!("schema.sql"),
    postings: &["terms"],
};

/// Where the index of a store is.
pub(in crate::embedded) fn path(folder: &Path) -> PathBuf {
    folder.join("find.db")
}

/// Opens the index of this store to write it, made anew where it is of no use.
pub(super) fn open(path: &Path, store: &str) -> Result<Connection, StoreError> {
    FORM.open(path, store, || {
        tracing::warn!(event = "find-index-damaged", "the index of the evidence cannot be read and is made anew");
    })
}

/// A connection that reads the index of this store; `None`: there is none.
pub(super) fn look(path: &Path, store: &str) -> Result<Option<Connection>, StoreError> {
    FORM.look(path, store)
}
