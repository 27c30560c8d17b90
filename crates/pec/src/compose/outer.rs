//! The outer header of an envelope or notification, in the order of names that providers use.

use bytes::Bytes;

use super::words;
use crate::header::Header;
use crate::{Kind, Moment};

/// The fields above the entity, each ended by CRLF.
#[derive(Default)]
pub(super) struct Outer(Vec<u8>);

impl Outer {
    /// All fields called `name` of a foreign header, in order and with their exact bytes
    /// [R-3.1.5-a]: also octets above 127 and lines over 998 octets stay. Only line ends are made
    /// CRLF, and a lone CR inside a line a blank, so that no field can end earlier than its sender
    /// could have it end. Says whether there was any.
    pub fn inherit(&mut self, header: &Header, name: &str) -> bool {
        let before = self.0.len();
        header.raw(name).for_each(|raw| self.raw(raw));
        self.0.len() > before
    }

    /// Only the first such field, where a second would contradict it, and not when it says nothing.
    pub fn inherit_first(&mut self, header: &Header, name: &str) -> bool {
        let says = header.value(name).is_some_and(|value| !value.is_empty());
        let first = header.raw(name).next().filter(|_| says);
        first.into_iter().for_each(|raw| self.raw(raw));
        first.is_some()
    }

    fn raw(&mut self, raw: &[u8]) {
        for line in raw.split_inclusive(|&b| b == b'\n') {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            self.0.extend(line.iter().map(|&b| if b == b'\r' { b' ' } else { b }));
            self.0.extend_from_slice(b"\r\n");
        }
    }

    /// `Date`: the instant of the certified event [R-4.1-a].
    pub fn date(&mut self, moment: Moment) {
        self.field("Date", &moment.rfc5322());
    }

    /// `From` of a notification: the service address [R-2.1-d]; no `Sender`, which could only repeat it [R-2.1-e] (Q-05).
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

    /// `X-Riferimento-Message-ID`; none when the client gave none [R-2.2.1-e] (Q-06).
    pub fn reference(&mut self, message_id: Option<&str>) {
        if let Some(id) = message_id {
            self.0.extend_from_slice(words::reference(id).as_bytes());
        }
    }

    /// Any other field with a value of ours.
    pub fn field(&mut self, name: &str, value: &str) {
        self.0.extend_from_slice(words::field(name, value).as_bytes());
    }

    pub fn into_bytes(self) -> Bytes {
        self.0.into()
    }
}
