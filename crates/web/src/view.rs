//! What pages show: plain values made of the words of `holder`, `provider` and `verify`, without HTML.

pub(crate) mod archive;
pub(crate) mod body;
pub(crate) mod browser;
pub(crate) mod chip;
pub(crate) mod dates;
pub(crate) mod enclosed;
pub(crate) mod fate;
pub(crate) mod folders;
pub(crate) mod invoice;
pub(crate) mod login;
pub(crate) mod mark;
pub(crate) mod people;
pub(crate) mod quoting;
pub(crate) mod row;
pub(crate) mod signed;
pub(crate) mod sizes;
pub(crate) mod verdict;
pub(crate) mod words;
