//! A sheet written into files: whole or not at all, and nothing that is there is replaced.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pec::{Clock, Moment};
use seal::{Signer, p7m};
use sha2::{Digest as _, Sha256};
use store::{EvidenceLog, EvidenceQuery, EvidenceRow, Seals, UnreadableRow};
use tempfile::NamedTempFile;

use crate::error::JournalError;
use crate::json::JsonLines;
use crate::line;
use crate::sheet::Sheet;

/// Rows that are read at once.
const ROWS: usize = 1000;

/// A form of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// Lines of text: `.log`.
    Text,
    /// The same, signed by the provider: `.log.p7m`.
    Signed,
    /// Every row as JSON Lines: `.jsonl`.
    Json,
}

/// Some forms.
pub type Forms = BTreeSet<Form>;

impl Form {
    /// Where a sheet of this name is in this form.
    fn path(self, folder: &Path, name: &str) -> PathBuf {
        folder.join(format!("{name}{}", self.ending()))
    }

    /// Every form.
    pub const ALL: [Form; 3] = [Form::Text, Form::Signed, Form::Json];

    /// Its name in configurations and commands.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Signed => "p7m",
            Self::Json => "jsonl",
        }
    }

    /// How its files end.
    fn ending(self) -> &'static str {
        match self {
            Self::Text => ".log",
            Self::Signed => ".log.p7m",
            Self::Json => ".jsonl",
        }
    }
}

impl std::str::FromStr for Form {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|form| form.name() == text);
        known.ok_or_else(|| format!("expected text, p7m or jsonl, found {text:?}"))
    }
}

/// Where rows come from.
#[derive(Clone)]
pub struct Source {
    /// The rows.
    pub evidence: Arc<dyn EvidenceLog>,
    /// What seals them.
    pub seals: Arc<dyn Seals>,
}

impl Source {
    /// Of one store.
    pub fn of(store: Arc<impl EvidenceLog + Seals + 'static>) -> Self {
        Self { evidence: store.clone(), seals: store }
    }
}

/// What is written, and who signs it.
#[derive(Clone)]
pub struct Writing {
    /// Where rows come from.
    pub source: Source,
    /// The folder.
    pub folder: PathBuf,
    /// In which forms.
    pub forms: Forms,
    /// Who signs; there where a form is signed.
    pub signer: Option<Arc<dyn Signer>>,
    /// When.
    pub clock: Arc<dyn Clock>,
}

/// What was written of a sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The files, those that were there already left aside.
    pub files: Vec<PathBuf>,
    /// Lines of text, the first and the last one left aside.
    pub lines: u64,
    /// Rows.
    pub rows: u64,
    /// Rows that are not there any more.
    pub missing: u64,
    /// Rows that cannot be read.
    pub unreadable: u64,
}

impl Writing {
    /// A name for the files of a sheet that none in the folder has: `PEC1-2026-11-27`, where that is another tree's, with
    /// `-2` behind it, and so on.
    pub async fn free_name(&self, sheet: &Sheet) -> Result<String, JournalError> {
        let (folder, begin) = (self.folder.clone(), format!("PEC{}-{}", sheet.log.0, sheet.day));
        aside(move || {
            let taken = |name: &String| Form::ALL.iter().any(|form| form.path(&folder, name).exists());
            let others = (2u64..).map(|number| format!("{begin}-{number}"));
            std::iter::once(begin.clone()).chain(others).find(|name| !taken(name)).unwrap_or(begin)
        })
        .await
    }

    /// Writes a sheet under this name, in each form that is not there yet.
    pub async fn write(&self, sheet: &Sheet, name: &str) -> Result<Written, JournalError> {
        let path = |form: &Form| (*form, form.path(&self.folder, name));
        let (folder, its, paths) =
            (self.folder.clone(), sheet.clone(), self.forms.iter().map(path).collect::<Vec<_>>());
        let begun = aside(move || {
            let paths: Vec<_> = paths.into_iter().filter(|(_, path)| !path.exists()).collect();
            let wanted: Forms = paths.iter().map(|(form, _)| *form).collect();
            let begun = (!wanted.is_empty()).then(|| Pen::begin(&folder, its, &wanted)).transpose()?;
            Ok::<_, JournalError>(begun.map(|pen| (pen, paths)))
        });
        let Some((mut pen, paths)) = begun.await?? else { return Ok(Written::default()) };
        let mut after = sheet.first - 1;
        while after + 1 < sheet.end {
            let query = EvidenceQuery { log: Some(sheet.log), after, limit: ROWS, ..EvidenceQuery::default() };
            let page = self.source.evidence.rows(query).await?;
            after = page.last().map_or(sheet.end - 1, number);
            pen = aside(move || pen.page(page)).await??;
        }
        let (signer, now) = (self.signer.clone(), self.clock.now());
        aside(move || pen.end(&paths, signer.as_deref(), now)).await?
    }
}

fn number(row: &Result<EvidenceRow, UnreadableRow>) -> u64 {
    row.as_ref().map_or_else(|bad| bad.number, |row| row.number)
}

/// Does what may wait on a thread that may.
pub(crate) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, JournalError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| JournalError::Interrupted(error.to_string()))
}

