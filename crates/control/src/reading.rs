//! What stands in a mailbox, for operators who look and for the demonstration.
//!
//! Begin with [`Looked`], a folder of a mailbox that people name; [`shelf`] and [`page`] are for who has found the mailbox.

mod looked;
mod shelf;

pub use looked::Looked;
pub use shelf::{Shelf, Shown, folders, page, shelf};
