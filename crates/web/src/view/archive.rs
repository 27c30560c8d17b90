//! What is in an archive.

use render::{Entry, Listing};

use super::mark::Mark;
use super::sizes::size;
use crate::language::Language;

/// An archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Archive {
    pub(crate) sentence: String,
    pub(crate) is_cut: bool,
    pub(crate) has_bomb: bool,
    pub(crate) entries: Vec<Line>,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) icon: &'static str,
    /// How large it says to be unpacked; a folder says nothing.
    pub(crate) size: String,
    pub(crate) packed: String,
    pub(crate) mark: Option<Mark>,
}

/// The entries, with what to know of each.
pub(crate) fn archive(listing: &Listing, l: Language) -> Archive {
    // What it says of itself may be anything.
    let all = listing.entries.iter().fold(0u64, |all, entry| all.saturating_add(entry.length));
    let (count, all) = (listing.count, size(all, l));
    Archive {
        sentence: match count {
            1 => l.of(
                format!("Contiene 1 elemento; estratto occupa {all}."),
                format!("It holds 1 entry; unpacked it takes {all}."),
            ),
            _ => l.of(
                format!("Contiene {count} elementi; estratti occupano {all}."),
                format!("It holds {count} entries; unpacked they take {all}."),
            ),
        },
        is_cut: listing.cut,
        has_bomb: listing.entries.iter().any(Entry::is_bomb),
        entries: listing.entries.iter().map(|entry| line(entry, l)).collect(),
    }
}

fn line(entry: &Entry, l: Language) -> Line {
    let mark = if entry.is_bomb() {
        Some(Mark::new("failed", "warning", l.bomb()))
    } else if entry.encrypted {
        Some(Mark::new("unverified", "lock", l.encrypted()))
    } else {
        None
    };
    let sized = |octets: u64| if entry.folder { String::new() } else { size(octets, l) };
    Line {
        name: entry.name.clone(),
        icon: if entry.folder { "folder" } else { "file" },
        size: sized(entry.length),
        packed: sized(entry.packed),
        mark,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_an_archive_is_listed_and_what_would_burst_is_marked() {
        let entry =
            |name: &str, length, encrypted, folder| Entry { name: name.into(), length, packed: 100, folder, encrypted };
        let entries =
            vec![entry("a", 0, false, true), entry("a/b", 200, true, false), entry("zeri", u64::MAX, false, false)];
        let listing = Listing { entries, count: 3, cut: false };
        let shown = archive(&listing, Language::It);
        assert!(shown.has_bomb && !shown.is_cut && shown.sentence.starts_with("Contiene 3 elementi"));
        let marks: Vec<Option<&str>> =
            shown.entries.iter().map(|line| line.mark.as_ref().map(|mark| mark.look)).collect();
        assert_eq!(marks, [None, Some("unverified"), Some("failed")]);
        assert_eq!((shown.entries[0].size.as_str(), shown.entries[1].size.as_str()), ("", "200 byte"));
    }
}
