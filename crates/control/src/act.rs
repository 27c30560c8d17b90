//! The operations, by what they are on.

pub(crate) mod app_password;
pub(crate) mod disclosure;
pub(crate) mod domain;
pub(crate) mod evidence;
mod find;
pub(crate) mod hold;
mod identifier;
pub(crate) mod mailbox;
pub(crate) mod message;
pub(crate) mod office;
pub(crate) mod organisation;
pub(crate) mod peer;
pub(crate) mod person;
pub(crate) mod queue;
pub(crate) mod reconcile;
mod unit;
pub(crate) mod upkeep;
pub(crate) mod user;
