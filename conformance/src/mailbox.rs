//! The mailboxes of the provider under test, as the operator of the test lets us read them.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::config::{Config, Read};
use crate::mime::{Entity, decode_words};

/// Between two looks into one mailbox; nobody tells an outsider that mail has come.
const INTERVAL: Duration = Duration::from_millis(250);

/// A message that the provider made or carried.
#[derive(Clone, Debug)]
pub struct Mail {
    /// As it came.
    pub bytes: Vec<u8>,
    /// `X-Ricevuta` or `X-Trasporto` in lower case; empty when it has none.
    pub said: String,
    /// `X-Riferimento-Message-ID`, `Message-ID` and the decoded subject: where a test's token stands.
    about: String,
}

impl Mail {
    /// Reads what it says of itself.
    pub fn new(bytes: Vec<u8>) -> Self {
        let message = Entity::parse(&bytes);
        let said = message.field("X-Ricevuta").or_else(|| message.field("X-Trasporto")).unwrap_or_default();
        let field = |name| message.field(name).unwrap_or_default();
        let about = [field("X-Riferimento-Message-ID"), field("Message-ID"), decode_words(&field("Subject"))];
        Mail { said: said.to_ascii_lowercase(), about: about.join("\n"), bytes }
    }

    /// Whether it is about the message of a test with this token.
    pub fn is_about(&self, token: &str) -> bool {
        self.about.contains(token)
    }

    /// The message taken apart at its blank line.
    pub fn entity(&self) -> Entity<'_> {
        Entity::parse(&self.bytes)
    }
}

/// Every mailbox that is read. Many tests wait for the same mailbox at a time: one look serves all of them.
#[derive(Debug)]
pub struct Mailboxes {
    read: Read,
    folder: PathBuf,
    scratch: PathBuf,
    boxes: Mutex<HashMap<String, Arc<Mutex<Looked>>>>,
}

#[derive(Debug, Default)]
struct Looked {
    at: Option<Instant>,
    files: HashMap<PathBuf, Arc<Mail>>,
    mails: Vec<Arc<Mail>>,
}

impl Mailboxes {
    /// The mailboxes of a configuration; `scratch` is an existing folder of ours.
    pub fn new(config: &Config, scratch: &Path) -> Self {
        let (read, folder) = (config.read.clone(), config.folder.clone());
        Mailboxes { read, folder, scratch: scratch.to_owned(), boxes: Mutex::default() }
    }

    /// The messages of a mailbox, not older than a moment.
    pub fn look(&self, address: &str) -> io::Result<Vec<Arc<Mail>>> {
        let mailbox = {
            let mut boxes = self.boxes.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(boxes.entry(address.to_owned()).or_default())
        };
        let mut looked = mailbox.lock().unwrap_or_else(PoisonError::into_inner);
        if looked.at.is_none_or(|at| at.elapsed() > INTERVAL) {
            self.refresh(address, &mut looked)?;
        }
        Ok(looked.mails.clone())
    }

    /// The same, read after this call.
    pub fn look_now(&self, address: &str) -> io::Result<Vec<Arc<Mail>>> {
        self.boxes.lock().unwrap_or_else(PoisonError::into_inner).remove(address);
        self.look(address)
    }

    fn refresh(&self, address: &str, looked: &mut Looked) -> io::Result<()> {
        let folder = match &self.read {
            Read::Folder(folder) => self.folder.join(folder.replace("{address}", address)),
            Read::Command(words) => {
                let folder = self.scratch.join(address);
                std::fs::create_dir_all(&folder)?;
                let fill =
                    |word: &String| word.replace("{address}", address).replace("{dir}", &folder.to_string_lossy());
                let mut words = words.iter().map(fill);
                let program = words.next().unwrap_or_default();
                let output = harness::output(Command::new(&program).args(words).current_dir(&self.folder))
                    .map_err(|error| io::Error::new(error.kind(), format!("[read] command {program}: {error}")))?;
                if !output.status.success() {
                    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
                    return Err(io::Error::other(format!("[read] command for {address}: {said}")));
                }
                folder
            }
        };
        let mut files = HashMap::new();
        let mut mails = Vec::new();
        for path in messages(&folder)? {
            let bytes = std::fs::read(&path)?;
            let known = looked.files.get(&path).filter(|mail| mail.bytes == bytes).cloned();
            let mail = known.unwrap_or_else(|| Arc::new(Mail::new(bytes)));
            mails.push(Arc::clone(&mail));
            files.insert(path, mail);
        }
        *looked = Looked { at: Some(Instant::now()), files, mails };
        Ok(())
    }
}

/// The `.eml` files of a folder and the folders in it, sorted.
pub fn messages(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(messages(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "eml") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_is_read_by_the_command_of_the_configuration() {
        let scratch = tempfile::tempdir().unwrap();
        let command = "printf 'X-Ricevuta: Accettazione\nSubject: =?utf-8?q?=C3=A8?= x7\n\n{address}' > {dir}/1.eml";
        let mailboxes = Mailboxes {
            read: Read::Command(["sh", "-c", command].map(String::from).into()),
            folder: scratch.path().into(),
            scratch: scratch.path().into(),
            boxes: Mutex::default(),
        };
        let mails = mailboxes.look("anna@alfa.example").unwrap();
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].said, "accettazione");
        assert!(mails[0].is_about("è x7") && mails[0].bytes.ends_with(b"anna@alfa.example"));
        assert!(Arc::ptr_eq(&mails[0], &mailboxes.look("anna@alfa.example").unwrap()[0]));
    }
}
