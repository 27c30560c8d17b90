//! The words of the customary log that have a meaning: the names of fields, and of lines without a message.

/// The fields, in their order.
pub const FIELDS: [&str; 12] = [
    "tipo",
    "mittente",
    "destinatari",
    "oggetto",
    "message-id",
    "gestore",
    "ricezione",
    "consegna",
    "errore",
    "errore-esteso",
    "virus",
    "eccezioni",
];

// What stands where other lines have an identifier.
pub(super) const OPEN: &str = "OPEN";
pub(super) const CLOSE: &str = "CLOSE";
pub(super) const GOES_ON: &str = "CONTINUA";
pub(super) const MISSING: &str = "MANCANTI";
pub(super) const UNREADABLE: &str = "ILLEGGIBILE";

/// The words by which lines without a message say what they are, where others have an identifier.
pub(super) const WORDS: [&str; 5] = [OPEN, CLOSE, GOES_ON, MISSING, UNREADABLE];
