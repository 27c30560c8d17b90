//! The pages [R-6-a]: HTTPS for holders, and for everybody who wants to verify or to know whom to write to. Pages are made here, and
//! everything on them works without a script; scripts make it pleasant.
//!
//! * [`Door`]: connections; [`House`]: what pages stand on;
//! * [`router`]: every address of the program with who may ask for it, in one table; `visit`: who asks;
//! * `login`: getting in; `mail`: pages of who is logged in, one file each; `public`: those of everybody;
//! * `view`: what pages show, made of the words of `holder` and `provider`, without HTML; `templates/`: the HTML;
//! * [`language`]: every text, Italian and English; `assets`: what `make assets` made, under an address of its own content.
//!
//! No rule of the norm stands here, and no question to the store: what may be done is judged by [`holder`], what is certified by
//! [`provider`], what is to be believed by [`verify`].

mod answer;
mod assets;
mod cookies;
mod door;
mod frame;
mod house;
pub mod language;
mod letter;
mod login;
mod mail;
mod public;
pub mod router;
mod trouble;
mod view;
mod visit;
mod visitor;

pub use door::{Door, Limits};
pub use house::{House, Judge, Parts};
