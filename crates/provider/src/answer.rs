//! What a door is told, by blame: the submitter's fault, the peer's, the recipient's, or ours.

use std::fmt;

/// A reply in SMTP's terms. A 2yz answer is given only after the Outcome is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// SMTP reply code.
    pub code: u16,
    /// Enhanced status code (RFC 3463): the stable code of the reason.
    pub enhanced: &'static str,
    /// One line of English.
    pub text: String,
}

impl Answer {
    /// Done and durable.
    pub fn done(text: impl Into<String>) -> Self {
        Self { code: 250, enhanced: "2.0.0", text: text.into() }
    }

    /// The envelope command is fine so far.
    pub fn fine(enhanced: &'static str) -> Self {
        Self { code: 250, enhanced, text: "OK".into() }
    }

    /// The submitter uses a sender address that is not the mailbox that logged in [R-5.2-a].
    pub fn not_your_address(login: &str) -> Self {
        Self {
            code: 553,
            enhanced: "5.7.1",
            text: format!("sender address rejected: you are logged in as {login}, use that address in MAIL FROM"),
        }
    }

    /// The submitter's mailbox may not send any more.
    pub fn may_not_send(login: &str) -> Self {
        Self {
            code: 550,
            enhanced: "5.7.1",
            text: format!("mailbox {login} is not enabled to send; ask your provider"),
        }
    }

    /// The message is above the bound at which even a notice is refused [R-3.1.1-h].
    pub fn too_large(limit: usize) -> Self {
        Self { code: 552, enhanced: "5.3.4", text: format!("message larger than {limit} octets") }
    }

    /// The peer sends for a domain that is not ours.
    pub fn not_here(domain: &str) -> Self {
        Self {
            code: 550,
            enhanced: "5.7.1",
            text: format!("relaying denied: {domain} is not a domain of this provider"),
        }
    }

    /// The message is not certified mail, and the mailbox takes nothing else.
    pub fn certified_only(reason: &str) -> Self {
        Self {
            code: 554,
            enhanced: "5.7.1",
            text: format!("this mailbox accepts certified mail (PEC) only, and this message is not: {reason}"),
        }
    }

    /// The same by a rule of the whole domain, since `day`.
    pub fn certified_only_since(day: &str, reason: &str) -> Self {
        Self {
            code: 554,
            enhanced: "5.7.1",
            text: format!(
                "since {day} this domain accepts certified mail (PEC) only, and this message is not: {reason}"
            ),
        }
    }

    /// The recipient belongs to a closed group, and the sender does not.
    pub fn not_admitted() -> Self {
        Self { code: 550, enhanced: "5.7.1", text: "this mailbox does not receive mail from this sender".into() }
    }

    /// Ordinary mail for a mailbox that receives no more.
    pub fn disabled() -> Self {
        Self { code: 550, enhanced: "5.2.1", text: "this mailbox does not receive mail any more".into() }
    }

    /// Ordinary mail for a full mailbox.
    pub fn full() -> Self {
        Self { code: 552, enhanced: "5.2.2", text: "this mailbox is full".into() }
    }

    /// The domain of From asks to refuse what fails DMARC.
    pub fn not_authentic(domain: &str) -> Self {
        let text = format!("the message fails DMARC, and {domain} asks to refuse such messages");
        Self { code: 550, enhanced: "5.7.26", text }
    }

    /// Ordinary mail for recipients that answer differently: this one is sent again apart.
    pub fn apart() -> Self {
        let text = "this recipient takes ordinary mail by another rule than those before; send to it apart";
        Self { code: 452, enhanced: "4.5.3", text: text.into() }
    }

    /// Ordinary mail that only some of its recipients take; `answer` is that of the others.
    pub fn not_all(answer: &Answer) -> Self {
        let text = format!("not all recipients take this message, send to each apart: {}", answer.text);
        Self { code: 554, enhanced: answer.enhanced, text }
    }

    /// The message carries a virus, and no certified notice is due about it [R-2.2.2-k].
    pub fn infected(virus: &str) -> Self {
        Self { code: 554, enhanced: "5.7.1", text: format!("the message carries a virus: {virus}") }
    }

    /// No recipient of an ordinary message exists here.
    pub fn no_mailbox() -> Self {
        Self { code: 550, enhanced: "5.1.1", text: "no such mailbox".into() }
    }

    /// Our own failure: nothing was kept, the client keeps the message and tries again.
    pub fn our_fault(what: Failure) -> Self {
        Self { code: 451, enhanced: what.enhanced(), text: format!("{what}; nothing was lost, try again later") }
    }
}

/// What failed on our side; the cause goes to the log, the word to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The signing device or key.
    Signing,
    /// The store.
    Store,
    /// A task ended before it answered.
    Interrupted,
    /// The virus scanner.
    Scanner,
    /// Lists of revoked certificates, or who answers about them.
    Revocation,
}

impl Failure {
    fn enhanced(self) -> &'static str {
        match self {
            Failure::Signing => "4.7.5",
            Failure::Store => "4.3.0",
            Failure::Interrupted => "4.3.2",
            Failure::Scanner => "4.7.0",
            Failure::Revocation => "4.4.3",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Failure::Signing => "messages cannot be signed at the moment",
            Failure::Store => "messages cannot be stored at the moment",
            Failure::Interrupted => "the service is stopping",
            Failure::Scanner => "messages cannot be scanned for viruses at the moment",
            Failure::Revocation => "whether the signing certificate is revoked cannot be said at the moment",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTCOMES: &str = include_str!("../../../docs/outcomes.md");

    #[test]
    fn every_code_that_somebody_may_read_is_explained_in_the_table_of_outcomes() {
        let address = pec::Address::parse("a@b.it").unwrap();
        use pec::formal::Exception;
        let exceptions = [
            Exception::From(String::new()),
            Exception::To(String::new()),
            Exception::ReversePath { path: String::new(), from: String::new() },
            Exception::NotInToOrCc(address.clone()),
            Exception::NotAdmitted(address),
            Exception::Bcc,
            Exception::TooLarge { size: 0, limit: 0 },
            Exception::ProductTooLarge { size: 0, recipients: 0, limit: 0 },
            Exception::TooManyRecipients { recipients: 0, limit: 0 },
            Exception::LongLine { line: 1, octets: 0, place: String::new() },
            Exception::EightBitAddress("To"),
            Exception::HeaderTooLarge { what: "", octets: 0, limit: 0 },
            Exception::Malformed(String::new()),
        ];
        let failures = [Failure::Interrupted, Failure::Revocation, Failure::Scanner, Failure::Signing, Failure::Store];
        let codes = pec::Cause::ALL.iter().map(|cause| cause.code());
        let codes = codes.chain(exceptions.iter().map(Exception::code)).chain(failures.iter().map(|f| f.enhanced()));
        for code in codes {
            assert!(OUTCOMES.contains(&format!("| {code} |")), "docs/outcomes.md does not explain {code}");
        }
        for cause in pec::Cause::ALL {
            let row = OUTCOMES
                .lines()
                .find(|line| line.contains(&format!("`{}` | {} |", cause.fault().as_str(), cause.code())));
            assert!(row.is_some(), "{cause:?} stands with another fault");
        }
    }
}
