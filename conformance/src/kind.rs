//! What the norm prescribes for each kind of generated message, written out from RFC 6109 §3 and §4.4.

use crate::mime::Entity;

/// Whether something stands in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Never.
    Absent,
    /// May stand.
    Optional,
    /// Always.
    Required,
}

/// The prescriptions for one kind of message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// English name, as in RFC 6109.
    pub name: &'static str,
    /// Requirement of its header table.
    pub table: &'static str,
    /// Requirement that the original is absent or present.
    pub original_rule: &'static str,
    /// `X-Ricevuta`.
    pub ricevuta: Option<&'static str>,
    /// `X-Trasporto`.
    pub trasporto: Option<&'static str>,
    /// Whether `X-VerificaSicurezza: errore` stands.
    pub security: bool,
    /// What stands before the original's subject.
    pub prefix: &'static str,
    /// Whether it goes to the holder who sent the original, else to a service mailbox or the recipient.
    pub to_sender: bool,
    /// `postacert/@tipo`; none means no certification data at all.
    pub tipo: Option<&'static str>,
    /// Values of `postacert/@errore` that may stand (Q-10, Q-11 leave some open).
    pub faults: &'static [&'static str],
    /// `ricevuta`.
    pub receipt: Presence,
    /// `consegna`.
    pub delivered: Presence,
    /// `ricezione`.
    pub received: Presence,
    /// `errore-esteso`.
    pub error: Presence,
    /// `postacert.eml`.
    pub original: Presence,
}

use Presence::{Absent, Optional, Required};

const NOTICE: Kind = Kind {
    name: "",
    table: "",
    original_rule: "",
    ricevuta: None,
    trasporto: None,
    security: false,
    prefix: "",
    to_sender: true,
    tipo: None,
    faults: &["nessuno"],
    receipt: Absent,
    delivered: Absent,
    received: Absent,
    error: Absent,
    original: Absent,
};

/// Every kind. Virus kinds come before their plain twins, which lack a header only.
pub const KINDS: [Kind; 11] = [
    Kind {
        name: "acceptance",
        table: "[R-3.1.4-a]",
        original_rule: "[R-2.2.1-g]",
        ricevuta: Some("accettazione"),
        prefix: "ACCETTAZIONE: ",
        tipo: Some("accettazione"),
        receipt: Optional,
        original: Optional,
        ..NOTICE
    },
    Kind {
        name: "virus-non-acceptance",
        table: "[R-3.1.3-a]",
        original_rule: "[R-3.1.3-b]",
        ricevuta: Some("non-accettazione"),
        security: true,
        prefix: "AVVISO DI NON ACCETTAZIONE PER VIRUS: ",
        tipo: Some("non-accettazione"),
        faults: &["virus"],
        error: Required,
        ..NOTICE
    },
    Kind {
        name: "non-acceptance",
        table: "[R-3.1.2-a]",
        original_rule: "[R-3.1.2-c]",
        ricevuta: Some("non-accettazione"),
        prefix: "AVVISO DI NON ACCETTAZIONE: ",
        tipo: Some("non-accettazione"),
        faults: &["altro"],
        error: Required,
        ..NOTICE
    },
    Kind {
        name: "take-charge",
        table: "[R-3.2.1-e]",
        original_rule: "[R-3.2.1-e]",
        ricevuta: Some("presa-in-carico"),
        prefix: "PRESA IN CARICO: ",
        to_sender: false,
        tipo: Some("presa-in-carico"),
        received: Required,
        ..NOTICE
    },
    Kind {
        name: "delivery",
        table: "[R-3.3.2-d]",
        original_rule: "[R-3.3.2.3-b]",
        ricevuta: Some("avvenuta-consegna"),
        prefix: "CONSEGNA: ",
        tipo: Some("avvenuta-consegna"),
        receipt: Required,
        delivered: Required,
        original: Optional,
        ..NOTICE
    },
    Kind {
        name: "virus-non-delivery",
        table: "[R-3.2.4-a]",
        original_rule: "[R-3.2.4-a]",
        ricevuta: Some("errore-consegna"),
        security: true,
        prefix: "AVVISO DI MANCATA CONSEGNA PER VIRUS: ",
        tipo: Some("errore-consegna"),
        faults: &["virus"],
        delivered: Required,
        error: Required,
        original: Optional,
        ..NOTICE
    },
    Kind {
        name: "non-delivery",
        table: "[R-3.3.3-a]",
        original_rule: "[R-3.3.3-a]",
        ricevuta: Some("errore-consegna"),
        prefix: "AVVISO DI MANCATA CONSEGNA: ",
        tipo: Some("errore-consegna"),
        faults: &["no-dest", "no-dominio", "altro"],
        delivered: Required,
        error: Required,
        original: Optional,
        ..NOTICE
    },
    Kind {
        name: "timeout",
        table: "[R-3.1.6-a]",
        original_rule: "[R-3.1.6-b]",
        ricevuta: Some("preavviso-errore-consegna"),
        prefix: "AVVISO DI MANCATA CONSEGNA PER SUP. TEMPO MASSIMO: ",
        tipo: Some("preavviso-errore-consegna"),
        faults: &["nessuno", "altro"],
        delivered: Required,
        error: Optional,
        ..NOTICE
    },
    Kind {
        name: "virus-detection",
        table: "[R-3.2.3-c]",
        original_rule: "[R-3.2.3-d]",
        ricevuta: Some("rilevazione-virus"),
        prefix: "PROBLEMA DI SICUREZZA: ",
        to_sender: false,
        tipo: Some("rilevazione-virus"),
        faults: &["virus", "altro"],
        delivered: Optional,
        received: Optional,
        error: Required,
        ..NOTICE
    },
    Kind {
        name: "transport-envelope",
        table: "[R-3.1.5-b]",
        original_rule: "[R-3.1.5-c]",
        trasporto: Some("posta-certificata"),
        prefix: "POSTA CERTIFICATA: ",
        to_sender: false,
        tipo: Some("posta-certificata"),
        receipt: Required,
        original: Required,
        ..NOTICE
    },
    Kind {
        name: "anomaly-envelope",
        table: "[R-3.2.2-a]",
        original_rule: "[R-3.2.2-a]",
        trasporto: Some("errore"),
        prefix: "ANOMALIA MESSAGGIO: ",
        to_sender: false,
        original: Required,
        ..NOTICE
    },
];

impl Kind {
    /// What a message says it is by `X-Ricevuta`, `X-Trasporto` and `X-VerificaSicurezza`, values trimmed and without
    /// regard to case [R-O-hdr-1]; `None` when it does not say so or says both [R-2.1-g].
    pub fn of(message: &Entity<'_>) -> Option<Kind> {
        let value = |name| message.field(name).map(|value| value.to_ascii_lowercase());
        let (ricevuta, trasporto) = (value("X-Ricevuta"), value("X-Trasporto"));
        let security = value("X-VerificaSicurezza").is_some();
        let fits = |kind: &Kind| kind.ricevuta == ricevuta.as_deref() && kind.trasporto == trasporto.as_deref();
        KINDS.into_iter().filter(fits).min_by_key(|kind| kind.security != security)
    }

    /// Whether it is an envelope, which travels on behalf of the original's sender.
    pub fn is_envelope(&self) -> bool {
        self.trasporto.is_some()
    }
}
