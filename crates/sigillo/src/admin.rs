//! The local port of the operator: `/metrics` for Prometheus, `/health` in words and by status code.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use pec::Moment;
use provider::Provider;
use store::Figures;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::serve::index::Fresh;

/// What the port shows.
#[derive(Clone)]
pub struct Admin {
    /// The provider.
    pub provider: Arc<Provider>,
    /// Its metrics.
    pub metrics: PrometheusHandle,
    /// Name of the provider, for `/health`.
    pub name: Arc<str>,
    /// The copy of the index in use.
    pub directory: Arc<Fresh>,
    /// Whether the provider is draining.
    pub stopping: watch::Receiver<bool>,
}

/// Serves until `stop` becomes true.
pub async fn serve(listener: TcpListener, admin: Admin, mut stop: watch::Receiver<bool>) {
    let router =
        Router::new().route("/metrics", get(show_metrics)).route("/health", get(show_health)).with_state(admin);
    let stopped = async move {
        let _ = stop.wait_for(|stop| *stop).await;
    };
    if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
        tracing::error!(event = "admin-failed", %error);
    }
}

async fn show_metrics(State(admin): State<Admin>) -> Response {
    let figures = match admin.provider.store().figures().await {
        Ok(figures) => figures,
        Err(error) => return (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    };
    publish(&figures, &admin);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], admin.metrics.render()).into_response()
}

async fn show_health(State(admin): State<Admin>) -> Response {
    if *admin.stopping.borrow() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
    }
    match admin.provider.store().figures().await {
        Ok(figures) => {
            let age = queue_age(&figures, &admin);
            let index = admin.directory.age(admin.provider.now());
            let trouble = admin.provider.scanner_trouble();
            let state = if admin.directory.is_old(admin.provider.now()) {
                "warning: the copy of the index is old"
            } else if trouble.is_some() {
                "warning: messages cannot be scanned for viruses"
            } else {
                "ok"
            };
            let trouble = trouble.map_or(String::new(), |t| format!("scanner-fails-since: {}\n{}\n", t.since, t.error));
            let text = format!(
                "{state}\nprovider: {}\nqueued: {}\noldest-queued-seconds: {age}\nindex-age-seconds: {index}\n{trouble}",
                admin.name, figures.queued
            );
            (StatusCode::OK, text + &fetches(&admin)).into_response()
        }
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}

fn publish(figures: &Figures, admin: &Admin) {
    if let Some(fetches) = admin.directory.fetches() {
        let seconds = |moment: Option<Moment>| moment.map_or(0, Moment::unix) as f64;
        metrics::gauge!("sigillo_index_last_attempt_timestamp_seconds").set(seconds(fetches.attempted));
        metrics::gauge!("sigillo_index_last_good_fetch_timestamp_seconds").set(seconds(fetches.good));
        metrics::gauge!("sigillo_index_fetch_failing").set(if fetches.error.is_some() { 1.0 } else { 0.0 });
    }
    let gauges = [
        ("sigillo_queue_dispatches", figures.queued),
        ("sigillo_queue_oldest_seconds", queue_age(figures, admin)),
        ("sigillo_store_messages", figures.messages),
        ("sigillo_store_originals", figures.originals),
        ("sigillo_watches_open", figures.watches),
        ("sigillo_index_age_seconds", u64::try_from(admin.directory.age(admin.provider.now())).unwrap_or(0)),
    ];
    for (name, value) in gauges {
        metrics::gauge!(name).set(value as f64);
    }
}

fn queue_age(figures: &Figures, admin: &Admin) -> u64 {
    figures.oldest.map_or(0, |oldest| u64::try_from(admin.provider.now().unix() - oldest).unwrap_or(0))
}

/// How the fetches of the index go, in lines of health.
fn fetches(admin: &Admin) -> String {
    let Some(fetches) = admin.directory.fetches() else { return String::new() };
    let moment = |moment: Option<Moment>| moment.map_or("none since the start".to_owned(), |at| at.to_string());
    let error = fetches.error.map_or(String::new(), |error| format!("index-fetch-error: {}\n", one_line(&error)));
    format!(
        "index-last-attempt: {}\nindex-last-good-fetch: {}\n{error}",
        moment(fetches.attempted),
        moment(fetches.good)
    )
}

/// A text with words of others in one line.
pub(crate) fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}
