//! A report as plain text.

use output::printable;

use super::{Language, Report};

impl Report {
    /// Italian first, then English; lines end with CRLF. What others wrote is cleared of what would command a terminal.
    pub fn text(&self) -> String {
        let mut lines: Vec<String> = Vec::new();
        for language in Language::BOTH {
            if !lines.is_empty() {
                lines.extend(["".into(), "-".repeat(72), "".into()]);
            }
            self.write(language, &mut lines);
        }
        lines.into_iter().map(|line| line + "\r\n").collect()
    }

    fn write(&self, language: Language, lines: &mut Vec<String>) {
        let of = |words| printable(language.of(words));
        lines.push(of(&self.title).to_uppercase());
        for sentence in &self.lead {
            lines.extend([String::new(), of(sentence)]);
        }
        for section in &self.sections {
            lines.extend([String::new(), of(&section.heading).to_uppercase()]);
            for sentence in &section.text {
                lines.extend([String::new(), of(sentence)]);
            }
            if !section.facts.is_empty() {
                lines.push(String::new());
            }
            lines.extend(section.facts.iter().map(|fact| format!("{}: {}", of(&fact.name), of(&fact.value))));
        }
    }
}
