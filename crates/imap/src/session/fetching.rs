//! FETCH (RFC 9051 §6.4.5): what is wanted of which messages, and one response for each.

use std::ops::Range;

use bytes::Bytes;
use holder::{Denied, Entry, FolderId, MessageId, SystemFlags, UidSet, Want};
use pec::header::Header;
use pec::mime::{Structure, structure};

use super::ahead::Ahead;
use super::changes::words;
use super::end::{DAMAGED, Stop};
use super::sections::{self, Needs, Piece};
use super::sending::{Went, content, first_run};
use super::sets;
use super::state::{HEAVY_PAGE, PAGE, Session};
use crate::command::{Fetch, FetchAttribute, Section, SectionText};
use crate::response::{Code, attached_headers};
use crate::tag::Tag;

/// The most octets of attached messages' headers for one BODYSTRUCTURE: what is beyond has an envelope of nothing.
const ATTACHED: usize = 256 << 10;

/// What a FETCH asks, made ready.
struct Plan {
    attributes: Vec<FetchAttribute>,
    want: Want,
    /// Whether it marks what it reads.
    marks: bool,
    mod_seq: bool,
}

/// A message, with what is asked of it as far as that can be said without reading.
struct Ready {
    entry: Entry,
    /// The kept structure, where one is wanted and can be read.
    structure: Option<Structure>,
}

impl Plan {
    fn new(mut attributes: Vec<FetchAttribute>, uid: bool, changed: bool) -> Result<Self, Stop> {
        use FetchAttribute as A;
        let mut first = |attribute| {
            if !attributes.contains(&attribute) {
                attributes.insert(0, attribute);
            }
        };
        if changed {
            first(A::ModSeq);
        }
        if uid {
            first(A::Uid);
        }
        let mut plan = Self { attributes, want: Want::default(), marks: false, mod_seq: false };
        for attribute in &plan.attributes {
            let needs = content(attribute).map(|(section, ..)| Needs::of(section)).unwrap_or_default();
            plan.want.header |= needs.header || matches!(attribute, A::Envelope | A::Preview { .. });
            plan.want.structure |=
                needs.structure || matches!(attribute, A::Body | A::BodyStructure | A::Preview { .. });
            plan.want.structure |= match attribute {
                A::Binary { part, .. } | A::BinarySize(part) => !part.is_empty(),
                _ => false,
            };
            plan.marks |= matches!(
                attribute,
                A::BodySection { peek: false, .. } | A::Binary { peek: false, .. } | A::Rfc822 | A::Rfc822Text
            );
            plan.mod_seq |= *attribute == A::ModSeq;
        }
        Ok(plan)
    }

    fn page(&self) -> usize {
        // What is marked is soon sent: a connection that breaks leaves few messages seen that nobody saw.
        if self.want.header || self.want.structure || self.marks { HEAVY_PAGE } else { PAGE }
    }
}

impl Ready {
    fn of(entry: Entry) -> Self {
        let structure = entry.structure.as_ref().and_then(|kept| Structure::from_bytes(kept).ok());
        Self { entry, structure }
    }

    /// The octets that are told of it first, item by item.
    fn first_runs<'a>(&'a self, plan: &'a Plan) -> impl Iterator<Item = (MessageId, Range<u64>)> + 'a {
        let Self { entry, structure } = self;
        // Fields are looked for in a header, which comes with the entry or is read by itself.
        let told = plan.attributes.iter().filter_map(content).filter(|(section, ..)| !sections::is_fields(section));
        told.filter_map(move |(section, partial, _)| {
            let piece = sections::find(section, entry.size, entry.header.as_ref(), structure.as_ref());
            match piece.cut(partial) {
                Piece::Range(range) => Some((entry.message, first_run(&range))),
                Piece::Octets(_) | Piece::Missing => None,
            }
        })
    }
}

