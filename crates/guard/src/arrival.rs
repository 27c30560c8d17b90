//! A message while it arrives: its first octets in memory, the rest on disk.
//!
//! Memory is for messages that are whole: who sends slowly, or stops, holds disk. The order:
//!
//! 1. what comes is kept in memory up to [`Spill::above`], and only as long as that is out of the half of its class's memory
//!    that is for what is not whole;
//! 2. beyond it, everything goes to a file without a name: room on disk is asked for first, and waited for, and it has a
//!    budget of its own, divided as that of memory;
//! 3. when the end is here, memory for the whole message is asked for, and waited for; only then is the file read, into one
//!    buffer of exactly its size.
//!
//! So nobody who waits for memory holds what others wait for. How long to wait is the door's to say.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use crate::budget::{Budget, Class, Reservation};
use crate::peer::Peer;

/// Octets that are gathered for one write, once a message is on disk.
const PIECE: usize = 64 << 10;
/// Files of one class that are written or read at once: a slow disk must not take the threads that others work on.
const AT_ONCE: usize = 8;
/// How long the disk must have worked again before that is believed.
const SURE: Duration = Duration::from_secs(60);

/// Where the octets go that are not kept in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spill {
    /// The folder of the files; they have no names and are gone with the process.
    pub folder: PathBuf,
    /// Octets of a message that stay in memory while it arrives.
    pub above: usize,
    /// Octets of the file system that stay free: whoever else writes there must go on.
    pub leave_free: u64,
}

impl Default for Spill {
    /// The system's folder for temporary files.
    fn default() -> Self {
        Self { folder: std::env::temp_dir(), above: 256 << 10, leave_free: 256 << 20 }
    }
}

/// Why there is no room for a message now. It may come again later.
#[derive(Debug, thiserror::Error)]
pub enum NoRoom {
    /// No memory came free in time.
    #[error("no memory came free")]
    Memory,
    /// No disk came free in time, of what messages under way may hold.
    #[error("no room on disk came free")]
    Disk,
    /// The disk does not take it: our fault, and the operator is told.
    #[error("the disk does not take it: {0}")]
    Failed(#[from] io::Error),
}

/// The messages that arrive through all doors that share it.
pub struct Arrivals {
    memory: Budget,
    disk: Budget,
    spill: Spill,
    /// The turns at the disk, by class.
    turns: [Semaphore; Class::ALL.len()],
    /// The last failure of the disk; `None`: it works.
    failed: Mutex<Option<Instant>>,
}

impl Arrivals {
    /// Messages that take from these budgets of memory and of disk. The folder must be there.
    pub fn new(memory: Budget, disk: Budget, spill: Spill) -> Arc<Self> {
        let turns = Class::ALL.map(|_| Semaphore::new(AT_ONCE));
        Arc::new(Self { memory, disk, spill, turns, failed: Mutex::default() })
    }

    /// The memory of messages in flight.
    pub fn memory(&self) -> &Budget {
        &self.memory
    }

    /// The disk of messages that arrive.
    pub fn disk(&self) -> &Budget {
        &self.disk
    }

    /// Whether the disk refuses what arrives, or did a minute ago.
    pub fn is_failing(&self) -> bool {
        self.failed().is_some()
    }

    /// A message that begins to arrive.
    pub fn begin(self: &Arc<Self>, class: Class, peer: Peer) -> Arrival {
        Arrival {
            arrivals: Arc::clone(self),
            class,
            recent: BytesMut::new(),
            file: None,
            on_disk: 0,
            memory: self.memory.reservation(class, Some(peer.into())),
            disk: self.disk.reservation(class, Some(peer.into())),
        }
    }

    fn failed(&self) -> MutexGuard<'_, Option<Instant>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works with a file on a thread that may wait; what it says of the disk is noted, one line of the log for one trouble.
    async fn at_disk<T: Send + 'static>(
        &self,
        class: Class,
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let _turn = self.turns[class as usize].acquire().await.map_err(io::Error::other)?;
        let done = tokio::task::spawn_blocking(work).await.map_err(io::Error::other).flatten();
        let mut failed = self.failed();
        match &done {
            Err(error) => {
                if failed.replace(Instant::now()).is_none() {
                    let folder = self.spill.folder.display();
                    tracing::error!(event = "spill-failed", %folder, %error, "large messages are put off");
                }
                metrics::counter!("sigillo_spill_failures_total").increment(1);
            }
            Ok(_) if failed.is_some_and(|at| at.elapsed() >= SURE) => {
                *failed = None;
                tracing::info!(event = "spill-works", folder = %self.spill.folder.display());
            }
            Ok(_) => {}
        }
        done
    }
}

