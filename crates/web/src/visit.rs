//! Who asks for a page: found out before any page is made, with what every answer carries.

use std::sync::Arc;
use std::time::Duration;

use ::door::gate::Standing;
use ::holder::Token;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT, ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderMap, HeaderName,
    HeaderValue, LOCATION, ORIGIN, RETRY_AFTER, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::answer::page;
use crate::cookies;
use crate::frame::{Frame, TroublePage};
use crate::house::House;
use crate::language::Language;
use crate::trouble::Trouble;
use crate::visitor::{At, From, Visitor, Who, escaped, theme};

/// The longest that an answer to a stranger is put off; then it is refused.
const PUT_OFF: Duration = Duration::from_secs(20);

/// What pages may load: everything from here, nothing that stands in the page itself. What is not named is not loaded.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                      connect-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Finds out who asks, and whether he may.
pub(crate) async fn admit(State((house, who)): State<(Arc<House>, Who)>, mut request: Request, next: Next) -> Response {
    let Some(From(peer)) = request.extensions().get::<From>().copied() else { return Trouble::Us.into_response() };
    let visitor = Visitor {
        browsing: None,
        language: language(request.headers()),
        theme: cookies::sent(request.headers(), cookies::THEME).and_then(theme),
        asked: request.uri().path_and_query().map(ToString::to_string).unwrap_or_default(),
        is_form: request.method() == Method::POST,
        is_script: request.headers().get(ACCEPT).is_some_and(|accept| accept == "text/plain"),
    };
    let answered = answered(&house, who, peer, visitor.clone(), &mut request).await;
    let visitor = request.extensions().get::<Visitor>().cloned().unwrap_or(visitor);
    let reply = match answered {
        Ok(()) => next.run(request).await,
        Err(trouble) => trouble.into_response(),
    };
    dressed(&house, &visitor, reply)
}

async fn answered(
    house: &House,
    who: Who,
    peer: std::net::SocketAddr,
    mut visitor: Visitor,
    request: &mut Request,
) -> Result<(), Trouble> {
    let (method, headers) = (request.method().clone(), request.headers().clone());
    if method != Method::GET && method != Method::HEAD && !is_from_here(&headers, request.uri()) {
        return Err(Trouble::FromElsewhere);
    }
    if who != Who::Nobody
        && let Some(token) = cookies::sent(&headers, cookies::SESSION).and_then(Token::shown)
    {
        visitor.browsing = house.browsers.known(&token, peer.ip()).await?;
    }
    let is_known = visitor.browsing.is_some();
    if let Some(At(place)) = request.extensions().get::<At>() {
        // Who has lost his place is cut where the connection is served.
        place.stands(if is_known { Standing::Kept } else { Standing::Waiting });
    }
    if !is_known {
        let wait = house.keeper.command(peer);
        if wait > PUT_OFF {
            return Err(Trouble::TooMuch);
        }
        tokio::time::sleep(wait).await;
    }
    request.extensions_mut().insert(visitor);
    if who == Who::Holder && !is_known { Err(Trouble::Over) } else { Ok(()) }
}

/// Whether a request that changes something was made by a page of ours: browsers say so in a header that no page can set.
fn is_from_here(headers: &HeaderMap, uri: &Uri) -> bool {
    const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(SITE) {
        return site == "same-origin";
    }
    let host = text(HOST).or_else(|| uri.authority().map(|authority| authority.as_str()));
    let origin = text(ORIGIN).and_then(|origin| origin.strip_prefix("https://"));
    host.is_some() && origin == host
}

/// The answer with what all answers carry; what went wrong gets its words.
fn dressed(house: &House, visitor: &Visitor, mut reply: Response) -> Response {
    if let Some(trouble) = reply.extensions_mut().remove::<Trouble>().or_else(|| Trouble::of(reply.status())) {
        reply = worded(house, visitor, &trouble);
    }
    let headers = reply.headers_mut();
    let mut put = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    put(CONTENT_SECURITY_POLICY, POLICY);
    put(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    put(X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(HeaderName::from_static("referrer-policy"), "no-referrer");
    put(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    put(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    put(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()");
    put(CACHE_CONTROL, "no-store");
    reply
}

fn worded(house: &House, visitor: &Visitor, trouble: &Trouble) -> Response {
    let (title, says) = trouble.words(visitor.language);
    if visitor.is_script {
        return (trouble.status(), [(CONTENT_TYPE, "text/plain; charset=utf-8")], says).into_response();
    }
    let is_over = matches!(trouble, Trouble::Over);
    if is_over && !visitor.is_form {
        return to_login(visitor);
    }
    // What a form sent is not led away from: this page, asked for again after a login, sends it again.
    let says = if is_over { visitor.language.over_while_sending().to_owned() } else { says };
    let frame = Frame::bare(house, visitor, &title);
    let mut reply = page(&TroublePage { frame, title, says, is_over })
        .unwrap_or_else(|_| ([(CONTENT_TYPE, "text/plain")], "trouble while telling of trouble").into_response());
    *reply.status_mut() = trouble.status();
    if matches!(trouble, Trouble::TooMuch) {
        reply.headers_mut().insert(RETRY_AFTER, HeaderValue::from(PUT_OFF.as_secs()));
    }
    reply
}

/// Where one logs in, and comes back from to what was asked for.
fn to_login(visitor: &Visitor) -> Response {
    let place = format!("/entra?poi={}", escaped(&visitor.asked));
    let place = HeaderValue::from_str(&place).unwrap_or_else(|_| HeaderValue::from_static("/entra"));
    (StatusCode::SEE_OTHER, [(LOCATION, place)]).into_response()
}

fn language(headers: &HeaderMap) -> Language {
    let chosen = cookies::sent(headers, cookies::LANGUAGE).and_then(Language::from_code);
    chosen.unwrap_or_else(|| {
        let header = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        header.map(Language::accepted).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn only_pages_of_ours_change_something() {
        let here = |pairs: &[_]| is_from_here(&headers(pairs), &Uri::from_static("/esci"));
        assert!(here(&[("sec-fetch-site", "same-origin"), ("host", "a.example")]));
        assert!(here(&[("host", "a.example:8443"), ("origin", "https://a.example:8443")]));
        for other in ["cross-site", "same-site", "none"] {
            assert!(!here(&[("sec-fetch-site", other), ("host", "a.example"), ("origin", "https://a.example")]));
        }
        for origin in ["https://b.example", "http://a.example", "null", "https://a.example.b.example"] {
            assert!(!here(&[("host", "a.example"), ("origin", origin)]), "{origin}");
        }
        assert!(!here(&[("host", "a.example")]));
        assert!(is_from_here(
            &headers(&[("origin", "https://a.example")]),
            &Uri::from_static("https://a.example/esci")
        ));
    }
}
