use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use config::{Config, Filling, read_filling};
use directory::{Directory, Index};
use pec::{Address, Moment};
use seal::{FileSigner, KeySource};
use secrecy::ExposeSecret;

use super::*;
use crate::pki::{Authority, Subject};

/// 15 January 2027.
const NOW: i64 = 1_800_000_000;

fn plan() -> LabPlan {
    LabPlan::two(Moment::from_unix(NOW), DEFAULT_BASE_PORT).unwrap()
}

fn lab() -> (tempfile::TempDir, Lab) {
    let folder = tempfile::tempdir().unwrap();
    let lab = create(&folder.path().join("lab"), &plan()).unwrap();
    (folder, lab)
}

fn openssl(arguments: &[&str]) -> Output {
    harness::output(Command::new("openssl").args(arguments)).unwrap()
}

fn said(arguments: &[&str]) -> String {
    let output = openssl(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn name(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_laboratory_holds_configurations_that_load_and_know_each_other() {
    let (_keep, lab) = lab();
    assert_eq!(lab.providers.len(), 2);
    for (provider, other) in [(0, 1), (1, 0)].map(|(a, b)| (&lab.providers[a], &lab.providers[b])) {
        let config = Config::load(&provider.config).unwrap();
        assert_eq!(config.provider.name, provider.name);
        assert_eq!(config.smtp.incoming.listen[0].port(), provider.ports.incoming);
        assert_eq!(config.admin.listen.unwrap().port(), provider.ports.admin);
        assert!(config.relay.static_only && config.relay.strict_tls);
        let routes: Vec<_> =
            config.relay.routes.iter().map(|(d, hop)| (d.clone(), hop.host.as_str(), hop.port)).collect();
        let mut expected: Vec<_> =
            other.domains.iter().map(|d| (d.clone(), "127.0.0.1", other.ports.incoming)).collect();
        expected.sort();
        assert_eq!(routes, expected);
        let Filling { domains, accounts } = read_filling(&provider.folder.join("accounts.toml"), &[]).unwrap();
        assert_eq!(
            domains.iter().map(|domain| &domain.name).collect::<Vec<_>>(),
            provider.domains.iter().collect::<Vec<_>>()
        );
        assert_eq!(accounts.len(), 4);
        for (account, made) in accounts.iter().zip(&provider.accounts) {
            assert_eq!(account.address, made.address);
            assert_eq!(
                account.password.as_ref().unwrap().expose_secret(),
                made.password.as_ref().unwrap().expose_secret()
            );
        }
        let service: Vec<_> = accounts.iter().filter(|a| a.service).map(|a| a.address.clone()).collect();
        assert_eq!(service, [config.provider.mail_receipt]);
        let KeySource::Pem { key, certificates } = &config.signing.source else { panic!("PEM expected") };
        FileSigner::from_pem_files(key, certificates).unwrap();
    }
}

/// [R-5.5.1-a] [R-5.5.2-a] [R-5.5.2-b]
#[test]
fn openssl_finds_exactly_the_profile_of_a_signing_certificate() {
    let (_keep, lab) = lab();
    let provider = &lab.providers[0];
    let certificate = provider.folder.join("signing.pem");
    let text = said(&["x509", "-in", name(&certificate), "-noout", "-text"]);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let after = |heading: &str| {
        let at = lines.iter().position(|l| *l == heading).unwrap_or_else(|| panic!("no {heading:?} in\n{text}"));
        lines[at + 1]
    };
    assert_eq!(after("X509v3 Key Usage: critical"), "Digital Signature");
    assert_eq!(after("X509v3 Extended Key Usage:"), "E-mail Protection");
    assert_eq!(after("X509v3 Subject Alternative Name:"), "email:posta-certificata@alfa.example");
    assert_eq!(after("X509v3 Subject Key Identifier:").len(), 20 * 3 - 1);
    let extensions: Vec<&&str> =
        lines.iter().filter(|l| l.starts_with("X509v3 ") && !l.contains("extensions")).collect();
    assert_eq!(extensions.len(), 5, "{extensions:?}");
    assert!(!text.contains("Basic Constraints"));
    assert!(
        lines.contains(&"Public-Key: (2048 bit)") && lines.contains(&"Signature Algorithm: sha256WithRSAEncryption")
    );
    let subject = said(&["x509", "-in", name(&certificate), "-noout", "-subject", "-nameopt", "RFC2253"]);
    assert_eq!(subject.trim(), "subject=CN=Posta Certificata Alfa PEC S.p.A.,O=Alfa PEC S.p.A.,L=Roma,ST=RM,C=IT");
    let dates = said(&["x509", "-in", name(&certificate), "-noout", "-startdate", "-enddate", "-dateopt", "iso_8601"]);
    assert_eq!(dates, "notBefore=2027-01-14 08:00:00Z\nnotAfter=2030-01-14 08:00:00Z\n");
    // The issuer's key identifier is the one that the issuer names as its own.
    let issuer = said(&["x509", "-in", name(&lab.pec_ca), "-noout", "-ext", "subjectKeyIdentifier"]);
    assert_eq!(after("X509v3 Authority Key Identifier:"), issuer.lines().nth(1).unwrap().trim());
    let own = seal::Certificate::from_pem(&fs::read(&certificate).unwrap()).unwrap();
    assert_eq!(seal::profile::deviations(&own[0], Some(&provider.name)), Vec::<String>::new());
}

/// [R-O-ca-2]
#[test]
fn openssl_accepts_the_chains_and_the_name_constraints() {
    let (_keep, lab) = lab();
    let at = NOW.to_string();
    for provider in &lab.providers {
        let leaf = provider.folder.join("signing.pem");
        let (ca, below) = (name(&lab.ca), name(&lab.pec_ca));
        let chain =
            ["verify", "-purpose", "smimesign", "-x509_strict", "-attime", &at, "-CAfile", ca, "-untrusted", below];
        assert!(said(&[&chain[..], &[name(&leaf)]].concat()).ends_with("OK\n"));
        let tls = provider.folder.join("tls.pem");
        for host in ["localhost", provider.hostname.as_str()] {
            let chain = ["verify", "-purpose", "sslserver", "-verify_hostname", host, "-attime", &at];
            assert!(said(&[&chain[..], &["-CAfile", name(&lab.tls_ca), name(&tls)]].concat()).ends_with("OK\n"));
        }
        let chain = ["verify", "-purpose", "sslserver", "-verify_ip", "127.0.0.1", "-attime", &at];
        assert!(said(&[&chain[..], &["-CAfile", name(&lab.tls_ca), name(&tls)]].concat()).ends_with("OK\n"));
    }
    let pec = said(&["x509", "-in", name(&lab.pec_ca), "-noout", "-text"]);
    assert!(pec.contains("email:alfa.example") && pec.contains("email:comune.beta.example"), "{pec}");
    assert!(pec.contains("CA:TRUE, pathlen:0"), "{pec}");
}

#[test]
fn the_laboratorys_signers_are_trusted_by_the_laboratorys_anchors() {
    let (_keep, lab) = lab();
    let read = |path: &Path| seal::Certificate::from_pem(&fs::read(path).unwrap()).unwrap();
    let trust = seal::Trust::new(read(&lab.ca), Vec::new()).unwrap();
    for provider in &lab.providers {
        let chain = read(&provider.folder.join("signing.pem"));
        assert_eq!(chain.len(), 2);
        trust.check_certificate(&chain[0], &chain[1..], NOW).unwrap();
        assert!(trust.check_certificate(&chain[0], &chain[1..], NOW + 3 * 366 * 24 * 3600).is_err());
    }
}

/// [R-4.5-c] [R-4.5.6-a]
#[test]
fn the_signed_index_opens_with_the_operators_certificate_and_knows_the_providers() {
    let (_keep, lab) = lab();
    let signed = fs::read(&lab.directory).unwrap();
    let opened = seal::p7m::open_file(&signed).unwrap();
    let operator = seal::Certificate::from_pem(&fs::read(&lab.operator).unwrap()).unwrap();
    assert_eq!(opened.signer, operator[0]);
    assert_eq!(opened.signing_time, Some(NOW));
    assert_eq!(opened.content, fs::read(&lab.ldif).unwrap());
    let index = Index::from_ldif(std::str::from_utf8(&opened.content).unwrap()).unwrap();
    for provider in &lab.providers {
        let record = index.by_domain(&provider.domains[1]).unwrap();
        assert_eq!((&record.name, &record.mail_receipt), (&provider.name, &provider.mail_receipt));
        let own = seal::Certificate::from_pem(&fs::read(provider.folder.join("signing.pem")).unwrap()).unwrap();
        assert_eq!(index.by_certificate(own[0].der()), [record]);
    }
    let content = lab.folder.join("content");
    let at = NOW.to_string();
    let verify = ["cms", "-verify", "-inform", "DER", "-binary", "-attime", &at, "-CAfile", name(&lab.ca)];
    said(&[&verify[..], &["-in", name(&lab.directory), "-out", name(&content)]].concat());
    assert_eq!(fs::read(content).unwrap(), opened.content);
}

#[test]
fn keys_and_passwords_are_for_the_owner_only() {
    let (_keep, lab) = lab();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for provider in &lab.providers {
        for file in ["signing.key", "tls.key", "accounts.toml"] {
            assert_eq!(mode(&provider.folder.join(file)), 0o600, "{file}");
        }
        assert_eq!(mode(&provider.folder.join("store")), 0o700);
    }
    assert_eq!(mode(&lab.folder.join("authority")), 0o700);
    assert_eq!(mode(&lab.folder.join("authority/root.key")), 0o600);
    assert_eq!(mode(&lab.folder.join("README.txt")), 0o600);
    let all = lab.providers.iter().flat_map(|p| &p.accounts).map(|a| a.password.as_ref().unwrap().expose_secret());
    let passwords: HashSet<&str> = all.collect();
    assert_eq!(passwords.len(), 8);
    assert!(passwords.iter().all(|p| p.len() == 16));
    assert!(passwords.iter().all(|p| !format!("{lab:?}").contains(p)));
}

#[test]
fn the_readme_says_how_to_start_and_how_to_send() {
    let (_keep, lab) = lab();
    let readme = fs::read_to_string(lab.folder.join("README.txt")).unwrap();
    for part in [
        "serve --config alfa/sigillo.toml",
        "serve --config beta/sigillo.toml",
        "swaks --server 127.0.0.1:25101",
        "smtps://127.0.0.1:25102",
    ] {
        assert!(readme.contains(part), "no {part:?} in\n{readme}");
    }
    for account in lab.providers.iter().flat_map(|p| &p.accounts) {
        assert!(readme.contains(account.address.as_str()));
        assert!(readme.contains(account.password.as_ref().unwrap().expose_secret()));
    }
}

#[test]
fn a_folder_that_holds_something_else_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("letter.txt"), "Cara mamma").unwrap();
    let error = create(folder.path(), &plan()).unwrap_err();
    assert!(matches!(error, LabError::NotEmpty(_)));
    assert!(error.to_string().contains("is not empty and holds no laboratory"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_laboratory_that_is_there_is_described_and_left_as_it_is() {
    let (_keep, lab) = lab();
    let key = lab.providers[0].folder.join("signing.key");
    let before = fs::read(&key).unwrap();
    let again = create(&lab.folder, &plan()).unwrap();
    assert_eq!(fs::read(&key).unwrap(), before);
    assert_eq!(again.providers[1].ports, lab.providers[1].ports);
    let secret = |lab: &Lab| lab.providers[0].accounts[0].password.as_ref().unwrap().expose_secret().to_owned();
    assert_eq!(secret(&again), secret(&lab));
    fs::remove_file(lab.providers[0].folder.join("accounts.toml")).unwrap();
    assert!(
        super::open(&lab.folder).unwrap().providers[0].accounts.is_empty(),
        "the file may be removed after the start"
    );
    let elsewhere = LabPlan::two(Moment::from_unix(NOW), 30000).unwrap();
    assert!(matches!(create(&lab.folder, &elsewhere), Err(LabError::Different(_))));
    let three = LabPlan::named(Moment::from_unix(NOW), &["alfa", "beta", "gamma"], DEFAULT_BASE_PORT).unwrap();
    assert!(matches!(create(&lab.folder, &three), Err(LabError::Different(_))));
}

#[test]
fn passwords_ports_and_domains_may_be_chosen() {
    let mut plan = LabPlan::named(Moment::from_unix(NOW), &["solo"], DEFAULT_BASE_PORT).unwrap();
    let provider = &mut plan.providers[0];
    provider.name = "L'\"Ente\" & Figli, S.r.l.".into();
    provider.ports = Ports::free().unwrap();
    provider.accounts[0].password = Some("lupa 'gru' \"melone\" \\ vite".into());
    let folder = tempfile::tempdir().unwrap();
    let lab = create(folder.path(), &plan).unwrap();
    let config = Config::load(&lab.providers[0].config).unwrap();
    assert_eq!(config.provider.name, "L'\"Ente\" & Figli, S.r.l.");
    let accounts = read_filling(&lab.providers[0].folder.join("accounts.toml"), &[]).unwrap().accounts;
    assert_eq!(accounts[0].password.as_ref().unwrap().expose_secret(), "lupa 'gru' \"melone\" \\ vite");
    assert_eq!(super::open(folder.path()).unwrap().providers[0].ports, plan.providers[0].ports);
}

#[test]
fn a_plan_that_cannot_work_says_why() {
    let refused = |change: &dyn Fn(&mut LabPlan)| {
        let mut plan = plan();
        change(&mut plan);
        let folder = tempfile::tempdir().unwrap();
        let error = create(folder.path(), &plan).unwrap_err().to_string();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is written");
        error
    };
    assert!(refused(&|p| p.providers.clear()).contains("at least one provider"));
    assert!(refused(&|p| p.providers[1].folder = "alfa".into()).contains("taken already"));
    assert!(refused(&|p| p.providers[1].folder = "../x".into()).contains("lower-case letters"));
    assert!(refused(&|p| p.providers[1].ports = p.providers[0].ports).contains("different ports"));
    assert!(refused(&|p| p.providers[1].domains[1] = "alfa.example".into()).contains("claimed by"));
    assert!(refused(&|p| p.providers[1].domains.clear()).contains("in a domain of beta"));
    assert!(
        refused(&|p| p.providers[0].accounts[0].address = Address::parse("x@beta.example").unwrap())
            .contains("x@beta.example")
    );
    assert!(refused(&|p| p.providers[0].name = String::new()).contains("1 to 64 characters"));
    assert!(LabPlan::two(Moment::from_unix(NOW), 65530).is_err());
    assert!(LabPlan::named(Moment::from_unix(NOW), &["a b"], 1000).is_err());
}

/// [R-O-ca-2]
#[test]
fn openssl_refuses_a_signer_outside_the_domains_of_the_pec_authority() {
    let folder = tempfile::tempdir().unwrap();
    let now = Moment::from_unix(NOW);
    let mut keys = pki::rsa_keys(3).unwrap().into_iter();
    let root = Authority::root(keys.next().unwrap(), now).unwrap();
    let pec = root.pec(keys.next().unwrap(), &["alfa.example".into()], now).unwrap();
    let subject = Subject { organization: "Altri S.p.A.", common_name: "Posta Certificata Altri" };
    let address = Address::parse("posta-certificata@altri.example").unwrap();
    let foreign = pec.signing(keys.next().unwrap(), &subject, &address, now).unwrap();
    let file = |name: &str, pem: String| {
        let path = folder.path().join(name);
        fs::write(&path, pem).unwrap();
        path
    };
    let (ca, below) = (file("ca.pem", root.certificate.pem()), file("pec-ca.pem", pec.certificate.pem()));
    let leaf = file("leaf.pem", foreign.pem());
    let chain = ["verify", "-attime", &NOW.to_string(), "-CAfile", name(&ca), "-untrusted", name(&below), name(&leaf)];
    let output = openssl(&chain);
    assert!(!output.status.success());
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("permitted subtree violation"), "{error}");
}

#[test]
fn a_revoked_provider_is_in_the_list_of_the_laboratory_s_authority() {
    let (_keep, lab) = lab();
    let listed = || said(&["crl", "-in", name(&lab.crl), "-CAfile", name(&lab.pec_ca), "-noout", "-text"]);
    assert!(listed().contains("No Revoked Certificates"));
    let verified = |provider: &LabProvider| {
        let signing = provider.folder.join("signing.pem");
        let bundle = ["-CAfile", name(&lab.ca), "-untrusted", name(&lab.pec_ca), "-CRLfile", name(&lab.crl)];
        let at = (NOW + 100).to_string();
        let check = ["verify", "-crl_check", "-attime", &at, name(&signing)];
        let output = openssl(&[&check[..4], &bundle[..], &check[4..]].concat());
        String::from_utf8(output.stderr).unwrap() + &String::from_utf8(output.stdout).unwrap()
    };
    assert!(lab.providers.iter().all(|provider| verified(provider).contains("OK")), "{}", verified(&lab.providers[0]));
    for (index, folder) in ["alfa", "beta", "alfa"].into_iter().enumerate() {
        let revoked = revoke(&lab.folder, folder, Moment::from_unix(NOW + 10)).unwrap();
        assert_eq!(revoked.name, lab.providers[index % 2].name);
        assert!(verified(&revoked).contains("certificate revoked"), "{}", verified(&revoked));
        let text = listed();
        assert_eq!(text.matches("Serial Number").count(), (index + 1).min(2), "{text}");
        assert!(text.contains("Key Compromise"), "{text}");
    }
    assert!(matches!(revoke(&lab.folder, "gamma", Moment::from_unix(NOW)), Err(LabError::Plan(_))));
}
