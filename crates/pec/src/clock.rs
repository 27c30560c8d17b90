//! Where the instant of an elaboration comes from: passed in, so that twelve and twenty-four hours pass in a test in
//! milliseconds.

use crate::moment::Moment;

/// Gives the instant of an elaboration.
pub trait Clock: Send + Sync + 'static {
    /// Now, in whole seconds.
    fn now(&self) -> Moment;
}
