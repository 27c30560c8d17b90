//! Certification data: the matrix of §4.4, and whether the text for people says the same.

use super::sheet::{Case, Sheet, ensure, same};
use crate::kind::Presence;
use crate::moment::Moment;
use crate::xml::texts;

pub(super) fn check(case: &Case<'_>, sheet: &mut Sheet) {
    let Some(data) = case.data else { return };
    matrix(case, data, sheet);
    addresses(data, sheet);
    moment(case, sheet);
    people(case, data, sheet);
}

type Data = [crate::xml::Element];

fn matrix(case: &Case<'_>, data: &Data, sheet: &mut Sheet) {
    let kind = case.kind;
    let root = data.last();
    let attribute = |name| root.and_then(|root| root.attribute(name));
    let fault = attribute("errore").unwrap_or("nessuno");
    sheet.must("[R-2.2.2-f]", "postacert/@tipo is what the header says", || same(attribute("tipo"), kind.tipo));
    sheet.must("[R-3.3.3-b]", "postacert/@errore fits the kind", || {
        ensure(kind.faults.contains(&fault), || format!("errore {fault:?} in {}", kind.name))
    });
    let presence = |name, wanted: Presence| {
        let count = texts(data, name).len();
        ensure(
            match wanted {
                Presence::Absent => count == 0,
                Presence::Optional => true,
                Presence::Required => count > 0,
            },
            || format!("{count} {name}, {wanted:?}"),
        )
    };
    sheet.must("[R-4.4-f]", "ricevuta only in envelopes and delivery notifications", || {
        presence("ricevuta", kind.receipt)
    });
    sheet.must("[R-4.4-g]", "consegna and ricezione where they belong", || {
        presence("consegna", kind.delivered)?;
        presence("ricezione", kind.received)?;
        let either = texts(data, "consegna").len() + texts(data, "ricezione").len();
        ensure(kind.name != "virus-detection" || either > 0, || "neither consegna nor ricezione".into())
    });
    sheet.must("[R-4.4-h]", "errore-esteso where there is an error", || presence("errore-esteso", kind.error));
    sheet.must("[R-4.4-c]", "gestore-emittente names the emitter", || {
        ensure(case.datum("gestore-emittente").is_some_and(|name| !name.is_empty()), || "empty".into())
    });
    if kind.name == "non-delivery" {
        sheet.should("[R-O-N12-2]", "errore-esteso has the form code - provider - reason", || {
            let text = case.datum("errore-esteso").unwrap_or_default();
            let code = text.split(" - ").next().unwrap_or_default();
            let digits = code.split('.').filter(|number| number.parse::<u16>().is_ok()).count();
            ensure(digits == 3 && text.split(" - ").count() >= 3, || format!("errore-esteso {text:?}"))
        });
    }
}

fn addresses(data: &Data, sheet: &mut Sheet) {
    let recipients = texts(data, "destinatari");
    sheet.must("[R-4.4-b]", "sender and recipients are bare addresses", || {
        let bare = |text: &&&str| !text.contains(['<', '>', ' ']) && text.contains('@');
        let all = texts(data, "mittente").into_iter().chain(recipients.iter().copied()).collect::<Vec<_>>();
        let bad: Vec<_> = all.iter().filter(|text| !bare(text)).collect();
        ensure(bad.is_empty(), || format!("{bad:?}"))
    });
    sheet.must("[R-I-ap-1]", "no recipient stands twice", || {
        let mut keys: Vec<String> = recipients.iter().map(|text| text.to_lowercase()).collect();
        keys.sort();
        ensure(keys.windows(2).all(|pair| pair.first() != pair.last()), || format!("{keys:?}"))
    });
    sheet.must("[R-3.2.1-c]", "consegna and ricezione are among the recipients", || {
        let named = texts(data, "consegna").into_iter().chain(texts(data, "ricezione"));
        let known = |name: &&str| recipients.iter().any(|recipient| recipient.eq_ignore_ascii_case(name));
        let bad: Vec<&str> = named.filter(|name| !known(name)).collect();
        ensure(bad.is_empty(), || format!("{bad:?} not in destinatari"))
    });
}

