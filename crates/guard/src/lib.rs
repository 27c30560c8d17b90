//! What every door shares, so that nobody is starved by strangers:
//!
//! * [`logins`]: guessing passwords is slow, by login and by address, through all doors and sessions together, and no
//!   stranger can lock a holder out;
//! * [`budget`]: the octets of messages in flight; what strangers hold never takes the room of holders;
//! * [`arrival`]: a message while it arrives, its first octets in memory and the rest on disk;
//! * [`pace`]: the one deadline of a message, the rate below which it is not worth its room, the life of a session;
//! * [`work`]: the steps that strangers make us take, a few a second when nothing comes of them;
//! * [`peer`]: whom all of it counts: an IPv4 address, or a /64 of IPv6.
//!
//! Nothing here knows a protocol: a door asks, and words the answer. Time is passed in; what waits, waits by tokio's clock.

pub mod arrival;
pub mod budget;
pub mod logins;
pub mod pace;
pub mod peer;
pub mod work;

mod table;

pub use arrival::{Arrival, Arrivals, NoRoom, Spill, Whole};
pub use budget::{Budget, Class, Party, Reservation, Shares};
pub use logins::{Attempt, Logins, Throttle, Wait};
pub use pace::{Pace, Patience, SessionLife};
pub use peer::Peer;
pub use table::Table;
pub use work::{Measure, Work};
