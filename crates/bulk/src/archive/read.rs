//! An archive read. What it says of sizes is not believed: each message is read up to the largest that can be imported, and an
//! archive whose files overlap, which is how a small one holds endlessly much, is refused.

use std::borrow::Cow;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use control::transfer::form::Marks;
use pec::Moment;
use tokio::sync::mpsc;
use zip::ZipArchive;

use super::path::{Place, place};
use crate::feed::{Feed, Unheard};
use crate::source::{Found, Message, Pass, Source, SourceFolder, Wanted, when};
use crate::spool::{LARGEST, LineEnds, Spool, Unkept};

/// Files of an archive: some hundred octets are held for each.
const MOST: usize = 1_000_000;

type Zip = ZipArchive<BufReader<File>>;

/// A ZIP file of `.eml` files.
#[derive(Clone, Debug)]
pub struct Archive {
    path: PathBuf,
}

impl Archive {
    /// The archive in this file. Why it is none, or none that is read.
    pub fn new(path: &Path) -> Result<Self, String> {
        let archive = Self { path: path.to_owned() };
        archive.open().map(|_| archive)
    }

    fn open(&self) -> Result<Zip, String> {
        let fault = |what: String| format!("{}: {what}", self.path.display());
        let file = File::open(&self.path).map_err(|error| fault(error.to_string()))?;
        let octets = file.metadata().map_err(|error| fault(error.to_string()))?.len();
        let mut zip = ZipArchive::new(BufReader::new(file))
            .map_err(|error| fault(format!("no ZIP file that can be read: {error}")))?;
        if zip.len() > MOST {
            return Err(fault(format!("{} files, {MOST} are read of one archive: split it", zip.len())));
        }
        let mut compressed = 0_u64;
        for index in 0..zip.len() {
            let entry = zip.by_index_raw(index).map_err(|error| fault(error.to_string()))?;
            compressed = compressed.saturating_add(entry.compressed_size());
        }
        if compressed > octets {
            let what = format!(
                "its files overlap: {compressed} octets of them stand in {octets}, which no honest program writes"
            );
            return Err(fault(what));
        }
        Ok(zip)
    }
}

impl Source for Archive {
    fn name(&self) -> String {
        format!("the ZIP file {}", self.path.display())
    }

    fn start(&self, _: Pass, wanted: Wanted) -> mpsc::Receiver<Found> {
        let archive = self.clone();
        Feed::start(wanted, move |feed| match archive.open() {
            Ok(zip) => read(feed, zip),
            Err(why) => feed.say(Found::Broken(why)),
        })
    }
}

fn read(feed: &Feed, mut zip: Zip) -> Result<(), Unheard> {
    let mut messages: Vec<(SourceFolder, usize)> = Vec::new();
    for index in 0..zip.len() {
        let path = name(&zip, index);
        match place(&path) {
            Place::Message(folder) => messages.push((folder, index)),
            Place::Other if path.ends_with('/') => {}
            Place::Other => feed.say(Found::Passed(path))?,
            Place::Climbs => feed.fault(path, "its path leads out of the archive, or is none")?,
        }
    }
    // Folder by folder, in the archive's order within each.
    messages.sort_by(|(one, _), (other, _)| one.levels.cmp(&other.levels));
    let mut last: Option<(SourceFolder, bool)> = None;
    for (folder, index) in messages {
        let wanted = match &last {
            Some((told, wanted)) if *told == folder => *wanted,
            _ => feed.folder(folder.clone())?,
        };
        last = Some((folder, wanted));
        if !wanted {
            continue;
        }
        let place = name(&zip, index);
        match message(&mut zip, index, place.clone()) {
            Ok(message) => feed.message(message)?,
            Err(what) => feed.fault(place, what)?,
        }
    }
    Ok(())
}

/// The path of a file; one that cannot be read is none, and leads nowhere.
fn name(zip: &Zip, index: usize) -> String {
    zip.name_for_index(index).and_then(Result::ok).map(Cow::into_owned).unwrap_or_default()
}

fn message(zip: &mut Zip, index: usize, place: String) -> Result<Message, String> {
    let entry = zip.by_index(index).map_err(|error| error.to_string())?;
    if entry.size() > LARGEST {
        return Err(Unkept::TooLarge.to_string());
    }
    let written = entry.last_modified();
    let mut octets = Spool::of(entry, LineEnds::Completed).map_err(|unkept| unkept.to_string())?;
    if octets.size() == 0 {
        return Err("the file is empty".into());
    }
    let head = octets.head().map_err(|error| error.to_string())?;
    // The time in an archive has no zone: the message's own words come first.
    let archived = written.and_then(|at| {
        let day = format!("{:02}/{:02}/{:04}", at.day(), at.month(), at.year());
        Moment::read(&day, &format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second()), "+0000")
    });
    let at = when(&head).or(archived).map_or(0, Moment::unix);
    Ok(Message { octets, marks: Marks::default(), at, place, origin: None })
}
