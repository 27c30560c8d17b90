//! Messages found in the trace.

use pec::Moment;
use store::{MessagePlace, MessageQuery};

use crate::act::identifier::identifier;
use crate::control::{Control, Out};
use crate::item::{FoundItem, Item, MoreItem};
use crate::refused::Refused;
use crate::request::MessageFilter;
use crate::setting::Day;

/// Messages of an answer, unless more are asked for.
const SHOWN: u64 = 50;
/// Messages that are asked of the store at once.
const PAGE: u64 = 200;

/// The messages that are as asked for, those that came last first; at the end, where to go on, if there may be more.
pub(crate) async fn messages(control: &Control, filter: MessageFilter, out: &Out) -> Result<(), Refused> {
    let mut left = filter.limit.unwrap_or(SHOWN).max(1);
    let mut query = query(filter)?;
    loop {
        query.limit = usize::try_from(left.min(PAGE)).unwrap_or(1);
        let part = control.faces.evidence.find(query.clone()).await?;
        left = left.saturating_sub(part.messages.len() as u64);
        for found in &part.messages {
            out.send(FoundItem::of(found)).await?;
        }
        match part.next {
            None => return Ok(()),
            Some(next) if left == 0 => return out.send(Item::More(MoreItem { before: next.0 })).await,
            next => query.before = next,
        }
    }
}

fn query(filter: MessageFilter) -> Result<MessageQuery, Refused> {
    let MessageFilter { identifier: named, client_id, sender, recipient, words, since, until, before, limit: _ } =
        filter;
    for word in words.split_whitespace() {
        let letters = word.chars().filter(|c| c.is_alphanumeric()).count();
        let least = if word.ends_with('*') { MessageQuery::BEGINNING } else { 1 };
        if letters < least {
            let what = format!("expected words of letters and digits, {least} at least, found {word:?}");
            return Err(Refused::request(what));
        }
    }
    let query = MessageQuery {
        identifier: named.as_deref().map(identifier).transpose()?,
        client_id,
        sender,
        recipient,
        words,
        since: since.as_deref().map(day).transpose()?,
        until: until.as_deref().map(day).transpose()?.map(day_after),
        before: before.map(MessagePlace),
        limit: 0,
    };
    match (query.since, query.until) {
        (Some(since), Some(until)) if since >= until => Err(Refused::request("the last day is before the first one")),
        _ => Ok(query),
    }
}

fn day(text: &str) -> Result<Moment, Refused> {
    text.parse().map(|Day(begins)| begins).map_err(Refused::request)
}

/// The first instant of the day after the one that begins then: a day has 23 to 25 hours.
fn day_after(begins: Moment) -> Moment {
    let within = begins.plus(36 * 3600);
    Moment::midnight(&within.date()).unwrap_or(within)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_where_the_next_one_begins() {
        for (day, next) in [("2026-03-28", "2026-03-29"), ("2026-03-29", "2026-03-30"), ("2026-10-25", "2026-10-26")] {
            let begins = Moment::midnight(day).unwrap();
            assert_eq!(day_after(begins), Moment::midnight(next).unwrap(), "{day}");
        }
    }

    #[test]
    fn what_asks_for_nothing_is_refused_and_not_answered_with_everything() {
        let refused = |filter: MessageFilter| query(filter).unwrap_err().what;
        let words = |words: &str| MessageFilter { words: words.into(), ..MessageFilter::default() };
        assert!(refused(words("fattura -")).contains("\"-\""));
        assert!(refused(words("fa*")).contains("3 at least"));
        let days = MessageFilter { since: Some("2026-03-02".into()), until: Some("2026-03-01".into()), ..words("") };
        assert!(refused(days).contains("before the first"));
        assert!(refused(MessageFilter { since: Some("ieri".into()), ..words("") }).contains("ieri"));
        assert!(query(words("città* n.")).is_ok() && query(words("")).is_ok());
    }
}
