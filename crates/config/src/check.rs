//! What must hold between the values of a configuration.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pec::Address;
use pec::formal::{LEGAL_PRODUCT, LEGAL_RECIPIENTS};

use crate::file::File;
use crate::folder::Folder;
use crate::limits::DoorLimits;
use crate::provider::Config;
use crate::signing::warnings;
use crate::source::{ConfigError, Source};
use crate::tables::{Provider, Relay};
use crate::value::{DAY, at_most, positive};

type Checked = Result<(), ConfigError>;

/// Octets a second below which a round of the store's check would never end.
const SLOWEST: usize = 64 << 10;

/// Checks a file as it was written and gives the configuration, with paths joined to `folder`.
pub(crate) fn check(file: File, folder: &Path, source: &Arc<Source>) -> Result<Config, ConfigError> {
    let at = Folder { path: folder, source };
    provider(&file.provider, source)?;
    doors(&file, source)?;
    file.imap.check("imap", Duration::from_secs(1800), source)?;
    file.pop3.check("pop3", Duration::from_secs(600), source)?;
    file.web.check(source)?;
    limits(&file.smtp.limits, source)?;
    file.mailboxes.check(source)?;
    relay(&file.relay, source)?;
    if file.dns.trust_anchors.is_some() && !file.dns.dnssec {
        return Err(
            source.error_at(&["dns", "trust_anchors"], "expected dns.dnssec = true too: nothing is proven otherwise")
        );
    }
    positive(file.ordinary.authenticate_timeout, &["ordinary", "authenticate_timeout"], source)?;
    let mut config = Config {
        signing: file.signing.check(&at)?,
        provider: file.provider,
        trust: file.trust,
        revocation: file.revocation.check(folder, source)?,
        directory: file.directory.check(&at, file.retention.evidence)?,
        store: file.store,
        smtp: file.smtp,
        imap: file.imap,
        imap_extensions: file.imap_extensions,
        pop3: file.pop3,
        web: file.web,
        mailboxes: file.mailboxes,
        quota: file.quota,
        tokens: file.tokens.map(|tokens| tokens.check(&at)).transpose()?,
        relay: file.relay,
        dns: file.dns,
        ordinary: file.ordinary,
        scanner: file.scanner.check(folder, source)?,
        infected: file.infected,
        evidence: file.evidence,
        timestamps: file.timestamps.map(|timestamps| timestamps.check(&at)).transpose()?,
        privacy: file.privacy,
        retention: file.retention,
        receipts: file.receipts,
        log: file.log,
        clock: file.clock.check(source)?,
        admin: file.admin,
        control: file.control,
        shutdown: file.shutdown,
        source: source.clone(),
    };
    at.existing([&mut config.trust.anchors], &["trust", "anchors"])?;
    at.existing(&mut config.trust.intermediates, &["trust", "intermediates"])?;
    let months = config.retention.evidence;
    if months < ::provider::points::quarantine::MONTHS {
        let what =
            format!("expected at least 30 months: the law keeps evidence so long [R-2.3-b]; found {months} months");
        return Err(source.error_at(&["retention", "evidence"], what));
    }
    if config.retention.accesses == 0 {
        let what = "expected at least 1 month: holders read in it who came to their mailbox";
        return Err(source.error_at(&["retention", "accesses"], what));
    }
    config.evidence.check(folder, source)?;
    if config.store.check_rate < SLOWEST {
        let found = config.store.check_rate;
        let what = format!(
            "expected at least {SLOWEST} octets a second; check_every = 0 switches the check off; found {found}"
        );
        return Err(source.error_at(&["store", "check_rate"], what));
    }
    config.store.path = folder.join(&config.store.path);
    config.smtp.guard.check(&config.smtp.limits, &config.store.path, &at)?;
    at.existing([&mut config.smtp.tls.certificate], &["smtp", "tls", "certificate"])?;
    at.existing([&mut config.smtp.tls.key], &["smtp", "tls", "key"])?;
    let times = std::mem::take(&mut config.smtp.tls.warn_before);
    config.smtp.tls.warn_before = warnings(times, &["smtp", "tls", "warn_before"], source)?;
    at.existing(&mut config.relay.tls_roots, &["relay", "tls_roots"])?;
    at.existing(&mut config.dns.trust_anchors, &["dns", "trust_anchors"])?;
    config.control.socket = match config.control.socket.as_os_str().is_empty() {
        true => config.store.path.join("control.sock"),
        false => folder.join(&config.control.socket),
    };
    Ok(config)
}

fn provider(provider: &Provider, source: &Source) -> Checked {
    let at = |key: &str, what: String| Err(source.error_at(&["provider", key], what));
    if provider.name.trim().is_empty() {
        return at("name", "expected the provider's name as in the index, found an empty text".into());
    }
    for (key, address) in [("service_address", &provider.service_address), ("mail_receipt", &provider.mail_receipt)] {
        own(address, key, source)?;
    }
    if provider.service_address == provider.mail_receipt {
        let what = "expected another address than service_address: notices would come back to their sender";
        return at("mail_receipt", what.into());
    }
    Ok(())
}

/// Our own two addresses are dot-atoms: the index demands the form (§4.5.4). That their domains are hosted [R-7-a] is seen
/// when the store is there.
fn own(address: &Address, key: &str, source: &Source) -> Checked {
    if address.as_str().starts_with('"') {
        return Err(source.error_at(&["provider", key], format!("expected an address without quotes, found {address}")));
    }
    Ok(())
}

