//! `sigillo serve`: configuration, build, bind, announce, run, drain.

pub mod build;
mod check;
mod doors;
mod memory;
mod running;

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clock::ClockWatch;
use config::{Config, DailyLog};
use control::{AddressRules, Control, Faces, Limits, Socket};
use door::Server;
use guard::{Arrivals, Budget};
use index::record::OwnDoor;
use index::{LiveIndex, live, once};
use journal::{Daily, Source, Writing};
use monitor::{Admin, Alarms, Role, measures};
use output::logging::RunningLog;
use provider::points::handover::Backoff;
use provider::relay::{Policy, Relay};
use provider::{Clock, Provider, SystemClock, house};
use reconcile::Reconciler;
use report::Keeping;
use seal::{Signer, WatchedSigner};
use sealing::{Sealer, Stamper, Trace};
use smtp::client::SmtpTransport;
use store::{Embedded, Upkeep};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::administer::person_rules;
use crate::cli::ServeOptions;
use crate::exit::{self, Failed};
use crate::process::{Again, Hangups, a_fault, bind, start_log, told_to_end};

use doors::{Listeners, files_needed};
use memory::RelayMemory;
use running::RunningProvider;

/// Runs the command until SIGTERM or SIGINT.
pub async fn run(options: ServeOptions) -> ExitCode {
    let config = match Config::load(&options.config) {
        Ok(config) => config,
        Err(error) => return exit::fail(exit::CONFIG, error),
    };
    if options.check {
        return check::run(&config, options.json).await;
    }
    let log = match start_log(&config.log) {
        Ok(log) => log,
        Err(failed) => return failed.end(),
    };
    exit::done(serve(&config, &options, &log).await)
}

