//! Every metric of the program: what it means and which values its labels can have. From this table come HELP and TYPE, and
//! every series whose labels are known exists with 0 from the start: an alarm on what never happened yet must not be blind.
//! `docs/monitoring.md` says what to do; a test keeps the names here, there, and where they are counted the same.

use guard::Class;
use metrics::Label;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use pec::Kind;
use pec::quirk::Quirk;
use reconcile::Reason;
use smtp::Door;

/// Which process has a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `sigillo serve`.
    Provider,
    /// `sigillo directory serve`.
    IndexOperator,
}

#[derive(Clone, Copy)]
enum Type {
    Counter,
    /// With what it shows before anything is known.
    Gauge(f64),
    Histogram,
}

#[derive(Clone, Copy)]
enum Values {
    These(&'static [&'static str]),
    Kinds,
    Classes,
    /// The doors of SMTP.
    Doors,
    EveryDoor,
    /// Those at which nobody logs in too.
    OpenDoors,
    Quirks,
    /// What reconciliation finds.
    Reasons,
    /// They come with what happens.
    Unknown,
}

struct Metric {
    name: &'static str,
    of: &'static [Role],
    kind: Type,
    labels: &'static [(&'static str, Values)],
    help: &'static str,
}

const BOTH: &[Role] = &[Role::Provider, Role::IndexOperator];
const ONE: &[Role] = &[Role::Provider];
const INDEX: &[Role] = &[Role::IndexOperator];
const CLASS: &[(&str, Values)] = &[("class", Values::Classes)];
const ARRIVING: &[(&str, Values)] = &[("class", These(&["strangers", "holders"]))];
const KIND: &[(&str, Values)] = &[("kind", Values::Kinds)];

const fn metric(
    name: &'static str,
    of: &'static [Role],
    kind: Type,
    labels: &'static [(&'static str, Values)],
    help: &'static str,
) -> Metric {
    Metric { name, of, kind, labels, help }
}

use Type::{Counter, Gauge, Histogram};
use Values::{Doors, EveryDoor, OpenDoors, Quirks, These, Unknown};

