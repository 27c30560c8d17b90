//! What of a message is shown first: who wrote, when, about what, and what is there to read.

use std::collections::HashSet;

use bytes::Bytes;
use pec::header::{Header, ListItem, readable};
use pec::mime::Part;
use pec::{Address, Moment};

use crate::attachment::Attachment;
use crate::limits::Limits;
use crate::link;
use crate::parts::Sorted;
use crate::plain;
use crate::text::{Flow, Text};

/// A message as it says itself. Nothing here is certified: what is stands in the signed data around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its subject; empty where it has none.
    pub subject: String,
    /// Who it says wrote it.
    pub from: Vec<Person>,
    /// Whom it says an answer goes to, where it says so.
    pub reply_to: Vec<Person>,
    /// Whom it says it was written to.
    pub to: Vec<Person>,
    /// Whom it says got a copy.
    pub cc: Vec<Person>,
    /// The moment that its `Date` names.
    pub date: Option<Moment>,
    /// Its `Date` as written, empty where there is none.
    pub date_written: String,
    /// Its text; where it has only HTML, the words of that.
    pub text: Text,
    /// Whether it has HTML: [`crate::Message::page`] gives it.
    pub has_html: bool,
    /// What is attached, in order.
    pub attachments: Vec<Attachment>,
    /// Whether a list of people or of parts is longer than the limits.
    pub cut: bool,
}

/// A mailbox as a message names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The name beside the address; empty where there is none.
    pub name: String,
    /// The address; where it is none, what stands in its place.
    pub address: String,
    /// Whether the name holds another address than this: who reads only the name is deceived.
    pub names_another: bool,
}

impl Shown {
    pub(crate) fn of(octets: &Bytes, root: &Part, limits: &Limits) -> Self {
        let header = Header::parse(octets);
        let sorted = Sorted::of(root);
        let mut cut = false;
        let mut people = |field: &str| {
            let (people, more) = people(&header, field, limits);
            cut |= more;
            people
        };
        let [from, reply_to, to, cc] = ["From", "Reply-To", "To", "Cc"].map(&mut people);
        let html = sorted.html.map(|part| html_of(octets, part, limits).0).unwrap_or_default();
        let mut attachments: Vec<Attachment> =
            sorted.attached.into_iter().map(|(path, part)| Attachment::of(path, part, octets, limits)).collect();
        let named = named(&html);
        for attachment in &mut attachments {
            let id = attachment.content_id.as_ref();
            attachment.inline = attachment.seen.is_some_and(is_picture) && id.is_some_and(|id| named.contains(id));
        }
        let date = header.value("Date").unwrap_or_default();
        Self {
            subject: plain::line(&header.subject().unwrap_or_default(), limits.line),
            from,
            reply_to,
            to,
            cc,
            date: Moment::from_rfc5322(&date),
            date_written: plain::line(&date, limits.line),
            text: text(octets, &sorted.texts, &html, limits),
            has_html: sorted.html.is_some(),
            attachments,
            cut,
        }
    }
}

/// Names of parts in one document that are looked for.
const NAMED: usize = 10_000;
/// Octets of such a name.
const LONGEST_NAME: usize = 500;

/// The parts that the HTML names, by their ids.
fn named(html: &str) -> HashSet<String> {
    let address = |(at, _): (usize, &str)| {
        let rest = html.get(at..html.floor_char_boundary(at + LONGEST_NAME))?;
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '>' | ')')).unwrap_or(rest.len());
        link::content_id(rest.get(..end)?)
    };
    html.match_indices("cid:").take(NAMED).filter_map(address).collect()
}

fn is_picture(seen: crate::Seen) -> bool {
    matches!(seen, crate::Seen::Picture(_))
}

/// The texts one after the other; where there is none, the words of the HTML.
fn text(octets: &Bytes, parts: &[&Part], html: &str, limits: &Limits) -> Text {
    let mut whole = Text::default();
    for part in parts {
        let (text, cut) = text_of(octets, part, limits);
        let room = limits.lines.saturating_sub(whole.paragraphs.iter().map(|paragraph| paragraph.lines.len()).sum());
        let mut read = Text::read(&text, flow(part), room);
        whole.paragraphs.append(&mut read.paragraphs);
        whole.cut |= cut || read.cut;
    }
    if parts.is_empty() && !html.is_empty() {
        let words = mail_parser::decoders::html::html_to_text(html);
        whole = Text::read(&words, Flow::Fixed, limits.lines);
    }
    whole
}

/// The text of a part, and whether there is more of it.
pub(crate) fn text_of(octets: &Bytes, part: &Part, limits: &Limits) -> (String, bool) {
    read(octets, part, limits.text)
}

/// The HTML of a part, and whether there is more of it.
pub(crate) fn html_of(octets: &Bytes, part: &Part, limits: &Limits) -> (String, bool) {
    read(octets, part, limits.html)
}

fn read(octets: &Bytes, part: &Part, most: usize) -> (String, bool) {
    let body = part.body();
    let end = body.end.min(body.start.saturating_add(most));
    let text = if body.start <= end && end <= octets.len() { octets.slice(body.start..end) } else { Bytes::new() };
    (part.text().read(&text), end < body.end)
}

/// How the lines of a part are to be taken (RFC 3676 §4).
pub(crate) fn flow(part: &Part) -> Flow {
    let says = |name: &str, value: &str| {
        let found = part.parameters.iter().find(|(other, _)| other == name);
        found.is_some_and(|(_, found)| found.trim_ascii().eq_ignore_ascii_case(value.as_bytes()))
    };
    if says("format", "flowed") { Flow::Flowed { delete_space: says("delsp", "yes") } } else { Flow::Fixed }
}

/// The mailboxes of a field, and whether there are more.
fn people(header: &Header, field: &str, limits: &Limits) -> (Vec<Person>, bool) {
    let mut people = Vec::new();
    for item in header.list(field) {
        let ListItem::Mailbox { name, address } = item else { continue };
        if people.len() == limits.mailboxes {
            return (people, true);
        }
        let name = plain::line(&readable(name.as_bytes()), limits.line);
        let address = match address {
            Ok(address) => address.as_str().to_owned(),
            Err(text) => plain::line(&readable(text.as_bytes()), limits.line),
        };
        let names_another = other_address(&name, &address);
        people.push(Person { name, address, names_another });
    }
    (people, false)
}

/// Whether an address stands in the name, and not this one.
fn other_address(name: &str, address: &str) -> bool {
    let words = name.split(|c: char| c.is_whitespace() || "<>()[]\"',;:".contains(c));
    let mut addresses = words.filter(|word| Address::parse(word).is_ok_and(|read| read.domain().contains('.')));
    addresses.any(|found| !found.eq_ignore_ascii_case(address))
}
