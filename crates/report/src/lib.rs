//! Numbers for the supervisor and the operator (`docs/statistics.md`): what days came to by the evidence, and when the provider did
//! not serve [R-L-ST-1] [R-L-12-3].
//!
//! * [`Counter`]: rows of evidence as sums; [`Keeping`]: the duty that counts each row once, and notes that the provider serves;
//! * [`Period`]: four months [R-L-12-4]; [`tracks`]: the files P01 and P02, written and validated;
//! * [`Service`]: availability, and times from acceptance to delivery; [`form`]: the malfunction form [R-L-51-2];
//! * [`command`]: `sigillo statistics`.
//!
//! Sums are kept by days, so that four months are some thousands of rows, and stay when the evidence has expired.

mod code;
pub mod command;
mod counter;
pub mod form;
mod keeping;
mod life;
mod period;
mod service;
pub mod tracks;

pub use code::ProviderCode;
pub use counter::{Counter, What};
pub use keeping::{Keeping, Recount, Standing, recount};
pub use period::Period;
pub use service::Service;
