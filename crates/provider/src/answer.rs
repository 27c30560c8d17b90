//! What the points answer, in their own words. Numbers of a protocol are made at its door.

use std::fmt;

use holder::Barred;
use pec::{Identifier, Moment, formal};

/// What became of a submission whose receipt is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// It is accepted: the acceptance is in the holder's mailbox, the envelope on its way.
    Accepted {
        /// PEC msgid.
        identifier: Identifier,
    },
    /// It is not accepted for its form: the notice is in the holder's mailbox.
    NotAccepted {
        /// PEC msgid.
        identifier: Identifier,
        /// Every reason.
        exceptions: Vec<formal::Exception>,
    },
    /// It is not accepted for a virus: the notice is in the holder's mailbox.
    Infected {
        /// PEC msgid.
        identifier: Identifier,
        /// Its name.
        virus: String,
    },
}

/// What became of an arrival, everything that it causes being durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// It is here; the words are for log and reply.
    Taken(String),
    /// Everything in it was done before.
    Known,
}

impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Received::Taken(what) => what,
            Received::Known => "already done",
        })
    }
}

/// Why nothing was taken, by blame. Nothing was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The holder's doing.
    Submitter(SubmitterFault),
    /// The doing of the system that brought the message.
    Peer(PeerFault),
    /// The recipient's state or wish.
    Recipient(RecipientFault),
    /// Our own failure: the client keeps the message and tries again.
    Us(Failure),
}

/// What a holder did wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubmitterFault {
    /// The sender address is of no mailbox that the login may use [R-5.2-a].
    NotYourAddress {
        /// Who is logged in.
        login: String,
    },
    /// Who it is, is known, and he does not come in this way.
    Barred(Barred),
    /// The login does not hold any more: another secret, other rights.
    LoginOver,
    /// The mailbox may not send.
    MayNotSend {
        /// Which.
        mailbox: String,
    },
    /// The message is above the bound at which even a notice is refused [R-3.1.1-h].
    TooLarge {
        /// Octets.
        limit: usize,
    },
}

/// What is wrong with a message, or with who brings it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerFault {
    /// It is for a domain that is not ours.
    NotHere {
        /// Which.
        domain: String,
    },
    /// It is not certified mail, and the mailbox takes nothing else.
    CertifiedOnly {
        /// Which test failed and how.
        reason: String,
    },
    /// The same by a rule of the whole domain.
    CertifiedOnlySince {
        /// Since when.
        day: Moment,
        /// Which test failed and how.
        reason: String,
    },
    /// The domain of From asks to refuse what fails DMARC.
    NotAuthentic {
        /// Which.
        domain: String,
    },
    /// It carries a virus, and no certified notice is due about it [R-2.2.2-k].
    Infected {
        /// Its name.
        virus: String,
    },
    /// Ordinary mail for a recipient that answers otherwise than those before: to be sent again apart.
    Apart,
    /// Its signer has sent too much lately that is not formally correct, or that contradicts what was done: to be sent again
    /// later.
    TooIrregular {
        /// Who.
        signer: String,
    },
    /// Ordinary mail that only some of its recipients take, for this reason of the others.
    NotAll(Box<Refusal>),
}

/// Why a recipient cannot have a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecipientFault {
    /// There is no such mailbox.
    NoMailbox,
    /// The mailbox receives no more.
    Disabled,
    /// The mailbox is full.
    Full,
    /// The operator's mailbox is full: who writes to the postmaster may come again (RFC 5321 §4.5.1).
    OperatorFull,
    /// The mailbox belongs to a closed group, and the sender does not.
    NotAdmitted,
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
    /// The keys of the identity provider, by which tokens are judged.
    Tokens,
    /// The virus scanner.
    Scanner,
    /// Lists of revoked certificates, or who answers about them.
    Revocation,
    /// The index of providers is too old to go on with.
    Index,
    /// The store knows no mailbox at all: it is another one, or was lost.
    NobodyKnown,
    /// The index does not know the sender's domain, and may be older than it.
    UnknownDomain,
}

impl Failure {
    /// Every failure.
    pub const ALL: [Failure; 9] = [
        Failure::Signing,
        Failure::Store,
        Failure::Interrupted,
        Failure::Scanner,
        Failure::Revocation,
        Failure::Index,
        Failure::NobodyKnown,
        Failure::UnknownDomain,
        Failure::Tokens,
    ];

    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Failure::Index => "4.3.5",
            Failure::Interrupted => "4.3.2",
            Failure::NobodyKnown => "4.3.3",
            Failure::Revocation => "4.4.3",
            Failure::Scanner => "4.7.0",
            Failure::Signing => "4.7.5",
            Failure::Store => "4.3.0",
            Failure::Tokens => "4.7.1",
            Failure::UnknownDomain => "4.4.4",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Failure::Index => "the index of providers is too old to go on",
            Failure::Interrupted => "the service is stopping",
            Failure::NobodyKnown => "no mailbox is known here at the moment",
            Failure::Revocation => "whether the signing certificate is revoked cannot be said at the moment",
            Failure::Scanner => "messages cannot be scanned for viruses at the moment",
            Failure::Signing => "messages cannot be signed at the moment",
            Failure::Store => "messages cannot be stored at the moment",
            Failure::Tokens => "tokens cannot be judged at the moment; a password can",
            Failure::UnknownDomain => "the sender's domain is not in the index yet",
        })
    }
}

