//! Names of folders in a Maildir.

use imap::{Dialect, name};

/// A dot within a level, which separates levels in Maildir++: modified UTF-7 for it, which nobody writes for anything else.
const DOT: &str = "&AC4-";

/// A level as it stands in a name of Maildir++.
fn encode(level: &str) -> String {
    name::encode(level, Dialect::Ascii).replace('.', DOT)
}

/// The level that stands there: in modified UTF-7, or as it is where it is none.
pub(super) fn decode(text: &str) -> String {
    let parts: Result<Vec<String>, _> =
        text.split(DOT).map(|part| name::decode(part.as_bytes(), Dialect::Ascii)).collect();
    parts.map_or_else(|_| text.to_owned(), |parts| parts.join("."))
}

/// The directory of a folder with this name, in that of `INBOX`.
pub(super) fn directory(name: &str) -> String {
    let levels: Vec<String> = name.split('/').map(encode).collect();
    format!(".{}", levels.join("."))
}

/// The levels that a directory of Maildir++ stands for.
pub(super) fn levels(directory: &str) -> Option<Vec<String>> {
    let levels: Vec<String> = directory.strip_prefix('.')?.split('.').map(decode).collect();
    levels.iter().all(|level| !level.is_empty()).then_some(levels)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_folder_is_read_back_from_its_directory(name in "[a-zàé€& .~-]{1,9}(/[a-zàé€&.]{1,9}){0,3}") {
            let directory = directory(&name);
            prop_assert!(directory.starts_with('.') && !directory.contains(".."), "{}", directory);
            prop_assert_eq!(levels(&directory).unwrap().join("/"), name);
        }
    }

    #[test]
    fn directories_of_other_programs_are_read() {
        assert_eq!(levels(".Posta inviata").unwrap(), ["Posta inviata"]);
        assert_eq!(levels(".Archivio.2024").unwrap(), ["Archivio", "2024"]);
        assert_eq!(levels(".Caff&AOg-").unwrap(), ["Caffè"]);
        // A program that writes UTF-8.
        assert_eq!(levels(".Caffè").unwrap(), ["Caffè"]);
        assert_eq!(levels(".R&D").unwrap(), ["R&D"]);
        assert_eq!(levels(".."), None);
        assert_eq!(levels("cur"), None);
    }
}
