//! The copy of the original in a delivery notification (§3.3.2).

use super::sheet::{Case, Sheet, ensure};
use crate::mime::{Entity, decode_words};

pub(super) fn check(case: &Case<'_>, sheet: &mut Sheet) {
    if case.kind.name != "delivery" {
        return;
    }
    let asked = case.data.into_iter().flatten().find(|element| element.name == "ricevuta");
    let Some(asked) = asked.and_then(|element| element.attribute("tipo")) else { return };
    let copy = case.opened.original();
    let title = case.opened.text.as_deref().unwrap_or_default().to_lowercase();
    if asked == "sintetica" {
        sheet.must("[R-3.3.2.3-b]", "a concise receipt carries no original", || {
            ensure(copy.is_none(), || "postacert.eml is attached".into())
        });
    }
    let Some(copy) = copy else { return };
    let message = Entity::parse(&copy);
    let identifier = format!("<{}>", case.datum("identificativo").unwrap_or_default());
    sheet.must("[R-3.3.2.1-c]", "the copy is the original of this identifier", || {
        let found = message.field("Message-ID").unwrap_or_default();
        ensure(found == identifier, || format!("Message-ID {found}, identifier {identifier}"))
    });
    if asked == "breve" && title.contains("breve") {
        sheet.must("[R-3.3.2.2-d]", "attachments of a brief copy are SHA-1 hash files", || {
            let top = message.media().value;
            match top.as_str() {
                "application/pkcs7-mime" | "application/x-pkcs7-mime" => Ok(()),
                "multipart/signed" => message.parts().first().map_or(Ok(()), |first| hashed(first, 0)),
                _ => hashed(&message, 0),
            }
        });
    }
}

fn hashed(part: &Entity<'_>, depth: usize) -> Result<(), String> {
    ensure(depth < 64, || "parts nest deeper than 64".into())?;
    // A container is structure, which stays; a provider that replaces it whole by its name obeys the letter too.
    let inner = part.parts();
    // The name is what the reader of the receipt sees: the words of RFC 2047 stand for their text.
    if let Some(name) = part.file_name().map(|name| decode_words(&name)).filter(|_| inner.is_empty()) {
        ensure(name.ends_with(".hash") && part.media().value == "text/plain", || format!("{name} is not a hash file"))?;
        let hash = part.decoded()?;
        let hexadecimal = |octets: &[u8]| octets.len() == 40 && octets.iter().all(u8::is_ascii_hexdigit);
        return ensure(hexadecimal(hash.trim_ascii_end()), || format!("{name} does not hold 40 hexadecimal digits"));
    }
    inner.iter().try_for_each(|inner| hashed(inner, depth + 1))
}
