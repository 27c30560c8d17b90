//! How much of a message is looked at.

/// Bounds of everything that this room reads and gives. What is beyond one is cut, and what is given says so; an attachment
/// itself is never cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Characters of a subject, a name or another text that stands in one line.
    pub line: usize,
    /// Mailboxes of one field (`To`, `Cc`).
    pub mailboxes: usize,
    /// Octets of the message's text, before its encoding is taken off.
    pub text: usize,
    /// Lines of the text.
    pub lines: usize,
    /// Octets of the HTML, before its encoding is taken off.
    pub html: usize,
    /// Elements and texts of the HTML, those included that a parser adds to mend it.
    pub nodes: usize,
    /// Elements inside each other.
    pub depth: usize,
    /// Octets in attributes of the HTML; those that a parser copies to mend it count again.
    pub attributes: usize,
    /// Comparisons that parsing the HTML may take, roughly: about a nanosecond each.
    pub steps: u64,
    /// Octets of the document that is given for the HTML, pictures inside included.
    pub document: usize,
    /// Octets of one picture inside the document.
    pub picture: usize,
    /// Octets of all pictures inside the document, each counted as often as it is shown.
    pub pictures: usize,
    /// Width times height of a picture that is shown.
    pub pixels: u64,
    /// Entries of an archive that are listed.
    pub entries: usize,
    /// Octets of a signed file that is opened.
    pub signed: usize,
    /// Signed files inside each other.
    pub layers: usize,
    /// Octets of an electronic invoice, files inside it included.
    pub invoice: usize,
    /// Documents of one invoice.
    pub documents: usize,
    /// Lines, payments and files of one document of an invoice, each.
    pub items: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line: 1_000,
            mailboxes: 1_000,
            text: 1 << 20,
            lines: 20_000,
            html: 2 << 20,
            nodes: 50_000,
            depth: 256,
            attributes: 8 << 20,
            steps: 200_000_000,
            document: 32 << 20,
            picture: 4 << 20,
            pictures: 16 << 20,
            pixels: 64_000_000,
            entries: 1_000,
            signed: 64 << 20,
            layers: 5,
            invoice: 16 << 20,
            documents: 100,
            items: 5_000,
        }
    }
}
