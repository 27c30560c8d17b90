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
    /// The file that is being written, with the digest of what it has.
    open: Option<(String, Sha256)>,
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
        Ok(Self { zip, path: path.to_owned(), at, entries: Vec::new(), open: None, octets: 0, most })
    }

    /// Whether there is room for so many octets more.
    pub(crate) fn has_room(&self, octets: u64) -> bool {
        self.octets.saturating_add(octets) <= self.most
    }

    /// Adds a file.
    pub(crate) fn add(&mut self, name: &str, chunks: impl IntoIterator<Item = impl AsRef<[u8]>>) -> io::Result<()> {
        self.close();
        self.zip.start_file(name, entry(self.at))?;
        self.open = Some((name.to_owned(), Sha256::new()));
        chunks.into_iter().try_for_each(|chunk| self.write(chunk.as_ref()))?;
        self.close();
        Ok(())
    }

    /// Begins a file of any length, to be written piece by piece; the one before it ends.
    pub(crate) fn open(&mut self, name: &str) -> io::Result<()> {
        self.close();
        self.zip.start_file(name, entry(self.at).large_file(true))?;
        self.open = Some((name.to_owned(), Sha256::new()));
        Ok(())
    }

    /// Adds octets to the file that is open.
    pub(crate) fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        let Some((_, sha256)) = &mut self.open else { return Err(io::Error::other("no file is open")) };
        sha256.update(octets);
        self.octets = self.octets.saturating_add(octets.len() as u64);
        self.zip.write_all(octets)
    }

    fn close(&mut self) {
        if let Some((name, sha256)) = self.open.take() {
            self.entries.push(Entry { name, sha256: sha256.finalize().into() });
        }
    }

    /// What is in it so far.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Adds the list of digests, and gives the archive its name; nothing that is there is replaced.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.close();
        let line = |entry: &Entry| format!("{}  {}\n", hex::encode(entry.sha256), entry.name);
        let digests: String = self.entries.iter().map(line).collect();
        self.zip.start_file(DIGESTS, entry(self.at))?;
        self.zip.write_all(digests.as_bytes())?;
        let file = self.zip.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        file.persist_noclobber(&self.path).map(drop).map_err(|error| error.error)
    }
}
