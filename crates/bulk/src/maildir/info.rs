//! What stands in the name of a file: when the message came, and its flags.

use std::collections::BTreeMap;

use control::transfer::form::Marks;

/// System flags by their letters. `P`, passed on, is the keyword that programs have agreed on.
const LETTERS: [(char, &str); 6] = [
    ('D', "\\Draft"),
    ('F', "\\Flagged"),
    ('P', "$Forwarded"),
    ('R', "\\Answered"),
    ('S', "\\Seen"),
    ('T', "\\Deleted"),
];

/// Keywords of a folder by their letters, `a` to `z`: Dovecot's `dovecot-keywords`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Keywords(BTreeMap<char, String>);

impl Keywords {
    /// Lines of a number and a keyword: 0 is `a`.
    pub(super) fn read(text: &str) -> Self {
        let pair = |line: &str| {
            let (number, keyword) = line.trim_end().split_once(' ')?;
            let letter = char::from(b'a'.checked_add(number.parse().ok()?)?);
            (letter.is_ascii_lowercase() && is_keyword(keyword)).then(|| (letter, keyword.to_owned()))
        };
        Self(text.lines().filter_map(pair).collect())
    }

    /// The same lines.
    pub(super) fn text(&self) -> String {
        self.0.iter().map(|(letter, keyword)| format!("{} {keyword}\n", u32::from(*letter) - u32::from('a'))).collect()
    }

    /// The letter of a keyword; a new one for one that is new. `None`: all are given.
    fn letter(&mut self, keyword: &str) -> Option<char> {
        let known = self.0.iter().find(|(_, known)| known.eq_ignore_ascii_case(keyword)).map(|(letter, _)| *letter);
        known.or_else(|| {
            let letter = ('a'..='z').nth(self.0.len())?;
            self.0.insert(letter, keyword.to_owned());
            Some(letter)
        })
    }
}

/// An atom of IMAP: what other programs call a keyword beyond it could be set by no client.
fn is_keyword(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 255
        && text.bytes().all(|octet| octet.is_ascii_graphic() && !b"(){%*\"\\]".contains(&octet))
}

/// The flags in a name.
pub(super) fn marks(name: &str, keywords: &Keywords) -> Marks {
    // Where a colon cannot stand in a name, programs write another sign.
    let info = [":2,", ";2,", "!2,"].iter().find_map(|sign| name.rsplit_once(sign)).map_or("", |(_, info)| info);
    let named = |letter: char| {
        let system = LETTERS.iter().find(|(known, _)| *known == letter).map(|(_, flag)| (*flag).to_owned());
        system.or_else(|| keywords.0.get(&letter).cloned())
    };
    Marks(info.chars().filter_map(named).collect())
}

/// The seconds at the beginning of a name.
pub(super) fn seconds(name: &str) -> Option<i64> {
    let (seconds, _) = name.split_once('.')?;
    seconds.parse().ok().filter(|seconds| *seconds > 0)
}

/// The name of a message, and whether a keyword found no letter.
pub(super) fn name(at: i64, uid: u32, size: u64, Marks(flags): &Marks, keywords: &mut Keywords) -> (String, bool) {
    let (mut letters, mut left_out) = (Vec::new(), false);
    for flag in flags {
        let system = LETTERS.iter().find(|(_, known)| known.eq_ignore_ascii_case(flag)).map(|(letter, _)| *letter);
        match system.or_else(|| keywords.letter(flag)) {
            Some(letter) => letters.push(letter),
            None => left_out = true,
        }
    }
    // In the order of ASCII, as the form wants it.
    letters.sort_unstable();
    let letters: String = letters.into_iter().collect();
    (format!("{at}.U{uid}.sigillo,S={size}:2,{letters}"), left_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(names: &[&str]) -> Marks {
        Marks(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn flags_and_keywords_are_read_from_names_and_written_to_them() {
        let mut keywords = Keywords::read("0 $Junk\n1 Pratica\n99 toofar\nnonsense\n2 no atom\n");
        assert_eq!(keywords.text(), "0 $Junk\n1 Pratica\n");
        let flags = all(&["\\Flagged", "$Forwarded", "\\Seen", "Pratica"]);
        assert_eq!(marks("1795770000.M1P2.host,S=12:2,FPSbz", &keywords), flags);
        assert_eq!(marks("1795770000.M1P2.host;2,S", &keywords), all(&["\\Seen"]));
        assert_eq!(marks("1795770000.M1P2.host", &keywords), Marks::default());
        let (written, left_out) = name(1_795_770_000, 7, 12, &flags, &mut keywords);
        assert_eq!((written.as_str(), left_out), ("1795770000.U7.sigillo,S=12:2,FPSb", false));
        assert_eq!(marks(&written, &keywords), flags);
        assert_eq!(seconds(&written), Some(1_795_770_000));
    }

    #[test]
    fn the_twenty_seventh_keyword_finds_no_letter_and_says_so() {
        let mut keywords = Keywords::default();
        let many: Vec<String> = (0..27).map(|number| format!("k{number}")).collect();
        let (written, left_out) = name(1, 1, 1, &Marks(many), &mut keywords);
        assert!(left_out && written.ends_with(":2,abcdefghijklmnopqrstuvwxyz"), "{written}");
    }
}
