//! A message, and everything that can be asked of it.

use bytes::Bytes;
use pec::mime::{Content, Part, Structure, structure};

use crate::attachment::Attachment;
use crate::html::{self, Inside, Page, Remote};
use crate::limits::Limits;
use crate::parts::Sorted;
use crate::path::PartPath;
use crate::shown::{self, Shown};
use crate::text::Text;

/// A message of somebody's: octets, and where their parts stand. Cloning copies references.
#[derive(Clone, Debug)]
pub struct Message {
    octets: Bytes,
    structure: Structure,
    limits: Limits,
}

impl Message {
    /// Finds the parts of a message; any octets are one. Takes time linear in its length.
    pub fn read(octets: Bytes, limits: Limits) -> Self {
        Self { structure: structure(&octets), octets, limits }
    }

    /// What is shown first. Each attachment is decoded once, in pieces, to tell its length.
    pub fn shown(&self) -> Shown {
        Shown::of(&self.octets, &self.structure.root, &self.limits)
    }

    /// Its HTML as a document for a frame; `None` where it has none.
    pub fn page(&self, remote: Remote) -> Option<Page> {
        let part = Sorted::of(&self.structure.root).html?;
        let (text, is_cut) = shown::html_of(&self.octets, part, &self.limits);
        Some(html::page(&text, is_cut, self.inside(), remote, &self.limits))
    }

    /// The octets of the part at `path`, decoded: of an attachment the file as it was attached, of an attached message
    /// all of it. `None` where there is no such part, and for a container of others.
    pub fn part(&self, path: &PartPath) -> Option<Bytes> {
        let part = path.find(&self.structure.root)?;
        match part.content {
            Content::Multipart(_) => None,
            // What it stands in has no encoding, or it would not have been opened (RFC 2046 §5.2.1).
            Content::Message(_) => self.body(part),
            Content::Single => Some(part.transfer().decode(&self.body(part)?)),
        }
    }

    /// The attachment at `path`, as [`Shown`] has it; `None` where nothing is attached.
    pub fn attachment(&self, path: &PartPath) -> Option<Attachment> {
        let sorted = Sorted::of(&self.structure.root);
        let (path, part) = sorted.attached.into_iter().find(|(other, _)| other == path)?;
        Some(Attachment::of(path, part, &self.octets, &self.limits))
    }

    /// The message attached at `path`, to be looked at like this one.
    pub fn attached(&self, path: &PartPath) -> Option<Message> {
        let part = path.find(&self.structure.root)?;
        let Content::Message(_) = part.content else { return None };
        Some(Self::read(self.body(part)?, self.limits))
    }

    /// The part at `path` as plain text in its charset.
    pub fn text_of(&self, path: &PartPath) -> Option<Text> {
        let part = path.find(&self.structure.root).filter(|part| part.content == Content::Single)?;
        let (text, cut) = shown::text_of(&self.octets, part, &self.limits);
        let mut read = Text::read(&text, shown::flow(part), self.limits.lines);
        read.cut |= cut;
        Some(read)
    }

    fn body(&self, part: &Part) -> Option<Bytes> {
        let body = part.body();
        (body.start <= body.end && body.end <= self.octets.len()).then(|| self.octets.slice(body))
    }

    /// What the HTML may name, not looking into attached messages.
    fn inside(&self) -> Inside {
        let mut inside = Inside::default();
        let mut open = vec![&self.structure.root];
        while let Some(part) = open.pop() {
            match (&part.content, &part.id) {
                (Content::Multipart(parts), _) => open.extend(parts.iter().rev()),
                (Content::Single, Some(id)) => {
                    if let Some(body) = self.body(part) {
                        inside.add(id, body, part.transfer());
                    }
                }
                _ => {}
            }
        }
        inside
    }
}
