//! What every long-lived command does as a process: logs, takes ports, waits for its end.

use std::net::SocketAddr;
use std::time::Duration;

use config::{Log, LogFormat};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing_subscriber::EnvFilter;

use crate::exit::{self, Failed};

/// Ends when one of the tasks that live as long as the provider has ended by a fault of the program.
pub(crate) async fn a_fault(tasks: &mut JoinSet<()>) {
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            return tracing::error!(event = "task-ended", %error);
        }
    }
    std::future::pending().await
}

/// Takes a port.
pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener, Failed> {
    TcpListener::bind(address).await.map_err(|error| exit::cannot_listen(address, &error))
}

/// The exporter forgets old samples only when told.
pub(crate) async fn upkeep(metrics: PrometheusHandle, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        metrics.run_upkeep();
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(5)) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Listens for the signals from now on; waits for one when polled.
pub(crate) fn told_to_end(until_stdin_closes: bool) -> Result<impl Future<Output = ()>, Failed> {
    let failed = |error: std::io::Error| (exit::OS_ERROR, format!("cannot wait for signals: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let closed = async move {
        if !until_stdin_closes {
            return std::future::pending().await;
        }
        let mut stdin = tokio::io::stdin();
        let mut octets = [0; 64];
        while stdin.read(&mut octets).await.is_ok_and(|count| count > 0) {}
    };
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = closed => {}
        }
    })
}

/// Starts the log.
pub(crate) fn start_log(log: &Log) -> Result<(), String> {
    let filter = EnvFilter::try_new(&log.filter).map_err(|error| format!("log.filter: {error}"))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match log.format {
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
        LogFormat::Text => lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init(),
    };
    started.map_err(|error| error.to_string())
}
