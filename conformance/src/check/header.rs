//! Header tables of §3 and identifiers of §2.2.1.

use super::sheet::{Case, Sheet, ensure, same};
use crate::mime::{Entity, address, decode_words};

pub(super) fn check(case: &Case<'_>, sheet: &mut Sheet) {
    sheet.must(case.kind.table, "header fields of the table", || table(case));
    sheet.must("[R-I-sig-4]", "header lines of at most 998 octets, none above 127", || on_the_way(case));
    identifiers(case, sheet);
    if case.kind.is_envelope() {
        envelope(case, sheet);
    } else {
        notification(case, sheet);
    }
}

fn table(case: &Case<'_>) -> Result<(), String> {
    let outer = &case.opened.outer;
    for name in ["Date", "Subject", "From"] {
        let count = outer.all(name).len();
        ensure(count == 1, || format!("{count} {name} fields"))?;
    }
    let security = outer.field("X-VerificaSicurezza").map(|value| value.to_ascii_lowercase());
    same(security.as_deref(), case.kind.security.then_some("errore"))
        .map_err(|why| format!("X-VerificaSicurezza: {why}"))?;
    let subject = decode_words(&outer.field("Subject").unwrap_or_default());
    // A subject that is the prefix alone loses its trailing blank with the unfolding.
    let rest = format!("{subject} ").strip_prefix(case.kind.prefix).map(|rest| rest.trim().to_owned());
    let rest = rest.ok_or_else(|| format!("Subject {subject:?} lacks {:?}", case.kind.prefix))?;
    if case.data.is_some() {
        let original = case.datum("oggetto").unwrap_or_default();
        same(Some(&squeezed(&rest)), Some(&squeezed(original))).map_err(|why| format!("Subject: {why}"))?;
    }
    Ok(())
}

/// What a system on the way would fold or refuse (RFC 5322 §2.1.1, §2.2): the header is not signed, but the message that
/// it heads would not arrive as it left.
fn on_the_way(case: &Case<'_>) -> Result<(), String> {
    let outer = &case.opened.outer;
    let header = outer.whole.get(..outer.whole.len() - outer.body.len()).unwrap_or_default();
    for line in header.split(|octet| *octet == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let start = String::from_utf8_lossy(line.get(..line.len().min(40)).unwrap_or_default()).into_owned();
        ensure(line.len() <= 998, || format!("a line of {} octets: {start}…", line.len()))?;
        ensure(line.is_ascii(), || format!("octets above 127: {start}…"))?;
    }
    Ok(())
}

fn identifiers(case: &Case<'_>, sheet: &mut Sheet) {
    let outer = &case.opened.outer;
    if case.data.is_none() {
        return;
    }
    let identifier = case.datum("identificativo").unwrap_or_default();
    sheet.must("[R-2.2.1-a]", "the identifier has the form string@domain, without brackets", || {
        let (local, domain) = identifier.split_once('@').ok_or_else(|| format!("identifier {identifier:?}"))?;
        let plain = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic() && !"<>@,;".contains(c));
        ensure(plain(local) && plain(domain), || format!("identifier {identifier:?}"))
    });
    sheet.must("[R-2.2.1-d]", "X-Riferimento-Message-ID and msgid are the client's Message-ID", || {
        same(outer.field("X-Riferimento-Message-ID").as_deref(), case.datum("msgid"))
    });
    sheet.must("[R-4.4-e]", "msgid stands in angle brackets", || {
        case.datum("msgid")
            .map_or(Ok(()), |id| ensure(id.starts_with('<') && id.ends_with('>'), || format!("msgid {id:?}")))
    });
}

fn notification(case: &Case<'_>, sheet: &mut Sheet) {
    if case.data.is_none() {
        return;
    }
    let outer = &case.opened.outer;
    let sender = case.datum("mittente").unwrap_or_default();
    let to = outer.field("To").map(|to| address(&to)).unwrap_or_default();
    if case.kind.to_sender {
        sheet.must("[R-2.1-f]", "goes to the sender of the original", || {
            ensure(to.eq_ignore_ascii_case(sender), || format!("To {to:?}, sender {sender:?}"))
        });
    } else {
        sheet.must("[R-2.1.1-a]", "goes to a service mailbox, not to the holder", || {
            ensure(!to.is_empty() && !to.eq_ignore_ascii_case(sender), || format!("To {to:?}"))
        });
    }
    sheet.must("[R-I-hdr-3]", "has a Message-ID of its own", || {
        let own = outer.field("Message-ID").ok_or("no Message-ID")?;
        let identifier = case.datum("identificativo").unwrap_or_default();
        ensure(own.trim_matches(['<', '>']) != identifier, || "Message-ID is the envelope's".into())
    });
    if case.kind.name == "virus-detection" {
        sheet.must("[R-3.2.3-c]", "X-Mittente names the sender of the original", || {
            same(outer.field("X-Mittente").as_deref().map(address).as_deref(), Some(sender))
        });
    }
}

