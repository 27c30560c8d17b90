//! A Maildir written (Maildir++): every message a file with the message's own octets.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::folders;
use super::info::{self, Keywords};
use crate::writing::{Leaving, Sink};

pub(crate) struct MaildirWriter {
    root: PathBuf,
    folder: PathBuf,
    keywords: Keywords,
    file: Option<(PathBuf, BufWriter<File>, i64)>,
    without_letter: u64,
}

impl MaildirWriter {
    /// Makes the folder, which does not exist.
    pub(crate) fn create(root: &Path) -> io::Result<Self> {
        fs::create_dir(root)?;
        make(root)?;
        Ok(Self {
            root: root.to_owned(),
            folder: root.to_owned(),
            keywords: Keywords::default(),
            file: None,
            without_letter: 0,
        })
    }

    fn folder_done(&mut self) -> io::Result<()> {
        let text = std::mem::take(&mut self.keywords).text();
        if text.is_empty() { Ok(()) } else { fs::write(self.folder.join("dovecot-keywords"), text) }
    }
}

fn make(folder: &Path) -> io::Result<()> {
    ["cur", "new", "tmp"].iter().try_for_each(|part| fs::create_dir(folder.join(part)))
}

impl Sink for MaildirWriter {
    fn folder(&mut self, name: &str) -> io::Result<()> {
        self.folder_done()?;
        self.folder = self.root.clone();
        if name != "INBOX" {
            self.folder = self.root.join(folders::directory(name));
            fs::create_dir(&self.folder)?;
            make(&self.folder)?;
            // Courier and Dovecot know a subfolder by it.
            fs::write(self.folder.join("maildirfolder"), "")?;
        }
        Ok(())
    }

    fn begin(&mut self, message: &Leaving) -> io::Result<()> {
        let Leaving { uid, at, size, marks } = message;
        let (name, left_out) = info::name(*at, *uid, *size, marks, &mut self.keywords);
        self.without_letter += u64::from(left_out);
        let path = self.folder.join("cur").join(name);
        let file = BufWriter::new(File::create_new(&path)?);
        self.file = Some((path, file, *at));
        Ok(())
    }

    fn octets(&mut self, octets: &[u8]) -> io::Result<()> {
        match &mut self.file {
            Some((_, file, _)) => file.write_all(octets),
            None => Ok(()),
        }
    }

    fn end(&mut self) -> io::Result<()> {
        let Some((_, file, at)) = self.file.take() else { return Ok(()) };
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(at).unwrap_or(0));
        file.set_modified(at)
    }

    fn abandon(&mut self) -> io::Result<()> {
        self.file.take().map_or(Ok(()), |(path, _, _)| fs::remove_file(path))
    }

    fn note(&mut self, name: &str, text: &str) -> io::Result<()> {
        fs::write(self.root.join(name), text)
    }

    fn finish(mut self: Box<Self>) -> io::Result<Vec<String>> {
        self.folder_done()?;
        // A file for each message: flushed together, since one by one takes a hundred times as long.
        rustix::fs::syncfs(File::open(&self.root)?)?;
        let without_letter = self.without_letter;
        let told = (without_letter > 0).then(|| {
            format!(
                "{without_letter} messages have keywords that are not in the Maildir: it has letters for 26 in a folder"
            )
        });
        Ok(told.into_iter().collect())
    }
}
