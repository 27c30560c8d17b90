//! Address lists (RFC 5322 §3.4, with the obsolete forms of §4.4), read entry by entry so that one
//! damaged entry does not hide the others.

use crate::Address;
use crate::encoded_word;
use crate::mime::comment;

/// One entry of an address list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Whether it stands inside a group.
    pub(crate) grouped: bool,
    /// The addr-spec as written, or the text of an entry that does not parse.
    pub(crate) address: Result<Address, String>,
}

/// What stands in an address list, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListItem {
    /// The name of a group; its members follow.
    Group(String),
    /// The end of a group.
    GroupEnd,
    /// A mailbox.
    Mailbox {
        /// The name beside the address, or in a comment behind it as old programs write (RFC 5322 §3.4), quotation marks left out,
        /// encoded words not decoded; empty where there is none.
        name: String,
        /// The addr-spec as written, or the text of an entry that does not parse.
        address: Result<Address, String>,
    },
}

/// The most entries read of one field name; the rest is one `Err`. More than fit the header of any original
/// ([`crate::limits::HEADER`], and `a@b,` has four octets).
pub(crate) const MAX_ENTRIES: usize = 100_000;

/// Adds the entries of one unfolded list. Comments, quoted and encoded display names, routes and
/// groups are understood; `;` outside a group separates too, as some programs write.
pub(crate) fn read_list(list: &str, entries: &mut Vec<Entry>) {
    let mut reader = Reader::new(list);
    while let Some(found) = reader.next_found() {
        let Found::Entry { grouped, address, .. } = found else { continue };
        if entries.len() >= MAX_ENTRIES {
            entries.push(Entry { grouped: false, address: Err(format!("more than {MAX_ENTRIES} addresses")) });
            return;
        }
        entries.push(Entry { grouped, address });
    }
}

/// Adds what stands in one unfolded list, as [`read_list`] reads it. What is beyond [`MAX_ENTRIES`] is left out.
pub(super) fn read_items(list: &str, items: &mut Vec<ListItem>) {
    let mut reader = Reader::new(list);
    while let Some(found) = reader.next_found() {
        if items.len() >= MAX_ENTRIES {
            return;
        }
        items.push(match found {
            Found::Entry { outside, address, .. } => ListItem::Mailbox { name: spoken(&outside), address },
            Found::Group(name) => ListItem::Group(spoken(&name)),
            Found::GroupEnd => ListItem::GroupEnd,
        });
    }
}

/// A phrase without its quotation marks and their escapes, words one blank apart.
fn spoken(phrase: &str) -> String {
    let mut out = String::with_capacity(phrase.len());
    let (mut quoted, mut escaped) = (false, false);
    for c in phrase.trim().chars() {
        let escapes = c == '\\' && quoted && !escaped;
        if escapes || (c == '"' && !escaped) {
            quoted ^= c == '"';
        } else if !(c.is_ascii_whitespace() && out.ends_with(' ')) {
            out.push(if c.is_ascii_whitespace() { ' ' } else { c });
        }
        escaped = escapes;
    }
    out.truncate(out.trim_end().len());
    out
}

/// How far the end of a domain literal is looked for, and how long a route may be: longer ones are
/// no addresses, and looking again at every character would take quadratic time.
const MAX_LITERAL: usize = 64;
const MAX_ROUTE: usize = 1_000;

/// What the reader came upon.
enum Found {
    Entry {
        grouped: bool,
        /// What stands beside the angle brackets; without them, the last comment.
        outside: String,
        address: Result<Address, String>,
    },
    Group(String),
    GroupEnd,
}

struct Reader<'a> {
    rest: &'a str,
    draft: Draft<'a>,
    grouped: bool,
    /// A group has ended behind the entry that was told last.
    ended: bool,
    /// Cleared when a quote or comment has no end, so that its end is not searched again and again.
    quotes: bool,
    comments: bool,
}

/// An entry under way.
struct Draft<'a> {
    /// The list from the first character of the entry.
    from: &'a str,
    /// What stands outside angle brackets, comments left out.
    outside: String,
    /// What stands in the comment that was read last.
    comment: String,
    /// What stands inside angle brackets.
    angle: Option<String>,
    open: bool,
    broken: bool,
}

