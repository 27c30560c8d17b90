//! Names of files that people get: short, and of characters that every system takes.

/// Characters of an address that a name has at most.
const LONGEST: usize = 80;

/// `NUMBER-KIND[-RECIPIENT]`, without an extension.
pub(crate) fn of(number: usize, kind: &str, recipient: Option<&str>) -> String {
    let recipient = recipient.map(|recipient| format!("-{}", plain(recipient))).unwrap_or_default();
    format!("{number:03}-{kind}{recipient}")
}

/// What others wrote, as a part of a name.
pub(crate) fn plain(text: &str) -> String {
    let keep = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '@' | '.' | '-' | '_') { c } else { '_' };
    text.trim_start_matches('.').chars().take(LONGEST).map(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_else_and_is_no_longer_than_it_may_be() {
        assert_eq!(of(7, "delivery", Some("anna@beta.example")), "007-delivery-anna@beta.example");
        assert_eq!(of(12, "acceptance", None), "012-acceptance");
        assert_eq!(plain("../../a\\b\0c:è"), "_.._a_b_c__");
        assert_eq!(plain(&"x".repeat(500)).len(), LONGEST);
    }
}