#[rustfmt::skip]
const TABLE: &[Metric] = &[
    metric("sigillo_build_info", BOTH, Gauge(1.0), &[("version", These(&[env!("CARGO_PKG_VERSION")]))], "Always 1; its label says which version runs."),
    metric("process_start_time_seconds", BOTH, Gauge(0.0), &[], "When the process started, seconds since 1970."),
    metric("process_resident_memory_bytes", BOTH, Gauge(0.0), &[], "Memory of the process that is in RAM."),
    metric("process_cpu_seconds_total", BOTH, Counter, &[], "Time of processors that the process has used, user and system."),
    metric("process_open_fds", BOTH, Gauge(0.0), &[], "File descriptors that are open."),
    metric("process_max_fds", BOTH, Gauge(0.0), &[], "File descriptors that may be open."),
    metric("sigillo_log_lines_lost_total", BOTH, Counter, &[], "Lines of the log that nobody took."),
    metric("sigillo_store_failing", ONE, Gauge(0.0), &[], "1 while messages cannot be stored."),
    metric("sigillo_store_reads_failing", ONE, Gauge(0.0), &[], "1 when a read of the store failed within the last ten minutes."),
    metric("sigillo_store_damaged", ONE, Gauge(0.0), &[], "Places known to be damaged that nobody acknowledged."),
    metric("sigillo_store_check_last_end_timestamp_seconds", ONE, Gauge(0.0), &[], "When the last round of the check ended; 0: none has."),
    metric("sigillo_store_checked_octets_total", ONE, Counter, &[], "Octets that rounds of the check have read."),
    metric("sigillo_evidence_heads_total", ONE, Counter, &[], "Heads of the evidence's trees that were signed."),
    metric("sigillo_evidence_sealing_failing", ONE, Gauge(0.0), &[], "1 while the evidence cannot be sealed."),
    metric("sigillo_evidence_unstamped_heads", ONE, Gauge(0.0), &[], "Heads of the evidence's trees that wait for a time stamp."),
    metric("sigillo_evidence_unstamped_seconds", ONE, Gauge(0.0), &[], "Age of the oldest head that waits for a time stamp."),
    metric("sigillo_timestamps_total", ONE, Counter, &[("authority", Unknown), ("result", These(&["stamped", "unreachable", "wrong", "clock"]))], "Time stamps that authorities were asked for."),
    metric("sigillo_discrepancies", ONE, Gauge(0.0), &[("reason", Values::Reasons)], "Discrepancies of messages that nobody has acknowledged."),
    metric("sigillo_reconciled_last_timestamp_seconds", ONE, Gauge(0.0), &[], "When everything that had been committed was reconciled last; 0: not since the start."),
    metric("sigillo_reconciling_failing", ONE, Gauge(0.0), &[], "1 while messages cannot be reconciled."),
    metric("sigillo_evidence_unsealed_seconds", ONE, Gauge(0.0), &[], "Age of the oldest row of evidence that no head seals yet."),
    metric("sigillo_store_read_failures_total", ONE, Counter, &[], "Reads of the store since the start that failed or gave damaged bytes."),
    metric("sigillo_store_messages", ONE, Gauge(0.0), &[], "Messages kept."),
    metric("sigillo_store_originals", ONE, Gauge(0.0), &[], "Distinct originals in the messages kept."),
    metric("sigillo_store_outcomes_total", ONE, Counter, &[], "Outcomes committed."),
    metric("sigillo_store_flushes_total", ONE, Counter, &[], "Flushes to disk; many outcomes share one."),
    metric("sigillo_store_commit_seconds", ONE, Histogram, &[], "Time of one transaction of the store, flush included."),
    metric("sigillo_disk_free_octets", ONE, Gauge(0.0), &[("folder", Unknown)], "Octets free on the disk of each folder that is written to."),
    metric("sigillo_signing_failing", ONE, Gauge(0.0), &[], "1 while messages cannot be signed."),
    metric("sigillo_scanner_failing", ONE, Gauge(0.0), &[], "1 while messages cannot be scanned."),
    metric("sigillo_index_too_old", ONE, Gauge(0.0), &[], "1 while messages are put off for the age of the index."),
    metric("sigillo_failures_total", ONE, Counter, &[("part", These(&["store", "signing", "index", "revocation", "decision", "own-message", "relay-store", "damaged-message", "lost-message", "nobody-known"]))], "Messages, and questions of clients, put off by our fault."),
    metric("sigillo_queue_dispatches", ONE, Gauge(0.0), &[], "Dispatches that wait or are under way."),
    metric("sigillo_queue_oldest_seconds", ONE, Gauge(0.0), &[], "Age of the oldest dispatch."),
    metric("sigillo_peer_queue_dispatches", ONE, Gauge(0.0), &[("peer", Unknown)], "Dispatches that wait for each provider; ordinary domains together."),
    metric("sigillo_peer_queue_oldest_seconds", ONE, Gauge(0.0), &[("peer", Unknown)], "Age of the oldest dispatch for each provider; of ordinary domains together."),
    metric("sigillo_watches_open", ONE, Gauge(0.0), &[], "Certified recipients of whom take-charge or delivery is still awaited."),
    metric("sigillo_search_begun_total", ONE, Counter, &[], "How often the index for searches was begun anew since the start: by an operator, or because it was damaged."),
    metric("sigillo_search_failing", ONE, Gauge(0.0), &[], "1 while the index for searches does not go on."),
    metric("sigillo_search_folders_waiting", ONE, Gauge(0.0), &[], "Folders with changes that the index for searches does not know yet."),
    metric("sigillo_search_index_octets", ONE, Gauge(0.0), &[], "Octets of the index for searches."),
    metric("sigillo_search_indexed_total", ONE, Counter, &[], "Messages that were indexed for searches."),
    metric("sigillo_search_lag_seconds", ONE, Gauge(0.0), &[], "Since the oldest change that the index for searches does not know; 0: it knows all."),
    metric("sigillo_certificate_revoked", ONE, Gauge(0.0), &[], "1 when our signing certificate, or an authority above it, is revoked."),
    metric("sigillo_certificate_seconds_left", ONE, Gauge(0.0), &[], "Until our signing certificate ends; below 0 after its end."),
    metric("sigillo_tls_certificate_seconds_left", ONE, Gauge(0.0), &[("certificate", Unknown)], "Until each certificate of the doors ends; below 0 after its end."),
    metric("sigillo_clock_offset_seconds", ONE, Gauge(f64::NAN), &[], "UTC less our clock; NaN where no time server answered."),
    metric("sigillo_index_age_seconds", BOTH, Gauge(0.0), &[], "Since the index in use, or published, was signed."),
    metric("sigillo_index_fetches_total", ONE, Counter, &[("result", These(&["new", "same", "failed"]))], "Fetches of the index."),
    metric("sigillo_index_fetch_failing", ONE, Gauge(0.0), &[], "1 when the last fetch of the index failed."),
    metric("sigillo_index_last_attempt_timestamp_seconds", ONE, Gauge(0.0), &[], "When the server of the index was last asked; 0: not since the start."),
    metric("sigillo_index_last_good_fetch_timestamp_seconds", ONE, Gauge(0.0), &[], "When the server of the index last gave a good answer; 0: not since the start."),
    metric("sigillo_index_served_total", BOTH, Counter, &[("answer", These(&["whole", "same"]))], "Answers of our own HTTPS door."),
    metric("sigillo_index_records", INDEX, Gauge(0.0), &[], "Records in the published index."),
    metric("sigillo_index_collected_total", INDEX, Counter, &[("result", These(&["new", "same", "failed"]))], "Collections from providers."),
    metric("sigillo_index_provider_failing_since_timestamp_seconds", INDEX, Gauge(0.0), &[("provider", Unknown)], "Since when the file of a provider is not good; 0: it is."),
    metric("sigillo_revocation_sources_failing", ONE, Gauge(0.0), &[], "Lists, responders and certificates about which nothing is to be had."),
    metric("sigillo_revocation_fetches_total", ONE, Counter, &[("result", These(&["ok", "failed"]))], "Fetches of lists, questions to responders."),
    metric("sigillo_tokens_total", ONE, Counter, &[("result", These(&["good", "form", "algorithm", "unknown-key", "signature", "issuer", "audience", "expired", "early", "scope", "login"]))], "Tokens of the identity provider that were shown, by what is wrong with them."),
    metric("sigillo_token_keys_total", ONE, Counter, &[("result", These(&["ok", "failed"]))], "Attempts to have the identity provider's keys."),
    metric("sigillo_verified_for_strangers_total", ONE, Counter, &[("verdict", These(&["authentic", "altered-header", "not-authentic", "unknown-authority", "anomaly"]))], "Files that somebody had verified on the web page, by what was found."),
    metric("sigillo_revocation_list_seconds_left", ONE, Gauge(0.0), &[("issuer", Unknown)], "Until the next edition of each list is due; below 0 its authority is late."),
    metric("sigillo_revoked_signers_total", ONE, Counter, &[], "Messages signed with a revoked certificate that the index still lists."),
    metric("sigillo_submissions_total", ONE, Counter, &[("result", These(&["accepted", "not-accepted", "infected"]))], "What holders submitted."),
    metric("sigillo_arrivals_total", ONE, Counter, &[("result", These(&["taken", "known", "infected", "refused"]))], "What came at the Incoming Point."),
    metric("sigillo_deposited_total", ONE, Counter, KIND, "Messages put in mailboxes."),
    metric("sigillo_accesses_lost_total", ONE, Counter, &[], "Rows of mailboxes' access histories that were lost: more came than could be written, or the store failed."),
    metric("sigillo_sent_copies_total", ONE, Counter, &[("result", These(&["kept", "of-client", "no-room"]))], "Copies of accepted messages for their senders: kept, spared because the client keeps one, without room in the mailbox."),
    metric("sigillo_emitted_total", ONE, Counter, KIND, "Notifications and envelopes that we made and signed, counted when they are committed."),
    metric("sigillo_relayed_total", ONE, Counter, &[("result", These(&["relayed", "deferred", "failed"]))], "Recipients of dispatches."),
    metric("sigillo_scans_total", ONE, Counter, &[("result", These(&["clean", "infected", "unscannable", "failed"]))], "Virus scans."),
    metric("sigillo_scanner_signatures_age_seconds", ONE, Gauge(f64::NAN), &[], "Age of the scanner's official signatures; NaN where it does not say."),
    metric("sigillo_viruses_missed_total", ONE, Counter, &[], "Viruses that other providers found in what our scan had let pass."),
    metric("sigillo_quirks_total", ONE, Counter, &[("quirk", Quirks)], "Deviations of other providers that were tolerated."),
    metric("sigillo_acceptance_seconds", ONE, Histogram, &[], "From the end of a submitted message until its acceptance is durable."),
    metric("sigillo_incoming_seconds", ONE, Histogram, &[], "From the end of a message at the Incoming Point until what it causes is durable."),
    metric("sigillo_delivery_seconds", ONE, Histogram, &[], "From the acceptance by the sender's provider until the envelope is in the mailbox."),
    metric("sigillo_signature_seconds", ONE, Histogram, &[], "Time of one signature; its count is what the key signed, also for decisions that were made again."),
    metric("sigillo_smtp_server_sessions_total", ONE, Counter, &[("door", Doors), ("end", These(&["closed by client", "connection broken", "TLS handshake failed"]))], "SMTP sessions, by how they ended."),
    metric("sigillo_smtp_server_messages_total", ONE, Counter, &[("door", Doors), ("class", These(&["2", "4", "5"]))], "Messages, by the first digit of the reply."),
    metric("sigillo_door_sessions", ONE, Gauge(0.0), &[("door", OpenDoors)], "Sessions under way at each door."),
    metric("sigillo_door_ended_for_others_total", ONE, Counter, &[("door", OpenDoors)], "Sessions that only waited and were ended for others, since the door was full."),
    metric("sigillo_door_turned_away_total", ONE, Counter, &[("door", OpenDoors)], "Connections for which there was no place."),
    metric("sigillo_evidence_answers_total", ONE, Counter, &[("answer", These(&["logs", "head", "tile", "none", "later", "error"]))], "What was asked for at the door that publishes heads and trees of the evidence, by what was answered."),
    metric("sigillo_daily_logs_total", ONE, Counter, &[], "Days of the evidence that were written in the customary form."),
    metric("sigillo_strangers_kept_waiting_total", ONE, Counter, &[], "Sessions and commands without a login that waited for their turn."),
    metric("sigillo_imap_sessions_total", ONE, Counter, &[("door", These(&["imap", "imap-tls"])), ("end", These(&["logout", "closed by client", "connection broken"]))], "IMAP sessions, by how they ended."),
    metric("sigillo_imap_octets_sent_total", ONE, Counter, &[], "Octets that IMAP sessions sent."),
    metric("sigillo_imap_messages_appended_total", ONE, Counter, &[], "Messages that clients put in folders by IMAP."),
    metric("sigillo_pop3_sessions_total", ONE, Counter, &[("door", These(&["pop3", "pop3-tls"])), ("end", These(&["quit", "closed by client", "connection broken"]))], "POP3 sessions, by how they ended."),
    metric("sigillo_pop3_messages_sent_total", ONE, Counter, &[], "Messages that clients fetched by POP3, whole or in part."),
    metric("sigillo_login_failures_total", ONE, Counter, &[("door", EveryDoor), ("reason", These(&["wrong-password", "throttled-login", "throttled-peer", "throttled-at-once"]))], "Failed logins."),
    metric("sigillo_budget_free_octets", ONE, Gauge(0.0), CLASS, "Octets of messages in flight that each class can still take."),
    metric("sigillo_budget_held_octets", ONE, Gauge(0.0), CLASS, "Octets of messages in flight that each class holds."),
    metric("sigillo_budget_waiting", ONE, Gauge(0.0), CLASS, "Messages under way that are not read on for want of memory."),
    metric("sigillo_spill_free_octets", ONE, Gauge(0.0), ARRIVING, "Octets on disk that arriving messages of each class can still take."),
    metric("sigillo_spill_held_octets", ONE, Gauge(0.0), ARRIVING, "Octets on disk that arriving messages of each class hold."),
    metric("sigillo_spill_waiting", ONE, Gauge(0.0), ARRIVING, "Messages under way that are not read on for want of that disk."),
    metric("sigillo_spill_failing", ONE, Gauge(0.0), &[], "1 while large messages are put off because that disk is full or fails."),
    metric("sigillo_spill_failures_total", ONE, Counter, &[], "Writes and reads of arriving messages on disk that failed."),
    metric("sigillo_operator_mailbox_octets", ONE, Gauge(0.0), &[], "What the postmaster's mailbox holds."),
    metric("sigillo_mailboxes_filled", ONE, Gauge(0.0), &[("level", Unknown)], "Mailboxes that stand at each level of fullness, percent, and at none above it."),
    metric("sigillo_full_mailbox_refusals_total", ONE, Counter, &[("mail", These(&["certified", "ordinary"]))], "Messages refused to a recipient whose mailbox is full."),
    metric("sigillo_fullness_letters_total", ONE, Counter, &[("about", These(&["level", "refusals"]))], "Letters to holders whose mailboxes fill, or have refused messages."),
    metric("sigillo_operator_mailbox_quota_octets", ONE, Gauge(0.0), &[], "What the postmaster's mailbox may hold."),
    metric("sigillo_no_room_total", ONE, Counter, &[("door", Doors), ("what", These(&["memory", "disk", "disk-failed"]))], "Messages put off for want of room, 452 4.3.1."),
    metric("sigillo_contradictions_total", ONE, Counter, &[], "Messages under the name of one that was done, with other signed octets."),
    metric("sigillo_irregular_put_off_total", ONE, Counter, &[], "Messages of providers that were put off because too many were not formally correct."),
    metric("sigillo_smtp_client_recipients_total", ONE, Counter, &[("fate", These(&["accepted", "failed", "deferred"]))], "Recipients that the relay sent to, by what the peer said."),
    metric("sigillo_smtp_client_transaction_seconds", ONE, Histogram, &[], "From MAIL until the fate of every recipient of a message is known."),
    metric("sigillo_relay_unverified_tls_total", ONE, Counter, &[("peer", Unknown), ("reason", Unknown), ("refused", Unknown)], "Connections to hosts whose TLS certificate is not as it should be."),
];

