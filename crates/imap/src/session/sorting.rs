//! SORT (RFC 5256, ESORT of RFC 5267).

use std::cmp::Ordering;

use bytes::Bytes;
use holder::{Entry, UidSet};
use pec::Moment;
use pec::header::{Header, ListItem, readable};

use super::end::Stop;
use super::state::Session;
use super::subject::{self, base_subject};
use crate::command::{SearchReturn, Sort, SortCriterion, SortKey};
use crate::tag::Tag;

/// What a message is put in order by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Value {
    Number(i64),
    Text(String),
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
fn order(criteria: &[SortCriterion], (one, a): &(Vec<Value>, u32), (other, b): &(Vec<Value>, u32)) -> Ordering {
    let each = criteria.iter().zip(one.iter().zip(other));
    let ordered = each.map(|(criterion, (one, other))| if criterion.reverse { other.cmp(one) } else { one.cmp(other) });
    ordered.fold(Ordering::Equal, Ordering::then).then(a.cmp(b))
}

fn first_mailbox(header: &Header, name: &str) -> String {
    let first = header.list(name).into_iter().find_map(|item| match item {
        ListItem::Mailbox { address: Ok(address), .. } => Some(address.local().to_owned()),
        ListItem::Mailbox { address: Err(text), .. } => Some(readable(text.as_bytes())),
        ListItem::Group(name) => Some(readable(name.as_bytes())),
        ListItem::GroupEnd => None,
    });
    first.unwrap_or_default().to_lowercase().chars().take(subject::LONGEST).collect()
}

impl Session<'_> {
    pub(super) async fn sort(&mut self, tag: &Tag, uid: bool, sort: Sort) -> Result<(), Stop> {
        let Sort { returns, criteria, keys } = sort;
        let found = self.find_all(uid, &keys, &criteria).await?;
        let mut rows = found.rows;
        rows.sort_unstable_by(|one, other| order(&criteria, one, other));
        let numbers = &self.selected()?.numbers;
        let number = |(_, found): &(_, u32)| if uid { Some(*found) } else { numbers.number(*found) };
        let ordered: Vec<u32> = rows.iter().filter_map(number).collect();
        let saves = returns.as_ref().is_some_and(|returns| returns.contains(&SearchReturn::Save));
        match returns {
            None => self.out.sort(ordered, found.mod_seq),
            Some(returns) => {
                let ranges: Vec<_> = ordered.iter().map(|number| *number..=*number).collect();
                self.tell_found(tag, uid, &returns, &ranges, found.mod_seq);
            }
        }
        if saves {
            self.selected()?.saved = rows.iter().map(|(_, uid)| *uid).collect::<UidSet>();
        }
        self.finish(tag, uid, None, "done").await
    }
}
