//! What may stand in a foreign document: elements, attributes and the forms of their values.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ammonia::{Builder, UrlRelative};

use super::pictures::Pictures;
use super::style;
use crate::{link, plain};

/// Elements that stay.
pub(super) const ELEMENTS: [&str; 67] = [
    "a",
    "abbr",
    "address",
    "article",
    "aside",
    "b",
    "bdi",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "main",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "wbr",
];

/// Elements that go with all that is inside; of others that are not allowed only the tags go.
const EMPTIED: [&str; 22] = [
    "script", "style", "title", "svg", "math", "template", "noscript", "iframe", "frameset", "object", "embed",
    "applet", "audio", "video", "canvas", "noembed", "noframes", "xml", "select", "datalist", "map", "portal",
];

/// Attributes of every element.
const EVERYWHERE: [&str; 6] = ["style", "dir", "lang", "title", "align", "role"];

/// Attributes of some elements.
const SOMEWHERE: [(&str, &[&str]); 24] = [
    ("a", &["href"]),
    ("img", &["src", "alt", "width", "height", "border", "hspace", "vspace"]),
    ("table", TABLE),
    ("thead", CELLS),
    ("tbody", CELLS),
    ("tfoot", CELLS),
    ("tr", CELLS),
    ("td", CELL),
    ("th", CELL),
    ("col", &["span", "width", "valign"]),
    ("colgroup", &["span", "width", "valign"]),
    ("font", &["color", "face", "size"]),
    ("hr", &["color", "size", "width", "noshade"]),
    ("br", &["clear"]),
    ("ol", &["start", "type", "reversed"]),
    ("ul", &["type"]),
    ("li", &["type", "value"]),
    ("time", &["datetime"]),
    ("abbr", &[]),
    ("blockquote", &["type"]),
    ("div", &["bgcolor"]),
    ("p", &["bgcolor"]),
    ("pre", &["width"]),
    ("center", &[]),
];
const TABLE: &[&str] = &[
    "bgcolor",
    "background",
    "border",
    "cellpadding",
    "cellspacing",
    "width",
    "height",
    "bordercolor",
    "rules",
    "frame",
];
const CELLS: &[&str] = &["bgcolor", "valign", "height"];
const CELL: &[&str] = &[
    "bgcolor",
    "background",
    "bordercolor",
    "colspan",
    "rowspan",
    "width",
    "height",
    "valign",
    "nowrap",
    "scope",
    "abbr",
];

/// What was counted while a document was cleaned.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Things elsewhere that the document would have asked for.
    pub(super) blocked: AtomicUsize,
}

/// The rules, with the pictures that they put in.
pub(super) fn rules(pictures: Pictures, counts: Arc<Counts>) -> Builder<'static> {
    let mut rules = Builder::empty();
    let attributes: HashMap<&str, HashSet<&str>> =
        SOMEWHERE.iter().map(|(element, names)| (*element, names.iter().copied().collect())).collect();
    rules
        .tags(ELEMENTS.into_iter().collect())
        .clean_content_tags(EMPTIED.into_iter().collect())
        .generic_attributes(EVERYWHERE.into_iter().collect())
        .tag_attributes(attributes)
        // What the filter below judges must reach it; it decides about every address.
        .url_schemes(["http", "https", "mailto", "cid", "data"].into_iter().collect())
        .url_relative(UrlRelative::PassThrough)
        .link_rel(Some("noopener noreferrer"))
        .set_tag_attribute_value("a", "target", "_blank")
        .strip_comments(true)
        .attribute_filter(move |element, name, value| attribute(element, name, value, &pictures, &counts));
    rules
}

/// The value that an attribute may have; `None`: it goes.
fn attribute<'a>(
    element: &str,
    name: &str,
    value: &'a str,
    pictures: &Pictures,
    counts: &Counts,
) -> Option<Cow<'a, str>> {
    let owned = |text: String| Some(Cow::Owned(text));
    match (element, name) {
        // Ours, put there before this is asked.
        ("a", "rel" | "target") => Some(Cow::Borrowed(value)),
        ("a", "href") => link::address(value).and_then(owned),
        ("img", "src") | ("table" | "td" | "th", "background") => {
            let shown = pictures.shown(value);
            if shown.is_blocked {
                counts.blocked.fetch_add(1, Ordering::Relaxed);
            }
            shown.address.and_then(owned)
        }
        (_, "style") => {
            let filtered = style::filter(value);
            counts.blocked.fetch_add(filtered.remote, Ordering::Relaxed);
            Some(filtered.kept).filter(|kept| !kept.is_empty()).and_then(owned)
        }
        (_, "color" | "bgcolor" | "bordercolor") => style::colour(value).and_then(owned),
        (_, "face") => style::family(value).and_then(owned),
        (_, "title" | "alt" | "abbr") => owned(plain::line(value, TEXT)),
        (_, "role") => is_one_of(value, &["presentation", "none"]).then_some(Cow::Borrowed(value)),
        (_, "dir") => is_one_of(value, &["ltr", "rtl", "auto"]).then_some(Cow::Borrowed(value)),
        (_, "colspan" | "rowspan" | "span") => whole(value, SPAN),
        (_, "start" | "value" | "border" | "cellpadding" | "cellspacing" | "hspace" | "vspace") => whole(value, NUMBER),
        (_, "width" | "height") => whole(value, NUMBER),
        (_, "size") => whole(value, NUMBER).or_else(|| value.starts_with(['+', '-']).then(|| whole_signed(value))?),
        (_, "lang" | "align" | "valign" | "clear" | "type" | "scope" | "rules" | "frame" | "datetime") => {
            word(value).then_some(Cow::Borrowed(value))
        }
        (_, "nowrap" | "noshade" | "reversed") => Some(Cow::Borrowed("")),
        _ => None,
    }
}

/// Characters of a text in an attribute.
const TEXT: usize = 500;
/// Cells that one spans: browsers lay out a thousand rows of a thousand columns for a few octets.
const SPAN: u32 = 100;
/// The largest size.
const NUMBER: u32 = 5_000;

fn is_one_of(value: &str, words: &[&str]) -> bool {
    words.iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// A whole number, with `px` behind it or none, or a percentage.
fn whole(value: &str, most: u32) -> Option<Cow<'_, str>> {
    let value = value.trim();
    let digits = value.strip_suffix('%').or_else(|| value.strip_suffix("px")).unwrap_or(value);
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let number: u32 = digits.parse().ok().filter(|_| plain)?;
    (number <= most).then_some(Cow::Borrowed(value))
}

/// `+1`, `-2`
fn whole_signed(value: &str) -> Option<Cow<'_, str>> {
    whole(value.get(1..)?, 7).map(|_| Cow::Borrowed(value))
}

fn word(value: &str) -> bool {
    (1..=40).contains(&value.len())
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b':' | b'.'))
}
