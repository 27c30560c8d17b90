//! How texts are compared where they are put in order and into threads: by `i;unicode-casemap` (RFC 5051), which RFC 5255 §4.2 has
//! SORT and THREAD compare by.

use icu_normalizer::DecomposingNormalizerBorrowed;

/// Characters of a text that order and threads depend on.
pub(super) const LONGEST: usize = 255;

/// A text so that octets compare as the collation says: taken apart into letters and what stands on them, in capitals. `É` comes
/// behind every `E` that has no accent, and before `F`; what stands between capitals and small letters, behind both.
///
/// RFC 5051 goes from letter to capital and from capital to its parts, again and again. Here the parts come first: a capital of
/// several letters (`ß`) is none, and one with two forms (`ǅ`) has been taken apart, so that both ways end in the same place.
///
/// It is as long as any, whatever its letters become: one sign may be a sentence.
pub(super) fn collated(text: &str) -> String {
    let start: String = text.chars().take(LONGEST).collect();
    let parts = DecomposingNormalizerBorrowed::new_nfkd().normalize(&start);
    parts.chars().map(capital).take(LONGEST).collect()
}

/// The one letter that is its capital; itself where there is none.
fn capital(letter: char) -> char {
    let mut capital = letter.to_uppercase();
    match (capital.next(), capital.next()) {
        (Some(capital), None) => capital,
        _ => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_the_same_however_they_are_written() {
        for same in [
            &["perché", "PERCHÉ", "perche\u{301}", "Perche\u{301}"][..],
            &["Straße", "straße"],
            &["ΌΣΟΣ", "όσος", "όσοσ"],
            &["Ǆ", "ǅ", "ǆ", "DŽ", "dz\u{30c}"],
            &["ﬁne", "FINE", "fine"],
            &["ᾀ", "ᾈ", "α\u{313}\u{345}"],
            &["Å", "Å", "a\u{30a}"],
            &["a\u{a0}b", "A B"],
        ] {
            assert!(same.iter().all(|text| collated(text) == collated(same[0])), "{same:?}");
        }
        assert_ne!(collated("straße"), collated("strasse"), "a capital of two letters is none");
    }

    #[test]
    fn a_text_is_bounded_whatever_its_signs_become() {
        assert_eq!(collated(&"\u{fdfa}".repeat(1_000)).chars().count(), LONGEST);
    }

    #[test]
    fn a_letter_with_an_accent_stands_behind_the_same_without() {
        let order = ["a_b", "ab", "eb", "ez", "Èa", "é", "f", "Z", "_", "ñ", "ω"];
        let mut sorted = order;
        sorted.sort_by_key(|text| collated(text));
        assert_eq!(sorted, ["ab", "a_b", "eb", "ez", "Èa", "é", "f", "ñ", "Z", "_", "ω"]);
    }
}
