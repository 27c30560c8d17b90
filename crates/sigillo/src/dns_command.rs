//! `sigillo dns`: the records of a domain printed or checked, and the files by which mail programs set themselves up.

use std::process::ExitCode;

use config::{Config, is_domain};
use seal::Certificate;
use setup::command::DnsOptions;
use setup::{Offer, State};
use smtp::Proofs;

use crate::exit::{self, Failed};
use crate::serve::build;

/// Runs the command; the exit code of a check is 1 when what is needed is not right, 69 when that is not known.
pub async fn run(options: &DnsOptions) -> ExitCode {
    match answer(options).await {
        Ok(code) => code,
        Err(failed) => failed.end(),
    }
}

async fn answer(options: &DnsOptions) -> Result<ExitCode, Failed> {
    let config = Config::load(&options.config)?;
    let offer = offer(&config, options)?;
    if !options.check {
        options.print(&offer).map_err(|why| Failed::new(exit::CANT_CREATE, why))?;
        return Ok(ExitCode::SUCCESS);
    }
    let dns = build::name_servers(&config, &Proofs::Ignored)?;
    Ok(match options.check(&offer, &dns).await {
        State::Right => ExitCode::SUCCESS,
        State::Unknown => ExitCode::from(exit::UNAVAILABLE),
        State::Missing | State::Other => ExitCode::from(1),
    })
}

/// What the configuration offers, and what the command line says beside it.
fn offer(config: &Config, options: &DnsOptions) -> Result<Offer, Failed> {
    for name in [Some(&options.domain), options.web.as_ref()].into_iter().flatten() {
        if !is_domain(name) {
            return Err(Failed::new(exit::USAGE, format!("expected a domain name, found {name:?}")));
        }
    }
    let mut offer = config.offer(&options.domain);
    if let Some(web) = &options.web {
        offer.web = web.to_ascii_lowercase();
    }
    if let Some(reports) = &options.reports {
        let address = pec::Address::parse(reports).map_err(|error| Failed::new(exit::USAGE, error))?;
        offer.reports = address.as_str().to_owned();
    }
    offer.authority.clone_from(&options.authority);
    let file = &config.smtp.tls.certificate;
    let chain = Certificate::from_pem_file(file).map_err(|error| Failed::new(exit::CONFIG, error))?;
    offer.key_sha256 = chain.first().map(Certificate::key_sha256_hex);
    Ok(offer)
}
