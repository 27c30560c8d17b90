//! `sigillo serve`: configuration, build, bind, announce, run, drain.

mod build;
pub mod index;

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use provider::relay::{Policy, Relay};
use provider::{Clock, Provider, SystemClock};
use smtp::client::SmtpTransport;
use smtp::server::InFlight;
use smtp::{Door, DoorConfig, Server};
use store::{Embedded, Store};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing_subscriber::EnvFilter;

use crate::admin::{self, Admin};
use crate::cli::ServeOptions;
use crate::config::{Config, LogFormat};
use crate::doors::Points;
use crate::exit;
use crate::mailbox::Failed;

/// Runs the command until SIGTERM or SIGINT.
pub async fn run(options: ServeOptions) -> ExitCode {
    let config = match Config::load(&options.config) {
        Ok(config) => config,
        Err(error) => return exit::fail(exit::CONFIG, error),
    };
    if let Err(error) = start_log(&config) {
        return exit::fail(exit::CONFIG, error);
    }
    match serve(&config, options.until_stdin_closes).await {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, why)) => exit::fail(code, why),
    }
}

async fn serve(config: &Config, until_stdin_closes: bool) -> Result<(), Failed> {
    // Everything is read and checked, and the ports are taken, before the store is touched.
    let parts = build::Parts::read(config)?;
    let listeners = Listeners::bind(config).await?;
    let metrics = PrometheusBuilder::new().install_recorder().map_err(|error| (exit::OS_ERROR, error.to_string()))?;
    let store = build::open_store(config).await?;
    let directory = parts.directory.clone();
    let transport = parts.transport.clone();
    let tls = parts.tls.clone();
    let provider = Provider::new(parts.provider(config, store.clone()));

    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let Listeners { smtp, admin: admin_socket } = listeners;
    let doors = open_doors(smtp, config, &provider, &directory, &tls)?;
    // Signals are listened for before health answers: who sees us up may tell us to end.
    let mut end = pin!(wait_for_the_end(until_stdin_closes));
    let early = poll_fn(|context| Poll::Ready(end.as_mut().poll(context))).await;
    tasks.spawn(relay(config, provider.clone(), transport).run(stopped.clone()));
    tasks.spawn(provider::watch::run(provider.clone(), stopped.clone()));
    tasks.spawn(provider::scanner::keep_watch(provider.clone(), stopped.clone()));
    tasks.spawn(index::keep_fresh(directory.clone(), stopped.clone()));
    tasks.spawn(upkeep(metrics.clone(), stopped.clone()));
    if let Some(listener) = admin_socket {
        let name = Arc::from(config.provider.name.as_str());
        let shown = Admin { provider: provider.clone(), metrics, name, directory, stopping: stopped.clone() };
        tasks.spawn(admin::serve(listener, shown, stopped.clone()));
    }
    for door in &doors {
        tracing::info!(event = "listening", address = %door.address());
    }
    tracing::info!(event = "started", provider = config.provider.name, version = env!("CARGO_PKG_VERSION"));

    let end = async {
        match early {
            Poll::Ready(ended) => ended,
            Poll::Pending => end.await,
        }
    };
    let ended = tokio::select! {
        ended = end => ended,
        // A provider that accepts and no longer carries or watches would be worse than none.
        () = a_fault(&mut tasks) => Err((exit::SOFTWARE, "a part of the provider ended by a fault; see the log".into())),
    };
    drain(config, doors, stop, tasks, &store).await.and(ended)
}

/// Ends when one of the tasks that live as long as the provider has ended by a fault of the program.
async fn a_fault(tasks: &mut JoinSet<()>) {
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            return tracing::error!(event = "task-ended", %error);
        }
    }
    std::future::pending().await
}

