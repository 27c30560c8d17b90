//! What the store knows, as items of answers.

use pec::{Address, Moment};
use store::{
    AccessRow, Actor, Addressee, AppPassword, CheckReport, Discrepancy, Domain, EvidenceRow, Figures, Forecast,
    FoundMessage, Grant, GrantedOn, Hold, HopFigures, Mailbox, Protocols, QueueItem, SharedSubject, User, percent,
};

use crate::item::{
    AccessItem, AddresseeItem, AppPasswordItem, CheckItem, DiscrepancyItem, DispatchItem, DomainItem, ForecastItem,
    FoundItem, GrantItem, HoldItem, HopItem, Item, LateItem, MailboxItem, NamedItem, RowItem, StatusItem, SubjectItem,
    UserItem,
};
use crate::login::LoginName;
use crate::setting::CertifiedOnly;
use crate::words;

/// Protocols by name.
fn protocols(of: Protocols) -> Vec<String> {
    of.iter().map(|protocol| protocol.name().to_owned()).collect()
}

impl AppPasswordItem {
    /// The item of an app password, which does not know its secret.
    pub fn of(app: &AppPassword, now: Moment) -> Self {
        let text = |at: Option<Moment>| at.map(|at| at.to_string());
        Self {
            id: app.id.0,
            login: LoginName(app.of.clone()).to_string(),
            mailbox: app.mailbox.as_ref().map(Address::to_string),
            name: app.name.clone(),
            protocols: protocols(app.protocols),
            made: app.made.to_string(),
            ends: text(app.ends),
            ended: app.has_ended(now),
            used: text(app.used),
            secret: None,
        }
    }
}

impl AccessItem {
    /// The item of a row of a mailbox's access history.
    pub fn of(mailbox: &Address, row: &AccessRow) -> Self {
        let (actor, user) = row.who.as_ref().map_or(("unknown", None), actor);
        Self {
            mailbox: mailbox.to_string(),
            first: row.first.to_string(),
            last: row.last.to_string(),
            count: row.count,
            actor: actor.into(),
            user,
            app_password: row.app_password.clone(),
            peer: row.peer.map(|peer| peer.to_string()),
            client: row.client.clone(),
            protocol: row.protocol.name().into(),
            outcome: row.outcome.name().into(),
            message: row.message.clone(),
        }
    }
}

impl DomainItem {
    /// The item of a domain of the organisation with this name.
    pub fn of(domain: &Domain, organisation: Option<String>) -> Self {
        Self {
            name: domain.name.clone(),
            english: domain.english,
            ordinary: domain.ordinary.to_string(),
            certified_only_from: CertifiedOnly(domain.certified_only_from).to_string(),
            correspondents: domain.correspondents.to_string(),
            sent_copies: domain.sent_copies.to_string(),
            keeps: domain.keeps.to_string(),
            organisation,
        }
    }
}

impl MailboxItem {
    /// The item of a mailbox that stands where these names lead, the organisation's first.
    pub fn of(mailbox: &Mailbox, unit: &[String]) -> Self {
        let or_default = |text: Option<String>| text.unwrap_or_else(|| "default".into());
        let (organisation, offices) = unit.split_first().unzip();
        Self {
            address: mailbox.address.to_string(),
            state: mailbox.state.name().into(),
            quota: mailbox.quota,
            counted: mailbox.counted,
            percent: percent(mailbox.counted, mailbox.quota),
            used: mailbox.used,
            service: mailbox.service,
            ordinary: or_default(mailbox.ordinary.as_ref().map(ToString::to_string)),
            correspondents: or_default(mailbox.correspondents.as_ref().map(ToString::to_string)),
            sent_copies: or_default(mailbox.sent_copies.map(|copies| copies.to_string())),
            receipts: mailbox.receipts.to_string(),
            protocols: protocols(mailbox.protocols),
            without: mailbox.without.names().map(str::to_owned).collect(),
            organisation: organisation.cloned(),
            office: offices.map(|names| names.join("/")).filter(|path| !path.is_empty()),
        }
    }
}

impl ForecastItem {
    /// The item of what is foreseen for a mailbox.
    pub fn of(mailbox: &Mailbox, forecast: Forecast) -> Self {
        let (outlook, days) = match forecast {
            Forecast::Full => ("full", None),
            Forecast::Days(days) => ("growing", Some(days)),
            Forecast::Later => ("later", None),
            Forecast::Unknown => ("unknown", None),
        };
        Self { mailbox: mailbox.address.to_string(), outlook: outlook.into(), days }
    }
}

impl From<&Hold> for Item {
    fn from(hold: &Hold) -> Self {
        Item::Hold(HoldItem {
            mailbox: hold.mailbox.to_string(),
            identifier: hold.identifier.as_ref().map(ToString::to_string),
            since: hold.at.to_string(),
            by: hold.by.clone(),
            reason: hold.why.clone(),
        })
    }
}

impl From<&User> for Item {
    fn from(user: &User) -> Self {
        Item::User(UserItem { name: user.name.clone(), display: user.display.clone(), enabled: user.enabled })
    }
}

impl GrantItem {
    /// The item of a grant, on the office with this whole name.
    pub fn of(grant: &Grant, office: Option<String>) -> Self {
        Self {
            user: grant.user.name.clone(),
            mailbox: match &grant.on {
                GrantedOn::Mailbox(address) => Some(address.to_string()),
                GrantedOn::Office(_) => None,
            },
            office,
            read: grant.rights.read,
            send: grant.rights.send,
            manage: grant.rights.manage,
        }
    }
}

