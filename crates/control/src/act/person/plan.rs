//! What of a person can be erased, what stays and why, and what goes by itself.

use pec::Moment;
use store::mailboxes::BORN_WITH;
use store::{GrantsOf, Hold, Mailbox, MailboxState, MailboxTraces, Reader, User, UserTraces};

use crate::control::{Control, Out};
use crate::item::{ErasureItem, Fate, Item};
use crate::person::{Ground, Person};
use crate::refused::Refused;

/// What is to be done, and what is not.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// What can be erased, in the order in which it goes.
    pub(super) steps: Vec<Step>,
    /// What stays.
    pub(super) stays: Vec<ErasureItem>,
}

/// Something that can be erased.
#[derive(Debug)]
pub(super) enum Step {
    /// The messages of a mailbox and its folders: so many messages of so many octets.
    Contents(Mailbox, u64, u64),
    /// What a mailbox has besides messages.
    Mailbox(Mailbox, MailboxTraces),
    /// A user.
    User(User, UserTraces),
}

impl Plan {
    pub(super) async fn of(control: &Control, person: &Person, contents: bool, now: Moment) -> Result<Self, Refused> {
        let mut plan = Self::default();
        for mailbox in &person.mailboxes {
            plan.mailbox(control, person, mailbox, contents).await?;
        }
        for user in &person.users {
            plan.user(control, user).await?;
        }
        plan.by_law(control, person, now);
        Ok(plan)
    }

    /// Says what would be erased, and what not.
    pub(super) async fn tell(&self, out: &Out) -> Result<(), Refused> {
        for what in self.steps.iter().flat_map(Step::lines) {
            out.send(Item::Erasure(item(what, Fate::ToErase))).await?;
        }
        for stays in &self.stays {
            out.send(Item::Erasure(stays.clone())).await?;
        }
        Ok(())
    }

    async fn user(&mut self, control: &Control, user: &User) -> Result<(), Refused> {
        if user.enabled {
            self.stays(format!("user {}: account, rights, app passwords", user.name), Ground::InUse, None);
        } else if let Some(traces) = control.faces.persons.traces_of_user(&user.name).await? {
            self.steps.push(Step::User(user.clone(), traces));
        }
        Ok(())
    }

    async fn mailbox(
        &mut self,
        control: &Control,
        person: &Person,
        mailbox: &Mailbox,
        contents: bool,
    ) -> Result<(), Refused> {
        let address = &mailbox.address;
        let all = format!("mailbox {address}: settings, app passwords, labels, messages");
        if mailbox.state != MailboxState::Closed {
            self.stays(all, Ground::InUse, None);
            return Ok(());
        }
        let principals = &control.faces.principals;
        let holds = principals.holds(address).await?;
        if holds.iter().any(|hold| hold.identifier.is_none()) {
            self.stays(all, Ground::LegalHold, None);
            return Ok(());
        }
        let grants = principals.grants(GrantsOf::Mailbox(address.clone())).await?;
        if grants.iter().any(|grant| !person.is_user(&grant.user.name)) {
            self.stays(all, Ground::Shared, None);
            return Ok(());
        }
        let folders = control.faces.mailboxes.folders(mailbox.id, Reader::Owner).await?;
        let messages: u64 = folders.iter().map(|folder| u64::from(folder.messages)).sum();
        let own = folders.iter().any(|folder| !is_born_with(&folder.name));
        if contents && (messages > 0 || own) {
            self.steps.push(Step::Contents(mailbox.clone(), messages, mailbox.used));
            self.held(address.as_str(), &holds);
        } else if messages > 0 {
            self.stays(format!("mailbox {address}: {messages} messages and its folders"), Ground::NotAsked, None);
        }
        let traces = control.faces.persons.traces_of_mailbox(address).await?.unwrap_or_default();
        if traces != MailboxTraces::default() {
            self.steps.push(Step::Mailbox(mailbox.clone(), traces));
        }
        Ok(())
    }

    fn held(&mut self, mailbox: &str, holds: &[Hold]) {
        for identifier in holds.iter().filter_map(|hold| hold.identifier.as_ref()) {
            self.stays(format!("what mailbox {mailbox} has of message {identifier}"), Ground::LegalHold, None);
        }
    }

