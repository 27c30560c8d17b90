mod evidence;
mod index;
mod timestamps;
mod wrong;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ::provider::scanner::Unscannable;
use pec::Moment;
use seal::KeySource;
use secrecy::ExposeSecret;
use smtp::Door;

use store::OrdinaryMail;

use super::*;
use crate::value::DAY;

/// What the manual's example says, in a folder where every file it names exists.
struct Desk {
    folder: tempfile::TempDir,
    text: String,
}

const MANUAL: &str = include_str!("../../../docs/configuration.md");

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in
            ["signing.key", "signing.pem", "ca.pem", "directory.p7m", "operator.pem", "tls.pem", "tls.key", "key.p12"]
        {
            fs::write(folder.path().join(name), "").unwrap();
        }
        fs::write(folder.path().join("password"), "segreta\r\n").unwrap();
        let example = MANUAL.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next());
        Self { folder, text: example.expect("the manual has an example").to_owned() }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("sigillo.toml")
    }

    fn load(&self) -> Result<Config, ConfigError> {
        fs::write(self.file(), &self.text).unwrap();
        Config::load(&self.file())
    }

    /// The text with a part replaced.
    fn with(mut self, old: &str, new: &str) -> Self {
        assert!(self.text.contains(old), "the example has no {old:?}");
        self.text = self.text.replacen(old, new, 1);
        self
    }

    /// The text with lines at its end.
    fn and(mut self, lines: &str) -> Self {
        self.text.push_str(lines);
        self
    }

    /// The error must stand at `key`, at the place of `part`, and say `what`.
    fn refused(&self, key: &str, part: &str, what: &str) {
        let error = self.load().unwrap_err();
        let place = self.text.find(part).unwrap_or_else(|| panic!("no {part:?} in the text"));
        let before = &self.text[..place];
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
        assert!(error.what.contains(what), "{error}");
        assert_eq!((error.key.as_str(), error.line, error.column), (key, line, column), "{error}");
        assert!(
            error.to_string().starts_with(&format!("{}:{line}:{column}: {key}: ", self.file().display())),
            "{error}"
        );
    }
}

#[test]
fn the_example_of_the_manual_loads_with_the_defaults_that_the_manual_states() {
    let desk = Desk::new();
    let config = desk.load().unwrap();
    assert_eq!(config.provider.service_address.as_str(), "posta-certificata@pec.esempio.example");
    assert_eq!(config.smtp.incoming.listen.len(), 2);
    assert!(config.smtp.submission.listen.is_empty());
    assert_eq!(config.trust.anchors, desk.folder.path().join("ca.pem"));
    assert_eq!(config.store.path, Path::new("/var/lib/sigillo"));
    assert!(
        matches!(&config.signing.source, KeySource::Pem { key, .. } if *key == desk.folder.path().join("signing.key"))
    );
    assert_eq!(config.ehlo(), "mx.pec.esempio.example");
    assert!(config.trust.legacy && config.admin.listen.is_none());
    assert_eq!(config.control.socket, Path::new("/var/lib/sigillo/control.sock"));
    assert_eq!((config.log.format, config.log.filter.as_str()), (LogFormat::Text, "info"));
    // Each default as the manual writes it, read back through the same parser.
    let (limits, relay) = (DoorLimits::default(), Relay::default());
    let mut stated = String::new();
    for (section, keys) in [
        ("smtp.limits", SIZES_AND_COUNTS),
        ("smtp.guard", GUARD),
        ("relay", TIMES),
        ("directory", &["reload", "alarm_after"]),
        ("revocation", &["mode", "refresh", "retry", "grace", "timeout", "max_size", "private_addresses"]),
        ("mailboxes", MAILBOXES),
        ("shutdown", &["grace"]),
    ] {
        stated += &format!("\n[{section}]\n");
        for key in keys {
            stated += &format!("{key} = {}\n", stated_default(section, key));
        }
    }
    let stated = stated.replace("\n[directory]", "\n[directory]\nfile = \"directory.p7m\"\nsigner = \"operator.pem\"");
    let again = Desk::new()
        .with("[directory]\nfile = \"directory.p7m\"\nsigner = \"operator.pem\"\n", "")
        .and(&stated)
        .load()
        .unwrap();
    assert_eq!(format!("{:?}", again.smtp.limits), format!("{limits:?}"));
    assert_eq!(format!("{:?}", again.relay), format!("{relay:?}"));
    let guard = Guard { spill_folder: config.store.path.join("arriving"), ..Guard::default() };
    assert_eq!(format!("{:?}", again.smtp.guard), format!("{guard:?}"));
    assert_eq!(format!("{:?}", config.smtp.guard), format!("{guard:?}"));
    let (shares, disk) = (guard.shares(&limits), guard.disk(&limits));
    assert_eq!((shares.reserve, shares.relay, shares.per_party), (256 << 20, 128 << 20, 32 << 20));
    assert_eq!((disk.total, disk.reserve, disk.relay, disk.per_party), (4 << 30, 2 << 30, 0, 256 << 20));
    assert_eq!(
        format!("{:?}", again.directory).replace(again.directory.file.to_str().unwrap(), ""),
        format!("{:?}", config.directory)
            .replace(config.directory.file.to_str().unwrap(), "")
            .replace(config.directory.signer.to_str().unwrap(), again.directory.signer.to_str().unwrap())
    );
    assert_eq!(again.mailboxes.limits(), store::MailboxLimits::default());
    assert_eq!(again.shutdown.grace, config.shutdown.grace);
    assert_eq!(format!("{:?}", again.revocation), format!("{:?}", ::revocation::Settings::default()));
}

