//! Certification data, `daticert.xml` (RFC 6109 §4.4), read and written.

mod data;
mod read;
#[cfg(test)]
pub(crate) mod tests;
mod write;

use crate::quirk::Quirk;

pub use data::{CertificationData, DataError, DataRecipient, DataTime, MAX_LEN};
pub use read::xml_text;

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
