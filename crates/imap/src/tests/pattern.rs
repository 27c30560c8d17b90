//! `*` and `%`.

use proptest::prelude::*;

use crate::pattern::Pattern;

#[test]
fn stars_cross_levels_and_percents_do_not() {
    for (reference, pattern, name, fits) in [
        ("", "*", "a/b/c", true),
        ("", "%", "a", true),
        ("", "%", "a/b", false),
        ("", "a/%", "a/b", true),
        ("", "a/%", "a", false),
        ("", "a/*", "a/b/c", true),
        ("", "%/%", "a/b", true),
        ("", "*c", "a/b/c", true),
        ("", "%c", "a/c", false),
        ("a/", "%", "a/b", true),
        ("a/", "*", "b/c", false),
        ("", "", "", true),
        ("", "", "a", false),
        ("", "a*b%c", "axx/ybzzc", true),
        ("", "a*b%c", "axx/yb/c", false),
        ("", "**%%", "", true),
        ("", "*%", "a/b", true),
        ("", "%*", "a/b", true),
        ("", "Citt%", "Città", true),
        ("", "inbox", "INBOX", true),
        ("", "InB%", "INBOX", true),
        ("", "inbox/x", "INBOX/x", true),
        ("", "inbox/X", "INBOX/x", false),
        ("", "inboxes", "INBOXES", false),
        ("", "a/inbox", "a/INBOX", false),
    ] {
        assert_eq!(Pattern::new(reference, pattern).matches(name), fits, "{reference}{pattern} {name}");
    }
}

#[test]
fn long_patterns_full_of_wildcards_take_no_time() {
    // Ways to fit that going back would try: more than there are atoms.
    let evil = Pattern::new("", &"*a%".repeat(400));
    let name = "a".repeat(1_000);
    assert!((0..1_000).all(|_| evil.matches(&name)));
    assert!(!Pattern::new("", &"a".repeat(1_001)).matches(&"a".repeat(1_001)));
    assert!(Pattern::new("", &"a".repeat(1_000)).matches(&name));
}

/// The meaning, word for word and without regard to time.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], _) => name.is_empty(),
        ([b'*', rest @ ..], _) => (0..=name.len()).any(|at| fits(rest, &name[at..])),
        ([b'%', rest @ ..], _) => {
            let level = name.iter().position(|octet| *octet == b'/').unwrap_or(name.len());
            (0..=level).any(|at| fits(rest, &name[at..]))
        }
        ([own, rest @ ..], [octet, after @ ..]) => own == octet && fits(rest, after),
        (_, []) => false,
    }
}

proptest! {
    #[test]
    fn a_pattern_means_what_it_says(pattern in "[ab/*%]{0,10}", name in "[ab/]{0,10}") {
        prop_assert_eq!(Pattern::new("", &pattern).matches(&name), fits(pattern.as_bytes(), name.as_bytes()));
    }

    #[test]
    fn also_beyond_sixty_four_octets(head in "[ab]{60,70}", pattern in "[ab/*%]{0,8}", name in "[ab/]{0,8}") {
        let (pattern, name) = (format!("{head}{pattern}"), format!("{head}{name}"));
        prop_assert_eq!(Pattern::new("", &pattern).matches(&name), fits(pattern.as_bytes(), name.as_bytes()));
    }
}
