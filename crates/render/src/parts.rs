//! Which parts of a message are its text, which stand beside it.

use pec::mime::{Content, Part};

use crate::path::PartPath;

/// The parts of a message, sorted by what a person does with them.
#[derive(Debug, Default)]
pub(crate) struct Sorted<'a> {
    /// The texts that are shown, in order.
    pub(crate) texts: Vec<&'a Part>,
    /// The HTML that is shown: the first.
    pub(crate) html: Option<&'a Part>,
    /// What is attached, in order; pictures inside the HTML included.
    pub(crate) attached: Vec<(PartPath, &'a Part)>,
}

impl<'a> Sorted<'a> {
    /// Sorts the parts under `root`, the message itself.
    ///
    /// * Of a `multipart/alternative` the plain text and the HTML are the same text in two forms (RFC 2046 §5.1.4); what else
    ///   is offered there is attached.
    /// * Elsewhere every `text/plain` that is no attachment and has no name is a piece of the text, and the first such
    ///   `text/html` is the HTML.
    /// * An attached message is attached, not looked into.
    pub(crate) fn of(root: &'a Part) -> Self {
        let mut sorted = Self::default();
        let mut open = vec![(PartPath::default(), root, false)];
        while let Some((path, part, alternative)) = open.pop() {
            match &part.content {
                Content::Multipart(parts) => {
                    let alternative = part.sub == "alternative";
                    let parts = parts.iter().enumerate().rev();
                    open.extend(parts.map(|(at, part)| (path.child(at), part, alternative)));
                }
                Content::Message(_) => sorted.attached.push((path, part)),
                Content::Single => sorted.single(path, part, alternative),
            }
        }
        sorted
    }

    fn single(&mut self, path: PartPath, part: &'a Part, alternative: bool) {
        let shown = part.main == "text" && (alternative || is_shown(part));
        match part.sub.as_str() {
            "plain" if shown && part.body().is_empty() => {}
            "plain" if shown => self.texts.push(part),
            "html" if shown && self.html.is_none() => self.html = Some(part),
            _ => self.attached.push((path, part)),
        }
    }
}

/// Whether a text is the message's own: neither called an attachment nor named as a file.
fn is_shown(part: &Part) -> bool {
    let attached = part.disposition.as_ref().is_some_and(|(name, _)| !matches!(name.as_str(), "inline" | ""));
    !attached && part.names().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn multipart(kind: &str, parts: &[&str]) -> String {
        let parts: String = parts.iter().map(|part| format!("--{kind}\r\n{part}\r\n")).collect();
        format!("Content-Type: multipart/{kind}; boundary={kind}\r\n\r\n{parts}--{kind}--")
    }

    fn drawn(message: &str) -> String {
        let structure = pec::mime::structure(message.as_bytes());
        let sorted = Sorted::of(&structure.root);
        let texts: Vec<&str> = sorted.texts.iter().map(|part| &message[part.body()]).collect();
        let html = sorted.html.map(|part| &message[part.body()]).unwrap_or_default();
        let attached: Vec<String> = sorted.attached.iter().map(|(path, part)| format!("{path}:{}", part.sub)).collect();
        format!("{} | {html} | {}", texts.join("+"), attached.join(" "))
    }

    #[test]
    fn texts_html_and_attachments_are_told_apart() {
        let plain = "Content-Type: text/plain\r\n\r\nuno";
        let html = "Content-Type: text/html\r\n\r\n<p>";
        let picture = "Content-Type: image/png\r\nContent-ID: <a>\r\n\r\nx";
        let pdf = "Content-Type: application/pdf\r\n\r\nx";
        assert_eq!(drawn("\r\nciao"), "ciao |  | ");
        assert_eq!(drawn(html), " | <p> | ");
        assert_eq!(drawn("Content-Type: application/pdf\r\n\r\nx"), " |  | 0:pdf");
        let alternative = multipart("alternative", &[plain, html, "Content-Type: text/calendar\r\n\r\nx"]);
        assert_eq!(drawn(&alternative), "uno | <p> | 3:calendar");
        let related = multipart("related", &[html, picture]);
        let whole = multipart("mixed", &[&multipart("alternative", &[plain, &related]), pdf, plain]);
        assert_eq!(drawn(&whole), "uno+uno | <p> | 1.2.2:png 2:pdf");
        let named = "Content-Type: text/plain; name=a.txt\r\n\r\nx";
        let attached = "Content-Type: text/html\r\nContent-Disposition: attachment\r\n\r\nx";
        let eml = "Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ndentro";
        assert_eq!(drawn(&multipart("mixed", &[plain, named, attached, eml])), "uno |  | 2:plain 3:html 4:rfc822");
        assert_eq!(drawn(&multipart("mixed", &["Content-Type: text/plain\r\n", pdf])), " |  | 2:pdf");
    }
}
