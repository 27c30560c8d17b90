//! The commands of administration: the command line's words for [`Request`]s, and how one is done and shown.

mod app_password;
mod asks;
mod domain;
mod evidence;
mod infected;
mod mailbox;
mod message;
mod office;
mod organisation;
mod peer;
mod person;
mod queue;
pub mod reading;
mod reconcile;
mod run;
mod store;
mod user;

pub use app_password::AppPasswordCommand;
pub use asks::{Asks, Common, Nothing, On};
pub use domain::DomainCommand;
pub use evidence::EvidenceCommand;
pub use infected::InfectedCommand;
pub use mailbox::MailboxCommand;
pub use message::MessageCommand;
pub use office::OfficeCommand;
pub use organisation::OrganisationCommand;
pub use peer::PeerCommand;
pub use person::{PersonErase, PersonOptions};
pub use queue::QueueCommand;
pub use reconcile::ReconcileCommand;
pub use run::{Ended, Place, each, quietly, run};
pub use store::StoreCommand;
pub use user::UserCommand;
