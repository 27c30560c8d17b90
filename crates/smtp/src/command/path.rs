//! Reverse and forward paths (RFC 5321 §4.1.2).

use pec::Address;
use pec::address::AddressError;

/// Where RCPT points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForwardPath {
    /// `<address>`, a source route before it ignored (RFC 5321 appendix C).
    Address(Address),
    /// `<Postmaster>` without a domain: the postmaster of this very host (RFC 5321 §4.5.1); the spelling is kept.
    Postmaster(String),
}

impl ForwardPath {
    /// Parses what stands between the angle brackets.
    pub fn parse(path: &str) -> Result<Self, AddressError> {
        if path.eq_ignore_ascii_case("postmaster") {
            return Ok(Self::Postmaster(path.to_owned()));
        }
        Address::parse(without_route(path)).map(Self::Address)
    }
}

/// Splits `FROM:<path> parameters` into path and parameters. Blanks before `<` are tolerated: common clients put them.
pub(super) fn split<'a>(rest: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let head = rest.get(..keyword.len())?;
    if !head.eq_ignore_ascii_case(keyword) {
        return None;
    }
    let inner = rest.get(keyword.len()..)?.trim_start().strip_prefix('<')?;
    let end = closing(inner)?;
    let parameters = inner.get(end + 1..)?;
    (parameters.is_empty() || parameters.starts_with([' ', '\t'])).then_some((inner.get(..end)?, parameters))
}

/// The position of the `>` that ends the path: not one within a quoted local part.
fn closing(inner: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (i, b) in inner.bytes().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'>' if !quoted => return Some(i),
            _ => {}
        }
    }
    None
}

/// `@a,@b:user@c` is `user@c`.
pub(super) fn without_route(path: &str) -> &str {
    if !path.starts_with('@') {
        return path;
    }
    path.split_once(':').map_or(path, |(_, mailbox)| mailbox)
}