async fn serve(config: &Config, options: &ServeOptions, log: &RunningLog) -> Result<(), Failed> {
    // From here on a signal is an orderly end, also one that comes before the last task runs.
    let end = told_to_end(options.until_stdin_closes)?;
    let hangups = Hangups::listen()?;
    // Everything is read and checked, and the ports are taken, before the store is touched.
    let first = once::first_copy(&config.directory, SystemClock.now()).await;
    first.map_err(|error| Failed::new(exit::UNAVAILABLE, error))?;
    for file in config.secrets_open_to_all() {
        let file = file.display();
        tracing::warn!(event = "secret-readable", %file, "every user of this machine may read it; take the right away: chmod o-r");
    }
    monitor::process::take_files(files_needed(config));
    let parts = build::Parts::read(config)?;
    let mut listeners = Listeners::bind(config).await?;
    let own_sockets = own_sockets(config).await?;
    let metrics = measures::install(Role::Provider).map_err(|why| Failed::new(exit::SOFTWARE, why))?;
    monitor::process::started(SystemClock.now());
    let store = build::open_store(config).await?;
    // From here on commands find us, and none of them opens the store.
    let socket = Socket::bind(&config.control.socket).await.map_err(|error| Failed::new(exit::OS_ERROR, error))?;
    let (directory, pair) = (parts.directory.clone(), parts.pair.clone());
    let (revocation, own, signer) = (parts.revocation.clone(), parts.own.clone(), parts.signer.clone());
    revocation.open(&config.store.path.join("revocation")).await;
    let (transport, tokens, stamps) = (parts.transport.clone(), parts.tokens.clone(), parts.stamps.clone());
    transport.open(&config.store.path.join("peers")).await;
    let provider = Provider::new(parts.provider(config, store.clone())).await?;
    let names: Vec<String> = provider.context().hosting.names().map(str::to_owned).collect();
    house::warn_of_domains(&config.provider.name, names.iter().map(String::as_str), directory.as_ref());
    let (domains, hosted) = watch::channel(names);
    let own_door = own_door(config, signer.clone(), hosted)?;

    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let arrivals = arrivals(config)?;
    let admin_socket = listeners.admin.take();
    let judge = build::judge(config, &directory, &revocation)?;
    let doors = listeners.open(config, &provider, &store, &build::doors_tls(pair.clone()), &arrivals, judge)?;
    let relayed = RelayMemory(arrivals.memory().clone());
    let relay = relay(config, provider.clone(), store.clone(), transport.clone(), relayed);
    tasks.spawn(relay.clone().run(stopped.clone()));
    tasks.spawn(provider::watch::run(provider.clone(), stopped.clone()));
    tasks.spawn(provider::ending::run(provider.clone(), store.clone(), stopped.clone()));
    tasks.spawn(provider::filling::run(provider.clone(), store.clone(), stopped.clone()));
    tasks.spawn(provider::scanning::keep_watch(provider.clone(), stopped.clone()));
    tasks.spawn(live::keep_fresh(directory.clone(), stopped.clone()));
    tasks.spawn(revocation.clone().keep_fresh(stopped.clone()));
    tasks.spawn(own.clone().keep_watch(stopped.clone()));
    let months = config.retention.evidence;
    tasks.spawn(provider::retention::run(store.clone(), Arc::new(SystemClock), months, stopped.clone()));
    let months = config.retention.accesses;
    tasks.spawn(provider::retention::forget_accesses(store.clone(), Arc::new(SystemClock), months, stopped.clone()));
    let rounds = config.store.rounds();
    tasks.spawn(provider::checking::run(store.clone(), Arc::new(SystemClock), rounds, stopped.clone()));
    let sealer = sealer(config, &store, &signer);
    if let Some(sealer) = sealer.clone() {
        tasks.spawn(sealer.run(stopped.clone()));
    }
    tasks.spawn(keeping(&store, &provider, &directory, &signer).run(stopped.clone()));
    let daily = daily(config, &store, &signer);
    if let Some(daily) = daily.clone() {
        let stop = stopped.clone();
        tasks.spawn(async move { daily.run(stop).await });
    }
    let stamper = stamps
        .map(|stamps| Stamper::new(Trace::of(store.clone()), stamps, Arc::new(SystemClock), config.evidence.heads));
    if let Some(stamper) = stamper.clone() {
        tasks.spawn(stamper.run(stopped.clone()));
    }
    let reconciler = Reconciler::new(reconcile::Trace::of(store.clone()), Arc::new(SystemClock));
    tasks.spawn(reconciler.clone().run(stopped.clone()));
    tasks.spawn(pair.clone().keep_fresh(tls::LOOK, stopped.clone()));
    let clock = Arc::new(ClockWatch::new(config.clock.clone()));
    let (looking, held, stop_looking) = (clock.clone(), signer.clone(), stopped.clone());
    tasks.spawn(async move { looking.run(|too_far| held.hold(too_far), stop_looking).await });
    tasks.spawn(monitor::process::upkeep(metrics.clone(), stopped.clone()));
    let pairs: Vec<_> = std::iter::once(pair).chain(own_door.as_ref().map(OwnDoor::pair)).collect();
    let again = Arc::new(Again::new(options.config.clone(), log.filter(), pairs.clone()));
    tasks.spawn(hangups.run(again.clone(), stopped.clone()));
    let emails = signer.certificate().emails().to_vec();
    let shown = Admin {
        provider: provider.clone(),
        store: store.clone(),
        pairs,
        metrics,
        name: Arc::from(config.provider.name.as_str()),
        directory,
        clock,
        revocation,
        own,
        signer,
        sealer,
        stamper,
        daily,
        reconciler,
        transport,
        arrivals,
        tokens,
        relay,
        alarms: Alarms::of(config),
        gates: doors.iter().map(Server::gate).collect(),
        peers: Arc::default(),
        hops: Arc::default(),
        stopping: stopped.clone(),
    };
    let rules = AddressRules::of_provider(
        &config.provider.service_address,
        &config.provider.mail_receipt,
        emails.iter().map(String::as_str),
    );
    let running = Arc::new(RunningProvider { shown: shown.clone(), again, domains });
    let control = Control::new(Faces::of(store.clone()), rules, running, Arc::new(SystemClock))
        .with_persons(person_rules(config));
    tracing::info!(event = "listening", socket = %socket.path().display());
    tasks.spawn(socket.serve(control, Limits::default(), stopped.clone()));
    if let Some(listener) = admin_socket {
        tasks.spawn(monitor::serve(listener, shown, stopped.clone()));
    }
    if let Some(door) = own_door {
        door.open(own_sockets, &mut tasks, &stopped);
    }
    for door in &doors {
        tracing::info!(event = "listening", address = %door.address());
    }
    tracing::info!(event = "started", provider = config.provider.name, version = env!("CARGO_PKG_VERSION"));

    let ended = tokio::select! {
        () = end => Ok(()),
        // A provider that accepts and no longer carries or watches would be worse than none.
        () = a_fault(&mut tasks) => Err(Failed::new(exit::SOFTWARE, "a part of the provider ended by a fault; see the log")),
    };
    drain(config, doors, stop, tasks, &provider, &store).await.and(ended)
}

