//! Which passwords are good enough.
//!
//! A password is judged by how many guesses it takes from somebody who knows how people choose: words and names, the login
//! itself, walks over the keyboard, sequences, repetitions, years and dates cost little, and a capital or a digit in the place
//! of a letter hardly more. It is cut into the pieces that are cheapest together ([`strength`]). Nothing about the kinds of
//! characters is asked: such rules make passwords alike.

mod strength;

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use strength::bits;

/// Characters of a password that is long enough.
const LONG: usize = 12;
/// What a long one must be worth: guesses, as a power of two.
const LONG_BITS: f64 = 36.0;
/// What a shorter one must be worth.
const SHORT_BITS: f64 = 40.0;
/// Octets; longer ones only cost time.
const MOST: usize = 512;

/// A password on its way; it has no form that prints.
#[derive(Clone)]
pub struct NewPassword(SecretString);

/// Why a password is not good enough.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Weak(String);

impl NewPassword {
    /// Takes a password as it was typed.
    pub fn new(text: String) -> Self {
        Self(text.into())
    }

    /// The password, for the store.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether it is good enough for this login name.
    pub fn check(&self, login: &str) -> Result<(), Weak> {
        judge(self.expose(), login)
    }
}

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(not shown)")
    }
}

impl Serialize for NewPassword {
    /// For the socket of this machine, that only its owner reads.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.expose())
    }
}

impl<'de> Deserialize<'de> for NewPassword {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(Self::new)
    }
}

fn judge(password: &str, login: &str) -> Result<(), Weak> {
    let weak = |why: String| Err(Weak(why));
    if password.is_empty() {
        return weak("the password is empty".into());
    }
    if password.len() > MOST {
        return weak(format!("the password is longer than {MOST} octets"));
    }
    if password.chars().any(char::is_control) {
        return weak("the password holds a control character, which not every program can send".into());
    }
    let length = password.chars().count();
    let worth = bits(password, login);
    let advice = "take several words that do not belong together, or let a program make it";
    if length < LONG && worth < SHORT_BITS {
        return weak(format!("the password is too short: take {LONG} characters or more; {advice}"));
    }
    if worth < LONG_BITS {
        return weak(format!(
            "the password is too easy to guess: it is made of common words or names, of the login name, of years, repetitions \
             or walks over the keyboard; {advice}"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_choose_when_a_rule_asks_for_length_is_refused() {
        for password in [
            "",
            "password",
            "password1234",
            "Password1234!",
            "P@ssw0rd2026!",
            "passwordpassword",
            "qwertyuiop12",
            "qwertyuiopasdfgh",
            "1qaz2wsx3edc4rfv",
            "123456789012",
            "abcdefghijklmnop",
            "aaaaaaaaaaaaaaaa",
            "abcabcabcabcabc",
            "annarossi1985",
            "anna.rossi.alfa",
            "AnnaRossi2026!!",
            "15/08/1985 roma",
            "benvenuto2026!",
            "Juventus1897!",
            "ciaociaociao1",
            "iloveyou12345",
            "amoremio2024!",
            "Primavera2026",
            "cambiami123456",
            "postacertificata",
            "sigillo-sigillo",
            "xK9$",
            "000000000001",
            "a\u{7}bcq xw mzp lrt",
        ] {
            assert!(judge(password, "anna.rossi@alfa.example").is_err(), "{password:?}");
        }
        assert!(judge(&"xq7 ".repeat(200), "anna").is_err());
    }

    #[test]
    fn long_ones_of_several_words_and_random_ones_are_taken() {
        for password in [
            "gru-tavolo-melone-vite",
            "correct horse battery staple",
            "il mio gatto odia i lunedì piovosi",
            "tr4 biscotti e un violino",
            "v8Kq2#mZp4",
            "mzqpvkxwrtlb",
            "7f3a9c1e5b2d",
            "Zuppa!Cardo?Lente",
        ] {
            assert_eq!(judge(password, "anna.rossi@alfa.example"), Ok(()), "{password:?}");
        }
    }

    #[test]
    fn the_login_is_known_to_who_guesses() {
        let password = "ermenegildo-zanotelli";
        assert_eq!(judge(password, "anna@alfa.example"), Ok(()));
        assert!(judge(password, "ermenegildo.zanotelli@alfa.example").is_err());
    }

    #[test]
    fn a_password_never_prints() {
        let password = NewPassword::new("gru-tavolo-melone-vite".into());
        assert_eq!(format!("{password:?}"), "(not shown)");
    }
}
