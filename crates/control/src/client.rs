//! The command's end: the provider that runs, or the store itself.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use store::{Embedded, EmbeddedOptions, ErrorKind};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::control::{Control, Out};
use crate::item::Item;
use crate::operator::{Operator, effective_uid};
use crate::refused::{Fault, Refused};
use crate::request::Request;
use crate::wire::{Call, Reply, VERSION, line, to_line};

/// Octets of a line of an answer: a subject with some hundred thousand recipients.
const LINE: usize = 64 << 20;
/// How long the provider may say nothing; it says at least that it goes on.
const SILENCE: Duration = Duration::from_secs(60);

/// A running provider.
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
}

impl Client {
    /// The provider that answers at this path; `None`: none does.
    pub async fn reach(path: &Path) -> Result<Option<Self>, Refused> {
        match UnixStream::connect(path).await {
            Ok(stream) => Ok(Some(Self { stream })),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
                Ok(None)
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                let owner = std::fs::metadata(path).or_else(|_| std::fs::metadata(path.parent().unwrap_or(path)));
                let owner = owner.map_or("another user".to_owned(), |meta| Operator::from_uid(meta.uid()).to_string());
                let what =
                    format!("the control socket {} belongs to {owner}: run this as {owner} or root", path.display());
                Err(Refused::new(Fault::NotYou, what))
            }
            Err(error) => {
                let what = format!("the control socket {}: {}", path.display(), crate::socket::words(&error));
                Err(Refused::new(Fault::Unavailable, what))
            }
        }
    }

    /// The connection, for a call that is a dialogue.
    pub(crate) fn into_stream(self) -> UnixStream {
        self.stream
    }

    /// Asks.
    pub async fn ask(mut self, request: Request) -> Result<Answers, Refused> {
        let call = to_line(&Call { sigillo: VERSION, request }).map_err(|error| broken(&error))?;
        // Who is refused at once has said why before he was asked.
        let _ = self.stream.write_all(&call).await;
        Ok(Answers(From::Provider(BufReader::new(self.stream))))
    }
}

/// An answer as it comes.
#[derive(Debug)]
pub struct Answers(From);

#[derive(Debug)]
enum From {
    Provider(BufReader<UnixStream>),
    Here { items: mpsc::Receiver<Item>, work: Option<JoinHandle<Result<(), Refused>>> },
}

impl Answers {
    /// The answer of this process itself, which has the store.
    pub fn here(control: Control, request: Request, who: Operator) -> Self {
        let (out, items) = Out::new();
        let work = tokio::spawn(async move { control.execute(request, &who, &out).await });
        Self(From::Here { items, work: Some(work) })
    }

    /// The next item; `None`: that was all, and it is done.
    pub async fn next(&mut self) -> Result<Option<Item>, Refused> {
        match &mut self.0 {
            From::Provider(from) => next_line(from).await,
            From::Here { items, work } => {
                if let Some(item) = items.recv().await {
                    return Ok(Some(item));
                }
                let Some(work) = work.take() else { return Ok(None) };
                work.await?.map(|()| None)
            }
        }
    }
}

async fn next_line(from: &mut BufReader<UnixStream>) -> Result<Option<Item>, Refused> {
    loop {
        let read = timeout(SILENCE, line(from, LINE)).await;
        let bytes = match read {
            Err(_) => return Err(broken("the provider has said nothing for a minute")),
            Ok(Err(error)) => return Err(broken(error)),
            Ok(Ok(None)) => return Err(broken("it ended before it had answered")),
            Ok(Ok(Some(bytes))) => bytes,
        };
        match serde_json::from_slice(&bytes).map_err(broken)? {
            Reply::Alive => {}
            Reply::End => return Ok(None),
            Reply::Item(item) => return Ok(Some(*item)),
            Reply::Refused(refused) => return Err(refused),
        }
    }
}

fn broken(why: impl std::fmt::Display) -> Refused {
    let what = format!(
        "the provider's answer broke off: {why}; what was asked may have been done all the same, 'sigillo evidence list' says so"
    );
    Refused::new(Fault::Unavailable, what)
}

/// Opens the store of a provider that does not run, for this command alone.
///
/// # Errors
///
/// When there is no store, when another process has it (though nothing answers at `socket`), and when it belongs to another
/// user: files that root makes there would lock the provider out.
pub async fn open(folder: &Path, options: EmbeddedOptions, socket: &Path) -> Result<Arc<Embedded>, Refused> {
    if let Ok(meta) = std::fs::metadata(folder)
        && effective_uid() == 0
        && meta.uid() != 0
    {
        let owner = Operator::from_uid(meta.uid());
        let what = format!(
            "the provider does not run, and its store {} belongs to {owner}: run this as {owner}, because files that root made \
             there would lock it out",
            folder.display()
        );
        return Err(Refused::new(Fault::NotYou, what));
    }
    let path = folder.to_owned();
    let opened = tokio::task::spawn_blocking(move || Embedded::open(&path, options)).await;
    opened?.map_err(|error| match error.kind {
        ErrorKind::Busy => Refused::new(
            Fault::NotNow,
            format!(
                "{error}; it has the store and nothing answers at its control socket {}: a provider that starts or ends, or \
                 another command; try again when it has ended",
                socket.display()
            ),
        ),
        _ => error.into(),
    })
}
