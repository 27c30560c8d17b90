//! Getting in and out, and how somebody sees pages.

use std::sync::Arc;

use ::door::Tried;
use ::door::sasl::Kind;
use ::holder::{Barred, Came, Entered, Given, Protocol};
use askama::Template;
use axum::Form;
use axum::extract::{Extension, Query, State};
use axum::http::header::{HeaderMap, SET_COOKIE, USER_AGENT};
use axum::response::IntoResponse;
use serde::Deserialize;

use crate::answer::{page, to};
use crate::cookies;
use crate::frame::Frame;
use crate::house::House;
use crate::language::Language;
use crate::trouble::{Answer, Trouble};
use crate::view::login::{barred, throttled};
use crate::visitor::From;
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    frame: Frame,
    /// What is said above the form.
    trouble: Option<String>,
    /// What is said above it and is no trouble.
    notice: Option<String>,
    /// What was typed.
    login: String,
    login_wrong: Option<&'static str>,
    password_wrong: Option<&'static str>,
    /// Where it goes on afterwards.
    then: String,
}

/// Where one comes from.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Coming {
    #[serde(default)]
    poi: String,
    #[serde(default)]
    uscita: Option<String>,
}

/// What was typed.
#[derive(Deserialize)]
pub(crate) struct Typed {
    #[serde(default)]
    user: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    poi: String,
}

fn empty(house: &House, visitor: &Visitor) -> LoginPage {
    let l = visitor.language;
    LoginPage {
        frame: Frame::public(house, visitor, l.log_in()),
        trouble: None,
        notice: None,
        login: String::new(),
        login_wrong: None,
        password_wrong: None,
        then: String::new(),
    }
}

/// A place within these pages, whatever was said.
fn within(place: &str) -> &str {
    let is_path = place.starts_with('/') && !place.starts_with("//") && !place.contains(['\\', '\r', '\n', '\t']);
    if is_path { place } else { "/" }
}

pub(crate) async fn form(
    State(house): State<Arc<House>>,
    Extension(visitor): Extension<Visitor>,
    Query(coming): Query<Coming>,
) -> Answer {
    if visitor.browsing.is_some() {
        return to(within(&coming.poi));
    }
    let l = visitor.language;
    let mut form = empty(&house, &visitor);
    form.notice = match coming.uscita {
        Some(_) => Some(l.logged_out().to_owned()),
        None if within(&coming.poi) != "/" => Some(l.login_over().to_owned()),
        None => None,
    };
    form.then = coming.poi;
    page(&form)
}

pub(crate) async fn enter(
    State(house): State<Arc<House>>,
    Extension(visitor): Extension<Visitor>,
    Extension(From(peer)): Extension<From>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Answer {
    let l = visitor.language;
    let (login, password) = (typed.user.trim(), typed.password.as_str());
    let mut form = empty(&house, &visitor);
    form.login_wrong = login.is_empty().then(|| l.type_the_address());
    form.password_wrong = password.is_empty().then(|| l.type_the_password());
    if form.login_wrong.is_none() && form.password_wrong.is_none() {
        let client = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let came = Came { client, ..Came::by(Protocol::Web, peer.ip()) };
        let prove = house.desk.entrance().enter(login, Given::Password(password), came);
        form.trouble = Some(match house.keeper.try_login("web", peer, login, Kind::Password, prove).await {
            Tried::In(Entered::In(holder)) => match house.browsers.begin(&holder).await? {
                Some(token) => {
                    let cookie = cookies::set(cookies::SESSION, token.expose(), None);
                    return Ok(([(SET_COOKIE, cookie)], to(within(&typed.poi))?).into_response());
                }
                // A secret for mail programs: no pages.
                None => barred(&Barred::NotFor(Protocol::Web), l),
            },
            Tried::In(Entered::Barred(why)) => barred(&why, l),
            Tried::Wrong => l.wrong_login().to_owned(),
            Tried::Throttled { after } => throttled(after, l),
            Tried::Failed(error) => {
                tracing::error!(event = "login-not-known", %error);
                l.login_failed_us().to_owned()
            }
        });
    }
    (form.login, form.then) = (login.to_owned(), typed.poi);
    page(&form)
}

pub(crate) async fn leave(State(house): State<Arc<House>>, Extension(visitor): Extension<Visitor>) -> Answer {
    if let Some(browsing) = &visitor.browsing {
        house.browsers.end(&browsing.holder, browsing.session.id).await?;
    }
    Ok(([(SET_COOKIE, cookies::set(cookies::SESSION, "", Some(0)))], to("/entra?uscita=1")?).into_response())
}

/// A choice, and where it was made.
#[derive(Deserialize)]
pub(crate) struct Chosen {
    #[serde(default)]
    theme: String,
    #[serde(default)]
    language: String,
    #[serde(default)]
    poi: String,
}

/// Seconds of a year: choices are kept so long.
const YEAR: u64 = 365 * 24 * 3600;

pub(crate) async fn theme(Form(chosen): Form<Chosen>) -> Answer {
    let cookie = match crate::visitor::theme(&chosen.theme) {
        Some(theme) => cookies::set(cookies::THEME, theme, Some(YEAR)),
        None => cookies::set(cookies::THEME, "", Some(0)),
    };
    Ok(([(SET_COOKIE, cookie)], to(within(&chosen.poi))?).into_response())
}

pub(crate) async fn language(Form(chosen): Form<Chosen>) -> Answer {
    let language = Language::from_code(&chosen.language).ok_or(Trouble::Wrong)?;
    let cookie = cookies::set(cookies::LANGUAGE, language.code(), Some(YEAR));
    Ok(([(SET_COOKIE, cookie)], to(within(&chosen.poi))?).into_response())
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn after_a_login_one_stays_within_these_pages() {
        assert_eq!(within("/c/a@b.example?x=1"), "/c/a@b.example?x=1");
        for elsewhere in ["", "https://b.example", "//b.example", "/\\b.example", "\\\\b", "/a\r\nb", "/\t/b.example"] {
            assert_eq!(within(elsewhere), "/");
        }
    }
}
