//! The cookies: who is logged in, and how he likes to see pages.

use axum::http::HeaderMap;
use axum::http::header::{COOKIE, HeaderValue};

/// The token of a login. The prefix has the browser hold it to this host, this path and TLS.
pub(crate) const SESSION: &str = "__Host-sigillo";
/// Language: `it` or `en`.
pub(crate) const LANGUAGE: &str = "__Host-lingua";
/// Light or dark, where somebody has chosen.
pub(crate) const THEME: &str = "__Host-aspetto";

/// What a browser sent under this name.
pub(crate) fn sent<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(found, _)| *found == name).map(|(_, value)| value).next()
}

/// Sets one that no script sees, for so many seconds; `None`: until the browser is closed.
pub(crate) fn set(name: &str, value: &str, seconds: Option<u64>) -> HeaderValue {
    let life = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    let text = format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{life}");
    // Names and values are ours: letters and digits.
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=b; __Host-sigillo=abc;x"));
        headers.append(COOKIE, HeaderValue::from_static("__Host-lingua=en"));
        assert_eq!((sent(&headers, SESSION), sent(&headers, LANGUAGE)), (Some("abc"), Some("en")));
        assert_eq!((sent(&headers, THEME), sent(&headers, "sigillo")), (None, None));
    }
}
