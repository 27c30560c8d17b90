//! What was imported from a server before, so that it is not fetched again. It only spares work: what is in the mailbox is found
//! out by digest without it too.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::source::Origin;

/// The first line: a journal is of one account and one mailbox.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Head {
    from: String,
    to: String,
}

/// A line for each message.
#[derive(PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Imported {
    folder: String,
    validity: u32,
    uid: u32,
}

impl From<&Origin> for Imported {
    fn from(origin: &Origin) -> Self {
        Self { folder: origin.folder.clone(), validity: origin.validity, uid: origin.uid }
    }
}

/// Folder, UIDVALIDITY and UID of what was imported.
type Imports = HashSet<(String, u32, u32)>;

/// A file of lines of JSON.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: Mutex<(File, Imports)>,
}

impl Journal {
    /// Opens the journal of an account and a mailbox, or begins one. A last line that was cut off is left out.
    pub(super) fn open(path: &Path, from: &str, to: &str) -> Result<Self, String> {
        let fault = |what: String| format!("{}: {what}", path.display());
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).open(path);
        let mut file = file.map_err(|error| fault(error.to_string()))?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|error| fault(error.to_string()))?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let head = Head { from: from.to_owned(), to: to.to_owned() };
        let mut lines = text.get(..whole).unwrap_or_default().lines();
        let mut imported = HashSet::new();
        match lines.next().map(serde_json::from_str::<Head>) {
            None if text.is_empty() => {
                let line = serde_json::to_string(&head).map_err(|error| fault(error.to_string()))?;
                file.write_all(format!("{line}\n").as_bytes()).map_err(|error| fault(error.to_string()))?;
            }
            Some(Ok(its)) if its == head => {
                for line in lines {
                    let Imported { folder, validity, uid } =
                        serde_json::from_str(line).map_err(|error| fault(format!("no journal: {error}")))?;
                    imported.insert((folder, validity, uid));
                }
                let whole = whole as u64;
                file.set_len(whole).map_err(|error| fault(error.to_string()))?;
                file.seek(SeekFrom::Start(whole)).map_err(|error| fault(error.to_string()))?;
            }
            Some(Ok(Head { from, to })) => {
                return Err(fault(format!("it is the journal of an import from {from} to {to}: name another file")));
            }
            None | Some(Err(_)) => return Err(fault("no journal of an import: name another file".into())),
        }
        Ok(Self { path: path.to_owned(), file: Mutex::new((file, imported)) })
    }

    /// Whether a message was imported.
    pub(super) fn holds(&self, origin: &Origin) -> bool {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.1.contains(&(origin.folder.clone(), origin.validity, origin.uid))
    }

    /// Notes that messages were imported: they are durable in the mailbox.
    pub(super) fn note(&self, origins: &[Origin]) -> Result<(), String> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let fault = |what: String| format!("{}: {what}", self.path.display());
        let mut lines = String::new();
        for origin in origins {
            lines += &serde_json::to_string(&Imported::from(origin)).map_err(|error| fault(error.to_string()))?;
            lines.push('\n');
        }
        file.0.write_all(lines.as_bytes()).map_err(|error| fault(error.to_string()))?;
        file.1.extend(origins.iter().map(|origin| (origin.folder.clone(), origin.validity, origin.uid)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_is_read_again_without_a_line_that_was_cut_off() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("journal");
        let origin = |uid| Origin { folder: "Posta".into(), validity: 7, uid };
        let open = || Journal::open(&path, "anna@host", "anna@alfa.example").unwrap();
        open().note(&[origin(1), origin(2)]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, &text[..text.len() - 5]).unwrap();
        let again = open();
        assert!(again.holds(&origin(1)) && !again.holds(&origin(2)));
        again.note(&[origin(2), origin(3)]).unwrap();
        assert!(open().holds(&origin(3)) && open().holds(&origin(2)));
        let other = Journal::open(&path, "anna@host", "bruno@alfa.example").unwrap_err();
        assert!(other.contains("import from anna@host to anna@alfa.example"), "{other}");
        std::fs::write(&path, "Caro diario\n").unwrap();
        assert!(Journal::open(&path, "a", "b").unwrap_err().contains("no journal"));
    }
}
