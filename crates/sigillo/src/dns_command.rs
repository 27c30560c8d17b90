//! `sigillo dns`: the records of a domain printed or checked, and the files by which mail programs set themselves up.

use std::path::Path;
use std::process::ExitCode;

use config::{Config, is_domain};
use seal::Certificate;
use setup::{Offer, State, check, files, outcome, records, zone};
use smtp::Proofs;

use crate::cli::DnsOptions;
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
    if let Some(folder) = &options.files {
        write(&offer, folder)?;
        return Ok(ExitCode::SUCCESS);
    }
    if options.check {
        let dns = build::name_servers(&config, &Proofs::Ignored)?;
        let findings = check(&offer, &dns).await;
        for finding in &findings {
            output::say!("{}", if options.json { finding.json().to_string() } else { finding.words() });
        }
        return Ok(match outcome(&findings) {
            State::Right => ExitCode::SUCCESS,
            State::Unknown => ExitCode::from(exit::UNAVAILABLE),
            State::Missing | State::Other => ExitCode::from(1),
        });
    }
    if options.json {
        records(&offer).iter().for_each(|record| output::say!("{}", record.json()));
    } else {
        zone(&offer).iter().for_each(|line| output::say!("{line}"));
    }
    Ok(ExitCode::SUCCESS)
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
    let failed = |error: String| Failed::new(exit::CONFIG, format!("{}: {error}", file.display()));
    let pem = std::fs::read(file).map_err(|error| failed(error.to_string()))?;
    let chain = Certificate::from_pem(&pem).map_err(|error| failed(error.to_string()))?;
    offer.key_sha256 = chain.first().map(Certificate::key_sha256_hex);
    Ok(offer)
}

/// Writes the files of a web server below a folder, and says where each is asked for.
fn write(offer: &Offer, folder: &Path) -> Result<(), Failed> {
    for file in files(offer) {
        let path = folder.join(&file.path);
        let made =
            path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&path, &file.text));
        made.map_err(|error| Failed::new(exit::CANT_CREATE, format!("{}: {error}", path.display())))?;
        output::say!("{}  {}  {}", path.display(), file.url, file.media);
    }
    Ok(())
}
