//! The outer header of an envelope or notification, in the order of names that providers use.

use bytes::Bytes;

use super::{inherit, words};
use crate::header::Header;
use crate::limits::LINE;
use crate::{Kind, Moment};

/// The fields above the entity, each ended by CRLF.
#[derive(Default)]
pub(super) struct Outer(Vec<u8>);

impl Outer {
    /// All fields called `name` of a foreign header, in order [R-3.1.5-a], as [`inherit::field`] writes them.
    pub fn inherit(&mut self, header: &Header, name: &str) {
        header.raw(name).filter_map(|raw| inherit::field(name, raw)).for_each(|field| self.0.extend(field));
    }

    /// Only the first such field, where a second would contradict it, and not when it says nothing. Says whether there
    /// was one.
    pub fn inherit_first(&mut self, header: &Header, name: &str) -> bool {
        let says = header.value(name).is_some_and(|value| !value.is_empty());
        let first = header.raw(name).next().filter(|_| says).and_then(|raw| inherit::field(name, raw));
        first.is_some_and(|field| {
            self.0.extend(field);
            true
        })
    }

    /// `Date`: the instant of the certified event [R-4.1-a].
    pub fn date(&mut self, moment: Moment) {
        self.field("Date", &moment.rfc5322());
    }

    /// `From` of a notification: the service address [R-2.1-d]; no `Sender`, which could only repeat it [R-2.1-e].
    pub fn service(&mut self, service: &str) {
        self.field("From", service);
    }

    /// `From` of an envelope [R-3.1.5-f].
    pub fn on_behalf(&mut self, sender: &str, service: &str) {
        self.0.extend_from_slice(words::on_behalf(sender, service).as_bytes());
    }

    /// `Message-ID`, brackets added.
    pub fn message_id(&mut self, id: &str) {
        self.field("Message-ID", &format!("<{id}>"));
    }

    /// `Subject` with the prefix of the kind.
    pub fn subject(&mut self, kind: Kind, original: Option<&str>) {
        self.0.extend_from_slice(words::subject(kind.subject_prefix(), original.unwrap_or_default()).as_bytes());
    }

    /// The fields by which readers know the kind (§2.1) [R-2.1-g].
    pub fn marks(&mut self, kind: Kind) {
        if let Some(value) = kind.x_trasporto() {
            self.field("X-Trasporto", value);
        }
        if let Some(value) = kind.x_ricevuta() {
            self.field("X-Ricevuta", value);
        }
        if kind.security_error() {
            self.field("X-VerificaSicurezza", "errore");
        }
    }

    /// `X-Riferimento-Message-ID`; none when the client gave none [R-2.2.1-e].
    pub fn reference(&mut self, message_id: Option<&str>) {
        if let Some(id) = message_id {
            self.0.extend_from_slice(words::reference(id).as_bytes());
        }
    }

    /// `In-Reply-To` and `References` (RFC 5322 §3.6.4, RFC 3834 §3.1.6): clients show a notification under its message, whether
    /// their copy of that has the client's Message-ID or the identifier, and under them what others answer. The norm names
    /// the fields that a notification must have, and bars no others.
    pub fn thread(&mut self, message_id: Option<&str>, identifier: &str) {
        let of_client = message_id.filter(|id| is_identifier(id)).map(str::to_owned);
        let certified = Some(format!("<{identifier}>")).filter(|id| is_identifier(id));
        let line = |name: &str, ids: &[&String]| match ids {
            [] => String::new(),
            ids => ids.iter().fold(format!("{name}:"), |line, id| line + "\r\n " + id) + "\r\n",
        };
        let both: Vec<&String> = of_client.iter().chain(&certified).collect();
        self.0.extend_from_slice(line("In-Reply-To", both.get(..1).unwrap_or_default()).as_bytes());
        self.0.extend_from_slice(line("References", &both).as_bytes());
    }

    /// Any other field with a value of ours.
    pub fn field(&mut self, name: &str, value: &str) {
        self.0.extend_from_slice(words::field(name, value).as_bytes());
    }

    pub fn into_bytes(self) -> Bytes {
        self.0.into()
    }
}

/// Whether a text is one identifier that threading programs read, and fits a line: others are passed over, for what stands
/// beside them would be misread.
fn is_identifier(id: &str) -> bool {
    let inner = id.strip_prefix('<').and_then(|id| id.strip_suffix('>'));
    inner.is_some_and(|id| {
        id.len() < LINE - 4
            && id.contains('@')
            && id.bytes().all(|b| matches!(b, b'!'..=b'~') && !matches!(b, b'<' | b'>'))
    })
}
