//! What makes a certified-mail provider of a store, a key and an index: the three points, and the duties around them.
//!
//! * [`points`]: pure decisions; begin with [`points::access`], which reads like RFC 6109 §3.1;
//! * [`duties`]: what waits, signs, commits, counts and logs; begin with [`duties::engine`];
//! * [`elaboration`]: what a decision makes; [`context`]: what it may consult; [`hosting`]: the domains and their rules;
//! * [`answer`]: what doors are told, in the provider's words;
//! * [`scanner`], [`revocation`], [`authentication`], [`transport`]: what comes in from outside as a trait.
//!
//! A point decides without I/O: `decide(message, what we know, one instant)`. [`Provider`] gathers what is known, has the
//! point decide, signs the drafts side by side, commits everything whole, and only then answers.

pub mod answer;
pub mod authentication;
pub mod context;
pub mod duties;
pub mod elaboration;
pub mod hosting;
pub mod points;
pub mod revocation;
pub mod scanner;
pub mod transport;

pub use answer::{Failure, PeerFault, Received, RecipientFault, Refusal, Submitted, SubmitterFault};
pub use context::{Clock, Context, Identity, Ids, Rules, SystemClock, UniqueIds};
pub use duties::engine::{Parts, Provider};
pub use duties::{checking, ending, filling, house, relay, retention, scanning, watch};
pub use hosting::Hosting;
