//! The XML reader: tolerant of what real providers write, deaf to DTD and entities.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::data::{CertificationData, DataError, DataRecipient, DataTime, MAX_LEN, is_xml_char};
use crate::quirk::Quirk;
use crate::{Fault, Kind, ReceiptType, RecipientType, decode};

/// Deepest nesting of unknown elements.
const MAX_DEPTH: usize = 32;

pub(super) fn read(xml: &[u8]) -> Result<(CertificationData, Vec<Quirk>), DataError> {
    if xml.len() > MAX_LEN {
        return fail(format!("longer than {MAX_LEN} octets"));
    }
    let (text, utf8) = xml_text(xml);
    let mut reading = Reading::default();
    if !utf8 {
        reading.quirks.push(Quirk::DataNotUtf8);
    }
    let mut reader = Reader::from_str(&text);
    loop {
        match reader.read_event().map_err(|error| DataError(format!("not well-formed: {error}")))? {
            Event::Start(element) => reading.start(&element)?,
            Event::Empty(element) => {
                reading.start(&element)?;
                reading.end();
            }
            Event::End(_) => reading.end(),
            Event::Text(run) => reading.text(&run.xml10_content()),
            Event::CData(run) => reading.text(&run.xml10_content()),
            Event::GeneralRef(reference) => reading.reference(&reference)?,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            Event::Eof => break,
        }
    }
    reading.finish()
}

fn fail<T>(why: impl Into<String>) -> Result<T, DataError> {
    Err(DataError(why.into()))
}

/// The XML as text, and whether it is what the norm says: UTF-8, and not declared otherwise
/// [R-4.3.3-a]; any other XML is read the same way. Octets that are not UTF-8 in spite of their declaration read as windows-1252.
pub fn xml_text(xml: &[u8]) -> (Cow<'_, str>, bool) {
    let (marked, xml) = match Encoding::for_bom(xml) {
        Some((encoding, len)) => (Some(encoding), xml.get(len..).unwrap_or_default()),
        None => (None, xml),
    };
    let declared = match marked {
        Some(encoding) => Some(encoding),
        // A declaration that could be read as ASCII is no UTF-16.
        None => declared_encoding(xml).filter(|encoding| encoding.is_ascii_compatible()),
    };
    match declared {
        Some(encoding) if encoding != UTF_8 => (encoding.decode_without_bom_handling(xml).0, false),
        _ => match std::str::from_utf8(xml) {
            Ok(text) => (Cow::Borrowed(text), true),
            Err(_) => (Cow::Owned(decode::undeclared(xml)), false),
        },
    }
}

/// The `encoding` of the XML declaration, when it names one we know.
fn declared_encoding(xml: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(xml.get(..xml.len().min(256)).unwrap_or_default());
    let declaration = head.trim_start().strip_prefix("<?xml")?.split_once("?>")?.0;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Encoding::for_label_no_replacement(value.split(quote).nth(1)?.as_bytes())
}

/// The elements of the DTD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element {
    Postacert,
    Intestazione,
    Mittente,
    Destinatari,
    Risposte,
    Oggetto,
    Dati,
    GestoreEmittente,
    Data,
    Giorno,
    Ora,
    Identificativo,
    Msgid,
    Ricevuta,
    Consegna,
    Ricezione,
    ErroreEsteso,
}

impl Element {
    const ALL: [(Element, &'static str, Option<Element>); 17] = {
        use Element::*;
        [
            (Postacert, "postacert", None),
            (Intestazione, "intestazione", Some(Postacert)),
            (Mittente, "mittente", Some(Intestazione)),
            (Destinatari, "destinatari", Some(Intestazione)),
            (Risposte, "risposte", Some(Intestazione)),
            (Oggetto, "oggetto", Some(Intestazione)),
            (Dati, "dati", Some(Postacert)),
            (GestoreEmittente, "gestore-emittente", Some(Dati)),
            (Data, "data", Some(Dati)),
            (Giorno, "giorno", Some(Data)),
            (Ora, "ora", Some(Data)),
            (Identificativo, "identificativo", Some(Dati)),
            (Msgid, "msgid", Some(Dati)),
            (Ricevuta, "ricevuta", Some(Dati)),
            (Consegna, "consegna", Some(Dati)),
            (Ricezione, "ricezione", Some(Dati)),
            (ErroreEsteso, "errore-esteso", Some(Dati)),
        ]
    };

    fn find(name: &str, parent: Option<Element>) -> Option<Element> {
        Self::ALL.into_iter().find(|(_, n, p)| *n == name && *p == parent).map(|(element, ..)| element)
    }

    fn may_repeat(self) -> bool {
        matches!(self, Element::Destinatari | Element::Ricezione)
    }
}

#[derive(Default)]
struct Reading {
    open: Vec<Element>,
    /// How many unknown elements are open; what stands in them is not read.
    skipped: usize,
    seen: Vec<Element>,
    text: String,
    quirks: Vec<Quirk>,

