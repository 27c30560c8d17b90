//! Sigillo, a complete certified-mail (PEC) provider: command line, configuration, wiring. No rule of the norm
//! stands here.

pub mod admin;
mod chance;
pub mod cli;
pub mod config;
pub mod demo;
pub mod directory_command;
pub mod doors;
pub mod exit;
pub mod fetch;
pub mod index;
pub mod infected;
pub mod lab;
pub mod lab_command;
pub mod listener;
pub mod mailbox;
pub mod peer;
pub mod revocation;
pub mod serve;
pub mod submit;
pub mod verify;
