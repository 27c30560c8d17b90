//! `sigillo serve --check`: everything that a start reads is read, and said line by line. No port is taken, nothing is
//! fetched or written, and a provider that runs is not disturbed.

use std::process::ExitCode;
use std::sync::Arc;

use config::{Config, ScannerKind};
use index::door;
use output::quantity::show_octets;
use pec::Moment;
use provider::house;
use provider::{Clock, SystemClock};
use seal::{KeySource, Signer, WatchedSigner, profile};
use store::{Embedded, Principals, Upkeep};

use super::build;
use crate::exit::{self, Failed};

/// What was found at one thing.
enum Found {
    Well(String),
    /// A start would go on, and an operator should look.
    Doubt(String),
    /// A start would end.
    Wrong(Failed),
}

use Found::{Doubt, Well, Wrong};

/// Looks at everything; the exit code is 0, or that with which a start would end.
pub(super) async fn run(config: &Config, json: bool) -> ExitCode {
    let mut code = 0;
    let mut say = |about: &str, found: Found| {
        let (word, what) = match found {
            Well(what) => ("ok", what),
            Doubt(what) => ("warning", what),
            Wrong(failed) => {
                // The first is the one at which a start would end.
                code = if code == 0 { failed.code() } else { code };
                ("wrong", failed.to_string())
            }
        };
        if json {
            output::say!("{}", serde_json::json!({ "about": about, "result": word, "what": what }));
        } else {
            output::say!("{word}: {about}: {}", what.replace(char::is_control, " "));
        }
    };
    say("configuration", Well("every key is known, and every value is possible".into()));
    for file in config.secrets_open_to_all() {
        say("secrets", Doubt(format!("every user of this machine may read {}: chmod o-r", file.display())));
    }
    let signer = key(config, &mut say).await;
    say("trust", outcome(build::trust(config), |_| "the authorities are certificates".into()));
    index(config, signer.as_deref(), &mut say);
    if let Some(signer) = &signer {
        let revocation = build::revocation(config, signer.as_ref());
        say(
            "revocation",
            outcome(revocation, |_| format!("{} further lists; none was asked for", config.revocation.lists.len())),
        );
    }
    doors(config, &mut say);
    let transport = build::relayed_by(config);
    say("relay", outcome(transport, |_| format!("{} routes; nobody was asked", config.relay.routes.len())));
    say(
        "scanner",
        match &config.scanner.kind {
            ScannerKind::Clamd { address, .. } => Well(format!("clamd at {address}; it was not asked")),
            ScannerKind::None => Doubt("messages are not scanned for viruses; a provider must (RFC 6109 §5.4)".into()),
        },
    );
    timestamps(config, &mut say);
    match store(config).await {
        Ok(found) => found.into_iter().for_each(|one| say("store", one)),
        Err(failed) => say("store", Wrong(failed)),
    }
    ExitCode::from(code)
}

fn outcome<T>(read: Result<T, Failed>, words: impl FnOnce(&T) -> String) -> Found {
    match read {
        Ok(read) => Well(words(&read)),
        Err(failed) => Wrong(failed),
    }
}

/// The key signs, and its certificate is this provider's.
async fn key(config: &Config, say: &mut impl FnMut(&str, Found)) -> Option<Arc<dyn Signer>> {
    let signer: Arc<dyn Signer> = match build::signer(config) {
        Ok(signer) => Arc::new(WatchedSigner::new(signer, Arc::new(SystemClock))),
        Err(failed) => {
            say("signing", Wrong(failed));
            return None;
        }
    };
    let where_from = match &config.signing.source {
        KeySource::Pem { key, .. } => key.display().to_string(),
        KeySource::Pkcs12 { file, .. } => file.display().to_string(),
        KeySource::Device { device, .. } => format!("the device of {}", device.module.display()),
    };
    let signing = signer.clone();
    let signed = tokio::task::spawn_blocking(move || signing.sign(b"sigillo serve --check")).await;
    let signed = signed.map_err(|error| error.to_string()).and_then(|signed| signed.map_err(|error| error.to_string()));
    let until = Moment::from_unix(signer.certificate().not_after());
    match signed {
        Ok(_) => say("signing", Well(format!("the key of {where_from} signs; its certificate lasts until {until}"))),
        // A start goes on and puts messages off; nobody wants one that does.
        Err(why) => {
            say("signing", Wrong(Failed::new(exit::UNAVAILABLE, config.error_at(&["signing"], why).to_string())))
        }
    }
    if let Err(unfit) = house::certified(signer.certificate(), &config.provider.service_address) {
        say("signing", Wrong(build::not_ours(config, unfit)));
    }
    for deviation in profile::deviations(signer.certificate(), Some(&config.provider.name)) {
        say("signing", Doubt(format!("the certificate deviates from RFC 6109 §5.5: {deviation}")));
    }
    if let Ok(trust) = build::trust(config)
        && let Err(error) = trust.path(signer.certificate(), signer.issuers(), signer.certificate().not_before())
    {
        say("signing", Doubt(format!("our own trust does not hold our certificate: {error}")));
    }
    Some(signer)
}

