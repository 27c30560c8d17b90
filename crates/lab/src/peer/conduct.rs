//! The ways in which the laboratory's peer behaves: one table, from which the command's help comes and which
//! `docs/laboratory.md` repeats.

use clap::ValueEnum;
use clap::builder::PossibleValue;
use pec::{Address, Cause};

/// A way to behave, chosen for all recipients by its name, or for one by the local part of its address.
#[derive(Clone, Copy, Debug)]
pub struct Conduct {
    /// Which.
    pub way: Way,
    /// Its name on the command line.
    pub name: &'static str,
    /// The local part that asks for it; `None`: it concerns the whole connection.
    pub local: Option<&'static str>,
    /// What the peer does.
    pub does: &'static str,
    /// What the sender's provider and holder make of it.
    pub then: &'static str,
}

/// What the peer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Everything right.
    Good,
    /// Late.
    Slow,
    /// Takes the envelope and never answers.
    Silent,
    /// Take-charge alone.
    NoDelivery,
    /// Delivery alone.
    LostTakeCharge,
    /// Delivery before take-charge.
    OutOfOrder,
    /// Everything three times.
    Duplicates,
    /// Non-delivery, for this cause.
    Undelivered(Cause),
    /// Virus detection.
    Virus,
    /// A permanent refusal at RCPT.
    Refuse,
    /// Temporary refusals, then taken.
    Busy,
    /// Taken, and the connection cut before the reply.
    Cut,
    /// Taken, and the reply held back until the connection ends.
    Hang,
    /// No STARTTLS.
    NoTls,
    /// No SMTP at all.
    Gibberish,
    /// Altered after signing.
    WrongSignature,
    /// Signed with a listed certificate that has expired.
    ExpiredCertificate,
    /// Signed with a listed certificate that is revoked.
    RevokedCertificate,
    /// Signed with a good certificate that the index does not hold.
    UnlistedCertificate,
    /// Octets above 127 lose their highest bit after signing.
    EightBit,
    /// Receipts whose XML is cut short.
    BrokenXml,
    /// A receipt about somebody else's recipient.
    Forged,
}

