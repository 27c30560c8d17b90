//! `sigillo directory`: the index fetched by hand, our record published, an operator's service.

use std::process::ExitCode;

use config::operator::OperatorConfig;
use directory::{Index, differences};
use fetch::keep;
use index::{once, record};
use provider::{Clock, SystemClock};
use store::{Embedded, Principals};

use crate::administer::load;
use crate::cli::{DirectoryCommand, FetchIndexOptions, PublishOptions};
use crate::exit::{self, Failed};
use crate::operator;
use crate::serve::build;

/// Runs the command.
pub async fn run(command: DirectoryCommand) -> ExitCode {
    let ended = match command {
        DirectoryCommand::Fetch(options) => fetch(&options).await,
        DirectoryCommand::Publish(options) => publish(&options).await,
        DirectoryCommand::Serve { config, once, until_stdin_closes } => match OperatorConfig::load(&config) {
            Ok(config) => return operator::run(config, once, until_stdin_closes).await,
            Err(error) => Err(error.into()),
        },
    };
    exit::done(ended)
}

/// One fetch by hand: the same checks as the daily one, and every change printed.
async fn fetch(options: &FetchIndexOptions) -> Result<(), Failed> {
    let settings = load(&options.config)?.directory;
    let fetched = once::by_hand(&settings, SystemClock.now()).await?;
    for change in &fetched.changes {
        output::say!("{change}");
    }
    let (records, signed) = (fetched.copy.index.records().len(), pec::Moment::from_unix(fetched.copy.signed));
    output::say!("{records} records, {} changes, signed {signed}", fetched.changes.len());
    if !options.force {
        fetched.check()?;
    }
    if options.dry_run {
        output::say!("nothing was written: this is a dry run");
        return Ok(());
    }
    fetched.keep()?;
    output::say!("{}", settings.file.display());
    Ok(())
}

/// Our own record, signed [R-4.5-c].
async fn publish(options: &PublishOptions) -> Result<(), Failed> {
    let config = load(&options.config)?;
    let domains = Embedded::look(&config.store.path)?.domains().await?;
    let domains = domains.into_iter().map(|domain| domain.name).collect();
    let Some(publisher) = config.publisher(domains) else {
        let why = "the configuration has no [directory.publish]: its url is the address where our file will be served";
        return Err(Failed::new(exit::CONFIG, why));
    };
    let signer = build::signer_of(&config.signing)?;
    let own = record::own(&publisher, &*signer, &options.also_certificate)?;
    let at = SystemClock.now().unix();
    let file = record::signed(&own, &*signer, at)?;
    keep::replace(&options.out, &file)
        .map_err(|error| Failed::new(exit::CANT_CREATE, format!("{}: {error}", options.out.display())))?;
    for difference in differences(&Index::default(), &own) {
        output::say!("{difference}");
    }
    output::say!("{}, signed {}", options.out.display(), pec::Moment::from_unix(at));
    Ok(())
}
