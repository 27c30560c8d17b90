//! On what is not as it must be.

use store::DiscrepancyQuery;

use crate::act::identifier::identifier;
use crate::control::{Control, Out};
use crate::item::{DiscrepancyItem, Item};
use crate::operator::Operator;
use crate::record::Act;
use crate::refused::Refused;
use crate::request::ReconcileRequest;

/// Discrepancies that are read at once.
const PAGE: usize = 200;
/// Recipients who are awaited that are shown: those whose deadlines come first.
const OPEN: usize = 1000;
/// Longer than any deadline that a recipient may have, seconds.
const EVER: i64 = 7 * 86_400;

pub(crate) async fn execute(
    control: &Control,
    request: ReconcileRequest,
    who: &Operator,
    out: &Out,
) -> Result<(), Refused> {
    match request {
        ReconcileRequest::List { identifier } => list(control, identifier, out).await,
        ReconcileRequest::Open => {
            for addressee in control.faces.ledger.due(control.now().plus(EVER), OPEN).await? {
                out.send(&addressee).await?;
            }
            Ok(())
        }
        ReconcileRequest::Acknowledge { identifier } => acknowledge(control, identifier, who, out).await,
    }
}

/// What was found, that of a moment ago too where the provider runs.
async fn list(control: &Control, about: Option<String>, out: &Out) -> Result<(), Refused> {
    let identifier = about.as_deref().map(identifier).transpose()?;
    control.running.reconcile().await?;
    let mut query = DiscrepancyQuery { after: 0, identifier, limit: PAGE };
    let mut count = 0;
    loop {
        let page = control.faces.reconciliation.discrepancies(query.clone()).await?;
        count += page.len();
        for discrepancy in &page {
            out.send(Item::Discrepancy(DiscrepancyItem::of(discrepancy))).await?;
        }
        match page.last() {
            Some(last) if page.len() == PAGE => query.after = last.number,
            _ => break,
        }
    }
    if count == 0 { out.send(Item::done("there are no discrepancies")).await } else { Ok(()) }
}

/// They are known: health need not tell of them any more.
async fn acknowledge(control: &Control, about: Option<String>, who: &Operator, out: &Out) -> Result<(), Refused> {
    let identifier = about.as_deref().map(identifier).transpose()?;
    let now = control.now();
    let concerns: Vec<String> = identifier.iter().map(ToString::to_string).collect();
    let count = control.faces.reconciliation.acknowledge_discrepancies(identifier, now).await?;
    control.record(now, who, Act::new(format!("reconcile acknowledge: {count} discrepancies"), concerns)).await?;
    control.running.reconcile().await?;
    out.send(Item::done(format!("{count} discrepancies are acknowledged; they are listed until they are settled")))
        .await
}
