//! What is told of a message: one FETCH response (RFC 9051 §7.5.2), from what its entry has and what is read of it.

use bytes::Bytes;
use holder::Entry;
use pec::header::Header;
use pec::mime::{Structure, structure};

use super::changes::words;
use super::end::Stop;
use super::fetching::{Plan, Ready};
use super::sections::{self, Piece};
use super::sending::{Went, content};
use super::state::Session;
use crate::command::{FetchAttribute, Section, SectionText};
use crate::response::{FetchResponse, attached_headers};

/// The most octets of attached messages' headers for one BODYSTRUCTURE: what is beyond has an envelope of nothing.
const ATTACHED: usize = 256 << 10;

/// An item that the entry has; `false`: it is none of these.
fn known(response: &mut FetchResponse<'_>, attribute: &FetchAttribute, entry: &Entry, flags: &[&str]) -> bool {
    use FetchAttribute as A;
    match attribute {
        A::Flags => response.flags(flags),
        A::Uid => response.uid(entry.uid),
        A::InternalDate => response.internal_date(entry.internal_date),
        A::SaveDate => response.save_date(entry.saved),
        A::Rfc822Size => response.size(entry.size),
        A::ModSeq => response.mod_seq(entry.modseq),
        A::EmailId => response.email_id(&format!("M{}", entry.message.0)),
        A::ThreadId => response.thread_id(None),
        A::Envelope => response.envelope(&Header::parse(entry.header.as_ref().unwrap_or(&Bytes::new()))),
        _ => return false,
    };
    true
}

impl Session<'_> {
    /// Responses for which nothing more is read.
    pub(super) async fn tell_known(&mut self, page: &[Entry], plan: &Plan) -> Result<(), Stop> {
        for entry in page {
            let Some(number) = self.selected()?.numbers.number(entry.uid) else { continue };
            let flags = self.flags_of(entry, plan, false);
            let mut response = self.out.fetch(number);
            for attribute in &plan.attributes {
                known(&mut response, attribute, entry, &flags);
            }
            response.end();
            self.relieve().await?;
        }
        Ok(())
    }

    fn flags_of<'e>(&self, entry: &'e Entry, plan: &Plan, marked: bool) -> Vec<&'e str> {
        match &self.selected {
            Some(selected) if marked || plan.attributes.contains(&FetchAttribute::Flags) => {
                words(entry, &selected.recent)
            }
            _ => Vec::new(),
        }
    }

    /// One FETCH response, with what is read for it.
    pub(super) async fn tell(
        &mut self,
        number: u32,
        ready: Ready,
        plan: &Plan,
        marked: bool,
        went: &mut Went,
    ) -> Result<(), Stop> {
        use FetchAttribute as A;
        let Ready { entry, mut structure } = ready;
        let entry = &entry;
        if plan.want.structure && structure.is_none() {
            structure = self.made_anew(entry, went).await?;
        }
        let shows = |attribute: &A| matches!(attribute, A::Body | A::BodyStructure);
        let attached = match &structure {
            Some(structure) if plan.attributes.iter().any(shows) => self.attached(entry, structure).await?,
            _ => Vec::new(),
        };
        let flags = self.flags_of(entry, plan, marked);
        let mut first = true;
        for attribute in &plan.attributes {
            if let Some((section, partial, name)) = content(attribute) {
                let piece = sections::find(section, entry.size, entry.header.as_ref(), structure.as_ref());
                let piece = self.fields_of(entry, section, piece, went).await?.cut(partial);
                self.send((number, first), entry, &name, piece, went).await?;
                first = false;
                continue;
            }
            if let A::Binary { part, partial, .. } = attribute {
                self.send_decoded((number, first), entry, part, *partial, structure.as_ref(), went).await?;
                first = false;
                continue;
            }
            if let A::Preview { .. } = attribute {
                let preview = self.preview(entry, structure.as_ref(), went).await?;
                let mut response = if first { self.out.fetch(number) } else { self.out.fetch_on() };
                response.preview(preview.as_deref());
                first = false;
                continue;
            }
            if let A::BinarySize(part) = attribute {
                let size = self.decoded_size(entry, part, structure.as_ref(), went).await?;
                let mut response = if first { self.out.fetch(number) } else { self.out.fetch_on() };
                response.binary_size(part, size);
                first = false;
                continue;
            }
            let mut response = if first { self.out.fetch(number) } else { self.out.fetch_on() };
            if !known(&mut response, attribute, entry, &flags) {
                let nothing = pec::mime::structure(b"");
                let structure = structure.as_ref().unwrap_or(&nothing);
                match attribute {
                    A::Body => response.body(structure, &attached),
                    A::BodyStructure => response.body_structure(structure, &attached),
                    // Those with octets were told, and those that are not offered refused.
                    _ => continue,
                };
            }
            first = false;
        }
        let mut response = self.out.fetch_on();
        if marked && !plan.attributes.contains(&A::Flags) {
            response.flags(&flags);
        }
        if marked && self.enabled.condstore && !plan.mod_seq {
            response.mod_seq(entry.modseq);
        }
        response.end();
        Ok(())
    }

    /// The structure of a message of which none is kept that can be read.
    async fn made_anew(&mut self, entry: &Entry, went: &mut Went) -> Result<Option<Structure>, Stop> {
        Ok(self.octets(entry, 0..entry.size, went).await?.map(|message| structure(&message)))
    }

    async fn attached(&mut self, entry: &Entry, structure: &Structure) -> Result<Vec<Bytes>, Stop> {
        let (mut read, mut left) = (Vec::new(), ATTACHED);
        for range in attached_headers(structure) {
            left = left.saturating_sub(range.len());
            if left == 0 {
                break;
            }
            let octets = self.octets(entry, range.start as u64..range.end as u64, &mut Went::default()).await?;
            read.push(octets.unwrap_or_default());
        }
        Ok(read)
    }

    /// `HEADER.FIELDS` of an attached message.
    async fn fields_of(
        &mut self,
        entry: &Entry,
        section: &Section,
        piece: Piece,
        went: &mut Went,
    ) -> Result<Piece, Stop> {
        let (names, with) = match &section.text {
            Some(SectionText::HeaderFields(names)) => (names, true),
            Some(SectionText::HeaderFieldsNot(names)) => (names, false),
            _ => return Ok(piece),
        };
        let Piece::Range(range) = piece else { return Ok(piece) };
        let range = range.start..range.end.min(range.start + ATTACHED as u64);
        let header = self.octets(entry, range, went).await?;
        Ok(header.map_or(Piece::Missing, |header| Piece::Octets(sections::fields(&header, names, with))))
    }
}
