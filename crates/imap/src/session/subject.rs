//! What a subject says, whatever answering and forwarding have put around it (RFC 5256 §2.1).

use super::collation::collated;

/// Characters of a text that order and threads depend on.
pub(super) const LONGEST: usize = 255;

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
    let whole = collated(&whole);
    let (mut text, mut answers) = (whole.as_str(), false);
    loop {
        while let Some(before) = text.strip_suffix("(FWD)") {
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
        match text.strip_prefix("[FWD:").and_then(|text| text.strip_suffix(']')) {
            Some(inside) => (text, answers) = (inside.trim(), true),
            None => return BaseSubject { text: text.to_owned(), answers },
        }
    }
}

/// Behind `subj-blob`: `[LIST] `.
fn behind_blob(text: &str) -> Option<&str> {
    let (inside, rest) = text.strip_prefix('[')?.split_once(']')?;
    (!inside.contains('[')).then_some(rest.trim_start())
}

/// Behind `subj-leader`: `[LIST] RE [2]: `.
fn behind_leader(text: &str) -> Option<&str> {
    let mut text = text.trim_start();
    while let Some(rest) = behind_blob(text) {
        text = rest;
    }
    let text = ["RE", "FWD", "FW"].iter().find_map(|word| text.strip_prefix(word))?.trim_start();
    let text = behind_blob(text).unwrap_or(text);
    Some(text.strip_prefix(':')?.trim_start())
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
