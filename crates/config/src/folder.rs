//! The folder of the file, which paths are relative to.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::source::{ConfigError, Source};

/// Where the file stands.
pub(crate) struct Folder<'a> {
    pub path: &'a Path,
    pub source: &'a Source,
}

impl Folder<'_> {
    /// Joins paths to the folder; each must be a file.
    pub(crate) fn existing<'p>(
        &self,
        paths: impl IntoIterator<Item = &'p mut PathBuf>,
        key: &[&str],
    ) -> Result<(), ConfigError> {
        for path in paths {
            *path = self.path.join(&*path);
            if !path.is_file() {
                let what = format!("expected the path of a file; there is none at {}", path.display());
                return Err(self.source.error_at(key, what));
            }
        }
        Ok(())
    }

    /// What a file holds, without the line end.
    pub(crate) fn secret(&self, file: &Path, key: &[&str]) -> Result<SecretString, ConfigError> {
        match std::fs::read_to_string(file) {
            Ok(text) => Ok(text.trim_end_matches(['\r', '\n']).into()),
            Err(error) => Err(self.source.error_at(key, format!("the file cannot be read: {error}"))),
        }
    }
}
