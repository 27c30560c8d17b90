//! Every address of the pages, with who may ask for it. A route without that does not compile.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, MethodRouter, on};

use crate::house::House;
use crate::trouble::Trouble;
pub use crate::visitor::Who;
use crate::{assets, login, mail, public, visit};

/// One address.
pub struct Route {
    /// How it is asked for.
    pub method: Method,
    /// Its path, with its parts in braces.
    pub path: &'static str,
    /// Who may ask.
    pub who: Who,
    /// Octets of what may be sent to it.
    pub most: usize,
    answers: MethodRouter<Arc<House>>,
}

/// Octets of forms without files.
const FORM: usize = 64 << 10;

fn route<H, T>(method: Method, path: &'static str, who: Who, most: usize, handler: H) -> Route
where
    H: Handler<T, Arc<House>>,
    T: 'static,
{
    let filter = if method == Method::POST { MethodFilter::POST } else { MethodFilter::GET };
    Route { method, path, who, most, answers: on(filter, handler) }
}

fn get<H: Handler<T, Arc<House>>, T: 'static>(path: &'static str, who: Who, handler: H) -> Route {
    route(Method::GET, path, who, FORM, handler)
}

fn post<H: Handler<T, Arc<House>>, T: 'static>(path: &'static str, who: Who, most: usize, handler: H) -> Route {
    route(Method::POST, path, who, most, handler)
}

/// Every address.
pub fn routes() -> Vec<Route> {
    use Who::{Anyone, Holder, Nobody};
    vec![
        get("/assets/{tag}/{name}", Nobody, assets::asset),
        // Getting in.
        get("/entra", Anyone, login::form),
        post("/entra", Anyone, FORM, login::enter),
        post("/esci", Anyone, FORM, login::leave),
        post("/aspetto", Anyone, FORM, login::theme),
        post("/lingua", Anyone, FORM, login::language),
        // Everybody's.
        get("/verifica", Anyone, public::verifier::form),
        post("/verifica", Anyone, public::verifier::MOST, public::verifier::verify),
        // Mail.
        get("/", Holder, mail::home::home),
        get("/caselle", Holder, mail::home::mailboxes),
        get("/c/{mailbox}", Holder, mail::list::inbox),
        get("/c/{mailbox}/f/{folder}", Holder, mail::list::folder),
        post("/c/{mailbox}/f/{folder}/azioni", Holder, FORM, mail::actions::on_many),
        get("/c/{mailbox}/cerca", Holder, mail::search::found),
        get("/c/{mailbox}/cambiamenti", Holder, mail::live::changes),
        get("/c/{mailbox}/f/{folder}/{uid}", Holder, mail::message::message),
        post("/c/{mailbox}/f/{folder}/{uid}/azioni", Holder, FORM, mail::actions::on_one),
        get("/c/{mailbox}/f/{folder}/{uid}/html", Holder, mail::parts::html),
        get("/c/{mailbox}/f/{folder}/{uid}/messaggio.eml", Holder, mail::parts::as_it_came),
        get("/c/{mailbox}/f/{folder}/{uid}/originale.eml", Holder, mail::parts::original),
        get("/c/{mailbox}/f/{folder}/{uid}/a/{part}", Holder, mail::parts::part),
        get("/c/{mailbox}/f/{folder}/{uid}/a/{part}/vedi", Holder, mail::preview::see),
        get("/c/{mailbox}/f/{folder}/{uid}/a/{part}/dentro", Holder, mail::preview::inside),
        get("/c/{mailbox}/f/{folder}/{uid}/a/{part}/dentro/{document}/{number}", Holder, mail::preview::of_invoice),
        get("/c/{mailbox}/scrivi", Holder, mail::write::begin),
        get("/c/{mailbox}/scrivi/destinatari", Holder, mail::write::check),
        get("/c/{mailbox}/scrivi/{draft}", Holder, mail::write::form),
        post("/c/{mailbox}/scrivi/{draft}", Holder, mail::write::MOST, mail::write::act),
        post("/c/{mailbox}/scrivi/{draft}/allegati", Holder, mail::write::MOST, mail::write::attach),
        post("/c/{mailbox}/scrivi/{draft}/bozza", Holder, 2 << 20, mail::write::autosave),
        get("/c/{mailbox}/accessi", Holder, mail::history::history),
        get("/accessi", Holder, mail::sessions::list),
        post("/accessi", Holder, FORM, mail::sessions::end),
    ]
}

/// All of them, behind the door.
pub(crate) fn router(house: Arc<House>) -> Router {
    let mut router = Router::new();
    for Route { path, who, most, answers, .. } in routes() {
        let admitted =
            answers.layer(DefaultBodyLimit::max(most)).layer(from_fn_with_state((house.clone(), who), visit::admit));
        router = router.route(path, admitted);
    }
    let nothing = axum::routing::any(|| async { Trouble::NotFound });
    router
        .fallback_service(nothing.layer(from_fn_with_state((house.clone(), Who::Anyone), visit::admit)))
        .with_state(house)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn what_needs_no_login_is_this_and_nothing_else() {
        let open = routes().into_iter().filter(|route| route.who != Who::Holder);
        let open: BTreeSet<String> = open.map(|route| format!("{} {}", route.method, route.path)).collect();
        let expected = [
            "GET /assets/{tag}/{name}",
            "GET /entra",
            "GET /verifica",
            "POST /aspetto",
            "POST /entra",
            "POST /esci",
            "POST /lingua",
            "POST /verifica",
        ];
        assert_eq!(open, expected.map(str::to_owned).into());
    }

    #[test]
    fn every_address_is_there_once() {
        let all: Vec<String> = routes().iter().map(|route| format!("{} {}", route.method, route.path)).collect();
        assert_eq!(all.len(), all.iter().collect::<BTreeSet<_>>().len());
        assert!(routes().iter().all(|route| [Method::GET, Method::POST].contains(&route.method)));
    }
}