impl Session<'_> {
    pub(super) async fn fetch(&mut self, tag: &Tag, uid: bool, fetch: Fetch) -> Result<(), Stop> {
        let Fetch { set, attributes, modifiers } = fetch;
        self.selected()?;
        if modifiers.vanished && !(uid && self.enabled.qresync) {
            return Err(Stop::bad("VANISHED is for UID FETCH after ENABLE QRESYNC"));
        }
        let plan = Plan::new(attributes, uid, modifiers.changed_since.is_some())?;
        if plan.mod_seq {
            self.enable_condstore();
        }
        let mut uids = self.resolve(uid, &set).await?;
        let folder = self.selected()?.folder;
        if let Some(since) = modifiers.changed_since.filter(|_| modifiers.vanished) {
            // What went may have been the last there was: `*` is up to there.
            let last = self.folder_now().await?.uid_next.saturating_sub(1);
            let asked = UidSet::from_ranges(set.resolve(last).unwrap_or_default());
            self.tell_vanished(folder, since, &asked).await?;
        }
        if let Some(since) = modifiers.changed_since {
            uids = sets::both(&uids, &self.opened()?.changed(folder, since).await?);
        }
        let (mut went, limit, mut found) = (Went::default(), plan.page(), 0);
        for piece in sets::pieces(&uids, limit) {
            let mut page = self.opened()?.entries(folder, &piece, plan.want, limit).await?;
            found += page.len() as u64;
            self.learn_keywords(&page);
            let marked = if plan.marks { self.mark(folder, &mut page).await? } else { UidSet::default() };
            let page: Vec<Ready> = page.into_iter().map(Ready::of).collect();
            went.ahead = Ahead::of(page.iter().flat_map(|ready| ready.first_runs(&plan)));
            for ready in page {
                let uid = ready.entry.uid;
                let Some(number) = self.selected()?.numbers.number(uid) else { continue };
                self.tell(number, ready, &plan, marked.contains(uid), &mut went).await?;
                self.relieve().await?;
            }
        }
        if went.damaged {
            return Err(Stop::no(Code::Corruption, DAMAGED));
        }
        if went.failed {
            return Err(Stop::no(Code::Unavailable, "some messages could not be read; try again later"));
        }
        if went.unknown {
            return Err(Stop::no(
                Code::UnknownCte,
                "a part is in an encoding that is not known: fetch it as it stands",
            ));
        }
        went.gone |= modifiers.changed_since.is_none() && found < uids.len();
        // By UID, who asks for what is gone is told of that before the end.
        let code = (went.gone && !uid).then_some(Code::ExpungeIssued);
        self.finish(tag, uid, code, "done").await
    }

    /// Marks messages as seen, where they are not and may be; those that were.
    async fn mark(&mut self, folder: FolderId, page: &mut [Entry]) -> Result<UidSet, Stop> {
        let unseen = |entry: &&Entry| !entry.flags.system.contains(SystemFlags::SEEN);
        let uids: UidSet = page.iter().filter(unseen).map(|entry| entry.uid).collect();
        let (opened, selected) = self.at_work()?;
        if uids.is_empty() || selected.read_only {
            return Ok(UidSet::default());
        }
        let changed = match opened.seen(folder, uids, selected.own.known()).await {
            Ok(changed) => changed,
            Err(Denied::Over) => return Err(Denied::Over.into()),
            // What can be read is read, though it cannot be marked.
            Err(denied) => {
                drop(Stop::from(denied));
                return Ok(UidSet::default());
            }
        };
        selected.own.changed(&changed);
        for entry in page.iter_mut().filter(|entry| changed.changed.contains(entry.uid)) {
            entry.flags.system = entry.flags.system.with(SystemFlags::SEEN);
            entry.modseq = changed.modseq;
        }
        Ok(changed.changed)
    }

    /// One FETCH response.
    async fn tell(
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
        let flags = match &self.selected {
            Some(selected) if marked || plan.attributes.contains(&A::Flags) => words(entry, &selected.recent),
            _ => Vec::new(),
        };
        let empty = Bytes::new();
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
            match attribute {
                A::Flags => response.flags(&flags),
                A::Uid => response.uid(entry.uid),
                A::InternalDate => response.internal_date(entry.internal_date),
                A::SaveDate => response.save_date(entry.saved),
                A::Rfc822Size => response.size(entry.size),
                A::ModSeq => response.mod_seq(entry.modseq),
                A::EmailId => response.email_id(&format!("M{}", entry.message.0)),
                A::ThreadId => response.thread_id(None),
                A::Envelope => response.envelope(&Header::parse(entry.header.as_ref().unwrap_or(&empty))),
                A::Body | A::BodyStructure => {
                    let nothing = pec::mime::structure(b"");
                    let structure = structure.as_ref().unwrap_or(&nothing);
                    match attribute {
                        A::Body => response.body(structure, &attached),
                        _ => response.body_structure(structure, &attached),
                    }
                }
                // Those with octets were told, and those that are not offered refused.
                _ => continue,
            };
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
