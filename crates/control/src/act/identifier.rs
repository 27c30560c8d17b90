//! What operators name a message by.

use pec::Identifier;

use crate::refused::Refused;

/// An identifier as people copy it.
pub(crate) fn identifier(text: &str) -> Result<Identifier, Refused> {
    let text = text.trim();
    let text = text.strip_prefix('<').and_then(|text| text.strip_suffix('>')).unwrap_or(text);
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err(Refused::request("expected a message's PEC identifier, as receipts print it"));
    }
    Ok(text.into())
}
