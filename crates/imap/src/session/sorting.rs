//! SORT (RFC 5256, ESORT of RFC 5267).

use std::cmp::Ordering;

use bytes::Bytes;
use holder::{Entry, UidSet};
use pec::Moment;
use pec::header::{Header, ListItem, readable};

use super::end::Stop;
use super::state::Session;
use crate::command::{SearchReturn, Sort, SortCriterion, SortKey};
use crate::tag::Tag;

/// Characters of a text that its place in the order depends on.
const TEXT: usize = 255;

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
        SortKey::Subject => Value::Text(base_subject(&header.subject().unwrap_or_default())),
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
    first.unwrap_or_default().to_lowercase().chars().take(TEXT).collect()
}

/// The subject without what answering and forwarding put around it (RFC 5256 §2.1), in small letters.
fn base_subject(subject: &str) -> String {
    let whole: String = subject.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let whole: String = whole.chars().take(TEXT).collect();
    let mut text = whole.as_str();
    loop {
        while let Some(before) = text.strip_suffix("(fwd)") {
            text = before.trim_end();
        }
        while let Some(rest) = behind_leader(text).or_else(|| behind_blob(text).filter(|rest| !rest.is_empty())) {
            text = rest;
        }
        match text.strip_prefix("[fwd:").and_then(|text| text.strip_suffix(']')) {
            Some(inside) => text = inside.trim(),
            None => return text.to_owned(),
        }
    }
}

/// Behind `subj-blob`: `[list] `.
fn behind_blob(text: &str) -> Option<&str> {
    let (inside, rest) = text.strip_prefix('[')?.split_once(']')?;
    (!inside.contains('[')).then_some(rest.trim_start())
}

/// Behind `subj-leader`: `[list] re [2]: `.
fn behind_leader(text: &str) -> Option<&str> {
    let mut text = text.trim_start();
    while let Some(rest) = behind_blob(text) {
        text = rest;
    }
    let text = ["re", "fwd", "fw"].iter().find_map(|word| text.strip_prefix(word))?.trim_start();
    let text = behind_blob(text).unwrap_or(text);
    Some(text.strip_prefix(':')?.trim_start())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_around_a_subject_does_not_count() {
        for subject in [
            "Bando",
            "RE: bando",
            "Re: [lista] Re[2]: bando (fwd)",
            "[lista] Fwd: BANDO",
            "fw : bando (fwd) (fwd)",
            "[Fwd: Re: bando]",
            "Re:\t bando ",
        ] {
            assert_eq!(base_subject(subject), "bando", "{subject}");
        }
        for (subject, base) in
            [("", ""), ("Re:", ""), ("[solo]", "[solo]"), ("Reale: x", "reale: x"), ("[[a] b", "[[a] b")]
        {
            assert_eq!(base_subject(subject), base, "{subject}");
        }
    }

    #[test]
    fn who_writes_blobs_without_end_waits_for_none() {
        base_subject(&"[a]re".repeat(100_000));
    }
}
