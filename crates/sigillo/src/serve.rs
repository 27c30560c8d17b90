//! `sigillo serve`: configuration, build, bind, announce, run, drain.

pub mod build;
mod secrets;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clock::ClockWatch;
use config::Config;
use index::live;
use index::record::OwnDoor;
use metrics_exporter_prometheus::PrometheusBuilder;
use provider::relay::{Policy, Relay};
use provider::{Clock, Provider, SystemClock};
use smtp::client::SmtpTransport;
use smtp::server::InFlight;
use smtp::{Door, DoorConfig, Points, Server};
use store::{Embedded, Store};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::admin::{self, Admin};
use crate::cli::ServeOptions;
use crate::exit::{self, Failed, index_error};
use crate::process::{Hangups, RunningLog, a_fault, bind, start_log, told_to_end, upkeep};

/// Runs the command until SIGTERM or SIGINT.
pub async fn run(options: ServeOptions) -> ExitCode {
    let config = match Config::load(&options.config) {
        Ok(config) => config,
        Err(error) => return exit::fail(exit::CONFIG, error),
    };
    let log = match start_log(&config.log) {
        Ok(log) => log,
        Err(error) => return exit::fail(exit::OS_ERROR, error),
    };
    match serve(&config, &options, &log).await {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, why)) => exit::fail(code, why),
    }
}

async fn serve(config: &Config, options: &ServeOptions, log: &RunningLog) -> Result<(), Failed> {
    // From here on a signal is an orderly end, also one that comes before the last task runs.
    let end = told_to_end(options.until_stdin_closes)?;
    let hangups = Hangups::listen()?;
    // Everything is read and checked, and the ports are taken, before the store is touched.
    let first = live::first_copy(&config.directory, SystemClock.now()).await;
    first.map_err(|error| (exit::UNAVAILABLE, error.to_string()))?;
    secrets::warn(config);
    let parts = build::Parts::read(config)?;
    let listeners = Listeners::bind(config).await?;
    let own_door = own_door(config, &parts).await?;
    let metrics = PrometheusBuilder::new().install_recorder().map_err(|error| (exit::OS_ERROR, error.to_string()))?;
    let store = build::open_store(config).await?;
    let directory = parts.directory.clone();
    let (revocation, own, signer) = (parts.revocation.clone(), parts.own.clone(), parts.signer.clone());
    revocation.open(&config.store.path.join("revocation")).await;
    let transport = parts.transport.clone();
    let tls = parts.tls.clone();
    let provider = Provider::new(parts.provider(config, store.clone()));

    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let Listeners { smtp, admin: admin_socket } = listeners;
    let doors = open_doors(smtp, config, &provider, &directory, &tls)?;
    tasks.spawn(relay(config, provider.clone(), transport).run(stopped.clone()));
    tasks.spawn(provider::watch::run(provider.clone(), stopped.clone()));
    tasks.spawn(provider::scanner::keep_watch(provider.clone(), stopped.clone()));
    tasks.spawn(live::keep_fresh(directory.clone(), stopped.clone()));
    tasks.spawn(revocation.clone().keep_fresh(stopped.clone()));
    tasks.spawn(own.clone().keep_watch(stopped.clone()));
    tasks.spawn(provider::retention::run(provider.clone(), config.retention.months, stopped.clone()));
    tasks.spawn(hangups.run(options.config.clone(), log.filter(), stopped.clone()));
    let clock = Arc::new(ClockWatch::new(config.clock.clone()));
    let (looking, stop_looking) = (clock.clone(), stopped.clone());
    tasks.spawn(async move { looking.run(stop_looking).await });
    tasks.spawn(upkeep(metrics.clone(), stopped.clone()));
    if let Some(listener) = admin_socket {
        let name = Arc::from(config.provider.name.as_str());
        let shown = Admin {
            provider: provider.clone(),
            metrics,
            name,
            directory,
            clock,
            revocation,
            own,
            signer,
            signatures_alarm_after: config.scanner.signatures_alarm_after,
            stopping: stopped.clone(),
        };
        tasks.spawn(admin::serve(listener, shown, stopped.clone()));
    }
    if let Some((door, sockets)) = own_door {
        door.open(sockets, &mut tasks, &stopped);
    }
    for door in &doors {
        tracing::info!(event = "listening", address = %door.address());
    }
    tracing::info!(event = "started", provider = config.provider.name, version = env!("CARGO_PKG_VERSION"));

    let ended = tokio::select! {
        () = end => Ok(()),
        // A provider that accepts and no longer carries or watches would be worse than none.
        () = a_fault(&mut tasks) => Err((exit::SOFTWARE, "a part of the provider ended by a fault; see the log".into())),
    };
    drain(config, doors, stop, tasks, &store).await.and(ended)
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
    directory: &Arc<index::LiveIndex>,
    tls: &Arc<rustls::ServerConfig>,
) -> Result<Vec<Server>, Failed> {
    let index = directory.clone();
    let too_old = Arc::new(move |now| index.is_too_old(now));
    let points = Arc::new(Points::new(provider.clone(), config.smtp.limits.refuse_above, too_old));
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

fn relay(config: &Config, provider: Arc<Provider>, transport: SmtpTransport) -> Arc<Relay> {
    let seconds = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    let policy =
        Policy { first: seconds(config.relay.retry_first), most: seconds(config.relay.retry_max), ..Policy::default() };
    Relay::new(provider, Arc::new(transport), policy)
}

/// The door at which a provider serves its own file, with its ports; `None` where the file is not served.
async fn own_door(config: &Config, parts: &build::Parts) -> Result<Option<(OwnDoor, Vec<TcpListener>)>, Failed> {
    let Some(publisher) = config.publisher() else { return Ok(None) };
    let Some(door) = &publisher.publish.serve else { return Ok(None) };
    let own = OwnDoor::read(&publisher, door, parts.signer.clone(), Arc::new(SystemClock)).map_err(index_error)?;
    let mut sockets = Vec::new();
    for address in &door.listen {
        sockets.push(bind(*address).await?);
        tracing::info!(event = "listening", %address, url = own.url());
    }
    Ok(Some((own, sockets)))
}
