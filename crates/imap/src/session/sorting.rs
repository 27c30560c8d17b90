//! SORT (RFC 5256, ESORT of RFC 5267).

use std::cmp::Ordering;
use std::ops::RangeInclusive;

use bytes::Bytes;
use holder::Entry;
use pec::Moment;
use pec::header::{Header, ListItem, readable};

use super::aside::aside;
use super::collation::collated;
use super::end::Stop;
use super::ends::{self, ModSeqs};
use super::state::Session;
use super::subject::base_subject;
use crate::command::{SearchReturn, Sort, SortCriterion, SortKey};
use crate::tag::Tag;

/// What a message is put in order by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Value {
    Number(i64),
    Text(String),
}

/// A message that is put in order.
pub(super) struct Row {
    /// One for each criterion.
    pub(super) values: Vec<Value>,
    pub(super) uid: u32,
    pub(super) mod_seq: u64,
}

/// Whether the header is needed.
pub(super) fn wants_header(criteria: &[SortCriterion]) -> bool {
    criteria.iter().any(|criterion| !matches!(criterion.key, SortKey::Arrival | SortKey::Size))
}

/// The values of a message, one for each criterion.
pub(super) fn values(criteria: &[SortCriterion], entry: &Entry) -> Vec<Value> {
    let nothing = Bytes::new();
    let header = Header::parse(entry.header.as_ref().unwrap_or(&nothing));
    let sent = || header.value("Date").and_then(|date| Moment::from_rfc5322(&date)).unwrap_or(entry.internal_date);
    let value = |criterion: &SortCriterion| match criterion.key {
        SortKey::Arrival => Value::Number(entry.internal_date.unix()),
        SortKey::Date => Value::Number(sent().unix()),
        SortKey::Size => Value::Number(i64::try_from(entry.size).unwrap_or(i64::MAX)),
        SortKey::Cc => Value::Text(first_mailbox(&header, "Cc")),
        SortKey::From => Value::Text(first_mailbox(&header, "From")),
        SortKey::To => Value::Text(first_mailbox(&header, "To")),
        SortKey::Subject => Value::Text(base_subject(&header.subject().unwrap_or_default()).text),
    };
    criteria.iter().map(value).collect()
}

/// The first that differs decides; then the order in the mailbox does, whatever is reversed.
fn order(criteria: &[SortCriterion], one: &Row, other: &Row) -> Ordering {
    let each = criteria.iter().zip(one.values.iter().zip(&other.values));
    let ordered = each.map(|(criterion, (one, other))| if criterion.reverse { other.cmp(one) } else { one.cmp(other) });
    ordered.fold(Ordering::Equal, Ordering::then).then(one.uid.cmp(&other.uid))
}

/// Numbers in their order, those that follow each other as one range.
fn runs(ordered: &[u32]) -> Vec<RangeInclusive<u32>> {
    let mut runs: Vec<RangeInclusive<u32>> = Vec::new();
    for number in ordered {
        match runs.last_mut() {
            Some(last) if last.end().checked_add(1) == Some(*number) => *last = *last.start()..=*number,
            _ => runs.push(*number..=*number),
        }
    }
    runs
}

fn first_mailbox(header: &Header, name: &str) -> String {
    let first = header.list(name).into_iter().find_map(|item| match item {
        ListItem::Mailbox { address: Ok(address), .. } => Some(address.local().to_owned()),
        ListItem::Mailbox { address: Err(text), .. } => Some(readable(text.as_bytes())),
        ListItem::Group(name) => Some(readable(name.as_bytes())),
        ListItem::GroupEnd => None,
    });
    collated(&first.unwrap_or_default())
}

impl Session<'_> {
    pub(super) async fn sort(&mut self, tag: &Tag, uid: bool, sort: Sort) -> Result<(), Stop> {
        let Sort { returns, criteria, keys } = sort;
        let found = self.find_all(uid, &keys, &criteria).await?;
        let mut rows = found.rows;
        let ordered = aside(move || {
            rows.sort_unstable_by(|one, other| order(&criteria, one, other));
            rows
        });
        let rows = ordered.await?;
        let numbers = &self.selected()?.numbers;
        let number = |row: &Row| if uid { Some(row.uid) } else { numbers.number(row.uid) };
        let ordered: Vec<u32> = rows.iter().filter_map(number).collect();
        let mod_seqs = found.mod_seqs.map(|mod_seqs| ModSeqs {
            first: rows.first().map_or(0, |row| row.mod_seq),
            last: rows.last().map_or(0, |row| row.mod_seq),
            ..mod_seqs
        });
        match returns {
            None => {
                self.out.sort();
                self.tell_numbers(ordered.into_iter(), mod_seqs.map(|mod_seqs| mod_seqs.highest)).await?;
            }
            Some(returns) => {
                self.tell_found(tag, uid, &returns, &runs(&ordered), mod_seqs);
                if returns.contains(&SearchReturn::Save) {
                    let ends = [rows.first(), rows.last()].map(|row| row.map(|row| row.uid));
                    self.selected()?.saved = ends::saved(&returns, ends, found.uids);
                }
            }
        }
        self.finish(tag, uid, None, "done").await
    }
}
