//! From the file to the configuration.

use std::path::Path;
use std::sync::Arc;

use crate::check::check;
use crate::file::File;
use crate::provider::Config;
use crate::source::{ConfigError, Source};

impl Config {
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
        let folder = source.file.parent().unwrap_or(Path::new("")).to_owned();
        check(file, &folder, &Arc::new(source))
    }
}
