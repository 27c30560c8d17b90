//! The command line's words for what is shown here: `sigillo evidence receipts`, `sigillo dossier`, `sigillo person export`.

mod dossier;
mod person;
mod receipts;

use std::path::PathBuf;
use std::sync::Arc;

use control::command::Place;
use control::{Fault, Refused};
use pec::Clock;
use pec::compose::Emitter;
use seal::Signer;
use store::Embedded;

pub use dossier::DossierCommand;
pub use person::PersonExport;
pub use receipts::ReceiptsCommand;

use crate::judge::Material;

/// The provider whose message it is.
pub struct House {
    /// Where it is administered: who reads is on record there first.
    pub place: Place,
    /// In whose name it attests.
    pub emitter: Emitter,
    /// Opens its key; asked for only where something is to be signed.
    pub key: Box<dyn FnOnce() -> Result<Arc<dyn Signer>, Refused> + Send>,
    /// What messages are judged by.
    pub material: Material,
}

impl House {
    fn clock(&self) -> Arc<dyn Clock> {
        self.place.clock.clone()
    }
}

/// The store in a folder, beside a provider that runs or not.
async fn look(folder: PathBuf) -> Result<Arc<Embedded>, Refused> {
    Ok(tokio::task::spawn_blocking(move || Embedded::look(&folder)).await??)
}

fn unknown(identifier: &str) -> Refused {
    Refused::new(
        Fault::Missing,
        format!(
            "nothing is known of a message {identifier}; evidence is kept for thirty months, and an identifier has the form \
             that receipts print"
        ),
    )
}
