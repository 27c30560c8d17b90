//! Three characters in a row: what the index knows of a text, and what a key asks of it. FTS5's own tokenizer makes them
//! from what it is given, both times; characters of the value zero it leaves out.

use std::collections::HashSet;

/// Texts from so many octets on are given to the index with each three characters once: a long text repeats itself, and it is
/// written for each mailbox that has it.
const LONG: usize = 16 << 10;
/// Of a long key so many are asked for: more would narrow nothing, and cost.
const ASKED: usize = 20;

/// A text that has every three characters in a row that this one has. It may have more, where pieces meet.
pub(super) fn condensed(text: &str) -> Option<String> {
    if text.len() < LONG {
        return None;
    }
    let (mut seen, mut short) = (HashSet::new(), String::new());
    let (mut last, mut joined) = ((None, None), false);
    for c in text.chars().filter(|c| *c != '\0') {
        if let (Some(a), Some(b)) = last {
            if !seen.insert((a, b, c)) {
                joined = false;
            } else if joined {
                short.push(c);
            } else {
                short.extend([a, b, c]);
                joined = true;
            }
        }
        last = (last.1, Some(c));
    }
    Some(short)
}

/// The question for documents that may hold all of these keys; `None`: the index cannot say, any document may.
pub(super) fn question<'a>(keys: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut all: Vec<String> = Vec::new();
    for key in keys {
        let characters: Vec<char> = key.chars().filter(|c| *c != '\0').collect();
        let count = characters.len().saturating_sub(2);
        let step = count.div_ceil(ASKED).max(1);
        let last = count.checked_sub(1);
        let places = (0..count).step_by(step).chain(last);
        all.extend(places.filter_map(|at| Some(characters.get(at..at + 3)?.iter().collect())));
    }
    all.sort_unstable();
    all.dedup();
    let quoted = |gram: &String| format!("\"{}\"", gram.replace('"', "\"\""));
    (!all.is_empty()).then(|| all.iter().map(quoted).collect::<Vec<_>>().join(" AND "))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn grams(text: &str) -> HashSet<[char; 3]> {
        let characters: Vec<char> = text.chars().filter(|c| *c != '\0').collect();
        characters.windows(3).map(|three| [three[0], three[1], three[2]]).collect()
    }

    #[test]
    fn short_keys_ask_nothing_and_long_ones_not_everything() {
        assert_eq!(question(["ab"]), None);
        assert_eq!(question(["a\0b"]), None);
        assert_eq!(question(["a\"b c"]).unwrap(), "\"\"\"b \" AND \"a\"\"b\" AND \"b c\"");
        assert_eq!(question(["abc", "bcd", "x"]).unwrap(), "\"abc\" AND \"bcd\"");
        let long: String = ('a'..='z').cycle().take(10_000).collect();
        assert!(question([long.as_str()]).unwrap().matches(" AND ").count() <= ASKED);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn a_condensed_text_loses_nothing(words in prop::collection::vec("[a-dà\0\n]{1,6}", 8_000)) {
            let text = words.concat();
            prop_assume!(text.len() >= LONG);
            let short = condensed(&text).unwrap();
            prop_assert!(grams(&short).is_superset(&grams(&text)) && short.len() < text.len());
        }
    }
}