    /// What stays of everybody for a time, or for good.
    fn by_law(&mut self, control: &Control, person: &Person, now: Moment) {
        let rules = &control.persons;
        let evidence = now.plus_months(rules.evidence);
        let names = person.names().join(", ");
        self.stays(format!("the rows of the trace that name {names}"), Ground::Evidence, Some(evidence));
        self.stays("receipts and notices of messages sent and received".into(), Ground::Kept, Some(evidence));
        self.stays("infected messages sent and received".into(), Ground::Infected, Some(now.plus_months(30)));
        self.stays("messages sent to others".into(), Ground::Others, None);
        let here = person.mailboxes.iter().map(|mailbox| mailbox.address.as_str());
        for address in here.chain(person.former.iter().map(|(address, _)| address.as_str())) {
            self.stays(format!("the address {address}"), Ground::Address, None);
        }
        if !person.mailboxes.is_empty() {
            self.stays("messages on their way".into(), Ground::UnderWay, Some(now.plus(24 * 3600)));
        }
        for user in &person.users {
            self.stays(format!("the login name {}", user.name), Ground::Name, Some(evidence));
        }
        for (name, at) in &person.erased {
            let until = at.plus_months(rules.evidence);
            self.stays(format!("the login name {name}"), Ground::Name, Some(until));
        }
        if !(person.mailboxes.is_empty() && person.users.is_empty() && person.erased.is_empty()) {
            let until = now.plus_months(rules.accesses);
            self.stays("the access history".into(), Ground::Accesses, Some(until));
        }
    }

    fn stays(&mut self, what: String, ground: Ground, until: Option<Moment>) {
        let why = ground.why();
        self.stays.push(ErasureItem {
            ground: Some(ground.name().into()),
            why_it: Some(why.italian),
            why: Some(why.english),
            law: Some(ground.law().into()),
            until: until.map(Moment::date),
            ..item(what, if until.is_some() { Fate::Goes } else { Fate::Kept })
        });
    }
}

impl Step {
    /// What it erases, a line each.
    pub(super) fn lines(&self) -> Vec<String> {
        match self {
            Self::Contents(mailbox, messages, octets) => {
                vec![format!("mailbox {}: {messages} messages of {octets} octets, and its folders", mailbox.address)]
            }
            Self::Mailbox(mailbox, traces) => of_mailbox(mailbox.address.as_str(), traces),
            Self::User(user, traces) => of_user(&user.name, traces),
        }
    }
}

fn of_mailbox(address: &str, traces: &MailboxTraces) -> Vec<String> {
    let MailboxTraces { password, app_passwords, grants, rules, labels, notes, subscriptions, copies, refusals } =
        *traces;
    let count = |count: u64, what: &str| (count > 0).then(|| format!("{count} {what}"));
    let parts = [
        password.then(|| "the password".to_owned()),
        rules.then(|| "settings of its own".to_owned()),
        count(app_passwords, "app passwords"),
        count(grants, "rights on it"),
        count(labels, "labels"),
        count(notes, "notes of mail programs"),
        count(subscriptions, "subscribed names"),
        count(copies, "marks of copies sent"),
        count(refusals, "refused messages to be told"),
    ];
    parts.into_iter().flatten().map(|part| format!("mailbox {address}: {part}")).collect()
}

fn of_user(name: &str, traces: &UserTraces) -> Vec<String> {
    let UserTraces { grants, app_passwords, seen, notes } = *traces;
    let count = |count: u64, what: &str| (count > 0).then(|| format!("{count} {what}"));
    let parts = [
        Some("the account: name for people, password".to_owned()),
        count(grants, "rights"),
        count(app_passwords, "app passwords"),
        count(seen, "marks of messages seen"),
        count(notes, "notes of mail programs"),
    ];
    parts.into_iter().flatten().map(|part| format!("user {name}: {part}")).collect()
}

/// Something with this fate, without a ground.
pub(super) fn item(what: String, fate: Fate) -> ErasureItem {
    ErasureItem { what, fate, ground: None, why_it: None, why: None, law: None, until: None }
}

/// Whether a folder is one that every mailbox has.
pub(super) fn is_born_with(name: &str) -> bool {
    name == "INBOX" || BORN_WITH.iter().any(|(born, _)| *born == name)
}
