//! `sigillo directory serve`: the service of an index's operator as a process.

use std::process::ExitCode;
use std::sync::Arc;

use config::operator::OperatorConfig;
use index::door;
use index::operator::{Operator, admin};
use provider::{Clock, SystemClock};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::exit::{self, Failed};
use crate::process::{a_fault, bind, start_log, told_to_end};
use crate::serve::build;

/// Runs `sigillo directory serve`; with `once`, one collection and no door.
pub async fn run(config: OperatorConfig, once: bool, until_stdin_closes: bool) -> ExitCode {
    let _log = match start_log(&config.log) {
        Ok(log) => log,
        Err(failed) => return failed.end(),
    };
    let ended = if once { collect_once(config).await } else { serve(config, until_stdin_closes).await };
    exit::done(ended)
}

async fn collect_once(config: OperatorConfig) -> Result<(), Failed> {
    let mut operator = open(&config)?;
    operator.round().await;
    let view = operator.view();
    output::say_bytes(admin::words(&view).as_bytes());
    if let Some(trouble) = view.trouble {
        return Err(Failed::new(exit::UNAVAILABLE, trouble));
    }
    output::say!("{}", operator.published().display());
    let bad = view.members.iter().filter(|member| member.failing.is_some()).count();
    if bad == 0 {
        return Ok(());
    }
    Err(Failed::new(exit::DATA, format!("the files of {bad} providers are not good; the index holds what is")))
}

async fn serve(config: OperatorConfig, until_stdin_closes: bool) -> Result<(), Failed> {
    let (door_tls, pair) = door::tls(&config.serve).map_err(|error| at(&config, &["serve"], Failed::from(error)))?;
    let mut sockets = Vec::new();
    for address in &config.serve.listen {
        sockets.push(bind(*address).await?);
    }
    let admin_socket = match config.admin.listen {
        Some(address) => Some(bind(address).await?),
        None => None,
    };
    let metrics =
        monitor::measures::install(monitor::Role::IndexOperator).map_err(|why| Failed::new(exit::SOFTWARE, why))?;
    monitor::process::started(SystemClock.now());
    let (url, grace) = (config.index.url.clone(), config.shutdown.grace);
    let operator = open(&config)?;
    let end = told_to_end(until_stdin_closes)?;
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    for socket in sockets {
        let address = socket.local_addr().map_err(|error| Failed::new(exit::OS_ERROR, error))?;
        tracing::info!(event = "listening", %address, url);
        tasks.spawn(door::serve(socket, door_tls.clone(), url.clone(), operator.shown(), stopped.clone()));
    }
    tasks.spawn(pair.keep_fresh(tls::LOOK, stopped.clone()));
    tasks.spawn(monitor::process::upkeep(metrics.clone(), stopped.clone()));
    if let Some(socket) = admin_socket {
        tasks.spawn(admin::serve(socket, operator.live_view(), metrics, Arc::new(SystemClock), stopped.clone()));
    }
    tasks.spawn(operator.keep(stopped));
    tracing::info!(event = "started", version = env!("CARGO_PKG_VERSION"));
    let ended = tokio::select! {
        () = end => Ok(()),
        () = a_fault(&mut tasks) => Err(Failed::new(exit::SOFTWARE, "a part of the service ended by a fault; see the log")),
    };
    stop.send_replace(true);
    let finishing = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(grace, finishing).await.is_err() {
        tracing::warn!(event = "drain-cut", "connections were still open");
        tasks.abort_all();
    }
    tracing::info!(event = "stopped");
    ended
}

/// A failure, with the place in the configuration that it comes from.
fn at(config: &OperatorConfig, key: &[&str], failed: Failed) -> Failed {
    failed.said(|why| config.error_at(key, why))
}

fn open(config: &OperatorConfig) -> Result<Operator, Failed> {
    let signer = build::signer_of(&config.signing).map_err(|failed| at(config, &["signing"], failed))?;
    Operator::open(config.index.clone(), signer, Arc::new(SystemClock)).map_err(Failed::from)
}
