//! An archive to which lines and messages are written one after the other, on threads that may wait for the disk.

use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;

use bytes::Bytes;
use control::{Fault, Refused};
use pec::Moment;
use serde::Serialize;
use tempfile::SpooledTempFile;

use crate::bundle::Bundle;
use crate::contents::unwritten;

/// Octets of lines that are written at once, and that a text beside may have in memory.
const PIECE: usize = 256 << 10;

/// An archive that is being made.
pub(crate) struct Archive {
    /// Away while a thread writes to it.
    bundle: Option<Bundle>,
    /// Lines of the file that is open.
    waiting: Vec<u8>,
    /// A text that grows beside the file that is open, and becomes one after it.
    beside: SpooledTempFile,
    beside_waiting: Vec<u8>,
}

fn away() -> io::Error {
    io::Error::other("a write before this one was cut off")
}

impl Archive {
    /// Begins one as of an instant, at a path where nothing is yet.
    pub(crate) async fn begin(path: &Path, at: Moment) -> Result<Self, Refused> {
        let path = path.to_owned();
        let begun = tokio::task::spawn_blocking(move || Bundle::begin(&path, at, u64::MAX));
        let bundle = Some(begun.await?.map_err(unwritten)?);
        let beside = SpooledTempFile::new(PIECE);
        Ok(Self { bundle, waiting: Vec::new(), beside, beside_waiting: Vec::new() })
    }

    async fn work(&mut self, work: impl FnOnce(&mut Bundle) -> io::Result<()> + Send + 'static) -> Result<(), Refused> {
        let mut bundle = self.bundle.take().ok_or_else(|| unwritten(away()))?;
        let worked = tokio::task::spawn_blocking(move || {
            let done = work(&mut bundle);
            (bundle, done)
        });
        let (bundle, done) = worked.await?;
        self.bundle = Some(bundle);
        done.map_err(unwritten)
    }

    /// Begins a file of lines; the one before it has ended.
    pub(crate) async fn open(&mut self, name: impl Into<String>) -> Result<(), Refused> {
        self.flush().await?;
        let name = name.into();
        self.work(move |bundle| bundle.open(&name)).await
    }

    /// Adds a line of JSON to the file that is open.
    pub(crate) async fn json(&mut self, value: &impl Serialize) -> Result<(), Refused> {
        serde_json::to_writer(&mut self.waiting, value)
            .map_err(|error| Refused::new(Fault::Program, error.to_string()))?;
        self.waiting.push(b'\n');
        if self.waiting.len() < PIECE { Ok(()) } else { self.flush().await }
    }

    async fn flush(&mut self) -> Result<(), Refused> {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return Ok(());
        }
        self.work(move |bundle| bundle.write(&waiting)).await
    }

    /// Adds a line to the text beside.
    pub(crate) async fn line_beside(&mut self, line: &str) -> Result<(), Refused> {
        self.beside_waiting.extend_from_slice(line.as_bytes());
        self.beside_waiting.push(b'\n');
        if self.beside_waiting.len() < PIECE { Ok(()) } else { self.flush_beside().await }
    }

    async fn flush_beside(&mut self) -> Result<(), Refused> {
        let waiting = std::mem::take(&mut self.beside_waiting);
        let mut beside = std::mem::replace(&mut self.beside, SpooledTempFile::new(PIECE));
        let written = tokio::task::spawn_blocking(move || beside.write_all(&waiting).map(|()| beside));
        self.beside = written.await?.map_err(unwritten)?;
        Ok(())
    }

    /// Makes of the text beside a file.
    pub(crate) async fn close_beside(&mut self, name: &'static str) -> Result<(), Refused> {
        self.flush_beside().await?;
        self.flush().await?;
        let mut beside = std::mem::replace(&mut self.beside, SpooledTempFile::new(PIECE));
        self.work(move |bundle| {
            beside.rewind()?;
            bundle.open(name)?;
            let mut piece = vec![0; PIECE];
            loop {
                match beside.read(&mut piece)? {
                    0 => return Ok(()),
                    read => bundle.write(piece.get(..read).unwrap_or_default())?,
                }
            }
        })
        .await
    }

    /// Adds a file whole; the one that is open has ended.
    pub(crate) async fn file(&mut self, name: String, chunks: Vec<Bytes>) -> Result<(), Refused> {
        self.flush().await?;
        self.work(move |bundle| bundle.add(&name, &chunks)).await
    }

    /// Gives it its name; how many files it has.
    pub(crate) async fn finish(mut self) -> Result<usize, Refused> {
        self.flush().await?;
        let bundle = self.bundle.take().ok_or_else(|| unwritten(away()))?;
        let finished = tokio::task::spawn_blocking(move || {
            let files = bundle.entries().len();
            bundle.finish().map(|()| files)
        });
        finished.await?.map_err(unwritten)
    }
}
