//! A server's mailbox as a source: nothing there is changed, folders are only examined.

use std::sync::Arc;

use control::{Fault, Refused};
use imap::answer::{Answer, Listed};
use store::UidSet;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;

use super::folders::{self, ServerFolder};
use super::journal::Journal;
use super::messages::{OpenFolder, WINDOW};
use super::server::Server;
use super::talk::{Talk, Trouble};
use super::telling::{Stop, Telling};
use crate::source::{Found, Origin, Pass, Source, Wanted};

/// Messages that are read ahead.
const AHEAD: usize = 16;

/// An account at another server.
#[derive(Clone)]
pub struct ImapAccount {
    server: Arc<Server>,
    journal: Option<Arc<Journal>>,
}

impl ImapAccount {
    pub(super) fn new(server: Server, journal: Option<Journal>) -> Self {
        Self { server: Arc::new(server), journal: journal.map(Arc::new) }
    }
}

impl Source for ImapAccount {
    fn name(&self) -> String {
        self.server.to_string()
    }

    fn start(&self, pass: Pass, wanted: Wanted) -> mpsc::Receiver<Found> {
        let (send, receive) = mpsc::channel(AHEAD);
        let Self { server, journal } = self.clone();
        tokio::spawn(async move {
            let telling = Telling(send);
            let walk = Walk { journal: journal.as_deref(), pass, telling: &telling, wanted: &wanted };
            let last = match server.connect().await {
                Err(trouble) => Some(Found::Closed(closed(&server, &trouble))),
                Ok((mut talk, capabilities)) => match walk.all(&mut talk, &capabilities).await {
                    Err(Stop::Trouble(trouble)) => Some(Found::Broken(format!("{server}: {trouble}"))),
                    Ok(()) | Err(Stop::Unheard) => None,
                },
            };
            if let Some(last) = last {
                // Who does not listen any more needs not know.
                let _ = telling.say(last).await;
            }
        });
        receive
    }

    fn done(&self, origins: &[Origin]) -> Result<(), String> {
        self.journal.as_ref().map_or(Ok(()), |journal| journal.note(origins))
    }
}

/// Why there is no way in: who asks must mend something, or the server.
fn closed(server: &Server, trouble: &Trouble) -> Refused {
    let fault = match trouble {
        Trouble::Refused { .. } => Fault::NotYou,
        _ => Fault::Unavailable,
    };
    Refused::new(fault, format!("{server}: {trouble}"))
}

/// One way through the account.
struct Walk<'a> {
    journal: Option<&'a Journal>,
    pass: Pass,
    telling: &'a Telling,
    wanted: &'a Wanted,
}

impl Walk<'_> {
    async fn all<S>(&self, talk: &mut Talk<S>, capabilities: &[String]) -> Result<(), Stop>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        for ServerFolder { listed, folder, aside } in folders::list(talk, capabilities).await? {
            let name = folder.name();
            if let Some(why) = aside.filter(|_| !self.wanted.names().contains(&name)) {
                let what = format!("passed over: {name}, {why}; --folder imports it");
                self.telling.say(Found::Note(what)).await?;
                continue;
            }
            self.telling.say(Found::Folder(folder)).await?;
            if self.wanted.takes(&name) {
                self.folder(talk, &listed).await?;
            }
        }
        // It was read to the end: how it says goodbye changes nothing.
        let _ = talk.command(b"LOGOUT", drop).await;
        Ok(())
    }

    async fn folder<S>(&self, talk: &mut Talk<S>, listed: &Listed) -> Result<(), Stop>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (mut validity, mut uids) = (None, UidSet::default());
        let examine = folders::examine(listed)?;
        let examined = talk.command(&examine, |answer| match answer {
            Answer::Status { code, .. } if code.starts_with("UIDVALIDITY ") => {
                validity = code.split(' ').nth(1).and_then(|number| number.parse().ok());
            }
            _ => {}
        });
        match examined.await {
            Ok(()) => {}
            Err(Trouble::Refused { text, .. }) => {
                return self.telling.fault(listed.name.clone(), format!("the server does not open it: {text}")).await;
            }
            Err(trouble) => return Err(trouble.into()),
        }
        talk.command(b"UID SEARCH ALL", |answer| {
            if let Answer::Search(ranges) = answer {
                uids = UidSet::from_ranges(uids.ranges().iter().cloned().chain(ranges));
            }
        })
        .await?;
        let open = OpenFolder { name: &listed.name, validity, telling: self.telling };
        let mut window = UidSet::default();
        for uid in uids.iter() {
            let holds = |journal: &Journal| open.origin(uid).is_some_and(|origin| journal.holds(&origin));
            if self.journal.is_some_and(holds) {
                self.telling.say(Found::Done).await?;
                continue;
            }
            window.insert(uid);
            if window.len() >= WINDOW as u64 {
                open.tell(talk, self.pass, &std::mem::take(&mut window)).await?;
            }
        }
        open.tell(talk, self.pass, &window).await
    }
}
