//! The lines of health, in words.

use std::time::Duration;

use guard::{Budget, Class};
use output::quantity::{show_octets, show_time};
use pec::Moment;
use provider::relay::{self, HopStanding};
use provider::scanner::Trouble;
use revocation::SourceFailure;
use seal::watched::SigningTrouble;
use smtp::trust::alarms::Alarm;
use store::{Figures, Hop, IndexFigures};

use crate::shown::{ARRIVING, Admin, Readings, Room};

const DAY: i64 = 24 * 3600;
/// Hosts that a line names.
const SHOWN: usize = 8;
/// Peers that are named one by one.
const PEERS: usize = 5;
/// Age of a dispatch for a certified provider from which on it is trouble, seconds. Ordinary domains are none of ours: a slip
/// of a holder's finger waits there for a day.
const LATE: i64 = 3600;
/// Seconds by which the index for searches may be behind before it is told.
const INDEX_LATE: u64 = 600;

/// The lines of health, as docs/monitoring.md has them: `ok` or what is wrong, then facts.
pub fn lines(readings: &Readings, admin: &Admin) -> Vec<String> {
    let (now, figures) = (admin.provider.now(), &readings.figures);
    let standing = admin.own.standing(now.unix());
    let (signing, scanner, lists) =
        (admin.signer.trouble(), admin.provider.scanner_trouble(), admin.revocation.failures());
    let mut warnings = Vec::new();
    if figures.trouble.is_some() {
        warnings.push("messages cannot be stored".to_owned());
    }
    warnings.extend(reads(figures));
    warnings.extend(searches(&figures.search));
    warnings.extend(readings.unknown.iter().cloned());
    if figures.damage.is_some() || figures.damaged > 0 {
        warnings.push("what is kept is damaged in places: it is not given out".to_owned());
    }
    if signing.is_some() {
        warnings.push("messages cannot be signed".to_owned());
    }
    if scanner.is_some() {
        warnings.push("messages cannot be scanned for viruses".to_owned());
    }
    if admin.directory.is_too_old(now) {
        warnings.push("the copy of the index is too old: messages are put off".to_owned());
    } else if admin.directory.is_old(now) {
        warnings.push("the copy of the index is old".to_owned());
    }
    warnings.extend(standing.warning());
    if !lists.is_empty() {
        warnings.push("lists of revoked certificates cannot be renewed".to_owned());
    }
    warnings.extend(admin.sealer.as_ref().and_then(|sealer| sealer.trouble()));
    warnings.extend(admin.stamper.as_ref().and_then(|stamper| stamper.trouble()));
    warnings.extend(admin.daily.as_ref().and_then(|daily| daily.trouble()));
    warnings.extend(admin.reconciler.warnings());
    if let Some(days) = signatures_too_old(admin) {
        warnings.push(format!("the virus scanner's signatures are {days} days old"));
    }
    warnings.extend(admin.gates.iter().filter_map(|gate| gate.trouble()));
    if admin.arrivals.is_failing() {
        warnings.push("large messages cannot be kept on disk while they arrive".to_owned());
    }
    for (budget, what) in [(admin.arrivals.memory(), "memory"), (admin.arrivals.disk(), "disk")] {
        for class in Class::ALL.into_iter().filter(|class| budget.waiting(*class) > 0) {
            warnings.push(format!("{} messages of {} wait for {what}", budget.waiting(class), class.name()));
        }
    }
    if let Some(full) = readings.operator.as_ref().filter(|mailbox| mailbox.counted > mailbox.quota / 10 * 8) {
        warnings.push(format!("the postmaster's mailbox {} is nearly full: see what is in it", full.address));
    }
    warnings.extend(admin.provider.signer_warnings());
    warnings.extend(admin.clock.trouble());
    warnings.extend(admin.tokens.as_ref().and_then(|tokens| tokens.trouble()));
    for pair in &admin.pairs {
        let file = pair.certificate().display().to_string();
        warnings.extend(door(&file, pair.until() - now.unix(), &admin.alarms.doors_before));
        warnings.extend(pair.trouble().map(|why| format!("the doors' certificate cannot be read again: {why}")));
    }
    warnings.extend(certificates(&admin.transport.alarms().all(now)));
    if let Some(file) = admin.transport.memory().unread_file() {
        let file = file.display();
        warnings.push(format!("{file} cannot be read: providers that have shown a valid certificate may be forgotten"));
    }
    warnings.extend(readings.rooms.iter().filter_map(|room| disk(room, admin.alarms.free_below)));
    warnings.extend(readings.hops.iter().flatten().filter_map(|hop| peer(hop, now)));

    let mut lines: Vec<String> = warnings.iter().map(|warning| format!("warning: {}", one_line(warning))).collect();
    if lines.is_empty() {
        lines.push("ok".into());
    }
    lines.push(format!("provider: {}", admin.name));
    lines.push(format!("queued: {}", figures.queued));
    lines.push(format!("oldest-queued-seconds: {}", readings.queue_age(now.unix())));
    lines.extend(readings.hops.iter().flatten().take(PEERS).map(|hop| waits(hop, now)));
    lines.push(format!("budget-free-octets: {}", free(admin.arrivals.memory(), &Class::ALL)));
    lines.extend(readings.operator.as_ref().map(|mailbox| format!("postmaster-octets: {}", mailbox.counted)));
    lines.push(format!("spill-free-octets: {}", free(admin.arrivals.disk(), &ARRIVING)));
    lines.extend(readings.rooms.iter().filter_map(|room| {
        let free = room.free.as_ref().ok()?;
        Some(format!("disk-free-octets: {} {free}", room.folder.display()))
    }));
    lines.extend(admin.pairs.iter().map(|pair| {
        let days = (pair.until() - now.unix()).div_euclid(DAY);
        format!("tls-certificate-days-left: {} {days}", pair.certificate().display())
    }));
    lines.push(format!("index-age-seconds: {}", admin.directory.age(now)));
    lines.push(format!("certificate-days-left: {}", standing.days_left));
    lines.extend(fetches(admin));
    if let Some(error) = &figures.trouble {
        lines.push(format!("store-error: {}", one_line(error)));
    }
    lines.extend(figures.damage.as_ref().map(|what| format!("store-damage: {}", one_line(what))));
    if let Some(first) = &figures.first_damaged {
        lines.push(format!("store-damaged-places: {}, the first is {}", figures.damaged, one_line(first)));
    }
    lines.push(format!("search-index-lag-seconds: {}", figures.search.lag));
    if let Some(sealer) = &admin.sealer {
        lines.push(format!("evidence-unsealed-seconds: {}", sealer.standing().lag(now)));
    }
    if let Some(stamper) = &admin.stamper {
        let waiting = stamper.waiting();
        lines.push(format!("evidence-unstamped-heads: {}", waiting.heads));
        lines.push(format!("evidence-unstamped-seconds: {}", waiting.lag(now)));
    }
    let reconciled = admin.reconciler.standing();
    lines.push(format!("discrepancies: {}", reconciled.count()));
    lines.push(format!(
        "reconciled-last: {}",
        reconciled.done.map_or("not since the start".into(), |at| at.to_string())
    ));
    lines.push(format!("store-checked: {}", control::words::checked(&figures.checked)));
    let mut fails = |part: &str, since: Moment, error: &str| {
        lines.extend([format!("{part}-fails-since: {since}"), format!("{part}-error: {}", one_line(error))]);
    };
    if let Some(SigningTrouble { since, error }) = signing {
        fails("signing", since, &error);
    }
    if let Some(Trouble { since, error }) = scanner {
        fails("scanner", since, &error);
    }
    for (since, error) in
        admin.stamper.iter().flat_map(|stamper| stamper.stamps().standing()).filter_map(|one| one.failing)
    {
        fails("timestamps", since, &error);
    }
    for SourceFailure { since, error } in &lists {
        fails("revocation", Moment::from_unix(*since), error);
    }
    lines
}