impl Refusal {
    /// The stable code of the reason, an enhanced status code (RFC 3463) that is the same at every door.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::Submitter(SubmitterFault::Barred(_)) => "5.7.13",
            Refusal::Submitter(SubmitterFault::LoginOver) => "5.7.0",
            Refusal::Submitter(SubmitterFault::TooLarge { .. }) => "5.3.4",
            Refusal::Submitter(_) => "5.7.1",
            Refusal::Peer(PeerFault::Apart) => "4.5.3",
            Refusal::Peer(PeerFault::NotAuthentic { .. }) => "5.7.26",
            Refusal::Peer(PeerFault::TooIrregular { .. }) => "4.7.28",
            Refusal::Peer(PeerFault::NotAll(other)) => other.code(),
            Refusal::Peer(_) => "5.7.1",
            Refusal::Recipient(RecipientFault::NoMailbox) => "5.1.1",
            Refusal::Recipient(RecipientFault::Disabled) => "5.2.1",
            Refusal::Recipient(RecipientFault::Full) => "5.2.2",
            Refusal::Recipient(RecipientFault::OperatorFull) => "4.2.2",
            Refusal::Recipient(RecipientFault::NotAdmitted) => "5.7.1",
            Refusal::Us(failure) => failure.code(),
        }
    }

    /// Whether the same may be taken later.
    pub fn is_temporary(&self) -> bool {
        self.code().starts_with('4')
    }
}

impl fmt::Display for Refusal {
    /// One line of English.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Submitter(SubmitterFault::NotYourAddress { login }) => {
                write!(f, "sender address rejected: you are logged in as {login}, use that address in MAIL FROM")
            }
            Refusal::Submitter(SubmitterFault::Barred(barred)) => barred.fmt(f),
            Refusal::Submitter(SubmitterFault::LoginOver) => {
                f.write_str("this login does not hold any more: log in again")
            }
            Refusal::Submitter(SubmitterFault::MayNotSend { mailbox }) => {
                write!(f, "mailbox {mailbox} is not enabled to send; ask your provider")
            }
            Refusal::Submitter(SubmitterFault::TooLarge { limit }) => write!(f, "message larger than {limit} octets"),
            Refusal::Peer(PeerFault::NotHere { domain }) => {
                write!(f, "relaying denied: {domain} is not a domain of this provider")
            }
            Refusal::Peer(PeerFault::CertifiedOnly { reason }) => {
                write!(f, "this mailbox accepts certified mail (PEC) only, and this message is not: {reason}")
            }
            Refusal::Peer(PeerFault::CertifiedOnlySince { day, reason }) => write!(
                f,
                "since {} this domain accepts certified mail (PEC) only, and this message is not: {reason}",
                day.day()
            ),
            Refusal::Peer(PeerFault::NotAuthentic { domain }) => {
                write!(f, "the message fails DMARC, and {domain} asks to refuse such messages")
            }
            Refusal::Peer(PeerFault::Infected { virus }) => write!(f, "the message carries a virus: {virus}"),
            Refusal::Peer(PeerFault::Apart) => {
                f.write_str("this recipient takes ordinary mail by another rule than those before; send to it apart")
            }
            Refusal::Peer(PeerFault::TooIrregular { signer }) => {
                write!(f, "too many messages of {signer} are not as RFC 6109 says; mend that, and try again later")
            }
            Refusal::Peer(PeerFault::NotAll(other)) => {
                write!(f, "not all recipients take this message, send to each apart: {other}")
            }
            Refusal::Recipient(RecipientFault::NoMailbox) => f.write_str("no such mailbox"),
            Refusal::Recipient(RecipientFault::Disabled) => f.write_str("this mailbox does not receive mail any more"),
            Refusal::Recipient(RecipientFault::Full) => f.write_str("this mailbox is full"),
            Refusal::Recipient(RecipientFault::OperatorFull) => {
                f.write_str("the postmaster's mailbox is full at the moment; try again later")
            }
            Refusal::Recipient(RecipientFault::NotAdmitted) => {
                f.write_str("this mailbox does not receive mail from this sender")
            }
            Refusal::Us(failure) => write!(f, "{failure}; nothing was lost, try again later"),
        }
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Refusal::Us(failure)
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
        let codes = pec::Cause::ALL.iter().map(|cause| cause.code());
        let codes = codes.chain(exceptions.iter().map(Exception::code)).chain(Failure::ALL.iter().map(|f| f.code()));
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
