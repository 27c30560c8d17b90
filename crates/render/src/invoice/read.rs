//! The XML of an invoice: elements by their names and places, whatever their prefixes are.

use bytes::Bytes;
use pec::daticert::xml_text;
use pec::mime::TransferEncoding;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::amount::Amount;
use super::data::{Document, Invoice, Item, NotInvoice, Party, Payment, Tax};
use crate::limits::Limits;
use crate::{name, plain};

/// Elements inside each other: the schema has seven.
const DEEPEST: usize = 32;
/// Lines of a postal address.
const ADDRESS: usize = 8;

impl Invoice {
    /// Reads the XML of an invoice; a signed one ([`crate::SignedFile`]) is opened before. No entity is resolved but those of
    /// characters, whatever a DOCTYPE says; no address is followed.
    ///
    /// # Errors
    /// [`NotInvoice`]: why there is none to show; the file itself can be given out all the same.
    pub fn read(xml: &[u8], limits: &Limits) -> Result<Self, NotInvoice> {
        read(xml, limits)
    }
}

fn read(xml: &[u8], limits: &Limits) -> Result<Invoice, NotInvoice> {
    if xml.len() > limits.invoice {
        return Err(NotInvoice::TooLong);
    }
    let (text, _) = xml_text(xml);
    let mut reader = Reader::from_str(&text);
    let mut reading = Reading::new(limits);
    let mut is_invoice = false;
    loop {
        let event = reader.read_event();
        let event = match event {
            Ok(event) => event,
            Err(_) if !is_invoice => return Err(NotInvoice::Other),
            Err(error) => return unreadable(error),
        };
        match event {
            Event::Start(element) | Event::Empty(element) if reading.path.is_empty() && !is_invoice => {
                let root = local(element.name().as_ref()).to_owned();
                if root != "FatturaElettronica" && root != "FatturaElettronicaSemplificata" {
                    return Err(NotInvoice::Other);
                }
                is_invoice = true;
                reading.path.push(root);
            }
            Event::Start(element) => reading.open(local(element.name().as_ref()))?,
            Event::Empty(element) => {
                reading.open(local(element.name().as_ref()))?;
                reading.close();
            }
            Event::End(_) => reading.close(),
            Event::Text(run) => reading.text.push_str(&run.xml10_content()),
            Event::CData(run) => reading.text.push_str(&run.xml10_content()),
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(c)) => reading.text.push(c),
                _ => match quick_xml::escape::resolve_predefined_entity(&reference.xml10_content()) {
                    Some(text) => reading.text.push_str(text),
                    None => return unreadable("an entity that is none of XML's own"),
                },
            },
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            Event::Eof if !is_invoice => return Err(NotInvoice::Other),
            Event::Eof if !reading.path.is_empty() => return unreadable("it ends before its end"),
            Event::Eof => return Ok(reading.invoice),
        }
    }
}

fn unreadable<T>(why: impl std::fmt::Display) -> Result<T, NotInvoice> {
    Err(NotInvoice::Unreadable(plain::line(&why.to_string(), 200)))
}

/// A name without its prefix.
fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

struct Reading {
    limits: Limits,
    invoice: Invoice,
    /// The elements that are open, the root first.
    path: Vec<String>,
    /// What stands in the innermost one.
    text: String,
    /// The terms of the payments that follow.
    terms: String,
}

impl Reading {
    fn new(limits: &Limits) -> Self {
        let (path, text, terms) = (Vec::new(), String::new(), String::new());
        Self { limits: *limits, invoice: Invoice::default(), path, text, terms }
    }

    fn open(&mut self, name: &str) -> Result<(), NotInvoice> {
        if self.path.len() == DEEPEST {
            return unreadable("elements too deep inside each other");
        }
        self.path.push(name.to_owned());
        self.text.clear();
        self.begin();
        Ok(())
    }

    /// What an element begins that may be there several times.
    fn begin(&mut self) {
        let path: Vec<&str> = self.path.iter().skip(1).map(String::as_str).collect();
        let [place @ .., last] = path.as_slice() else { return };
        if *last == "FatturaElettronicaBody" && place.is_empty() {
            add(&mut self.invoice.documents, self.limits.documents, &mut self.invoice.cut);
            return;
        }
        let Some(document) = self.invoice.documents.last_mut() else { return };
        let (most, cut) = (self.limits.items, &mut self.invoice.cut);
        match path.get(1..).unwrap_or_default() {
            ["DatiBeniServizi", "DettaglioLinee"] => add(&mut document.lines, most, cut),
            // A simplified invoice has no lines inside.
            ["DatiBeniServizi"] if self.path.first().is_some_and(|root| root.ends_with("Semplificata")) => {
                add(&mut document.lines, most, cut);
            }
            ["DatiBeniServizi", "DatiRiepilogo"] => add(&mut document.summary, most, cut),
            ["DatiPagamento"] => self.terms.clear(),
            ["DatiPagamento", "DettaglioPagamento"] if document.payments.len() < most => {
                document.payments.push(Payment { terms: self.terms.clone(), ..Payment::default() });
            }
            ["DatiPagamento", "DettaglioPagamento"] => *cut = true,
            ["Allegati"] => add(&mut document.attachments, most, cut),
            _ => {}
        }
    }

    fn close(&mut self) {
        let text = std::mem::take(&mut self.text);
        if !text.trim().is_empty() {
            self.value(&text);
        }
        self.path.pop();
    }

