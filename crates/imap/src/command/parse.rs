//! From octets to a command.

use super::access::{MailboxRights, ModRights};
use super::fetch::Fetch;
use super::list::List;
use super::metadata::{GetMetadata, entry_values};
use super::search::{Search, Sort, Thread};
use super::select::Select;
use super::status::StatusItem;
use super::store::Store;
use super::{Command, IdFields, Request};
use crate::cursor::{Cursor, MAX_ITEMS, Parsed};
use crate::dialect::Dialect;
use crate::fault::Fault;
use crate::secret::Secret;
use crate::tag::Tag;

/// A command that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct BadRequest {
    /// What the answer begins with; `None`: it is untagged.
    pub tag: Option<Tag>,
    /// What is wrong.
    pub fault: Fault,
}

/// The most fields of an ID (RFC 2971 §3.3).
const ID_PAIRS: usize = 30;

impl Request {
    /// Parses a whole command as [`crate::framing::Framer`] hands it out: with its literals in it and its line end.
    /// Words of the protocol in any case, texts as they are.
    pub fn parse(octets: &[u8], dialect: Dialect) -> Result<Self, BadRequest> {
        let mut cursor = Cursor::new(octets, dialect);
        let tag = Tag::parse(&mut cursor).map_err(|fault| BadRequest { tag: None, fault })?;
        let parsed = cursor.sp().and_then(|()| command(&mut cursor)).and_then(|command| {
            cursor.crlf()?;
            Ok(command)
        });
        match parsed {
            Ok(command) => Ok(Self { tag, command }),
            Err(fault) => Err(BadRequest { tag: Some(tag), fault }),
        }
    }
}

fn command(cursor: &mut Cursor<'_>) -> Parsed<Command> {
    let word = cursor.word();
    if let Some(command) = bare(&word) {
        return Ok(command);
    }
    let families = [on_messages, on_mailboxes, on_session, on_extras];
    families.iter().find_map(|family| family(&word, cursor)).unwrap_or(Err(Fault::Unknown))
}

/// Commands that say all by their name.
fn bare(word: &str) -> Option<Command> {
    Some(match word {
        "CAPABILITY" => Command::Capability,
        "CHECK" => Command::Check,
        "CLOSE" => Command::Close,
        "EXPUNGE" => Command::Expunge(None),
        "IDLE" => Command::Idle,
        "LOGOUT" => Command::Logout,
        "NAMESPACE" => Command::Namespace,
        "NOOP" => Command::Noop,
        "STARTTLS" => Command::StartTls,
        "UNSELECT" => Command::Unselect,
        _ => return None,
    })
}

/// `command-select`
fn on_messages(word: &str, cursor: &mut Cursor<'_>) -> Option<Parsed<Command>> {
    if word == "UID" {
        let word = match after_blank(cursor, |cursor| Ok(cursor.word())) {
            Ok(word) => word,
            Err(fault) => return Some(Err(fault)),
        };
        return match word.as_str() {
            "EXPUNGE" => Some(after_blank(cursor, Cursor::sequence_set).map(|set| Command::Expunge(Some(set)))),
            word => by_number(word, true, cursor),
        };
    }
    by_number(word, false, cursor)
}

fn by_number(word: &str, uid: bool, cursor: &mut Cursor<'_>) -> Option<Parsed<Command>> {
    Some(match word {
        "COPY" | "MOVE" => after_blank(cursor, |cursor| {
            let set = cursor.sequence_set()?;
            cursor.sp()?;
            let mailbox = cursor.mailbox()?;
            Ok(if word == "COPY" { Command::Copy { uid, set, mailbox } } else { Command::Move { uid, set, mailbox } })
        }),
        "FETCH" => after_blank(cursor, Fetch::parse).map(|fetch| Command::Fetch { uid, fetch }),
        "SEARCH" => after_blank(cursor, Search::parse).map(|search| Command::Search { uid, search }),
        "SORT" => after_blank(cursor, Sort::parse).map(|sort| Command::Sort { uid, sort }),
        "STORE" => after_blank(cursor, Store::parse).map(|store| Command::Store { uid, store }),
        "THREAD" => after_blank(cursor, Thread::parse).map(|thread| Command::Thread { uid, thread }),
        _ => return None,
    })
}

/// `command-auth`
fn on_mailboxes(word: &str, cursor: &mut Cursor<'_>) -> Option<Parsed<Command>> {
    Some(match word {
        "CREATE" => after_blank(cursor, |cursor| {
            Ok(Command::Create { mailbox: cursor.mailbox()?, special_use: special_use(cursor)? })
        }),
        "DELETE" => after_blank(cursor, Cursor::mailbox).map(Command::Delete),
        "EXAMINE" => after_blank(cursor, Select::parse).map(Command::Examine),
        "LIST" => after_blank(cursor, List::parse).map(Command::List),
        "LSUB" => after_blank(cursor, |cursor| {
            let reference = cursor.mailbox()?;
            cursor.sp()?;
            Ok(Command::Lsub { reference, pattern: cursor.list_mailbox()? })
        }),
        "RENAME" => after_blank(cursor, |cursor| {
            let from = cursor.mailbox()?;
            cursor.sp()?;
            Ok(Command::Rename { from, to: cursor.mailbox()? })
        }),
        "SELECT" => after_blank(cursor, Select::parse).map(Command::Select),
        "STATUS" => after_blank(cursor, |cursor| {
            let mailbox = cursor.mailbox()?;
            cursor.sp()?;
            Ok(Command::Status { mailbox, items: StatusItem::list(cursor)? })
        }),
        "SUBSCRIBE" => after_blank(cursor, Cursor::mailbox).map(Command::Subscribe),
        "UNSUBSCRIBE" => after_blank(cursor, Cursor::mailbox).map(Command::Unsubscribe),
        _ => return None,
    })
}

