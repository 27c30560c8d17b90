//! `search-key` (RFC 9051 §9).

use crate::cursor::{Cursor, Parsed};
use crate::date::Date;
use crate::fault::Fault;
use crate::sequence::SequenceSet;

/// How deep search keys may stand within each other.
pub const MAX_DEPTH: usize = 32;
/// The most keys of one search, those that hold others included: each may be asked of each message.
pub const MAX_KEYS: usize = 1_000;

/// The most `BODY` and `TEXT` among them. All of them are looked for in one message, of which 4 MiB may be texts, before other
/// searches have their turn.
pub const MAX_TEXTS: usize = 32;

/// What a message is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchKey {
    /// `ALL`
    All,
    /// All of these, in brackets.
    And(Vec<SearchKey>),
    /// `ANSWERED`
    Answered,
    /// `BCC`
    Bcc(String),
    /// `BEFORE`: the internal date is earlier.
    Before(Date),
    /// `BODY`
    Body(String),
    /// `CC`
    Cc(String),
    /// `DELETED`
    Deleted,
    /// `DRAFT`
    Draft,
    /// `EMAILID` (RFC 8474)
    EmailId(String),
    /// `FLAGGED`
    Flagged,
    /// `FROM`
    From(String),
    /// `HEADER`: the field has the text; an empty text asks whether the field is there.
    Header(String, String),
    /// `KEYWORD`
    Keyword(String),
    /// `LARGER`, octets.
    Larger(u64),
    /// `MODSEQ`: changed at this modification sequence or after (RFC 7162 §3.1.5). Flags have none of their own here, so
    /// the entry does not matter.
    ModSeq {
        /// The name of a flag's entry and whose it is.
        entry: Option<(String, EntryKind)>,
        /// From which one.
        least: u64,
    },
    /// `NEW` (RFC 3501)
    New,
    /// `NOT`
    Not(Box<SearchKey>),
    /// `OLD` (RFC 3501)
    Old,
    /// `OLDER` (RFC 5032), seconds.
    Older(u32),
    /// `ON`
    On(Date),
    /// `OR`
    Or(Box<SearchKey>, Box<SearchKey>),
    /// `RECENT` (RFC 3501)
    Recent,
    /// `SAVEDATESUPPORTED` (RFC 8514)
    SaveDateSupported,
    /// `SAVEDBEFORE`
    SavedBefore(Date),
    /// `SAVEDON`
    SavedOn(Date),
    /// `SAVEDSINCE`
    SavedSince(Date),
    /// `SEEN`
    Seen,
    /// `SENTBEFORE`: by the header's `Date`.
    SentBefore(Date),
    /// `SENTON`
    SentOn(Date),
    /// `SENTSINCE`
    SentSince(Date),
    /// A set of message numbers.
    Sequence(SequenceSet),
    /// `SINCE`
    Since(Date),
    /// `SMALLER`, octets.
    Smaller(u64),
    /// `SUBJECT`
    Subject(String),
    /// `TEXT`: header or body.
    Text(String),
    /// `THREADID` (RFC 8474)
    ThreadId(String),
    /// `TO`
    To(String),
    /// `UID`
    Uid(SequenceSet),
    /// `UNANSWERED`
    Unanswered,
    /// `UNDELETED`
    Undeleted,
    /// `UNDRAFT`
    Undraft,
    /// `UNFLAGGED`
    Unflagged,
    /// `UNKEYWORD`
    Unkeyword(String),
    /// `UNSEEN`
    Unseen,
    /// `YOUNGER` (RFC 5032), seconds.
    Younger(u32),
}

/// `entry-type-req` (RFC 7162 §7)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// `all`
    All,
    /// `priv`
    Private,
    /// `shared`
    Shared,
}

impl SearchKey {
    /// `search-program` without its charset: keys to the end of the command.
    pub(super) fn program(cursor: &mut Cursor<'_>) -> Parsed<Vec<Self>> {
        let mut reader = Reader { left: MAX_KEYS, texts: MAX_TEXTS };
        let mut keys = vec![reader.key(cursor, 0)?];
        while cursor.take(b' ') {
            keys.push(reader.key(cursor, 0)?);
        }
        Ok(keys)
    }
}

/// Counts keys down.
struct Reader {
    left: usize,
    texts: usize,
}

