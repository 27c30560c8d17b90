//! Messages of the peer: transport envelopes and notifications, written out from RFC 6109, each piece open to a test
//! that wants it otherwise.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::mime::Entity;
use crate::xml::{Element, texts};

/// What certification data say.
#[derive(Clone, Debug)]
pub struct Data {
    /// `postacert/@tipo`
    pub tipo: String,
    /// `postacert/@errore`
    pub errore: String,
    /// `mittente`
    pub sender: String,
    /// `destinatari` with their type.
    pub recipients: Vec<(String, &'static str)>,
    /// `risposte`
    pub reply_to: String,
    /// `oggetto`
    pub subject: String,
    /// `gestore-emittente`
    pub provider: String,
    /// `giorno`, `ora`, `zona`
    pub time: [String; 3],
    /// `identificativo`
    pub id: String,
    /// `msgid`
    pub client_id: Option<String>,
    /// `ricevuta/@tipo`
    pub receipt: Option<String>,
    /// `consegna`
    pub delivered: Option<String>,
    /// `ricezione`
    pub received: Vec<String>,
    /// `errore-esteso`
    pub error: Option<String>,
}

impl Data {
    /// The document as most providers lay it out.
    pub fn xml(&self) -> String {
        let mut out = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<postacert tipo=\"{}\" errore=\"{}\">\n    <intestazione>\n",
            self.tipo, self.errore
        );
        let mut put = |depth: usize, name: &str, attribute: &str, text: &str| {
            out.push_str(&format!("{}<{name}{attribute}>{}</{name}>\n", "    ".repeat(depth), escaped(text)));
        };
        put(2, "mittente", "", &self.sender);
        for (address, tipo) in &self.recipients {
            put(2, "destinatari", &format!(" tipo=\"{tipo}\""), address);
        }
        put(2, "risposte", "", &self.reply_to);
        put(2, "oggetto", "", &self.subject);
        out.push_str("    </intestazione>\n    <dati>\n");
        let [day, time, zone] = &self.time;
        out.push_str(&format!(
            "        <gestore-emittente>{}</gestore-emittente>\n        <data zona=\"{zone}\">\n            \
             <giorno>{day}</giorno>\n            <ora>{time}</ora>\n        </data>\n",
            escaped(&self.provider)
        ));
        let mut put = |name: &str, text: &str| {
            out.push_str(&format!("        <{name}>{}</{name}>\n", escaped(text)));
        };
        put("identificativo", &self.id);
        if let Some(id) = &self.client_id {
            put("msgid", id);
        }
        if let Some(receipt) = &self.receipt {
            out.push_str(&format!("        <ricevuta tipo=\"{receipt}\" />\n"));
        }
        let mut put = |name: &str, text: &str| {
            out.push_str(&format!("        <{name}>{}</{name}>\n", escaped(text)));
        };
        if let Some(address) = &self.delivered {
            put("consegna", address);
        }
        for address in &self.received {
            put("ricezione", address);
        }
        if let Some(error) = &self.error {
            put("errore-esteso", error);
        }
        out.push_str("    </dati>\n</postacert>\n");
        out
    }

    /// What an envelope of another provider certifies, read from its certification data.
    pub fn of_envelope(data: &[Element]) -> Option<Data> {
        let one = |name: &str| texts(data, name).first().map(|text| (*text).to_owned());
        let attribute = |element: &Element| element.attribute("tipo").map(str::to_owned);
        let receipt = data.iter().find(|element| element.name == "ricevuta").and_then(attribute);
        let recipients = data.iter().filter(|element| element.name == "destinatari");
        let kind =
            |element: &Element| if element.attribute("tipo") == Some("esterno") { "esterno" } else { "certificato" };
        Some(Data {
            tipo: "posta-certificata".into(),
            errore: "nessuno".into(),
            sender: one("mittente")?,
            recipients: recipients.map(|element| (element.text.clone(), kind(element))).collect(),
            reply_to: one("risposte").unwrap_or_default(),
            subject: one("oggetto").unwrap_or_default(),
            provider: one("gestore-emittente")?,
            time: [one("giorno")?, one("ora")?, "+0000".into()],
            id: one("identificativo")?,
            client_id: one("msgid"),
            receipt,
            delivered: None,
            received: Vec::new(),
            error: None,
        })
    }
}

/// A message before its signature.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Header fields of the outer message, without those of MIME.
    pub header: Vec<(String, String)>,
    /// Parts of the signed `multipart/mixed`, each with its header: text, certification data, original.
    pub parts: Vec<Vec<u8>>,
    /// What the certification data say.
    pub data: Data,
    /// The original that an envelope carries.
    pub original: Vec<u8>,
}

