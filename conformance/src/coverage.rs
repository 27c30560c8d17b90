//! Every requirement of the norm, and why some cannot be seen from outside a provider.

/// A requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Its id without brackets.
    pub id: &'static str,
    /// What it asks, in a few words.
    pub short: &'static str,
}

impl Requirement {
    /// The part of the norm that it belongs to, for headings.
    pub fn section(&self) -> String {
        let inner = self.id.trim_start_matches("R-");
        let section = inner.rsplit_once('-').map_or(inner, |(section, _)| section);
        match section.split(['-', '.']).next().unwrap_or_default() {
            "L" => "Italian law".into(),
            "O" => "observed practice".into(),
            "I" => "inferences from the texts".into(),
            "U" => "unconfirmed".into(),
            _ => format!("RFC 6109 §{section}"),
        }
    }
}

/// All requirements, in the order of the norm.
pub fn requirements() -> Vec<Requirement> {
    let rows = include_str!("../../docs/norm.tsv").lines().skip(1).filter(|line| !line.trim().is_empty());
    let column = |row: &'static str, number: usize| row.split('\t').nth(number).unwrap_or_default();
    rows.map(|row| Requirement { id: column(row, 0), short: column(row, 2) }).collect()
}

/// What [`crate::check`] judges in every message that the provider makes.
pub const CHECKS: &[&str] = &[
    "R-2.1-a",
    "R-2.1-b",
    "R-2.1-c",
    "R-2.1-d",
    "R-2.1-e",
    "R-2.1-f",
    "R-2.1-g",
    "R-2.1.1-a",
    "R-2.2.1-a",
    "R-2.2.1-b",
    "R-2.2.1-c",
    "R-2.2.1-d",
    "R-2.2.1-g",
    "R-2.2.2-f",
    "R-3.1.2-a",
    "R-3.1.2-b",
    "R-3.1.2-c",
    "R-3.1.3-a",
    "R-3.1.3-b",
    "R-3.1.4-a",
    "R-3.1.4-b",
    "R-3.1.5-a",
    "R-3.1.5-b",
    "R-3.1.5-c",
    "R-3.1.5-e",
    "R-3.1.5-f",
    "R-3.1.6-a",
    "R-3.1.6-b",
    "R-3.1.6-f",
    "R-3.2.1-c",
    "R-3.2.1-e",
    "R-3.2.2-a",
    "R-3.2.2-b",
    "R-3.2.3-c",
    "R-3.2.3-d",
    "R-3.2.3-e",
    "R-3.2.4-a",
    "R-3.2.4-c",
    "R-3.3.2-d",
    "R-3.3.2.1-c",
    "R-3.3.2.2-d",
    "R-3.3.2.3-b",
    "R-3.3.3-a",
    "R-3.3.3-b",
    "R-4.1-a",
    "R-4.2-a",
    "R-4.3-a",
    "R-4.3-b",
    "R-4.3.1-a",
    "R-4.3.1-b",
    "R-4.3.2-a",
    "R-4.3.3-a",
    "R-4.4-a",
    "R-4.4-b",
    "R-4.4-c",
    "R-4.4-e",
    "R-4.4-f",
    "R-4.4-g",
    "R-4.4-h",
    "R-4.4-time",
    "R-5.5.1-a",
    "R-5.5.2-a",
    "R-5.5.2-b",
    "R-I-ap-1",
    "R-I-ca-4",
    "R-I-hdr-3",
    "R-I-sec-1",
    "R-I-sig-4",
    "R-L-N12-1",
    "R-O-4.3-1",
    "R-O-N12-2",
    "R-O-sig-1",
    "R-O-sig-2",
];

const FACT: &str = "a rule of reading or an observation: nothing to test";
const ORGANISATION: &str = "a duty of the organisation, not of its program";
const INSIDE: &str = "inside the provider: its log and stores are not seen from outside";
const INDEX: &str = "about the index of providers: needs its operator's side, not a mail door";
const AUTHORITY: &str = "about the authorities of certificates: needs certificates that they do not issue";