    tipo: Option<String>,
    fault: Fault,
    recipient: RecipientType,
    recipients: Vec<DataRecipient>,
    zone: Option<String>,
    receipt: Option<ReceiptType>,
    reception: Vec<String>,
    texts: Vec<(Element, String)>,
}

impl Reading {
    fn start(&mut self, tag: &BytesStart<'_>) -> Result<(), DataError> {
        let name = tag.name();
        let name: &str = name.as_ref();
        let parent = self.open.last().copied();
        if self.skipped > 0 {
            self.skipped += 1;
            return if self.skipped > MAX_DEPTH { fail("nested too deep") } else { Ok(()) };
        }
        let Some(element) = Element::find(name, parent) else {
            if parent.is_none() {
                return fail(format!("the root element is '{}'", shown(name)));
            }
            self.skipped = 1;
            return Ok(());
        };
        if !element.may_repeat() {
            if self.seen.contains(&element) {
                return fail(format!("'{name}' occurs twice"));
            }
            self.seen.push(element);
        }
        self.open.push(element);
        self.text.clear();
        self.attributes(element, tag)
    }

    fn attributes(&mut self, element: Element, tag: &BytesStart<'_>) -> Result<(), DataError> {
        match element {
            Element::Postacert => {
                let tipo = self.attribute(tag, "tipo")?;
                let known = |tipo: &str| Kind::ALL.iter().any(|kind| kind.tipo() == Some(tipo));
                match tipo {
                    Some(tipo) if known(&tipo) => self.tipo = Some(tipo),
                    Some(other) => return fail(format!("unknown postacert/@tipo '{}'", shown(&other))),
                    None => return fail("postacert has no @tipo"),
                }
                if let Some(fault) = self.attribute(tag, "errore")? {
                    self.fault = Fault::from_wire(&fault)
                        .ok_or_else(|| DataError(format!("unknown postacert/@errore '{}'", shown(&fault))))?;
                }
            }
            Element::Destinatari => {
                self.recipient = match self.attribute(tag, "tipo")?.as_deref() {
                    None | Some("certificato") => RecipientType::Certified,
                    Some("esterno") => RecipientType::Ordinary,
                    Some(other) => return fail(format!("unknown destinatari/@tipo '{}'", shown(other))),
                };
            }
            Element::Data => self.zone = self.attribute(tag, "zona")?,
            Element::Ricevuta => {
                let asked = self.attribute(tag, "tipo")?.unwrap_or_default();
                self.receipt = ReceiptType::from_wire(&asked);
                if self.receipt.is_none() {
                    return fail(format!("unknown ricevuta/@tipo '{}'", shown(&asked)));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The trimmed value of one attribute. Its references are resolved like those of text.
    fn attribute(&mut self, tag: &BytesStart<'_>, name: &str) -> Result<Option<String>, DataError> {
        let mut found: Option<String> = None;
        // The library's own check for doubles takes quadratic time.
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| DataError(format!("not well-formed: {error}")))?;
            if attribute.key.as_ref() != name {
                continue;
            }
            if found.is_some() {
                return fail(format!("attribute '{name}' occurs twice"));
            }
            let mut value = String::new();
            let mut rest = &*attribute.value;
            while let Some((plain, reference)) = rest.split_once('&') {
                self.push(plain, &mut value);
                let Some((reference, after)) = reference.split_once(';') else {
                    return fail(format!("a reference without end in attribute '{name}'"));
                };
                let c = self.resolve(reference)?;
                value.push(c);
                rest = after;
            }
            self.push(rest, &mut value);
            found = Some(value.trim_matches(is_space).to_owned());
        }
        Ok(found)
    }

    fn end(&mut self) {
        if self.skipped > 0 {
            self.skipped -= 1;
            return;
        }
        let Some(element) = self.open.pop() else {
            return;
        };
        let text = std::mem::take(&mut self.text).trim_matches(is_space).to_owned();
        match element {
            Element::Destinatari => self.recipients.push(DataRecipient { address: text, kind: self.recipient }),
            Element::Ricezione => self.reception.push(text),
            Element::Postacert | Element::Intestazione | Element::Dati | Element::Data | Element::Ricevuta => {}
            other => self.texts.push((other, text)),
        }
    }

    fn text(&mut self, run: &str) {
        if self.skipped == 0 && !self.open.is_empty() {
            let mut text = std::mem::take(&mut self.text);
            self.push(run, &mut text);
            self.text = text;
        }
    }

    fn reference(&mut self, reference: &str) -> Result<(), DataError> {
        let c = self.resolve(reference)?;
        if self.skipped == 0 {
            self.text.push(c);
        }
        Ok(())
    }

    fn push(&mut self, run: &str, to: &mut String) {
        if run.chars().all(is_xml_char) {
            to.push_str(run);
        } else {
            self.note(Quirk::ForbiddenXmlCharacters);
            to.extend(run.chars().map(|c| if is_xml_char(c) { c } else { char::REPLACEMENT_CHARACTER }));
        }
    }

    /// The character of a reference without `&` and `;`.
    fn resolve(&mut self, reference: &str) -> Result<char, DataError> {
        let number = match reference.strip_prefix('#') {
            None => {
                return match reference {
                    "amp" => Ok('&'),
                    "lt" => Ok('<'),
                    "gt" => Ok('>'),
                    "quot" => Ok('"'),
                    "apos" => Ok('\''),
                    other => fail(format!("entity '{}' is not one of XML's own", shown(other))),
                };
            }
            Some(digits) => match digits.strip_prefix('x') {
                Some(hex) if hex.bytes().all(|b| b.is_ascii_hexdigit()) => u32::from_str_radix(hex, 16),
                None if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse(),
                _ => return fail(format!("'&#{};' is no reference", shown(digits))),
            },
        };
        match number.ok().and_then(char::from_u32).filter(|&c| is_xml_char(c)) {
            Some(c) => Ok(c),
            None => {
                self.note(Quirk::ForbiddenXmlCharacters);
                Ok(char::REPLACEMENT_CHARACTER)
            }
        }
    }

    fn note(&mut self, quirk: Quirk) {
        if !self.quirks.contains(&quirk) {
            self.quirks.push(quirk);
        }
    }

    fn finish(mut self) -> Result<(CertificationData, Vec<Quirk>), DataError> {
        if !self.open.is_empty() || self.skipped > 0 {
            return fail("the text ends before its elements");
        }
        let mut texts = std::mem::take(&mut self.texts);
        let mut take = |wanted: Element| {
            texts.iter_mut().find(|(element, _)| *element == wanted).map(|(_, text)| std::mem::take(text))
        };
        let missing = |name: &str| DataError(format!("'{name}' is missing"));
        let tipo = self.tipo.take().ok_or_else(|| missing("postacert"))?;
        let sender = take(Element::Mittente).ok_or_else(|| missing("mittente"))?;
        let reply_to = take(Element::Risposte).ok_or_else(|| missing("risposte"))?;
        if self.recipients.is_empty() {
            return Err(missing("destinatari"));
        }
        if reply_to.is_empty() {
            self.note(Quirk::EmptyReplyTo);
        }
        let time = DataTime {
            day: take(Element::Giorno).ok_or_else(|| missing("giorno"))?,
            time: take(Element::Ora).ok_or_else(|| missing("ora"))?,
            zone: self.zone.take().ok_or_else(|| missing("data/@zona"))?,
        };
        let data = CertificationData {
            tipo,
            fault: self.fault,
            sender,
            recipients: self.recipients,
            reply_to,
            subject: take(Element::Oggetto),
            provider: take(Element::GestoreEmittente).ok_or_else(|| missing("gestore-emittente"))?,
            time,
            identifier: take(Element::Identificativo).ok_or_else(|| missing("identificativo"))?,
            message_id: take(Element::Msgid),
            receipt: self.receipt,
            delivery: take(Element::Consegna),
            reception: self.reception,
            extended_error: take(Element::ErroreEsteso),
        };
        Ok((data, self.quirks))
    }
}

/// XML 1.0 §2.3 production 3.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// Foreign text as it may stand in an error.
fn shown(text: &str) -> String {
    text.chars().take(60).map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