impl Reader {
    fn key(&mut self, cursor: &mut Cursor<'_>, depth: usize) -> Parsed<SearchKey> {
        self.left = self.left.checked_sub(1).ok_or(Fault::TooMany { what: "search keys", most: MAX_KEYS })?;
        if depth > MAX_DEPTH {
            return Err(Fault::TooDeep(MAX_DEPTH));
        }
        if cursor.peek() == Some(b'(') {
            return cursor.list1("search keys", MAX_KEYS, |cursor| self.key(cursor, depth + 1)).map(SearchKey::And);
        }
        if cursor.is_at_set() {
            return cursor.sequence_set().map(SearchKey::Sequence);
        }
        let start = cursor.clone();
        let word = cursor.word();
        if let Some(key) = alone(&word) {
            return Ok(key);
        }
        cursor.sp()?;
        if matches!(word.as_str(), "BODY" | "TEXT") {
            let fault = Fault::TooMany { what: "texts to look for", most: MAX_TEXTS };
            self.texts = self.texts.checked_sub(1).ok_or(fault)?;
        }
        match word.as_str() {
            "NOT" => Ok(SearchKey::Not(Box::new(self.key(cursor, depth + 1)?))),
            "OR" => {
                let one = Box::new(self.key(cursor, depth + 1)?);
                cursor.sp()?;
                Ok(SearchKey::Or(one, Box::new(self.key(cursor, depth + 1)?)))
            }
            word => with_text(word, cursor)
                .or_else(|| with_date(word, cursor))
                .or_else(|| with_number(word, cursor))
                .unwrap_or(Err(start.expected("a search key"))),
        }
    }
}

/// Keys that say all by their name.
fn alone(word: &str) -> Option<SearchKey> {
    Some(match word {
        "ALL" => SearchKey::All,
        "ANSWERED" => SearchKey::Answered,
        "DELETED" => SearchKey::Deleted,
        "DRAFT" => SearchKey::Draft,
        "FLAGGED" => SearchKey::Flagged,
        "NEW" => SearchKey::New,
        "OLD" => SearchKey::Old,
        "RECENT" => SearchKey::Recent,
        "SAVEDATESUPPORTED" => SearchKey::SaveDateSupported,
        "SEEN" => SearchKey::Seen,
        "UNANSWERED" => SearchKey::Unanswered,
        "UNDELETED" => SearchKey::Undeleted,
        "UNDRAFT" => SearchKey::Undraft,
        "UNFLAGGED" => SearchKey::Unflagged,
        "UNSEEN" => SearchKey::Unseen,
        _ => return None,
    })
}

fn with_text(word: &str, cursor: &mut Cursor<'_>) -> Option<Parsed<SearchKey>> {
    let key = match word {
        "BCC" => SearchKey::Bcc,
        "BODY" => SearchKey::Body,
        "CC" => SearchKey::Cc,
        "EMAILID" => SearchKey::EmailId,
        "FROM" => SearchKey::From,
        "SUBJECT" => SearchKey::Subject,
        "TEXT" => SearchKey::Text,
        "THREADID" => SearchKey::ThreadId,
        "TO" => SearchKey::To,
        "KEYWORD" => return Some(cursor.atom().map(SearchKey::Keyword)),
        "UNKEYWORD" => return Some(cursor.atom().map(SearchKey::Unkeyword)),
        "HEADER" => return Some(header(cursor)),
        _ => return None,
    };
    Some(cursor.text().map(key))
}

fn header(cursor: &mut Cursor<'_>) -> Parsed<SearchKey> {
    let name = cursor.text()?;
    cursor.sp()?;
    Ok(SearchKey::Header(name, cursor.text()?))
}

fn with_date(word: &str, cursor: &mut Cursor<'_>) -> Option<Parsed<SearchKey>> {
    let key = match word {
        "BEFORE" => SearchKey::Before,
        "ON" => SearchKey::On,
        "SAVEDBEFORE" => SearchKey::SavedBefore,
        "SAVEDON" => SearchKey::SavedOn,
        "SAVEDSINCE" => SearchKey::SavedSince,
        "SENTBEFORE" => SearchKey::SentBefore,
        "SENTON" => SearchKey::SentOn,
        "SENTSINCE" => SearchKey::SentSince,
        "SINCE" => SearchKey::Since,
        _ => return None,
    };
    Some(Date::parse(cursor).map(key))
}

fn with_number(word: &str, cursor: &mut Cursor<'_>) -> Option<Parsed<SearchKey>> {
    Some(match word {
        "LARGER" => cursor.number64(0).map(SearchKey::Larger),
        "MODSEQ" => mod_seq(cursor),
        "OLDER" => cursor.number(1).map(SearchKey::Older),
        "SMALLER" => cursor.number64(0).map(SearchKey::Smaller),
        "UID" => cursor.sequence_set().map(SearchKey::Uid),
        "YOUNGER" => cursor.number(1).map(SearchKey::Younger),
        _ => return None,
    })
}

/// `[search-modseq-ext] SP mod-sequence-valzer`: the extension is `"/flags/\\Seen" all`.
fn mod_seq(cursor: &mut Cursor<'_>) -> Parsed<SearchKey> {
    let mut entry = None;
    if cursor.peek() == Some(b'"') {
        let start = cursor.clone();
        let name = cursor.text()?;
        if !name.starts_with("/flags/") {
            return Err(start.expected("the name of a flag's entry"));
        }
        cursor.sp()?;
        let start = cursor.clone();
        let kind = match cursor.word().as_str() {
            "ALL" => EntryKind::All,
            "PRIV" => EntryKind::Private,
            "SHARED" => EntryKind::Shared,
            _ => return Err(start.expected("all, priv or shared")),
        };
        entry = Some((name, kind));
        cursor.sp()?;
    }
    Ok(SearchKey::ModSeq { entry, least: cursor.number64(0)? })
}
