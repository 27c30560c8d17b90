//! One person who asks what is kept of it, or wants it gone (Regulation (EU) 2016/679, art. 15 and 17; `docs/privacy.md`).
//!
//! * [`Person`]: by which names somebody is known here;
//! * [`named`]: which rows of the trace are about it, and what of them is others';
//! * [`Ground`]: why something stays, in one table;
//! * [`PersonRules`]: who may answer, and how long what is kept.

mod found;
mod ground;
mod naming;
mod rules;

pub use found::Person;
pub use ground::Ground;
pub use naming::named;
pub use rules::PersonRules;
