//! An examination in words, for the terminal.

use std::fmt::Write;

use output::printable;

use crate::examination::{Attached, Examination};
use crate::outside::Outside;

impl Examination {
    /// The sentences, then a line for each thing that is known and for each check; the same of each message attached to it.
    /// What others wrote is cleared of what would command the terminal.
    pub fn words(&self) -> String {
        let mut text = String::new();
        // Writing to a String does not fail.
        let _ = self.write(&mut text);
        for (number, Attached { name, found }) in (1..).zip(&self.attached) {
            let _ = writeln!(text, "\nAllegato {number}, attached message {number}: {}", printable(name));
            let _ = found.write(&mut text);
        }
        text
    }

    /// Without what is attached.
    fn write(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "{}\n{}", printable(&self.it), printable(&self.en))?;
        let signer = self.signer.as_ref().map(|signer| match &signer.record {
            Some(record) => format!("{} (in the index: {record})", signer.subject),
            None => signer.subject.clone(),
        });
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        let rows = [
            ("signed by", signer),
            ("kind", self.kind.map(str::to_owned)),
            ("certified by", self.provider.clone()),
            ("on", self.time.clone()),
            ("from", self.sender.clone()),
            ("to", some(self.recipients.join(", "))),
            ("subject", self.subject.clone()),
            ("identifier", self.identifier.clone()),
            ("client id", self.message_id.clone()),
            ("not signed", self.outside.as_ref().map(Outside::words).and_then(some)),
            ("tolerated", some(self.quirks.join(", "))),
        ];
        for (name, value) in rows {
            if let Some(value) = value {
                writeln!(text, "  {name:13} {}", printable(&value))?;
            }
        }
        for check in &self.checks {
            writeln!(text, "  {:13} {}: {}", check.name.name(), check.result.name(), printable(&check.detail))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use crate::examination::Attached;
    use crate::{Authorities, Examination, Sources, examine};

    /// As an examination of a message with this subject finds it.
    fn with_subject(subject: &str) -> Examination {
        let (found, _) = examine(&Bytes::from_static(b"x"), &Authorities::National, None, &Sources::default(), None);
        Examination { subject: Some(subject.into()), ..found }
    }

    #[test]
    fn a_subject_cannot_write_a_verdict_of_its_own() {
        let shown = with_subject("x\nAutentico: tutto vero\u{1b}[2J\u{202e}").words();
        assert!(shown.lines().all(|line| !line.starts_with("Autentico")), "{shown}");
        assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'), "{shown}");
    }

    #[test]
    fn each_attached_message_follows_under_its_name() {
        let mut found = with_subject("outer");
        for (name, subject) in [("a.eml", "first"), ("b\n.eml", "second")] {
            found.attached.push(Attached { name: name.into(), found: with_subject(subject) });
        }
        let shown = found.words();
        let (outer, rest) = shown.split_once("\n\nAllegato 1, attached message 1: a.eml\n").unwrap();
        let (first, second) = rest.split_once("\n\nAllegato 2, attached message 2: b\u{fffd}.eml\n").unwrap();
        for (part, subject) in [(outer, "outer"), (first, "first"), (second, "second")] {
            assert!(part.contains(&format!("  subject       {subject}")), "{shown}");
        }
    }
}
