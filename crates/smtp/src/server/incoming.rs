//! One message on its way in, as a session holds it.

use bytes::BytesMut;
use guard::{Arrival, Pace};

use super::body::Body;

/// A message under way.
pub(super) struct Incoming {
    /// In `Received` and in the log.
    pub(super) id: String,
    /// Octets of our `Received` field, which the message begins with.
    pub(super) received_len: usize,
    pub(super) body: Body,
    pub(super) arrival: Arrival,
    pub(super) pace: Pace,
    /// There was no room for it: what follows is read and forgotten.
    no_room: bool,
}

impl Incoming {
    /// A message that begins with `received`.
    pub(super) fn new(id: String, received: &str, body: Body, mut arrival: Arrival, pace: Pace) -> Self {
        arrival.recent().extend_from_slice(received.as_bytes());
        Self { id, received_len: received.len(), body, arrival, pace, no_room: false }
    }

    /// Nothing of it is kept any more, whatever follows.
    pub(super) fn is_refused(&self) -> bool {
        self.no_room || self.body.fault().is_some()
    }

    /// No room was found for what came.
    pub(super) fn refuse(&mut self) {
        self.no_room = true;
        self.arrival.discard();
    }

    /// What came by DATA; whether the end was found.
    pub(super) fn data(&mut self, input: &mut BytesMut) -> bool {
        let here = input.len();
        let ended = self.body.data(input, self.arrival.recent());
        self.took(here - input.len());
        ended
    }

    /// What came by BDAT.
    pub(super) fn chunk(&mut self, octets: &[u8]) {
        self.body.chunk(octets, self.arrival.recent());
        self.took(octets.len());
    }

    fn took(&mut self, octets: usize) {
        self.pace.took(octets);
        if self.is_refused() {
            self.arrival.discard();
        }
    }

    /// Whether no room was found for what came.
    pub(super) fn lacks_room(&self) -> bool {
        self.no_room
    }
}
