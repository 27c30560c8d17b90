//! Sigillo, a complete certified-mail (PEC) provider: command line and wiring. No rule of the norm stands here.
//!
//! Begin with [`cli`]; [`serve`] puts the rooms together.

pub mod administer;
pub mod cli;
pub mod directory_command;
pub mod dns_command;
pub mod exit;
#[cfg(feature = "lab")]
pub mod laboratory;
pub mod mailbox;
mod operator;
mod process;
pub mod serve;
pub mod store_command;
pub mod verify_command;
