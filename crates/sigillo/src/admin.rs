//! The local port of the operator: `/metrics` for Prometheus, `/health` in words and by status code.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use clock::ClockWatch;
use guard::{Budget, Class};
use index::LiveIndex;
use metrics_exporter_prometheus::PrometheusHandle;
use pec::Moment;
use provider::Provider;
use provider::scanner::Trouble;
use revocation::{OwnCertificate, RevocationCache, SourceFailure};
use seal::WatchedSigner;
use seal::watched::SigningTrouble;
use store::{Figures, Mailbox, StoreError, Upkeep};
use tls::LivePair;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// What the port shows.
#[derive(Clone)]
pub struct Admin {
    /// The provider.
    pub provider: Arc<Provider>,
    /// Its store.
    pub store: Arc<dyn Upkeep>,
    /// The certificates of its doors.
    pub pairs: Vec<Arc<LivePair>>,
    /// Its metrics.
    pub metrics: PrometheusHandle,
    /// Name of the provider, for `/health`.
    pub name: Arc<str>,
    /// The copy of the index in use.
    pub directory: Arc<LiveIndex>,
    /// The machine's clock.
    pub clock: Arc<ClockWatch>,
    /// Age of the virus signatures at which to warn.
    pub signatures_alarm_after: Duration,
    /// What is known about revoked certificates.
    pub revocation: Arc<RevocationCache>,
    /// Our own certificate.
    pub own: Arc<OwnCertificate>,
    /// Our key.
    pub signer: Arc<WatchedSigner>,
    /// The octets of messages in flight.
    pub budget: Budget,
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
    let figures = match admin.store.figures().await {
        Ok(figures) => figures,
        Err(error) => return (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    };
    publish(&figures, &admin);
    if let Ok(Some(operator)) = admin.provider.operator().await {
        metrics::gauge!("sigillo_operator_mailbox_octets").set(operator.counted as f64);
        metrics::gauge!("sigillo_operator_mailbox_quota_octets").set(operator.quota as f64);
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], admin.metrics.render()).into_response()
}

async fn show_health(State(admin): State<Admin>) -> Response {
    if *admin.stopping.borrow() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
    }
    match look(&admin).await {
        Ok(lines) => (StatusCode::OK, lines).into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}

/// The lines of health, for who asks on the control socket.
pub async fn lines(admin: &Admin) -> Vec<String> {
    match look(admin).await {
        Ok(lines) => lines.lines().map(str::to_owned).collect(),
        Err(error) => vec![format!("warning: {error}")],
    }
}

/// What is wrong with the certificates of the doors.
fn doors(admin: &Admin, now: Moment) -> Vec<String> {
    let of = |pair: &Arc<LivePair>| {
        let days = (pair.until() - now.unix()).div_euclid(86_400);
        let end = (days < DOOR_DAYS).then(|| match days {
            ..0 => format!("the doors' certificate {} has ended: others refuse our TLS", pair.certificate().display()),
            days => format!("the doors' certificate {} ends in {days} days", pair.certificate().display()),
        });
        let trouble = pair.trouble().map(|why| format!("the doors' certificate cannot be read again: {why}"));
        end.into_iter().chain(trouble).collect::<Vec<_>>()
    };
    admin.pairs.iter().flat_map(of).collect()
}

/// Days before the end of a door's certificate at which health warns: certificates that are renewed by a program are
/// renewed earlier.
const DOOR_DAYS: i64 = 7;

async fn look(admin: &Admin) -> Result<String, StoreError> {
    let figures = admin.store.figures().await?;
    let operator = admin.provider.operator().await?;
    Ok(health(&figures, operator.as_ref(), admin))
}

