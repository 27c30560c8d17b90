//! The kinds of message a provider emits, and the words the norm has for them on the wire.

use crate::Address;

/// What a generated message is (RFC 6109 §2.1, §3). The header `X-Ricevuta` or `X-Trasporto` tells
/// most kinds; the two virus notices to the holder add `X-VerificaSicurezza: errore`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Server-user acceptance notification, *ricevuta di accettazione* (§3.1.4).
    Acceptance,
    /// Anomaly envelope, *busta di anomalia* (§3.2.2).
    AnomalyEnvelope,
    /// Delivery notification, *ricevuta di avvenuta consegna* (§3.3.2).
    Delivery,
    /// Non-acceptance for formal exceptions, *avviso di non accettazione* (§3.1.2).
    NonAcceptance,
    /// Non-delivery notification, *avviso di mancata consegna* (§3.3.3).
    NonDelivery,
    /// Server-server acceptance, *ricevuta di presa in carico* (§3.2.1).
    TakeCharge,
    /// First (12 h) or second (24 h) notice that nothing came, *per superamento tempi massimi* (§3.1.6).
    Timeout,
    /// Transport envelope, *busta di trasporto* (§3.1.5).
    TransportEnvelope,
    /// Virus detection, provider to provider, *avviso di rilevazione virus* (§3.2.3).
    VirusDetection,
    /// Non-acceptance because of a virus (§3.1.3).
    VirusNonAcceptance,
    /// Non-delivery because of a virus (§3.2.4).
    VirusNonDelivery,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 11] = [
        Kind::Acceptance,
        Kind::AnomalyEnvelope,
        Kind::Delivery,
        Kind::NonAcceptance,
        Kind::NonDelivery,
        Kind::TakeCharge,
        Kind::Timeout,
        Kind::TransportEnvelope,
        Kind::VirusDetection,
        Kind::VirusNonAcceptance,
        Kind::VirusNonDelivery,
    ];

    /// The value of `postacert/@tipo` (§4.4); the anomaly envelope has no certification data.
    pub fn tipo(self) -> Option<&'static str> {
        Some(match self {
            Kind::Acceptance => "accettazione",
            Kind::AnomalyEnvelope => return None,
            Kind::Delivery => "avvenuta-consegna",
            Kind::NonAcceptance | Kind::VirusNonAcceptance => "non-accettazione",
            Kind::NonDelivery | Kind::VirusNonDelivery => "errore-consegna",
            Kind::TakeCharge => "presa-in-carico",
            Kind::Timeout => "preavviso-errore-consegna",
            Kind::TransportEnvelope => "posta-certificata",
            Kind::VirusDetection => "rilevazione-virus",
        })
    }

    /// The value of `X-Ricevuta`; envelopes have none (§2.1).
    pub fn x_ricevuta(self) -> Option<&'static str> {
        match self {
            Kind::AnomalyEnvelope | Kind::TransportEnvelope => None,
            other => other.tipo(),
        }
    }

    /// The value of `X-Trasporto`; notifications have none (§2.1).
    pub fn x_trasporto(self) -> Option<&'static str> {
        match self {
            Kind::AnomalyEnvelope => Some("errore"),
            Kind::TransportEnvelope => Some("posta-certificata"),
            _ => None,
        }
    }

    /// Whether `X-VerificaSicurezza: errore` goes with it (§3.1.3, §3.2.4).
    pub fn security_error(self) -> bool {
        matches!(self, Kind::VirusNonAcceptance | Kind::VirusNonDelivery)
    }

    /// What stands before the original's subject, with its trailing blank (§3, table of App. A).
    pub fn subject_prefix(self) -> &'static str {
        match self {
            Kind::Acceptance => "ACCETTAZIONE: ",
            Kind::AnomalyEnvelope => "ANOMALIA MESSAGGIO: ",
            Kind::Delivery => "CONSEGNA: ",
            Kind::NonAcceptance => "AVVISO DI NON ACCETTAZIONE: ",
            Kind::NonDelivery => "AVVISO DI MANCATA CONSEGNA: ",
            Kind::TakeCharge => "PRESA IN CARICO: ",
            Kind::Timeout => "AVVISO DI MANCATA CONSEGNA PER SUP. TEMPO MASSIMO: ",
            Kind::TransportEnvelope => "POSTA CERTIFICATA: ",
            Kind::VirusDetection => "PROBLEMA DI SICUREZZA: ",
            Kind::VirusNonAcceptance => "AVVISO DI NON ACCETTAZIONE PER VIRUS: ",
            Kind::VirusNonDelivery => "AVVISO DI MANCATA CONSEGNA PER VIRUS: ",
        }
    }

    /// A stable English name for logs, metrics and file names: `transport-envelope`, `take-charge`, …
    pub fn name(self) -> &'static str {
        match self {
            Kind::Acceptance => "acceptance",
            Kind::AnomalyEnvelope => "anomaly-envelope",
            Kind::Delivery => "delivery",
            Kind::NonAcceptance => "non-acceptance",
            Kind::NonDelivery => "non-delivery",
            Kind::TakeCharge => "take-charge",
            Kind::Timeout => "timeout",
            Kind::TransportEnvelope => "transport-envelope",
            Kind::VirusDetection => "virus-detection",
            Kind::VirusNonAcceptance => "virus-non-acceptance",
            Kind::VirusNonDelivery => "virus-non-delivery",
        }
    }

    /// The kind with this [`Kind::name`].
    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// `postacert/@errore` (§4.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Fault {
    /// `nessuno`
    #[default]
    None,
    /// `no-dest`: wrong recipient
    NoRecipient,
    /// `no-dominio`: wrong domain
    NoDomain,
    /// `virus`
    Virus,
    /// `altro`
    Other,
}

