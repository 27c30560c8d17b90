//! The local port of the operator: `/metrics` for Prometheus, `/health` in words and by status code.

use std::sync::Arc;
use std::time::Duration;

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

use crate::revocation::{Failure, Known};
use crate::serve::clock::ClockWatch;
use crate::serve::index::Fresh;
use crate::serve::own::OwnCertificate;

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
    /// The machine's clock.
    pub clock: Arc<ClockWatch>,
    /// Age of the virus signatures at which to warn.
    pub signatures_alarm_after: Duration,
    /// What is known about revoked certificates.
    pub revocation: Arc<Known>,
    /// Our own certificate.
    pub own: Arc<OwnCertificate>,
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
            let mut state = String::new();
            let mut warn = |what: &str| state.push_str(&format!("warning: {what}\n"));
            let trust = TrustHealth::of(&admin);
            trust.warnings.iter().for_each(|warning| warn(warning));
            if admin.directory.is_old(admin.provider.now()) {
                warn("the copy of the index is old");
            }
            if trouble.is_some() {
                warn("messages cannot be scanned for viruses");
            }
            if let Some(days) = signatures_too_old(&admin) {
                warn(&format!("the virus scanner's signatures are {days} days old"));
            }
            if let Some(trouble) = admin.clock.trouble() {
                warn(&trouble);
            }
            if state.is_empty() {
                state.push_str("ok\n");
            }
            let trouble = trouble.map_or(String::new(), |t| format!("scanner-fails-since: {}\n{}\n", t.since, t.error));
            let text = format!(
                "{state}provider: {}\nqueued: {}\noldest-queued-seconds: {age}\nindex-age-seconds: {index}\n{trouble}{}",
                admin.name, figures.queued, trust.lines
            );
            (StatusCode::OK, text + &fetches(&admin)).into_response()
        }
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}

/// The age in days of the virus signatures, when the operator wants to be told.
fn signatures_too_old(admin: &Admin) -> Option<u64> {
    let age = admin.provider.now().unix() - admin.provider.scanner_signatures()?.unix();
    let age = Duration::from_secs(u64::try_from(age).ok()?);
    (age > admin.signatures_alarm_after).then_some(age.as_secs() / 86_400)
}

/// What health says about certificates.
struct TrustHealth {
    warnings: Vec<String>,
    lines: String,
}

impl TrustHealth {
    fn of(admin: &Admin) -> Self {
        let now = admin.provider.now();
        let standing = admin.own.standing(now.unix());
        let failures = admin.revocation.failures();
        let of_lists = failures.first().map(|_| "lists of revoked certificates cannot be renewed".to_owned());
        let mut lines = format!("certificate-days-left: {}\n", standing.days_left);
        for Failure { since, error } in &failures {
            lines.push_str(&format!("revocation-fails-since: {}\n{error}\n", Moment::from_unix(*since)));
        }
        Self { warnings: standing.warning().into_iter().chain(of_lists).collect(), lines }
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
    let now = admin.provider.now().unix();
    let standing = admin.own.standing(now);
    metrics::gauge!("sigillo_certificate_seconds_left").set((standing.until - now) as f64);
    metrics::gauge!("sigillo_certificate_revoked").set(f64::from(u8::from(standing.revoked.is_some())));
    metrics::gauge!("sigillo_revocation_sources_failing").set(admin.revocation.failures().len() as f64);
    for (issuer, until) in admin.revocation.lists() {
        if let Some(until) = until {
            metrics::gauge!("sigillo_revocation_list_seconds_left", "issuer" => issuer).set((until - now) as f64);
        }
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
