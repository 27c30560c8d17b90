//! Messages written to files, on a thread that may wait for the disk.

use std::io;

use control::transfer::form::Marks;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Pieces that wait for the disk.
const WAITING: usize = 16;

/// A message that leaves.
#[derive(Clone, Debug)]
pub(crate) struct Leaving {
    /// Its UID.
    pub uid: u32,
    /// The internal date, seconds since 1970.
    pub at: i64,
    /// Octets.
    pub size: u64,
    /// Flags and keywords.
    pub marks: Marks,
}

/// A form in which messages are kept outside.
pub(crate) trait Sink: Send {
    /// What follows is of this folder; each comes once.
    fn folder(&mut self, name: &str) -> io::Result<()>;
    /// A message begins.
    fn begin(&mut self, message: &Leaving) -> io::Result<()>;
    /// Octets of it.
    fn octets(&mut self, octets: &[u8]) -> io::Result<()>;
    /// It is whole.
    fn end(&mut self) -> io::Result<()>;
    /// It does not come whole: nothing of it stays.
    fn abandon(&mut self) -> io::Result<()>;
    /// A text for who finds the export, under this name.
    fn note(&mut self, name: &str, text: &str) -> io::Result<()>;
    /// All is there: it is made durable. What the form could not keep, one line each.
    fn finish(self: Box<Self>) -> io::Result<Vec<String>>;
}

enum Put {
    Folder(String),
    Begin(Leaving),
    Octets(Vec<u8>),
    End,
    Abandon,
    Note(&'static str, String),
}

/// A sink that is written to from elsewhere.
pub(crate) struct Writing {
    send: mpsc::Sender<Put>,
    thread: JoinHandle<io::Result<Vec<String>>>,
}

/// Nothing more is taken: [`Writing::finish`] says why.
pub(crate) struct Stuck;

impl Writing {
    pub(crate) fn start(mut sink: Box<dyn Sink>) -> Self {
        let (send, mut receive) = mpsc::channel(WAITING);
        let thread = tokio::task::spawn_blocking(move || {
            while let Some(put) = receive.blocking_recv() {
                match put {
                    Put::Folder(name) => sink.folder(&name)?,
                    Put::Begin(message) => sink.begin(&message)?,
                    Put::Octets(octets) => sink.octets(&octets)?,
                    Put::End => sink.end()?,
                    Put::Abandon => sink.abandon()?,
                    Put::Note(name, text) => sink.note(name, &text)?,
                }
            }
            sink.finish()
        });
        Self { send, thread }
    }

    async fn put(&self, put: Put) -> Result<(), Stuck> {
        self.send.send(put).await.map_err(|_| Stuck)
    }

    pub(crate) async fn folder(&self, name: &str) -> Result<(), Stuck> {
        self.put(Put::Folder(name.to_owned())).await
    }

    pub(crate) async fn begin(&self, message: Leaving) -> Result<(), Stuck> {
        self.put(Put::Begin(message)).await
    }

    pub(crate) async fn octets(&self, octets: Vec<u8>) -> Result<(), Stuck> {
        self.put(Put::Octets(octets)).await
    }

    pub(crate) async fn end(&self) -> Result<(), Stuck> {
        self.put(Put::End).await
    }

    pub(crate) async fn abandon(&self) -> Result<(), Stuck> {
        self.put(Put::Abandon).await
    }

    pub(crate) async fn note(&self, name: &'static str, text: String) -> Result<(), Stuck> {
        self.put(Put::Note(name, text)).await
    }

    /// Waits until all is on the disk; what the form could not keep, one line each.
    pub(crate) async fn finish(self) -> io::Result<Vec<String>> {
        drop(self.send);
        self.thread.await.map_err(io::Error::other)?
    }
}
