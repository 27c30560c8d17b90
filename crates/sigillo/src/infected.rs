//! `sigillo infected`: the special store, for the operators whom the configuration names (RFC 6109 §2.2.4).

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::process::ExitCode;

use config::Config;
use pec::Kind;
use provider::{Clock, SystemClock};
use store::{
    About, Content, Embedded, Event, Evidence, EvidenceLog, EvidenceQuery, InfectedQuery, InfectedRow, Upkeep,
};

use crate::cli::{InfectedAccess, InfectedCommand};
use crate::exit::{self, Failed, store_error};
use crate::mailbox::save;
use output::printable;

/// The record of accesses, in the store's folder; one JSON object a line, only ever added to.
pub const ACCESSES: &str = "infected-access.log";

/// Runs the command.
pub async fn run(command: &InfectedCommand) -> ExitCode {
    let done = match command {
        InfectedCommand::List { access } => list(access).await,
        InfectedCommand::Missed { access } => missed(access).await,
        InfectedCommand::Export { access, numbers, out } => export(access, numbers, out).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, why)) => exit::fail(code, why),
    }
}

async fn list(access: &InfectedAccess) -> Result<(), Failed> {
    let store = admit(access, "list", &[])?;
    for row in all(&store).await? {
        let InfectedRow { number, at, point, size, until, .. } = &row;
        let point = point.name();
        output::say!("{number:>6}  {at}  {point:8} {size:>9}  kept until {}  {}", until.day(), printable(&row.virus));
        output::say!("        {}", printable(&row.identifier));
    }
    Ok(())
}

async fn missed(access: &InfectedAccess) -> Result<(), Failed> {
    let store = admit(access, "missed", &[])?;
    for row in detections(&store).await? {
        output::say!("{}  {}  {}", row.at, printable(row.error.as_deref().unwrap_or("")), printable(&row.provider));
        if let About::Subject(subject) = &row.about {
            let subject = subject.subject();
            output::say!("        {}  {}", printable(&subject.identifier), printable(&subject.sender));
        }
    }
    Ok(())
}

/// The virus detections that other providers told us of [R-2.2.2-m].
async fn detections(store: &Embedded) -> Result<Vec<Evidence>, Failed> {
    let mut found = Vec::new();
    for (log, _) in store.logs().await.map_err(store_error)? {
        let (kind, mut after) = (Some(Kind::VirusDetection), 0);
        loop {
            let query = EvidenceQuery { log: Some(log), after, kind, limit: 1000, ..EvidenceQuery::default() };
            let page = store.rows(query).await.map_err(store_error)?;
            let Some(last) = page.last() else { break };
            after = last.as_ref().map_or_else(|bad| bad.number, |row| row.number);
            for row in page {
                match row {
                    Ok(row) => found.extend(Some(row.evidence).filter(|row| row.event == Event::Received)),
                    Err(bad) => output::tell!("evidence {} of log {}: {}", bad.number, bad.log.0, printable(&bad.what)),
                }
            }
        }
    }
    Ok(found)
}

async fn export(access: &InfectedAccess, numbers: &[u64], out: &std::path::Path) -> Result<(), Failed> {
    let store = admit(access, "export", numbers)?;
    for number in numbers {
        let query = InfectedQuery { after: number.saturating_sub(1), limit: 1, ..InfectedQuery::default() };
        let found = store.infected(query).await.map_err(store_error)?.into_iter().find(|row| row.number == *number);
        let message = match &found {
            Some(row) => store.read(row.message).await.map_err(store_error)?,
            None => None,
        };
        let Some(message) = message else { return Err((exit::NO_INPUT, format!("no infected message {number}"))) };
        save(out, &format!("{number}.eml"), &message.to_bytes())?;
    }
    Ok(())
}

/// Opens the store for an operator whom the configuration names; who is admitted, or not, is on record before anything
/// is shown.
fn admit(access: &InfectedAccess, what: &str, numbers: &[u64]) -> Result<std::sync::Arc<Embedded>, Failed> {
    let config = Config::load(&access.config).map_err(|error| (exit::CONFIG, error.to_string()))?;
    let store = Embedded::look(&config.store.path).map_err(store_error)?;
    let admitted = config.infected.readers.contains(&access.name);
    let line = serde_json::json!({
        "at": SystemClock.now().to_string(), "as": access.name, "what": what, "numbers": numbers, "admitted": admitted,
    });
    let path = config.store.path.join(ACCESSES);
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
    let written = file.and_then(|mut file| writeln!(file, "{line}").and_then(|()| file.sync_all()));
    written.map_err(|error| {
        (exit::CANT_CREATE, format!("{}: the access cannot be recorded, so it is refused: {error}", path.display()))
    })?;
    if admitted {
        return Ok(store);
    }
    let why = format!("{} is not among infected.readers in {}", printable(&access.name), access.config.display());
    Err((exit::NO_PERMISSION, why))
}

async fn all(store: &Embedded) -> Result<Vec<InfectedRow>, Failed> {
    let mut rows: Vec<InfectedRow> = Vec::new();
    loop {
        let after = rows.last().map_or(0, |row| row.number);
        let page = store.infected(InfectedQuery { after, limit: 1000, ..InfectedQuery::default() }).await;
        let page = page.map_err(store_error)?;
        if page.is_empty() {
            return Ok(rows);
        }
        rows.extend(page);
    }
}

#[cfg(test)]
mod tests;
