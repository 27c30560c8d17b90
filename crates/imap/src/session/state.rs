//! What a session knows, and how it speaks.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::net::SocketAddr;

use door::stream::timed_out;
use door::{Phases, Place, Stream, Wire};
use holder::{FlagsChanged, FolderId, Opened, UidSet};
use tokio::time::{Instant, timeout};

use super::end::{End, Stop};
use super::numbers::Numbers;
use super::passage::Passage;
use super::reach::Reach;
use super::recent::Recent;
use crate::bounds::Bounds;
use crate::dialect::Dialect;
use crate::framing::Framer;
use crate::house::Imap;
use crate::offer::Offer;
use crate::response::{Code, Condition, Writer};
use crate::tag::Tag;

/// Octets read of the connection at once, and about what an idle session holds.
const READ: usize = 2048;
/// Octets of a message, and of answers, that are in memory at once.
pub(super) const RUN: usize = 64 << 10;
/// Entries asked of the store at once, where each is small.
pub(super) const PAGE: usize = 2_000;
/// The same where each comes with its header or structure.
pub(super) const HEAVY_PAGE: usize = 64;

/// One client.
pub(crate) struct Session<'a> {
    pub(crate) house: &'a Imap,
    pub(super) place: Option<Place>,
    pub(crate) wire: Wire,
    pub(crate) peer: SocketAddr,
    pub(super) phases: Phases,
    pub(super) framer: Framer,
    pub(super) out: Writer,
    pub(crate) tls: Option<String>,
    pub(super) compressed: bool,
    /// Which capabilities there are: the house's, and after the login the account's.
    pub(super) offer: Cow<'a, Offer>,
    /// What the client calls itself.
    pub(crate) client: Option<String>,
    /// Of who has logged in.
    pub(crate) mine: Option<Reach>,
    pub(super) selected: Option<Selected>,
    pub(super) enabled: Enabled,
    /// The IDLE under way.
    pub(super) idling: Option<Tag>,
    pub(super) begun: Instant,
    pub(crate) commands: u32,
    pub(super) mistakes: u32,
    /// The decoded part that was sent last, as far as the run in which it ended.
    pub(super) passage: Option<Box<Passage>>,
    /// Octets of messages.
    pub(crate) sent: u64,
    /// Messages.
    pub(crate) appended: u64,
}

/// What the client has enabled, or shown to understand.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Enabled {
    pub(super) condstore: bool,
    pub(super) qresync: bool,
    /// IMAP4rev2: what the former revision said otherwise is not said any more (RFC 9051, appendix E).
    pub(super) rev2: bool,
}

/// The selected mailbox, which is a folder of ours, as the client has been told of it.
pub(super) struct Selected {
    pub(super) folder: FolderId,
    pub(super) numbers: Numbers,
    /// What of it is recent to this session.
    pub(super) recent: Recent,
    /// Changes up to this modification sequence have been seen.
    pub(super) modseq: u64,
    /// Which beat was the last that was looked after.
    pub(super) heard: u64,
    /// Messages that went, and that could not be told yet.
    pub(super) gone: UidSet,
    /// Our own changes of flags, which are not told again.
    pub(super) own: Own,
    /// The keywords that the client has been told of.
    pub(super) keywords: BTreeSet<String>,
    /// EXAMINE, or a mailbox that is only read.
    pub(super) read_only: bool,
    /// `$`
    pub(super) saved: UidSet,
}

/// Changes of flags that the client made here.
#[derive(Default)]
pub(super) struct Own {
    /// Their modification sequences, each with the messages of which the client does not know what they are now.
    told: Vec<(u64, UidSet)>,
    /// Up to this one the client knows of everything in the folder.
    known: u64,
}

impl Own {
    /// The client knows of everything up to this modification sequence.
    pub(super) fn from(modseq: u64) -> Self {
        Self { told: Vec::new(), known: modseq }
    }

    /// Up to which modification sequence the client knows of everything.
    pub(super) fn known(&self) -> u64 {
        self.known
    }

    /// A change whose outcome the client is not told: it knows it, but of messages that others had changed before it (RFC 9051
    /// §6.4.6).
    pub(super) fn changed(&mut self, done: &FlagsChanged) {
        self.note(done, done.surprising.clone());
    }

    /// A change whose outcome the client is told as it is.
    pub(super) fn changed_and_told(&mut self, done: &FlagsChanged) {
        self.note(done, UidSet::default());
    }

