//! How alike are what is shown and what is signed, where providers spell in their own way.

use crate::decode;

/// How alike two texts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    /// But for blanks, control characters and case.
    Same,
    /// But for characters outside ASCII, which a provider lost or misread.
    Charset,
    Different,
}

pub(super) fn likeness(shown: &str, signed: &str) -> Likeness {
    let (folded_shown, folded_signed) = (folded(shown), folded(signed));
    if folded_shown == folded_signed {
        return Likeness::Same;
    }
    let alike = folded(&misread(signed)) == folded_shown
        || folded(&misread(shown)) == folded_signed
        || lost(&folded_shown, &folded_signed);
    if alike { Likeness::Charset } else { Likeness::Different }
}

/// Without blanks and control characters, in lower case.
pub(super) fn folded(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).flat_map(char::to_lowercase).collect()
}

/// UTF-8 that somebody took for ISO 8859-1.
fn misread(text: &str) -> String {
    decode::declared(text.as_bytes(), "windows-1252")
}

/// Whether the two are one text of which one side lost characters outside ASCII: what is shown has nothing or a mark in
/// their place, or has letters where the signed text has marks, one for each. Whatever else is outside ASCII and is shown
/// must be signed: any letter has a likeness there, and a mark may be no lost letter but the question mark that somebody
/// wrote, where a digit, a currency or a power would say something else.
fn lost(shown: &str, signed: &str) -> bool {
    let (mut shown, mut signed) = (shown, signed);
    loop {
        let ((one, shown_rest), (other, signed_rest)) = (odd(shown), odd(signed));
        let fits = one == other
            || other.chars().any(|c| !is_mark(c)) && one.chars().all(is_mark)
            || !other.is_empty()
                && other.chars().all(is_mark)
                && !one.is_empty()
                && one.chars().count() <= other.chars().count()
                && one.chars().all(|c| is_mark(c) || is_letter(c));
        if !fits {
            return false;
        }
        let (mut rest, mut signed_chars) = (shown_rest.chars(), signed_rest.chars());
        match (rest.next(), signed_chars.next()) {
            (None, None) => return true,
            (one, other) if one == other => (shown, signed) = (rest.as_str(), signed_chars.as_str()),
            _ => return false,
        }
    }
}

/// The characters at the beginning that a charset can lose, or that stand for lost ones; and the rest.
fn odd(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| c.is_ascii() && c != '?').unwrap_or(text.len());
    text.split_at(end)
}

/// What stands for a lost character.
fn is_mark(c: char) -> bool {
    matches!(c, '?' | char::REPLACEMENT_CHARACTER)
}

/// Whether a charset may have lost this letter: one of an alphabet, and no other form of a letter, digit or word that is written
/// otherwise (Unicode's compatibility characters: full-width, mathematical, raised, enclosed, ligatures).
fn is_letter(c: char) -> bool {
    let other_form = matches!(c,
        'ª' | 'µ' | 'º' | 'Ĳ' | 'ĳ' | 'Ŀ' | 'ŀ' | 'ŉ' | 'ſ' | 'Ǆ'..='ǌ' | 'Ǳ'..='ǳ'
        | '\u{2b0}'..='\u{2ff}' | '\u{37a}' | '\u{3d0}'..='\u{3d6}' | '\u{3f0}'..='\u{3f9}' | '\u{1d00}'..='\u{1dbf}' | 'ẚ' | 'ẛ' | '\u{2000}'..='\u{2bff}' | '\u{2c7c}'..='\u{2c7d}'
        | '\u{3000}'..='\u{303f}' | '\u{3130}'..='\u{318f}' | '\u{3200}'..='\u{33ff}' | '\u{a700}'..='\u{a7ff}'
        | '\u{ab30}'..='\u{ab6f}' | '\u{f900}'..='\u{fdff}' | '\u{fe70}'..='\u{ffff}' | '\u{10000}'..);
    c.is_alphabetic() && !c.is_numeric() && !other_form
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_charset_lost_is_alike_and_what_somebody_added_is_not() {
        for (shown, signed, like) in [
            ("POSTA  CERTIFICATA: Perché", "posta certificata: perché", Likeness::Same),
            ("perch? 10,00", "perché 10,00", Likeness::Charset),
            ("perch 10,00", "perché 10,00", Likeness::Charset),
            ("perch\u{fffd} 10,00", "perché 10,00", Likeness::Charset),
            ("perchÃ© 10,00", "perché 10,00", Likeness::Charset),
            ("Ã\u{a0} Roma", "à Roma", Likeness::Charset),
            ("perché 10,00", "perch?? 10,00", Likeness::Charset),
            ("perché 10,00", "perchÃ© 10,00", Likeness::Charset),
            // Letters of other alphabets, of other shapes and of other directions are letters.
            ("prova 𝗦𝗙𝗥𝗔𝗧𝗧𝗢", "prova", Likeness::Different),
            ("perché ＳＦＲＡＴＴＯ 10,00", "perché 10,00", Likeness::Different),
            ("не perché 10,00", "perché 10,00", Likeness::Different),
            ("città", "cittò", Likeness::Different),
            ("perché", "perch", Likeness::Different),
            ("Accetti", "Accetti?", Likeness::Different),
            // Where a letter may have been lost, a digit, a sign or another form of a letter was not.
            ("Straße, 5 žádost дом", "Stra?e, 5 ??dost ???", Likeness::Charset),
            ("devo 100０", "devo 100?", Likeness::Different),
            ("devo 100€", "devo 100?", Likeness::Different),
            ("devo 100²", "devo 100?", Likeness::Different),
            ("devo 100½", "devo 100?", Likeness::Different),
            ("devo 100Ｅ", "devo 100?", Likeness::Different),
            ("devo 100𝟬", "devo 100?", Likeness::Different),
            ("devo 100º", "devo 100?", Likeness::Different),
            ("devo 100Ⅷ", "devo 100?", Likeness::Different),
            ("devo 100①", "devo 100?", Likeness::Different),
            ("devo 100ᵒ", "devo 100?", Likeness::Different),
            ("devo 100٠", "devo 100?", Likeness::Different),
            ("devo 100💶", "devo 100?", Likeness::Different),
            ("Accetti\u{202e}", "Accetti?", Likeness::Different),
            ("quando ora", "quando? ora", Likeness::Different),
            ("perch? 1000", "perché 10,00", Likeness::Different),
        ] {
            assert_eq!(likeness(shown, signed), like, "{shown} / {signed}");
        }
    }
}