/// What classes may still take of a budget.
fn free(budget: &Budget, classes: &[Class]) -> String {
    let each = classes.iter().map(|class| format!("{} {}", class.name(), budget.free(*class)));
    each.collect::<Vec<_>>().join(", ")
}

/// The age in days of the virus signatures, when the operator wants to be told.
fn signatures_too_old(admin: &Admin) -> Option<u64> {
    let age = admin.provider.now().unix() - admin.provider.scanner_signatures()?.unix();
    let age = Duration::from_secs(u64::try_from(age).ok()?);
    (age > admin.alarms.signatures_after).then_some(age.as_secs() / 86_400)
}

/// What is wrong with the index for searches: nothing is lost, and they take long.
fn searches(index: &IndexFigures) -> Option<String> {
    match &index.trouble {
        Some(why) => Some(format!("searches are slow, the index does not go on: {why}")),
        None if index.lag >= INDEX_LATE => {
            Some(format!("searches are slow, the index is {} behind", show_time(index.lag)))
        }
        None => None,
    }
}

/// What is wrong with reading from the store.
fn reads(figures: &Figures) -> Option<String> {
    figures.read_trouble.as_ref().map(|why| format!("the store cannot be read everywhere: {why}"))
}

/// What is to be said of a door's certificate that lasts so many seconds.
fn door(file: &str, left: i64, before: &[Duration]) -> Option<String> {
    let is_soon = before.iter().any(|time| left <= i64::try_from(time.as_secs()).unwrap_or(i64::MAX));
    match left.div_euclid(DAY) {
        ..0 => Some(format!("the doors' certificate {file} has ended: others refuse our TLS")),
        days if is_soon => Some(format!("the doors' certificate {file} ends in {days} days")),
        _ => None,
    }
}

