//! What stands around every page: who is logged in, his folders, how he sees it all.

use askama::Template;

use crate::assets::TAG;
use crate::house::House;
use crate::language::Language;
use crate::view::folders::FolderLink;
use crate::visitor::Visitor;

/// The frame of a page.
#[derive(Clone)]
pub(crate) struct Frame {
    pub(crate) l: Language,
    /// `light` or `dark`; empty: as the system has it.
    pub(crate) theme: &'static str,
    pub(crate) title: String,
    /// The provider.
    pub(crate) owner: String,
    pub(crate) assets: String,
    /// Where he is, to come back to.
    pub(crate) asked: String,
    /// Who is logged in.
    pub(crate) login: Option<String>,
    /// The mailbox that is open.
    pub(crate) open: Option<OpenMailbox>,
    /// What was just done.
    pub(crate) notice: Option<String>,
}

/// The mailbox that a page is about.
#[derive(Clone)]
pub(crate) struct OpenMailbox {
    pub(crate) address: String,
    /// `/c/<address>`.
    pub(crate) path: String,
    /// The folders that every mailbox has.
    pub(crate) own: Vec<FolderLink>,
    /// Those that somebody made.
    pub(crate) made: Vec<FolderLink>,
    /// Whether the login has others.
    pub(crate) among_others: bool,
    pub(crate) may_send: bool,
    /// How full it is, of a hundred, and in words.
    pub(crate) fullness: u32,
    pub(crate) fullness_words: String,
}

impl Frame {
    /// Of a page without a mailbox.
    pub(crate) fn bare(house: &House, visitor: &Visitor, title: &str) -> Self {
        Self {
            l: visitor.language,
            theme: visitor.theme.unwrap_or_default(),
            title: title.to_owned(),
            owner: house.name.clone(),
            assets: format!("/assets/{TAG}"),
            asked: visitor.asked.clone(),
            login: visitor.browsing.as_ref().map(|browsing| browsing.holder.login().to_owned()),
            open: None,
            notice: None,
        }
    }

    /// Of a page of everybody's, whoever sees it.
    pub(crate) fn public(house: &House, visitor: &Visitor, title: &str) -> Self {
        Self::bare(house, visitor, title)
    }

    /// An icon; a word stands beside it. The names are ours.
    pub(crate) fn icon(&self, name: &str) -> String {
        format!("<svg class=\"icon\" aria-hidden=\"true\"><use href=\"{}/icons.svg#{name}\"></use></svg>", self.assets)
    }

    /// The code of the other language.
    pub(crate) fn other_language(&self) -> &'static str {
        self.l.of("en", "it")
    }
}

/// What is said instead of a page.
#[derive(Template)]
#[template(path = "trouble.html")]
pub(crate) struct TroublePage {
    pub(crate) frame: Frame,
    pub(crate) title: String,
    pub(crate) says: String,
    /// Whether one logs in beside it.
    pub(crate) is_over: bool,
}
