//! `sigillo dns`: the records of a domain printed or checked, and the files by which mail programs set themselves up.

use std::path::Path;
use std::process::ExitCode;

use config::{Config, is_domain};
use seal::Certificate;
use setup::{Finding, Offer, Record, State, check, files, records};
use smtp::{Dns, Proofs};

use crate::cli::DnsOptions;
use crate::exit::{self, Failed};

/// Runs the command; the exit code of a check is 1 when what is needed is not right, 69 when that is not known.
pub async fn run(options: &DnsOptions) -> ExitCode {
    match answer(options).await {
        Ok(code) => code,
        Err((code, why)) => exit::fail(code, why),
    }
}

async fn answer(options: &DnsOptions) -> Result<ExitCode, Failed> {
    let config = Config::load(&options.config).map_err(|error| (exit::CONFIG, error.to_string()))?;
    let offer = offer(&config, options)?;
    if let Some(folder) = &options.files {
        write(&offer, folder)?;
        return Ok(ExitCode::SUCCESS);
    }
    if options.check {
        let servers = &config.dns.servers;
        let dns =
            if servers.is_empty() { Dns::system(&Proofs::Ignored) } else { Dns::servers(servers, &Proofs::Ignored) };
        let dns = dns.map_err(|error| (exit::CONFIG, config.error_at(&["dns"], error.to_string()).to_string()))?;
        return Ok(told(&check(&offer, &dns).await, options.json));
    }
    print(&offer, options.json);
    Ok(ExitCode::SUCCESS)
}

/// What the configuration offers, and what the command line says beside it.
fn offer(config: &Config, options: &DnsOptions) -> Result<Offer, Failed> {
    for name in [Some(&options.domain), options.web.as_ref()].into_iter().flatten() {
        if !is_domain(name) {
            return Err((exit::USAGE, format!("expected a domain name, found {name:?}")));
        }
    }
    let mut offer = config.offer(&options.domain);
    if let Some(web) = &options.web {
        offer.web = web.to_ascii_lowercase();
    }
    if let Some(reports) = &options.reports {
        let address = pec::Address::parse(reports).map_err(|error| (exit::USAGE, error.to_string()))?;
        offer.reports = address.as_str().to_owned();
    }
    offer.authority.clone_from(&options.authority);
    let file = &config.smtp.tls.certificate;
    let failed = |error: String| (exit::CONFIG, format!("{}: {error}", file.display()));
    let pem = std::fs::read(file).map_err(|error| failed(error.to_string()))?;
    let chain = Certificate::from_pem(&pem).map_err(|error| failed(error.to_string()))?;
    offer.key_sha256 = chain.first().map(Certificate::key_sha256_hex);
    Ok(offer)
}

/// The lines of a zone file. What is not in the domain's zone is a comment there.
fn print(offer: &Offer, json: bool) {
    for record in records(offer) {
        if json {
            output::say!("{}", as_json(&record));
            continue;
        }
        let line = record.line();
        let foreign = !line.starts_with(';') && !record.is_in(&offer.domain);
        output::say!("{}{line}", if foreign { "; " } else { "" });
    }
}

fn as_json(record: &Record) -> serde_json::Value {
    serde_json::json!({
        "name": record.name,
        "type": record.kind.to_string(),
        "value": record.value,
        "needed": record.needed,
        "purpose": record.purpose,
    })
}

fn told(findings: &[Finding], json: bool) -> ExitCode {
    for Finding { record, state, found, todo } in findings {
        if json {
            let mut line = as_json(record);
            line["result"] = state.name().into();
            line["found"] = found.clone().into();
            line["todo"] = todo.clone().into();
            output::say!("{line}");
            continue;
        }
        let needed = if record.needed || *state == State::Right { "" } else { " (advised)" };
        let found = output::printable(&found.join(" | "));
        output::say!("{}{needed}: {} {}: {}", state.name(), record.name, record.kind, record.purpose);
        if *state != State::Right && !found.is_empty() {
            output::say!("    found: {found}");
        }
        if !todo.is_empty() {
            output::say!("    {}", output::printable(todo));
        }
    }
    let needed = |state| findings.iter().any(|finding| finding.record.needed && finding.state == state);
    match () {
        () if needed(State::Missing) || needed(State::Other) => ExitCode::from(1),
        () if needed(State::Unknown) => ExitCode::from(exit::UNAVAILABLE),
        () => ExitCode::SUCCESS,
    }
}

/// Writes the files of a web server below a folder, and says where each is asked for.
fn write(offer: &Offer, folder: &Path) -> Result<(), Failed> {
    for file in files(offer) {
        let path = folder.join(&file.path);
        let made =
            path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&path, &file.text));
        made.map_err(|error| (exit::CANT_CREATE, format!("{}: {error}", path.display())))?;
        output::say!("{}  {}  {}", path.display(), file.url, file.media);
    }
    Ok(())
}
