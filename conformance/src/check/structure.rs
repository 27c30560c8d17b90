//! Container and inner structure (§2.1, §4.3).

use super::sheet::{Case, Sheet, ensure, same};
use crate::kind::Presence;
use crate::mime::Entity;
use crate::opened::alternatives;

pub(super) fn check(case: &Case<'_>, sheet: &mut Sheet) {
    container(case, sheet);
    parts(case, sheet);
    text(case, sheet);
    attachments(case, sheet);
}

fn container(case: &Case<'_>, sheet: &mut Sheet) {
    let opened = case.opened;
    sheet.must("[R-2.1-a]", "clear-signed S/MIME whose signature holds (openssl)", || {
        let media = opened.outer.media();
        same(Some(&media.value), Some("multipart/signed"))?;
        let protocol = media.parameter("protocol").unwrap_or_default();
        let known = ["application/pkcs7-signature", "application/x-pkcs7-signature"];
        ensure(known.contains(&protocol.to_ascii_lowercase().as_str()), || format!("protocol {protocol:?}"))?;
        case.signature.holds.clone()
    });
    sheet.must("[R-I-sec-1]", "signed entity and signature are the only parts", || {
        let count = opened.outer.parts().len();
        ensure(count == 2, || format!("{count} parts"))
    });
    sheet.should("[R-O-sig-1]", "signature part named smime.p7s, base64, attachment", || {
        let part = opened.signature.as_ref().ok_or("no signature part")?;
        same(part.file_name().as_deref(), Some("smime.p7s"))?;
        same(Some(&part.encoding()), Some("base64"))?;
        same(Some(&part.disposition().value), Some("attachment"))
    });
    sheet.should("[R-I-sig-4]", "signed lines of at most 998 octets", || {
        let signed = opened.signed.as_ref().ok_or("no signed part")?;
        let longest = signed.whole.split(|octet| *octet == b'\n').map(<[u8]>::len).max().unwrap_or_default();
        ensure(longest <= 999, || format!("a line of {longest} octets"))
    });
}

fn parts(case: &Case<'_>, sheet: &mut Sheet) {
    let opened = case.opened;
    sheet.must("[R-4.3-a]", "multipart/mixed whose first part is the text", || {
        let signed = opened.signed.as_ref().ok_or("no signed part")?;
        same(Some(&signed.media().value), Some("multipart/mixed"))?;
        let first = opened.parts.first().ok_or("no parts")?.media().value;
        ensure(matches!(first.as_str(), "text/plain" | "multipart/alternative"), || format!("first part is {first}"))
    });
    sheet.must("[R-4.3-b]", "text and certification data are encoded for 7-bit transport", || {
        let ours = opened.parts.iter().filter(|part| part.media().value != "message/rfc822");
        let bad = ours.filter(|part| !part.whole.is_ascii()).map(|part| part.media().value).collect::<Vec<_>>();
        ensure(bad.is_empty(), || format!("octets above 127 in {}", bad.join(", ")))
    });
    let count = opened.data.len();
    match case.kind.tipo {
        Some(_) => sheet.must("[R-4.3.3-a]", "one daticert.xml, application/xml, UTF-8", || {
            ensure(count == 1, || format!("{count} parts named daticert.xml"))?;
            let part = opened.data.first().ok_or("no part")?;
            same(Some(&part.media().value), Some("application/xml"))?;
            let xml = part.decoded()?;
            let text = String::from_utf8(xml).map_err(|error| error.to_string())?;
            let declaration = text.lines().next().unwrap_or_default().to_ascii_lowercase();
            let utf8 = !declaration.contains("encoding=") || declaration.contains("utf-8");
            ensure(utf8, || format!("declared as {declaration}"))
        }),
        None => sheet.must("[R-3.2.2-b]", "nothing but the text and the original", || {
            let kinds: Vec<String> = opened.parts.iter().map(|part| part.media().value).collect();
            ensure(kinds.len() == 2 && count == 0, || format!("parts: {}", kinds.join(", ")))
        }),
    }
    let found = opened.originals.len();
    sheet.must(case.kind.original_rule, "the original is there exactly when it must be", || match case.kind.original {
        Presence::Absent => ensure(found == 0, || "postacert.eml is attached".into()),
        Presence::Optional => ensure(found <= 1, || format!("{found} parts named postacert.eml")),
        Presence::Required => ensure(found == 1, || format!("{found} parts named postacert.eml")),
    });
    if let Some(part) = opened.originals.first() {
        sheet.must("[R-4.3.2-a]", "the original is a message/rfc822 named postacert.eml", || {
            same(Some(&part.media().value), Some("message/rfc822"))
        });
    }
}

fn text(case: &Case<'_>, sheet: &mut Sheet) {
    let Some(first) = case.opened.parts.first() else { return };
    let texts = alternatives(first);
    sheet.must("[R-4.3.1-a]", "text in ISO-8859-1", || {
        let charsets = texts.iter().map(|part| part.media().parameter("charset").unwrap_or_default());
        let bad: Vec<String> = charsets.filter(|charset| !charset.eq_ignore_ascii_case("iso-8859-1")).collect();
        ensure(bad.is_empty(), || format!("charset {}", bad.join(", ")))
    });
    if first.media().value != "multipart/alternative" {
        return;
    }
    sheet.must("[R-4.3.1-b]", "plain and HTML text, the latter without references and active content", || {
        let kinds: Vec<String> = texts.iter().map(|part| part.media().value).collect();
        ensure(kinds == ["text/plain", "text/html"], || format!("alternatives: {}", kinds.join(", ")))?;
        let html = case.opened.html.as_deref().unwrap_or_default().to_ascii_lowercase();
        let barred =
            ["src=", "href=", "background=", "url(", "@import", "<script", "<object", "<embed", "<iframe", "<link"];
        let bad: Vec<&str> = barred.into_iter().filter(|mark| html.contains(mark)).collect();
        ensure(bad.is_empty(), || format!("HTML contains {}", bad.join(", ")))?;
        let identifier = case.datum("identificativo").unwrap_or_default();
        ensure(html.contains(&identifier.to_ascii_lowercase()), || "HTML lacks the identifier".into())
    });
}

fn attachments(case: &Case<'_>, sheet: &mut Sheet) {
    let usual = |part: &Entity<'_>, encodings: &[&str]| {
        let disposition = part.disposition().value;
        ensure(matches!(disposition.as_str(), "inline" | "attachment"), || format!("disposition {disposition:?}"))?;
        same(part.media().parameter("name").as_deref(), part.file_name().as_deref())?;
        let encoding = part.encoding();
        ensure(encodings.contains(&encoding.as_str()), || format!("encoding {encoding}"))
    };
    sheet.should("[R-O-4.3-1]", "usual headers of daticert.xml and postacert.eml", || {
        for part in &case.opened.data {
            usual(part, &["base64", "quoted-printable", "7bit"])?;
        }
        for part in &case.opened.originals {
            usual(part, &["7bit", "8bit"])?;
        }
        Ok(())
    });
}