/// Sessions first, so that nothing new comes; then what carries; the store last.
async fn drain(
    config: &Config,
    doors: Vec<Server>,
    stop: watch::Sender<bool>,
    mut tasks: JoinSet<()>,
    store: &Arc<Embedded>,
) -> Result<(), Failed> {
    tracing::info!(event = "draining", grace_seconds = config.shutdown.grace.as_secs());
    // The health port says so before the doors close.
    stop.send_replace(true);
    let closing = doors.into_iter().map(|door| {
        let grace = config.shutdown.grace;
        async move { door.drain(grace).await }
    });
    futures_util::future::join_all(closing).await;
    let finishing = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(config.shutdown.grace, finishing).await.is_err() {
        tracing::warn!(
            event = "drain-cut",
            "transmissions were still under way; they will be made again at the next start"
        );
        tasks.abort_all();
    }
    store.close().await.map_err(|error| (exit::UNAVAILABLE, error.to_string()))?;
    tracing::info!(event = "stopped");
    Ok(())
}

/// The sockets, taken before anything else happens.
struct Listeners {
    smtp: Vec<(Door, TcpListener)>,
    admin: Option<TcpListener>,
}

impl Listeners {
    async fn bind(config: &Config) -> Result<Self, Failed> {
        let doors = [
            (Door::Incoming, &config.smtp.incoming),
            (Door::Submission, &config.smtp.submission),
            (Door::SubmissionTls, &config.smtp.submission_tls),
        ];
        let mut smtp = Vec::new();
        for (door, addresses) in doors {
            for address in &addresses.listen {
                smtp.push((door, bind(*address).await?));
            }
        }
        let admin = match config.admin.listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        Ok(Self { smtp, admin })
    }
}

fn open_doors(
    sockets: Vec<(Door, TcpListener)>,
    config: &Config,
    provider: &Arc<Provider>,
    directory: &Arc<index::Fresh>,
    tls: &Arc<rustls::ServerConfig>,
) -> Result<Vec<Server>, Failed> {
    let points = Arc::new(Points::new(provider.clone(), config.smtp.limits.refuse_above, directory.clone()));
    let in_flight = InFlight::new(config.smtp.limits.in_flight);
    let open = |(kind, socket): (Door, TcpListener)| {
        let clock = Arc::new(|| SystemClock.now());
        let ids = Arc::new(|| uuid::Uuid::now_v7().simple().to_string());
        let limits = config.smtp.limits.door(kind);
        let door = DoorConfig {
            tls: Some(tls.clone()),
            in_flight: in_flight.clone(),
            ..DoorConfig::new(kind, config.provider.hostname.clone(), limits, clock, ids)
        };
        Server::start(socket, door, points.clone()).map_err(|error| (exit::OS_ERROR, error.to_string()))
    };
    sockets.into_iter().map(open).collect()
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Failed> {
    TcpListener::bind(address).await.map_err(|error| (exit::OS_ERROR, format!("cannot listen on {address}: {error}")))
}

fn relay(config: &Config, provider: Arc<Provider>, transport: SmtpTransport) -> Arc<Relay> {
    let seconds = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    let policy =
        Policy { first: seconds(config.relay.retry_first), most: seconds(config.relay.retry_max), ..Policy::default() };
    Relay::new(provider, Arc::new(transport), policy)
}

/// The exporter forgets old samples only when told.
async fn upkeep(metrics: PrometheusHandle, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        metrics.run_upkeep();
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(5)) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Ends at SIGTERM or SIGINT, or when standard input closes, for a process with a parent that may die.
pub(crate) async fn wait_for_the_end(until_stdin_closes: bool) -> Result<(), Failed> {
    let failed = |error: std::io::Error| (exit::OS_ERROR, format!("cannot wait for signals: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let closed = async {
        if !until_stdin_closes {
            return std::future::pending().await;
        }
        let mut stdin = tokio::io::stdin();
        let mut octets = [0; 64];
        while stdin.read(&mut octets).await.is_ok_and(|count| count > 0) {}
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = closed => {}
    }
    Ok(())
}

fn start_log(config: &Config) -> Result<(), String> {
    let filter = EnvFilter::try_new(&config.log.filter).map_err(|error| format!("log.filter: {error}"))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match config.log.format {
        LogFormat::Json => log.json().flatten_event(true).try_init(),
        LogFormat::Text => log.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init(),
    };
    started.map_err(|error| error.to_string())
}
