//! The heads and the trees of the evidence, for everybody (`docs/evidence-format.md`): published over HTTPS, and watched from
//! outside, so that a provider cannot have two pasts.
//!
//! * [`Resource`]: what can be asked for, and its path; [`Listing`]: what there is;
//! * [`Published`]: the answers, made of what the store keeps of heads and trees; [`Door`]: HTTPS for strangers;
//! * [`watch`]: whoever watches; [`command`]: `sigillo evidence watch`.
//!
//! Rows are never published, only what their bytes hash to: they name people.

pub mod command;
mod door;
mod listing;
mod published;
mod resource;
pub mod watch;

pub use door::{Door, Limits};
pub use listing::{Listed, Listing};
pub use published::{Answer, Published};
pub use resource::{Resource, TilePlace};
