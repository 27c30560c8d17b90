//! Electronic invoices (FatturaPA 1.2 and later: formats FPA12 and FPR12; simplified: FSM10), read to be looked at.
//!
//! Lenient: what is missing is empty, what is unknown is passed over, and nothing is checked against the schema or the sums. The
//! invoice that counts is the file as it was received; this is how a person reads it.

mod amount;
mod data;
mod read;
mod words;

pub use amount::Amount;
pub use data::{Document, Inside, Invoice, Item, NotInvoice, Party, Payment, Tax};

#[cfg(test)]
mod tests;
