//! The row of the page, read as whoever has nothing but the page.

use super::*;

const PAGE: &str = include_str!("../../../docs/evidence-format.md");

/// The octets of a figure: the indented lines behind these words.
fn figure(words: &str) -> Vec<u8> {
    let (_, rest) = PAGE.split_once(words).unwrap();
    let lines = rest.lines().skip_while(|line| !line.starts_with("    ")).take_while(|line| line.starts_with("    "));
    let digits = lines.map(str::trim).collect::<String>();
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

/// What is said of these octets, as the only row under a head.
fn judged(row: &[u8]) -> Result<String, String> {
    let root = hash(&[&[0], row]);
    let (domain, instant) = ("alfa.example".to_owned(), String::new());
    let head = Head { domain, log: 1, first: 4711, size: 1, root, instant, stamped: None };
    let row = serde_json::json!({ "head": 0, "number": 4711, "row": STANDARD.encode(row), "path": [] });
    proved(&row, &[head], &[figure("Its subject is")])
}

#[test]
fn the_row_of_the_page_is_read_and_has_the_leaf_that_stands_there() {
    let row = figure("octets, is");
    let said = judged(&row).unwrap();
    assert!(said.contains("event 2 at 1795770000, about sigillo1.20261127100000.0@alfa.example"), "{said}");
    assert_eq!(hash(&[&[0], &row])[..], figure("whose leaf ")[..]);
    assert_eq!(row[row.len() - 17..], [&[0x50], &figure("whose salt is")[..]].concat());
}

#[test]
fn a_row_without_its_salt_or_with_another_length_of_it_is_none() {
    let row = figure("octets, is");
    let (rest, salt) = row[1..].split_at(row.len() - 18);
    let refused = |parts: &[&[u8]]| judged(&parts.concat()).unwrap_err();
    assert_eq!(refused(&[&[0x8a], rest]), "row 4711 has not eleven items");
    for other in [[&[0x4f], &salt[2..]].concat(), [&[0x51], &salt[1..], &[0]].concat(), vec![0x40], vec![0xf6]] {
        assert_eq!(refused(&[&[0x8b], rest, &other]), "row 4711 does not end with a salt of 16 octets");
    }
    assert_eq!(refused(&[&row, &[0]]), "row 4711 has not eleven items");
}
