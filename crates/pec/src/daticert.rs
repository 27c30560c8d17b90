//! Certification data, `daticert.xml` (RFC 6109 §4.4), read and written.

mod read;
#[cfg(test)]
pub(crate) mod tests;
mod write;

use crate::quirk::Quirk;
use crate::{Fault, Moment, ReceiptType};

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
    pub kind: crate::RecipientType,
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

impl CertificationData {
    /// Reads the XML. DTD and entities are not processed, unknown elements are tolerated, space is
    /// trimmed [R-I-xml-2]; input over [`MAX_LEN`] octets is refused.
    pub fn read(xml: &[u8]) -> Result<Self, DataError> {
        Self::read_with_quirks(xml).map(|(data, _)| data)
    }

    /// Reads the XML as [`CertificationData::read`] does, and says which deviations of the emitting
    /// provider it met, each once.
    ///
    /// The order of elements is not checked; what the DTD requires must be there, what it allows
    /// once must not occur twice, and attributes it lists must have listed values. Characters that
    /// XML 1.0 forbids read as U+FFFD. Only the five predefined entities and character references
    /// are known: any other is an error, whatever a DOCTYPE says.
    pub fn read_with_quirks(xml: &[u8]) -> Result<(Self, Vec<Quirk>), DataError> {
        read::read(xml)
    }

    /// Writes the XML: UTF-8, exact element order, `errore` always written, characters that XML 1.0
    /// forbids replaced by U+FFFD. Valid by `daticert.dtd` when `tipo` is one of its values and there
    /// is a recipient [R-4.4-a].
    pub fn write(&self) -> Vec<u8> {
        write::write(self)
    }
}

/// The longest `daticert.xml` that is read, in octets.
pub const MAX_LEN: usize = 4 << 20;

/// XML 1.0 §2.2 production 2.
fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
