//! Pages as answers.

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderValue, LOCATION};
use axum::response::IntoResponse;

use crate::trouble::{Answer, Trouble};

/// A page of HTML.
pub(crate) fn page(template: &impl Template) -> Answer {
    let html = template.render().map_err(|error| {
        tracing::error!(event = "page-failed", %error);
        Trouble::Us
    })?;
    Ok(([(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response())
}

/// Leads to another page, which is asked for with GET: coming back repeats nothing.
pub(crate) fn to(place: &str) -> Answer {
    let place = HeaderValue::from_str(place).map_err(|_| Trouble::Wrong)?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, place)]).into_response())
}
