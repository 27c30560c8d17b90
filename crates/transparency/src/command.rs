//! `sigillo evidence watch`: the command line's words for whoever watches a provider.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use pec::Clock;
use serde_json::json;
use verify::{Authorities, Sources, StampAuthorities, VerifyError};

use crate::watch::{Discord, Https, Judges, State, WatchError, Watched, round};

const ENDS: &str = "Exit code:
   0  everything holds
   1  something does not: the first thing is named, and lies with its proof beside the state, in FILE.discord
   2  everything holds, and nothing says that who signs is a certified-mail provider (give --ca)
  64, 65, 69, 73  nothing can be said: the command line, --ca --tsa --crl, the server, --state --also";

/// `sigillo evidence watch`
#[derive(Args, Clone, Debug)]
#[command(after_help = ENDS)]
pub struct WatchOptions {
    /// Where the provider publishes the heads of its evidence: https://…
    pub url: String,
    /// What was seen so far; made where it is missing, and wanted again each time
    #[arg(long, value_name = "FILE")]
    pub state: PathBuf,
    /// What somebody else saw, a file as --state: it must be what is shown here
    #[arg(long, value_name = "FILE")]
    pub also: Vec<PathBuf>,
    /// Look once, and end; as without --every
    #[arg(long, conflicts_with = "every")]
    pub once: bool,
    /// Look again and again, until something does not hold: 10m, 1h
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub every: Option<Duration>,
    /// Authorities of providers to trust (PEM); without it, Italy's certified-mail authorities, by their keys
    #[arg(long, value_name = "FILE")]
    pub ca: Vec<PathBuf>,
    /// Authorities for time stamps to trust (PEM)
    #[arg(long, value_name = "FILE")]
    pub tsa: Vec<PathBuf>,
    /// Lists of revoked certificates (DER or PEM)
    #[arg(long, value_name = "FILE")]
    pub crl: Vec<PathBuf>,
    /// Ask the authority's servers whether certificates are revoked (HTTP, to public addresses only)
    #[arg(long)]
    pub online: bool,
    /// Authorities for the server's certificate (PEM); without it, those that this system knows
    #[arg(long, value_name = "FILE")]
    pub tls_roots: Option<PathBuf>,
    /// Time for one answer of the server
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = time)]
    pub timeout: Duration,
    /// Print JSON objects instead of words
    #[arg(long)]
    pub json: bool,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything holds.
    Holds,
    /// Something does not.
    Discord,
    /// Everything holds, and nothing says whose it is.
    UnknownAuthority,
}

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
pub enum WatchFailure {
    /// What is asked is wrong.
    #[error("{0}")]
    Request(String),
    /// What it is to be judged by is wrong.
    #[error(transparent)]
    Means(#[from] VerifyError),
    /// The server does not answer.
    #[error("{0}")]
    Unreachable(String),
    /// The file of what was seen.
    #[error("{0}")]
    State(String),
}

fn time(text: &str) -> Result<Duration, String> {
    let time = output::quantity::time(text).filter(|time| !time.is_zero());
    time.ok_or_else(|| format!("expected a time, as \"10m\" or \"1h\", found {text:?}"))
}

impl WatchOptions {
    /// Watches, and says on standard output what is found.
    pub async fn run(&self, clock: Arc<dyn Clock>) -> Result<Outcome, WatchFailure> {
        let from = Https::new(&self.url, self.tls_roots.as_deref(), self.timeout).map_err(WatchFailure::Request)?;
        let judges = Judges {
            authorities: Authorities::read(&self.ca)?,
            stamps: StampAuthorities::read(&self.tsa)?,
            sources: Sources::new(&self.crl, self.online.then(|| clock.clone()))?,
        };
        let unread = |error: WatchError| WatchFailure::State(error.to_string());
        let mut state = State::read_or_begin(&self.state).map_err(unread)?;
        loop {
            let others =
                self.also.iter().map(|file| State::read(file)).collect::<Result<Vec<_>, _>>().map_err(unread)?;
            let note = |state: &State| state.write(&self.state);
            let ended = match round(&from, &judges, &mut state, &others, clock.now(), &note).await {
                Ok(watched) => Ok(self.tell(&watched)),
                Err(WatchError::Discord(discord)) => return self.told(&state, &discord),
                Err(WatchError::Unreachable(error)) => Err(WatchFailure::Unreachable(error.to_string())),
                Err(WatchError::State(what)) => return Err(WatchFailure::State(what)),
            };
            let Some(every) = self.every else { return ended };
            if let Err(failure) = ended {
                // It may answer the next time.
                output::tell!("sigillo: {failure}");
            }
            tokio::time::sleep(every).await;
        }
    }

    fn tell(&self, watched: &Watched) -> Outcome {
        if self.json {
            output::say!("{}", json!({ "type": "watched", "holds": true, "watched": watched }));
        } else {
            words(watched).iter().for_each(|line| output::say!("{}", output::printable(line)));
        }
        if watched.certified { Outcome::Holds } else { Outcome::UnknownAuthority }
    }

    /// Says what does not hold, and leaves both heads for whoever is to judge it.
    fn told(&self, state: &State, discord: &Discord) -> Result<Outcome, WatchFailure> {
        let beside = beside(&self.state);
        let unwritten = |what: String| WatchFailure::State(format!("{}: {what}", beside.display()));
        // What was judged before stays seen.
        state.write(&self.state).map_err(|error| WatchFailure::State(error.to_string()))?;
        let text = serde_json::to_string_pretty(discord).map_err(|error| unwritten(error.to_string()))?;
        fetch::keep::replace(&beside, (text + "\n").as_bytes()).map_err(|error| unwritten(error.to_string()))?;
        if self.json {
            let item = json!({ "type": "discord", "holds": false, "place": discord.place, "what": discord.what });
            output::say!("{item}");
        } else {
            output::say!("{}: {}", self.url, output::printable(&discord.to_string()));
            output::say!("what was seen and what is shown now is in {}", beside.display());
        }
        Ok(Outcome::Discord)
    }
}

fn beside(state: &Path) -> PathBuf {
    let mut name = state.as_os_str().to_owned();
    name.push(".discord");
    name.into()
}

fn words(watched: &Watched) -> Vec<String> {
    let Watched { domain, tiles, logs, signer, certified, stamped, stamped_by_unknown } = watched;
    let sum = |of: fn(&crate::watch::WatchedLog) -> u64| logs.iter().map(of).sum::<u64>();
    let (heads, new, waiting) = (sum(|log| log.heads), sum(|log| log.new), sum(|log| log.unstamped));
    let mut lines =
        vec![format!("{domain}: everything holds: {heads} heads in {} logs, {new} of them new", logs.len())];
    if let Some(signer) = signer {
        let doubt = match certified {
            true => "",
            false => ", and nothing here says that this is a certified-mail provider (give its authority with --ca)",
        };
        lines.push(format!("signed by {signer}{doubt}"));
    }
    match tiles {
        true => lines.push("every tree only grew: no row that a head has was exchanged or taken away".into()),
        false => {
            lines.push("whether rows were exchanged was not seen: the nodes of the trees are not published".into())
        }
    }
    if *stamped > 0 {
        lines.push(format!("{stamped} heads have time stamps of an authority that is believed"));
    }
    if *stamped_by_unknown > 0 {
        lines.push(format!("{stamped_by_unknown} heads have time stamps, and nothing here says whose (give --tsa)"));
    }
    if waiting > 0 {
        lines.push(format!(
            "{waiting} heads have no time stamp yet: since when they are there is the provider's own word"
        ));
    }
    lines
}
