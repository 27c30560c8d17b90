//! `sigillo evidence`: what seals the trace listed, rows proved to others, everything checked. These look into the store
//! beside a provider that runs or not, and change nothing.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use config::Config;
use pec::Identifier;
use proof::LogId;
use proof::head::Head;
use sealing::{Proven, SealingError, Trace, Wanted, check, prove};
use serde_json::json;
use store::{Embedded, HeadQuery, SealedHead, Seals as _};

use crate::administer::{self, load};
use crate::cli::EvidenceCommand;
use crate::exit::{self, Failed};

/// Heads that are read at once.
const HEADS: usize = 200;

/// Runs the command.
pub async fn run(command: EvidenceCommand) -> ExitCode {
    let ended = match command {
        EvidenceCommand::Administer(command) => return administer::run(command).await,
        EvidenceCommand::Heads { common, log } => match load(&common.config) {
            Ok(config) => heads(&config, log.map(LogId), common.json).await,
            Err(failed) => Err(failed),
        },
        EvidenceCommand::Prove { config, what, out } => match load(&config) {
            Ok(config) => proved(&config, &wanted(&what), &out).await,
            Err(failed) => Err(failed),
        },
        EvidenceCommand::Check { common } => match load(&common.config) {
            Ok(config) => checked(&config, common.json).await,
            Err(failed) => Err(failed),
        },
    };
    match ended {
        Ok(code) => code,
        Err(failed) => failed.end(),
    }
}

async fn look(config: &Config) -> Result<Arc<Embedded>, Failed> {
    let path = config.store.path.clone();
    match tokio::task::spawn_blocking(move || Embedded::look(&path)).await {
        Ok(looked) => Ok(looked?),
        Err(error) => Err(Failed::new(exit::SOFTWARE, error)),
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

async fn heads(config: &Config, log: Option<LogId>, json: bool) -> Result<ExitCode, Failed> {
    let store = look(config).await?;
    let mut query = HeadQuery { log, limit: HEADS, ..HeadQuery::default() };
    loop {
        let page = store.heads(query).await?;
        page.iter().for_each(|head| say(head, json));
        match page.last() {
            Some(last) if page.len() == HEADS => query.after = Some((last.log, last.number)),
            _ => return Ok(ExitCode::SUCCESS),
        }
    }
}

fn say(kept: &SealedHead, json: bool) {
    let SealedHead { log, number, first, size, closed, at, text, stamp, .. } = kept;
    let state = if *closed { "closed" } else { "open" };
    let (stamped, last) = (stamp.is_some(), first + size - 1);
    let (day, root) = Head::read(text)
        .map_or_else(|_| ("unreadable".to_owned(), None), |head| (head.day, Some(hex::encode(head.root))));
    if json {
        let item = json!({
            "type": "head", "log": log.0, "number": number, "day": day, "first": first, "last": last, "rows": size,
            "state": state, "at": at.to_string(), "root": root, "stamped": stamped,
        });
        output::say!("{item}");
    } else {
        let stamp = if stamped { "stamped" } else { "not stamped" };
        output::say!("log {} head {number} of {day}: rows {first} to {last}, {state}, made {at}, {stamp}", log.0);
    }
}

async fn proved(config: &Config, wanted: &Wanted, out: &Path) -> Result<ExitCode, Failed> {
    let trace = Trace::of(look(config).await?);
    let Proven { file, unsealed, cut } = prove(&trace, wanted).await.map_err(failed)?;
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
        return Err(Failed::new(exit::UNAVAILABLE, why));
    };
    write(out, &file.to_json())
        .map_err(|error| Failed::new(exit::CANT_CREATE, format!("{}: {error}", out.display())))?;
    output::say!("{}: {} rows proved; 'sigillo verify' verifies it", out.display(), file.rows.len());
    if !unsealed.is_empty() {
        output::say!("{waiting}: they are not in the file");
    }
    if cut {
        output::say!("there is more about this message than one file takes: the first rows are proved");
    }
    Ok(ExitCode::SUCCESS)
}

/// Nothing that is there is replaced.
fn write(out: &Path, text: &str) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(out)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

async fn checked(config: &Config, json: bool) -> Result<ExitCode, Failed> {
    let trace = Trace::of(look(config).await?);
    let found = check(&trace, &|_| ()).await.map_err(failed)?;
    for fault in &found.faults {
        match json {
            true => output::say!("{}", json!({ "type": "fault", "place": fault.place, "what": fault.what })),
            false => output::say!("{}: {}", fault.place, fault.what),
        }
    }
    let sealing::Checked { heads, rows, expired, unsealed, count, .. } = found;
    match json {
        true => {
            let all = json!({ "type": "sealed", "heads": heads, "rows": rows, "expired": expired, "unsealed": unsealed, "faults": count });
            output::say!("{all}");
        }
        false => {
            let all = if count == 0 { "all is what was sealed".to_owned() } else { format!("{count} faults") };
            output::say!("{all}: {heads} heads, {rows} rows; {expired} rows expired, {unsealed} rows not sealed yet");
        }
    }
    Ok(if count == 0 { ExitCode::SUCCESS } else { ExitCode::from(exit::DATA) })
}

fn failed(error: SealingError) -> Failed {
    let code = match error {
        SealingError::Store(error) => return error.into(),
        SealingError::NoRow { .. } => exit::UNAVAILABLE,
        SealingError::Missing { .. } | SealingError::Damaged { .. } => exit::DATA,
        SealingError::Key(_) | SealingError::Interrupted(_) => exit::SOFTWARE,
    };
    Failed::new(code, error)
}
