//! The command's end of a transfer: with the provider that runs, or with the store itself.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use store::{Embedded, Upkeep};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::form::{Ask, EntryTold, FolderTold, Heading, Likeness, Room, Told, TransferRequest};
use super::serve;
use crate::client::{self, Client};
use crate::command::Place;
use crate::control::{Control, Faces};
use crate::limits::Limits;
use crate::operator::Operator;
use crate::refused::{Fault, Refused};
use crate::request::Request;
use crate::running::Stopped;
use crate::wire::{Call, VERSION, line, to_line};

/// Octets of a line of an answer.
const LINE: usize = 1 << 20;
/// Octets on their way within this process.
const AHEAD: usize = 512 << 10;
/// How long the other end may say nothing; it says at least that it goes on.
const SILENCE: Duration = Duration::from_secs(60);

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A mailbox that is open for a transfer.
pub struct Carrier {
    stream: BufStream<Box<dyn Stream>>,
    here: Option<(JoinHandle<()>, Arc<Embedded>)>,
}

impl Carrier {
    /// Opens a mailbox: the provider that runs does it, or the store is opened for this command alone.
    pub async fn open(place: Place, request: TransferRequest) -> Result<Self, Refused> {
        let mut carrier = match Client::reach(&place.socket).await? {
            Some(client) => {
                let mut stream = client.into_stream();
                let call = Call { sigillo: VERSION, request: Request::Transfer(request) };
                let call = to_line(&call).map_err(|error| broken(&error))?;
                // Who is refused at once has said why before he was asked.
                let _ = stream.write_all(&call).await;
                Self { stream: BufStream::new(Box::new(stream)), here: None }
            }
            None => Self::here(place, request).await?,
        };
        match carrier.next().await {
            Ok(Told::Opened) => Ok(carrier),
            Ok(told) => Err(unexpected(&told)),
            Err(refused) => {
                carrier.end().await;
                Err(refused)
            }
        }
    }

    async fn here(place: Place, request: TransferRequest) -> Result<Self, Refused> {
        let addresses = (place.addresses)()?;
        let store = client::open(&place.folder, place.options, &place.socket).await?;
        let control = Control::new(Faces::of(store.clone()), addresses, Arc::new(Stopped), place.clock);
        let (ours, theirs) = tokio::io::duplex(AHEAD);
        let who = Operator::of_this_process();
        let work = tokio::spawn(async move {
            let (_never, stop) = watch::channel(false);
            serve::serve(theirs, control, request, who, Limits::default(), stop).await;
        });
        Ok(Self { stream: BufStream::new(Box::new(ours)), here: Some((work, store)) })
    }

    /// The folders.
    pub async fn folders(&mut self) -> Result<Vec<FolderTold>, Refused> {
        self.ask(&Ask::Folders).await?;
        let mut folders = Vec::new();
        loop {
            match self.next().await? {
                Told::Folder(folder) => folders.push(folder),
                Told::End => return Ok(folders),
                told => return Err(unexpected(&told)),
            }
        }
    }

    /// Makes a folder that is not there.
    pub async fn make(&mut self, name: &str, special: Option<&str>) -> Result<(), Refused> {
        self.ask(&Ask::Make { name: name.to_owned(), special: special.map(str::to_owned) }).await?;
        match self.next().await? {
            Told::Made => Ok(()),
            told => Err(unexpected(&told)),
        }
    }

    /// How much the mailbox holds and may hold.
    pub async fn room(&mut self) -> Result<Room, Refused> {
        self.ask(&Ask::Room).await?;
        match self.next().await? {
            Told::Room(room) => Ok(room),
            told => Err(unexpected(&told)),
        }
    }

    /// Forgets which messages were compared.
    pub async fn begin(&mut self) -> Result<(), Refused> {
        self.ask(&Ask::Begin).await?;
        self.end_of_answer().await
    }

    /// Which of these messages are in a folder; each that is there answers for one.
    pub async fn compare(&mut self, folder: &str, messages: Vec<Likeness>) -> Result<Vec<bool>, Refused> {
        self.ask(&Ask::Compare { folder: folder.to_owned(), messages }).await?;
        match self.next().await? {
            Told::Compared { there } => Ok(there),
            told => Err(unexpected(&told)),
        }
    }

    /// Announces a message of the batch; its octets follow ([`Carrier::octets`]).
    pub async fn append(&mut self, heading: Heading) -> Result<(), Refused> {
        self.ask(&Ask::Append(heading)).await
    }

