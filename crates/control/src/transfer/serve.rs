//! The end of a transfer that has the store.

use std::io;

use bytes::Bytes;
use tokio::io::{AsyncBufRead, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, ReadHalf, WriteHalf};
use tokio::sync::watch;
use tokio::time::timeout;

use super::form::{Ask, Heading, Told, TransferRequest};
use super::opened::{BATCH_OCTETS, OpenedMailbox};
use crate::control::Control;
use crate::limits::Limits;
use crate::operator::Operator;
use crate::refused::{Fault, Refused};
use crate::wire::{line, to_line};

/// Octets of a message sent at once.
const PIECE: u64 = 256 << 10;
/// Octets of a line: a page of likenesses.
const LINE: usize = 1 << 20;

/// How a transfer ends that is not asked anything more.
enum End {
    /// The command has left; it may be that it broke off.
    Left,
    /// It is told why, and nothing more is read.
    Because(Refused),
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        End::Left
    }
}

struct Dialogue<S> {
    from: BufReader<ReadHalf<S>>,
    to: WriteHalf<S>,
    limits: Limits,
    control: Control,
}

/// Serves a transfer to its end: until the command has left, or the provider ends. What was put in the mailbox leaves its
/// evidence in any case.
pub(crate) async fn serve<S: AsyncRead + AsyncWrite>(
    stream: S,
    control: Control,
    request: TransferRequest,
    who: Operator,
    limits: Limits,
    stop: watch::Receiver<bool>,
) {
    let (from, to) = tokio::io::split(stream);
    let mut dialogue = Dialogue { from: BufReader::new(from), to, limits, control: control.clone() };
    let mut opened = match dialogue.waited(OpenedMailbox::open(&control, request, &who)).await {
        Ok(Ok(opened)) => opened,
        Ok(Err(refused)) => return drop(dialogue.tell(&Told::Refused(refused)).await),
        Err(_) => return,
    };
    let end = match dialogue.tell(&Told::Opened).await {
        Ok(()) => dialogue.go_on(&mut opened, stop).await,
        Err(error) => error.into(),
    };
    let recorded = opened.close().await;
    let last = match (end, recorded) {
        (End::Because(refused), _) | (End::Left, Err(refused)) => refused,
        (End::Left, Ok(())) => return,
    };
    // Who does not listen has lost nothing that he could use.
    let _ = dialogue.tell(&Told::Refused(last)).await;
}

impl<S: AsyncRead + AsyncWrite> Dialogue<S> {
    async fn go_on(&mut self, opened: &mut OpenedMailbox, mut stop: watch::Receiver<bool>) -> End {
        // What is wrong with a message of the batch, told when all of it has come.
        let mut wrong = None;
        loop {
            let came = tokio::select! {
                came = timeout(self.limits.transfer, next(&mut self.from)) => came,
                () = async { if stop.wait_for(|stop| *stop).await.is_err() { std::future::pending().await } } => {
                    let what = "the provider ends; what was imported stays: run the command again when it is up";
                    return End::Because(Refused::new(Fault::NotNow, what));
                }
            };
            let ask = match came {
                Ok(Ok(Some(ask))) => ask,
                Ok(Ok(None)) | Err(_) => return End::Left,
                Ok(Err(end)) => return end,
            };
            let done = match ask {
                Ask::Append(heading) => self.append(opened, heading, &mut wrong).await,
                Ask::Commit => {
                    let result = match wrong.take() {
                        Some(refused) => Err(refused),
                        None => match self.waited(opened.commit()).await {
                            Ok(result) => result,
                            Err(end) => return end.into(),
                        },
                    };
                    self.answer(result, |()| vec![Told::Committed]).await
                }
                Ask::Read { folder, uid } => self.read(opened, &folder, uid).await,
                other => self.simple(opened, other).await,
            };
            if let Err(end) = done {
                return end;
            }
        }
    }

