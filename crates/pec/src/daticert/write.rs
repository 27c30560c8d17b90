//! The XML writer: LF line ends, four spaces, no DOCTYPE, as the OpenPEC family writes it.

use super::data::{CertificationData, is_xml_char};

pub(super) fn write(data: &CertificationData) -> Vec<u8> {
    let mut xml = Xml(String::with_capacity(1024 + 80 * data.recipients.len()));
    xml.0.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<postacert");
    xml.attribute("tipo", &data.tipo);
    // [R-I-xml-2]: written also where the DTD has a default.
    xml.attribute("errore", data.fault.as_str());
    xml.0.push_str(">\n    <intestazione>\n");
    xml.element(2, "mittente", &data.sender);
    for recipient in &data.recipients {
        xml.element_with(2, "destinatari", Some(("tipo", recipient.kind.as_str())), &recipient.address);
    }
    xml.element(2, "risposte", &data.reply_to);
    xml.optional("oggetto", data.subject.as_deref());
    xml.0.push_str("    </intestazione>\n    <dati>\n");
    xml.element(2, "gestore-emittente", &data.provider);
    xml.0.push_str("        <data");
    xml.attribute("zona", &data.time.zone);
    xml.0.push_str(">\n");
    xml.element(3, "giorno", &data.time.day);
    xml.element(3, "ora", &data.time.time);
    xml.0.push_str("        </data>\n");
    xml.element(2, "identificativo", &data.identifier);
    xml.optional("msgid", data.message_id.as_deref());
    if let Some(receipt) = data.receipt {
        xml.0.push_str("        <ricevuta");
        xml.attribute("tipo", receipt.as_str());
        xml.0.push_str(" />\n");
    }
    xml.optional("consegna", data.delivery.as_deref());
    for recipient in &data.reception {
        xml.element(2, "ricezione", recipient);
    }
    xml.optional("errore-esteso", data.extended_error.as_deref());
    xml.0.push_str("    </dati>\n</postacert>\n");
    xml.0.into_bytes()
}

struct Xml(String);

impl Xml {
    fn element(&mut self, depth: usize, name: &str, text: &str) {
        self.element_with(depth, name, None, text);
    }

    fn optional(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.element(2, name, text);
        }
    }

    fn element_with(&mut self, depth: usize, name: &str, attribute: Option<(&str, &str)>, text: &str) {
        (0..depth).for_each(|_| self.0.push_str("    "));
        self.0.push('<');
        self.0.push_str(name);
        if let Some((name, value)) = attribute {
            self.attribute(name, value);
        }
        self.0.push('>');
        self.escaped(text, false);
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push_str(">\n");
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.0.push(' ');
        self.0.push_str(name);
        self.0.push_str("=\"");
        self.escaped(value, true);
        self.0.push('"');
    }

    /// Line ends and tabs that a reader would change are written as references.
    fn escaped(&mut self, text: &str, attribute: bool) {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' if attribute => self.0.push_str("&quot;"),
                '\r' => self.0.push_str("&#13;"),
                '\n' if attribute => self.0.push_str("&#10;"),
                '\t' if attribute => self.0.push_str("&#9;"),
                c if is_xml_char(c) => self.0.push(c),
                _ => self.0.push(char::REPLACEMENT_CHARACTER),
            }
        }
    }
}
