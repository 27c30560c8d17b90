//! What metrics show of the present, put there when somebody asks.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use guard::Class;
use pec::Moment;
use provider::relay::{self, HopStanding};
use reconcile::Reason;
use store::{Figures, Hop};

use crate::shown::{ARRIVING, Admin, Readings, Room};

/// Puts what is known now in the metrics.
pub fn publish(readings: &Readings, admin: &Admin) {
    let figures = &readings.figures;
    if let Some(fetches) = admin.directory.fetches() {
        let seconds = |moment: Option<Moment>| moment.map_or(0, Moment::unix) as f64;
        metrics::gauge!("sigillo_index_last_attempt_timestamp_seconds").set(seconds(fetches.attempted));
        metrics::gauge!("sigillo_index_last_good_fetch_timestamp_seconds").set(seconds(fetches.good));
        metrics::gauge!("sigillo_index_fetch_failing").set(if fetches.error.is_some() { 1.0 } else { 0.0 });
    }
    let failing = |fails: bool| u64::from(fails);
    let gauges = [
        ("sigillo_store_failing", failing(figures.trouble.is_some())),
        ("sigillo_store_reads_failing", failing(figures.read_trouble.is_some())),
        ("sigillo_store_damaged", figures.damaged.max(failing(figures.damage.is_some()))),
        ("sigillo_store_check_last_end_timestamp_seconds", last_check(figures)),
        ("sigillo_spill_failing", failing(admin.arrivals.is_failing())),
        ("sigillo_signing_failing", failing(admin.signer.trouble().is_some())),
        ("sigillo_scanner_failing", failing(admin.provider.scanner_trouble().is_some())),
        ("sigillo_index_too_old", failing(admin.directory.is_too_old(admin.provider.now()))),
        ("sigillo_queue_dispatches", figures.queued),
        ("sigillo_queue_oldest_seconds", readings.queue_age(admin.provider.now().unix())),
        ("sigillo_store_messages", figures.messages),
        ("sigillo_store_originals", figures.originals),
        ("sigillo_watches_open", figures.awaited),
        ("sigillo_search_failing", failing(figures.search.trouble.is_some())),
        ("sigillo_search_folders_waiting", figures.search.waiting),
        ("sigillo_search_index_octets", figures.search.octets),
        ("sigillo_search_lag_seconds", figures.search.lag),
        ("sigillo_index_age_seconds", u64::try_from(admin.directory.age(admin.provider.now())).unwrap_or(0)),
    ];
    for (name, value) in gauges {
        metrics::gauge!(name).set(value as f64);
    }
    for (level, mailboxes) in &figures.fullness {
        metrics::gauge!("sigillo_mailboxes_filled", "level" => level.to_string()).set(*mailboxes as f64);
    }
    if let Some(sealer) = &admin.sealer {
        let standing = sealer.standing();
        metrics::gauge!("sigillo_evidence_unsealed_seconds").set(standing.lag(admin.provider.now()) as f64);
        metrics::gauge!("sigillo_evidence_sealing_failing").set(if standing.trouble.is_some() { 1.0 } else { 0.0 });
    }
    if let Some(stamper) = &admin.stamper {
        let waiting = stamper.waiting();
        metrics::gauge!("sigillo_evidence_unstamped_heads").set(waiting.heads as f64);
        metrics::gauge!("sigillo_evidence_unstamped_seconds").set(waiting.lag(admin.provider.now()) as f64);
    }
    let standing = admin.reconciler.standing();
    for reason in Reason::ALL.map(Reason::name) {
        let count = standing.unacknowledged.get(reason).copied().unwrap_or(0);
        metrics::gauge!("sigillo_discrepancies", "reason" => reason).set(count as f64);
    }
    let done = standing.done.map_or(0, Moment::unix);
    metrics::gauge!("sigillo_reconciled_last_timestamp_seconds").set(done as f64);
    metrics::gauge!("sigillo_reconciling_failing").set(if standing.trouble.is_some() { 1.0 } else { 0.0 });
    if let Some(operator) = &readings.operator {
        metrics::gauge!("sigillo_operator_mailbox_octets").set(operator.counted as f64);
        metrics::gauge!("sigillo_operator_mailbox_quota_octets").set(operator.quota as f64);
    }
    let (memory, disk) = (admin.arrivals.memory(), admin.arrivals.disk());
    for class in Class::ALL {
        metrics::gauge!("sigillo_budget_free_octets", "class" => class.name()).set(memory.free(class) as f64);
        metrics::gauge!("sigillo_budget_held_octets", "class" => class.name()).set(memory.held(class) as f64);
        metrics::gauge!("sigillo_budget_waiting", "class" => class.name()).set(memory.waiting(class) as f64);
    }
    for class in ARRIVING {
        metrics::gauge!("sigillo_spill_free_octets", "class" => class.name()).set(disk.free(class) as f64);
        metrics::gauge!("sigillo_spill_held_octets", "class" => class.name()).set(disk.held(class) as f64);
        metrics::gauge!("sigillo_spill_waiting", "class" => class.name()).set(disk.waiting(class) as f64);
    }
    let now = admin.provider.now().unix();
    let standing = admin.own.standing(now);
    metrics::gauge!("sigillo_certificate_seconds_left").set((standing.until - now) as f64);
    for pair in &admin.pairs {
        let file = pair.certificate().display().to_string();
        metrics::gauge!("sigillo_tls_certificate_seconds_left", "certificate" => file).set((pair.until() - now) as f64);
    }
    metrics::counter!("sigillo_store_read_failures_total").absolute(figures.read_failures);
    metrics::counter!("sigillo_search_begun_total").absolute(figures.search.begun);
    for Room { folder, free } in &readings.rooms {
        let (folder, free) = (folder.display().to_string(), free.as_ref().map_or(f64::NAN, |free| *free as f64));
        metrics::gauge!("sigillo_disk_free_octets", "folder" => folder).set(free);
    }
    // What is not known is not 0.
    if let Some(hops) = &readings.hops {
        queues(hops, admin, now);
    }
    metrics::gauge!("sigillo_certificate_revoked").set(f64::from(u8::from(standing.revoked.is_some())));
    metrics::gauge!("sigillo_revocation_sources_failing").set(admin.revocation.failures().len() as f64);
    for (issuer, until) in admin.revocation.lists() {
        if let Some(until) = until {
            metrics::gauge!("sigillo_revocation_list_seconds_left", "issuer" => issuer).set((until - now) as f64);
        }
    }
}

