//! The special store of infected messages, for the operators whom the configuration names (RFC 6109 §2.2.4).
//!
//! [`SpecialStore::enter`] is the only way in: who comes, admitted or not, is on record before anything is shown.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use output::printable;
use pec::{Kind, Moment};
use serde_json::json;
use store::{Embedded, Event, EvidenceQuery, EvidenceRow, InfectedQuery, InfectedRow, Store, UnreadableRow};

use crate::pages::Pages;
use crate::refused::{Fault, Refused};
use crate::saving::save;

/// The record of accesses, in the store's folder; one JSON object a line, only ever added to.
pub const ACCESSES: &str = "infected-access.log";

/// Messages of the special store looked up at once.
const PAGE: usize = 1000;

/// Who may come in (`infected.readers`).
#[derive(Clone, Copy, Debug)]
pub struct Readers<'a> {
    /// Their names.
    pub names: &'a [String],
    /// The configuration that names them, for what is said to others.
    pub named_in: &'a Path,
}

/// What somebody wants in the special store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish<'a> {
    /// To see what is kept.
    List,
    /// To see what other providers found and our own scan did not.
    Missed,
    /// To have messages of these numbers as files.
    Export(&'a [u64]),
}

/// The special store, with somebody in it who was admitted.
pub struct SpecialStore {
    store: Arc<dyn Store>,
}

impl SpecialStore {
    /// Looks into the store in `folder`, also beside a provider that runs, for one who calls himself `name`. Blocks.
    ///
    /// # Errors
    ///
    /// The store's; [`Fault::Unwritten`] where the access cannot be recorded; [`Fault::NotYou`] for who is no reader.
    pub fn enter(
        folder: &Path,
        readers: Readers<'_>,
        name: &str,
        wish: Wish<'_>,
        now: Moment,
    ) -> Result<Self, Refused> {
        let store = Embedded::look(folder)?;
        let is_admitted = readers.names.iter().any(|reader| reader == name);
        record(&folder.join(ACCESSES), name, wish, is_admitted, now)?;
        if is_admitted {
            return Ok(Self { store });
        }
        let what = format!("{} is not among infected.readers in {}", printable(name), readers.named_in.display());
        Err(Refused::new(Fault::NotYou, what))
    }

    /// Shows what is kept, in the order of its numbers.
    pub async fn kept(&self, mut show: impl FnMut(InfectedRow)) -> Result<(), Refused> {
        let mut after = 0;
        loop {
            let page = self.store.infected(InfectedQuery { after, limit: PAGE, ..InfectedQuery::default() }).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.number;
            page.into_iter().for_each(&mut show);
        }
    }

    /// Shows the virus detections that other providers told us of [R-2.2.2-m], and rows of the trace that are not as they
    /// were written, in their place: any of them may have been one.
    pub async fn missed(&self, mut show: impl FnMut(Result<EvidenceRow, UnreadableRow>)) -> Result<(), Refused> {
        // What we deposited and emitted ourselves is of our own finding.
        let (kind, event) = (Some(Kind::VirusDetection), Some(Event::Received));
        let query = EvidenceQuery { kind, event, ..EvidenceQuery::default() };
        let mut pages = Pages::of(self.store.as_ref(), query, u64::MAX).await?;
        while let Some(page) = pages.next().await? {
            page.into_iter().for_each(&mut show);
        }
        Ok(())
    }

    /// Saves messages as `NUMBER.eml` into a folder that is made when missing.
    ///
    /// # Errors
    ///
    /// A number that none has: those before it are saved; what cannot be read, or written.
    pub async fn export(&self, numbers: &[u64], out: &Path) -> Result<(), Refused> {
        for number in numbers {
            let query = InfectedQuery { after: number.saturating_sub(1), limit: 1, ..InfectedQuery::default() };
            let found = self.store.infected(query).await?.into_iter().find(|row| row.number == *number);
            let message = match &found {
                Some(row) => self.store.read(row.message).await?,
                None => None,
            };
            let message = message.ok_or_else(|| Refused::missing(format!("no infected message {number}")))?;
            let (out, name) = (out.to_owned(), format!("{number}.eml"));
            tokio::task::spawn_blocking(move || save(&out, &name, message.chunks())).await??;
        }
        Ok(())
    }
}

/// Puts an access on record, on the disk.
fn record(file: &Path, name: &str, wish: Wish<'_>, is_admitted: bool, now: Moment) -> Result<(), Refused> {
    let (what, numbers): (_, &[u64]) = match wish {
        Wish::List => ("list", &[]),
        Wish::Missed => ("missed", &[]),
        Wish::Export(numbers) => ("export", numbers),
    };
    let line = json!({ "at": now.to_string(), "as": name, "what": what, "numbers": numbers, "admitted": is_admitted });
    let opened = OpenOptions::new().create(true).append(true).mode(0o600).open(file);
    let written = opened.and_then(|mut file| writeln!(file, "{line}").and_then(|()| file.sync_all()));
    written.map_err(|error| {
        let file = file.display();
        Refused::new(Fault::Unwritten, format!("{file}: the access cannot be recorded, so it is refused: {error}"))
    })
}

#[cfg(test)]
mod tests;
