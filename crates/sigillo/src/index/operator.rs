//! The operator of an index, for a laboratory or a closed group: collects each provider's signed file daily, verifies it,
//! publishes the whole, signed [R-4.5-b]. What the norm gives to the national operator [R-4.5-d] is done here in its way.
//!
//! ```text
//! state/indice.ldif.p7m   what is published
//! state/status.json       since when each provider's file is good or bad
//! state/providers/        the last good file of each
//! ```

mod admin;
mod collect;
mod members;
mod state;

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use directory::Index;
use metrics_exporter_prometheus::PrometheusBuilder;
use pec::Moment;
use provider::{Clock, SystemClock};
use seal::Signer;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::copy::{Copy, Pinned};
use super::door::{self, Shown};
use super::place;
use crate::config::operator::OperatorConfig;
use crate::exit;
use crate::mailbox::Failed;
use crate::serve::{self, build};
use members::Members;
use state::State;

/// What the operator's health tells.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// What is published; `None`: nothing yet.
    pub published: Option<Published>,
    /// Why the last try to sign and publish failed; `None` when it did not.
    pub trouble: Option<String>,
    /// Each provider.
    pub members: Vec<MemberView>,
}

/// What is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// When it was signed.
    pub signed: Moment,
    /// How many records it has.
    pub records: usize,
    /// How many domains they manage.
    pub domains: usize,
}

/// How the collection of one provider's file goes.
#[derive(Clone, Debug)]
pub struct MemberView {
    /// `providerName`
    pub name: String,
    /// When the file in use was signed; `None`: there is none, and the provider is not in the index.
    pub signed: Option<Moment>,
    /// When the file in use was last found good.
    pub good: Option<Moment>,
    /// Since when the file is bad or cannot be had, and why.
    pub failing: Option<(Moment, String)>,
}

/// Runs `sigillo directory serve`; with `once`, one collection and no door.
pub async fn run(config: OperatorConfig, once: bool, until_stdin_closes: bool) -> ExitCode {
    if let Err(error) = serve::start_log(&config.log) {
        return exit::fail(exit::CONFIG, error);
    }
    let ended = if once { collect_once(config).await } else { serve(config, until_stdin_closes).await };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, why)) => exit::fail(code, why),
    }
}

async fn collect_once(config: OperatorConfig) -> Result<(), Failed> {
    let mut operator = Operator::open(config).await?;
    operator.round().await;
    let view = operator.view();
    print!("{}", admin::words(&view));
    if let Some(trouble) = view.trouble {
        return Err((exit::UNAVAILABLE, trouble));
    }
    println!("{}", operator.state.published().display());
    let bad = view.members.iter().filter(|member| member.failing.is_some()).count();
    if bad == 0 {
        return Ok(());
    }
    Err((exit::DATA, format!("the files of {bad} providers are not good; the index holds what is")))
}

