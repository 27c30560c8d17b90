//! `sigillo evidence export`: days written by hand, beside a provider that runs or not.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use control::command::{Common, Ended};
use control::{Fault, Refused};
use pec::{Clock, Moment};
use proof::LogId;
use seal::Signer;
use serde_json::json;
use store::{Embedded, EvidenceLog as _};

use crate::error::JournalError;
use crate::sheet::sheets;
use crate::writing::{Form, Source, Writing, Written};

/// `sigillo evidence export`
#[derive(Args, Clone, Debug)]
pub struct ExportOptions {
    /// What every command takes.
    #[command(flatten)]
    pub common: Common,
    /// The day, in Italian legal time: 2026-11-27
    #[arg(value_parser = day, required_unless_present = "from", conflicts_with_all = ["from", "to"])]
    pub day: Option<String>,
    /// The first of several days
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub from: Option<String>,
    /// The last of several days; without it, the last that there is
    #[arg(long, value_name = "DAY", value_parser = day, requires = "from")]
    pub to: Option<String>,
    /// The folder to write into; what is there is not replaced
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// text, p7m (the same, signed by the provider's key) or jsonl (every row); may be given several times
    #[arg(long = "form", value_name = "FORM", default_values = ["text"])]
    pub forms: Vec<Form>,
    /// Of this log only
    #[arg(long, value_name = "LOG")]
    pub log: Option<u32>,
}

fn day(text: &str) -> Result<String, String> {
    let is_day = Moment::midnight(text).is_some_and(|at| at.date() == text);
    is_day.then(|| text.to_owned()).ok_or_else(|| format!("expected a day, as \"2026-11-27\", found {text:?}"))
}

impl ExportOptions {
    /// Whether a key must sign.
    pub fn signs(&self) -> bool {
        self.forms.contains(&Form::Signed)
    }

    /// Writes the days of the store in this folder, and says on standard output which files there are. `signer` is there where
    /// a key must sign.
    pub async fn run(
        self,
        store: &Path,
        signer: Option<Arc<dyn Signer>>,
        clock: Arc<dyn Clock>,
    ) -> Result<Ended, Refused> {
        let path = store.to_owned();
        let store = tokio::task::spawn_blocking(move || Embedded::look(&path)).await??;
        let out = self.out.clone();
        let made = tokio::task::spawn_blocking(move || fetch::keep::folder(&out)).await?;
        made.map_err(|error| Refused::new(Fault::Unwritten, format!("{}: {error}", self.out.display())))?;
        let (from, to) = match (&self.day, &self.from) {
            (Some(day), _) => (day.as_str(), day.as_str()),
            (None, from) => (from.as_deref().unwrap_or_default(), self.to.as_deref().unwrap_or("9999-12-31")),
        };
        let forms = self.forms.iter().copied().collect();
        let source = Source::of(store.clone());
        let writing = Writing { source, folder: self.out.clone(), forms, signer, clock };
        let (mut all, mut found) = (Written::default(), false);
        for (log, _) in store.logs().await? {
            if self.log.is_some_and(|only| LogId(only) != log) {
                continue;
            }
            for sheet in sheets(&*store, log, from, to).await? {
                found = true;
                let name = writing.free_name(&sheet).await?;
                let written = writing.write(&sheet, &name).await?;
                self.tell(&written, sheet.closed);
                all.missing += written.missing;
                all.unreadable += written.unreadable;
            }
        }
        if !found {
            let what =
                "no head seals rows of these days: ask again when [evidence] heads has passed, while the provider runs";
            return Err(Refused::new(Fault::Unavailable, what));
        }
        let damaged = all.missing + all.unreadable > 0;
        if damaged && !self.common.json {
            let Written { missing, unreadable, .. } = all;
            output::say!("{missing} rows are not there any more, {unreadable} cannot be read");
        }
        Ok(if all.unreadable > 0 { Ended::Faults } else { Ended::Well })
    }

    fn tell(&self, written: &Written, closed: bool) {
        let Written { files, lines, rows, missing, unreadable } = written;
        for file in files {
            if self.common.json {
                let item = json!({
                    "type": "log", "file": file, "closed": closed, "lines": lines, "rows": rows, "missing": missing,
                    "unreadable": unreadable,
                });
                output::say!("{item}");
            } else {
                let open = if closed { "" } else { "; the day goes on" };
                output::say!("{}: {rows} rows, {lines} lines{open}", file.display());
            }
        }
    }
}

impl From<JournalError> for Refused {
    fn from(error: JournalError) -> Self {
        let fault = match error {
            JournalError::Store(error) => return error.into(),
            JournalError::Damaged { .. } => Fault::Damaged,
            JournalError::File(_) => Fault::Unwritten,
            JournalError::Key(_) => Fault::Unavailable,
            JournalError::Interrupted(_) => Fault::Program,
        };
        Self::new(fault, error.to_string())
    }
}