impl<'a> Reader<'a> {
    fn new(list: &'a str) -> Self {
        Self { rest: list, draft: Draft::new(list), grouped: false, ended: false, quotes: true, comments: true }
    }

    fn next_found(&mut self) -> Option<Found> {
        loop {
            if std::mem::take(&mut self.ended) {
                return Some(Found::GroupEnd);
            }
            let here = self.rest;
            let Some(c) = here.chars().next() else {
                let last = self.end_entry("", self.grouped);
                return last.or_else(|| std::mem::take(&mut self.grouped).then_some(Found::GroupEnd));
            };
            self.rest = here.get(c.len_utf8()..).unwrap_or_default();
            match c {
                '"' if self.quotes => self.quoted(here),
                '(' if self.comments => self.comment(here),
                '"' | '(' => self.draft.broken(c),
                '[' => self.literal(here),
                '<' => self.draft.open(),
                '>' => self.draft.close(),
                ',' if self.draft.in_route() => self.draft.push(c),
                ':' if !self.draft.open => {
                    if let Some(name) = self.group() {
                        return Some(Found::Group(name));
                    }
                }
                ',' | ';' => {
                    let grouped = self.grouped;
                    self.grouped &= c == ',';
                    self.ended = grouped && !self.grouped;
                    if let Some(entry) = self.end_entry(here, grouped) {
                        return Some(entry);
                    }
                }
                '=' => match encoded_word::word_len(here) {
                    Some(len) => self.verbatim(here, len),
                    None => self.draft.push(c),
                },
                c => self.draft.push(c),
            }
        }
    }

    /// Closes the entry that ends before `here` and begins the next.
    fn end_entry(&mut self, here: &str, grouped: bool) -> Option<Found> {
        let mut draft = std::mem::replace(&mut self.draft, Draft::new(self.rest));
        let text = draft.from.get(..draft.from.len() - here.len()).unwrap_or_default();
        let address = draft.finish(text)?;
        let outside = if draft.angle.is_some() { &mut draft.outside } else { &mut draft.comment };
        let outside = std::mem::take(outside);
        Some(Found::Entry { grouped, outside, address })
    }

    fn verbatim(&mut self, here: &'a str, len: usize) {
        if let Some((text, rest)) = here.split_at_checked(len) {
            self.draft.push_str(text);
            self.rest = rest;
        }
    }

    fn quoted(&mut self, here: &'a str) {
        let mut escaped = false;
        let end = self.rest.find(|c| {
            let closes = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            closes
        });
        match end {
            Some(end) => self.verbatim(here, end + 2),
            None => {
                self.quotes = false;
                self.draft.broken('"');
            }
        }
    }

    fn comment(&mut self, here: &'a str) {
        match comment(here.as_bytes()).and_then(|len| here.get(len..)) {
            Some(rest) => {
                self.draft.push(' ');
                let whole = here.get(..here.len() - rest.len()).unwrap_or_default();
                let inside = whole.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
                self.draft.comment = inside.unwrap_or_default().to_owned();
                self.rest = rest;
            }
            None => {
                self.comments = false;
                self.draft.broken('(');
            }
        }
    }

    /// A domain literal, whose colons and commas separate nothing.
    fn literal(&mut self, here: &'a str) {
        let ends = |b: u8| matches!(b, b']' | b'[' | b' ' | b',' | b';' | b'<' | b'>' | b'"');
        let inside = self.rest.bytes().take(MAX_LITERAL).position(ends);
        match inside {
            Some(len) if self.rest.as_bytes().get(len) == Some(&b']') => self.verbatim(here, len + 2),
            _ => self.draft.push('['),
        }
    }

    /// A colon outside brackets ends the name of a group; groups do not nest.
    fn group(&mut self) -> Option<String> {
        let draft = &self.draft;
        if self.grouped || draft.broken || draft.angle.is_some() || draft.outside.trim().is_empty() {
            self.draft.broken(':');
            return None;
        }
        self.grouped = true;
        let name = std::mem::replace(&mut self.draft, Draft::new(self.rest));
        Some(name.outside)
    }
}

