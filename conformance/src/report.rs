//! Findings for people and for machines.

use std::fmt::Write;

use crate::check::{Sheet, Verdict};

/// The findings of one file or one step.
#[derive(Clone, Debug)]
pub struct Case {
    /// What was judged.
    pub name: String,
    /// What was found.
    pub sheet: Sheet,
}

/// A text: each message with what is broken and what is advised, and totals at the end.
pub fn text(cases: &[Case], verbose: bool) -> String {
    let mut out = String::new();
    let (mut passed, mut advised, mut failed) = (0, 0, 0);
    for case in cases {
        let kind = case.sheet.kind.map_or(String::new(), |kind| format!(" ({})", kind.name));
        writeln!(out, "{}{kind}", case.name).ok();
        for finding in &case.sheet.findings {
            let (word, why) = match &finding.verdict {
                Verdict::Pass => ("pass", ""),
                Verdict::Advice(why) => ("advice", why.as_str()),
                Verdict::Fail(why) => ("FAIL", why.as_str()),
            };
            match finding.verdict {
                Verdict::Pass => passed += 1,
                Verdict::Advice(_) => advised += 1,
                Verdict::Fail(_) => failed += 1,
            }
            if verbose || finding.verdict != Verdict::Pass {
                let colon = if why.is_empty() { "" } else { ": " };
                writeln!(out, "  {word:6} {:16} {}{colon}{why}", finding.id, finding.what).ok();
            }
        }
    }
    writeln!(out, "{} judged: {passed} checks passed, {advised} advices, {failed} failures", cases.len()).ok();
    out
}

/// JUnit XML: a suite for each message, a test case for each check; an advice stands in `system-out`.
pub fn junit(cases: &[Case]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for case in cases {
        let findings = &case.sheet.findings;
        let failures = case.sheet.failures().count();
        let name = escaped(&case.name);
        writeln!(out, "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{failures}\">", findings.len()).ok();
        for finding in findings {
            let title = escaped(&format!("{} {}", finding.id, finding.what));
            write!(out, "    <testcase classname=\"{name}\" name=\"{title}\"").ok();
            match &finding.verdict {
                Verdict::Pass => writeln!(out, "/>"),
                Verdict::Advice(why) => writeln!(out, "><system-out>advice: {}</system-out></testcase>", escaped(why)),
                Verdict::Fail(why) => writeln!(out, "><failure message=\"{}\"/></testcase>", escaped(why)),
            }
            .ok();
        }
        out.push_str("  </testsuite>\n");
    }
    out + "</testsuites>\n"
}

pub(crate) fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}
