//! The data themselves, and what holds for reading and writing them.

use crate::{Fault, Moment, ReceiptType, RecipientType};

/// The certification data of one message. Texts are as found in (or to be put in) the XML, not
/// validated beyond the DTD: foreign data may hold addresses that no longer parse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificationData {
    /// `postacert/@tipo`, as written (`accettazione`, …). See [`crate::Kind::tipo`].
    pub tipo: String,
    /// `postacert/@errore`; absent reads as `nessuno`.
    pub fault: Fault,
    /// `mittente`
    pub sender: String,
    /// `destinatari`, in order
    pub recipients: Vec<DataRecipient>,
    /// `risposte`
    pub reply_to: String,
    /// `oggetto`
    pub subject: Option<String>,
    /// `gestore-emittente`
    pub provider: String,
    /// `data`
    pub time: DataTime,
    /// `identificativo`, without angle brackets [R-4.4-d]
    pub identifier: String,
    /// `msgid`, with its angle brackets [R-4.4-e]
    pub message_id: Option<String>,
    /// `ricevuta/@tipo` [R-4.4-f]
    pub receipt: Option<ReceiptType>,
    /// `consegna` [R-4.4-g]
    pub delivery: Option<String>,
    /// `ricezione` [R-4.4-g]
    pub reception: Vec<String>,
    /// `errore-esteso` [R-4.4-h]
    pub extended_error: Option<String>,
}

/// One `destinatari` element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataRecipient {
    /// The address as written.
    pub address: String,
    /// `@tipo`
    pub kind: RecipientType,
}

/// The `data` element: local legal time as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataTime {
    /// `giorno`, dd/mm/yyyy
    pub day: String,
    /// `ora`, hh:mm:ss
    pub time: String,
    /// `@zona`, [+|-]hhmm
    pub zone: String,
}

impl From<Moment> for DataTime {
    fn from(moment: Moment) -> Self {
        Self { day: moment.day(), time: moment.time(), zone: moment.zone() }
    }
}

/// Why an XML text is not certification data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("daticert.xml: {0}")]
pub struct DataError(pub String);

/// The longest `daticert.xml` that is read, in octets.
pub const MAX_LEN: usize = 4 << 20;

/// XML 1.0 §2.2 production 2.
pub(super) fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