/// Of what takes as long as disk, key and network do.
const SHORT: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];
/// Of what takes as long as a message travels: up to the twenty-four hours that it has.
const LONG: &[f64] = &[1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0, 43_200.0, 86_400.0];

/// Counts from now on, and shows what a process of this role has. An error is a fault of the program.
pub fn install(role: Role) -> Result<PrometheusHandle, String> {
    let failed = |error: &dyn std::fmt::Display| format!("metrics: {error}");
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), SHORT)
        .and_then(|builder| builder.set_buckets_for_metric(Matcher::Full("sigillo_delivery_seconds".into()), LONG))
        .map_err(|error| failed(&error))?;
    let handle = builder.install_recorder().map_err(|error| failed(&error))?;
    TABLE.iter().filter(|metric| metric.of.contains(&role)).for_each(begin);
    Ok(handle)
}

fn begin(metric: &Metric) {
    match metric.kind {
        Counter => metrics::describe_counter!(metric.name, metric.help),
        Gauge(_) => metrics::describe_gauge!(metric.name, metric.help),
        Histogram => metrics::describe_histogram!(metric.name, metric.help),
    }
    for labels in series(metric.labels) {
        match metric.kind {
            Counter => metrics::counter!(metric.name, labels).increment(0),
            Gauge(first) => metrics::gauge!(metric.name, labels).set(first),
            Histogram => drop(metrics::histogram!(metric.name, labels)),
        }
    }
}