/// The copy of the index, and whether we stand in it.
fn index(config: &Config, signer: Option<&dyn Signer>, say: &mut impl FnMut(&str, Found)) {
    let settings = &config.directory;
    if settings.source.is_some() && !settings.file.exists() {
        say("index", Doubt(format!("{} is not there yet: the first start fetches it", settings.file.display())));
        return;
    }
    let index = match build::index(config) {
        Ok(index) => index,
        Err(failed) => return say("index", Wrong(failed)),
    };
    let now = SystemClock.now();
    let words = format!("{} was signed {} seconds ago", settings.file.display(), index.age(now));
    say("index", if index.is_old(now) { Doubt(format!("{words}: it is old")) } else { Well(words) });
    if signer.is_some_and(|signer| !house::is_listed(&config.provider.name, signer.certificate(), &index)) {
        say("index", Doubt("it does not hold our certificate under our name: others will refuse us".into()));
    }
}

/// Who stamps the heads of the evidence.
fn timestamps(config: &Config, say: &mut impl FnMut(&str, Found)) {
    let words = match (build::stamps(config), &config.timestamps) {
        (Err(failed), _) => Wrong(failed),
        (Ok(_), Some(timestamps)) => {
            let urls = timestamps.settings.authorities.iter().map(|authority| authority.url.as_str());
            Well(format!("{}; nobody was asked", urls.collect::<Vec<_>>().join(", then ")))
        }
        (Ok(_), None) => Well("no authority is named: heads of the evidence get no time stamps".into()),
    };
    say("timestamps", words);
}

/// The certificates of the doors, and where they will be.
fn doors(config: &Config, say: &mut impl FnMut(&str, Found)) {
    let mut pairs = vec![build::pair(config)];
    if let Some(serve) = config.directory.publish.as_ref().and_then(|publish| publish.serve.as_ref()) {
        let at = |failed: Failed| failed.said(|why| config.error_at(&["directory", "publish", "serve"], why));
        pairs.push(door::tls(serve).map(|(_, pair)| pair).map_err(|error| at(Failed::from(error))));
    }
    for pair in pairs {
        let left = |until: i64| until - SystemClock.now().unix();
        say(
            "tls",
            match pair {
                Err(failed) => Wrong(failed),
                Ok(pair) => {
                    let words =
                        format!("{} lasts until {}", pair.certificate().display(), Moment::from_unix(pair.until()));
                    let is_soon = |before: &std::time::Duration| left(pair.until()) <= before.as_secs() as i64;
                    match left(pair.until()) {
                        ..0 => Wrong(Failed::new(exit::CONFIG, format!("{words}: it has ended"))),
                        _ if config.smtp.tls.warn_before.iter().any(is_soon) => Doubt(words),
                        _ => Well(words),
                    }
                }
            },
        );
    }
    let smtp = &config.smtp;
    let ports = [&smtp.incoming, &smtp.submission, &smtp.submission_tls].into_iter().flat_map(|door| &door.listen);
    let ports: Vec<String> = ports.chain(&config.admin.listen).map(ToString::to_string).collect();
    say("ports", Well(format!("{} are named; none was tried", ports.join(", "))));
}

/// The store: its mark, its version, and that it is this provider's.
async fn store(config: &Config) -> Result<Vec<Found>, Failed> {
    let folder = config.store.path.clone();
    let at = |failed: Failed| failed.said(|why| config.error_at(&["store", "path"], why));
    let looked = tokio::task::spawn_blocking(move || Embedded::look(&folder)).await;
    let looked = looked.map_err(|error| Failed::new(exit::SOFTWARE, error))?;
    let store = looked.map_err(|error| at(Failed::from(error)))?;
    let own = &config.provider;
    let fits = house::fits(&*store, &own.service_address, &own.mail_receipt).await;
    let is_whole = fits.map_err(|unfit| build::not_ours(config, unfit))?;
    let figures = store.figures().await.map_err(|error| at(Failed::from(error)))?;
    let domains = store.domains().await.map_err(|error| at(Failed::from(error)))?.len();
    let mut found = vec![Well(format!(
        "{} is a store of this version with {domains} domains, {} mailboxes and {} messages",
        config.store.path.display(),
        figures.mailboxes,
        figures.messages
    ))];
    if !is_whole {
        found.push(Doubt(format!(
            "the service mailbox {} is not there yet: the start makes it",
            config.provider.mail_receipt
        )));
    }
    match figures.disk_free {
        Some(free) if free < config.store.free_alarm as u64 => {
            found.push(Doubt(format!("only {} are free on its disk", show_octets(free))));
        }
        Some(_) => {}
        None => found.push(Doubt("nobody knows how much is free on its disk".into())),
    }
    Ok(found)
}
