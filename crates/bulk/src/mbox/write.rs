//! mbox files written (mboxrd): a file for each folder. Between messages stand lines of ours; the messages keep their own octets,
//! CRLF at the end of lines included.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

use pec::Moment;

use super::from_line;
use super::quoting::Quoter;
use crate::file_name;
use crate::writing::{Leaving, Sink};

pub(crate) struct MboxWriter {
    root: PathBuf,
    file: Option<BufWriter<File>>,
    /// Where the message under way begins.
    start: u64,
    quoter: Quoter,
    last: u8,
    completed: u64,
    with_flags: u64,
}

impl MboxWriter {
    /// Makes the folder, which does not exist.
    pub(crate) fn create(root: &Path) -> io::Result<Self> {
        fs::create_dir(root)?;
        let (root, quoter) = (root.to_owned(), Quoter::default());
        Ok(Self { root, file: None, start: 0, quoter, last: b'\n', completed: 0, with_flags: 0 })
    }

    fn folder_done(&mut self) -> io::Result<()> {
        let Some(file) = self.file.take() else { return Ok(()) };
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }

    fn file(&mut self) -> io::Result<&mut BufWriter<File>> {
        self.file.as_mut().ok_or_else(|| io::Error::other("a message outside a folder"))
    }
}

impl Sink for MboxWriter {
    fn folder(&mut self, name: &str) -> io::Result<()> {
        self.folder_done()?;
        let levels: Vec<String> = name.split('/').map(file_name::encode).collect();
        let path = self.root.join(levels.join("/") + ".mbox");
        fs::create_dir_all(path.parent().unwrap_or(&self.root))?;
        self.file = Some(BufWriter::new(File::create_new(path)?));
        Ok(())
    }

    fn begin(&mut self, message: &Leaving) -> io::Result<()> {
        self.with_flags += u64::from(!message.marks.0.is_empty());
        let file = self.file()?;
        let start = file.stream_position()?;
        file.write_all(from_line::write(Moment::from_unix(message.at)).as_bytes())?;
        (self.start, self.quoter, self.last) = (start, Quoter::default(), b'\n');
        Ok(())
    }

    fn octets(&mut self, octets: &[u8]) -> io::Result<()> {
        let Some(last) = octets.last() else { return Ok(()) };
        self.last = *last;
        let Self { file, quoter, .. } = self;
        match file {
            Some(file) => quoter.put(octets, file),
            None => Ok(()),
        }
    }

    fn end(&mut self) -> io::Result<()> {
        let completed = self.last != b'\n';
        self.completed += u64::from(completed);
        let Self { file, quoter, .. } = self;
        let Some(file) = file else { return Ok(()) };
        quoter.end(file)?;
        // The empty line before the next message, and the end of the last line where the message has none.
        file.write_all(if completed { b"\r\n\n" } else { b"\n" })
    }

    fn abandon(&mut self) -> io::Result<()> {
        let start = self.start;
        let file = self.file()?;
        file.flush()?;
        file.get_mut().set_len(start)?;
        file.seek(io::SeekFrom::Start(start)).map(drop)
    }

    fn note(&mut self, name: &str, text: &str) -> io::Result<()> {
        fs::write(self.root.join(name), text)
    }

    fn finish(mut self: Box<Self>) -> io::Result<Vec<String>> {
        self.folder_done()?;
        let flags = (self.with_flags > 0).then(|| {
            format!("the flags of {} messages are not in the mbox files, which have no place for them but the messages themselves: export a Maildir to keep them", self.with_flags)
        });
        let completed = (self.completed > 0).then(|| {
            format!("{} messages without an end of their last line have one in the mbox files, which cannot do without: export a Maildir or a ZIP to keep them byte for byte", self.completed)
        });
        Ok(flags.into_iter().chain(completed).collect())
    }
}
