//! `sigillo peer`.

use clap::{Args, Subcommand};

use super::asks::{Asks, Common, Nothing, On};
use crate::refused::Refused;
use crate::request::{PeerRequest, Request};

/// Other providers.
#[derive(Clone, Debug, Subcommand)]
pub enum PeerCommand {
    /// List the providers that have shown a valid TLS certificate, and are given no mail without one from then on
    List(On<Nothing>),
    /// Forget that a provider has shown one, as when it has told you of another; what waits for it goes at once
    Forget(On<Which>),
}

/// Which provider.
#[derive(Args, Clone, Debug)]
pub struct Which {
    /// Its name in the index
    #[arg(long, value_name = "NAME")]
    provider: String,
    /// The unit of its secondary environment
    #[arg(long, value_name = "NAME")]
    unit: Option<String>,
}

impl Asks for PeerCommand {
    fn common(&self) -> &Common {
        match self {
            PeerCommand::List(on) => &on.common,
            PeerCommand::Forget(on) => &on.common,
        }
    }

    fn request(self) -> Result<Request, Refused> {
        Ok(Request::Peer(match self {
            PeerCommand::List(_) => PeerRequest::List,
            PeerCommand::Forget(on) => PeerRequest::Forget { name: on.what.provider, unit: on.what.unit },
        }))
    }
}
