//! The operator's local port: `/health` in words, `/metrics` for Prometheus.

use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use pec::Clock;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::view::View;

#[derive(Clone)]
struct Admin {
    view: Arc<Mutex<View>>,
    metrics: PrometheusHandle,
    clock: Arc<dyn Clock>,
    stopping: watch::Receiver<bool>,
}

/// Serves until `stop` becomes true.
pub async fn serve(
    socket: TcpListener,
    view: Arc<Mutex<View>>,
    metrics: PrometheusHandle,
    clock: Arc<dyn Clock>,
    mut stop: watch::Receiver<bool>,
) {
    let admin = Admin { view, metrics, clock, stopping: stop.clone() };
    let router =
        Router::new().route("/metrics", get(show_metrics)).route("/health", get(show_health)).with_state(admin);
    let stopped = async move {
        let _ = stop.wait_for(|stop| *stop).await;
    };
    if let Err(error) = axum::serve(socket, router).with_graceful_shutdown(stopped).await {
        tracing::error!(event = "admin-failed", %error);
    }
}

async fn show_health(State(admin): State<Admin>) -> Response {
    if *admin.stopping.borrow() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
    }
    let view = admin.view.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let status = if view.published.is_some() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, words(&view)).into_response()
}

async fn show_metrics(State(admin): State<Admin>) -> Response {
    let view = admin.view.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(published) = &view.published {
        let age = (admin.clock.now().unix() - published.signed.unix()).max(0);
        metrics::gauge!("sigillo_index_age_seconds").set(age as f64);
        metrics::gauge!("sigillo_index_records").set(published.records as f64);
    }
    for member in &view.members {
        let since = member.failing.as_ref().map_or(0, |(since, _)| since.unix());
        metrics::gauge!("sigillo_index_provider_failing_since_timestamp_seconds", "provider" => member.name.clone())
            .set(since as f64);
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], admin.metrics.render()).into_response()
}

/// The state in words: the first line says whether somebody must look.
pub fn words(view: &View) -> String {
    let bad = view.members.iter().filter(|member| member.failing.is_some()).count();
    let mut out = match (&view.published, &view.trouble) {
        (None, None) => "warning: nothing is published yet\n".to_owned(),
        (None, Some(trouble)) => format!("warning: nothing is published: {trouble}\n"),
        (Some(_), Some(trouble)) => format!("warning: the index is not renewed: {trouble}\n"),
        (Some(_), None) if bad > 0 => format!("warning: the files of {bad} providers are not good\n"),
        (Some(_), None) => "ok\n".to_owned(),
    };
    // Writing to a String cannot fail.
    if let Some(published) = &view.published {
        let _ = writeln!(out, "signed: {}", published.signed);
        let _ = writeln!(out, "records: {}\ndomains: {}", published.records, published.domains);
    }
    for member in &view.members {
        let held = match member.signed {
            Some(signed) => format!("in the index with its file signed {signed}"),
            None => "not in the index".into(),
        };
        let good = member.good.map_or(String::new(), |good| format!(", last found good {good}"));
        let _ = writeln!(out, "provider {}: {held}{good}", member.name);
        if let Some((since, why)) = &member.failing {
            let _ = writeln!(out, "    failing since {since}: {}", why.replace(char::is_control, " "));
        }
    }
    out
}
