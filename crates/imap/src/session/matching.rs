//! Whether a message is what SEARCH looks for (RFC 9051 §6.4.4). Of what is not known yet, the answer is not known either.

use std::cell::OnceCell;

use holder::{Entry, SystemFlags, UidSet};
use pec::Moment;
use pec::header::{Header, readable, undeclared};
use pec::mime::Fields;

use crate::command::SearchKey;
use crate::date::Date;
use crate::sequence::SequenceSet;

/// What the search as a whole knows.
pub(super) struct Frame<'k> {
    now: Moment,
    /// Sets of numbers and of UIDs in the keys, each with the UIDs it means.
    sets: Vec<(&'k SequenceSet, UidSet)>,
}

/// One message.
pub(super) struct Candidate<'a> {
    pub(super) entry: &'a Entry,
    /// The text of its body in small letters, once it has been read.
    pub(super) body: Option<String>,
    header: Option<Header>,
    /// The value of each field of the header, read and in small letters: once, for any number of keys.
    values: OnceCell<Vec<String>>,
    /// The header as it stands, in small letters.
    raw: OnceCell<String>,
}

/// What must be known to say whether a key holds.
pub(super) fn wants_header(key: &SearchKey) -> bool {
    use SearchKey as K;
    match key {
        K::And(keys) => keys.iter().any(wants_header),
        K::Not(key) => wants_header(key),
        K::Or(one, other) => wants_header(one) || wants_header(other),
        K::Bcc(_) | K::Cc(_) | K::From(_) | K::To(_) | K::Subject(_) | K::Header(..) | K::Text(_) => true,
        K::SentBefore(_) | K::SentOn(_) | K::SentSince(_) => true,
        _ => false,
    }
}

/// Whether the body may have to be read.
pub(super) fn wants_body(key: &SearchKey) -> bool {
    match key {
        SearchKey::And(keys) => keys.iter().any(wants_body),
        SearchKey::Not(key) => wants_body(key),
        SearchKey::Or(one, other) => wants_body(one) || wants_body(other),
        SearchKey::Body(_) | SearchKey::Text(_) => true,
        _ => false,
    }
}

/// Whether the modification sequence counts, and is told.
pub(super) fn wants_mod_seq(key: &SearchKey) -> bool {
    match key {
        SearchKey::And(keys) => keys.iter().any(wants_mod_seq),
        SearchKey::Not(key) => wants_mod_seq(key),
        SearchKey::Or(one, other) => wants_mod_seq(one) || wants_mod_seq(other),
        SearchKey::ModSeq { .. } => true,
        _ => false,
    }
}

/// Each set in the keys, and whether it is one of UIDs.
pub(super) fn sets_in<'k>(keys: &'k [SearchKey], found: &mut Vec<(bool, &'k SequenceSet)>) {
    for key in keys {
        match key {
            SearchKey::And(keys) => sets_in(keys, found),
            SearchKey::Not(key) => sets_in(std::slice::from_ref(&**key), found),
            SearchKey::Or(one, other) => {
                sets_in(std::slice::from_ref(&**one), found);
                sets_in(std::slice::from_ref(&**other), found);
            }
            SearchKey::Sequence(set) => found.push((false, set)),
            SearchKey::Uid(set) => found.push((true, set)),
            _ => {}
        }
    }
}

impl<'a> Candidate<'a> {
    pub(super) fn new(entry: &'a Entry) -> Self {
        let header = entry.header.as_ref().map(Header::parse);
        Self { entry, body: None, header, values: OnceCell::new(), raw: OnceCell::new() }
    }

    fn values(&self, fields: Fields<'_>) -> &[String] {
        let value = |field| readable(&fields.unfolded(field)).to_lowercase();
        self.values.get_or_init(|| fields.iter().map(value).collect())
    }

    fn has(&self, name: &str, text: &str) -> bool {
        let Some(header) = &self.header else { return false };
        let (fields, text) = (header.fields(), text.to_lowercase());
        fields.iter().zip(self.values(fields)).any(|(field, value)| fields.is(field, name) && value.contains(&text))
    }

    fn in_header(&self, text: &str) -> bool {
        let Some(header) = &self.header else { return false };
        let raw = self.raw.get_or_init(|| undeclared(header.message()).to_lowercase());
        raw.contains(text) || self.values(header.fields()).iter().any(|value| value.contains(text))
    }