fn moment(case: &Case<'_>, sheet: &mut Sheet) {
    let zone = case.data.into_iter().flatten().find(|element| element.name == "data");
    let zone = zone.and_then(|element| element.attribute("zona")).unwrap_or_default();
    let (day, time) = (case.datum("giorno").unwrap_or_default(), case.datum("ora").unwrap_or_default());
    let read = Moment::from_data(day, time, zone);
    sheet.must("[R-4.4-time]", "day dd/mm/yyyy, time hh:mm:ss, zone +hhmm", || {
        ensure(read.is_some(), || format!("{day:?} {time:?} {zone:?}"))
    });
    let Some(read) = read else { return };
    sheet.must("[R-4.1-a]", "header Date and certification data print one instant", || {
        let date = case.date.ok_or("no readable Date")?;
        ensure(date.epoch == read.epoch, || format!("Date is {} s later", date.epoch - read.epoch))
    });
    let Some(text) = &case.opened.text else { return };
    sheet.must("[R-4.2-a]", "the text prints day, time and zone in brackets", || {
        let colon = format!("({}:{})", zone.get(..3).unwrap_or_default(), zone.get(3..).unwrap_or_default());
        let zone = text.contains(&format!("({zone})")) || text.contains(&colon);
        ensure(zone && text.contains(day) && text.contains(time), || format!("{day} {time} {} not found", read.zone))
    });
}

fn people(case: &Case<'_>, data: &Data, sheet: &mut Sheet) {
    let Some(text) = case.opened.text.as_deref().map(without_blanks) else { return };
    let lacks = |value: &str| {
        // A character outside ISO-8859-1 is printed as something else, which the norm leaves open.
        let printable = value.chars().all(|letter| u32::from(letter) < 0x100);
        printable && !text.contains(&without_blanks(value))
    };
    let id = match case.kind.name {
        "acceptance" => "[R-2.2.1-g]",
        "delivery" => "[R-3.3.2-d]",
        "non-acceptance" | "virus-non-acceptance" => "[R-3.1.2-b]",
        "non-delivery" => "[R-3.3.3-a]",
        "take-charge" => "[R-3.2.1-e]",
        "timeout" => "[R-3.1.6-f]",
        "transport-envelope" => "[R-3.1.5-c]",
        "virus-detection" => "[R-3.2.3-e]",
        _ => "[R-3.2.4-c]",
    };
    sheet.must(id, "the text names subject, sender, recipient and identifier", || {
        // A notice about one recipient names that one.
        let recipient = if texts(data, "consegna").is_empty() { "destinatari" } else { "consegna" };
        let wanted = ["oggetto", "mittente", "identificativo", recipient];
        let missing: Vec<&str> =
            wanted.into_iter().flat_map(|name| texts(data, name)).filter(|value| lacks(value)).collect();
        ensure(missing.is_empty(), || format!("text lacks {missing:?}"))
    });
    let reason = case.datum("errore-esteso").unwrap_or_default();
    let given = || ensure(!lacks(reason), || format!("text lacks {reason:?}"));
    match case.kind.name {
        "non-delivery" => sheet.should("[R-L-N12-1]", "the text gives the coded reason", given),
        "virus-detection" => sheet.must("[R-3.2.3-e]", "the text gives the reason", given),
        "virus-non-delivery" => sheet.must("[R-3.2.4-c]", "the text gives the reason", given),
        _ => {}
    }
    if case.kind.name == "acceptance" {
        sheet.must("[R-3.1.4-b]", "the text says of each recipient whether it is certified", || {
            for element in data.iter().filter(|element| element.name == "destinatari") {
                let words = match element.attribute("tipo") {
                    Some("esterno") => "posta ordinaria",
                    _ => "posta certificata",
                };
                let line = without_blanks(&format!("{} (\"{words}\")", element.text));
                ensure(text.contains(&line), || format!("text lacks {} (\"{words}\")", element.text))?;
            }
            Ok(())
        });
    }
}

/// Wrapped lines split words anywhere, so blanks do not count.
fn without_blanks(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).collect()
}
