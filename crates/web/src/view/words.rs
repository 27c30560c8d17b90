//! Words as a sentence or a title begins with them.

/// With a capital letter first.
pub(crate) fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_begins_with_a_capital_letter() {
        assert_eq!(
            (capital("è pagata"), capital(""), capital("TD99")),
            ("È pagata".into(), String::new(), "TD99".into())
        );
    }
}