impl From<&QueueItem> for Item {
    fn from(item: &QueueItem) -> Self {
        Item::Dispatch(DispatchItem {
            id: item.id.0,
            hop: (&item.hop).into(),
            identifier: item.identifier.to_string(),
            kind: item.kind.map(|kind| kind.name().into()),
            from: item.path.as_str().into(),
            recipients: item.recipients.iter().map(Address::to_string).collect(),
            size: item.size,
            attempts: item.attempts,
            queued: item.created.to_string(),
            due: item.due.to_string(),
            expires: item.expires.to_string(),
            under_way: item.leased,
            last_error: item.last_error.clone(),
            failed_by: item.failed_by.clone(),
        })
    }
}

impl From<&HopFigures> for Item {
    fn from(hop: &HopFigures) -> Self {
        Item::Hop(HopItem {
            hop: (&hop.hop).into(),
            dispatches: hop.dispatches,
            oldest: hop.oldest.to_string(),
            last_error: hop.last_error.clone(),
        })
    }
}

impl From<&Addressee> for Item {
    fn from(one: &Addressee) -> Self {
        let text = |at: Option<Moment>| at.map(|at| at.to_string());
        Item::Addressee(AddresseeItem {
            identifier: one.identifier.to_string(),
            recipient: one.recipient.to_string(),
            state: one.state.name().into(),
            since: one.since.to_string(),
            taken_in_charge: text(one.taken_at),
            warned: text(one.warned_at),
            code: one.code.clone(),
            receipt: one.receipt.clone(),
            due: text(one.due),
            late: one.late.as_ref().map(|late| LateItem {
                step: late.step.name().into(),
                at: late.at.to_string(),
                receipt: late.receipt.clone(),
            }),
        })
    }
}

impl SubjectItem {
    /// The item of a subject, with its canonical bytes where they are wanted.
    pub fn of(subject: &SharedSubject, canonical: bool) -> Self {
        let store::Subject { identifier, sender, recipients, subject: text, client_id, original } = subject.subject();
        let certified = |kind: pec::RecipientType| kind == pec::RecipientType::Certified;
        let named =
            recipients.iter().map(|one| NamedItem { address: one.address.clone(), certified: one.kind.map(certified) });
        Self {
            hash: hex::encode(subject.hash().0),
            identifier: identifier.to_string(),
            sender: sender.clone(),
            recipients: named.collect(),
            subject: text.clone(),
            client_id: client_id.clone(),
            original: original.as_ref().map(hex::encode),
            canonical: canonical.then(|| hex::encode(subject.canonical())),
        }
    }
}

impl DiscrepancyItem {
    /// The item of a discrepancy.
    pub fn of(one: &Discrepancy) -> Self {
        let Discrepancy { number, identifier, whom, reason, what, found, acknowledged } = one.clone();
        Self {
            number,
            identifier: identifier.map(|identifier| identifier.to_string()),
            whom: (!whom.is_empty()).then_some(whom),
            reason,
            what,
            found: found.to_string(),
            acknowledged: acknowledged.map(|at| at.to_string()),
        }
    }
}

impl FoundItem {
    /// The item of a message that was found.
    pub fn of(found: &FoundMessage) -> Item {
        let FoundMessage { place, subject, at, log, number } = found;
        let (place, at, log, number) = (place.0, at.to_string(), log.0, *number);
        Item::Found(Self { place, at, log, number, subject: SubjectItem::of(subject, false) })
    }
}

impl RowItem {
    /// The item of a row, without its canonical bytes.
    pub fn of(row: &EvidenceRow) -> Self {
        let evidence = &row.evidence;
        let (actor, name) = actor(&evidence.actor);
        let identifier = match &evidence.about {
            store::About::Subject(subject) => Some(subject.subject().identifier.to_string()),
            store::About::Nothing | store::About::Known(_) => None,
        };
        Self {
            log: row.log.0,
            number: row.number,
            at: evidence.at.to_string(),
            event: evidence.event.name().into(),
            kind: evidence.kind.map(|kind| kind.name().into()),
            about: evidence.about.hash().map(|hash| hex::encode(hash.0)),
            identifier,
            message_id: evidence.message_id.clone(),
            provider: evidence.provider.clone(),
            concerns: evidence.concerns.clone(),
            error: evidence.error.clone(),
            actor: actor.into(),
            actor_name: name,
            canonical: None,
        }
    }
}

impl StatusItem {
    /// From the store's figures and the provider's health.
    pub fn new(figures: &Figures, domains: usize, health: Option<Vec<String>>) -> Self {
        Self {
            running: health.is_some(),
            version: env!("CARGO_PKG_VERSION").into(),
            health: health.unwrap_or_default(),
            domains: domains as u64,
            mailboxes: figures.mailboxes,
            messages: figures.messages,
            originals: figures.originals,
            awaited: figures.awaited,
            queued: figures.queued,
            disk_free: figures.disk_free,
            trouble: figures.trouble.clone(),
            damage: figures.damage.clone(),
            damaged: figures.damaged,
            checked: words::checked(&figures.checked),
        }
    }
}

impl From<&CheckReport> for Item {
    fn from(report: &CheckReport) -> Self {
        Item::Check(CheckItem {
            whole: report.is_whole(),
            messages: report.messages,
            originals: report.originals,
            evidence: report.evidence,
            orphans: report.orphans,
            faults: report.count,
        })
    }
}

/// Who acted, as a stable word and a name.
pub(crate) fn actor(actor: &Actor) -> (&'static str, Option<String>) {
    match actor {
        Actor::System => ("system", None),
        Actor::Holder => ("holder", None),
        Actor::User(name) => ("user", Some(name.clone()).filter(|name| !name.is_empty())),
        Actor::Operator(name) => ("operator", Some(name.clone()).filter(|name| !name.is_empty())),
        Actor::Peer => ("peer", None),
    }
}