/// Whose TLS certificates are not as they should be: providers, and hosts of ordinary mail that is not sent for it.
fn certificates(alarms: &[Alarm]) -> Vec<String> {
    let of = |refused: bool| {
        let those = alarms.iter().filter(|alarm| alarm.refused == refused);
        let names = those.map(|Alarm { provider, host, reason, .. }| match provider {
            Some(provider) => format!("{provider} ({host}: {reason})"),
            None => format!("{host} ({reason})"),
        });
        names.collect::<Vec<_>>()
    };
    let line = |names: Vec<String>, what: &str| {
        let (count, first) = (names.len(), names.into_iter().take(SHOWN).collect::<Vec<_>>().join(", "));
        let more = if count > SHOWN { format!(" and {} more", count - SHOWN) } else { String::new() };
        (count > 0).then(|| format!("{what}: {first}{more}"))
    };
    let refused = line(of(true), "mail waits, since TLS certificates are not what they must be");
    let unverified = line(of(false), "mail goes to hosts whose TLS certificates are not valid");
    refused.into_iter().chain(unverified).collect()
}

/// What is to be said of the room on a disk.
fn disk(room: &Room, least: u64) -> Option<String> {
    let folder = room.folder.display();
    match &room.free {
        Ok(free) if *free < least => Some(format!("only {} are free on the disk of {folder}", show_octets(*free))),
        Ok(_) => None,
        Err(why) => Some(format!("the room on the disk of {folder} is not known: {why}")),
    }
}

/// What is to be said of a peer that nothing gets through to.
fn peer(hop: &HopStanding, now: Moment) -> Option<String> {
    let age = now.unix() - hop.figures.oldest.unix();
    if age < LATE || matches!(hop.figures.hop, Hop::Ordinary(_)) {
        return None;
    }
    let (name, age) = (relay::words(&hop.figures.hop), show_time(u64::try_from(age).unwrap_or(0)));
    Some(format!("the oldest of {} dispatches for {name} waits for {age}", hop.figures.dispatches))
}

/// A peer's queue as a fact.
fn waits(hop: &HopStanding, now: Moment) -> String {
    let figures = &hop.figures;
    let age = u64::try_from(now.unix() - figures.oldest.unix()).unwrap_or(0);
    let name = relay::words(&figures.hop);
    let mut line = format!("waits-for: {name}: {} dispatches, the oldest for {}", figures.dispatches, show_time(age));
    if let Some(since) = hop.away_since {
        line += &format!(", nobody answers since {since}");
    }
    if let Some(error) = &figures.last_error {
        line += &format!("; last: {error}");
    }
    one_line(&line)
}

