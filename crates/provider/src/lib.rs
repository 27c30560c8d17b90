//! The three points of certified mail, the relay and the watch: decisions in, Outcomes out.
//!
//! * [`access`]: the Access Point (RFC 6109 §3.1): what a holder submits;
//! * [`incoming`]: the Incoming Point (§3.2): what other systems bring;
//! * [`delivery`]: the Delivery Point (§3.3): mailboxes and the receipts about them;
//! * [`relay`]: carries the queue, to other providers and to ourselves;
//! * [`watch`]: the notices of silence (§3.1.6);
//! * [`scanner`]: the virus scan that the first two ask for; [`quarantine`]: what they do with what it finds;
//! * [`point`]: what all of them know; [`answer`]: what the doors are told;
//! * [`authentication`]: SPF, DKIM and DMARC of ordinary mail; [`rules`]: who takes it, and who corresponds with whom.
//!
//! A point decides without I/O: `decide(message, what we know, one instant) -> Outcome`. [`Provider`]
//! gathers what is known, runs the decision on a signing thread, commits the Outcome whole, and only
//! then answers.

pub mod access;
pub mod answer;
pub mod authentication;
pub mod delivery;
pub mod evidence;
pub mod incoming;
pub mod notice;
pub mod point;
pub mod quarantine;
pub mod relay;
pub mod rules;
pub mod scanner;
pub mod transport;
pub mod watch;

mod provider;

pub use answer::Answer;
pub use point::{Clock, Identity, Ids, Knowledge, SystemClock, UniqueIds};
pub use provider::{Parts, Provider};
