//! What a provider tells of itself: before it starts, in health, in metrics, and to nobody else in its backups.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::house::{House, get, laboratory, run, sigillo, succeed};
use crate::index::health_says;

/// What `serve --check` says, and its exit code.
fn check(house: &House) -> (i32, Vec<Value>) {
    let (status, stdout, stderr) =
        run(sigillo().args(["serve", "--check", "--json", "--config"]).arg(&house.provider.config));
    assert_eq!(stderr, "", "nothing but what was found is said");
    (status.code().unwrap(), stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// The whats of one result.
fn of(lines: &[Value], result: &str) -> String {
    let these = lines.iter().filter(|line| line["result"] == result);
    these.map(|line| format!("{}: {}\n", line["about"].as_str().unwrap(), line["what"].as_str().unwrap())).collect()
}

#[test]
fn everything_that_a_start_reads_is_looked_at_beside_a_running_provider_and_nothing_is_started() {
    let folder = tempfile::tempdir().unwrap();
    let lab = laboratory(folder.path());
    let mut house = House::new(&lab.providers[0]);
    let (code, before) = check(&house);
    assert_eq!((code, of(&before, "wrong")), (0, String::new()));
    for about in ["configuration", "signing", "trust", "index", "revocation", "tls", "ports", "relay", "store"] {
        assert!(before.iter().any(|line| line["about"] == about && line["result"] == "ok"), "{about}: {before:?}");
    }
    assert!(of(&before, "ok").contains("signs; its certificate lasts until"), "{before:?}");
    house.start();
    let (code, beside) = check(&house);
    assert_eq!((code, of(&beside, "wrong")), (0, String::new()));
    let words = succeed(sigillo().args(["serve", "--check", "--config"]).arg(&house.provider.config));
    assert!(words.lines().all(|line| line.starts_with("ok: ") || line.starts_with("warning: ")), "{words}");
    house.stop();

    // Each thing that is wrong is said at its key, and the others are looked at all the same.
    let tls = house.provider.folder.join("tls.key");
    let key = fs::read(&tls).unwrap();
    fs::copy(house.provider.folder.join("signing.key"), &tls).unwrap();
    let store = house.provider.folder.join("store/sigillo.store");
    let aside = house.provider.folder.join("mark");
    fs::rename(&store, &aside).unwrap();
    let (code, found) = check(&house);
    let (wrong, file) = (of(&found, "wrong"), house.provider.config.display().to_string());
    assert_eq!(code, 78, "{wrong}");
    assert!(wrong.contains(&format!("tls: {file}:")) && wrong.contains("smtp.tls.key: "), "{wrong}");
    assert!(wrong.contains("store.path: ") && wrong.contains("Is the volume mounted?"), "{wrong}");
    assert!(of(&found, "ok").contains("signing: "), "{found:?}");
    assert!(!store.exists(), "nothing was written");
    fs::write(&tls, key).unwrap();
    fs::rename(&aside, &store).unwrap();
    fs::write(house.provider.folder.join("signing.key"), "no key").unwrap();
    let (code, found) = check(&house);
    assert!(code == 78 && of(&found, "wrong").contains("signing.key: "), "{found:?}");
    let (status, _, stderr) = run(sigillo().args(["serve", "--config"]).arg(&house.provider.config));
    assert!(
        status.code() == Some(78) && stderr.contains(&format!("{file}:")) && stderr.contains("signing.key: "),
        "{stderr}"
    );
}

#[test]
fn health_tells_of_the_doors_certificate_and_of_the_disk_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let lab = laboratory(folder.path());
    let mut house = House::new(&lab.providers[0]);
    house.edit("[smtp.tls]\n", "[smtp.tls]\nwarn_before = [\"30000 days\"]\n");
    house.edit("[store]\n", "[store]\nfree_alarm = \"4096 TiB\"\n");
    house.start();
    let health = health_says(house.ports().admin, "warning: the doors' certificate");
    assert!(health.contains("warning: only ") && health.contains(" are free on the disk of "), "{health}");
    assert!(health.contains("\ntls-certificate-days-left: ") && health.contains("\ndisk-free-octets: "), "{health}");
    assert!(health.contains("\nbudget-free-octets: strangers ") && health.contains(", relay "), "{health}");
    assert!(house.metric("sigillo_disk_free_octets").unwrap() > 0.0);
    house.stop();
}

/// The text format of Prometheus, version 0.0.4, read strictly.
#[test]
fn metrics_are_there_from_the_start_with_help_type_and_zeros() {
    let folder = tempfile::tempdir().unwrap();
    let lab = laboratory(folder.path());
    let mut house = House::new(&lab.providers[0]);
    house.start();
    let answer = get(house.ports().admin, "/metrics").unwrap();
    let text = answer.split("\r\n\r\n").nth(1).unwrap();
    let (mut helped, mut types, mut series) = (BTreeSet::new(), BTreeMap::new(), BTreeMap::new());
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(!help.trim().is_empty() && helped.insert(name), "{line}");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert!(helped.contains(name) && types.insert(name, kind).is_none(), "{line}: its HELP comes first");
        } else {
            let (key, value) = line.rsplit_once(' ').unwrap();
            let value: f64 = value.parse().unwrap_or_else(|_| panic!("{line}"));
            let (name, labels) = key.split_once('{').map_or((key, ""), |(name, labels)| (name, labels));
            assert!(labels.is_empty() || labels.ends_with("\"}"), "{line}");
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
            let family = family.filter(|family| types.get(family) == Some(&"histogram")).unwrap_or(name);
            let kind = types.get(family).unwrap_or_else(|| panic!("{line}: no TYPE before"));
            assert_eq!(*kind == "counter", name.ends_with("_total"), "{line}");
            assert!(series.insert(key, value).is_none(), "{line} stands twice");
        }
    }
    for (name, kind) in &types {
        if *kind == "histogram" {
            let of = |end: &str| series.get(format!("{name}_{end}").as_str()).copied();
            let last = series.get(format!("{name}_bucket{{le=\"+Inf\"}}").as_str()).copied();
            assert!(last.is_some() && last == of("count") && of("sum").is_some(), "{name}");
        }
    }
    for zero in [
        "sigillo_failures_total{part=\"store\"}",
        "sigillo_submissions_total{result=\"accepted\"}",
        "sigillo_emitted_total{kind=\"acceptance\"}",
        "sigillo_login_failures_total{door=\"submission\",reason=\"wrong-password\"}",
        "sigillo_acceptance_seconds_count",
        "sigillo_incoming_seconds_count",
        "sigillo_delivery_seconds_count",
        "sigillo_smtp_client_transaction_seconds_count",
        "sigillo_store_read_failures_total",
        "sigillo_log_lines_lost_total",
    ] {
        assert_eq!(series.get(zero), Some(&0.0), "{zero}\n{text}");
    }
    let version = format!("sigillo_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    assert_eq!(series.get(version.as_str()), Some(&1.0), "{text}");
    for above in ["process_resident_memory_bytes", "process_open_fds", "process_max_fds", "process_start_time_seconds"]
    {
        assert!(series.get(above).is_some_and(|value| *value > 0.0), "{above}\n{text}");
    }
    house.stop();
}

