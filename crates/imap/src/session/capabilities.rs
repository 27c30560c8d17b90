//! What is offered, and what a client chooses of it.

use super::end::Stop;
use super::state::Session;
use crate::command::IdFields;
use crate::dialect::Dialect;
use crate::response::{Code, Condition};
use crate::tag::Tag;

/// To everybody: who never asks again after the login, as Python's library does, finds ENABLE and IDLE.
const ALWAYS: [&str; 7] = ["IMAP4rev1", "IMAP4rev2", "LITERAL+", "SASL-IR", "ENABLE", "ID", "IDLE"];
/// To who has logged in.
const WITHIN: [&str; 28] = [
    "ACL",
    "BINARY",
    "CHILDREN",
    "CONDSTORE",
    "CREATE-SPECIAL-USE",
    "ESEARCH",
    "ESORT",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "METADATA",
    "MOVE",
    "MULTIAPPEND",
    "NAMESPACE",
    "OBJECTID",
    "PREVIEW",
    "QRESYNC",
    "QUOTA",
    "QUOTA=RES-STORAGE",
    "RIGHTS=texk",
    "SAVEDATE",
    "SEARCHRES",
    "SORT",
    "SPECIAL-USE",
    "STATUS=SIZE",
    "THREAD=ORDEREDSUBJECT",
    "THREAD=REFERENCES",
    "UIDPLUS",
    "UNSELECT",
];
const MORE: [&str; 2] = ["UTF8=ACCEPT", "WITHIN"];

/// Characters of a client's name in the log.
const CLIENT: usize = 100;

impl Session<'_> {
    fn capabilities(&self) -> Vec<String> {
        let mut offered: Vec<String> = ALWAYS.map(str::to_owned).into();
        let more: &[&str] = match (&self.mine, &self.tls) {
            (Some(_), _) => {
                offered.push(format!("APPENDLIMIT={}", self.house.limits.append));
                offered.extend(WITHIN.map(str::to_owned));
                &MORE
            }
            (None, Some(_)) => &["AUTH=PLAIN", "AUTH=LOGIN"],
            (None, None) => &["STARTTLS", "LOGINDISABLED"],
        };
        offered.extend(more.iter().map(|name| (*name).to_owned()));
        offered
    }

    pub(super) fn greet(&mut self) {
        let offered = self.capabilities();
        let names: Vec<&str> = offered.iter().map(String::as_str).collect();
        self.out.status(None, Condition::Ok, Some(Code::Capability(&names)), "Sigillo IMAP");
    }

    pub(super) fn capability(&mut self, tag: &Tag) {
        let offered = self.capabilities();
        let names: Vec<&str> = offered.iter().map(String::as_str).collect();
        self.out.capability(&names);
        self.ok(tag, None, "these");
    }

    /// The answer to a login says what is offered now.
    pub(super) fn welcome(&mut self, tag: &Tag) {
        let offered = self.capabilities();
        let names: Vec<&str> = offered.iter().map(String::as_str).collect();
        self.ok(tag, Some(Code::Capability(&names)), "logged in");
    }

    pub(super) fn id(&mut self, tag: &Tag, fields: Option<IdFields>) {
        let fields = fields.unwrap_or_default();
        let said = |name: &str| {
            let (_, value) = fields.iter().find(|(own, _)| own.eq_ignore_ascii_case(name))?;
            value.as_deref()
        };
        let name = [said("name"), said("version")].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let name: String = name.chars().filter(|c| !c.is_control()).take(CLIENT).collect();
        self.client = Some(name).filter(|name| !name.is_empty());
        if let (Some(mailboxes), Some(client)) = (&mut self.mine, &self.client) {
            mailboxes.identified(client);
        }
        self.out.id(&[("name", "Sigillo")]);
        self.ok(tag, None, "nice to meet you");
    }

    pub(super) fn enable(&mut self, tag: &Tag, names: &[String]) -> Result<(), Stop> {
        self.mailboxes()?;
        let mut enabled: Vec<&str> = Vec::new();
        for name in names {
            let known = match name.as_str() {
                "CONDSTORE" => {
                    self.enabled.condstore = true;
                    "CONDSTORE"
                }
                "QRESYNC" => {
                    (self.enabled.condstore, self.enabled.qresync) = (true, true);
                    "QRESYNC"
                }
                "IMAP4REV2" => {
                    self.enabled.rev2 = true;
                    self.out.set_dialect(Dialect::Utf8);
                    "IMAP4rev2"
                }
                "UTF8=ACCEPT" => {
                    self.out.set_dialect(Dialect::Utf8);
                    "UTF8=ACCEPT"
                }
                _ => continue,
            };
            if !enabled.contains(&known) {
                enabled.push(known);
            }
        }
        self.out.enabled(&enabled);
        self.ok(tag, None, "as you like");
        Ok(())
    }
}
