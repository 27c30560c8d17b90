//! Black-box tests of a certified-mail provider, one per requirement id of the norm (`docs/requirements.tsv`).
//!
//! * [`check`] judges one generated message: signature, certificate, structure, header table, certification data.
//!   openssl and xmllint have the word on formats; nothing of the product is used, so the judge does not repeat its
//!   mistakes. Any provider's messages can be judged, also those that real providers sent.
//! * [`suite`] tests a running provider through its doors and mailboxes, as [`config`] describes them; [`peer`] is the
//!   other provider that it plays.
//! * [`verdicts`] tells what came of that for each requirement; [`coverage`] knows them all, and why some stay unseen.
//! * [`report`] prints the findings about single messages as text and as JUnit XML.
//! * [`norm`] makes and checks `docs/norm.md`, the status of every requirement.
//! * [`daylog`] audits the log of a provider, day after day.
//! * [`client`] is the small SMTP client that [`suite`] and the load generator share.

pub mod check;
pub mod client;
pub mod config;
pub mod coverage;
pub mod daylog;
pub mod judges;
pub mod kind;
pub mod mailbox;
pub mod mime;
pub mod moment;
pub mod norm;
pub mod opened;
pub mod peer;
pub mod proof;
pub mod report;
pub mod suite;
pub mod verdicts;
pub mod xml;
