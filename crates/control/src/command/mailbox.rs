//! `sigillo mailbox`, as far as it administers.

use clap::{ArgGroup, Args, Subcommand};
use pec::Address;
use store::{Capabilities, Correspondents, OrdinaryMail, Receipts, SentCopies};

use super::asks::{Asks, Common, On};
use crate::ask::PasswordFrom;
use crate::refused::Refused;
use crate::request::{HoldRequest, MailboxRequest, ProtocolSwitches, Request, SetMailbox};
use crate::setting::{Day, Setting, octets, switch};
use crate::unit::{OrNone, UnitPath};

/// Holders' mailboxes.
#[derive(Clone, Debug, Subcommand)]
pub enum MailboxCommand {
    /// Create a mailbox
    Add(On<Add>),
    /// Show a mailbox and who may use it
    Show(On<Which>),
    /// Change what a mailbox may do, hold, take and keep, and with whom it corresponds
    Set(On<Set>),
    /// Show who came to a mailbox in the last months, and who sent from it
    History(On<History>),
    /// Give a mailbox another address; the old one is never given again
    Rename(On<Rename>),
    /// Close a mailbox: nothing is delivered to it, sent from it or read; what it holds stays
    Close(On<Which>),
    /// Keep everything in a mailbox: nobody removes anything from it, and it is not closed, until it is released
    Hold(On<Hold>),
    /// Release a mailbox from its legal hold
    Release(On<Which>),
    /// Give a mailbox another password
    Password(On<Password>),
}

/// Which mailbox.
#[derive(Args, Clone, Debug)]
pub struct Which {
    /// Its address
    address: Address,
}

/// A new mailbox.
#[derive(Args, Clone, Debug)]
pub struct Add {
    /// Its address, also the login name
    address: Address,
    /// What it may hold, as 1073741824 or 2GiB
    #[arg(long, value_name = "OCTETS", default_value = "1GiB", value_parser = octets)]
    quota: u64,
    /// Where it stands: ORGANISATION, or ORGANISATION/OFFICE/…; otherwise in the organisation of its domain
    #[arg(long, value_name = "PATH")]
    office: Option<UnitPath>,
    /// Nobody logs in with the address: users with a grant use it
    #[arg(long, conflicts_with = "password_file")]
    no_password: bool,
    /// Where the password comes from.
    #[command(flatten)]
    password: PasswordFrom,
}

