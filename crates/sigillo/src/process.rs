//! What every long-lived command does as a process: logs, takes ports, waits for its end.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use config::{Config, Log};
use door::port::cannot_listen;
use output::logging::{self, Filter, RunningLog};
use tls::{LivePair, Reloaded};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

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
    door::listen(address).map_err(|error| Failed::new(exit::OS_ERROR, cannot_listen(address, &error)))
}

/// Listens for the signals from now on; waits for one when polled.
pub(crate) fn told_to_end(until_stdin_closes: bool) -> Result<impl Future<Output = ()>, Failed> {
    let failed = |error: std::io::Error| Failed::new(exit::OS_ERROR, format!("cannot wait for signals: {error}"));
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

/// Starts the log as the configuration says.
pub(crate) fn start_log(log: &Log) -> Result<RunningLog, Failed> {
    logging::start(&log.filter, log.format.into()).map_err(|why| Failed::new(exit::OS_ERROR, why))
}

/// SIGHUP: what can be read again while everything goes on.
pub(crate) struct Hangups(Signal);

impl Hangups {
    /// Listens from now on: a hang-up never ends the program.
    pub(crate) fn listen() -> Result<Self, Failed> {
        let hangup = signal(SignalKind::hangup());
        hangup.map(Self).map_err(|error| Failed::new(exit::OS_ERROR, format!("cannot wait for signals: {error}")))
    }

    /// Has everything read again at each one, until `stop` becomes true.
    pub(crate) async fn run(mut self, again: Arc<Again>, mut stop: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                Some(()) = self.0.recv() => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
            let again = again.clone();
            let read = tokio::task::spawn_blocking(move || again.read()).await;
            for one in read.unwrap_or_else(|error| vec![Err(error.to_string())]) {
                match one {
                    Ok(what) => tracing::info!(event = "read-again", what, "SIGHUP"),
                    Err(error) => tracing::error!(event = "not-read-again", error, "SIGHUP: it stays as it was"),
                }
            }
        }
    }
}

/// What can be read again while everything goes on: the log's filter, the certificates of the doors.
pub(crate) struct Again {
    config: PathBuf,
    filter: Filter,
    pairs: Vec<Arc<LivePair>>,
}

impl Again {
    /// Of this configuration.
    pub(crate) fn new(config: PathBuf, filter: Filter, pairs: Vec<Arc<LivePair>>) -> Self {
        Self { config, filter, pairs }
    }

    /// Reads everything: what was read, or why not. Blocks.
    pub(crate) fn read(&self) -> Vec<Result<String, String>> {
        let config = Config::load(&self.config).map_err(|error| error.to_string());
        let filter = config.and_then(|config| self.filter.set(&config.log.filter).map(|()| config.log.filter));
        let filter = filter.map(|filter| format!("the log's filter is {filter}"));
        let pairs = self.pairs.iter().map(|pair| match pair.reload() {
            Reloaded::Same => Ok(format!("{} is the certificate in use", pair.certificate().display())),
            Reloaded::Replaced => Ok(format!("{} is in use from now on", pair.certificate().display())),
            Reloaded::Refused(why) => Err(why),
        });
        std::iter::once(filter).chain(pairs).collect()
    }
}
