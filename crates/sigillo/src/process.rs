//! What every long-lived command does as a process: logs, takes ports, waits for its end.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use config::{Config, Log, LogFormat};
use metrics_exporter_prometheus::PrometheusHandle;
use output::log::LogThread;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tls::{LivePair, Reloaded};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry, fmt, reload};

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

/// Takes as many open files as the system grants, and warns where that is less than `needed`: each session is one, and
/// strangers who open sessions must not leave the store without. What a process is given at first is often 1024.
pub(crate) fn take_files(needed: usize) {
    let granted = getrlimit(Resource::Nofile);
    // Where no bound is set the kernel has one, which it does not tell here: what there is then remains.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: granted.maximum, ..granted });
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    if files < needed as u64 {
        tracing::warn!(
            event = "few-files",
            files,
            needed,
            "the system grants fewer open files than the doors' sessions need"
        );
    }
}

/// Takes a port.
pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener, Failed> {
    door::listen(address).map_err(|error| exit::cannot_listen(address, &error))
}

/// The exporter forgets old samples only when told; and what the process uses is looked at.
pub(crate) async fn upkeep(metrics: PrometheusHandle, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        metrics.run_upkeep();
        monitor::process::publish();
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

/// The log while it runs; dropping it waits, not long, for its last lines.
pub(crate) struct RunningLog {
    filter: Filter,
    _thread: LogThread,
}

/// Changes which lines are written.
#[derive(Clone)]
pub(crate) struct Filter(reload::Handle<EnvFilter, Registry>);

impl Filter {
    fn set(&self, filter: &str) -> Result<(), String> {
        let filter = EnvFilter::try_new(filter).map_err(|error| error.to_string())?;
        self.0.reload(filter).map_err(|error| error.to_string())
    }
}

impl RunningLog {
    /// The handle to its filter.
    pub(crate) fn filter(&self) -> Filter {
        self.filter.clone()
    }
}

/// Starts the log, which stops nothing: see [`output::log`].
pub(crate) fn start_log(log: &Log) -> Result<RunningLog, String> {
    let filter = EnvFilter::try_new(&log.filter).map_err(|error| format!("log.filter: {error}"))?;
    let (filter, handle) = reload::Layer::new(filter);
    let (lines, thread) = output::log::start(std::io::stderr()).map_err(|error| format!("the log: {error}"))?;
    let registry = tracing_subscriber::registry().with(filter);
    let started = match log.format {
        LogFormat::Json => registry.with(fmt::layer().json().flatten_event(true).with_writer(lines)).try_init(),
        LogFormat::Text => {
            let ansi = std::io::IsTerminal::is_terminal(&std::io::stderr());
            registry.with(fmt::layer().with_ansi(ansi).with_writer(lines)).try_init()
        }
    };
    started.map_err(|error| error.to_string())?;
    Ok(RunningLog { filter: Filter(handle), _thread: thread })
}

/// SIGHUP: what can be read again while everything goes on.
pub(crate) struct Hangups(Signal);

impl Hangups {
    /// Listens from now on: a hang-up never ends the program.
    pub(crate) fn listen() -> Result<Self, Failed> {
        let hangup = signal(SignalKind::hangup());
        hangup.map(Self).map_err(|error| (exit::OS_ERROR, format!("cannot wait for signals: {error}")))
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
