//! The operator of an index, for a laboratory or a closed group: collects each provider's signed file daily, verifies it,
//! publishes the whole, signed [R-4.5-b]. What the norm gives to the national operator [R-4.5-d] is done here in its way.
//!
//! Begin with [`Operator`].
//!
//! ```text
//! state/indice.ldif.p7m   what is published
//! state/status.json       since when each provider's file is good or bad
//! state/providers/        the last good file of each
//! ```

pub mod admin;
mod collect;
mod members;
mod service;
mod settings;
mod state;
mod view;

pub use service::Operator;
pub use settings::{Member, OperatorSettings};
pub use view::{MemberView, Published, View};