/// Files under way.
struct Pen {
    folder: PathBuf,
    sheet: Sheet,
    text: Option<BufWriter<NamedTempFile>>,
    json: Option<BufWriter<NamedTempFile>>,
    items: JsonLines,
    sha256: Sha256,
    length: u64,
    /// The number of the next row.
    next: u64,
    /// The instant of the last row.
    at: Option<Moment>,
    written: Written,
}

impl Pen {
    fn begin(folder: &Path, sheet: Sheet, forms: &Forms) -> Result<Self, JournalError> {
        let file = |is_wanted: bool| {
            let made = is_wanted.then(|| fetch::keep::begin(folder)).transpose();
            made.map(|file| file.map(BufWriter::new)).map_err(|error| JournalError::file(folder, &error))
        };
        Ok(Self {
            text: file(forms.contains(&Form::Text) || forms.contains(&Form::Signed))?,
            json: file(forms.contains(&Form::Json))?,
            folder: folder.to_owned(),
            next: sheet.first,
            sheet,
            items: JsonLines::default(),
            sha256: Sha256::new(),
            length: 0,
            at: None,
            written: Written::default(),
        })
    }

    fn page(mut self, page: Vec<Result<EvidenceRow, UnreadableRow>>) -> Result<Self, JournalError> {
        let (mut text, mut json) = (Vec::new(), Vec::new());
        let end = self.sheet.end;
        for row in page.into_iter().filter(|row| number(row) < end) {
            let (log, number) = (self.sheet.log, number(&row));
            // A row that cannot be read says no instant.
            let at = row.as_ref().map_or(self.at.unwrap_or(self.sheet.at), |row| row.evidence.at);
            self.reaches(number, at, &mut text);
            match &row {
                Ok(row) => {
                    self.written.rows += 1;
                    if let Some(line) = line::line(log, number, &row.evidence, &self.sheet.provider) {
                        self.written.lines += 1;
                        push(&mut text, &line);
                    }
                    self.items.row(row, &mut json);
                }
                Err(bad) => {
                    self.written.unreadable += 1;
                    push(&mut text, &line::unreadable(log, number, &bad.what, at));
                }
            }
            (self.next, self.at) = (number + 1, Some(at));
        }
        self.put(&text, &json)?;
        Ok(self)
    }

    /// Says what is missing before a row, and opens the file where it is the first.
    fn reaches(&mut self, number: u64, at: Moment, text: &mut Vec<u8>) {
        if self.at.is_none() {
            push(text, &line::open(&self.sheet, at));
        }
        if self.next < number {
            self.written.missing += number - self.next;
            push(text, &line::missing(self.sheet.log, self.next, number - 1, at));
        }
    }

    fn put(&mut self, text: &[u8], json: &[u8]) -> Result<(), JournalError> {
        self.sha256.update(text);
        self.length += text.len() as u64;
        let all = [(&mut self.text, text), (&mut self.json, json)];
        for (file, octets) in all {
            if let Some(file) = file {
                file.write_all(octets).map_err(|error| JournalError::file(&self.folder, &error))?;
            }
        }
        Ok(())
    }

    fn end(
        mut self,
        paths: &[(Form, PathBuf)],
        signer: Option<&dyn Signer>,
        now: Moment,
    ) -> Result<Written, JournalError> {
        let mut text = Vec::new();
        let at = self.at.unwrap_or(self.sheet.at);
        self.reaches(self.sheet.end, at, &mut text);
        push(&mut text, &line::close(&self.sheet, at, self.written.lines));
        self.put(&text, &[])?;
        let fault = |error: &io::Error| JournalError::file(&self.folder, error);
        let whole = |file: Option<BufWriter<NamedTempFile>>| {
            file.map(|file| file.into_inner().map_err(|error| fault(error.error()))).transpose()
        };
        let (mut text, json) = (whole(self.text.take())?, whole(self.json.take())?);
        let wants = |form: Form| paths.iter().find(|(wanted, _)| *wanted == form).map(|(_, path)| path);
        if let (Some(path), Some(text), Some(signer)) = (wants(Form::Signed), &mut text, signer) {
            let sha256: [u8; 32] = self.sha256.clone().finalize().into();
            let (head, tail) = p7m::seal_around(&sha256, self.length, now.unix(), signer)?;
            let signed = around(&self.folder, &head, text.as_file_mut(), &tail).map_err(|error| fault(&error))?;
            self.keep(signed, path)?;
        }
        for (file, path) in [(text, wants(Form::Text)), (json, wants(Form::Json))] {
            if let (Some(file), Some(path)) = (file, path) {
                self.keep(file, path)?;
            }
        }
        Ok(self.written)
    }

    fn keep(&mut self, file: NamedTempFile, path: &Path) -> Result<(), JournalError> {
        fetch::keep::finish(file, path).map_err(|error| JournalError::file(path, &error))?;
        self.written.files.push(path.to_owned());
        Ok(())
    }
}

/// A file with what stands before and behind the content.
fn around(folder: &Path, head: &[u8], content: &mut std::fs::File, tail: &[u8]) -> io::Result<NamedTempFile> {
    let mut signed = fetch::keep::begin(folder)?;
    content.rewind()?;
    signed.write_all(head)?;
    io::copy(content, &mut signed)?;
    signed.write_all(tail)?;
    Ok(signed)
}

fn push(text: &mut Vec<u8>, line: &str) {
    text.extend_from_slice(line.as_bytes());
    text.push(b'\n');
}