async fn serve(config: OperatorConfig, until_stdin_closes: bool) -> Result<(), Failed> {
    let tls = door::tls(&config.serve)?;
    let mut sockets = Vec::new();
    for address in &config.serve.listen {
        sockets.push(serve::bind(*address).await?);
    }
    let admin_socket = match config.admin.listen {
        Some(address) => Some(serve::bind(address).await?),
        None => None,
    };
    let metrics = PrometheusBuilder::new().install_recorder().map_err(|error| (exit::OS_ERROR, error.to_string()))?;
    let (url, grace) = (config.index.url.clone(), config.shutdown.grace);
    let operator = Operator::open(config).await?;
    let end = serve::told_to_end(until_stdin_closes)?;
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    for socket in sockets {
        let address = socket.local_addr().map_err(|error| (exit::OS_ERROR, error.to_string()))?;
        tracing::info!(event = "listening", %address, url);
        tasks.spawn(door::serve(socket, tls.clone(), url.clone(), operator.shown.clone(), stopped.clone()));
    }
    tasks.spawn(serve::upkeep(metrics.clone(), stopped.clone()));
    if let Some(socket) = admin_socket {
        tasks.spawn(admin::serve(socket, operator.view.clone(), metrics, stopped.clone()));
    }
    tasks.spawn(operator.keep(stopped));
    tracing::info!(event = "started", version = env!("CARGO_PKG_VERSION"));
    let ended = tokio::select! {
        () = end => Ok(()),
        () = serve::a_fault(&mut tasks) => Err((exit::SOFTWARE, "a part of the service ended by a fault; see the log".into())),
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

/// The service: what is held of each provider, and what is published of it.
struct Operator {
    config: OperatorConfig,
    signer: Arc<dyn Signer>,
    state: State,
    members: Members,
    /// What is published, as it was signed.
    published: Option<(String, i64)>,
    shown: Shown,
    view: Arc<Mutex<View>>,
}

impl Operator {
    /// Reads what an earlier process left; what it published is shown at once.
    async fn open(config: OperatorConfig) -> Result<Self, Failed> {
        let signer = build::signer_of(&config.signing)?;
        if config.collect.tls_roots.is_some() {
            super::visit::client(&config.collect).map_err(|error| (exit::CONFIG, error.to_string()))?;
        }
        let state = State::open(&config.index.state).map_err(|error| (exit::CANT_CREATE, error))?;
        let members = Members::open(&config, &state).map_err(|error| (exit::CONFIG, error))?;
        let mut operator =
            Self { members, signer, published: None, shown: Shown::default(), view: Arc::default(), state, config };
        if let Some(octets) = operator.state.read_published().map_err(|error| (exit::CONFIG, error))? {
            let path = operator.state.published();
            let pinned = Pinned::only(operator.signer.certificate().clone(), &path);
            match Copy::open(octets, &pinned) {
                Ok(copy) => operator.show(&copy),
                // Signed by the last key, perhaps: the first round signs it anew.
                Err(error) => tracing::warn!(event = "published-index-unusable", error),
            }
        }
        operator.tell(None);
        Ok(operator)
    }

    /// Collects and publishes until `stop` becomes true.
    async fn keep(mut self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let good = tokio::select! {
                good = self.round() => good,
                _ = stop.wait_for(|stop| *stop) => return,
            };
            let mut due = self.members.due();
            if !good {
                due = due.min(Instant::now() + self.config.collect.retry_first.min(self.config.collect.refresh));
            }
            tokio::select! {
                () = sleep_until(due) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Collects what is due, and publishes what has changed; whether publishing went well.
    async fn round(&mut self) -> bool {
        collect::round(&mut self.members, &self.config, &self.state).await;
        let published = self.publish().await;
        if let Err(error) = &published {
            tracing::error!(event = "index-not-published", error, "what was published stays");
        }
        let good = published.is_ok();
        self.tell(published.err());
        good
    }

    /// Signs and shows the whole index when it says something new, or when its signature is half as old as the time
    /// between two collections: who fetches it sees by the signature that it is looked after.
    async fn publish(&mut self) -> Result<(), String> {
        let records = self.members.records();
        if records.is_empty() {
            return Err("no provider's file is good: there is nothing to publish".into());
        }
        let index = Index::new(records, Some(self.config.index.url.clone())).map_err(|error| error.to_string())?;
        let ldif = index.to_ldif();
        let now = SystemClock.now().unix();
        let mut at = now;
        if let Some((shown, signed)) = &self.published {
            let young = now.abs_diff(*signed) < self.config.collect.refresh.as_secs().div_ceil(2);
            if *shown == ldif && young {
                return Ok(());
            }
            // No two versions of one second: readers order them by it.
            at = now.max(signed + 1);
        }
        let signer = self.signer.clone();
        let sealed = tokio::task::spawn_blocking(move || seal::p7m::seal_file(ldif.as_bytes(), at, &*signer));
        let file = sealed.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        let path = self.state.published();
        place::replace(&path, &file).map_err(|error| format!("{}: {error}", path.display()))?;
        // What others will verify is verified first.
        let copy = Copy::open(file.into(), &Pinned::only(self.signer.certificate().clone(), &path))?;
        let records = copy.index.records().len();
        self.show(&copy);
        tracing::info!(event = "index-published", records, signed = %Moment::from_unix(at));
        Ok(())
    }

    fn show(&mut self, copy: &Copy) {
        self.shown.show(copy.octets.clone(), copy.signed);
        self.published = Some((copy.index.to_ldif(), copy.signed));
        let domains = copy.index.records().iter().map(|record| record.managed_domains.len()).sum();
        let published =
            Published { signed: Moment::from_unix(copy.signed), records: copy.index.records().len(), domains };
        self.view.lock().unwrap_or_else(PoisonError::into_inner).published = Some(published);
    }

    fn tell(&self, trouble: Option<String>) {
        let mut view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        view.trouble = trouble;
        view.members = self.members.view();
    }

    fn view(&self) -> View {
        self.view.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
