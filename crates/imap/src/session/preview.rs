//! PREVIEW (RFC 8970): the first words of what a person reads.
//!
//! They are made when they are asked for, of few octets: nothing is kept, and nobody has to be told that they are not ready.
//! Of a certified envelope they are those of the message in it: around that stands the same text in every envelope. Of a receipt
//! they are the receipt's own.

use holder::Entry;
use pec::header::Header;
use pec::mime::Structure;

use super::end::Stop;
use super::sending::Went;
use super::state::{RUN, Session};

/// Characters (RFC 8970 §4: 200 at most).
const LONGEST: usize = 200;
/// Octets of a plain text that are read: enough for as many characters in any encoding, and blanks between them.
const PLAIN: usize = 4 << 10;
/// What an envelope of any kind has in its header [R-3.1.5-c].
const TRANSPORT: &str = "X-Trasporto";

impl Session<'_> {
    /// The preview of a message; empty where it has no text, `None` where that cannot be read.
    pub(super) async fn preview(
        &mut self,
        entry: &Entry,
        structure: Option<&Structure>,
        went: &mut Went,
    ) -> Result<Option<String>, Stop> {
        let Some(structure) = structure else { return Ok(None) };
        let envelope = entry.header.as_ref().is_some_and(|header| Header::parse(header).count(TRANSPORT) > 0);
        let original = if envelope { structure.root.first_message() } else { None };
        let text = original.unwrap_or(&structure.root).first_text();
        let Some(text) = text.or_else(|| structure.root.first_text()) else { return Ok(Some(String::new())) };
        let body = text.body();
        // What a page of HTML begins with is not read by anybody.
        let most = if text.sub == "html" { RUN } else { PLAIN };
        let end = body.end.min(body.start + most);
        let octets = self.octets(entry, body.start as u64..end as u64, went).await?;
        Ok(octets.map(|octets| text.words(&octets, LONGEST)))
    }
}