fn holders_doors() -> [&'static str; 4] {
    let both = [door::Door::Clear, door::Door::Tls];
    let ([imap, imap_tls], [pop3, pop3_tls]) = (both.map(imap::door_name), both.map(pop3::door_name));
    [imap, imap_tls, pop3, pop3_tls]
}

fn smtp_doors() -> [&'static str; 3] {
    [Door::Incoming, Door::Submission, Door::SubmissionTls].map(Door::name)
}

/// The labels of every series that is known beforehand.
fn series(labels: &[(&'static str, Values)]) -> Vec<Vec<Label>> {
    let mut all = vec![Vec::new()];
    for (name, values) in labels {
        let words: Vec<&'static str> = match values {
            These(words) => words.to_vec(),
            // What a mailbox holds that is no message of ours.
            Values::Kinds => Kind::ALL.map(Kind::name).into_iter().chain(["other"]).collect(),
            Values::Classes => Class::ALL.map(Class::name).to_vec(),
            EveryDoor => smtp_doors().into_iter().chain(holders_doors()).collect(),
            OpenDoors => smtp_doors().into_iter().chain(holders_doors()).chain(["evidence"]).collect(),
            Doors => smtp_doors().to_vec(),
            Quirks => Quirk::ALL.map(Quirk::name).into_iter().chain(["peer-forgets-8bitmime"]).collect(),
            Values::Reasons => Reason::ALL.map(Reason::name).to_vec(),
            Unknown => Vec::new(),
        };
        let with = |word: &&'static str| {
            let word = *word;
            let longer = |before: &Vec<Label>| [before.clone(), vec![Label::new(*name, word)]].concat();
            all.iter().map(longer).collect::<Vec<_>>()
        };
        all = words.iter().flat_map(with).collect();
    }
    all
}