/// Requirements that no test of doors and mailboxes can show, with the reason.
pub const UNSEEN: &[(&str, &str)] = &[
    ("R-1-a", FACT),
    ("R-1.2.3-b", "which domains are certified is said by the index"),
    ("R-1.2.3-c", ORGANISATION),
    ("R-O-4.3-2", FACT),
    ("R-O-id-1", FACT),
    ("R-2.2.4-a", INSIDE),
    ("R-L-12-6", "agreed between provider and holder"),
    ("R-I-acc-1", "needs a provider that falls in the middle"),
    ("R-O-to-3", FACT),
    ("R-3.2.2-d", "between Incoming and Delivery Point, inside the provider"),
    ("R-O-an-1", FACT),
    ("R-3.2.3-f", INSIDE),
    ("R-3.3.1-a", INSIDE),
    ("R-O-N12-3", FACT),
    ("R-4.5-a", INDEX),
    ("R-4.5-b", INDEX),
    ("R-4.5-c", INDEX),
    ("R-4.5-d", INDEX),
    ("R-4.5-e", INDEX),
    ("R-4.5-f", INDEX),
    ("R-4.5.6-a", INDEX),
    ("R-4.5.6-b", INDEX),
    ("R-4.5.7-a", INDEX),
    ("R-5.6-a", INDEX),
    ("R-7-b", INDEX),
    ("R-4.5-h", INDEX),
    ("R-I-dir-1", INDEX),
    ("R-5.1-a", "where a key lies is not seen in its signatures"),
    ("R-O-ca-1", FACT),
    ("R-O-ca-2", AUTHORITY),
    ("R-O-ca-3", FACT),
    ("R-U-1", FACT),
    ("R-2.3-a", INSIDE),
    ("R-2.3-b", INSIDE),
    ("R-L-log-1", INSIDE),
    ("R-U-2", INSIDE),
    ("R-O-log-1", FACT),
    ("R-I-log-3", INSIDE),
    ("R-6-a", "how holders read is not prescribed to the test: any way of `read` will do"),
    ("R-L-12-3", ORGANISATION),
    ("R-L-12-4", ORGANISATION),
    ("R-L-12-5", ORGANISATION),
    ("R-L-12-7", ORGANISATION),
    ("R-L-51-1", ORGANISATION),
    ("R-L-51-2", ORGANISATION),
    ("R-L-51-3", ORGANISATION),
    ("R-L-ST-1", ORGANISATION),
    ("R-U-3", ORGANISATION),
    ("R-I-sec-2", "what people see on a page is not seen by mail"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::suite::tests;

    #[test]
    fn every_requirement_has_a_test_or_a_reason_and_not_both() {
        let known: BTreeSet<&str> = requirements().iter().map(|requirement| requirement.id).collect();
        let tested: BTreeSet<&str> = tests()
            .iter()
            .flat_map(|test| test.ids)
            .map(|id| id.trim_matches(['[', ']']))
            .chain(CHECKS.iter().copied())
            .collect();
        let unseen: BTreeSet<&str> = UNSEEN.iter().map(|(id, _)| *id).collect();
        assert_eq!(tested.difference(&known).collect::<Vec<_>>(), Vec::<&&str>::new(), "tests of unknown requirements");
        assert_eq!(
            unseen.difference(&known).collect::<Vec<_>>(),
            Vec::<&&str>::new(),
            "reasons for unknown requirements"
        );
        assert_eq!(
            tested.intersection(&unseen).collect::<Vec<_>>(),
            Vec::<&&str>::new(),
            "tested and said to be unseen"
        );
        let missing: Vec<_> = known.iter().filter(|id| !tested.contains(*id) && !unseen.contains(*id)).collect();
        assert!(missing.is_empty(), "neither tested nor explained: {missing:?}");
        assert_eq!(unseen.len(), UNSEEN.len(), "one reason each");
    }

    #[test]
    fn requirements_are_grouped_by_the_section_of_their_id() {
        let section = |id| Requirement { id, short: "" }.section();
        assert_eq!(section("R-3.1.1-a"), "RFC 6109 §3.1.1");
        assert_eq!(section("R-4-parse"), "RFC 6109 §4");
        assert_eq!(section("R-4.4-time"), "RFC 6109 §4.4");
        assert_eq!((section("R-L-12-2").as_str(), section("R-U-1").as_str()), ("Italian law", "unconfirmed"));
    }
}
