//! Encoded words (RFC 2047), as leniently as mail programs read them.

use crate::decode;

/// Decodes every encoded word of an unfolded value; blanks between two of them vanish.
///
/// Words are found also where no blank sets them apart, and with blanks or question marks inside
/// (both illegal and common). The octets of neighbours in one charset are joined before decoding,
/// because many programs cut a word in the middle of a character.
pub(crate) fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut pending: Option<(&str, Vec<u8>)> = None;
    let mut plain = 0;
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find("=?")).map(|found| from + found) {
        let Some(word) = text.get(at..).and_then(Word::read) else {
            from = at + 2;
            continue;
        };
        let between = text.get(plain..at).unwrap_or_default();
        let joins = pending.is_some() && between.chars().all(|c| matches!(c, ' ' | '\t'));
        if !joins {
            flush(pending.take(), &mut out);
            out.push_str(between);
        }
        match &mut pending {
            Some((charset, octets)) if charset.eq_ignore_ascii_case(word.charset) => octets.extend(word.octets()),
            _ => {
                flush(pending.take(), &mut out);
                pending = Some((word.charset, word.octets()));
            }
        }
        from = at + word.len;
        plain = from;
    }
    flush(pending, &mut out);
    out.push_str(text.get(plain..).unwrap_or_default());
    out
}

/// The length of the encoded word that `text` begins with, if it has no blank in it.
pub(crate) fn word_len(text: &str) -> Option<usize> {
    let word = Word::read(text)?;
    (!word.text.contains([' ', '\t'])).then_some(word.len)
}

fn flush(pending: Option<(&str, Vec<u8>)>, out: &mut String) {
    if let Some((charset, octets)) = pending {
        out.push_str(&decode::declared(&octets, charset));
    }
}

/// `=?charset*language?encoding?text?=`
struct Word<'a> {
    charset: &'a str,
    base64: bool,
    text: &'a str,
    len: usize,
}

impl<'a> Word<'a> {
    /// The encoded word at the start of `text`. It looks no further than a few question marks, so
    /// that a value full of half words is read in linear time.
    fn read(text: &'a str) -> Option<Self> {
        let rest = text.strip_prefix("=?")?;
        let (charset, rest) = rest.split_once('?')?;
        if charset.is_empty() || charset.len() > 80 || !charset.bytes().all(|b| b.is_ascii_graphic()) {
            return None;
        }
        let (encoding, rest) = rest.split_once('?')?;
        let base64 = match encoding {
            "B" | "b" => true,
            "Q" | "q" => false,
            _ => return None,
        };
        let mut end = 0;
        for _ in 0..4 {
            end += rest.get(end..)?.find('?')?;
            let (inside, after) = rest.split_at_checked(end)?;
            let begins_another = inside.ends_with('=') && !after.starts_with("?=");
            if begins_another {
                return None;
            }
            if after.starts_with("?=") {
                let len = text.len() - after.len() + 2;
                let charset = charset.split_once('*').map_or(charset, |(name, _)| name);
                return Some(Self { charset, base64, text: inside, len });
            }
            end += 1;
        }
        None
    }

    fn octets(&self) -> Vec<u8> {
        if self.base64 {
            return decode::base64(self.text.as_bytes());
        }
        let mut octets = Vec::with_capacity(self.text.len());
        decode::escapes(self.text.replace('_', " ").as_bytes(), b'=', &mut octets);
        octets
    }
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn words_are_decoded_in_both_encodings_and_in_multibyte_charsets() {
        for (encoded, text) in [
            ("=?UTF-8?Q?POSTA_CERTIFICATA=3A_perch=C3=A9?=", "POSTA CERTIFICATA: perché"),
            ("=?iso-8859-1?q?=E0?= fine", "à fine"),
            ("=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=", "日本"),
            ("=?gb2312?B?1tDOxA==?=", "中文"),
            ("=?shift_jis?Q?=93=FA?=", "日"),
            ("=?us-ascii*en?Q?a?=", "a"),
            ("=?utf-7?Q?+AOA-?=", "à"),
        ] {
            assert_eq!(decode(encoded), text);
        }
    }

    #[test]
    fn blanks_vanish_between_words_and_stay_elsewhere() {
        assert_eq!(decode("=?utf-8?q?a?= \t =?iso-8859-1?q?b?= c =?utf-8?q?d?="), "ab c d");
    }

    #[test]
    fn a_character_cut_between_two_words_is_whole_again() {
        assert_eq!(decode("=?utf-8?B?w6jD?= =?UTF-8?B?qA==?="), "èè");
    }

    #[test]
    fn words_glued_to_text_or_with_blanks_inside_are_read_all_the_same() {
        assert_eq!(decode("Re:=?utf-8?Q?=C3=A8 vero??=!"), "Re:è vero?!");
    }

    #[test]
    fn what_is_no_word_stays_as_it_is() {
        for text in ["=?", "=?=", "a =?x?y?z?= b", "=?utf-8?Q?open", "=??Q?a?=", "=?utf-8?Q", "è = ?"] {
            assert_eq!(decode(text), text);
        }
        assert_eq!(decode("=?utf-8?Q?open =?utf-8?Q?b?="), "=?utf-8?Q?open b");
    }
}