/// The lines of health, as docs/monitoring.md has them: `ok` or what is wrong, then facts.
fn health(figures: &Figures, operator: Option<&Mailbox>, admin: &Admin) -> String {
    let now = admin.provider.now();
    let standing = admin.own.standing(now.unix());
    let (signing, scanner, lists) =
        (admin.signer.trouble(), admin.provider.scanner_trouble(), admin.revocation.failures());
    let mut warnings = Vec::new();
    if figures.trouble.is_some() {
        warnings.push("messages cannot be stored".to_owned());
    }
    if signing.is_some() {
        warnings.push("messages cannot be signed".to_owned());
    }
    if scanner.is_some() {
        warnings.push("messages cannot be scanned for viruses".to_owned());
    }
    if admin.directory.is_too_old(now) {
        warnings.push("the copy of the index is too old: messages are put off".to_owned());
    } else if admin.directory.is_old(now) {
        warnings.push("the copy of the index is old".to_owned());
    }
    warnings.extend(standing.warning());
    if !lists.is_empty() {
        warnings.push("lists of revoked certificates cannot be renewed".to_owned());
    }
    if let Some(days) = signatures_too_old(admin) {
        warnings.push(format!("the virus scanner's signatures are {days} days old"));
    }
    for class in Class::ALL.into_iter().filter(|class| admin.budget.waiting(*class) > 0) {
        warnings.push(format!("{} messages of {} wait for memory", admin.budget.waiting(class), class.name()));
    }
    if let Some(full) = operator.filter(|mailbox| mailbox.counted > mailbox.quota / 10 * 9) {
        warnings.push(format!("the postmaster's mailbox {} is nearly full: see what is in it", full.address));
    }
    warnings.extend(admin.clock.trouble());
    warnings.extend(doors(admin, now));

    let mut lines: Vec<String> = warnings.iter().map(|warning| format!("warning: {}", one_line(warning))).collect();
    if lines.is_empty() {
        lines.push("ok".into());
    }
    lines.push(format!("provider: {}", admin.name));
    lines.push(format!("queued: {}", figures.queued));
    lines.push(format!("oldest-queued-seconds: {}", queue_age(figures, admin)));
    let [strangers, holders] = [Class::Strangers, Class::Holders].map(|class| admin.budget.free(class));
    lines.push(format!("budget-free-octets: strangers {strangers}, holders {holders}"));
    lines.extend(operator.map(|mailbox| format!("postmaster-octets: {}", mailbox.counted)));
    lines.push(format!("index-age-seconds: {}", admin.directory.age(now)));
    lines.push(format!("certificate-days-left: {}", standing.days_left));
    lines.extend(fetches(admin));
    if let Some(error) = &figures.trouble {
        lines.push(format!("store-error: {}", one_line(error)));
    }
    let mut fails = |part: &str, since: Moment, error: &str| {
        lines.extend([format!("{part}-fails-since: {since}"), format!("{part}-error: {}", one_line(error))]);
    };
    if let Some(SigningTrouble { since, error }) = signing {
        fails("signing", since, &error);
    }
    if let Some(Trouble { since, error }) = scanner {
        fails("scanner", since, &error);
    }
    for SourceFailure { since, error } in &lists {
        fails("revocation", Moment::from_unix(*since), error);
    }
    lines.join("\n") + "\n"
}

/// The age in days of the virus signatures, when the operator wants to be told.
fn signatures_too_old(admin: &Admin) -> Option<u64> {
    let age = admin.provider.now().unix() - admin.provider.scanner_signatures()?.unix();
    let age = Duration::from_secs(u64::try_from(age).ok()?);
    (age > admin.signatures_alarm_after).then_some(age.as_secs() / 86_400)
}

fn publish(figures: &Figures, admin: &Admin) {
    if let Some(fetches) = admin.directory.fetches() {
        let seconds = |moment: Option<Moment>| moment.map_or(0, Moment::unix) as f64;
        metrics::gauge!("sigillo_index_last_attempt_timestamp_seconds").set(seconds(fetches.attempted));
        metrics::gauge!("sigillo_index_last_good_fetch_timestamp_seconds").set(seconds(fetches.good));
        metrics::gauge!("sigillo_index_fetch_failing").set(if fetches.error.is_some() { 1.0 } else { 0.0 });
    }
    let failing = |fails: bool| u64::from(fails);
    let gauges = [
        ("sigillo_store_failing", failing(figures.trouble.is_some())),
        ("sigillo_signing_failing", failing(admin.signer.trouble().is_some())),
        ("sigillo_scanner_failing", failing(admin.provider.scanner_trouble().is_some())),
        ("sigillo_index_too_old", failing(admin.directory.is_too_old(admin.provider.now()))),
        ("sigillo_queue_dispatches", figures.queued),
        ("sigillo_queue_oldest_seconds", queue_age(figures, admin)),
        ("sigillo_store_messages", figures.messages),
        ("sigillo_store_originals", figures.originals),
        ("sigillo_watches_open", figures.awaited),
        ("sigillo_index_age_seconds", u64::try_from(admin.directory.age(admin.provider.now())).unwrap_or(0)),
    ];
    for (name, value) in gauges {
        metrics::gauge!(name).set(value as f64);
    }
    for class in Class::ALL {
        metrics::gauge!("sigillo_budget_free_octets", "class" => class.name()).set(admin.budget.free(class) as f64);
        metrics::gauge!("sigillo_budget_held_octets", "class" => class.name()).set(admin.budget.held(class) as f64);
        metrics::gauge!("sigillo_budget_waiting", "class" => class.name()).set(admin.budget.waiting(class) as f64);
    }
    let now = admin.provider.now().unix();
    let standing = admin.own.standing(now);
    metrics::gauge!("sigillo_certificate_seconds_left").set((standing.until - now) as f64);
    if let Some(until) = admin.pairs.iter().map(|pair| pair.until()).min() {
        metrics::gauge!("sigillo_tls_certificate_seconds_left").set((until - now) as f64);
    }
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
fn fetches(admin: &Admin) -> Vec<String> {
    let Some(fetches) = admin.directory.fetches() else { return Vec::new() };
    let moment = |moment: Option<Moment>| moment.map_or("none since the start".to_owned(), |at| at.to_string());
    let mut lines = vec![
        format!("index-last-attempt: {}", moment(fetches.attempted)),
        format!("index-last-good-fetch: {}", moment(fetches.good)),
    ];
    lines.extend(fetches.error.map(|error| format!("index-fetch-error: {}", one_line(&error))));
    lines
}

/// A text with words of others in one line.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}
