//! Where a link of others may lead.

use pec::Address;
use pec::header::escapes;
use url::Url;

/// Octets of an address at most.
const LONGEST: usize = 8 << 10;
/// What a `mailto` may set beside its recipients (RFC 6068 §3). Programs have known others that attach files.
const MAILTO: [&str; 4] = ["subject", "body", "to", "cc"];

/// The address of a link, normalised as browsers read it: `http`, `https` or `mailto`, names of hosts in ASCII, nobody's name
/// before the host. `None`: it leads nowhere that is allowed.
pub(crate) fn address(text: &str) -> Option<String> {
    let url = parsed(text)?;
    match url.scheme() {
        "http" | "https" => web(url),
        "mailto" => mailto(&url),
        _ => None,
    }
}

/// The address of a picture elsewhere, over HTTPS; `None`: it is none. `//host/path` is one too.
pub(crate) fn remote(text: &str) -> Option<String> {
    let trimmed = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    let relative = trimmed.starts_with("//") || trimmed.starts_with("\\\\");
    let mut url = if relative { parsed(&format!("https:{trimmed}"))? } else { parsed(text)? };
    if url.scheme() == "http" {
        url.set_scheme("https").ok()?;
    }
    if url.scheme() == "https" { web(url) } else { None }
}

/// The Content-ID that an address names (RFC 2392): `cid:` and an id, percent-decoded, without brackets.
pub(crate) fn content_id(text: &str) -> Option<String> {
    let url = parsed(text).filter(|url| url.scheme() == "cid")?;
    let octets = percent_decoded(url.path());
    Some(bare_id(&String::from_utf8_lossy(&octets)))
}

/// A Content-ID without its brackets.
pub(crate) fn bare_id(id: &str) -> String {
    id.trim().trim_start_matches('<').trim_end_matches('>').trim().to_owned()
}

fn parsed(text: &str) -> Option<Url> {
    if text.len() > LONGEST {
        return None;
    }
    Url::parse(text).ok()
}

fn web(mut url: Url) -> Option<String> {
    url.host_str().filter(|host| !host.is_empty())?;
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    Some(String::from(url)).filter(|address| address.len() <= LONGEST)
}

/// Only recipients that are addresses, and only fields that are shown before anything is sent.
fn mailto(url: &Url) -> Option<String> {
    let recipients = String::from_utf8(percent_decoded(url.path())).ok()?;
    let mut bare = Url::parse("mailto:").ok()?;
    let recipients: Vec<&str> = recipients.split(',').map(str::trim).filter(|one| !one.is_empty()).collect();
    if recipients.iter().any(|one| Address::parse(one).is_err()) {
        return None;
    }
    bare.set_path(&recipients.join(","));
    let fields = url.query_pairs().filter(|(name, _)| MAILTO.contains(&name.to_ascii_lowercase().as_str()));
    let fields: Vec<(String, String)> = fields.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    if !fields.is_empty() {
        // Blanks as %20: in a mailto a plus sign is one (RFC 6068 §5).
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        bare.set_query(Some(&query.replace('+', "%20")));
    }
    Some(String::from(bare)).filter(|address| address.len() <= LONGEST)
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut octets = Vec::with_capacity(text.len());
    escapes(text.as_bytes(), b'%', &mut octets);
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_the_web_or_to_a_mailbox() {
        for (text, expected) in [
            ("https://x.it", Some("https://x.it/")),
            (" \thttp://X.IT/a b", Some("http://x.it/a%20b")),
            ("https://poste.it:pw@evil.example/", Some("https://evil.example/")),
            ("https://аruba.it/", Some("https://xn--ruba-43d.it/")),
            ("java\nscript:alert(1)", None),
            ("JaVaScRiPt:alert(1)", None),
            ("data:text/html,<script>", None),
            ("vbscript:x", None),
            ("file:///etc/passwd", None),
            ("blob:https://x.it/1", None),
            ("cid:x@y", None),
            ("#a", None),
            ("/a", None),
            ("//x.it", None),
            ("https:", None),
            ("mailto:a@b.it?subject=due parole&attach=/etc/passwd", Some("mailto:a@b.it?subject=due%20parole")),
            ("mailto:a@b.it,c%40d.it", Some("mailto:a@b.it,c@d.it")),
            ("mailto:?to=a@b.it", Some("mailto:?to=a%40b.it")),
            ("mailto:<script>", None),
        ] {
            assert_eq!(address(text).as_deref(), expected, "{text}");
        }
        assert_eq!(address(&format!("https://x.it/{}", "a".repeat(LONGEST))), None);
    }

    #[test]
    fn pictures_elsewhere_are_asked_for_over_https() {
        for (text, expected) in [
            ("http://x.it/a.png", Some("https://x.it/a.png")),
            ("//x.it/a.png", Some("https://x.it/a.png")),
            ("\\\\x.it/a.png", Some("https://x.it/a.png")),
            ("a.png", None),
            ("ftp://x.it/a.png", None),
        ] {
            assert_eq!(remote(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_content_id_is_named_with_escapes_or_brackets() {
        assert_eq!(content_id("cid:a%40b").as_deref(), Some("a@b"));
        assert_eq!(content_id("CID:<a@b>").as_deref(), Some("a@b"));
        assert_eq!(content_id("https://a"), None);
    }
}