/// What to keep, and why.
#[derive(Args, Clone, Debug)]
pub struct Hold {
    /// Its address
    address: Address,
    /// Why, for the evidence
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// What to change.
#[derive(Args, Clone, Debug)]
#[group(skip)]
#[command(group = ArgGroup::new("change").args(["state", "quota", "ordinary", "correspondents", "sent_copies", "receipts", "office", "imap", "pop3", "submission", "without_capability"]).required(true).multiple(true))]
pub struct Set {
    /// Its address
    address: Address,
    /// What it may do: active, receive-only, read-only, closed
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    /// What it may hold, as 1073741824 or 2GiB
    #[arg(long, value_name = "OCTETS", value_parser = octets)]
    quota: Option<u64>,
    /// Ordinary mail: refuse, anomaly, folder=NAME, forward=ADDRESS; default: as its domain
    #[arg(long, value_name = "POLICY")]
    ordinary: Option<Setting<OrdinaryMail>>,
    /// Its closed group, with commas: certified, @DOMAIN, ADDRESS; any: everybody; default: as its domain
    #[arg(long, value_name = "GROUP")]
    correspondents: Option<Setting<Correspondents>>,
    /// Whether a copy of what is sent from it is kept in its folder of sent mail: on, off; default: as its domain
    #[arg(long, value_name = "SWITCH")]
    sent_copies: Option<Setting<SentCopies>>,
    /// Where its receipts go: inbox, or folder (Ricevute)
    #[arg(long, value_name = "PLACE")]
    receipts: Option<Receipts>,
    /// Where it stands: ORGANISATION, or ORGANISATION/OFFICE/…; none: in no office
    #[arg(long, value_name = "PATH")]
    office: Option<OrNone<UnitPath>>,
    /// Whether it is read by IMAP; open sessions end when it is switched off
    #[arg(long, value_name = "on|off", value_parser = switch)]
    imap: Option<bool>,
    /// Whether it is read by POP3
    #[arg(long, value_name = "on|off", value_parser = switch)]
    pop3: Option<bool>,
    /// Whether mail programs send from it
    #[arg(long, value_name = "on|off", value_parser = switch)]
    submission: Option<bool>,
    /// Whether it is used by the web pages
    #[arg(long, value_name = "on|off", value_parser = switch)]
    web: Option<bool>,
    /// Capabilities of IMAP that its mail programs are not offered, with commas, for one that misuses them; none: all are
    #[arg(long, value_name = "NAMES")]
    without_capability: Option<Capabilities>,
}

/// Whose history.
#[derive(Args, Clone, Debug)]
pub struct History {
    /// Its address
    address: Address,
    /// Only since this day, as 2027-01-31
    #[arg(long, value_name = "DAY")]
    since: Option<Day>,
}

/// From one address to another.
#[derive(Args, Clone, Debug)]
pub struct Rename {
    /// The address it has
    from: Address,
    /// The address it shall have
    to: Address,
}

/// Whose password.
#[derive(Args, Clone, Debug)]
pub struct Password {
    /// Its address
    address: Address,
    /// Where the password comes from.
    #[command(flatten)]
    password: PasswordFrom,
}

impl Asks for MailboxCommand {
    fn common(&self) -> &Common {
        match self {
            MailboxCommand::Add(on) => &on.common,
            MailboxCommand::Show(on) | MailboxCommand::Close(on) | MailboxCommand::Release(on) => &on.common,
            MailboxCommand::Hold(on) => &on.common,
            MailboxCommand::Set(on) => &on.common,
            MailboxCommand::History(on) => &on.common,
            MailboxCommand::Rename(on) => &on.common,
            MailboxCommand::Password(on) => &on.common,
        }
    }

    fn request(self) -> Result<Request, Refused> {
        Ok(Request::Mailbox(match self {
            MailboxCommand::Hold(on) => {
                let Hold { address: mailbox, reason } = on.what;
                return Ok(Request::Hold(HoldRequest::Put { mailbox, identifier: None, reason }));
            }
            MailboxCommand::Release(on) => {
                return Ok(Request::Hold(HoldRequest::Release { mailbox: on.what.address, identifier: None }));
            }
            MailboxCommand::Add(on) => {
                let Add { address, quota, office: within, no_password, password } = on.what;
                let password = (!no_password).then(|| password.read(address.as_str())).transpose()?;
                MailboxRequest::Add { address, password, quota, within }
            }
            MailboxCommand::Show(on) => MailboxRequest::Show { address: on.what.address },
            MailboxCommand::Set(on) => {
                let Set {
                    address,
                    state,
                    quota,
                    ordinary,
                    correspondents,
                    sent_copies,
                    receipts,
                    office: within,
                    imap,
                    pop3,
                    submission,
                    web,
                    without_capability: without,
                } = on.what;
                let switches = ProtocolSwitches { imap, pop3, submission, web };
                MailboxRequest::Set(SetMailbox {
                    address,
                    state,
                    quota,
                    ordinary,
                    correspondents,
                    sent_copies,
                    receipts,
                    within,
                    switches,
                    without,
                })
            }
            MailboxCommand::History(on) => MailboxRequest::History { address: on.what.address, since: on.what.since },
            MailboxCommand::Rename(on) => MailboxRequest::Rename { from: on.what.from, to: on.what.to },
            MailboxCommand::Close(on) => MailboxRequest::Close { address: on.what.address },
            MailboxCommand::Password(on) => {
                let Password { address, password } = on.what;
                let password = password.read(address.as_str())?;
                MailboxRequest::Password { address, password }
            }
        }))
    }
}
