//! What every mail door does alike, whatever it speaks afterwards.
//!
//! * [`listener`]: a port that is served: connections taken, counted, drained; begin with [`Server::start`];
//! * [`port`]: why a port cannot be had, and who has it;
//! * [`gate`]: how many sessions at once, and who goes when there are too many;
//! * [`stream`]: a connection, clear or under TLS; [`wire`]: its buffers, and lines read in bounds;
//! * [`sasl`]: the exchanges of PLAIN and LOGIN; [`keeper`]: a login tried under the guard, with its line in the log.
//!
//! No protocol's word or number stands here.

pub mod gate;
pub mod keeper;
pub mod listener;
pub mod port;
pub mod sasl;
pub mod stream;
#[cfg(feature = "testing")]
pub mod testing;
pub mod wire;

pub use gate::{Gate, Place, Places, Standing};
pub use keeper::{Keeper, Tried};
pub use listener::{Phase, Phases, Server, Sessions, TURNED_AWAY, Visit, listen};
pub use stream::{Door, Stream};
pub use wire::{Line, Wire};
