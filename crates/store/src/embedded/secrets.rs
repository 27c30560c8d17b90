//! Secrets of ours, what they are drawn from, and the form in which passwords are compared.

use icu_normalizer::ComposingNormalizerBorrowed;
use sha2::{Digest, Sha256};

use crate::{AppSecret, StoreError};

/// The letters of a secret: thirty-two, none of which is taken for another one (no `l` and `o`; no `0` and `1`).
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Letters of a secret, five bits each.
const LENGTH: usize = 28;
/// Letters of a group.
const GROUP: usize = 4;

/// Draws a secret of 140 bits, in groups: `kq3x-…`.
pub(super) fn draw() -> Result<AppSecret, StoreError> {
    let mut drawn = [0; LENGTH];
    fill(&mut drawn)?;
    let mut text = String::with_capacity(LENGTH + LENGTH / GROUP);
    for (at, octet) in drawn.into_iter().enumerate() {
        if at > 0 && at % GROUP == 0 {
            text.push('-');
        }
        text.extend(LETTERS.get(usize::from(octet % 32)).map(|letter| char::from(*letter)));
    }
    Ok(AppSecret(text))
}

/// Fills this with octets of the system's random source.
pub(super) fn fill(drawn: &mut [u8]) -> Result<(), StoreError> {
    getrandom::fill(drawn).map_err(|error| StoreError::bug(format!("the system gives no random numbers: {error}")))
}

/// What a secret of ours is found by; `None`: this is none. How its groups are set apart and whether in capitals says nothing:
/// people copy it by hand onto a telephone.
pub(super) fn digest(password: &str) -> Option<[u8; 32]> {
    let mut letters = [0; LENGTH];
    let mut count = 0;
    for one in password.chars().filter(|one| !matches!(one, '-' | ' ')) {
        let letter = u8::try_from(one.to_ascii_lowercase()).ok().filter(|letter| LETTERS.contains(letter))?;
        *letters.get_mut(count)? = letter;
        count += 1;
    }
    (count == LENGTH)
        .then(|| Sha256::new().chain_update(b"sigillo app password\0").chain_update(letters).finalize().into())
}

/// A person's password as it is hashed: one text, whatever keyboard or program wrote it.
pub(super) fn prepared(password: &str) -> String {
    let blanks: String = password.chars().map(|one| if is_blank(one) { ' ' } else { one }).collect();
    ComposingNormalizerBorrowed::new_nfc().normalize(&blanks).into_owned()
}

/// The blanks of Unicode's category Zs that are not U+0020 (RFC 8265 §4.2.2).
fn is_blank(one: char) -> bool {
    matches!(one, '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn secrets_differ_and_are_found_however_they_are_typed() {
        let drawn: BTreeSet<String> = (0..100).map(|_| draw().unwrap().0).collect();
        assert_eq!(drawn.len(), 100);
        for secret in drawn {
            assert_eq!(secret.len(), 34);
            let found = digest(&secret).unwrap();
            let typed =
                [secret.replace('-', ""), secret.replace('-', " "), secret.to_uppercase(), format!(" {secret} ")];
            for typed in typed {
                assert_eq!(digest(&typed), Some(found), "{typed}");
            }
        }
    }

    #[test]
    fn what_is_no_secret_of_ours_has_no_digest() {
        let letters = "a".repeat(LENGTH);
        assert!(digest(&letters).is_some());
        for other in
            ["", "abc", &letters[1..], &format!("{letters}a"), &format!("{}l", &letters[1..]), &"é".repeat(LENGTH)]
        {
            assert_eq!(digest(other), None, "{other}");
        }
    }

    #[test]
    fn a_secret_is_not_printed() {
        let secret = draw().unwrap();
        assert!(!format!("{secret:?}").contains(secret.expose()));
    }

    #[test]
    fn a_password_is_one_text_whatever_keyboard_wrote_it() {
        assert_eq!(prepared("perche\u{301}\u{a0}no"), prepared("perché no"));
        assert_eq!(prepared("\u{212b}ngström"), "\u{c5}ngstr\u{f6}m");
        for kept in ["", " due  blanks ", "漢字 🔑 ß ẞ ﬁ", "A\u{0}\t\u{7f}"] {
            assert_eq!(prepared(kept), kept);
        }
    }
}
