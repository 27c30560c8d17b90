//! What is in a ZIP file, as its directory says; nothing is unpacked.
//!
//! Only the directory at its end is read (APPNOTE 6.3.10 §4.3.12), entry by entry up to a bound: a library that opens an archive
//! holds hundreds of octets for each of the millions of entries that a small file can name.

use pec::header::undeclared;

use crate::limits::Limits;
use crate::name;

/// The entries of an archive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// What is in it, in its own order.
    pub entries: Vec<Entry>,
    /// How many entries it says it has.
    pub count: u64,
    /// Whether there are more, or ones that cannot be read.
    pub cut: bool,
}

/// One entry. Its sizes are what the archive says: who unpacks it must count for himself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its path, each level safe for a file system.
    pub name: String,
    /// Octets unpacked.
    pub length: u64,
    /// Octets in the archive.
    pub packed: u64,
    /// Whether it is a folder.
    pub folder: bool,
    /// Whether a password is needed.
    pub encrypted: bool,
}

impl Entry {
    /// Whether it says to grow more than a thousandfold: no document does, a bomb must.
    pub fn is_bomb(&self) -> bool {
        self.length / 1_000 > self.packed.max(1)
    }
}

/// Octets that are not a ZIP file, or one without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoArchive;

impl std::fmt::Display for NoArchive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not a ZIP file that can be read")
    }
}

impl std::error::Error for NoArchive {}

const END: &[u8] = b"PK\x05\x06";
const END_LENGTH: usize = 22;
const ENTRY: &[u8] = b"PK\x01\x02";
const ENTRY_LENGTH: usize = 46;
/// A comment follows the end, of so many octets at most.
const COMMENT: usize = 65_535;
/// Stands for a number that is in the extra field (§4.5.3).
const ELSEWHERE: u64 = 0xffff_ffff;
/// Levels of a path that are shown.
const LEVELS: usize = 16;

/// Reads the directory of an archive.
///
/// # Errors
/// [`NoArchive`]: there is none. An entry that cannot be read ends the listing, which says so.
pub fn list(octets: &[u8], limits: &Limits) -> Result<Listing, NoArchive> {
    let from = octets.len().saturating_sub(COMMENT + END_LENGTH);
    let tail = octets.get(from..).unwrap_or_default();
    let end = tail.windows(END.len()).rposition(|window| window == END).ok_or(NoArchive)? + from;
    let count = number(octets, end + 10, 2).ok_or(NoArchive)?;
    let (length, start) = (number(octets, end + 12, 4), number(octets, end + 16, 4));
    let length = length.and_then(|length| usize::try_from(length).ok()).ok_or(NoArchive)?;
    let start = start.and_then(|start| usize::try_from(start).ok()).ok_or(NoArchive)?;
    // What stands before the archive (a program that unpacks itself) moves all of it.
    let moved =
        end.checked_sub(length).filter(|moved| octets.get(*moved..).is_some_and(|rest| rest.starts_with(ENTRY)));
    let mut at = moved.unwrap_or(start);
    let mut listing = Listing { count, ..Listing::default() };
    while octets.get(at..).is_some_and(|rest| rest.starts_with(ENTRY)) && at < end {
        if listing.entries.len() == limits.entries {
            listing.cut = true;
            return Ok(listing);
        }
        let Some((entry, after)) = entry(octets, at) else { break };
        listing.entries.push(entry);
        at = after;
    }
    // The count has sixteen bits, also where there are more.
    let read = listing.entries.len() as u64;
    listing.cut = read & 0xffff != count;
    listing.count = listing.count.max(read);
    Ok(listing)
}

/// The entry at `at`, and where the next one begins.
fn entry(octets: &[u8], at: usize) -> Option<(Entry, usize)> {
    let field = |offset, length| number(octets, at + offset, length);
    let flags = field(8, 2)?;
    let (packed, length) = (field(20, 4)?, field(24, 4)?);
    let [name, extra, comment] = [field(28, 2)?, field(30, 2)?, field(32, 2)?].map(|length| length as usize);
    let name_at = at + ENTRY_LENGTH;
    let extra_at = name_at + name;
    let after = extra_at + extra + comment;
    // All of it must be there.
    octets.get(..after)?;
    let written = octets.get(name_at..extra_at)?;
    let (length, packed) = sizes(octets.get(extra_at..extra_at + extra)?, length, packed);
    let (name, folder) = (path(&undeclared(written)), written.ends_with(b"/"));
    Some((Entry { name, length, packed, folder, encrypted: flags & 1 != 0 }, after))
}