impl Draft {
    /// Sets or, with `None`, removes a header field; a field that stands already keeps its place.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        let place = self.header.iter().position(|(key, _)| key.eq_ignore_ascii_case(name));
        match (place, value) {
            (Some(place), Some(value)) => {
                if let Some(field) = self.header.get_mut(place) {
                    value.clone_into(&mut field.1);
                }
            }
            (Some(_), None) => self.header.retain(|(key, _)| !key.eq_ignore_ascii_case(name)),
            (None, Some(value)) => self.header.push((name.to_owned(), value.to_owned())),
            (None, None) => {}
        }
    }

    /// Replaces the certification data by this document.
    pub fn put_xml(&mut self, xml: &str) {
        self.put(1, data_part(xml.as_bytes()));
    }

    /// Writes the certification data anew after a change of [`Draft::data`].
    pub fn renew(&mut self) {
        self.put_xml(&self.data.xml());
    }

    /// Replaces a part.
    pub fn put(&mut self, number: usize, part: Vec<u8>) {
        if let Some(place) = self.parts.get_mut(number) {
            *place = part;
        }
    }

    /// The header block, without the blank line.
    pub fn block(&self) -> String {
        self.header.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect()
    }

    /// The entity to sign.
    pub fn entity(&self) -> Vec<u8> {
        mixed(&self.parts, "----=_parti")
    }
}

/// A `multipart/mixed` of whole parts.
pub fn mixed(parts: &[Vec<u8>], boundary: &str) -> Vec<u8> {
    let mut out = format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n").into_bytes();
    for part in parts {
        out.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        out.extend_from_slice(part);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("--{boundary}--").as_bytes());
    out
}

/// The text for people, in ASCII.
pub fn text_part(text: &str) -> Vec<u8> {
    format!("Content-Type: text/plain; charset=ISO-8859-1\r\nContent-Transfer-Encoding: 7bit\r\n\r\n{text}\r\n").into()
}

/// `daticert.xml` in base64.
pub fn data_part(xml: &[u8]) -> Vec<u8> {
    let mut out = String::from(
        "Content-Type: application/xml; name=\"daticert.xml\"\r\nContent-Disposition: inline; filename=\"daticert.xml\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n",
    );
    for line in STANDARD.encode(xml).as_bytes().chunks(76) {
        out.push_str(&String::from_utf8_lossy(line));
        out.push_str("\r\n");
    }
    out.into_bytes()
}

/// `postacert.eml`.
pub fn original_part(original: &[u8]) -> Vec<u8> {
    let header = "Content-Type: message/rfc822; name=\"postacert.eml\"\r\n\
                  Content-Disposition: inline; filename=\"postacert.eml\"\r\nContent-Transfer-Encoding: 7bit\r\n\r\n";
    [header.as_bytes(), original].concat()
}

/// A message from a sender to a recipient by a client, with the identifier put in as the Access Point does
/// (§2.2.1): `fields` are those of the client but for its Message-ID.
pub fn original(fields: &str, id: &str, client_id: &str, body: &str) -> Vec<u8> {
    format!("{fields}Message-ID: <{id}>\r\nX-Riferimento-Message-ID: {client_id}\r\n{body}").into_bytes()
}

/// The raw value of a field of a message, or nothing.
pub fn field(message: &[u8], name: &str) -> String {
    Entity::parse(message).field(name).unwrap_or_default()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judges::Judges;
    use crate::xml::elements;

    #[test]
    fn data_are_valid_by_the_dtd_and_read_back_alike() {
        let data = Data {
            tipo: "posta-certificata".into(),
            errore: "nessuno".into(),
            sender: "anna@giudice.example".into(),
            recipients: vec![("bob@alfa.example".into(), "certificato"), ("eva@x.example".into(), "esterno")],
            reply_to: "anna@giudice.example".into(),
            subject: "a < b & c".into(),
            provider: "Giudice".into(),
            time: ["14/06/2049".into(), "14:36:08".into(), "+0200".into()],
            id: "1@giudice.example".into(),
            client_id: Some("<1@pc>".into()),
            receipt: Some("breve".into()),
            delivered: None,
            received: Vec::new(),
            error: None,
        };
        let canonical = Judges::new(None).unwrap().certification_data(data.xml().as_bytes()).unwrap().unwrap();
        let read = Data::of_envelope(&elements(&canonical)).unwrap();
        assert_eq!((read.subject, read.client_id, read.receipt), (data.subject, data.client_id, data.receipt));
        assert_eq!(read.recipients, data.recipients);
    }
}
