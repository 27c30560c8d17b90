//! `sigillo directory`: the index fetched by hand, our record published, an operator's service.

use std::process::ExitCode;

use config::operator::OperatorConfig;
use directory::{Index, differences};
use fetch::keep;
use index::command::{DirectoryCommand, FetchOptions, PublishOptions};
use index::record;
use provider::{Clock, SystemClock};
use store::{Embedded, Principals};

use crate::administer::load;
use crate::exit::{self, Failed};
use crate::operator;
use crate::serve::build;

/// Runs the command.
pub async fn run(command: DirectoryCommand) -> ExitCode {
    let ended = match command {
        DirectoryCommand::Fetch(options) => fetch(&options).await,
        DirectoryCommand::Publish(options) => publish(&options).await,
        DirectoryCommand::Serve(options) => match OperatorConfig::load(&options.config) {
            Ok(config) => return operator::run(config, options.once, options.until_stdin_closes).await,
            Err(error) => Err(error.into()),
        },
    };
    exit::done(ended)
}

async fn fetch(options: &FetchOptions) -> Result<(), Failed> {
    let settings = load(&options.config)?.directory;
    Ok(options.run(&settings, SystemClock.now()).await?)
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