    fn note(&mut self, done: &FlagsChanged, unknown: UidSet) {
        if done.changed.is_empty() {
            return;
        }
        if done.before == self.known {
            self.known = done.modseq;
        }
        self.told.push((done.modseq, unknown));
    }

    /// Whether the client knows what this message is since this change.
    pub(super) fn has(&self, modseq: u64, uid: u32) -> bool {
        self.told.iter().any(|(own, unknown)| *own == modseq && !unknown.contains(uid))
    }
}

impl<'a> Session<'a> {
    pub(crate) fn new(house: &'a Imap, stream: Stream, peer: SocketAddr, phases: Phases, place: Option<Place>) -> Self {
        Self {
            house,
            place,
            wire: Wire::new(stream, READ),
            peer,
            phases,
            framer: Framer::new(Bounds::STRANGER),
            out: Writer::new(Dialect::Ascii),
            tls: None,
            compressed: false,
            offer: Cow::Borrowed(&house.offer),
            client: None,
            mine: None,
            selected: None,
            enabled: Enabled::default(),
            idling: None,
            begun: Instant::now(),
            commands: 0,
            mistakes: 0,
            passage: None,
            sent: 0,
            appended: 0,
        }
    }

    /// The same session on another connection, of which nothing has been read yet.
    pub(super) fn go_on_with(&mut self, stream: Stream) {
        self.wire = Wire::new(stream, READ);
        self.framer = Framer::new(Bounds::STRANGER);
    }

    /// What the login reaches.
    pub(super) fn mailboxes(&mut self) -> Result<&mut Reach, Stop> {
        self.mine.as_mut().ok_or_else(|| Stop::bad("log in first"))
    }

    /// The mailbox at hand: that of the name which the command gave, or of the selected folder.
    pub(super) fn opened(&mut self) -> Result<&mut Opened, Stop> {
        self.mailboxes()?.opened()
    }

    pub(super) fn selected(&mut self) -> Result<&mut Selected, Stop> {
        self.selected.as_mut().ok_or_else(|| Stop::bad("select a mailbox first"))
    }

    /// The selected mailbox, where it may be changed.
    pub(super) fn changeable(&mut self) -> Result<&mut Selected, Stop> {
        match self.selected()?.read_only {
            true => Err(Stop::no(Code::ReadOnly, "the mailbox was opened for reading alone")),
            false => self.selected(),
        }
    }

    /// The selected folder with its mailbox, whichever is at hand.
    pub(super) fn at_work(&mut self) -> Result<(&mut Opened, &mut Selected), Stop> {
        match (&mut self.mine, &mut self.selected) {
            (Some(mine), Some(selected)) => Ok((mine.of_selected()?, selected)),
            (None, _) => Err(Stop::bad("log in first")),
            (_, None) => Err(Stop::bad("select a mailbox first")),
        }
    }

    /// `tag OK`
    pub(super) fn ok(&mut self, tag: &Tag, code: Option<Code<'_>>, text: &str) {
        self.out.status(Some(tag), Condition::Ok, code, text);
    }

    /// `* OK`
    pub(super) fn note(&mut self, code: Code<'_>, text: impl Into<Cow<'static, str>>) {
        self.out.status(None, Condition::Ok, Some(code), &text.into());
    }

    /// The client knows of modification sequences from now on; the first time it is told the last one of what is selected
    /// (RFC 7162 §3.1).
    pub(super) fn enable_condstore(&mut self) {
        let first = !std::mem::replace(&mut self.enabled.condstore, true);
        if let Some(highest) = self.selected.as_ref().map(|selected| selected.modseq).filter(|_| first) {
            self.note(Code::HighestModSeq(highest), "the last change");
        }
    }

    /// What was written goes to where octets of messages may follow it.
    pub(crate) fn settle(&mut self) {
        let written = self.out.take();
        self.wire.output().extend_from_slice(&written);
        // An idle session keeps no memory for answers.
        self.out = Writer::new(self.out.dialect());
    }

    /// Sends what was written.
    pub(super) async fn flush(&mut self) -> Result<(), End> {
        self.settle();
        let limits = self.house.limits;
        let patience = if self.mine.is_some() { limits.idle } else { limits.login };
        match timeout(patience, self.wire.flush()).await {
            Ok(result) => result.map_err(End::Broken),
            Err(_) => Err(End::Broken(timed_out("the client does not read"))),
        }
    }

    /// Sends what was written, when it is much.
    pub(super) async fn relieve(&mut self) -> Result<(), End> {
        if self.out.len() + self.wire.output().len() >= RUN { self.flush().await } else { Ok(()) }
    }
}