impl<'a> Draft<'a> {
    fn new(from: &'a str) -> Self {
        Self { from, outside: String::new(), comment: String::new(), angle: None, open: false, broken: false }
    }

    fn push(&mut self, c: char) {
        match &mut self.angle {
            Some(angle) if self.open => angle.push(c),
            // After the brackets nothing but comments may stand.
            Some(_) => self.broken |= !c.is_ascii_whitespace(),
            None => self.outside.push(c),
        }
    }

    fn push_str(&mut self, text: &str) {
        text.chars().for_each(|c| self.push(c));
    }

    fn broken(&mut self, c: char) {
        self.broken = true;
        self.push(c);
    }

    fn open(&mut self) {
        self.broken |= self.angle.is_some();
        self.angle.get_or_insert_default();
        self.open = true;
    }

    fn close(&mut self) {
        self.broken |= !self.open;
        self.open = false;
    }

    /// Whether a comma belongs to an obsolete route: `<@a.it,@b.it:user@c.it>`.
    fn in_route(&self) -> bool {
        let route =
            |angle: &String| angle.len() < MAX_ROUTE && angle.trim_start().starts_with('@') && !angle.contains(':');
        self.open && self.angle.as_ref().is_some_and(route)
    }

    /// The address of an entry with this `text`; `None` when there is nothing but blanks and comments.
    fn finish(&self, text: &str) -> Option<Result<Address, String>> {
        if self.angle.is_none() && self.outside.trim().is_empty() && !self.broken {
            return None;
        }
        let spec = match &self.angle {
            Some(angle) => {
                let angle = angle.trim();
                let routed = angle.strip_prefix('@').and_then(|route| route.split_once(':'));
                routed.map_or(angle, |(_, spec)| spec)
            }
            None => &self.outside,
        };
        let address = if self.broken || self.open { None } else { Address::parse(&tighten(spec)).ok() };
        Some(address.ok_or_else(|| text.trim().chars().take(300).collect()))
    }
}

