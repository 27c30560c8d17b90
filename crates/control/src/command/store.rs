//! `sigillo store`, as far as it needs one that is there.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::asks::{Asks, Common, Nothing, On};
use crate::refused::Refused;
use crate::request::Request;

/// The store as a whole.
#[derive(Clone, Debug, Subcommand)]
pub enum StoreCommand {
    /// Say that the damage which was found is known: health tells of it no more
    Acknowledge(On<Nothing>),
    /// Make a consistent copy, also while the provider runs
    Backup(On<Backup>),
    /// Make the index for searches anew and wait for it, also while the provider runs; searches stay exact meanwhile
    Reindex(On<Nothing>),
}

/// Where to.
#[derive(Args, Clone, Debug)]
pub struct Backup {
    /// A folder that does not exist yet; whoever runs the provider makes it
    folder: PathBuf,
}

impl Asks for StoreCommand {
    fn common(&self) -> &Common {
        match self {
            StoreCommand::Acknowledge(on) => &on.common,
            StoreCommand::Backup(on) => &on.common,
            StoreCommand::Reindex(on) => &on.common,
        }
    }

    fn request(self) -> Result<Request, Refused> {
        let on = match self {
            StoreCommand::Acknowledge(_) => return Ok(Request::Acknowledge),
            StoreCommand::Reindex(_) => return Ok(Request::Reindex),
            StoreCommand::Backup(on) => on,
        };
        // The provider that makes it stands in another folder.
        let folder = std::path::absolute(&on.what.folder);
        let folder = folder.map_err(|error| Refused::request(format!("{}: {error}", on.what.folder.display())))?;
        Ok(Request::Backup { folder })
    }
}