impl Fault {
    /// The value on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Fault::None => "nessuno",
            Fault::NoRecipient => "no-dest",
            Fault::NoDomain => "no-dominio",
            Fault::Virus => "virus",
            Fault::Other => "altro",
        }
    }

    /// The fault with this value on the wire.
    pub fn from_wire(text: &str) -> Option<Fault> {
        [Fault::None, Fault::NoRecipient, Fault::NoDomain, Fault::Virus, Fault::Other]
            .into_iter()
            .find(|fault| fault.as_str() == text)
    }
}

/// The kind of delivery notification the sender asks for with `X-TipoRicevuta` (§3.3.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ReceiptType {
    /// `completa`: the default, also for unknown values [R-3.1.5-e].
    #[default]
    Complete,
    /// `breve`
    Brief,
    /// `sintetica`
    Concise,
}

impl ReceiptType {
    /// The value on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            ReceiptType::Complete => "completa",
            ReceiptType::Brief => "breve",
            ReceiptType::Concise => "sintetica",
        }
    }

    /// The type with this value, trimmed and without regard to case [R-O-hdr-1].
    pub fn from_wire(text: &str) -> Option<ReceiptType> {
        [ReceiptType::Complete, ReceiptType::Brief, ReceiptType::Concise]
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(text.trim()))
    }
}

/// Whether a recipient's domain is in the providers' index [R-2.2.1-f].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RecipientType {
    /// `certificato`: "posta certificata"
    #[default]
    Certified,
    /// `esterno`: "posta ordinaria"
    Ordinary,
}

impl RecipientType {
    /// The value on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            RecipientType::Certified => "certificato",
            RecipientType::Ordinary => "esterno",
        }
    }
}

/// One recipient of the SMTP dialogue, with what the index says of its domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// As in RCPT TO.
    pub address: Address,
    /// Certified or ordinary.
    pub kind: RecipientType,
}

/// Why a message is not delivered (§3.3.3; NOTA 12): one stable code in SMTP reply, text, XML, log
/// and metric, printed as `<code> - <provider> - <reason>` [R-O-N12-2].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// An ordinary host did not take it within the life of the queue.
    Expired,
    /// The peer's transport answered with a permanent error that fits nothing else.
    PeerRefused,
    /// The domain is in the index but has no reachable mail exchanger by name.
    NoDomain,
    /// 5.1.1: no such mailbox (events 1 to 4 of NOTA 12).
    UnknownMailbox,
    /// 5.2.1: the mailbox exists and cannot take messages now (events 5 and 6).
    MailboxDisabled,
    /// 5.2.2: the mailbox is full (event 7).
    MailboxFull,
    /// 5.2.3: the message is larger than the recipient's provider takes.
    MessageTooLarge,
    /// 5.7.1: the recipient belongs to a closed group, and the sender does not.
    NotAdmitted,
    /// 5.6.3: the original has 8-bit octets and the ordinary host of the recipient takes only 7-bit.
    EightBitRefused,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Cause; 9] = [
        Cause::Expired,
        Cause::PeerRefused,
        Cause::NoDomain,
        Cause::UnknownMailbox,
        Cause::MailboxDisabled,
        Cause::MailboxFull,
        Cause::MessageTooLarge,
        Cause::NotAdmitted,
        Cause::EightBitRefused,
    ];

    /// The enhanced status code (RFC 3463) that NOTA 12 uses as reason code [R-L-N12-1]. 5.2.1 and 5.2.2 are
    /// not confirmed by a text we could read: this is the one place where they stand.
    pub fn code(self) -> &'static str {
        match self {
            Cause::Expired => "5.4.7",
            Cause::PeerRefused => "5.5.0",
            Cause::NoDomain => "5.1.2",
            Cause::UnknownMailbox => "5.1.1",
            Cause::MailboxDisabled => "5.2.1",
            Cause::MailboxFull => "5.2.2",
            Cause::MessageTooLarge => "5.2.3",
            Cause::NotAdmitted => "5.7.1",
            Cause::EightBitRefused => "5.6.3",
        }
    }

    /// The fault in the certification data: `no-dest` and `no-dominio` come from here alone [R-3.3.3-b].
    pub fn fault(self) -> Fault {
        match self {
            Cause::UnknownMailbox => Fault::NoRecipient,
            Cause::NoDomain => Fault::NoDomain,
            _ => Fault::Other,
        }
    }

    /// The reason in Italian, as printed in text and XML.
    pub fn reason(self) -> &'static str {
        match self {
            Cause::Expired => "messaggio non consegnato nel tempo massimo previsto",
            Cause::PeerRefused => "messaggio rifiutato dal sistema del destinatario",
            Cause::NoDomain => "dominio del destinatario non raggiungibile",
            Cause::UnknownMailbox => "indirizzo non valido",
            Cause::MailboxDisabled => "casella non abilitata alla ricezione",
            Cause::MailboxFull => "casella piena",
            Cause::MessageTooLarge => "messaggio di dimensioni superiori al limite del destinatario",
            Cause::NotAdmitted => "il destinatario non riceve messaggi da questo mittente",
            Cause::EightBitRefused => "il sistema del destinatario non accetta messaggi a 8 bit",
        }
    }
}

/// Which notice of silence (§3.1.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// Nothing in twelve hours.
    TwelveHours,
    /// Nothing in twenty-four hours: the end.
    TwentyFourHours,
}
