//! Pictures in a document: those of the message are put inside it, those elsewhere are asked for only when somebody allowed it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use pec::mime::TransferEncoding;

use super::remote::Remote;
use crate::limits::Limits;
use crate::link;
use crate::picture::Picture;

/// The parts of a message that a document may name, by their Content-ID without brackets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inside(HashMap<String, (Bytes, TransferEncoding)>);

impl Inside {
    /// A part with its body as it stands; of several with one id the first counts.
    pub(crate) fn add(&mut self, id: &[u8], body: Bytes, encoding: TransferEncoding) {
        let id = link::bare_id(&String::from_utf8_lossy(id));
        if !id.is_empty() {
            self.0.entry(id).or_insert((body, encoding));
        }
    }
}

/// Where pictures come from, and how much of them is left.
#[derive(Debug)]
pub(super) struct Pictures {
    inside: Inside,
    remote: Remote,
    limits: Limits,
    spent: AtomicUsize,
    /// Octets of parts that were decoded, also in vain.
    decoded: AtomicUsize,
}

/// What stands for the address of a picture.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Shown {
    /// Where it comes from; `None`: nowhere.
    pub(super) address: Option<String>,
    /// Whether it lies elsewhere, and was not asked for.
    pub(super) is_blocked: bool,
}

impl Pictures {
    pub(super) fn new(inside: Inside, remote: Remote, limits: &Limits) -> Self {
        Self { inside, remote, limits: *limits, spent: AtomicUsize::new(0), decoded: AtomicUsize::new(0) }
    }

    /// What a document may have in the place of this address.
    pub(super) fn shown(&self, address: &str) -> Shown {
        let inside = |address| Shown { address, is_blocked: false };
        let head = address.trim_start().get(..5).unwrap_or_default();
        if head.eq_ignore_ascii_case("data:") {
            return inside(self.data(address.trim_start()));
        }
        if let Some(id) = link::content_id(address) {
            return inside(self.part(&id));
        }
        match (link::remote(address), self.remote) {
            (Some(address), Remote::Allowed) => inside(Some(address)),
            (Some(_), Remote::Blocked) => Shown { address: None, is_blocked: true },
            (None, _) => Shown::default(),
        }
    }

    /// Octets of parts that were decoded.
    #[cfg(test)]
    pub(super) fn decoded(&self) -> usize {
        self.decoded.load(Ordering::Relaxed)
    }

    fn part(&self, id: &str) -> Option<String> {
        let (body, encoding) = self.inside.0.get(id)?;
        // Base64 of a picture that fits, with its line ends.
        if body.len() > self.limits.picture.saturating_mul(3) {
            return None;
        }
        // A document can name a part a thousand times: what is decoded has a bound of its own, whatever comes of it.
        let most = self.limits.pictures.saturating_mul(4);
        let decode = |decoded: usize| decoded.checked_add(body.len()).filter(|sum| *sum <= most);
        self.decoded.fetch_update(Ordering::Relaxed, Ordering::Relaxed, decode).ok()?;
        self.put_in(&encoding.decode(body))
    }

    /// `data:image/png;base64,…`, whatever kind it says.
    fn data(&self, address: &str) -> Option<String> {
        let (head, body) = address.split_once(',')?;
        if !head.to_ascii_lowercase().trim_end().ends_with(";base64")
            || body.len() > self.limits.picture.saturating_mul(2)
        {
            return None;
        }
        let body = Bytes::copy_from_slice(body.as_bytes());
        self.put_in(&TransferEncoding::Base64.decode(&body))
    }

    /// The picture itself as an address, where its octets are one and there is room for it.
    fn put_in(&self, octets: &[u8]) -> Option<String> {
        let kind = Picture::of(octets)?;
        let fits = octets.len() <= self.limits.picture && kind.pixels(octets)? <= self.limits.pixels;
        let spend = |spent: usize| spent.checked_add(octets.len()).filter(|sum| *sum <= self.limits.pictures);
        if !fits || self.spent.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend).is_err() {
            return None;
        }
        Some(format!("data:{};base64,{}", kind.media(), STANDARD.encode(octets)))
    }
}
