//! `sigillo evidence heads`, `prove` and `check`: the command line's words for what is done here. These look into the store
//! beside a provider that runs or not, and change nothing.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Subcommand;
use control::command::{Common, Ended};
use control::{Fault, Refused};
use pec::{Identifier, Moment};
use proof::LogId;
use proof::head::Head;
use seal::{StampError, TimeStamp};
use serde_json::{Value, json};
use store::{Embedded, HeadQuery, SealedHead, Seals as _};

use crate::{Checked, Judge, Proven, SealingError, Trace, Wanted, check, prove};

/// Heads that are read at once.
const HEADS: usize = 200;

/// What is asked of what seals the trace.
#[derive(Clone, Debug, Subcommand)]
pub enum SealingCommand {
    /// Check all rows against the signed heads that seal them; names what was altered, is missing or was added
    Check {
        /// What every command takes.
        #[command(flatten)]
        common: Common,
    },
    /// List the signed heads that seal the evidence
    Heads {
        /// What every command takes.
        #[command(flatten)]
        common: Common,
        /// Of this log only
        #[arg(long, value_name = "LOG")]
        log: Option<u32>,
    },
    /// Write a file that proves to anybody what the trace has: 'sigillo verify FILE' says what, without this provider
    Prove {
        /// The provider's configuration
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// A message, by its PEC identifier, or one row as `list` shows it: 1/4711
        #[arg(value_name = "IDENTIFIER|LOG/NUMBER")]
        what: String,
        /// The file to write, which does not exist yet
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

impl SealingCommand {
    /// The provider's configuration.
    pub fn config(&self) -> &Path {
        match self {
            Self::Check { common } | Self::Heads { common, .. } => &common.config,
            Self::Prove { config, .. } => config,
        }
    }

    /// Does it with the store in this folder, and says on standard output what came of it.
    pub async fn run(self, store: &Path, judge: Judge) -> Result<Ended, Refused> {
        let path = store.to_owned();
        let store = tokio::task::spawn_blocking(move || Embedded::look(&path)).await??;
        match self {
            Self::Check { common } => checked(Trace::of(store), &judge, common.json).await,
            Self::Heads { common, log } => heads(&store, log.map(LogId), common.json).await,
            Self::Prove { what, out, .. } => proved(Trace::of(store), &wanted(&what), &out).await,
        }
    }
}

/// A row as `list` shows it, or else the identifier of a message.
fn wanted(text: &str) -> Wanted {
    let row = text.split_once('/').and_then(|(log, number)| Some((log.parse().ok()?, number.parse().ok()?)));
    row.map_or_else(
        || Wanted::Message(Identifier::from(text.trim_matches(['<', '>']).to_owned())),
        |(log, number)| Wanted::Row(LogId(log), number),
    )
}

async fn heads(store: &Arc<Embedded>, log: Option<LogId>, json: bool) -> Result<Ended, Refused> {
    let mut query = HeadQuery { log, limit: HEADS, ..HeadQuery::default() };
    loop {
        let page = store.heads(query).await?;
        page.iter().for_each(|head| say(head, json));
        match page.last() {
            Some(last) if page.len() == HEADS => query.after = Some((last.log, last.number)),
            _ => return Ok(Ended::Well),
        }
    }
}

fn say(kept: &SealedHead, json: bool) {
    let SealedHead { log, number, first, size, closed, at, text, stamp, .. } = kept;
    let state = if *closed { "closed" } else { "open" };
    let (stamp, last) = (stamp.clone().map(TimeStamp::read), first + size - 1);
    let (day, root) = Head::read(text)
        .map_or_else(|_| ("unreadable".to_owned(), None), |head| (head.day, Some(hex::encode(head.root))));
    if json {
        let item = json!({
            "type": "head", "log": log.0, "number": number, "day": day, "first": first, "last": last, "rows": size,
            "state": state, "at": at.to_string(), "root": root, "stamp": stamp.map(stamp_item),
        });
        output::say!("{item}");
    } else {
        let stamp = match stamp {
            None => "not stamped".to_owned(),
            Some(Ok(stamp)) => {
                format!("stamped {} by {}", Moment::from_unix(stamp.time()), stamp.signer().subject())
            }
            Some(Err(error)) => format!("stamped, but {error}"),
        };
        output::say!("log {} head {number} of {day}: rows {first} to {last}, {state}, made {at}, {stamp}", log.0);
    }
}

/// A head's time stamp in JSON; whether it is of the head `check` says.
fn stamp_item(read: Result<TimeStamp, StampError>) -> Value {
    match read {
        Ok(stamp) => json!({
            "at": Moment::from_unix(stamp.time()).to_string(), "by": stamp.signer().subject(),
            "serial": stamp.serial_hex(), "policy": stamp.policy(),
        }),
        Err(error) => json!({ "error": error.to_string() }),
    }
}

async fn proved(trace: Trace, wanted: &Wanted, out: &Path) -> Result<Ended, Refused> {
    let Proven { file, unsealed, cut } = prove(&trace, wanted).await?;
    let waiting = match unsealed.first() {
        Some((log, row)) => format!("{} rows, the first {}/{row}, have no head yet", unsealed.len(), log.0),
        None => String::new(),
    };
    let Some(file) = file else {
        let why = if unsealed.is_empty() {
            "there is no evidence about this message here".into()
        } else {
            format!("{waiting}: ask again when [evidence] heads has passed, while the provider runs")
        };
        return Err(Refused::new(Fault::Unavailable, why));
    };
    write(out, &file.to_json())
        .map_err(|error| Refused::new(Fault::Unwritten, format!("{}: {error}", out.display())))?;
    output::say!("{}: {} rows proved; 'sigillo verify' verifies it", out.display(), file.rows.len());
    if !unsealed.is_empty() {
        output::say!("{waiting}: they are not in the file");
    }
    if cut {
        output::say!("there is more about this message than one file takes: the first rows are proved");
    }
    Ok(Ended::Well)
}

/// Nothing that is there is replaced.
fn write(out: &Path, text: &str) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(out)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

async fn checked(trace: Trace, judge: &Judge, json: bool) -> Result<Ended, Refused> {
    let Checked { heads, rows, expired, unsealed, stamped, count, faults, .. } = check(&trace, judge, &|_| ()).await?;
    for fault in &faults {
        match json {
            true => output::say!("{}", json!({ "type": "fault", "place": fault.place, "what": fault.what })),
            false => output::say!("{}: {}", fault.place, fault.what),
        }
    }
    match json {
        true => {
            let all = json!({
                "type": "sealed", "heads": heads, "stamped": stamped, "rows": rows, "expired": expired, "unsealed": unsealed,
                "faults": count,
            });
            output::say!("{all}");
        }
        false => {
            let all = if count == 0 { "all is what was sealed".to_owned() } else { format!("{count} faults") };
            output::say!(
                "{all}: {heads} heads, {stamped} of them with a time stamp, {rows} rows; {expired} rows expired, {unsealed} rows not sealed yet"
            );
        }
    }
    Ok(if count == 0 { Ended::Well } else { Ended::Faults })
}

impl From<SealingError> for Refused {
    fn from(error: SealingError) -> Self {
        let fault = match error {
            SealingError::Store(error) => return error.into(),
            SealingError::NoRow { .. } => Fault::Unavailable,
            SealingError::Missing { .. } | SealingError::NoSubject { .. } | SealingError::Damaged { .. } => {
                Fault::Damaged
            }
            SealingError::Key(_) | SealingError::Interrupted(_) => Fault::Program,
        };
        Self::new(fault, error.to_string())
    }
}