/// Sizes of 64 bits (§4.5.3): only those stand there that have no room in the entry, the unpacked one first.
fn sizes(extra: &[u8], length: u64, packed: u64) -> (u64, u64) {
    let mut at = 0;
    while let (Some(id), Some(size)) = (number(extra, at, 2), number(extra, at + 2, 2)) {
        let data = at + 4;
        if id == 1 {
            let mut next = data;
            let mut large = |small: u64| {
                if small != ELSEWHERE {
                    return small;
                }
                let found = number(extra, next, 8).unwrap_or(small);
                next += 8;
                found
            };
            let length = large(length);
            return (length, large(packed));
        }
        at = data + usize::try_from(size).unwrap_or(usize::MAX - data);
    }
    (length, packed)
}

/// The levels of a path, each a safe name; what leads nowhere is left out.
fn path(written: &str) -> String {
    let levels = written.split(['/', '\\']).filter_map(name::safe).take(LEVELS);
    let path = levels.collect::<Vec<_>>().join("/");
    if path.is_empty() { "?".to_owned() } else { path }
}

fn number(octets: &[u8], at: usize, length: usize) -> Option<u64> {
    let digits = octets.get(at..at.checked_add(length)?)?;
    Some(digits.iter().rev().fold(0, |number, octet| number << 8 | u64::from(*octet)))
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use proptest::prelude::*;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, octets) in files {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(octets).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn an_archive_says_what_is_in_it_and_nothing_leads_out() {
        let bomb = vec![0; 5 << 20];
        let octets = archive(&[
            ("carta/uno.txt", b"uno"),
            ("../../etc/passwd", b"x"),
            ("C:\\a\\città.pdf", b"y"),
            ("zeri", &bomb),
        ]);
        let listing = list(&octets, &Limits::default()).unwrap();
        let names: Vec<&str> = listing.entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["carta/uno.txt", "etc/passwd", "C_/a/città.pdf", "zeri"]);
        assert_eq!((listing.count, listing.cut), (4, false));
        assert_eq!(listing.entries[0].length, 3);
        assert!(listing.entries[3].is_bomb() && !listing.entries[0].is_bomb());
        // A program that unpacks itself stands before it.
        let moved = [b"MZ program".as_slice(), &octets].concat();
        assert_eq!(list(&moved, &Limits::default()).unwrap(), listing);
    }

    #[test]
    fn a_listing_ends_at_its_bound_and_says_so() {
        let files: Vec<(String, &[u8])> = (0..50).map(|n| (format!("{n}"), &b""[..])).collect();
        let files: Vec<(&str, &[u8])> = files.iter().map(|(name, octets)| (name.as_str(), *octets)).collect();
        let octets = archive(&files);
        let listing = list(&octets, &Limits { entries: 20, ..Limits::default() }).unwrap();
        assert_eq!((listing.entries.len(), listing.count, listing.cut), (20, 50, true));
        assert_eq!(list(b"PK\x03\x04 no end", &Limits::default()), Err(NoArchive));
        let cut = [&octets[..60], &octets[octets.len() - 22..]].concat();
        assert!(list(&cut, &Limits::default()).unwrap().cut);
    }

    proptest! {
        #[test]
        fn any_octets_are_listed(before: Vec<u8>, entry: Vec<u8>, end in prop::collection::vec(any::<u8>(), 18)) {
            let octets = [&before[..], ENTRY, &entry, END, &end].concat();
            if let Ok(listing) = list(&octets, &Limits::default()) {
                prop_assert!(listing.entries.iter().all(|entry| !entry.name.split('/').any(|level| level.starts_with('.'))));
            }
        }
    }
}
