//! From the file to the configuration.

use std::path::Path;

use crate::check::check;
use crate::file::File;
use crate::provider::Config;
use crate::source::{self, ConfigError, Source};

impl Config {
    /// Reads and checks the file, and that the files it names are there.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        Self::from_text(&source::read(path)?, path)
    }

    /// The same from a text; `path` is where it would stand.
    pub fn from_text(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let source = Source { file: path, text };
        let file: File = source.parse()?;
        let folder = path.parent().unwrap_or(Path::new(""));
        check(file, folder, &source)
    }
}
