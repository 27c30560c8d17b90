//! Administration: what operators do to a provider, as one set of operations for the command line and for the web.
//!
//! An operation is a [`Request`]; [`Control::execute`] does it on the store's faces and answers with [`Item`]s, one after
//! the other, or with a [`Refused`]. The rules that hold behind every face of administration stand here: which addresses
//! may be holders' ([`address`]), which passwords are good enough ([`password`]), how much a mailbox may hold. Every act that
//! changes something leaves a row of evidence with the name of who did it.
//!
//! While the provider runs it serves these operations on a Unix socket ([`socket`]), for its owner only; a command connects
//! to it, and where nothing answers it opens the store itself and executes the same operations with the same code
//! (`sigillo` does both). Begin with [`request`] and [`control`].

mod act;
pub mod address;
mod ask;
pub mod client;
pub mod command;
pub mod control;
mod execute;
pub mod import;
pub mod infected;
pub mod item;
mod itemise;
mod limits;
pub mod login;
pub mod named;
pub mod operator;
mod pages;
pub mod password;
pub mod person;
mod place;
mod quota;
pub mod reading;
mod record;
pub mod refused;
pub mod request;
pub mod running;
mod saving;
mod session;
pub mod setting;
pub mod socket;
mod text;
pub mod transfer;
pub mod unit;
pub mod wire;
pub mod words;

pub use address::{AddressRules, Reserved};
pub use ask::PasswordFrom;
pub use client::{Answers, Client};
pub use control::{Control, Faces, Out};
pub use import::Import;
pub use item::Item;
pub use limits::Limits;
pub use login::LoginName;
pub use named::{HopName, RightsWanted};
pub use operator::Operator;
pub use pages::Pages;
pub use password::{NewPassword, Weak};
pub use person::{Ground, Person, PersonRules, named};
pub use refused::{Fault, Refused};
pub use request::{
    AppPasswordRequest, Disclosed, DisclosureRequest, DomainRequest, DomainSettings, EvidenceFilter, EvidenceRequest,
    MailboxRequest, MessageFilter, OfficeRequest, OrganisationRequest, PeerRequest, PersonAct, PersonRequest,
    ProtocolSwitches, QueueRequest, ReconcileRequest, Request, SetMailbox, UserRequest,
};
pub use running::{Running, Stopped};
pub use saving::save;
pub use setting::{CertifiedOnly, Day, Setting};
pub use socket::{Socket, SocketError};
pub use transfer::Carrier;
pub use unit::{OrNone, UnitPath};
