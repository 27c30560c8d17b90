//! A Maildir on this machine, as clients of the tests fill and change it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder with `cur`, `new` and `tmp`.
pub struct Maildir(pub PathBuf);

/// A message in it.
pub struct Kept {
    pub path: PathBuf,
    /// The letters behind `:2,`, sorted.
    pub flags: String,
    pub octets: Vec<u8>,
}

impl Maildir {
    pub fn new(path: &Path) -> Self {
        for folder in ["cur", "new", "tmp"] {
            fs::create_dir_all(path.join(folder)).unwrap();
        }
        Self(path.to_owned())
    }

    /// Puts a message in, with these flags.
    pub fn put(&self, name: &str, flags: &str, octets: &[u8]) {
        fs::write(self.0.join("cur").join(format!("{name}:2,{flags}")), octets).unwrap();
    }

    /// How many messages there are.
    pub fn count(&self) -> usize {
        let files = |folder: &str| fs::read_dir(self.0.join(folder)).map_or(0, Iterator::count);
        files("cur") + files("new")
    }

    /// What is there, by Message-ID, which nothing may have twice.
    pub fn messages(&self) -> BTreeMap<String, Kept> {
        let mut messages = BTreeMap::new();
        for folder in ["cur", "new"] {
            for entry in fs::read_dir(self.0.join(folder)).unwrap() {
                let path = entry.unwrap().path();
                let octets = fs::read(&path).unwrap();
                let text = String::from_utf8_lossy(&octets).into_owned();
                let id = text.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap().to_owned();
                let name = path.file_name().unwrap().to_str().unwrap();
                let mut flags: Vec<char> = name.split_once(":2,").map_or("", |(_, flags)| flags).chars().collect();
                flags.sort_unstable();
                let kept = Kept { flags: flags.into_iter().collect(), path, octets };
                let twice = messages.insert(id.clone(), kept);
                assert!(twice.is_none(), "{id} is there twice");
            }
        }
        messages
    }
}

impl Kept {
    /// Gives it other flags, as a mail program does: by another name.
    pub fn flag(&self, flags: &str) {
        let name = self.path.file_name().unwrap().to_str().unwrap();
        let base = name.split_once(":2,").map_or(name, |(base, _)| base);
        let into = self.path.parent().unwrap().with_file_name("cur");
        fs::rename(&self.path, into.join(format!("{base}:2,{flags}"))).unwrap();
    }
}
