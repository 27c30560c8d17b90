//! Foreign HTML as a document for a frame of its own.
//!
//! `bounded` says how much of it is parsed; ammonia parses that, keeps what `policy` allows and writes it anew. Nothing of
//! the original text comes out as it stood. What is given must be served from an address of its own, with [`Remote::csp`] as
//! its `Content-Security-Policy` beside `X-Content-Type-Options: nosniff`, `Referrer-Policy: no-referrer` and
//! `Content-Type: text/html; charset=utf-8`: two walls, each of which holds alone.

mod bounded;
mod pictures;
mod policy;
mod remote;
mod style;

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;

pub(crate) use pictures::Inside;
pub use remote::{CSP, CSP_WITH_REMOTE, Remote};

use crate::limits::Limits;
use crate::plain;
use pictures::Pictures;
use policy::Counts;

/// A document to show in a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The whole document, in UTF-8.
    pub document: String,
    /// How many pictures and styles elsewhere it would have asked for and does not.
    pub blocked: usize,
    /// Whether something beyond the limits was left out; the document says so at its end.
    pub cut: bool,
}

/// How the document begins and what it looks like where it says nothing itself.
const HEAD: &str = "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><meta name=\"referrer\" content=\"no-referrer\">\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title></title><style>\
    html{color-scheme:light;background:#fff;color:#17324d;font:16px/1.5 'Titillium Web',Arial,sans-serif;overflow-wrap:anywhere}\
    body{margin:8px}img{max-width:100%;height:auto}pre{white-space:pre-wrap}\
    blockquote{margin:0 0 0 8px;padding-left:8px;border-left:2px solid #5b6f82}\
    img:not([src])[alt]:not([alt=\"\"]){border:1px dashed #5b6f82;padding:2px}\
    .sigillo-cut{margin:16px 0;padding:8px;border:1px solid #5b6f82;font-weight:600}</style></head>";
const CUT: &str = "<p class=\"sigillo-cut\">Il resto del messaggio \u{e8} troppo grande o troppo complesso per essere mostrato \
    qui: per leggerlo tutto, scaricare il messaggio.<br><span lang=\"en\">The rest of the message is too large or too complex \
    to be shown here: download the message to read all of it.</span></p>";

/// Cleans a document. `is_cut`: there was more of it than this.
pub(crate) fn page(text: &str, is_cut: bool, inside: Inside, remote: Remote, limits: &Limits) -> Page {
    let text = without_comments(text);
    let measured = bounded::measure(&text, limits);
    let mut cut = is_cut || measured.end < text.len();
    let counts = Arc::new(Counts::default());
    let rules = policy::rules(Pictures::new(inside, remote, limits), counts.clone());
    let document = rules.clean(text.get(..measured.end).unwrap_or_default());
    let mut written = Bounded { octets: Vec::new(), most: limits.document };
    let is_whole = document.write_to(&mut written).is_ok();
    // Half a document could end inside a tag: then there is none.
    let body = if is_whole { String::from_utf8(written.octets).unwrap_or_default() } else { String::new() };
    cut |= !is_whole;

    let mut whole = String::with_capacity(HEAD.len() + body.len() + CUT.len() + 200);
    whole.push_str(HEAD);
    whole.push_str(&opening(&measured.body));
    whole.extend(body.chars().filter(|c| !plain::deceives(*c)));
    whole.push_str(if cut { CUT } else { "" });
    whole.push_str("</body></html>");
    let blocked = counts.blocked.load(Ordering::Relaxed) + remote_behind(&measured.body);
    Page { document: whole, blocked, cut }
}

/// The beginning of the body with the colours that its author gave to the page: light letters need their dark ground.
fn opening(attributes: &[(String, String)]) -> String {
    let value = |name: &str| attributes.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
    let mut style = String::new();
    for (name, property) in [("bgcolor", "background-color"), ("text", "color")] {
        if let Some(colour) = value(name).and_then(style::colour) {
            style.push_str(&format!("{property}:{colour};"));
        }
    }
    style.push_str(&style::filter(value("style").unwrap_or_default()).kept);
    // Nothing that is kept has any of these signs; a document must not rest on it alone.
    let style: String = style.chars().filter(|c| !matches!(c, '"' | '<' | '>' | '&')).collect();
    if style.is_empty() { "<body>".to_owned() } else { format!("<body style=\"{style}\">") }
}

/// What the body itself would have asked for.
fn remote_behind(attributes: &[(String, String)]) -> usize {
    let one = |(name, value): &(String, String)| match name.as_str() {
        "background" => usize::from(crate::link::remote(value).is_some()),
        "style" => style::filter(value).remote,
        _ => 0,
    };
    attributes.iter().map(one).sum()
}

/// The text without its comments: office programs put more into them than into the text, and a comment is one token however
/// long it is.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("<!--") {
        // `<!-->` is a whole comment.
        let Some(end) = rest.get(start + 2..).and_then(|after| after.find("-->")) else { break };
        out.push_str(rest.get(..start).unwrap_or_default());
        rest = rest.get(start + 2 + end + 3..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// Takes a document up to a length.
struct Bounded {
    octets: Vec<u8>,
    most: usize,
}

impl Write for Bounded {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if self.octets.len() + piece.len() > self.most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.octets.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
