//! Paths in an archive. Nothing is ever written to them: they name folders of the mailbox, and those that climb name nothing.

use crate::file_name;
use crate::source::SourceFolder;

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A message of this folder.
    Message(SourceFolder),
    /// Something else.
    Other,
    /// Nothing that an honest program writes.
    Climbs,
}

pub(super) fn place(path: &str) -> Place {
    let parts: Vec<&str> = path.split('/').collect();
    let climbs = |part: &&str| matches!(*part, "" | "." | "..") || part.contains(['\\', '\0']);
    let Some((name, folders)) = parts.split_last() else { return Place::Other };
    // A directory has a slash at its end.
    let checked = if name.is_empty() { folders } else { &parts };
    if checked.iter().any(climbs) || checked.first().is_some_and(|first| first.ends_with(':')) {
        return Place::Climbs;
    }
    // Finder's copies of what it knows of each file have the same names in a folder of their own.
    let own = folders.first().is_some_and(|first| *first == "__MACOSX") || name.starts_with('.');
    let message = name.len() > 4 && name.get(name.len() - 4..).is_some_and(|end| end.eq_ignore_ascii_case(".eml"));
    match message && !own {
        true => Place::Message(SourceFolder::of(folders.iter().map(|folder| file_name::decode(folder)).collect())),
        false => Place::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_folders_and_those_that_climb_name_nothing() {
        let folder =
            |levels: &[&str]| Place::Message(SourceFolder::of(levels.iter().map(|level| (*level).into()).collect()));
        assert_eq!(place("1.eml"), folder(&[]));
        assert_eq!(place("INBOX/1.EML"), folder(&[]));
        assert_eq!(place("Clienti/Rossi/x.eml"), folder(&["Clienti", "Rossi"]));
        assert_eq!(place("%2E%2E/x.eml"), folder(&[".."]));
        for other in ["Clienti/", "readme.txt", "__MACOSX/INBOX/1.eml", "INBOX/._1.eml", "INBOX/.eml", "é.em"] {
            assert_eq!(place(other), Place::Other, "{other}");
        }
        for climbs in ["../1.eml", "a/../1.eml", "/etc/1.eml", "a//1.eml", "..\\1.eml", "C:/1.eml", "../", "a/./1.eml"]
        {
            assert_eq!(place(climbs), Place::Climbs, "{climbs}");
        }
    }
}
