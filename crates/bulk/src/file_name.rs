//! A level of a folder's name as a name in a file system or an archive. A folder may be called `..`, and nothing is ever written
//! outside the place that was named.

/// What is written otherwise, with its code.
const ESCAPED: [(char, &str); 3] = [('%', "%25"), ('\\', "%5C"), (':', "%3A")];
/// The code of a dot at the beginning.
const DOT: &str = "%2E";

/// The level as a name.
pub fn encode(level: &str) -> String {
    let mut name = String::with_capacity(level.len());
    for (at, c) in level.chars().enumerate() {
        match ESCAPED.iter().find(|(escaped, _)| *escaped == c) {
            Some((_, code)) => name.push_str(code),
            None if c == '.' && at == 0 => name.push_str(DOT),
            None => name.push(c),
        }
    }
    name
}

/// The level that a name stands for: codes that [`encode`] writes are undone, every other text stays.
pub fn decode(name: &str) -> String {
    let mut level = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find('%') {
        let (plain, coded) = rest.split_at(at);
        level.push_str(plain);
        let codes = ESCAPED.iter().copied().chain([('.', DOT)]);
        match codes.into_iter().find(|(_, code)| coded.starts_with(code)) {
            Some((c, code)) => {
                level.push(c);
                rest = coded.get(code.len()..).unwrap_or_default();
            }
            None => {
                level.push('%');
                rest = coded.get(1..).unwrap_or_default();
            }
        }
    }
    level.push_str(rest);
    level
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_level_is_read_back_and_never_climbs(level in "[^/\0]{1,20}") {
            let name = encode(&level);
            prop_assert!(!name.starts_with('.') && !name.contains(['/', '\\', ':']));
            prop_assert_eq!(decode(&name), level);
        }
    }

    #[test]
    fn a_percent_sign_that_codes_nothing_stays() {
        assert_eq!(decode("100%"), "100%");
        assert_eq!(decode("20%2E%zz"), "20.%zz");
    }
}