/// Every file and folder below this one, with itself.
fn all_below(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        found.push(path);
    }
    found
}

#[test]
fn a_store_and_its_backup_are_closed_to_others_whatever_the_umask_is() {
    let folder = tempfile::tempdir().unwrap();
    let lab = laboratory(folder.path());
    let house = House::new(&lab.providers[0]);
    for (at, umask) in ["000", "022", "077"].into_iter().enumerate() {
        let name = format!("store-{at}");
        let before = if at == 0 { "store".to_owned() } else { format!("store-{}", at - 1) };
        house.edit(&format!("path = \"{before}\""), &format!("path = \"{name}\""));
        let backup = folder.path().join(format!("backup-{at}"));
        let with_umask = |words: &[&str]| {
            let mut command = Command::new("sh");
            command.args(["-c", "umask \"$1\"; shift; exec \"$@\"", "sh", umask, env!("CARGO_BIN_EXE_sigillo")]);
            succeed(command.args(words).arg("--config").arg(&house.provider.config))
        };
        with_umask(&["store", "create"]);
        let large = folder.path().join("password");
        fs::write(&large, "gru-tavolo-melone-vite\n").unwrap();
        let provider = format!("{}.example", house.provider.folder.file_name().unwrap().to_str().unwrap());
        with_umask(&["mailbox", "add", &format!("uno@{provider}"), "--password-file", large.to_str().unwrap()]);
        with_umask(&["store", "backup", backup.to_str().unwrap()]);
        for place in [house.provider.folder.join(&name), backup] {
            let found = all_below(&place);
            assert!(found.len() > 3, "{found:?}");
            for path in found {
                let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
                let wanted = if path.is_dir() { 0o700 } else { 0o600 };
                assert_eq!(mode, wanted, "{} with umask {umask}: {mode:o}", path.display());
            }
        }
    }
}
