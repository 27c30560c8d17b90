//! One client's session, over the syntax and a holder's desk.
//!
//! * [`state`]: what a session knows; [`end`]: how it ends, and how a command is refused;
//! * [`talk`]: commands come, changes are heard of, answers go; [`dispatch`]: which command is whose;
//! * [`reach`]: which mailboxes it reaches, under which names;
//! * [`numbers`] and [`sets`]: message numbers against UIDs; [`changes`]: what others did, told at the right moment; [`recent`]:
//!   what this session was the first to be told of;
//! * [`fetching`]: one response for each message; [`sections`]: which octets are meant; [`sending`] and [`binary`]: how they go,
//!   as they stand and decoded.

mod ahead;
mod annotating;
mod appending;
mod aside;
mod binary;
mod capabilities;
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
mod threading;
mod threads;