/// How the fetches of the index go, in lines of health.
fn fetches(admin: &Admin) -> Vec<String> {
    let Some(fetches) = admin.directory.fetches() else { return Vec::new() };
    let moment = |moment: Option<Moment>| moment.map_or("none since the start".to_owned(), |at| at.to_string());
    let mut lines = vec![
        format!("index-last-attempt: {}", moment(fetches.attempted)),
        format!("index-last-good-fetch: {}", moment(fetches.good)),
    ];
    lines.extend(fetches.error.map(|error| format!("index-fetch-error: {}", one_line(&error))));
    lines
}

/// A text with words of others in one line.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use pec::ProviderKey;
    use store::HopFigures;

    use super::*;

    #[test]
    fn a_doors_certificate_is_told_before_its_end_and_after_it() {
        let before = [30, 7].map(|days| Duration::from_secs(days * DAY as u64));
        assert_eq!(door("tls.pem", 30 * DAY + 1, &before), None);
        assert_eq!(door("tls.pem", 30 * DAY, &before).unwrap(), "the doors' certificate tls.pem ends in 30 days");
        assert!(door("tls.pem", 0, &before).unwrap().contains("ends in 0 days"));
        assert!(door("tls.pem", -1, &before).unwrap().contains("has ended"));
        assert!(door("tls.pem", -5 * DAY, &before).unwrap().contains("has ended"));
    }

    #[test]
    fn a_disk_is_told_when_it_has_less_room_than_wanted_or_says_nothing() {
        let room = |free| Room { folder: PathBuf::from("/var/lib/sigillo"), free };
        assert_eq!(disk(&room(Ok(2 << 30)), 2 << 30), None);
        let little = disk(&room(Ok(300 << 20)), 2 << 30).unwrap();
        assert_eq!(little, "only 300 MiB are free on the disk of /var/lib/sigillo");
        assert!(disk(&room(Err("no such folder".into())), 0).unwrap().contains("no such folder"));
    }

    #[test]
    fn a_provider_that_nothing_gets_through_to_for_an_hour_is_named_and_an_ordinary_domain_is_not() {
        let now = Moment::from_unix(1_800_000_000);
        let hop = |hop, age: i64| HopStanding {
            figures: HopFigures { hop, dispatches: 17, oldest: now.plus(-age), last_error: Some("no\nroute".into()) },
            away_since: None,
        };
        let beta = || Hop::Provider(ProviderKey { name: "Beta PEC S.p.A.".into(), unit: None });
        assert_eq!(peer(&hop(beta(), LATE - 1), now), None);
        let late = peer(&hop(beta(), 2 * LATE), now).unwrap();
        assert_eq!(late, "the oldest of 17 dispatches for Beta PEC S.p.A. waits for 2 hours");
        assert_eq!(peer(&hop(Hop::Ordinary("exampel.org".into()), 20 * LATE), now), None);
        let fact = waits(&hop(beta(), 90), now);
        assert_eq!(fact, "waits-for: Beta PEC S.p.A.: 17 dispatches, the oldest for 90 seconds; last: no route");
    }

    #[test]
    fn an_index_for_searches_that_is_behind_or_stuck_is_told() {
        let late = IndexFigures { lag: 660, ..IndexFigures::default() };
        assert_eq!(searches(&IndexFigures { lag: 599, ..IndexFigures::default() }), None);
        assert!(searches(&late).unwrap().contains("behind"));
        let stuck = IndexFigures { trouble: Some("the disk is full".into()), ..late };
        assert!(searches(&stuck).unwrap().contains("the disk is full"));
    }

    #[test]
    fn reads_that_fail_are_told() {
        assert_eq!(reads(&Figures::default()), None);
        let figures = Figures { read_trouble: Some("the disk does not answer".into()), ..Figures::default() };
        assert!(reads(&figures).unwrap().contains("the disk does not answer"));
    }
}
