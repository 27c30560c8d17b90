//! How names of mailboxes are spelt.

/// The one name that is the same in any case.
pub(super) const INBOX: &str = "INBOX";

/// Whether a client says this of the folder that is called otherwise. A `/` at the end is no other name.
pub(super) fn is_spelt_otherwise(name: &str, said: &str) -> bool {
    said.strip_suffix('/').unwrap_or(said) != name
}

/// The name that a folder has: `INBOX` in any case is one, and a `/` at the end only says that folders shall be below.
pub(super) fn canonical(name: &str) -> String {
    let name = name.strip_suffix('/').unwrap_or(name);
    match name.split_once('/') {
        None if name.eq_ignore_ascii_case(INBOX) => INBOX.to_owned(),
        Some((top, below)) if top.eq_ignore_ascii_case(INBOX) => format!("{INBOX}/{below}"),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_spelling() {
        for (said, name) in [
            ("inbox", "INBOX"),
            ("Inbox/a", "INBOX/a"),
            ("a/b/", "a/b"),
            ("a/inbox", "a/inbox"),
            ("Inboxes", "Inboxes"),
        ] {
            assert_eq!(canonical(said), name);
        }
    }
}
