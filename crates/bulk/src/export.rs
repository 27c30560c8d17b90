//! Messages carried out: into a place beside the one that was named, which gets its name when all is there.

use std::io;
use std::path::{Path, PathBuf};

use control::command::Ended;
use control::transfer::form::{EntryTold, FolderTold};
use control::{Carrier, Fault as Blame, Refused};
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::archive::ArchiveWriter;
use crate::maildir::MaildirWriter;
use crate::mbox::MboxWriter;
use crate::progress::Progress;
use crate::report::{Line, Report};
use crate::source::{Fault, Wanted};
use crate::writing::{Leaving, Sink, Stuck, Writing};

/// What an export is called that is not whole yet.
const PARTIAL: &str = "partial";
/// The file in an export that names what is missing from it.
const INCOMPLETE: &str = "INCOMPLETE.txt";
/// Octets of that file.
const INCOMPLETE_OCTETS: usize = 1 << 20;

/// How messages are kept outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A Maildir.
    Maildir,
    /// A folder of mbox files.
    Mbox,
    /// A ZIP file.
    Zip,
}

/// What is exported, and where to.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    /// How.
    pub form: Form,
    /// Where to; nothing stands there.
    pub to: PathBuf,
    /// Which folders.
    pub wanted: Wanted,
    /// Say it as JSON.
    pub json: bool,
}

/// Why an export does not go on.
enum Broken {
    /// The files cannot be written.
    Files,
    /// The provider does not give more.
    Provider(Refused),
}

impl From<Stuck> for Broken {
    fn from(_: Stuck) -> Self {
        Broken::Files
    }
}

impl From<Refused> for Broken {
    fn from(refused: Refused) -> Self {
        Broken::Provider(refused)
    }
}

/// Exports a mailbox, or folders of it, every message with its own octets.
///
/// # Errors
///
/// When something stands there already, when the files cannot be written, when the provider breaks off: then what came is in
/// the place beside, and the error says that it is not whole. A message that cannot be read is told, and named in a file of
/// the export.
pub async fn export(carrier: &mut Carrier, options: &ExportOptions) -> Result<Ended, Refused> {
    let folders = folders(carrier, &options.wanted).await?;
    let partial = beside(&options.to)?;
    let (form, path) = (options.form, partial.clone());
    let sink = tokio::task::spawn_blocking(move || create(form, &path)).await?;
    let sink = sink.map_err(|error| cannot_make(&partial, &error))?;
    let mut exporting = Exporting {
        writing: Writing::start(sink),
        report: Report::new(options.json),
        progress: Progress::new("exporting", Some(weight(&folders)), options.json),
        missing: String::new(),
        messages: 0,
        octets: 0,
    };
    let done = exporting.all(carrier, &folders).await;
    let Exporting { writing, report, progress, messages, octets, .. } = exporting;
    drop(progress);
    let notes = match (writing.finish().await, done) {
        (Err(error), _) => return Err(incomplete(&partial, &error.to_string())),
        (Ok(_), Err(Broken::Provider(refused))) => return Err(incomplete(&partial, &refused.what)),
        (Ok(_), Err(Broken::Files)) => return Err(incomplete(&partial, "the files were not written to their end")),
        (Ok(notes), Ok(())) => notes,
    };
    rename(&partial, &options.to).map_err(|error| cannot_make(&options.to, &error))?;
    notes.iter().for_each(|what| report.say(&Line::Note { what }));
    let (folders, faults, to) = (folders.len() as u64, report.faults(), options.to.display().to_string());
    report.say(&Line::Export { messages, octets, folders, faults, to: &to });
    Ok(report.ended())
}

async fn folders(carrier: &mut Carrier, wanted: &Wanted) -> Result<Vec<FolderTold>, Refused> {
    let mut folders = carrier.folders().await?;
    let has = |name: &&String| !folders.iter().any(|folder| crate::source::is_at_or_below(&folder.name, name));
    if let Some(missing) = wanted.names().iter().find(has) {
        let names: Vec<String> = folders.iter().map(|folder| output::printable(&folder.name)).collect();
        return Err(Refused::missing(format!("the mailbox has no folder {missing}; it has {}", names.join(", "))));
    }
    folders.retain(|folder| wanted.takes(&folder.name));
    Ok(folders)
}

