//! Time stamps (RFC 3161): asked for, and judged whoever asked for them.
//!
//! A [`StampRequest`] goes by HTTP POST as `application/timestamp-query`; the body of the reply goes to
//! [`StampRequest::answer`], which gives the [`TimeStamp`] that was asked for or says whose fault it is that there is none.
//! A stamp that was kept, or that others made, begins with [`TimeStamp::read`]. Who is believed is a [`crate::Trust`]
//! [`for_time_stamps`](crate::Trust::for_time_stamps).

mod binding;
mod error;
mod form;
mod info;
mod request;
mod response;
mod stamp;
#[cfg(test)]
mod tests;

pub use error::StampError;
pub use request::{Policy, StampRequest};
pub use stamp::{MOST_OCTETS, TimeStamp};
