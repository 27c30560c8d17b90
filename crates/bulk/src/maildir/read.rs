//! A Maildir read.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use tokio::sync::mpsc;

use super::folders::{decode, levels};
use super::info::{self, Keywords};
use crate::feed::{Feed, Unheard};
use crate::regular;
use crate::source::{Found, Message, Pass, Source, SourceFolder, Wanted};
use crate::spool::{LineEnds, Spool};

/// Folders below folders.
const DEEPEST: usize = 32;
/// Octets of `dovecot-keywords` that are read.
const KEYWORDS: u64 = 64 << 10;

/// A Maildir, or a folder of Maildirs.
#[derive(Clone, Debug)]
pub struct Maildir {
    root: PathBuf,
}

impl Maildir {
    /// The Maildir in this folder. Why it is none: neither it nor what is in it has `cur` or `new`.
    pub fn new(root: &Path) -> Result<Self, String> {
        let fault = |what: String| Err(format!("{}: {what}", root.display()));
        let entries = match fs::read_dir(root) {
            Ok(entries) => entries,
            Err(error) => return fault(error.to_string()),
        };
        let inside = |path: &Path| is_maildir(path) || path.extension().is_some_and(|end| end == "sbd");
        let some =
            is_maildir(root) || entries.flatten().any(|entry| inside(&entry.path()) || holds_maildirs(&entry.path()));
        if some {
            Ok(Self { root: root.to_owned() })
        } else {
            fault("no Maildir: neither it nor a folder in it has cur or new".into())
        }
    }
}

impl Source for Maildir {
    fn name(&self) -> String {
        format!("the Maildir {}", self.root.display())
    }

    fn start(&self, _: Pass, wanted: Wanted) -> mpsc::Receiver<Found> {
        let root = self.root.clone();
        Feed::start(wanted, move |feed| {
            if is_maildir(&root) {
                folder(feed, &root, Vec::new())?;
            }
            walk(feed, &root, &[], true)
        })
    }
}

fn is_maildir(path: &Path) -> bool {
    let holds = |name: &str| fs::symlink_metadata(path.join(name)).is_ok_and(|meta| meta.is_dir());
    holds("cur") || holds("new")
}

fn holds_maildirs(path: &Path) -> bool {
    fs::read_dir(path).is_ok_and(|entries| entries.flatten().any(|entry| is_maildir(&entry.path())))
}

/// The folders in a directory, by name. `plus`: those that begin with a dot are folders too.
fn walk(feed: &Feed, directory: &Path, above: &[String], plus: bool) -> Result<(), Unheard> {
    if above.len() >= DEEPEST {
        return feed.fault(directory.display().to_string(), format!("more than {DEEPEST} folders within each other"));
    }
    let names = match sorted(directory) {
        Ok(names) => names,
        Err(error) => return feed.fault(directory.display().to_string(), error),
    };
    for name in names {
        let path = directory.join(&name);
        // What is linked stands elsewhere, where whoever made the link may read nothing.
        let is_directory = fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_dir());
        if !is_directory || matches!(name.as_str(), "cur" | "new" | "tmp") {
            continue;
        }
        if let Some(levels) = levels(&name).filter(|_| plus && is_maildir(&path)) {
            folder(feed, &path, [above, &levels].concat())?;
            continue;
        }
        if name.starts_with('.') {
            continue;
        }
        let level = decode(name.strip_suffix(".sbd").unwrap_or(&name));
        let levels = [above, &[level]].concat();
        if is_maildir(&path) {
            folder(feed, &path, levels.clone())?;
        }
        walk(feed, &path, &levels, false)?;
    }
    Ok(())
}

fn sorted(directory: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort_unstable();
    Ok(names)
}

fn folder(feed: &Feed, path: &Path, levels: Vec<String>) -> Result<(), Unheard> {
    if !feed.folder(SourceFolder::of(levels))? {
        return Ok(());
    }
    let keywords = keywords(&path.join("dovecot-keywords"));
    for part in ["cur", "new"] {
        let part = path.join(part);
        let names = match sorted(&part) {
            Ok(names) => names,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                feed.fault(part.display().to_string(), error)?;
                continue;
            }
        };
        for name in names.iter().filter(|name| !name.starts_with('.')) {
            let file = part.join(name);
            match message(&file, name, &keywords) {
                Ok(message) => feed.message(message)?,
                Err(what) => feed.fault(file.display().to_string(), what)?,
            }
        }
    }
    Ok(())
}

fn keywords(path: &Path) -> Keywords {
    let mut text = Vec::new();
    let read = regular::open(path).and_then(|file| file.take(KEYWORDS).read_to_end(&mut text));
    read.map_or_else(|_| Keywords::default(), |_| Keywords::read(&String::from_utf8_lossy(&text)))
}

fn message(path: &Path, name: &str, keywords: &Keywords) -> Result<Message, String> {
    let file = regular::open(path).map_err(|error| error.to_string())?;
    let modified = file.metadata().map_err(|error| error.to_string())?.mtime();
    let octets = Spool::of(file, LineEnds::Completed).map_err(|error| error.to_string())?;
    if octets.size() == 0 {
        return Err("the file is empty".into());
    }
    // Dovecot keeps the internal date as the time of the file; a copy of the file is younger than its name.
    let at = info::seconds(name).map_or(modified, |named| named.min(modified));
    let marks = info::marks(name, keywords);
    Ok(Message { octets, marks, at, place: path.display().to_string(), origin: None })
}
