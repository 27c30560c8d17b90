//! The local port of the operator: `/metrics` for Prometheus, `/health` in words and by status code.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::shown::{Admin, Readings};
use crate::{gauges, health};

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
    match Readings::take(&admin).await {
        Ok(readings) => gauges::publish(&readings, &admin),
        Err(error) => return (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], admin.metrics.render()).into_response()
}

async fn show_health(State(admin): State<Admin>) -> Response {
    if *admin.stopping.borrow() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
    }
    match Readings::take(&admin).await {
        Ok(readings) => (StatusCode::OK, health::lines(&readings, &admin).join("\n") + "\n").into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}

/// The lines of health, for who asks on the control socket.
pub async fn lines(admin: &Admin) -> Vec<String> {
    match Readings::take(admin).await {
        Ok(readings) => health::lines(&readings, admin),
        Err(error) => vec![format!("warning: {error}")],
    }
}
