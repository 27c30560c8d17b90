//! An archive written.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use pec::Moment;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::file_name;
use crate::writing::{Leaving, Sink};

pub(crate) struct ArchiveWriter {
    zip: ZipWriter<BufWriter<File>>,
    folder: String,
    with_flags: u64,
}

impl ArchiveWriter {
    /// Makes the file, which does not exist.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let zip = ZipWriter::new(BufWriter::new(File::create_new(path)?));
        Ok(Self { zip, folder: String::new(), with_flags: 0 })
    }
}

/// How a file of an archive is stored that is as of this instant.
pub fn entry(at: Moment) -> SimpleFileOptions {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).unix_permissions(0o600);
    match time(at) {
        Some(time) => options.last_modified_time(time),
        None => options,
    }
}

/// The instant in Italian legal time, as an archive has it: without a zone, and not before 1980.
fn time(at: Moment) -> Option<DateTime> {
    let (day, time) = (at.day(), at.time());
    let numbers: Vec<u16> = day.split('/').chain(time.split(':')).filter_map(|number| number.parse().ok()).collect();
    let [day, month, year, hour, minute, second] = numbers.as_slice() else { return None };
    let octet = |number: u16| u8::try_from(number).ok();
    DateTime::from_date_and_time(*year, octet(*month)?, octet(*day)?, octet(*hour)?, octet(*minute)?, octet(*second)?)
        .ok()
}

impl Sink for ArchiveWriter {
    fn folder(&mut self, name: &str) -> io::Result<()> {
        let levels: Vec<String> = name.split('/').map(file_name::encode).collect();
        self.folder = levels.join("/");
        Ok(self.zip.add_directory(self.folder.clone(), SimpleFileOptions::default())?)
    }

    fn begin(&mut self, message: &Leaving) -> io::Result<()> {
        self.with_flags += u64::from(!message.marks.0.is_empty());
        let name = format!("{}/{}.eml", self.folder, message.uid);
        Ok(self.zip.start_file(name, entry(Moment::from_unix(message.at)))?)
    }

    fn octets(&mut self, octets: &[u8]) -> io::Result<()> {
        self.zip.write_all(octets)
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn abandon(&mut self) -> io::Result<()> {
        Ok(self.zip.abort_file()?)
    }

    fn note(&mut self, name: &str, text: &str) -> io::Result<()> {
        self.zip.start_file(name, SimpleFileOptions::default())?;
        self.zip.write_all(text.as_bytes())
    }

    fn finish(self: Box<Self>) -> io::Result<Vec<String>> {
        let file = self.zip.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        let flags = (self.with_flags > 0).then(|| {
            format!("the flags of {} messages are not in the ZIP file: export a Maildir to keep them", self.with_flags)
        });
        Ok(flags.into_iter().collect())
    }
}