const SIZES_AND_COUNTS: &[&str] = &[
    "line",
    "header",
    "recipients",
    "message",
    "product",
    "refuse_above",
    "incoming_refuse_above",
    "idle",
    "data",
    "errors",
    "auth_failures",
    "sessions",
    "sessions_per_peer",
    "messages_per_minute",
    "incoming_messages_per_minute",
    "in_flight",
];
/// But for those that are parts of others.
const GUARD: &[&str] = &[
    "spill_above",
    "spill_leave_free",
    "room_wait",
    "least_rate",
    "rate_window",
    "rate_grace",
    "session_lifetime",
    "login_within",
    "message_within",
    "session_commands",
    "free_commands",
    "commands_per_second",
    "free_failures",
    "first_delay",
    "longest_delay",
    "longest_hold",
    "failures_kept",
    "known_for",
    "passwords_at_once",
    "logins_remembered",
];
const MAILBOXES: &[&str] = &[
    "messages",
    "folders",
    "keywords",
    "subscriptions",
    "app_passwords",
    "annotations",
    "annotation_octets",
    "annotations_octets",
    "removals_remembered",
];
const TIMES: &[&str] = &[
    "static_only",
    "connections",
    "window",
    "retry_first",
    "retry_max",
    "lifetime",
    "strict_tls",
    "connect_timeout",
    "command_timeout",
    "data_timeout",
    "keep_open",
];

/// The part of the manual about a section.
fn chapter(section: &str) -> &'static str {
    let heading = MANUAL.find(&format!("## [{section}]")).unwrap_or_else(|| panic!("no chapter about [{section}]"));
    let text = &MANUAL[heading + 2..];
    text.find("\n## ").map_or(text, |end| &text[..end])
}

fn stated_default(section: &str, key: &str) -> String {
    let row = chapter(section)
        .lines()
        .find(|l| l.starts_with(&format!("| `{key}` |")))
        .unwrap_or_else(|| panic!("{section}.{key}"));
    row.split('|').nth(2).unwrap().trim().trim_matches('`').to_owned()
}

/// The keys of a table, as the parser itself enumerates them; `None` when it is not a table with fixed keys.
fn keys_of(section: &str) -> Option<Vec<String>> {
    let desk = Desk { text: String::new(), ..Desk::new() };
    let text = if section.is_empty() { "unknown = 1\n".to_owned() } else { format!("[{section}]\nunknown = 1\n") };
    let error = desk.and(&text).load().unwrap_err();
    let (_, list) = error.what.strip_prefix("there is no such key here; expected ")?.split_once('`')?;
    Some(list.split('`').step_by(2).filter(|k| !k.is_empty()).map(str::to_owned).collect())
}

#[test]
fn the_manual_describes_every_key_that_the_parser_knows() {
    let mut waiting = vec![String::new()];
    let mut described = 0;
    while let Some(section) = waiting.pop() {
        for key in keys_of(&section).unwrap_or_else(|| panic!("[{section}] has no fixed keys")) {
            let path = if section.is_empty() { key.clone() } else { format!("{section}.{key}") };
            if keys_of(&path).is_some() {
                waiting.push(path);
            } else {
                assert!(chapter(&section).contains(&format!("\n| `{key}` |")), "the manual does not describe {path}");
                described += 1;
            }
        }
    }
    assert!(described > 60, "only {described} keys were seen");
    for table in ["domain", "account"] {
        let desk = Desk::new();
        fs::write(desk.file(), format!("[[{table}]]\nunknown = 1\n")).unwrap();
        let error = read_filling(&desk.file(), &[]).unwrap_err();
        for key in error.what.split('`').skip(1).step_by(2) {
            let described = chapter(&format!("[{table}]")).contains(&format!("\n| `{key}` |"));
            assert!(described, "the manual does not describe {key} of {table}");
        }
    }
}

