//! One client's session, over the syntax and a holder's desk.
//!
//! * [`state`]: what a session knows; [`end`]: how it ends, and how a command is refused;
//! * [`talk`]: commands come, changes are heard of, answers go; [`dispatch`]: which command is whose;
//! * [`reach`]: which mailboxes it reaches; [`caselle`]: under which names those of others stand;
//! * [`numbers`] and [`sets`]: message numbers against UIDs; [`changes`]: what others did, told at the right moment; [`recent`]:
//!   what this session was the first to be told of;
//! * [`fetching`]: what is wanted of which messages; [`telling`]: one response for each; [`sections`]: which octets are meant;
//!   [`sending`] and [`binary`]: how they go, as they stand and decoded; [`ahead`]: the next ones are read meanwhile.

mod ahead;
mod annotating;
mod appending;
mod aside;
mod binary;
mod capabilities;
mod caselle;
mod changes;
mod collation;
mod compressing;
mod copying;
mod dispatch;
pub(crate) mod end;
mod ends;
mod fetching;
mod folders;
mod listing;
mod login;
mod matching;
mod numbers;
mod passage;
mod preview;
mod quota;
pub(crate) mod reach;
mod recent;
mod rights;
mod searching;
mod sections;
mod select;
mod sending;
mod sets;
mod sorting;
mod spelling;
pub(crate) mod state;
mod status;
mod storing;
mod subject;
pub(crate) mod talk;
mod telling;
mod threading;
mod threads;
