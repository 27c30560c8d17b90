use std::collections::HashSet;

use bytes::Bytes;
use pec::Address;

use super::conduct::{CONDUCTS, Way};
use super::sample::SAMPLES;
use super::*;

const MANUAL: &str = include_str!("../../../../docs/laboratory.md");

/// The rows of a chapter's table, without its heading.
fn rows(chapter: &str) -> Vec<Vec<String>> {
    let (_, text) = MANUAL.split_once(&format!("## {chapter}\n")).unwrap();
    let text = text.split("\n## ").next().unwrap();
    let lines = text.lines().filter(|line| line.starts_with("| ")).skip(1);
    lines.map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()).collect()
}

#[test]
fn the_manual_says_what_the_tables_say() {
    let conducts = CONDUCTS.iter().map(|conduct| {
        let local = conduct.local.map_or("–".to_owned(), |local| format!("`{local}@`"));
        vec![format!("`{}`", conduct.name), local, conduct.does.to_owned(), conduct.then.to_owned()]
    });
    assert_eq!(rows("How it answers"), conducts.collect::<Vec<_>>());
    let samples = SAMPLES
        .iter()
        .map(|sample| vec![format!("`{}`", sample.name), sample.what.to_owned(), sample.expected.words().to_owned()]);
    assert_eq!(rows("What it sends"), samples.collect::<Vec<_>>());
}

#[test]
fn names_and_local_parts_are_each_one_thing() {
    let names: HashSet<_> = CONDUCTS.iter().map(|conduct| conduct.name).collect();
    let locals: Vec<_> = CONDUCTS.iter().filter_map(|conduct| conduct.local).collect();
    assert_eq!((names.len(), locals.iter().collect::<HashSet<_>>().len()), (CONDUCTS.len(), locals.len()));
    assert_eq!(SAMPLES.iter().map(|sample| sample.name).collect::<HashSet<_>>().len(), SAMPLES.len());
    let address = |local: &str| Address::parse(&format!("{local}@prova.example")).unwrap();
    let [good, .., forged] = CONDUCTS;
    for conduct in CONDUCTS {
        if let Some(local) = conduct.local {
            assert_eq!(good.towards(&address(local)).way, conduct.way);
            assert_eq!(good.towards(&address(&local.to_uppercase())).way, conduct.way);
        }
    }
    assert_eq!(forged.towards(&address("anna")).way, Way::Forged);
}

#[test]
fn damage_is_done_where_it_is_meant() {
    assert_eq!(damage::replaced(b"aXbXX", b"X", b"--"), b"a--b----");
    assert_eq!(damage::find(b"abcabc", b"bc", 2), Some(4));
    assert_eq!(damage::find(b"abc", b"bc", 9), None);
    assert_eq!(damage::seven_bits(&Bytes::from_static(b"perch\xc3\xa9")).as_ref(), b"perchC)");
    let text = Bytes::from_static(b"x\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n= ciao\r\n");
    let altered = damage::altered(&text);
    assert_eq!(altered.len(), text.len());
    assert!(altered.ends_with(b"= Ciao\r\n"), "{altered:?}");
}