/// The addr-spec without the blanks that may stand around its dots and its `@` (RFC 5322 §4.4).
fn tighten(spec: &str) -> String {
    let mut out = String::with_capacity(spec.len());
    let (mut quoted, mut escaped, mut blank) = (false, false, false);
    for c in spec.trim().chars() {
        if !quoted && c.is_ascii_whitespace() {
            blank = true;
            continue;
        }
        if blank && !matches!(c, '.' | '@') && !out.ends_with(['.', '@']) {
            out.push(' ');
        }
        blank = false;
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Addresses as they are, damaged entries between bars, members of groups with a plus.
    fn read(list: &str) -> Vec<String> {
        let mut entries = Vec::new();
        read_list(list, &mut entries);
        let show = |entry: Entry| {
            let text = entry.address.map_or_else(|text| format!("|{text}|"), |address| address.to_string());
            if entry.grouped { format!("+{text}") } else { text }
        };
        entries.into_iter().map(show).collect()
    }

    #[test]
    fn addresses_come_out_exactly_as_written() {
        for (list, addresses) in [
            ("a@b.it", &["a@b.it"][..]),
            ("Mario Rossi <Mario.Rossi@Comune.IT>, c@d.it", &["Mario.Rossi@Comune.IT", "c@d.it"]),
            (r#""Rossi, Mario" <a@b.it>, "x\"<z@z.it>, y" <c@d.it>"#, &["a@b.it", "c@d.it"]),
            ("a@b.it (Rossi, Mario (detto \\) il \"breve)), (solo) c@d.it", &["a@b.it", "c@d.it"]),
            ("=?utf-8?Q?Rossi,_<Mario>?= <a@b.it>", &["a@b.it"]),
            (r#""a b,c"@d.it, <"x@y"@z.it>"#, &[r#""a b,c"@d.it"#, r#""x@y"@z.it"#]),
            ("<@relay.it,@altro.it:a@b.it>, <@uno.it:c@d.it>", &["a@b.it", "c@d.it"]),
            ("a . b @ c . it, < d (x) @ e.it >", &["a.b@c.it", "d@e.it"]),
            ("u@[127.0.0.1], u@[IPv6:::1]", &["u@[127.0.0.1]", "u@[IPv6:::1]"]),
            ("mario.rossi@b.it <mario.rossi@b.it>", &["mario.rossi@b.it"]),
            (",, a@b.it ,\t,", &["a@b.it"]),
            ("a@b.it; c@d.it;", &["a@b.it", "c@d.it"]),
            ("", &[]),
            ("(niente)", &[]),
        ] {
            assert_eq!(read(list), addresses, "{list}");
        }
    }

    #[test]
    fn groups_are_opened_and_their_members_marked() {
        assert_eq!(read("undisclosed-recipients:;"), Vec::<String>::new());
        assert_eq!(
            read("x@y.it, Ufficio \"Tecnico: uno\": a@b.it, Due <c@d.it>; e@f.it"),
            ["x@y.it", "+a@b.it", "+c@d.it", "e@f.it"]
        );
    }

    #[test]
    fn names_stand_beside_their_addresses_and_groups_around_them() {
        let mut items = Vec::new();
        let list = r#""Rossi, \"Mario\"" <a@b.it>, =?utf-8?Q?Citt=C3=A0?= x <c@d.it>, e@f.it (nessuno), Uffici: g@h.it, rotto;, vuoto:;"#;
        read_items(list, &mut items);
        let mailbox = |name: &str, address: &str| ListItem::Mailbox {
            name: name.into(),
            address: Address::parse(address).map_err(|_| address.into()),
        };
        let expected = [
            mailbox("Rossi, \"Mario\"", "a@b.it"),
            mailbox("=?utf-8?Q?Citt=C3=A0?= x", "c@d.it"),
            mailbox("nessuno", "e@f.it"),
            ListItem::Group("Uffici".into()),
            mailbox("", "g@h.it"),
            mailbox("", "rotto"),
            ListItem::GroupEnd,
            ListItem::Group("vuoto".into()),
            ListItem::GroupEnd,
        ];
        assert_eq!(items, expected);
        items.clear();
        read_items("aperto: a@b.it", &mut items);
        assert_eq!(items, [ListItem::Group("aperto".into()), mailbox("", "a@b.it"), ListItem::GroupEnd]);
    }

    #[test]
    fn a_damaged_entry_comes_back_as_its_text_and_hides_no_other() {
        for (list, addresses) in [
            ("ufficio@comune example.it>, a@b.it", &["|ufficio@comune example.it>|", "a@b.it"][..]),
            ("Nome <a@b.it>>, c@d.it", &["|Nome <a@b.it>>|", "c@d.it"]),
            ("<a@b.it, c@d.it", &["|<a@b.it|", "c@d.it"]),
            ("<a@b.it> <c@d.it>", &["|<a@b.it> <c@d.it>|"]),
            ("Nome <a@b.it> oltre", &["|Nome <a@b.it> oltre|"]),
            ("\"Rossi, Mario <a@b.it>", &["|\"Rossi|", "a@b.it"]),
            ("a@b.it (aperto, c@d.it", &["|a@b.it (aperto|", "c@d.it"]),
            ("Mario Rossi, a@b.it", &["|Mario Rossi|", "a@b.it"]),
            ("<>, a@b.it", &["|<>|", "a@b.it"]),
            ("perché@b.it", &["|perché@b.it|"]),
            ("g: h: a@b.it; c@d.it", &["+|h: a@b.it|", "c@d.it"]),
            (": a@b.it", &["|: a@b.it|"]),
        ] {
            assert_eq!(read(list), addresses, "{list}");
        }
    }

    #[test]
    fn endless_lists_and_unclosed_quotes_are_bounded() {
        let entries = read(&"a,".repeat(MAX_ENTRIES + 5));
        assert_eq!(entries.len(), MAX_ENTRIES + 1);
        assert_eq!(entries.last().map(String::as_str), Some("|more than 100000 addresses|"));
        assert_eq!(read(&"\"\\".repeat(200_001)).len(), 1);
        assert_eq!(read(&"(".repeat(200_000)).len(), 1);
        assert_eq!(read(&"[".repeat(200_000)).len(), 1);
        assert_eq!(read(&format!("<@{}", ",".repeat(200_000))).len(), 1);
    }
}
