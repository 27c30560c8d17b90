//! What is found at a server, told to who listens.

use tokio::sync::mpsc;

use super::talk::Trouble;
use crate::source::{Fault, Found};
use crate::spool::Unkept;

/// Why a way through an account ends before its end.
#[derive(Debug)]
pub(super) enum Stop {
    Trouble(Trouble),
    /// Nobody listens any more.
    Unheard,
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Self {
        Stop::Trouble(trouble)
    }
}

impl From<Unkept> for Stop {
    fn from(unkept: Unkept) -> Self {
        Stop::Trouble(unkept.into())
    }
}

/// Where it is said. Who listens more slowly than the server speaks is waited for.
#[derive(Clone)]
pub(super) struct Telling(pub(super) mpsc::Sender<Found>);

impl Telling {
    pub(super) async fn say(&self, found: Found) -> Result<(), Stop> {
        self.0.send(found).await.map_err(|_| Stop::Unheard)
    }

    pub(super) async fn fault(&self, place: String, what: impl ToString) -> Result<(), Stop> {
        self.say(Found::Fault(Fault { place, what: what.to_string() })).await
    }
}