fn weight(folders: &[FolderTold]) -> (u64, u64) {
    folders
        .iter()
        .fold((0, 0), |(messages, octets), folder| (messages + u64::from(folder.messages), octets + folder.octets))
}

/// The place beside the one that was named; neither exists.
fn beside(to: &Path) -> Result<PathBuf, Refused> {
    let Some(name) = to.file_name() else {
        return Err(Refused::request(format!("{} is no place that an export can have", to.display())));
    };
    let partial = to.with_file_name(format!("{}.{PARTIAL}", name.to_string_lossy()));
    let stands = |path: &Path| path.symlink_metadata().is_ok();
    if stands(to) {
        return Err(Refused::request(format!("{} exists already: name another place", to.display())));
    }
    if stands(&partial) {
        let what = format!("{} is what is left of an export that broke off: remove it first", partial.display());
        return Err(Refused::request(what));
    }
    Ok(partial)
}

fn create(form: Form, path: &Path) -> io::Result<Box<dyn Sink>> {
    Ok(match form {
        Form::Maildir => Box::new(MaildirWriter::create(path)?),
        Form::Mbox => Box::new(MboxWriter::create(path)?),
        Form::Zip => Box::new(ArchiveWriter::create(path)?),
    })
}

fn cannot_make(path: &Path, error: &io::Error) -> Refused {
    Refused::new(Blame::Unavailable, format!("{} cannot be made: {error}", path.display()))
}

fn incomplete(partial: &Path, why: &str) -> Refused {
    let what = format!(
        "the export broke off: {why}; what was written before is in {}, and is NOT whole: remove it and export again",
        partial.display()
    );
    Refused::new(Blame::Unavailable, what)
}

/// Gives the finished export its name, which nobody else has taken meanwhile.
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)?;
    let above = to.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(above)?.sync_all()
}

struct Exporting {
    writing: Writing,
    report: Report,
    progress: Progress,
    /// What could not be read, a line each.
    missing: String,
    messages: u64,
    octets: u64,
}

impl Exporting {
    async fn all(&mut self, carrier: &mut Carrier, folders: &[FolderTold]) -> Result<(), Broken> {
        for FolderTold { name, .. } in folders {
            self.writing.folder(name).await?;
            let mut after = 0;
            loop {
                let page = carrier.entries(name, after).await?;
                let Some(last) = page.last() else { break };
                after = last.uid;
                for entry in page {
                    self.message(carrier, name, entry).await?;
                }
            }
        }
        if !self.missing.is_empty() {
            let text = format!("These messages could not be read, and are not in this export:\n\n{}", self.missing);
            self.writing.note(INCOMPLETE, text).await?;
        }
        Ok(())
    }

    async fn message(&mut self, carrier: &mut Carrier, folder: &str, entry: EntryTold) -> Result<(), Broken> {
        let EntryTold { uid, flags, at, size } = entry;
        self.writing.begin(Leaving { uid, at, size, marks: flags }).await?;
        match self.octets(carrier, folder, uid).await? {
            Ok(octets) => {
                self.messages += 1;
                self.octets += octets;
                self.progress.add(1, octets);
                Ok(self.writing.end().await?)
            }
            Err(refused) => {
                self.writing.abandon().await?;
                // What the holder has removed meanwhile is not missing.
                if refused.fault != Blame::Missing {
                    self.progress.pause();
                    let fault = Fault { place: format!("{folder}, message {uid}"), what: refused.what };
                    self.report.fault(&fault);
                    if self.missing.len() < INCOMPLETE_OCTETS {
                        self.missing += &format!("{}: {}\n", fault.place, fault.what);
                    }
                }
                Ok(())
            }
        }
    }

    /// Carries the octets of a message over; why it cannot be had, where the others can.
    async fn octets(&mut self, carrier: &mut Carrier, folder: &str, uid: u32) -> Result<Result<u64, Refused>, Broken> {
        carrier.read(folder, uid).await?;
        let mut octets = 0;
        loop {
            let mut piece = Vec::new();
            match carrier.piece(&mut piece).await {
                Ok(true) => {
                    octets += piece.len() as u64;
                    self.writing.octets(piece).await?;
                }
                Ok(false) => return Ok(Ok(octets)),
                Err(refused) if matches!(refused.fault, Blame::Damaged | Blame::Missing) => return Ok(Err(refused)),
                Err(refused) => return Err(refused.into()),
            }
        }
    }
}
