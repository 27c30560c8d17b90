//! What a subject says, whatever answering and forwarding have put around it (RFC 5256 §2.1).

use super::collation::{LONGEST, collated};

/// A subject without what answering and forwarding put around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BaseSubject {
    /// As it is compared.
    pub(super) text: String,
    /// Whether something was around it.
    pub(super) answers: bool,
}

/// The base of a subject.
pub(super) fn base_subject(subject: &str) -> BaseSubject {
    let whole: String = subject.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LONGEST).collect();
    let (mut text, mut answers) = (whole.as_str(), false);
    loop {
        while let Some(before) = without_end(text, "(fwd)") {
            (text, answers) = (before.trim_end(), true);
        }
        loop {
            if let Some(rest) = behind_leader(text) {
                (text, answers) = (rest, true);
            } else if let Some(rest) = behind_blob(text).filter(|rest| !rest.is_empty()) {
                text = rest;
            } else {
                break;
            }
        }
        match without_start(text, "[fwd:").and_then(|text| text.strip_suffix(']')) {
            Some(inside) => (text, answers) = (inside.trim(), true),
            None => return BaseSubject { text: collated(text), answers },
        }
    }
}

/// Behind `subj-blob`: `[list] `.
fn behind_blob(text: &str) -> Option<&str> {
    let (inside, rest) = text.strip_prefix('[')?.split_once(']')?;
    (!inside.contains('[')).then_some(rest.trim_start())
}

/// Behind `subj-leader`: `[list] re [2]: `.
fn behind_leader(text: &str) -> Option<&str> {
    let mut text = text.trim_start();
    while let Some(rest) = behind_blob(text) {
        text = rest;
    }
    let text = ["re", "fwd", "fw"].iter().find_map(|word| without_start(text, word))?.trim_start();
    let text = behind_blob(text).unwrap_or(text);
    Some(text.strip_prefix(':')?.trim_start())
}

/// What is behind a word at the start, in any case.
fn without_start<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let (start, rest) = text.split_at_checked(word.len())?;
    start.eq_ignore_ascii_case(word).then_some(rest)
}

/// What is before a word at the end, in any case.
fn without_end<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let (rest, end) = text.split_at_checked(text.len().checked_sub(word.len())?)?;
    end.eq_ignore_ascii_case(word).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_around_a_subject_does_not_count() {
        for subject in [
            "Bando",
            "RE: bando",
            "Re: [lista] Re[2]: bando (fwd)",
            "[lista] Fwd: BANDO",
            "fw : bando (fwd) (fwd)",
            "[Fwd: Re: bando]",
            "Re:\t bando ",
        ] {
            let found = base_subject(subject);
            assert_eq!((found.text.as_str(), found.answers), ("BANDO", subject.len() > 5), "{subject}");
        }
        for (subject, base) in
            [("", ""), ("Re:", ""), ("[solo]", "[SOLO]"), ("Reale: x", "REALE: X"), ("[[a] b", "[[A] B")]
        {
            assert_eq!(base_subject(subject).text, base, "{subject}");
        }
    }

    #[test]
    fn who_writes_blobs_without_end_waits_for_none() {
        base_subject(&"[a]re".repeat(100_000));
    }
}