    /// An element with a text in it.
    fn value(&mut self, text: &str) {
        let path: Vec<&str> = self.path.iter().skip(1).map(String::as_str).collect();
        let line = plain::line(text, self.limits.line);
        match path.as_slice() {
            ["FatturaElettronicaHeader", "DatiTrasmissione", "FormatoTrasmissione"] => self.invoice.format = line,
            ["FatturaElettronicaHeader", "DatiTrasmissione", "CodiceDestinatario"] => self.invoice.addressee = line,
            ["FatturaElettronicaHeader", "CedentePrestatore", place @ ..] => {
                party(&mut self.invoice.seller, place, line)
            }
            ["FatturaElettronicaHeader", "CessionarioCommittente", place @ ..] => {
                party(&mut self.invoice.buyer, place, line);
            }
            ["FatturaElettronicaBody", place @ ..] => {
                if let Some(document) = self.invoice.documents.last_mut() {
                    match place {
                        ["Allegati", "Attachment"] => attached(document, text),
                        ["DatiPagamento", "CondizioniPagamento"] => self.terms = line,
                        _ => in_document(document, place, line, self.limits.items),
                    }
                }
            }
            _ => {}
        }
    }
}

/// One more, where there is room.
fn add<T: Default>(list: &mut Vec<T>, most: usize, cut: &mut bool) {
    if list.len() < most {
        list.push(T::default());
    } else {
        *cut = true;
    }
}

fn party(party: &mut Party, place: &[&str], line: String) {
    match place {
        [.., "IdFiscaleIVA", "IdPaese"] => party.vat = line,
        [.., "IdFiscaleIVA", "IdCodice"] => party.vat.push_str(&line),
        // A representative of the seller has names of his own.
        ["RappresentanteFiscale" | "StabileOrganizzazione", ..] => {}
        [.., "CodiceFiscale"] => party.tax_code = line,
        [.., "Denominazione"] => party.name = line,
        [.., "Nome" | "Cognome"] if party.name.is_empty() => party.name = line,
        [.., "Nome" | "Cognome"] => party.name = format!("{} {line}", party.name),
        [.., "RegimeFiscale"] => party.regime = line,
        [.., "Sede", "NumeroCivico"] => match party.address.last_mut() {
            Some(street) => *street = format!("{street} {line}"),
            None => party.address.push(line),
        },
        [.., "Sede", _] if party.address.len() < ADDRESS => party.address.push(line),
        _ => {}
    }
}

fn in_document(document: &mut Document, place: &[&str], line: String, most: usize) {
    match place {
        ["DatiGenerali", "DatiGeneraliDocumento", field] => match *field {
            "TipoDocumento" => document.kind = line,
            "Divisa" => document.currency = line,
            "Data" => document.date = line,
            "Numero" => document.number = line,
            "Causale" if document.reasons.len() < most => document.reasons.push(line),
            "ImportoTotaleDocumento" => document.total = Amount::read(&line),
            _ => {}
        },
        ["DatiGenerali", "DatiGeneraliDocumento", "DatiRitenuta", "ImportoRitenuta"]
            if document.withheld.len() < most =>
        {
            document.withheld.push(Amount::read(&line));
        }
        ["DatiGenerali", "DatiGeneraliDocumento", "DatiBollo", "ImportoBollo"] => document.stamp = Amount::read(&line),
        ["DatiBeniServizi", "DettaglioLinee", place @ ..] | ["DatiBeniServizi", place @ ..]
            if !matches!(place, ["DatiRiepilogo", ..]) =>
        {
            if let Some(item) = document.lines.last_mut() {
                in_item(item, place, line);
            }
        }
        ["DatiBeniServizi", "DatiRiepilogo", field] => {
            if let Some(tax) = document.summary.last_mut() {
                in_tax(tax, field, line);
            }
        }
        ["DatiPagamento", "DettaglioPagamento", field] => {
            if let Some(payment) = document.payments.last_mut() {
                in_payment(payment, field, line);
            }
        }
        ["Allegati", field] => {
            if let Some(inside) = document.attachments.last_mut() {
                match *field {
                    "NomeAttachment" => inside.name = name::safe(&line).unwrap_or_default(),
                    "DescrizioneAttachment" => inside.description = line,
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn in_item(item: &mut Item, place: &[&str], line: String) {
    match place {
        ["NumeroLinea"] => item.number = line,
        ["Descrizione"] => item.description = line,
        ["Quantita"] => item.quantity = Amount::read(&line),
        ["UnitaMisura"] => item.unit = line,
        ["PrezzoUnitario"] => item.price = Amount::read(&line),
        ["PrezzoTotale" | "Importo"] => item.total = Amount::read(&line),
        ["AliquotaIVA"] | ["DatiIVA", "Aliquota"] => item.rate = Amount::read(&line),
        ["Natura"] => item.exemption = line,
        _ => {}
    }
}

fn in_tax(tax: &mut Tax, field: &str, line: String) {
    match field {
        "AliquotaIVA" => tax.rate = Amount::read(&line),
        "Natura" => tax.exemption = line,
        "ImponibileImporto" => tax.taxable = Amount::read(&line),
        "Imposta" => tax.tax = Amount::read(&line),
        "EsigibilitaIVA" => tax.due = line,
        "RiferimentoNormativo" => tax.rule = line,
        _ => {}
    }
}

fn in_payment(payment: &mut Payment, field: &str, line: String) {
    match field {
        "Beneficiario" => payment.payee = line,
        "ModalitaPagamento" => payment.means = line,
        "DataScadenzaPagamento" => payment.due = line,
        "ImportoPagamento" => payment.amount = Amount::read(&line),
        "IstitutoFinanziario" => payment.bank = line,
        "IBAN" => payment.iban = line,
        _ => {}
    }
}

fn attached(document: &mut Document, text: &str) {
    if let Some(inside) = document.attachments.last_mut() {
        inside.octets = TransferEncoding::Base64.decode(&Bytes::copy_from_slice(text.as_bytes()));
    }
}
