//! Distinguished names (RFC 4514) as the index uses them: a few single-valued components.

/// Splits a name into `(type, value)` pairs, escapes resolved. The error says what was expected.
pub(crate) fn parse(dn: &str) -> Result<Vec<(String, String)>, String> {
    let mut out = Vec::new();
    let mut chars = dn.chars().peekable();
    loop {
        let mut kind = String::new();
        loop {
            match chars.next() {
                Some('=') => break,
                Some(c) => kind.push(c),
                None => return Err(format!("expected '=' after '{}' in the distinguished name", kind.trim())),
            }
        }
        let mut value: Vec<u8> = Vec::new();
        // Octets up to here belong to the value even when they are blanks: they were escaped or something follows.
        let mut kept = 0;
        let mut more = false;
        while let Some(c) = chars.next() {
            match c {
                ',' => {
                    more = true;
                    break;
                }
                '\\' => {
                    value.extend(escaped(&mut chars)?);
                    kept = value.len();
                }
                '+' | '"' | ';' | '<' | '>' => {
                    return Err(format!("expected '\\{c}' instead of a bare '{c}' in the distinguished name"));
                }
                // Blanks around a component mean nothing (RFC 4514 §3 does not have them, the RFC's example does).
                ' ' if value.is_empty() => {}
                c => {
                    value.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
                    if c != ' ' {
                        kept = value.len();
                    }
                }
            }
        }
        value.truncate(kept);
        let Ok(value) = String::from_utf8(value) else {
            return Err("the distinguished name is not UTF-8".into());
        };
        out.push((kind.trim().to_owned(), value));
        if !more {
            return Ok(out);
        }
    }
}

/// Writes `(type, value)` pairs; [`parse`] gives them back.
pub(crate) fn write(components: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (index, (kind, value)) in components.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(kind);
        out.push('=');
        let last = value.chars().count().saturating_sub(1);
        for (at, c) in value.chars().enumerate() {
            match c {
                '\0' => out.push_str("\\00"),
                ',' | '+' | '"' | '\\' | '<' | '>' | ';' => out.extend(['\\', c]),
                '#' if at == 0 => out.push_str("\\#"),
                ' ' if at == 0 || at == last => out.push_str("\\ "),
                c => out.push(c),
            }
        }
    }
    out
}

fn escaped(chars: &mut impl Iterator<Item = char>) -> Result<Vec<u8>, String> {
    const EXPECTED: &str = "expected two hex digits or a special character after '\\' in the distinguished name";
    let first = chars.next().ok_or(EXPECTED)?;
    if " \"#+,;<=>\\".contains(first) {
        return Ok(vec![first as u8]);
    }
    let second = chars.next().ok_or(EXPECTED)?;
    match (first.to_digit(16), second.to_digit(16)) {
        // Two hex digits are at most 255.
        (Some(high), Some(low)) => Ok(vec![(high * 16 + low) as u8]),
        _ => Err(EXPECTED.into()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(dn: &str) -> Vec<(String, String)> {
        parse(dn).unwrap()
    }

    #[test]
    fn blanks_around_components_mean_nothing_and_escapes_are_resolved() {
        let expected = [("providerUnit".to_owned(), "Unit 2".to_owned()), ("o".to_owned(), "a, b+c à".to_owned())];
        assert_eq!(pairs("providerUnit=Unit 2, o=a\\, b\\2bc \\c3\\A0"), expected);
        assert_eq!(pairs("o= a "), [("o".to_owned(), "a".to_owned())]);
        assert_eq!(pairs("o=\\ a\\ "), [("o".to_owned(), " a ".to_owned())]);
    }

    #[test]
    fn a_broken_name_says_what_was_expected() {
        for (dn, what) in
            [("o", "'='"), ("", "'='"), ("o=a+b=c", "'\\+'"), ("o=a\\", "hex"), ("o=\\zz", "hex"), ("o=\\ff", "UTF-8")]
        {
            let error = parse(dn).unwrap_err();
            assert!(error.contains(what), "{dn}: {error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(a in "\\PC{0,30}", b in "[ ,+#\"\\\\;<>=\0a]{0,12}") {
            let text = write(&[("providerName", &a), ("o", &b)]);
            prop_assert_eq!(parse(&text).unwrap(), [("providerName".to_owned(), a), ("o".to_owned(), b)]);
        }

        #[test]
        fn no_text_makes_the_reader_panic(dn in "(\\PC|[\\\\=,]){0,40}") {
            let _ = parse(&dn);
        }
    }
}