/// One message while it arrives. Dropped, everything that it holds is given back, and its file is gone.
pub struct Arrival {
    arrivals: Arc<Arrivals>,
    class: Class,
    /// What is not on disk.
    recent: BytesMut,
    file: Option<File>,
    on_disk: usize,
    memory: Reservation,
    disk: Reservation,
}

/// A message that is whole.
pub struct Whole {
    /// All of it.
    pub octets: Bytes,
    /// The memory that it holds, to be kept as long as they are.
    pub room: Reservation,
}

impl Arrival {
    /// Where to append what has come; then [`Arrival::settle`].
    pub fn recent(&mut self) -> &mut BytesMut {
        &mut self.recent
    }

    /// Octets of the message so far.
    pub fn octets(&self) -> usize {
        self.on_disk + self.recent.len()
    }

    /// Whether some of it is on disk.
    pub fn is_spilled(&self) -> bool {
        self.file.is_some()
    }

    /// Finds room in memory for what was appended. `false`: it has to go to disk, by [`Arrival::settle`].
    pub fn try_settle(&mut self) -> bool {
        let above = self.arrivals.spill.above;
        let most = if self.file.is_some() { PIECE.min(above) } else { above };
        let missing = self.recent.len().saturating_sub(self.memory.octets());
        self.recent.len() <= most && (missing == 0 || self.memory.try_hold(missing))
    }

    /// Finds room for what was appended, if need be on disk; waits for it until `until`. After an error the message cannot
    /// become whole.
    pub async fn settle(&mut self, until: Instant) -> Result<(), NoRoom> {
        if self.try_settle() {
            return Ok(());
        }
        let octets = self.recent.len();
        timeout_at(until, self.disk.grow(octets)).await.map_err(|_| NoRoom::Disk)?;
        let (piece, file, spill) = (std::mem::take(&mut self.recent), self.file.take(), self.arrivals.spill.clone());
        let written = self.arrivals.at_disk(self.class, move || append(file, &piece, &spill)).await?;
        self.file = Some(written);
        self.on_disk += octets;
        self.memory.clear();
        Ok(())
    }

    /// Forgets what has come: the message is refused, whatever follows.
    pub fn discard(&mut self) {
        (self.recent, self.file, self.on_disk) = (BytesMut::new(), None, 0);
        self.memory.clear();
        self.disk.clear();
    }

    /// The whole message, once there is memory for it; waits for that until `until`.
    pub async fn whole(mut self, until: Instant) -> Result<Whole, NoRoom> {
        let octets = self.octets();
        let missing = octets.saturating_sub(self.memory.octets());
        if missing > 0 {
            timeout_at(until, self.memory.grow(missing)).await.map_err(|_| NoRoom::Memory)?;
        }
        let (recent, on_disk) = (self.recent, self.on_disk);
        let octets = match self.file {
            None => recent.freeze(),
            Some(file) => self.arrivals.at_disk(self.class, move || read_back(file, on_disk, &recent)).await?,
        };
        Ok(Whole { octets, room: self.memory })
    }
}

/// Writes a piece behind what a file holds; makes the file when there is none yet.
fn append(file: Option<File>, piece: &[u8], spill: &Spill) -> io::Result<File> {
    let free = free(&spill.folder)?;
    if free < spill.leave_free.saturating_add(piece.len() as u64) {
        let what = format!("{free} octets are free, of which {} stay so", spill.leave_free);
        return Err(io::Error::new(io::ErrorKind::StorageFull, what));
    }
    let mut file = match file {
        Some(file) => file,
        None => tempfile::tempfile_in(&spill.folder)?,
    };
    file.write_all(piece)?;
    Ok(file)
}

/// Octets of a file system that may still be written.
fn free(folder: &Path) -> io::Result<u64> {
    let figures = rustix::fs::statvfs(folder)?;
    Ok(figures.f_bavail.saturating_mul(figures.f_frsize))
}

/// What a file holds and what did not go there, in one buffer of exactly that size.
fn read_back(mut file: File, on_disk: usize, recent: &[u8]) -> io::Result<Bytes> {
    let mut whole = Vec::with_capacity(on_disk + recent.len());
    file.rewind()?;
    file.take(on_disk as u64).read_to_end(&mut whole)?;
    if whole.len() != on_disk {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file is shorter than what was written"));
    }
    whole.extend_from_slice(recent);
    Ok(whole.into())
}

#[cfg(test)]
mod tests;