#[test]
fn an_unknown_key_is_refused_at_its_place() {
    Desk::new().and("\n[relay]\nretry_frist = 3\n").refused(
        "relay.retry_frist",
        "retry_frist",
        "there is no such key here; did you mean `retry_first`?",
    );
    Desk::new().and("\n[relays]\nx = 3\n").refused("relays", "relays", "did you mean `relay`?");
}

#[test]
fn a_missing_key_is_named_with_its_table() {
    Desk::new().with("hostname = \"mx.pec.esempio.example\"\n", "").refused(
        "provider.hostname",
        "[provider]",
        "missing",
    );
    let error = Desk::new().with("[store]\npath = \"/var/lib/sigillo\"\n", "").load().unwrap_err();
    assert_eq!((error.key.as_str(), error.line), ("store", 1));
}

#[test]
fn values_of_the_wrong_form_are_refused_at_their_place() {
    Desk::new().with("\"ricevute@pec", "\"ricevute pec").refused(
        "provider.mail_receipt",
        "\"ricevute pec",
        "expected a mail address",
    );
    Desk::new().with("\"mx.pec.esempio.example\"", "\"mx pec\"").refused(
        "provider.hostname",
        "\"mx pec\"",
        "expected a domain name",
    );
    Desk::new().with("\"[::]:25\"", "\"::25\"").refused(
        "smtp.incoming.listen.1",
        "\"::25\"",
        "expected an address with its port",
    );
    Desk::new().and("[smtp.limits]\nmessage = \"30MB\"\n").refused(
        "smtp.limits.message",
        "\"30MB\"",
        "expected octets, as 1048576 or \"30 MiB\"",
    );
    Desk::new().and("[smtp.limits]\nmessage = -1\n").refused("smtp.limits.message", "-1", "expected octets");
    Desk::new().and("[relay]\nlifetime = \"1 week\"\n").refused("relay.lifetime", "\"1 week\"", "expected a time");
    Desk::new().and("[relay.routes]\n\"b.example\" = \"mx.b.example\"\n").refused(
        "relay.routes.\"b.example\"",
        "\"mx.b.example\"",
        "host with its port",
    );
    Desk::new().and("[log]\nformat = \"xml\"\n").refused("log.format", "\"xml\"", "expected `text` or `json`");
    Desk::new().and("[admin]\nlisten = 9\n").refused(
        "admin.listen",
        "9\n",
        "expected a text in quotes, found a whole number",
    );
    let error = Desk::new().and("[log\n").load().unwrap_err();
    assert!(error.line > 30 && error.key == "log", "{error}");
}

/// [R-L-12-2] [R-3.1.1-h] [R-2.2.2-b]
#[test]
fn limits_that_the_law_or_the_norm_forbids_are_refused_with_the_reason() {
    let limit = |line: &str, key: &str, what: &str| {
        let value = line.split("= ").nth(1).unwrap();
        Desk::new().and(&format!("[smtp.limits]\n{line}\n")).refused(
            &format!("smtp.limits.{key}"),
            &format!("{value}\n"),
            what,
        );
    };
    limit(
        "recipients = 49",
        "recipients",
        "expected at least 50: the law guarantees it to every holder [R-L-12-2]; found 49",
    );
    limit("message = \"29 MiB\"", "message", "expected at least 31457280");
    limit("product = 31457279", "product", "[R-L-12-2]");
    limit("product = \"40 MiB\"", "product", "smtp.limits.message would have no effect");
    limit("refuse_above = \"49 MiB\"", "refuse_above", "[R-3.1.1-h]");
    limit("incoming_refuse_above = \"60 MiB\"", "incoming_refuse_above", "1.4 times");
    limit("in_flight = \"100 MiB\"", "in_flight", "the largest message must fit");
    limit("sessions = 0", "sessions", "expected at least 1");
    limit("idle = 0", "idle", "more than 0 seconds");
    Desk::new().and("[relay]\nlifetime = \"25h\"\n").refused(
        "relay.lifetime",
        "\"25h\"",
        "at most 24 hours [R-2.2.2-b], found 90000",
    );
    Desk::new().and("[relay]\nretry_max = \"30s\"\n").refused("relay.retry_max", "\"30s\"", "relay.retry_first");
    Desk::new().and("[retention]\nevidence = \"2 years\"\n").refused(
        "retention.evidence",
        "\"2 years\"",
        "at least 30 months",
    );
    let none = Desk::new().and("[retention]\naccesses = \"0 months\"\n");
    none.refused("retention.accesses", "\"0 months\"", "at least 1 month");
    Desk::new().and("[relay]\nwindow = 0\n").refused("relay.window", "0\n", "at least 1");
}