fn doors(file: &File, source: &Source) -> Checked {
    let File { smtp, imap, pop3, web, .. } = file;
    let of_mail = [
        (["smtp", "incoming", "listen"], &smtp.incoming.listen),
        (["smtp", "submission", "listen"], &smtp.submission.listen),
        (["smtp", "submission_tls", "listen"], &smtp.submission_tls.listen),
    ];
    if of_mail.iter().all(|(_, addresses)| addresses.is_empty()) {
        return Err(source.error_at(&["smtp"], "expected a listen address for at least one door: all are shut"));
    }
    let mut doors: Vec<(Vec<&str>, _)> = of_mail.iter().map(|(key, addresses)| (key.to_vec(), *addresses)).collect();
    doors.extend([(vec!["imap", "listen"], &imap.listen), (vec!["imap", "listen_tls"], &imap.listen_tls)]);
    doors.extend([(vec!["pop3", "listen"], &pop3.listen), (vec!["pop3", "listen_tls"], &pop3.listen_tls)]);
    doors.push((vec!["web", "listen"], &web.listen));
    doors.extend(file.evidence.publish.as_ref().map(|door| (vec!["evidence", "publish", "listen"], &door.listen)));
    let mut taken = BTreeMap::new();
    for (key, addresses) in &doors {
        for (index, address) in addresses.iter().enumerate() {
            // Port 0 is a new port each time.
            let first = if address.port() == 0 { None } else { taken.insert(*address, key) };
            if let Some(first) = first {
                let what = format!("{address} is taken by {} already", first.join("."));
                let index = index.to_string();
                let place: Vec<&str> = key.iter().copied().chain([index.as_str()]).collect();
                return Err(source.error_at(&place, what));
            }
        }
    }
    Ok(())
}

fn limits(limits: &DoorLimits, source: &Source) -> Checked {
    let law = "the law guarantees it to every holder [R-L-12-2]";
    // RFC 5321 §4.5.3.1.4: a command line has up to 512 octets; §4.5.3.1.6: a text line up to 1000.
    let growth = limits.message.saturating_add(limits.message / 5 * 2);
    let largest = limits.refuse_above.max(limits.incoming_refuse_above);
    let minima = [
        ("line", limits.line, 512, "RFC 5321 §4.5.3.1.4"),
        ("header", limits.header, 8 << 10, "shorter headers occur in no real mail"),
        ("recipients", limits.recipients, LEGAL_RECIPIENTS, law),
        ("message", limits.message, LEGAL_PRODUCT, law),
        ("product", limits.product, LEGAL_PRODUCT, law),
        ("product", limits.product, limits.message, "smtp.limits.message would have no effect"),
        (
            "refuse_above",
            limits.refuse_above,
            limits.message,
            "the notice of non-acceptance is for messages between smtp.limits.message and this [R-3.1.1-h]",
        ),
        (
            "incoming_refuse_above",
            limits.incoming_refuse_above,
            growth,
            "envelopes and receipts hold a whole message and more: 1.4 times smtp.limits.message (Q-08)",
        ),
        ("in_flight", limits.in_flight, largest, "the largest message must fit"),
        ("errors", limits.errors as usize, 1, "nobody could say anything"),
        ("auth_failures", limits.auth_failures as usize, 1, "nobody could log in"),
        ("sessions", limits.sessions, 1, "nobody could connect"),
        ("sessions_per_peer", limits.sessions_per_peer, 1, "nobody could connect"),
        ("messages_per_minute", limits.messages_per_minute as usize, 1, "nobody could send"),
        ("incoming_messages_per_minute", limits.incoming_messages_per_minute as usize, 1, "nobody could send"),
    ];
    for (key, found, least, why) in minima {
        if found < least {
            let what = format!("expected at least {least}: {why}; found {found}");
            return Err(source.error_at(&["smtp", "limits", key], what));
        }
    }
    for (key, found) in [("idle", limits.idle), ("data", limits.data)] {
        positive(found, &["smtp", "limits", key], source)?;
        at_most(found, DAY, &["smtp", "limits", key], source)?;
    }
    Ok(())
}

fn relay(relay: &Relay, source: &Source) -> Checked {
    let at = |key: &str, what: String| Err(source.error_at(&["relay", key], what));
    for (key, found) in [("connections", relay.connections), ("window", relay.window)] {
        if found == 0 {
            return at(key, "expected at least 1, found 0".into());
        }
    }
    for (key, found) in [
        ("retry_first", relay.retry_first),
        ("lifetime", relay.lifetime),
        ("connect_timeout", relay.connect_timeout),
        ("command_timeout", relay.command_timeout),
        ("data_timeout", relay.data_timeout),
        ("certificates_remembered", relay.certificates_remembered),
    ] {
        positive(found, &["relay", key], source)?;
    }
    if relay.lifetime > DAY {
        let found = relay.lifetime.as_secs();
        return at("lifetime", format!("expected at most 24 hours [R-2.2.2-b], found {found} seconds"));
    }
    if relay.retry_max < relay.retry_first {
        return at("retry_max", "expected no less than relay.retry_first".into());
    }
    if relay.retry_max > relay.lifetime {
        return at("retry_max", "expected no more than relay.lifetime".into());
    }
    Ok(())
}