    fn sent(&self) -> Option<Date> {
        self.header.as_ref().and_then(|header| header.value("Date")).and_then(|date| Date::sent(&date))
    }
}

impl<'k> Frame<'k> {
    pub(super) fn new(now: Moment, sets: Vec<(&'k SequenceSet, UidSet)>) -> Self {
        Self { now, sets }
    }

    /// Whether all keys hold; `None`: the body must be read first.
    pub(super) fn all(&self, keys: &[SearchKey], message: &Candidate<'_>) -> Option<bool> {
        let mut known = Some(true);
        for key in keys {
            match self.holds(key, message) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => known = None,
            }
        }
        known
    }

    fn holds(&self, key: &SearchKey, message: &Candidate<'_>) -> Option<bool> {
        use SearchKey as K;
        let entry = message.entry;
        let flag = |flag| Some(entry.flags.system.contains(flag));
        let unflagged = |flag| Some(!entry.flags.system.contains(flag));
        let keyword = |name: &str| entry.flags.keywords.iter().any(|own| own.eq_ignore_ascii_case(name));
        let age = self.now.unix() - entry.internal_date.unix();
        Some(match key {
            K::And(keys) => return self.all(keys, message),
            K::Not(key) => return self.holds(key, message).map(|holds| !holds),
            K::Or(one, other) => {
                return match (self.holds(one, message), self.holds(other, message)) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                };
            }
            K::All | K::Old | K::SaveDateSupported => true,
            // Nobody is ever told of \Recent.
            K::New | K::Recent => false,
            K::Answered => return flag(SystemFlags::ANSWERED),
            K::Deleted => return flag(SystemFlags::DELETED),
            K::Draft => return flag(SystemFlags::DRAFT),
            K::Flagged => return flag(SystemFlags::FLAGGED),
            K::Seen => return flag(SystemFlags::SEEN),
            K::Unanswered => return unflagged(SystemFlags::ANSWERED),
            K::Undeleted => return unflagged(SystemFlags::DELETED),
            K::Undraft => return unflagged(SystemFlags::DRAFT),
            K::Unflagged => return unflagged(SystemFlags::FLAGGED),
            K::Unseen => return unflagged(SystemFlags::SEEN),
            K::Keyword(name) => keyword(name),
            K::Unkeyword(name) => !keyword(name),
            K::Sequence(set) | K::Uid(set) => {
                let meant = self.sets.iter().find(|(own, _)| std::ptr::eq(*own, set));
                meant.is_some_and(|(_, uids)| uids.contains(entry.uid))
            }
            K::Larger(octets) => entry.size > *octets,
            K::Smaller(octets) => entry.size < *octets,
            K::ModSeq { least, .. } => entry.modseq >= *least,
            K::EmailId(id) => *id == format!("M{}", entry.message.0),
            K::ThreadId(_) => false,
            K::Older(seconds) => age >= i64::from(*seconds),
            K::Younger(seconds) => age <= i64::from(*seconds),
            K::Before(day) => entry.internal_date < day.start(),
            K::On(day) => (day.start()..day.end()).contains(&entry.internal_date),
            K::Since(day) => entry.internal_date >= day.start(),
            K::SavedBefore(day) => entry.saved < day.start(),
            K::SavedOn(day) => (day.start()..day.end()).contains(&entry.saved),
            K::SavedSince(day) => entry.saved >= day.start(),
            K::SentBefore(day) => message.sent().is_some_and(|sent| sent < *day),
            K::SentOn(day) => message.sent().is_some_and(|sent| sent == *day),
            K::SentSince(day) => message.sent().is_some_and(|sent| sent >= *day),
            K::Bcc(text) => message.has("Bcc", text),
            K::Cc(text) => message.has("Cc", text),
            K::From(text) => message.has("From", text),
            K::To(text) => message.has("To", text),
            K::Subject(text) => message.has("Subject", text),
            K::Header(name, text) => message.has(name, text),
            K::Text(text) if message.in_header(&text.to_lowercase()) => true,
            K::Body(text) | K::Text(text) => {
                return message.body.as_ref().map(|body| body.contains(&text.to_lowercase()));
            }
        })
    }
}