#[test]
fn what_would_switch_the_guard_off_or_cannot_be_meant_is_refused_at_its_place() {
    for (key, value, what) in [
        ("session_lifetime", "0", "more than 0 seconds"),
        ("session_lifetime", "\"200000h\"", "at most 24 hours, found 720000000 seconds"),
        ("login_within", "0", "more than 0 seconds"),
        ("message_within", "\"25h\"", "at most 24 hours"),
        ("room_wait", "0", "more than 0 seconds"),
        ("rate_window", "0", "more than 0 seconds"),
        ("rate_grace", "18446744073709551", "at most 24 hours"),
        ("longest_delay", "\"48h\"", "at most 24 hours"),
        ("reserve", "\"513 MiB\"", "no more than smtp.limits.in_flight"),
        ("relay", "\"1 GiB\"", "no more than smtp.limits.in_flight"),
        ("spill_disk", "\"149 MiB\"", "the largest message must fit"),
        ("passwords_at_once", "0", "at least 1"),
        ("logins_remembered", "0", "at least 1"),
    ] {
        let desk = Desk::new().and(&format!("[smtp.guard]\n{key} = {value}\n"));
        desk.refused(&format!("smtp.guard.{key}"), &format!("{value}\n"), what);
    }
    Desk::new().and("[smtp.limits]\ndata = \"25h\"\n").refused("smtp.limits.data", "\"25h\"", "at most 24 hours");
    let desk = Desk::new().and("[smtp.guard]\nspill_folder = \"spool\"\nspill_above = 4096\n");
    let spill = desk.load().unwrap().smtp.guard.spill();
    assert_eq!((spill.folder, spill.above), (desk.folder.path().join("spool"), 4096));
}

