//! On the store and the provider as a whole.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use store::CheckReport;

use crate::control::{Control, Out};
use crate::item::{FaultItem, Item, ProgressItem, StatusItem};
use crate::operator::Operator;
use crate::record::Act;
use crate::refused::Refused;

/// Between two items that say how far a check is.
const PROGRESS: Duration = Duration::from_secs(1);

/// How the provider fares, and what waits for each hop.
pub(crate) async fn status(control: &Control, out: &Out) -> Result<(), Refused> {
    let figures = control.faces.upkeep.figures().await?;
    let domains = control.faces.principals.domains().await?.len();
    out.send(Item::Status(StatusItem::new(&figures, domains, control.running.health().await))).await?;
    for hop in control.faces.queue.by_hop().await? {
        out.send(&hop).await?;
    }
    Ok(())
}

/// Checks the store whole: what is wrong, then the sum.
pub(crate) async fn check(control: &Control, out: &Out) -> Result<(), Refused> {
    let (last, its) = (Mutex::new(Instant::now()), out.clone());
    let told = move |report: &CheckReport| {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.elapsed() >= PROGRESS {
            *last = Instant::now();
            its.offer(Item::Progress(ProgressItem {
                messages: report.messages,
                originals: report.originals,
                evidence: report.evidence,
                faults: report.count,
            }));
        }
    };
    let report = control.faces.upkeep.check(&told).await?;
    for fault in &report.faults {
        out.send(Item::Fault(FaultItem { what: fault.what.clone(), place: fault.place.clone() })).await?;
    }
    out.send(&report).await
}

/// The damage that was found is known: health need not tell of it any more.
pub(crate) async fn acknowledge(control: &Control, who: &Operator, out: &Out) -> Result<(), Refused> {
    let now = control.now();
    let places = control.faces.upkeep.acknowledge(now).await?;
    control.record(now, who, Act::new("store acknowledge", [places.to_string()])).await?;
    out.send(Item::done(format!(
        "{places} damaged places are acknowledged; they stay damaged until they are brought back"
    )))
    .await
}

/// Makes the index for searches anew, and says when it is whole.
pub(crate) async fn reindex(control: &Control, who: &Operator, out: &Out) -> Result<(), Refused> {
    let now = control.now();
    control.record(now, who, Act::new("store reindex", [])).await?;
    control.faces.upkeep.reindex().await?;
    control.faces.upkeep.indexed().await?;
    out.send(Item::done("the index for searches was made anew")).await
}

/// Has the running provider read files again.
pub(crate) async fn reload(control: &Control, who: &Operator, out: &Out) -> Result<(), Refused> {
    let now = control.now();
    let lines = control.running.reload().await?;
    control.record(now, who, Act::new("reload", [])).await?;
    for line in lines {
        out.send(Item::done(line)).await?;
    }
    Ok(())
}

/// Makes a consistent copy of the store.
pub(crate) async fn backup(control: &Control, folder: &Path, who: &Operator, out: &Out) -> Result<(), Refused> {
    if !folder.is_absolute() {
        return Err(Refused::request(format!("expected an absolute path, found {}", folder.display())));
    }
    let now = control.now();
    control.faces.upkeep.backup(folder).await?;
    control.record(now, who, Act::new("store backup", [folder.display().to_string()])).await?;
    out.send(Item::done(format!("{} is a consistent copy of the store", folder.display()))).await
}
