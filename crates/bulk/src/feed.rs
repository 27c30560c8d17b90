//! A source of files, read on a thread of its own.

use tokio::sync::mpsc;

use crate::source::{Fault, Found, Message, SourceFolder, Wanted};

/// Messages that are read ahead.
const AHEAD: usize = 16;

/// Nobody listens any more: the source may stop.
#[derive(Debug)]
pub(crate) struct Unheard;

/// Where a source says what it finds.
pub(crate) struct Feed {
    send: mpsc::Sender<Found>,
    wanted: Wanted,
}

impl Feed {
    /// Has `read` go through a source on a thread that may wait for the disk.
    pub(crate) fn start(
        wanted: Wanted,
        read: impl FnOnce(&Feed) -> Result<(), Unheard> + Send + 'static,
    ) -> mpsc::Receiver<Found> {
        let (send, receive) = mpsc::channel(AHEAD);
        tokio::task::spawn_blocking(move || {
            // Who does not listen any more has what he wanted.
            let _ = read(&Feed { send, wanted });
        });
        receive
    }

    pub(crate) fn say(&self, found: Found) -> Result<(), Unheard> {
        self.send.blocking_send(found).map_err(|_| Unheard)
    }

    /// Tells of a folder; whether what is in it is wanted.
    pub(crate) fn folder(&self, folder: SourceFolder) -> Result<bool, Unheard> {
        let wanted = self.wanted.takes(&folder.name());
        self.say(Found::Folder(folder)).map(|()| wanted)
    }

    pub(crate) fn message(&self, message: Message) -> Result<(), Unheard> {
        self.say(Found::Message(Box::new(message)))
    }

    pub(crate) fn fault(&self, place: impl Into<String>, what: impl ToString) -> Result<(), Unheard> {
        self.say(Found::Fault(Fault { place: place.into(), what: what.to_string() }))
    }
}
