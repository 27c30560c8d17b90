//! `sigillo directory`: the index fetched by hand, our record published, an operator's service.

use std::path::Path;
use std::process::ExitCode;

use config::Config;
use config::operator::OperatorConfig;
use directory::{Index, Reloadable, differences};
use fetch::keep;
use index::visit::visit;
use index::{Copy, Pinned, live, record};
use provider::{Clock, SystemClock};
use store::{Embedded, Principals};

use crate::cli::{DirectoryCommand, FetchIndexOptions, PublishOptions};
use crate::exit::{self, Failed, index_error, store_error};
use crate::operator;
use crate::serve::build;

/// Runs the command.
pub async fn run(command: DirectoryCommand) -> ExitCode {
    let ended = match command {
        DirectoryCommand::Fetch(options) => fetch(&options).await,
        DirectoryCommand::Publish(options) => publish(&options).await,
        DirectoryCommand::Serve { config, once, until_stdin_closes } => match OperatorConfig::load(&config) {
            Ok(config) => return operator::run(config, once, until_stdin_closes).await,
            Err(error) => Err((exit::CONFIG, error.to_string())),
        },
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, why)) => exit::fail(code, why),
    }
}

fn load(path: &Path) -> Result<Config, Failed> {
    Config::load(path).map_err(|error| (exit::CONFIG, error.to_string()))
}

/// One fetch by hand: the same checks as the daily one, and every change printed.
async fn fetch(options: &FetchIndexOptions) -> Result<(), Failed> {
    let config = load(&options.config)?.directory;
    let Some(source) = &config.source else {
        return Err((exit::CONFIG, "the configuration has no directory.url: there is nothing to fetch".into()));
    };
    let held = match config.file.exists() {
        true => Some(live::read(&config).map_err(|error| (exit::DATA, error.to_string()))?),
        false => None,
    };
    let visited = visit(&source.url, &source.fetching, None).await;
    let visited = visited.map_err(|error| (exit::UNAVAILABLE, error.to_string()))?;
    let refused = |error: String| (exit::DATA, format!("{}: {error}", source.url));
    let unbelieved = |error: index::IndexError| refused(error.to_string());
    let pinned = Pinned::read(&config.signer).map_err(index_error)?;
    let copy = Copy::open(visited.unwrap_or_default(), &pinned).map_err(unbelieved)?;
    let signed = held.as_ref().map_or(0, |held| held.signed);
    copy.may_follow(signed, SystemClock.now()).map_err(unbelieved)?;
    let old = held.map(|held| held.index).unwrap_or_default();
    let changes = differences(&old, &copy.index);
    for change in &changes {
        output::say!("{change}");
    }
    let records = copy.index.records().len();
    output::say!("{records} records, {} changes, signed {}", changes.len(), pec::Moment::from_unix(copy.signed));
    if !options.force {
        Reloadable::new(old).check(&copy.index).map_err(|error| {
            refused(format!("{error}: look at the changes, then use --force and restart the provider"))
        })?;
    }
    if options.dry_run {
        output::say!("nothing was written: this is a dry run");
        return Ok(());
    }
    live::write(&config.file, &copy.octets).map_err(index_error)?;
    output::say!("{}", config.file.display());
    Ok(())
}

/// Our own record, signed [R-4.5-c].
async fn publish(options: &PublishOptions) -> Result<(), Failed> {
    let config = load(&options.config)?;
    let domains = Embedded::look(&config.store.path).map_err(store_error)?.domains().await.map_err(store_error)?;
    let domains = domains.into_iter().map(|domain| domain.name).collect();
    let Some(publisher) = config.publisher(domains) else {
        let why = "the configuration has no [directory.publish]: its url is the address where our file will be served";
        return Err((exit::CONFIG, why.into()));
    };
    let signer = build::signer_of(&config.signing)?;
    let own = record::own(&publisher, &*signer, &options.also_certificate).map_err(index_error)?;
    let at = SystemClock.now().unix();
    let file = record::signed(&own, &*signer, at).map_err(index_error)?;
    keep::replace(&options.out, &file)
        .map_err(|error| (exit::CANT_CREATE, format!("{}: {error}", options.out.display())))?;
    for difference in differences(&Index::default(), &own) {
        output::say!("{difference}");
    }
    output::say!("{}, signed {}", options.out.display(), pec::Moment::from_unix(at));
    Ok(())
}