/// Sessions first, so that nothing new comes; then what carries; the store last.
async fn drain(
    config: &Config,
    doors: Vec<Server>,
    stop: watch::Sender<bool>,
    mut tasks: JoinSet<()>,
    provider: &Arc<Provider>,
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
    provider.entrance().log().flush().await;
    store.close().await.map_err(|error| Failed::new(exit::UNAVAILABLE, error))?;
    tracing::info!(event = "stopped");
    Ok(())
}

/// What messages may hold: memory, which the relay shares, and disk while they arrive. Makes the folder for them.
fn arrivals(config: &Config) -> Result<Arc<Arrivals>, Failed> {
    let (guard, limits) = (&config.smtp.guard, &config.smtp.limits);
    let spill = guard.spill();
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&spill.folder);
    made.map_err(|error| Failed::new(exit::CANT_CREATE, format!("{}: {error}", spill.folder.display())))?;
    Ok(Arrivals::new(Budget::new(guard.shares(limits)), Budget::new(guard.disk(limits)), spill))
}

/// Who seals the evidence; `None` where nothing is sealed.
fn sealer(config: &Config, store: &Arc<Embedded>, signer: &Arc<WatchedSigner>) -> Option<Arc<Sealer>> {
    let (provider, every) = (&config.provider, config.evidence.heads);
    let domain = provider.service_address.domain_key();
    let identity = sealing::Identity { domain, provider: provider.name.clone() };
    let trace = Trace::of(store.clone());
    (!every.is_zero()).then(|| Sealer::new(trace, identity, signer.clone(), Arc::new(SystemClock), every))
}

/// Who counts what days came to, and notes that the provider serves.
fn keeping(
    store: &Arc<Embedded>,
    provider: &Arc<Provider>,
    directory: &Arc<LiveIndex>,
    signer: &Arc<WatchedSigner>,
) -> Keeping {
    let (provider, directory, signer) = (provider.clone(), directory.clone(), signer.clone());
    // While any of these lasts, messages are put off.
    let standing = move || {
        let signing = signer.trouble().map(|trouble| format!("messages cannot be signed: {}", trouble.error));
        let scanning =
            provider.scanner_trouble().map(|trouble| format!("messages cannot be scanned: {}", trouble.error));
        let too_old = directory.is_too_old(provider.now());
        signing.or(scanning).or_else(|| too_old.then(|| "the copy of the index is too old".to_owned()))
    };
    Keeping::new(store.clone(), Arc::new(SystemClock), Arc::new(standing))
}

/// Who writes the days of the evidence; `None` where nobody does.
fn daily(config: &Config, store: &Arc<Embedded>, signer: &Arc<WatchedSigner>) -> Option<Arc<Daily>> {
    let DailyLog { folder, forms } = config.evidence.daily.clone()?;
    let (source, signer, clock) = (Source::of(store.clone()), Some(signer.clone() as _), Arc::new(SystemClock));
    Some(Arc::new(Daily::new(Writing { source, folder, forms, signer, clock })))
}

fn relay(
    config: &Config,
    provider: Arc<Provider>,
    queue: Arc<Embedded>,
    transport: SmtpTransport,
    memory: RelayMemory,
) -> Arc<Relay> {
    let seconds = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    let backoff = Backoff { first: seconds(config.relay.retry_first), most: seconds(config.relay.retry_max) };
    Relay::new(provider, queue, Arc::new(transport), Arc::new(memory), Policy { backoff, ..Policy::default() })
}

/// The ports at which a provider serves its own file; none where it does not.
async fn own_sockets(config: &Config) -> Result<Vec<TcpListener>, Failed> {
    let served = config.directory.publish.as_ref().and_then(|publish| publish.serve.as_ref());
    let mut sockets = Vec::new();
    for address in served.map_or(&[][..], |door| &door.listen) {
        sockets.push(bind(*address).await?);
    }
    Ok(sockets)
}

/// The door at which a provider serves its own file; `None` where the file is not served.
fn own_door(
    config: &Config,
    signer: Arc<WatchedSigner>,
    hosted: watch::Receiver<Vec<String>>,
) -> Result<Option<OwnDoor>, Failed> {
    let Some(publisher) = config.publisher(hosted.borrow().clone()) else { return Ok(None) };
    let Some(door) = publisher.publish.serve.clone() else { return Ok(None) };
    let own = OwnDoor::read(publisher, &door, signer, Arc::new(SystemClock), hosted)
        .map_err(|error| Failed::from(error).said(|why| config.error_at(&["directory", "publish", "serve"], why)))?;
    for address in &door.listen {
        tracing::info!(event = "listening", %address, url = own.url());
    }
    Ok(Some(own))
}