/// `command-nonauth` and what concerns the session as a whole.
fn on_session(word: &str, cursor: &mut Cursor<'_>) -> Option<Parsed<Command>> {
    Some(match word {
        "AUTHENTICATE" => after_blank(cursor, |cursor| {
            let mechanism = cursor.atom()?.to_ascii_uppercase();
            let initial = if cursor.take(b' ') { Some(base64(cursor)?) } else { None };
            Ok(Command::Authenticate { mechanism, initial })
        }),
        "COMPRESS" => after_blank(cursor, Cursor::atom).map(|name| Command::Compress(name.to_ascii_uppercase())),
        "ENABLE" => after_blank(cursor, |cursor| {
            let mut names = vec![cursor.atom()?.to_ascii_uppercase()];
            while names.len() < MAX_ITEMS && cursor.take(b' ') {
                names.push(cursor.atom()?.to_ascii_uppercase());
            }
            Ok(Command::Enable(names))
        }),
        "ID" => after_blank(cursor, id).map(Command::Id),
        "LOGIN" => after_blank(cursor, |cursor| {
            let user = cursor.astring()?.into_owned();
            cursor.sp()?;
            Ok(Command::Login { user, password: Secret(cursor.astring()?.into_owned()) })
        }),
        _ => return None,
    })
}

/// Quotas, rights and metadata.
fn on_extras(word: &str, cursor: &mut Cursor<'_>) -> Option<Parsed<Command>> {
    Some(match word {
        "DELETEACL" => after_blank(cursor, MailboxRights::parse).map(Command::DeleteAcl),
        "GETACL" => after_blank(cursor, Cursor::mailbox).map(Command::GetAcl),
        "GETMETADATA" => after_blank(cursor, GetMetadata::parse).map(Command::GetMetadata),
        "GETQUOTA" => after_blank(cursor, Cursor::text).map(Command::GetQuota),
        "GETQUOTAROOT" => after_blank(cursor, Cursor::mailbox).map(Command::GetQuotaRoot),
        "LISTRIGHTS" => after_blank(cursor, MailboxRights::parse).map(Command::ListRights),
        "MYRIGHTS" => after_blank(cursor, Cursor::mailbox).map(Command::MyRights),
        "SETACL" => after_blank(cursor, ModRights::parse).map(Command::SetAcl),
        "SETMETADATA" => after_blank(cursor, |cursor| {
            let mailbox = cursor.mailbox()?;
            cursor.sp()?;
            Ok(Command::SetMetadata { mailbox, entries: entry_values(cursor)? })
        }),
        "SETQUOTA" => after_blank(cursor, |cursor| {
            let root = cursor.text()?;
            cursor.sp()?;
            let limits = cursor.list("resources", MAX_ITEMS, |cursor| {
                let resource = cursor.atom()?.to_ascii_uppercase();
                cursor.sp()?;
                Ok((resource, cursor.number64(0)?))
            })?;
            Ok(Command::SetQuota { root, limits })
        }),
        _ => return None,
    })
}

fn after_blank<'a, T>(cursor: &mut Cursor<'a>, read: impl FnOnce(&mut Cursor<'a>) -> Parsed<T>) -> Parsed<T> {
    cursor.sp()?;
    read(cursor)
}

/// `initial-resp` (RFC 4959), or `=` for an empty one.
fn base64(cursor: &mut Cursor<'_>) -> Parsed<Secret> {
    match cursor.take_while(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/' | b'=')) {
        [] => Err(cursor.expected("Base64")),
        digits => Ok(Secret(digits.to_vec())),
    }
}

/// `create-param`: `(USE (\Drafts …))` (RFC 6154 §6).
fn special_use(cursor: &mut Cursor<'_>) -> Parsed<Vec<String>> {
    let mut attributes = Vec::new();
    if cursor.take(b' ') {
        cursor.list1("parameters", 4, |cursor| {
            if !cursor.keyword("USE") {
                return Err(cursor.expected("USE"));
            }
            cursor.sp()?;
            attributes = cursor.list("special uses", 16, |cursor| {
                cursor.expect(b'\\', "\\")?;
                cursor.atom().map(|name| format!("\\{name}"))
            })?;
            Ok(())
        })?;
    }
    Ok(attributes)
}

/// `id-params-list` (RFC 2971 §4)
fn id(cursor: &mut Cursor<'_>) -> Parsed<Option<IdFields>> {
    if cursor.keyword("NIL") {
        return Ok(None);
    }
    let lossy = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    let pairs = cursor.list("fields of ID", ID_PAIRS, |cursor| {
        let name = lossy(&cursor.string()?);
        cursor.sp()?;
        Ok((name, cursor.nstring()?.map(|value| lossy(&value))))
    })?;
    Ok(Some(pairs))
}
