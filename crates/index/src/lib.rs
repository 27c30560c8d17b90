//! The providers' index on its way: fetched and in use, our own record published, the service of an index's operator
//! (RFC 6109 §4.5, §5.6).
//!
//! Begin with [`LiveIndex`], the copy that the points ask.
//!
//! * [`settings`]: what operators decide;
//! * [`copy`]: a signed file, opened and believed;
//! * [`live`]: the copy in use, fetched anew daily, its age known;
//! * [`once`]: one whole fetch: the first copy, and by hand;
//! * [`visit`]: one fetch of such a file, and when to come again;
//! * [`record`]: what a provider publishes of itself;
//! * [`door`]: HTTPS with client certificates, for signed files;
//! * [`operator`]: collects the files of all providers and publishes the whole;
//! * [`command`]: `sigillo directory`.

pub mod command;
pub mod copy;
pub mod door;
mod error;
mod history;
pub mod live;
pub mod once;
pub mod operator;
pub mod record;
pub mod settings;
mod tls;
pub mod visit;

pub use copy::{Copy, Pinned};
pub use error::IndexError;
pub use history::{Dated, History};
pub use live::LiveIndex;
pub use settings::{Fetching, HttpsDoor, IndexSource, Publish, Settings, Unit};
