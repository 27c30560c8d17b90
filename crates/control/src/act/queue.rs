//! On the queue.

use pec::Address;
use store::{About, Hop, QueueId, QueueItem, QueueQuery};

use crate::act::identifier::identifier as read_identifier;
use crate::control::{Control, Out};
use crate::item::Item;
use crate::named::HopName;
use crate::operator::Operator;
use crate::record::Act;
use crate::refused::Refused;
use crate::request::QueueRequest;

/// Dispatches read at once.
const PAGE: usize = 500;
/// Characters of a reason.
const REASON: usize = 300;

pub(crate) async fn execute(
    control: &Control,
    request: QueueRequest,
    who: &Operator,
    out: &Out,
) -> Result<(), Refused> {
    match request {
        QueueRequest::List { hop, identifier } => {
            let identifier = identifier.as_deref().map(read_identifier).transpose()?;
            let query = QueueQuery { hop: hop.map(Hop::from), identifier, ..QueueQuery::default() };
            list(control, query, out).await
        }
        QueueRequest::Show { id } => out.send(&existing(control, id).await?).await,
        QueueRequest::Retry { id } => {
            let item = existing(control, id).await?;
            let now = control.now();
            if !control.faces.queue.retry(item.id, now).await? {
                return Err(gone(id));
            }
            control.running.queue_changed();
            control.record(now, who, act("queue retry", &item)).await?;
            out.send(&existing_or(control, item).await?).await
        }
        QueueRequest::RetryAll { hop } => retry_all(control, hop, who, out).await,
        QueueRequest::Fail { id, reason } => fail(control, id, &reason, who, out).await,
    }
}

/// Every dispatch that the query names, by number.
pub(crate) async fn list(control: &Control, mut query: QueueQuery, out: &Out) -> Result<(), Refused> {
    query.limit = PAGE;
    loop {
        let page = control.faces.queue.list(query.clone()).await?;
        let Some(last) = page.last() else { return Ok(()) };
        query.after = Some(last.id);
        for item in &page {
            out.send(item).await?;
        }
    }
}

async fn existing(control: &Control, id: i64) -> Result<QueueItem, Refused> {
    let before = QueueId(id.checked_sub(1).ok_or_else(|| gone(id))?);
    let query = QueueQuery { after: Some(before), limit: 1, ..QueueQuery::default() };
    let found = control.faces.queue.list(query).await?;
    found.into_iter().find(|item| item.id == QueueId(id)).ok_or_else(|| gone(id))
}

/// The dispatch as it is now; as it was, where it left meanwhile.
async fn existing_or(control: &Control, item: QueueItem) -> Result<QueueItem, Refused> {
    match existing(control, item.id.0).await {
        Ok(now) => Ok(now),
        Err(refused) if refused == gone(item.id.0) => Ok(item),
        Err(refused) => Err(refused),
    }
}

fn gone(id: i64) -> Refused {
    Refused::missing(format!("no dispatch {id} in the queue; what was carried or given up leaves it"))
}

async fn retry_all(control: &Control, hop: HopName, who: &Operator, out: &Out) -> Result<(), Refused> {
    let now = control.now();
    let told = hop.to_string();
    let count = control.faces.queue.wake(&Hop::from(hop), now).await?;
    control.running.queue_changed();
    if count == 0 {
        return out.send(Item::done(format!("nothing waits for {told}"))).await;
    }
    control.record(now, who, Act::new(format!("queue retry, {count} dispatches"), [told.clone()])).await?;
    out.send(Item::done(format!("{count} dispatches to {told} are due now"))).await
}

async fn fail(control: &Control, id: i64, reason: &str, who: &Operator, out: &Out) -> Result<(), Refused> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON || reason.chars().any(char::is_control) {
        return Err(Refused::request(format!(
            "expected a reason of 1 to {REASON} characters on one line: the sender reads it"
        )));
    }
    let item = existing(control, id).await?;
    let now = control.now();
    if !control.faces.queue.fail(item.id, &format!("{reason} ({who})"), now).await? {
        return Err(gone(id));
    }
    control.running.queue_changed();
    control.record(now, who, act(&format!("queue fail: {reason}"), &item)).await?;
    out.send(Item::done(format!(
        "the relay gives dispatch {id} up at its next turn, and tells the sender where the norm wants it"
    )))
    .await
}

fn act(what: &str, item: &QueueItem) -> Act {
    Act {
        what: format!("{what}, dispatch {} to {}", item.id.0, HopName::from(&item.hop)),
        concerns: item.recipients.iter().map(Address::to_string).collect(),
        about: item.about.map_or(About::Nothing, About::Known),
    }
}