/// When the last round of the check ended; 0: none has.
fn last_check(figures: &Figures) -> u64 {
    let ended = figures.checked.last.as_ref().and_then(|round| round.ended);
    ended.and_then(|ended| u64::try_from(ended.unix()).ok()).unwrap_or(0)
}

/// The queue of each peer: providers by name, which are as many as the index has; ordinary domains together, which are as
/// many as strangers like.
fn queues(hops: &[HopStanding], admin: &Admin, now: i64) {
    let mut peers: BTreeMap<String, (u64, i64)> = BTreeMap::new();
    for hop in hops.iter().map(|standing| &standing.figures) {
        let name = match &hop.hop {
            Hop::Ordinary(_) => "ordinary domains".to_owned(),
            hop => relay::words(hop),
        };
        let (dispatches, oldest) = peers.entry(name).or_default();
        *dispatches += hop.dispatches;
        *oldest = (*oldest).max(now - hop.oldest.unix());
    }
    let mut seen = admin.peers.lock().unwrap_or_else(PoisonError::into_inner);
    seen.extend(peers.keys().cloned());
    for peer in seen.iter() {
        let (dispatches, oldest) = peers.get(peer).copied().unwrap_or_default();
        metrics::gauge!("sigillo_peer_queue_dispatches", "peer" => peer.clone()).set(dispatches as f64);
        metrics::gauge!("sigillo_peer_queue_oldest_seconds", "peer" => peer.clone()).set(oldest as f64);
    }
}