    async fn simple(&mut self, opened: &mut OpenedMailbox, ask: Ask) -> Result<(), End> {
        let ended = |mut told: Vec<Told>| {
            told.push(Told::End);
            told
        };
        match ask {
            Ask::Begin => {
                opened.begin();
                self.answer(Ok(()), |()| vec![Told::End]).await
            }
            Ask::Compare { folder, messages } => {
                let result = self.waited(opened.compare(&folder, &messages)).await?;
                self.answer(result, |there| vec![Told::Compared { there }]).await
            }
            Ask::Entries { folder, after } => {
                let result = self.waited(opened.entries(&folder, after)).await?;
                self.answer(result, |entries| ended(entries.into_iter().map(Told::Entry).collect())).await
            }
            Ask::Folders => {
                let result = self.waited(opened.folders()).await?;
                self.answer(result, |folders| ended(folders.into_iter().map(Told::Folder).collect())).await
            }
            Ask::Make { name, special } => {
                let result = self.waited(opened.make(&name, special.as_deref())).await?;
                self.answer(result, |()| vec![Told::Made]).await
            }
            Ask::Room => {
                let result = self.waited(opened.room()).await?;
                self.answer(result, |room| vec![Told::Room(room)]).await
            }
            Ask::Append(_) | Ask::Commit | Ask::Read { .. } => Ok(()),
        }
    }

    /// Reads the octets of a message. Room for them is waited for, so that transfers side by side hold no more than they may.
    async fn append(
        &mut self,
        opened: &mut OpenedMailbox,
        heading: Heading,
        wrong: &mut Option<Refused>,
    ) -> Result<(), End> {
        let most = self.control.transfer_octets();
        let size = usize::try_from(heading.size).ok().filter(|size| *size <= most);
        let Some(size) = size else {
            let what = format!("a message of {} octets is more than the {most} that can be imported", heading.size);
            return Err(End::Because(Refused::request(what)));
        };
        opened.may_come(heading.size).map_err(End::Because)?;
        if heading.size > BATCH_OCTETS {
            opened.hold(self.control.transfer_room(size).await.map_err(End::Because)?);
        }
        let mut octets = vec![0; size];
        // It is on its way already.
        let read = timeout(self.limits.transfer, self.from.read_exact(&mut octets)).await;
        if !matches!(read, Ok(Ok(_))) {
            return Err(End::Left);
        }
        if wrong.is_none() {
            *wrong = opened.append(heading, Bytes::from(octets)).await.err();
        }
        Ok(())
    }

    async fn read(&mut self, opened: &OpenedMailbox, folder: &str, uid: u32) -> Result<(), End> {
        let (message, size) = match opened.message(folder, uid).await {
            Ok(found) => found,
            Err(refused) => return self.answer(Err(refused), |()| Vec::new()).await,
        };
        let mut at = 0;
        while at < size {
            match opened.read(message, at, size.min(at + PIECE)).await {
                Ok(piece) => {
                    at += piece.len() as u64;
                    self.tell(&Told::Octets(piece.len() as u64)).await?;
                    self.send(&piece).await?;
                }
                Err(refused) => return self.answer(Err(refused), |()| Vec::new()).await,
            }
        }
        self.answer(Ok(()), |()| vec![Told::End]).await
    }

    /// The result of what may take long; meanwhile the command is told now and then that it goes on.
    async fn waited<T>(&mut self, work: impl Future<Output = T>) -> io::Result<T> {
        let mut work = std::pin::pin!(work);
        loop {
            match timeout(self.limits.alive, &mut work).await {
                Ok(done) => return Ok(done),
                Err(_) => self.tell(&Told::Alive).await?,
            }
        }
    }

    /// What is refused is told, and the transfer goes on.
    async fn answer<T>(&mut self, result: Result<T, Refused>, told: impl FnOnce(T) -> Vec<Told>) -> Result<(), End> {
        let all = result.map_or_else(|refused| vec![Told::Refused(refused)], told);
        let mut lines = Vec::new();
        for told in &all {
            lines.extend(to_line(told)?);
        }
        Ok(self.send(&lines).await?)
    }

    async fn tell(&mut self, told: &Told) -> io::Result<()> {
        self.send(&to_line(told)?).await
    }

    async fn send(&mut self, octets: &[u8]) -> io::Result<()> {
        let sent = timeout(self.limits.transfer, async {
            self.to.write_all(octets).await?;
            self.to.flush().await
        });
        sent.await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }
}

async fn next(from: &mut (impl AsyncBufRead + Unpin)) -> Result<Option<Ask>, End> {
    match line(from, LINE).await {
        Ok(Some(bytes)) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| End::Because(Refused::request(format!("what is asked is not understood: {error}")))),
        Ok(None) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