    /// Octets of the message that was announced.
    pub async fn octets(&mut self, octets: &[u8]) -> Result<(), Refused> {
        match self.stream.write_all(octets).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.why(&error).await),
        }
    }

    /// Puts the batch in the mailbox, all of it or nothing.
    pub async fn commit(&mut self) -> Result<(), Refused> {
        self.ask(&Ask::Commit).await?;
        match self.next().await? {
            Told::Committed => Ok(()),
            told => Err(unexpected(&told)),
        }
    }

    /// Entries of a folder after this UID, ascending; none when there are no more.
    pub async fn entries(&mut self, folder: &str, after: u32) -> Result<Vec<EntryTold>, Refused> {
        self.ask(&Ask::Entries { folder: folder.to_owned(), after }).await?;
        let mut entries = Vec::new();
        loop {
            match self.next().await? {
                Told::Entry(entry) => entries.push(entry),
                Told::End => return Ok(entries),
                told => return Err(unexpected(&told)),
            }
        }
    }

    /// Asks for the octets of a message: [`Carrier::piece`] gives them.
    pub async fn read(&mut self, folder: &str, uid: u32) -> Result<(), Refused> {
        self.ask(&Ask::Read { folder: folder.to_owned(), uid }).await
    }

    /// The next octets of the message; `false`: that was all. An error says why it cannot be had whole; the next thing may be
    /// asked all the same.
    pub async fn piece(&mut self, piece: &mut Vec<u8>) -> Result<bool, Refused> {
        let octets = match self.next().await? {
            Told::Octets(octets) => usize::try_from(octets).ok().filter(|octets| *octets <= AHEAD),
            Told::End => return Ok(false),
            told => return Err(unexpected(&told)),
        };
        piece.resize(octets.ok_or_else(|| broken("too much at once"))?, 0);
        let read = timeout(SILENCE, self.stream.read_exact(piece)).await;
        match read {
            Ok(Ok(_)) => Ok(true),
            Ok(Err(error)) => Err(broken(error)),
            Err(_) => Err(broken("nothing came for a minute")),
        }
    }

    /// Ends the transfer: what was put in the mailbox has its evidence when this returns.
    pub async fn close(mut self) -> Result<(), Refused> {
        let ended = async {
            self.stream.flush().await?;
            self.stream.shutdown().await
        };
        let told = match ended.await {
            Err(error) => Err(broken(error)),
            Ok(()) => match self.next_or_end().await {
                Ok(None) => Ok(()),
                Ok(Some(told)) => Err(unexpected(&told)),
                Err(refused) => Err(refused),
            },
        };
        self.end().await;
        told
    }

    async fn end(self) {
        let Self { stream, here } = self;
        drop(stream);
        if let Some((work, store)) = here {
            let _ = work.await;
            if let Err(error) = store.close().await {
                tracing::warn!(event = "store-not-closed", %error);
            }
        }
    }

    async fn end_of_answer(&mut self) -> Result<(), Refused> {
        match self.next().await? {
            Told::End => Ok(()),
            told => Err(unexpected(&told)),
        }
    }

    async fn ask(&mut self, ask: &Ask) -> Result<(), Refused> {
        let asked = to_line(ask).map_err(|error| broken(&error))?;
        self.octets(&asked).await
    }

    async fn next(&mut self) -> Result<Told, Refused> {
        if let Err(error) = self.stream.flush().await {
            return Err(self.why(&error).await);
        }
        self.next_or_end().await?.ok_or_else(|| broken("it ended before it had answered"))
    }

    /// Why nothing can be written any more: the other end may have said it.
    async fn why(&mut self, error: &io::Error) -> Refused {
        match self.next_or_end().await {
            Err(refused) => refused,
            Ok(_) => broken(error),
        }
    }

    async fn next_or_end(&mut self) -> Result<Option<Told>, Refused> {
        loop {
            let bytes = match timeout(SILENCE, line(&mut self.stream, LINE)).await {
                Err(_) => return Err(broken("the provider has said nothing for a minute")),
                Ok(Err(error)) => return Err(broken(error)),
                Ok(Ok(None)) => return Ok(None),
                Ok(Ok(Some(bytes))) => bytes,
            };
            // What refuses a call before it is served is worded alike.
            match serde_json::from_slice(&bytes).map_err(broken)? {
                Told::Alive => {}
                Told::Refused(refused) => return Err(refused),
                told => return Ok(Some(told)),
            }
        }
    }
}

fn unexpected(told: &Told) -> Refused {
    Refused::new(Fault::Program, format!("the provider answered what was not asked: {told:?}"))
}

fn broken(why: impl std::fmt::Display) -> Refused {
    let what = format!(
        "the transfer broke off: {why}; what the provider had taken stays: run the same command again, and it goes on from there"
    );
    Refused::new(Fault::Unavailable, what)
}
