//! FETCH (RFC 9051 §6.4.5): what is wanted of which messages, and one response for each.

use std::ops::Range;

use holder::{Coming, Denied, Entry, FolderId, MessageId, SystemFlags, UidSet, Want};
use pec::mime::Structure;

use super::ahead::Ahead;
use super::end::{DAMAGED, Stop};
use super::sections::{self, Needs, Piece};
use super::sending::{Went, content, first_run};
use super::sets;
use super::state::{HEAVY_PAGE, PAGE, Session};
use crate::command::{Fetch, FetchAttribute};
use crate::response::Code;
use crate::tag::Tag;

/// What a FETCH asks, made ready.
pub(super) struct Plan {
    pub(super) attributes: Vec<FetchAttribute>,
    pub(super) want: Want,
    /// Whether more must be read of a message than its entry.
    reads: bool,
    /// Whether it marks what it reads.
    marks: bool,
    pub(super) mod_seq: bool,
}

/// A message, with what is asked of it as far as that can be said without reading.
pub(super) struct Ready {
    pub(super) entry: Entry,
    /// The kept structure, where one is wanted and can be read.
    pub(super) structure: Option<Structure>,
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
        let mut plan = Self { attributes, want: Want::default(), reads: false, marks: false, mod_seq: false };
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
            plan.reads |= plan.want.structure
                || content(attribute).is_some()
                || matches!(attribute, A::Binary { .. } | A::BinarySize(_) | A::Preview { .. });
        }
        Ok(plan)
    }

    fn page(&self) -> usize {
        // What is marked is soon sent: a connection that breaks leaves few messages seen that nobody saw. Two pages are in memory
        // at once: the one that is told, and the next.
        let page = if self.want.header || self.want.structure || self.marks { HEAVY_PAGE } else { PAGE };
        page / 2
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
        let mut pieces = sets::pieces(&uids, limit);
        let mut coming = self.page_ahead(folder, pieces.next(), &plan).await?;
        while let Some(page) = coming {
            let mut page = self.opened()?.arrived(page).await?;
            coming = self.page_ahead(folder, pieces.next(), &plan).await?;
            found += page.len() as u64;
            self.learn_keywords(&page);
            let marked = if plan.marks { self.mark(folder, &mut page).await? } else { UidSet::default() };
            if !plan.reads {
                self.tell_known(&page, &plan).await?;
                continue;
            }
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

    /// The next entries, which are read while the former ones are told.
    async fn page_ahead(
        &mut self,
        folder: FolderId,
        uids: Option<UidSet>,
        plan: &Plan,
    ) -> Result<Option<Coming<Vec<Entry>>>, Stop> {
        let Some(uids) = uids else { return Ok(None) };
        Ok(Some(self.opened()?.entries_ahead(folder, uids, plan.want, plan.page()).await?))
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
}
