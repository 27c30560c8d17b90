//! Files in one archive, each with its digest. What is not whole is no archive: it gets its name at the end.

use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use bulk::archive::entry;
use pec::Moment;
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use zip::ZipWriter;

/// An archive that is being made.
pub(crate) struct Bundle {
    zip: ZipWriter<BufWriter<NamedTempFile>>,
    path: PathBuf,
    at: Moment,
    entries: Vec<Entry>,
    octets: u64,
    most: u64,
}

/// A file in it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) sha256: [u8; 32],
}

/// The list of digests, as `sha256sum --check` reads it.
pub(crate) const DIGESTS: &str = "SHA256SUMS";

impl Bundle {
    /// Begins one as of an instant, at a path where nothing is yet, with at most so many octets in its files.
    pub(crate) fn begin(path: &Path, at: Moment, most: u64) -> io::Result<Self> {
        if path.exists() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let zip = ZipWriter::new(BufWriter::new(NamedTempFile::new_in(folder)?));
        Ok(Self { zip, path: path.to_owned(), at, entries: Vec::new(), octets: 0, most })
    }

    /// Whether there is room for so many octets more.
    pub(crate) fn has_room(&self, octets: u64) -> bool {
        self.octets.saturating_add(octets) <= self.most
    }

    /// Adds a file.
    pub(crate) fn add(&mut self, name: &str, chunks: impl IntoIterator<Item = impl AsRef<[u8]>>) -> io::Result<()> {
        self.zip.start_file(name, entry(self.at))?;
        let (mut sha256, mut octets) = (Sha256::new(), 0);
        for chunk in chunks {
            let chunk = chunk.as_ref();
            sha256.update(chunk);
            octets += chunk.len() as u64;
            self.zip.write_all(chunk)?;
        }
        self.octets = self.octets.saturating_add(octets);
        self.entries.push(Entry { name: name.to_owned(), sha256: sha256.finalize().into() });
        Ok(())
    }

    /// What is in it so far.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Adds the list of digests, and gives the archive its name; nothing that is there is replaced.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        let line = |entry: &Entry| format!("{}  {}\n", hex::encode(entry.sha256), entry.name);
        let digests: String = self.entries.iter().map(line).collect();
        self.zip.start_file(DIGESTS, entry(self.at))?;
        self.zip.write_all(digests.as_bytes())?;
        let file = self.zip.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        file.persist_noclobber(&self.path).map(drop).map_err(|error| error.error)
    }
}
