//! mbox files read.

use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use pec::Moment;
use tokio::sync::mpsc;

use super::from_line;
use super::quoting::Quoting;
use super::status::{self, Status};
use crate::feed::{Feed, Unheard};
use crate::file_name;
use crate::regular;
use crate::source::{Found, Message, Pass, Source, SourceFolder, Wanted, when};
use crate::spool::{LineEnds, Spooling, Unkept};

/// Octets of a line that are looked at together.
const LINE: u64 = 1 << 20;
/// Folders below folders.
const DEEPEST: usize = 32;

/// An mbox file, or a folder of them.
#[derive(Clone, Debug)]
pub struct MboxFiles {
    path: PathBuf,
    quoting: Quoting,
}

impl MboxFiles {
    /// What stands at this path; a file must be an mbox.
    pub fn new(path: &Path, quoting: Quoting) -> Result<Self, String> {
        let fault = |what: String| Err(format!("{}: {what}", path.display()));
        match fs::metadata(path) {
            Err(error) => return fault(error.to_string()),
            Ok(meta) if meta.is_dir() => {}
            Ok(_) => match is_mbox(path) {
                Err(error) => return fault(error.to_string()),
                Ok(false) => return fault("no mbox: its first line does not begin with 'From '".into()),
                Ok(true) => {}
            },
        }
        Ok(Self { path: path.to_owned(), quoting })
    }
}

impl Source for MboxFiles {
    fn name(&self) -> String {
        format!("the mbox {}", self.path.display())
    }

    fn start(&self, _: Pass, wanted: Wanted) -> mpsc::Receiver<Found> {
        let Self { path, quoting } = self.clone();
        Feed::start(wanted, move |feed| match path.is_dir() {
            true => walk(feed, &path, &[], quoting),
            false => {
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                file(feed, &path, vec![level(&name)], quoting)
            }
        })
    }
}

/// The level of a folder's name that a file stands for.
fn level(name: &str) -> String {
    file_name::decode(name.strip_suffix(".mbox").or_else(|| name.strip_suffix(".mbx")).unwrap_or(name))
}

/// Whether it begins as an mbox. An empty one is one too.
fn is_mbox(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    regular::open(path)?.take(5).read_to_end(&mut start)?;
    Ok(start.is_empty() || start == b"From ")
}

/// The files of a directory, by name: `Sub.mbox` or `Sub`, and what is in `Sub` or `Sub.sbd` below it.
fn walk(feed: &Feed, directory: &Path, above: &[String], quoting: Quoting) -> Result<(), Unheard> {
    let place = || directory.display().to_string();
    if above.len() >= DEEPEST {
        return feed.fault(place(), format!("more than {DEEPEST} folders within each other"));
    }
    let entries: io::Result<Vec<_>> = fs::read_dir(directory).and_then(Iterator::collect);
    let mut entries = match entries {
        Ok(entries) => entries,
        Err(error) => return feed.fault(place(), error),
    };
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        let levels = |level| [above, &[level]].concat();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && is_mbox(&path.join("mbox")).unwrap_or(false) => {
                // Apple Mail exports a folder that holds the file.
                file(feed, &path.join("mbox"), levels(level(&name)), quoting)?;
            }
            Ok(kind) if kind.is_dir() => {
                walk(feed, &path, &levels(file_name::decode(name.strip_suffix(".sbd").unwrap_or(&name))), quoting)?;
            }
            Ok(kind) if kind.is_file() => match is_mbox(&path) {
                Ok(true) => file(feed, &path, levels(level(&name)), quoting)?,
                Ok(false) => feed.say(Found::Passed(path.display().to_string()))?,
                Err(error) => feed.fault(path.display().to_string(), error)?,
            },
            Ok(_) => feed.say(Found::Passed(path.display().to_string()))?,
            Err(error) => feed.fault(path.display().to_string(), error)?,
        }
    }
    Ok(())
}

fn file(feed: &Feed, path: &Path, levels: Vec<String>, quoting: Quoting) -> Result<(), Unheard> {
    if !feed.folder(SourceFolder::of(levels))? {
        return Ok(());
    }
    match regular::open(path) {
        Ok(file) => {
            Reading { feed, path, quoting, line: 0, coming: None }.read(BufReader::with_capacity(256 << 10, file))
        }
        Err(error) => feed.fault(path.display().to_string(), error),
    }
}

/// A file on its way.
struct Reading<'a> {
    feed: &'a Feed,
    path: &'a Path,
    quoting: Quoting,
    /// The number of the line that was read last.
    line: u64,
    coming: Option<Coming>,
}

/// The message that is being read.
struct Coming {
    /// The line that it begins at.
    line: u64,
    at: Option<Moment>,
    octets: Result<Spooling, Unkept>,
    /// An empty line that came last: the one before a `From ` line is not the message's.
    empty: Vec<u8>,
}

impl Reading<'_> {
    fn read(mut self, mut from: impl BufRead) -> Result<(), Unheard> {
        let (mut line, mut begins) = (Vec::new(), true);
        loop {
            line.clear();
            match (&mut from).take(LINE).read_until(b'\n', &mut line) {
                Ok(0) => return self.message_ends(),
                Ok(_) => {}
                Err(error) => {
                    self.message_ends()?;
                    return self.feed.fault(self.place(self.line), error);
                }
            }
            let first = self.line == 0;
            self.line += u64::from(begins);
            let at = if begins { from_line::read(&line) } else { None };
            if at.is_some() || (first && line.starts_with(b"From ")) {
                self.message_ends()?;
                let octets = Ok(Spooling::new(LineEnds::Completed));
                self.coming = Some(Coming { line: self.line, at, octets, empty: Vec::new() });
            } else if let Some(coming) = &mut self.coming {
                coming.put(if begins { self.quoting.undo(&line) } else { &line });
            }
            begins = line.ends_with(b"\n");
        }
    }

    fn place(&self, line: u64) -> String {
        format!("{}, line {line}", self.path.display())
    }

    fn message_ends(&mut self) -> Result<(), Unheard> {
        let Some(Coming { line, at, octets, .. }) = self.coming.take() else { return Ok(()) };
        let place = self.place(line);
        let mut octets = match octets.and_then(Spooling::whole) {
            Ok(octets) => octets,
            Err(unkept) => return self.feed.fault(place, unkept),
        };
        if octets.size() == 0 {
            return self
                .feed
                .fault(place, "no message stands between this line and the next one that begins with 'From '");
        }
        let head = match octets.head() {
            Ok(head) => head,
            Err(error) => return self.feed.fault(place, error),
        };
        match status::read(&head) {
            Status::NoMessage(what) => self.feed.say(Found::Passed(format!("{place}: {what}"))),
            Status::Marks(marks) => {
                let at = at.or_else(|| when(&head)).map_or(0, Moment::unix);
                self.feed.message(Message { octets, marks, at, place, origin: None })
            }
        }
    }
}

impl Coming {
    fn put(&mut self, line: &[u8]) {
        let Ok(octets) = &mut self.octets else { return };
        let mut done = octets.put(&self.empty);
        self.empty.clear();
        if matches!(line, b"\n" | b"\r\n") {
            self.empty.extend_from_slice(line);
        } else {
            done = done.and_then(|()| octets.put(line));
        }
        if let Err(unkept) = done {
            self.octets = Err(unkept);
        }
    }
}
