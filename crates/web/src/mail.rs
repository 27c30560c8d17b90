//! Pages of who is logged in, one file each. What he may do is judged by his desk, behind every page.

pub(crate) mod actions;
mod attached;
pub(crate) mod history;
pub(crate) mod home;
pub(crate) mod list;
pub(crate) mod live;
pub(crate) mod message;
mod open;
pub(crate) mod parts;
pub(crate) mod preview;
pub(crate) mod search;
pub(crate) mod sessions;
pub(crate) mod write;

pub(crate) use open::Room;
