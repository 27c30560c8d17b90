//! What is offered, and what a client chooses of it.

use door::sasl::OF_TOKENS;

use super::end::Stop;
use super::recent::Recent;
use super::state::Session;
use crate::command::IdFields;
use crate::dialect::Dialect;
use crate::offer;
use crate::response::{Code, Condition};
use crate::tag::Tag;

/// Characters of a client's name in the log.
const CLIENT: usize = 100;

impl Session<'_> {
    fn capabilities(&self) -> Vec<String> {
        let mut offered = vec![offer::REV1.to_owned()];
        for name in self.offer.announced(self.mine.is_some()) {
            offered.push(match name {
                "APPENDLIMIT" => format!("{name}={}", self.house.limits.append),
                name => name.to_owned(),
            });
        }
        match (&self.mine, &self.tls) {
            (Some(_), _) => {}
            (None, Some(_)) => {
                offered.extend(["AUTH=PLAIN", "AUTH=LOGIN"].map(str::to_owned));
                if self.house.desk.entrance().takes_tokens() {
                    offered.extend(OF_TOKENS.map(|mechanism| format!("AUTH={mechanism}")));
                }
            }
            (None, None) => offered.extend(["STARTTLS", "LOGINDISABLED"].map(str::to_owned)),
        }
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
                name if !self.offer.has(name) => continue,
                "CONDSTORE" => {
                    self.enable_condstore();
                    "CONDSTORE"
                }
                "QRESYNC" => {
                    self.enable_condstore();
                    self.enabled.qresync = true;
                    "QRESYNC"
                }
                "IMAP4REV2" => {
                    self.enabled.rev2 = true;
                    if let Some(selected) = &mut self.selected {
                        selected.recent = Recent::default();
                    }
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
