//! Why nobody comes in, in words.

use std::time::Duration;

use holder::{Barred, Protocol};

use super::dates::lasting;
use crate::language::Language;

/// A right secret that opens nothing.
pub(crate) fn barred(why: &Barred, l: Language) -> String {
    match why {
        Barred::Ended(_) | Barred::NotFor(_) => l.of(
            "Questa password è fatta per i programmi di posta: qui si entra con la password della casella o dell’utente.",
            "This password is made for mail programs: here one logs in with the password of the mailbox or user.",
        ),
        Barred::Off(Protocol::Web) => l.of(
            "L’accesso dal web è disattivato per questa casella: chiedi a chi la amministra.",
            "Access by web is switched off for this mailbox: ask whoever administers it.",
        ),
        Barred::Off(_) => l.of("Accesso disattivato.", "Access is switched off."),
    }
    .to_owned()
}

/// Too many failed before.
pub(crate) fn throttled(after: Duration, l: Language) -> String {
    let after = lasting(after, l);
    l.of(
        format!("Troppi tentativi sbagliati: la password non è stata controllata. Riprova fra {after}."),
        format!("Too many wrong attempts: the password was not looked at. Try again in {after}."),
    )
}