fn envelope(case: &Case<'_>, sheet: &mut Sheet) {
    let outer = &case.opened.outer;
    let bytes = case.opened.original();
    let original = bytes.as_deref().map(Entity::parse);
    let from = decode_words(&outer.field("From").unwrap_or_default());
    let certified = case.kind.tipo.is_some();
    sheet.must(
        if certified { "[R-3.1.5-f]" } else { "[R-3.2.2-a]" },
        "From names the author after fixed words",
        || {
            let name = from.rsplit_once('<').map(|(name, _)| name.trim().trim_matches('"')).unwrap_or_default();
            let author = name.strip_prefix("Per conto di: ").ok_or_else(|| format!("From {from:?}"))?;
            let sender = case.datum("mittente");
            ensure(sender.is_none_or(|sender| sender.eq_ignore_ascii_case(author)), || {
                format!("From {from:?}, sender {:?}", sender.unwrap_or_default())
            })
        },
    );
    let Some(original) = original else { return };
    let inherited: &[&str] = if certified { &["To", "Cc"] } else { &["To", "Cc", "Message-ID"] };
    sheet.must(if certified { "[R-3.1.5-a]" } else { "[R-3.2.2-a]" }, "inherited fields keep their values", || {
        for name in inherited {
            let (found, wanted) = (outer.all(name), original.all(name));
            // A message without identifier gets one, so only what stands can be inherited.
            let given = *name == "Message-ID" && wanted.is_empty();
            let alike = found.len() == wanted.len() && found.iter().zip(&wanted).all(|(one, other)| alike(one, other));
            ensure(given || alike, || format!("{name}: found {found:?}, original {wanted:?}"))?;
        }
        let (found, wanted) = (outer.all("Received"), original.all("Received"));
        ensure(found.ends_with(&wanted), || {
            format!("{} Received of {} are the original's", found.len(), wanted.len())
        })?;
        // An empty one names nobody: the envelope then names the sender [R-3.1.5-b].
        let reply = original.field("Reply-To").filter(|reply| !reply.is_empty());
        let found = outer.field("Reply-To").unwrap_or_default();
        reply.map_or(Ok(()), |reply| ensure(alike(&found, &reply), || format!("Reply-To {found}, original {reply}")))
    });
    if !certified {
        return;
    }
    sheet.must("[R-3.1.5-b]", "Reply-To is there", || {
        ensure(outer.field("Reply-To").is_some(), || "no Reply-To".into())
    });
    sheet.should("[R-3.1.5-e]", "X-TipoRicevuta says the same as the certification data", || {
        let asked = case.data.into_iter().flatten().find(|element| element.name == "ricevuta");
        let asked = asked.and_then(|element| element.attribute("tipo"));
        same(outer.field("X-TipoRicevuta").map(|value| value.to_ascii_lowercase()).as_deref(), asked)
    });
    let identifier = format!("<{}>", case.datum("identificativo").unwrap_or_default());
    sheet.must("[R-2.2.1-b]", "envelope and original carry the identifier as Message-ID", || {
        same(outer.field("Message-ID").as_deref(), Some(&identifier)).map_err(|why| format!("envelope: {why}"))?;
        same(original.field("Message-ID").as_deref(), Some(&identifier)).map_err(|why| format!("original: {why}"))
    });
    sheet.must("[R-2.2.1-c]", "the original names the client's Message-ID, replaced", || {
        let ids = original.all("Message-ID").len();
        ensure(ids == 1, || format!("{ids} Message-ID fields in the original"))?;
        same(original.field("X-Riferimento-Message-ID").as_deref(), case.datum("msgid"))
    });
}

/// Whether two values say the same: one may be folded elsewhere, and a name with octets above 127 must be encoded.
fn alike(found: &str, original: &str) -> bool {
    let bare = |text: &str| -> String {
        decode_words(text).chars().filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\\')).collect()
    };
    // Octets that are not UTF-8 are in a charset that nobody declared.
    found == original || original.contains(char::REPLACEMENT_CHARACTER) || bare(found) == bare(original)
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
