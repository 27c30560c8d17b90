//! The copies of the index that were in use, by their days: which certificate was whose on the day of a message.
//!
//! Each content is kept once, packed (gzip), under its SHA-256; `days` has a line for each copy that came in use, the oldest
//! first: the day in Italy, the SHA-256. An index that is signed anew every day with the same content is one file.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use fetch::keep;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use pec::Moment;

/// Octets of one index at most, unpacked.
const MOST: u64 = 256 << 20;

/// The folder beside the copy in use.
#[derive(Clone, Debug)]
pub struct History {
    folder: PathBuf,
}

/// An index of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dated {
    /// The day in Italy on which it came in use, as `2026-11-27`.
    pub day: String,
    /// Of what it says (LDIF), hexadecimal.
    pub sha256: String,
    file: PathBuf,
}

impl Dated {
    /// The signed file (`.p7m`). Blocks.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        let mut octets = Vec::new();
        GzDecoder::new(File::open(&self.file)?).take(MOST).read_to_end(&mut octets)?;
        Ok(octets)
    }
}

impl History {
    /// That of the copy in this file.
    pub fn beside(file: &Path) -> Self {
        Self { folder: file.with_extension("history") }
    }

    fn days(&self) -> PathBuf {
        self.folder.join("days")
    }

    fn file(&self, sha256: &str) -> PathBuf {
        self.folder.join(sha256).with_extension("p7m.gz")
    }

    /// The days, the oldest first; lines that are none are passed over.
    fn known(&self) -> io::Result<Vec<(String, String)>> {
        let text = match fs::read_to_string(self.days()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            read => read?,
        };
        let line = |line: &str| {
            let (day, sha256) = line.split_once(' ')?;
            let is_hash = sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_hexdigit());
            (Moment::midnight(day).is_some() && is_hash).then(|| (day.to_owned(), sha256.to_owned()))
        };
        Ok(text.lines().filter_map(line).collect())
    }

    /// Keeps a copy that came in use, and forgets what is older than `before`: but the last of it, which was in use until what
    /// came after it. Whole or not at all. Blocks.
    pub fn keep(&self, octets: &[u8], sha256: &str, now: Moment, before: Moment) -> io::Result<()> {
        let mut days = self.known()?;
        if days.last().is_some_and(|(_, last)| last == sha256) && self.file(sha256).exists() {
            return Ok(());
        }
        keep::folder(&self.folder)?;
        keep::sweep(&self.folder)?;
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(octets)?;
        keep::replace(&self.file(sha256), &packed.finish()?)?;
        days.push((now.date(), sha256.to_owned()));
        let first = before.date();
        let old = days.iter().take_while(|(day, _)| *day < first).count().saturating_sub(1);
        days.drain(..old);
        let text: String = days.iter().map(|(day, sha256)| format!("{day} {sha256}\n")).collect();
        keep::replace(&self.days(), text.as_bytes())?;
        let named: HashSet<PathBuf> = days.iter().map(|(_, sha256)| self.file(sha256)).collect();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "gz") && !named.contains(&path) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// The index that was in use on a moment's day: of several the last; where none is known from before, the first that
    /// is. `None`: none is kept. Blocks.
    pub fn of(&self, moment: Moment) -> Option<Dated> {
        let (days, day) = (self.known().ok()?, moment.date());
        let found = days.iter().rev().find(|(known, _)| *known <= day).or(days.first())?;
        let (day, sha256) = found.clone();
        let file = self.file(&sha256);
        file.exists().then_some(Dated { day, sha256, file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "aa";

    fn hash(of: &str) -> String {
        of.repeat(32)
    }

    fn at(day: &str) -> Moment {
        Moment::midnight(day).unwrap().plus(3600)
    }

    #[test]
    fn the_index_of_a_day_is_the_last_that_came_in_use_by_then() {
        let place = tempfile::tempdir().unwrap();
        let history = History::beside(&place.path().join("index.p7m"));
        assert_eq!(history.of(at("2026-03-01")), None);
        let never = at("2020-01-01");
        for (day, content) in [("2026-03-01", A), ("2026-03-05", "bb"), ("2026-03-05", "cc"), ("2026-03-09", A)] {
            history.keep(content.as_bytes(), &hash(content), at(day), never).unwrap();
        }
        for (day, content, since) in [
            ("2026-02-01", A, "2026-03-01"),
            ("2026-03-01", A, "2026-03-01"),
            ("2026-03-04", A, "2026-03-01"),
            ("2026-03-05", "cc", "2026-03-05"),
            ("2027-01-01", A, "2026-03-09"),
        ] {
            let found = history.of(at(day)).unwrap();
            assert_eq!((found.read().unwrap(), found.day.as_str()), (content.as_bytes().to_vec(), since), "{day}");
        }
        // Each content once, and a list of days.
        assert_eq!(fs::read_dir(place.path().join("index.history")).unwrap().count(), 4);
    }

    #[test]
    fn what_says_the_same_again_is_no_other_day_and_what_is_old_goes() {
        let place = tempfile::tempdir().unwrap();
        let history = History::beside(&place.path().join("index.p7m"));
        for day in ["2024-01-01", "2024-01-02"] {
            history.keep(b"first", &hash(A), at(day), at("2020-01-01")).unwrap();
        }
        history.keep(b"second", &hash("bb"), at("2024-02-01"), at("2020-01-01")).unwrap();
        assert_eq!(fs::read_to_string(history.days()).unwrap().lines().count(), 2);
        // The second was in use until the third: it stays.
        history.keep(b"third", &hash("cc"), at("2027-01-01"), at("2024-07-01")).unwrap();
        assert_eq!(history.of(at("2025-01-01")).unwrap().sha256, hash("bb"));
        assert!(!history.file(&hash(A)).exists());
    }

    #[test]
    fn lines_that_are_none_hide_no_other() {
        let place = tempfile::tempdir().unwrap();
        let history = History::beside(&place.path().join("index.p7m"));
        history.keep(b"first", &hash(A), at("2026-03-01"), at("2020-01-01")).unwrap();
        let text = fs::read_to_string(history.days()).unwrap();
        fs::write(history.days(), format!("../../etc x\n\n{text}2026-99-99 {}\n", hash("bb"))).unwrap();
        assert_eq!(history.of(at("2026-04-01")).unwrap().sha256, hash(A));
    }
}