/// Every way.
pub const CONDUCTS: [Conduct; 24] = [
    row(
        Way::Good,
        "good",
        Some("ok"),
        "takes charge and delivers",
        "take-charge in the service mailbox, delivery notification to the holder",
    ),
    row(
        Way::Slow,
        "slow",
        Some("slow"),
        "takes charge and delivers, each reply and receipt after --delay seconds",
        "the same, later; with a delay beyond 12 or 24 hours, after the notices of silence",
    ),
    row(
        Way::Silent,
        "silent",
        Some("noanswer"),
        "takes the envelope and never answers",
        "notices of silence after 12 and 24 hours",
    ),
    row(
        Way::NoDelivery,
        "no-delivery",
        Some("onlytakecharge"),
        "takes charge and never delivers",
        "take-charge; a notice of silence after 24 hours",
    ),
    row(
        Way::LostTakeCharge,
        "lost-take-charge",
        Some("onlydelivery"),
        "delivers, and its take-charge gets lost",
        "delivery notification; nobody misses the take-charge",
    ),
    row(
        Way::OutOfOrder,
        "out-of-order",
        Some("outoforder"),
        "delivers, and takes charge after that",
        "delivery notification, then take-charge; the watch stays closed",
    ),
    row(
        Way::Duplicates,
        "duplicates",
        Some("duplicates"),
        "sends each receipt twice, and once more under another Message-ID",
        "one take-charge and one delivery notification",
    ),
    row(
        Way::Undelivered(Cause::UnknownMailbox),
        "unknown",
        Some("unknown"),
        "takes charge, knows no such mailbox (5.1.1)",
        "non-delivery to the holder",
    ),
    row(
        Way::Undelivered(Cause::MailboxDisabled),
        "disabled",
        Some("disabled"),
        "takes charge, the mailbox cannot receive (5.2.1)",
        "non-delivery to the holder",
    ),
    row(
        Way::Undelivered(Cause::MailboxFull),
        "full",
        Some("full"),
        "takes charge, the mailbox is full (5.2.2)",
        "non-delivery to the holder",
    ),
    row(
        Way::Virus,
        "virus",
        Some("virus"),
        "takes charge, finds a virus",
        "detection notice in the service mailbox, virus non-delivery to the holder",
    ),
    row(
        Way::Refuse,
        "refuse",
        Some("refused"),
        "refuses the recipient in SMTP (554)",
        "non-delivery to the holder, from its own provider, at once",
    ),
    row(
        Way::Busy,
        "busy",
        Some("busy"),
        "puts each message off twice (451), then does everything right",
        "the relay tries again; one take-charge and one delivery notification",
    ),
    row(
        Way::Cut,
        "cut",
        Some("cut"),
        "takes each message, answers it with receipts, and cuts the connection before the reply to DATA",
        "the relay tries again, the peer knows the message; one of each receipt",
    ),
    row(
        Way::Hang,
        "hang",
        Some("hang"),
        "takes each message, answers it with receipts, and holds back the reply to DATA the first time",
        "after `relay.data_timeout` the relay tries again, the peer knows the message; one of each receipt",
    ),
    row(
        Way::NoTls,
        "no-tls",
        None,
        "offers no STARTTLS",
        "certified mail waits in the relay; notices of silence after 12 and 24 hours",
    ),
    row(
        Way::Gibberish,
        "gibberish",
        None,
        "says to each connection what is no SMTP",
        "certified mail waits in the relay; notices of silence after 12 and 24 hours",
    ),
    row(
        Way::WrongSignature,
        "wrong-signature",
        Some("wrongsignature"),
        "alters each receipt after signing it",
        "refused with 554, as ordinary mail is; notices of silence",
    ),
    row(
        Way::ExpiredCertificate,
        "expired-certificate",
        Some("expired"),
        "signs with a listed certificate that has expired",
        "refused with 554, as ordinary mail is; notices of silence",
    ),
    row(
        Way::RevokedCertificate,
        "revoked-certificate",
        Some("revoked"),
        "signs with a listed certificate that its authority has revoked",
        "refused with 554, as ordinary mail is; notices of silence",
    ),
    row(
        Way::UnlistedCertificate,
        "unlisted-certificate",
        Some("unlisted"),
        "signs with a certificate of the same authority that the index does not hold",
        "refused with 554, as ordinary mail is; notices of silence",
    ),
    row(
        Way::EightBit,
        "eight-bit",
        Some("eightbit"),
        "sends its receipts through a system that clears the eighth bit",
        "a receipt with an 8-bit original is refused with 554; a 7-bit one arrives",
    ),
    row(
        Way::BrokenXml,
        "broken-xml",
        Some("anomaly"),
        "takes charge, then signs a receipt whose XML is cut short",
        "the receipt arrives in an anomaly envelope and clears nothing; a notice of silence after 24 hours",
    ),
    row(
        Way::Forged,
        "forged",
        Some("forged"),
        "takes charge, then certifies delivery to a recipient of another provider",
        "the receipt arrives in an anomaly envelope and clears nothing: notices of silence follow all the same",
    ),
];

const fn row(
    way: Way,
    name: &'static str,
    local: Option<&'static str>,
    does: &'static str,
    then: &'static str,
) -> Conduct {
    Conduct { way, name, local, does, then }
}

impl Conduct {
    /// What a recipient gets: what its local part asks for, else what all get.
    pub fn towards(self, recipient: &Address) -> Conduct {
        let asked = CONDUCTS
            .into_iter()
            .find(|conduct| conduct.local.is_some_and(|local| local.eq_ignore_ascii_case(recipient.local())));
        asked.unwrap_or(self)
    }

    /// Whether take-charge is said.
    pub fn takes_charge(self) -> bool {
        !matches!(self.way, Way::Silent | Way::LostTakeCharge)
    }

    /// Whether anything is said after the take-charge.
    pub fn delivers(self) -> bool {
        !matches!(self.way, Way::Silent | Way::NoDelivery)
    }
}

impl ValueEnum for Conduct {
    fn value_variants<'a>() -> &'a [Self] {
        &CONDUCTS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let local = self.local.map(|local| format!(" ({local}@)")).unwrap_or_default();
        Some(PossibleValue::new(self.name).help(format!("{}{local}", self.does)))
    }
}
