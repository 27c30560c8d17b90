//! `[smtp.limits]`: what one client may ask of the doors.

use std::time::Duration;

use serde::Deserialize;
use smtp::Door;

use crate::value;

/// `[smtp.limits]`. Octets, seconds, counts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DoorLimits {
    /// Octets of a command line.
    #[serde(deserialize_with = "value::size")]
    pub line: usize,
    /// Octets of a submitted header block; the incoming door takes what becomes of it in an envelope
    /// ([`pec::limits::envelope_header`]).
    #[serde(deserialize_with = "value::size")]
    pub header: usize,
    /// Recipients of one message [R-L-12-2].
    pub recipients: usize,
    /// Octets of a submitted message; above it a notice of non-acceptance [R-3.1.1-f].
    #[serde(deserialize_with = "value::size")]
    pub message: usize,
    /// Octets × recipients of a submitted message; above it a notice of non-acceptance [R-3.1.1-f] [R-L-12-2].
    #[serde(deserialize_with = "value::size")]
    pub product: usize,
    /// Octets of a submitted message above which SMTP itself refuses [R-3.1.1-h].
    #[serde(deserialize_with = "value::size")]
    pub refuse_above: usize,
    /// The same at the incoming door, where envelopes and receipts hold whole originals.
    #[serde(deserialize_with = "value::size")]
    pub incoming_refuse_above: usize,
    /// Time without a command or a data block.
    #[serde(deserialize_with = "value::duration")]
    pub idle: Duration,
    /// Time for one message.
    #[serde(deserialize_with = "value::duration")]
    pub data: Duration,
    /// Errors in one session.
    pub errors: u32,
    /// Failed authentications in one session.
    pub auth_failures: u32,
    /// Sessions of one door at once.
    pub sessions: usize,
    /// Sessions of one door and one address at once.
    pub sessions_per_peer: usize,
    /// Messages per minute from one login.
    pub messages_per_minute: u32,
    /// Messages per minute from one address at the incoming door.
    pub incoming_messages_per_minute: u32,
    /// Octets of message bodies in flight through all doors.
    #[serde(deserialize_with = "value::size")]
    pub in_flight: usize,
}

impl Default for DoorLimits {
    fn default() -> Self {
        Self {
            // RFC 4954 §4: an AUTH line may have 12288 octets.
            line: 12_288,
            header: pec::limits::HEADER,
            recipients: 500,
            message: 50 << 20,
            product: 500 << 20,
            refuse_above: 80 << 20,
            incoming_refuse_above: 150 << 20,
            // RFC 5321 §4.5.3.2.7
            idle: Duration::from_secs(300),
            data: Duration::from_secs(1800),
            errors: 20,
            auth_failures: 3,
            sessions: 1000,
            sessions_per_peer: 50,
            messages_per_minute: 120,
            incoming_messages_per_minute: 6000,
            in_flight: 512 << 20,
        }
    }
}

impl DoorLimits {
    /// The limits of one door, as the SMTP server takes them.
    pub fn door(&self, door: Door) -> smtp::Limits {
        let incoming = matches!(door, Door::Incoming);
        smtp::Limits {
            line: self.line,
            // An envelope's header holds that of its original, and grows on the way.
            header: if incoming { pec::limits::envelope_header(self.header) } else { self.header },
            recipients: self.recipients,
            message: if incoming { self.incoming_refuse_above } else { self.refuse_above },
            idle: self.idle.as_secs(),
            errors: self.errors,
            auth_failures: self.auth_failures,
            sessions: self.sessions,
            sessions_per_peer: self.sessions_per_peer,
            messages_per_minute: if incoming { self.incoming_messages_per_minute } else { self.messages_per_minute },
        }
    }

    /// The limits of the formal checks at the Access Point [R-3.1.1-f].
    pub fn formal(&self) -> pec::formal::Limits {
        pec::formal::Limits { message: self.message, product: self.product, recipients: self.recipients }
    }
}
