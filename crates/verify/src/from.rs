//! Who a mail program shows as the sender of a message.

use pec::Words;
use pec::header::Header;
use seal::Opened;

/// One From address, of the signer's certificate [R-2.1-d]: what a mail program shows must be who signed.
pub(crate) fn from_the_signer(header: &Header, opened: &Opened) -> Result<(), Words> {
    let from = header.addresses("From").into_iter().flatten().next();
    let named = |email: &String| from.as_ref().is_some_and(|from| email.eq_ignore_ascii_case(from.as_str()));
    if header.count("From") == 1 && opened.signer.emails().iter().any(named) {
        return Ok(());
    }
    let shown = |else_: &str| from.as_ref().map_or_else(|| else_.to_owned(), ToString::to_string);
    Err(Words::new(
        format!(
            "il mittente (From: {}) non è quello del certificato di chi ha firmato",
            shown("illeggibile o ripetuto")
        ),
        format!("the From address ({}) is not the one of the signer's certificate", shown("unreadable or repeated")),
    ))
}