#[test]
fn a_secret_that_everybody_may_read_is_found() {
    let desk = Desk::new();
    let config = desk.load().unwrap();
    let set = |name: &str, mode: u32| {
        fs::set_permissions(desk.folder.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    for name in ["signing.key", "tls.key"] {
        set(name, 0o640);
    }
    assert_eq!(config.secrets_open_to_all(), Vec::<&Path>::new());
    for (at, name) in ["signing.key", "tls.key"].into_iter().enumerate() {
        set(name, 0o644);
        assert!(config.secrets_open_to_all()[at].ends_with(name), "{name}");
    }
}

#[test]
fn the_providers_two_addresses_differ() {
    Desk::new().with("ricevute@", "Posta-Certificata@").refused(
        "provider.mail_receipt",
        "\"Posta-Certificata",
        "another address",
    );
}

#[test]
fn files_that_are_named_must_exist() {
    Desk::new().with("\"ca.pem\"", "\"none.pem\"").refused("trust.anchors", "\"none.pem\"", "there is none at");
    Desk::new().with("\"tls.key\"", "\"none.key\"").refused("smtp.tls.key", "\"none.key\"", "there is none at");
    let error = Config::load(Path::new("/nowhere/sigillo.toml")).unwrap_err();
    assert!(error.to_string().starts_with("/nowhere/sigillo.toml: cannot be read"), "{error}");
}

#[test]
fn the_key_comes_from_pem_files_or_from_pkcs12_with_a_password_that_is_never_printed() {
    let pem = "key = \"signing.key\"\ncertificates = \"signing.pem\"\n";
    let config =
        Desk::new().with(pem, "pkcs12 = \"key.p12\"\npassword_file = \"password\"\nthreads = 3\n").load().unwrap();
    let KeySource::Pkcs12 { password, .. } = &config.signing.source else { panic!("{:?}", config.signing) };
    assert_eq!(password.expose_secret(), "segreta");
    assert!(!format!("{config:?}").contains("segreta"));
    assert_eq!(config.signing.threads.map(std::num::NonZeroUsize::get), Some(3));
    Desk::new().with(pem, "key = \"signing.key\"\n").refused("signing.certificates", "signing]", "beside signing.key");
    Desk::new().with(pem, "").refused("signing", "[signing]", "expected key and certificates (PEM), or pkcs12");
    Desk::new().with(pem, &format!("{pem}pkcs12 = \"key.p12\"\n")).refused(
        "signing.pkcs12",
        "\"key.p12\"",
        "found key, certificates, pkcs12",
    );
    let device = "[signing.device]\nmodule = \"signing.key\"\ntoken = \"pec\"\npin_file = \"password\"\n";
    let config = Desk::new().with(&format!("[signing]\n{pem}"), device).load().unwrap();
    let KeySource::Device { device: found, pin } = &config.signing.source else { panic!("{:?}", config.signing) };
    assert_eq!((found.token.as_str(), pin.expose_secret()), ("pec", "segreta"));
    assert!(!format!("{config:?}").contains("segreta"));
    Desk::new().with(pem, &format!("{pem}{device}")).refused("signing.key", "\"signing.key\"", "found signing.device");
    let stray = format!("password_file = \"password\"\n{device}");
    Desk::new().with(pem, &stray).refused("signing.password_file", "\"password\"", "not both");
    Desk::new().with(pem, &format!("{pem}threads = 0\n")).refused(
        "signing.threads",
        "0\n",
        "expected a whole number, 1 or more, found 0",
    );
}

#[test]
fn doors_share_no_address_and_one_is_open() {
    Desk::new().with("\"0.0.0.0:465\"", "\"0.0.0.0:25\"").refused(
        "smtp.submission_tls.listen.0",
        "\"0.0.0.0:25\", \"[::]:465\"",
        "taken by smtp.incoming.listen",
    );
    let error = Desk::new()
        .with("[\"0.0.0.0:25\", \"[::]:25\"]", "[]")
        .with("[\"0.0.0.0:465\", \"[::]:465\"]", "[]")
        .load()
        .unwrap_err();
    assert_eq!(error.key, "smtp");
    assert!(error.what.contains("all are shut"), "{error}");
}

#[test]
fn the_doors_of_mailboxes_keep_what_their_protocol_promises() {
    let stated = "[pop3]\nlisten = [\"0.0.0.0:110\"]\nlisten_tls = [\"0.0.0.0:995\"]\nidle = \"20 m\"\n";
    let config = Desk::new().and(stated).load().unwrap();
    assert_eq!(config.pop3.addresses().count(), 2);
    assert_eq!(config.pop3.idle, Duration::from_secs(1200));
    for (key, value, what) in [
        ("idle", "\"9 m\"", "at least 600 seconds"),
        ("idle", "\"2 days\"", "at most 24 hours"),
        ("sessions", "0", "at least 1"),
        ("sessions_per_peer", "0", "at least 1"),
        ("listen_tls", "[\"0.0.0.0:465\"]", "taken by smtp.submission_tls.listen already"),
    ] {
        let place = if key == "listen_tls" { "pop3.listen_tls.0".to_owned() } else { format!("pop3.{key}") };
        let error = Desk::new().and(&format!("[pop3]\n{key} = {value}\n")).load().unwrap_err();
        assert_eq!(error.key, place);
        assert!(error.what.contains(what), "{error}");
    }
    let error = Desk::new().and("[imap]\nidle = \"20m\"\n").load().unwrap_err();
    assert!(error.key == "imap.idle" && error.what.contains("at least 1800 seconds"), "{error}");
}

#[test]
fn routes_and_quantities_are_read_in_every_form() {
    let config = Desk::new()
        .and("[relay]\nretry_first = 90\nretry_max = \"15 m\"\nlifetime = \"24h\"\nehlo = \"Out.esempio.example\"\n[relay.routes]\n\"B.example\" = \"127.0.0.1:2525\"\n\"c.example\" = \"[::1]:25\"\n\"d.example\" = \"MX.d.example:26\"\n[smtp.limits]\nin_flight = \"1GiB\"\nheader = \"64 KiB\"\n")
        .load()
        .unwrap();
    assert_eq!(
        (config.relay.retry_first.as_secs(), config.relay.retry_max.as_secs(), config.relay.lifetime),
        (90, 900, DAY)
    );
    assert_eq!((config.smtp.limits.in_flight, config.smtp.limits.header), (1 << 30, 65536));
    assert_eq!(config.ehlo(), "out.esempio.example");
    let routes: Vec<_> = config.relay.routes.iter().map(|(d, h)| (d.as_str(), h.host.as_str(), h.port)).collect();
    assert_eq!(routes, [("b.example", "127.0.0.1", 2525), ("c.example", "::1", 25), ("d.example", "mx.d.example", 26)]);
    Desk::new().and("[relay.routes]\n\"b.example\" = \"h:1\"\n\"B.example\" = \"h:2\"\n").load().unwrap_err();
}

#[test]
fn where_the_relay_connects_and_whom_it_believes_is_read() {
    let config = Desk::new().load().unwrap();
    assert!(config.relay.mta_sts && config.relay.private_networks.is_empty() && !config.dns.dnssec);
    assert_eq!(stated_default("relay", "certificates_remembered"), "\"2160h\"");
    assert_eq!(config.relay.certificates_remembered, Duration::from_secs(2160 * 3600));
    let stated = "[relay]\nstrict_tls = true\ntls_roots = \"ca.pem\"\nmta_sts = false\ncertificates_remembered = \"1h\"\n\
                  private_networks = [\"10.20.0.0/16\", \"fd00:20::/32\"]\n[dns]\ndnssec = true\ntrust_anchors = \"ca.pem\"\n";
    let config = Desk::new().and(stated).load().unwrap();
    assert!(config.relay.tls_roots.is_some_and(|path| path.is_absolute()));
    assert_eq!(config.relay.private_networks.len(), 2);
    assert!(config.dns.dnssec && config.dns.trust_anchors.is_some_and(|path| path.is_absolute()));
    for wrong in ["10.20.0.1/16", "10.20.0.0", "localhost", "10.0.0.0/33"] {
        Desk::new().and(&format!("[relay]\nprivate_networks = [\"{wrong}\"]\n")).refused(
            "relay.private_networks",
            &format!("[\"{wrong}"),
            "expected a network",
        );
    }
    Desk::new().and("[dns]\ntrust_anchors = \"root.key\"\n").refused(
        "dns.trust_anchors",
        "\"root.key",
        "dns.dnssec = true too",
    );
    Desk::new().and("[relay]\ncertificates_remembered = 0\n").refused(
        "relay.certificates_remembered",
        "0\n",
        "more than 0",
    );
}

/// [R-5.4-a]
#[test]
fn a_provider_scans_unless_the_file_says_in_so_many_words_that_it_does_not() {
    let clamd = "kind = \"clamd\"\nsocket = \"/run/clamav/clamd.ctl\"\n";
    let config = Desk::new().load().unwrap();
    let ScannerKind::Clamd { address, timeout, connections } = config.scanner.kind else { panic!("no clamd") };
    assert_eq!(address.to_string(), "/run/clamav/clamd.ctl");
    let stated = |key| stated_default("scanner", key);
    assert_eq!((stated("timeout"), stated("connections")), ("\"150s\"".into(), connections.to_string()));
    assert_eq!((timeout.as_secs(), stated("unscannable").as_str()), (150, "\"accept\""));
    assert_eq!(config.scanner.unscannable, Unscannable::Accept);
    let none = Desk::new().with(clamd, "kind = \"none\"\n").load().unwrap();
    assert_eq!(none.scanner.kind, ScannerKind::None);
    let error = Desk::new().with(&format!("[scanner]\n{clamd}"), "").load().unwrap_err();
    assert_eq!(error.key, "scanner");
    Desk::new().with(clamd, "kind = \"clamd\"\n").refused("scanner.kind", "\"clamd\"", "scanner.socket");
    Desk::new().with("kind = \"clamd\"", "kind = \"none\"").refused("scanner.socket", "\"/run/clam", "no socket");
    Desk::new().with("\"/run/clamav/clamd.ctl\"", "\"nowhere\"").refused(
        "scanner.socket",
        "\"nowhere\"",
        "host with its port",
    );
    Desk::new().with(clamd, &format!("{clamd}timeout = 0\n")).refused("scanner.timeout", "0\n", "more than 0");
    let refuse = Desk::new()
        .with(clamd, "kind = \"clamd\"\nsocket = \"[::1]:3310\"\nunscannable = \"refuse\"\ntimeout = \"1m\"\n")
        .and("\n[infected]\nreaders = [\"giulia\"]\n[privacy]\nofficers = [\"Maria Verdi\"]\n")
        .load()
        .unwrap();
    assert_eq!((refuse.scanner.unscannable, refuse.infected.readers), (Unscannable::Refuse, vec!["giulia".to_owned()]));
    assert_eq!(refuse.privacy.officers, ["Maria Verdi"]);
    assert!(Desk::new().load().unwrap().privacy.officers.is_empty());
}

#[test]
fn ordinary_mail_is_examined_where_dns_is_asked_and_name_servers_may_be_named() {
    let config = Desk::new().load().unwrap();
    assert!(config.authenticate() && config.dns.servers.is_empty());
    assert_eq!(stated_default("ordinary", "authenticate_timeout"), "\"10s\"");
    assert_eq!(config.ordinary.authenticate_timeout, Duration::from_secs(10));
    let closed = "[relay]\nstatic_only = true\n";
    assert!(!Desk::new().and(closed).load().unwrap().authenticate());
    assert!(Desk::new().and(&format!("{closed}[ordinary]\nauthenticate = true\n")).load().unwrap().authenticate());
    assert!(!Desk::new().and("[ordinary]\nauthenticate = false\n").load().unwrap().authenticate());
    let named = Desk::new().and("[dns]\nservers = [\"192.0.2.53\", \"[::1]:5353\"]\n").load().unwrap();
    assert_eq!(named.dns.servers, ["192.0.2.53:53".parse().unwrap(), "[::1]:5353".parse().unwrap()]);
    Desk::new().and("[dns]\nservers = [\"ns.example\"]\n").refused(
        "dns.servers.0",
        "\"ns.example",
        "expected a name server's address",
    );
    Desk::new().and("[ordinary]\nauthenticate_timeout = 0\n").refused(
        "ordinary.authenticate_timeout",
        "0\n",
        "more than 0",
    );
}

#[test]
fn what_a_new_store_is_filled_with_is_read_with_its_secrets_hidden_and_its_errors_placed() {
    let desk = Desk::new();
    let file = desk.folder.path().join("import.toml");
    let first = "[[domain]]\nname = \"PEC.esempio.example\"\nenglish = true\nordinary = \"folder=Ordinaria\"\n\
                 certified_only_from = \"2014-01-01\"\ncorrespondents = \"certified,@B.example,a@c.example\"\n\
                 [[account]]\naddress = \"mario.rossi@PEC.esempio.example\"\npassword = \"segretissima\"\n\
                 quota = \"2 GiB\"\n";
    fs::write(&file, format!("{first}[[account]]\naddress = \"ricevute@altro.example\"\nservice = true\n")).unwrap();
    let Filling { domains, accounts } = read_filling(&file, &["altro.example".into()]).unwrap();
    assert_eq!(domains.len(), 1);
    assert_eq!((domains[0].name.as_str(), domains[0].english), ("pec.esempio.example", true));
    assert_eq!(domains[0].ordinary, OrdinaryMail::Folder("Ordinaria".into()));
    assert_eq!(domains[0].certified_only_from, Moment::midnight("2014-01-01"));
    assert_eq!(domains[0].correspondents.to_string(), "certified,@b.example,a@c.example");
    assert!(!format!("{accounts:?}").contains("segretissima"));
    let mailbox = accounts[0].mailbox();
    assert_eq!((mailbox.password.as_deref(), mailbox.quota, mailbox.service), (Some("segretissima"), 2 << 30, false));
    assert!(accounts[1].password.is_none() && accounts[1].service && accounts[1].quota == 1 << 30);
    for (more, line, key) in [
        ("[[account]]\naddress = \"Mario.Rossi@pec.esempio.example\"", 12, "account.1.address"),
        ("[[account]]\naddress = \"mario@altro.example\"", 12, "account.1.address"),
        ("[[account]]\naddress = \"a@pec.esempio.example\"\npassword = \"\"", 13, "account.1.password"),
        ("[[account]]\naddress = \"nobody\"", 12, "account.1.address"),
        ("[[domain]]\nname = \"pec.Esempio.example\"", 12, "domain.1.name"),
        ("[[domain]]\nname = \"b c\"", 12, "domain.1.name"),
        ("[[domain]]\nname = \"b.example\"\nordinary = \"drop\"", 13, "domain.1.ordinary"),
        ("[[domain]]\nname = \"b.example\"\ncorrespondents = \"b\"", 13, "domain.1.correspondents"),
        ("[[domain]]\nname = \"b.example\"\ncertified_only_from = \"1/1\"", 13, "domain.1.certified_only_from"),
    ] {
        fs::write(&file, format!("{first}{more}\n")).unwrap();
        let error = read_filling(&file, &[]).unwrap_err();
        assert_eq!((error.line, error.key.as_str()), (line, key), "{error}");
    }
}

#[test]
fn each_door_gets_its_own_limits() {
    let limits = DoorLimits::default();
    assert_eq!(limits.door(Door::Incoming).message, limits.incoming_refuse_above);
    assert_eq!(limits.door(Door::SubmissionTls).message, limits.refuse_above);
    assert_eq!(limits.door(Door::Submission).messages_per_minute, 120);
    assert_eq!(limits.formal().recipients, 500);
}

#[test]
fn what_holds_for_the_ordinary_mail_of_every_mailbox_is_decided_by_the_operator() {
    let lines = "[ordinary]\naccept_bounces = false\nrefuse_dmarc = true\nquarantine_folder = \"Sospetti\"\n\
                 irregular_per_hour = 60\n";
    let rules = Desk::new().and(lines).load().unwrap().rules();
    assert_eq!(rules.irregular_per_hour.get(), 60);
    assert_eq!((rules.accept_bounces, rules.refuse_dmarc, rules.quarantine.as_str()), (false, true, "Sospetti"));
    // The factory values.
    let rules = Desk::new().load().unwrap().rules();
    assert_eq!((rules.accept_bounces, rules.refuse_dmarc), (true, false));
    assert_eq!(stated_default("ordinary", "irregular_per_hour"), rules.irregular_per_hour.to_string());
    let none = Desk::new().and("[ordinary]\nirregular_per_hour = 0\n").load().unwrap_err();
    assert!(none.to_string().contains("irregular_per_hour"), "{none}");
    Desk::new().and("[ordinary]\nquarantine_folder = \" \"\n").refused(
        "ordinary.quarantine_folder",
        "\" \"",
        "expected a folder's name",
    );
}

/// [R-2.2.2-e]
#[test]
fn revocations_are_asked_for_by_default_and_the_operator_s_lists_are_files_or_addresses() {
    let config = Desk::new().load().unwrap();
    assert_eq!((config.revocation.mode, config.revocation.lists.len()), (::revocation::Mode::Crl, 0));
    let desk = Desk::new().and("[revocation]\nlists = [\"a.crl\", \"http://crl.example/b\"]\n");
    let lists = desk.load().unwrap().revocation.lists;
    let expected = [
        ::revocation::ListSource::File(desk.folder.path().join("a.crl")),
        ::revocation::ListSource::Url("http://crl.example/b".into()),
    ];
    assert_eq!(lists, expected);
    for (line, key, part, what) in [
        ("lists = [\"https://crl.example/b\"]", "lists", "[\"https", "revocation.tls_roots too"),
        ("lists = [\"ldap://crl.example/b\"]", "lists", "[\"ldap", "http:// or https://"),
        ("retry = \"2h\"", "retry", "\"2h\"", "no more than revocation.refresh"),
        ("grace = \"721h\"", "grace", "\"721h\"", "at most 720 hours"),
        ("max_size = 100", "max_size", "100", "at least 64 KiB"),
        ("timeout = 0", "timeout", "0\n", "more than 0 seconds"),
        ("tls_roots = \"nowhere.pem\"", "tls_roots", "\"nowhere", "path of a file"),
    ] {
        let key = if key == "lists" { "revocation.lists.0".into() } else { format!("revocation.{key}") };
        let part = part.trim_start_matches('[');
        Desk::new().and(&format!("[revocation]\n{line}\n")).refused(&key, part, what);
    }
    let days = |times: &[Duration]| times.iter().map(|time| time.as_secs() / 86_400).collect::<Vec<_>>();
    assert_eq!(
        (days(&config.signing.warn_before), days(&config.smtp.tls.warn_before)),
        (vec![30, 7, 1], vec![30, 7, 1])
    );
    let edited =
        Desk::new().with("[signing]\n", "[signing]\nwarn_before = [\"5 days\", \"60 days\"]\n").load().unwrap();
    assert_eq!(days(&edited.signing.warn_before), [60, 5]);
    let none = Desk::new().with("[signing]\n", "[signing]\nwarn_before = []\n");
    none.refused("signing.warn_before", "[]", "at least one");
}

#[test]
fn mailboxes_are_bounded_by_what_the_operator_says() {
    let lines = "[mailboxes]\nmessages = 5\nfolders = 6\nsubscriptions = 7\nannotation_octets = \"1 KiB\"\n";
    let limits = Desk::new().and(lines).load().unwrap().store_options().mailboxes;
    assert_eq!((limits.entries, limits.folders, limits.subscriptions, limits.annotation), (5, 6, 7, 1024));
    assert_eq!(Desk::new().load().unwrap().store_options().mailboxes, store::MailboxLimits::default());
    for (line, key, what) in [
        ("messages = 0", "messages", "at least 1"),
        ("folders = 5", "folders", "at least 6"),
        ("folders = 20001", "subscriptions", "at least 20001"),
        ("removals_remembered = 1", "removals_remembered", "at least 2"),
        ("annotations_octets = \"1 GiB\"", "annotations_octets", "at most 67108864 octets"),
        ("annotation_octets = \"2 MiB\"", "annotation_octets", "no more than mailboxes.annotations_octets"),
    ] {
        let error = Desk::new().and(&format!("[mailboxes]\n{line}\n")).load().unwrap_err();
        assert!(error.key == format!("mailboxes.{key}") && error.what.contains(what), "{error}");
    }
}

#[test]
fn holders_are_told_at_the_levels_that_the_operator_chooses() {
    let levels = |desk: Desk| desk.load().unwrap().store_options().mailboxes.levels.iter().collect::<Vec<_>>();
    assert_eq!(levels(Desk::new()), [70, 80, 90, 95]);
    assert_eq!(levels(Desk::new().and("[quota]\nwarnings = [50, 99]\n")), [50, 99]);
    assert_eq!(levels(Desk::new().and("[quota]\nwarnings = []\n")), [0; 0]);
    let wrong = |list: &str, what: &str| {
        let line = format!("[quota]\nwarnings = {list}\n");
        Desk::new().and(&line).refused("quota.warnings", list, what);
    };
    wrong("[90, 80]", "levels ascend, and 80 comes after 90");
    wrong("[0]", "a level is from 1 to 99 percent, found 0");
    wrong("[1, 2, 3, 4, 5, 6, 7, 8, 9]", "at most 8 levels, found 9");
    assert!(Desk::new().and("[quota]\nwarnings = [300]\n").load().is_err());
}

#[test]
fn the_stores_check_is_slow_unless_it_would_never_end() {
    let path = "path = \"/var/lib/sigillo\"\n";
    let with = |lines: &str| Desk::new().with(path, &format!("{path}{lines}"));
    let stated = |key| format!("{key} = {}\n", stated_default("store", key));
    let config = with(&(stated("check_every") + &stated("check_rate"))).load().unwrap();
    assert_eq!(config.store.rounds(), Desk::new().load().unwrap().store.rounds());
    assert!(with("check_every = 0\n").load().unwrap().store.rounds().every.is_zero());
    with("check_rate = 1000\n").refused("store.check_rate", "1000\n", "at least 65536 octets a second");
}
