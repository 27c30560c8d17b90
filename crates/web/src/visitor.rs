//! Who asks for a page, from where, and how he sees it.

use std::net::SocketAddr;
use std::sync::Arc;

use ::door::Place;
use ::holder::{Browsing, Holder};

use crate::language::Language;
use crate::trouble::Trouble;

/// Who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Whoever he is, he is not asked for his login: what is the same for all.
    Nobody,
    /// Everybody.
    Anyone,
    /// Who is logged in. What he may do with which mailbox is judged behind the page.
    Holder,
}

/// From where a request comes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct From(pub(crate) SocketAddr);

/// The place of the connection on which a request comes.
#[derive(Clone)]
pub(crate) struct At(pub(crate) Arc<Place>);

/// Who asks, and how he sees pages.
#[derive(Clone)]
pub(crate) struct Visitor {
    /// Who is logged in.
    pub(crate) browsing: Option<Browsing>,
    /// In which language.
    pub(crate) language: Language,
    /// `light` or `dark`, where he has chosen.
    pub(crate) theme: Option<&'static str>,
    /// The address that was asked for, with its query.
    pub(crate) asked: String,
    /// Whether something was sent along, as forms do.
    pub(crate) is_form: bool,
    /// Whether a script asks, and wants what goes wrong in one sentence.
    pub(crate) is_script: bool,
}

impl Visitor {
    /// Who is logged in; on pages that are for nobody else.
    pub(crate) fn holder(&self) -> Result<&Holder, Trouble> {
        self.browsing.as_ref().map(|browsing| &browsing.holder).ok_or(Trouble::Over)
    }
}

/// A text as one value of a query.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for octet in text.bytes() {
        match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' | b'@' => {
                out.push(char::from(octet))
            }
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

/// The appearance of this name; `None`: as the system has it.
pub(crate) fn theme(name: &str) -> Option<&'static str> {
    ["light", "dark"].into_iter().find(|known| *known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_value_of_a_query() {
        assert_eq!(escaped("/c/a@b.example?x=1&y=è #"), "/c/a@b.example%3Fx%3D1%26y%3D%C3%A8%20%23");
    }
}
