//! A closed group by itself: an operator collects the providers' files, publishes the whole, and they live on it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use directory::{Directory, Index};
use harness::{Block, Running};
use lab::Lab;
use seal::FileSigner;
use tempfile::TempDir;

use crate::house::{House, PATIENCE, World, eventually, get, laboratory, letter, port, run, sigillo, succeed};
use crate::index::{fetch_from, health_says, signed, signing_time};

const MARIO: &str = "mario.rossi@alfa.example";
const ANNA: &str = "anna.bianchi@beta.example";

/// An operator of an index for the two providers of a laboratory, whose files it takes from its own folder.
struct Operator {
    folder: PathBuf,
    door: u16,
    admin: u16,
    child: Option<Running>,
}

impl Operator {
    fn new(lab: &Lab) -> Self {
        let operator = Self { folder: lab.folder.join("index"), door: port(), admin: port(), child: None };
        fs::create_dir(&operator.folder).unwrap();
        let mut text = format!(
            "[index]\nurl = \"{}\"\nstate = \"state\"\n\n[signing]\nkey = \"../authority/operator.key\"\n\
             certificates = \"../operator.pem\"\n\n[collect]\nrefresh = \"1s\"\nretry_first = \"1s\"\nretry_max = \"1s\"\n\
             max_size = \"1 MiB\"\n\n[serve]\nlisten = [\"127.0.0.1:{}\"]\ncertificate = \"../alfa/tls.pem\"\n\
             key = \"../alfa/tls.key\"\nclient_authority = \"../tls-ca.pem\"\n\n[admin]\nlisten = \"127.0.0.1:{}\"\n",
            operator.url(),
            operator.door,
            operator.admin
        );
        for provider in &lab.providers {
            let name = provider.folder.file_name().unwrap().to_str().unwrap();
            text += &format!(
                "\n[[provider]]\nname = \"{}\"\nfile = \"{name}.p7m\"\ncertificates = \"{name}.pem\"\n",
                provider.name
            );
            fs::copy(provider.folder.join("signing.pem"), operator.folder.join(format!("{name}.pem"))).unwrap();
            House::new(provider).edit(
                "[store]",
                &format!("[directory.publish]\nurl = \"https://localhost/{name}.ldif.p7m\"\n\n[store]"),
            );
            operator.publish(lab, name, &[]);
        }
        fs::write(operator.config(), text).unwrap();
        operator
    }

    fn url(&self) -> String {
        format!("https://localhost:{}/indice.ldif.p7m", self.door)
    }

    fn config(&self) -> PathBuf {
        self.folder.join("operator.toml")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.p7m"))
    }

    /// `sigillo directory publish` of a provider, into the operator's folder.
    fn publish(&self, lab: &Lab, name: &str, also: &[&Path]) {
        let mut publish = sigillo();
        publish.args(["directory", "publish", "--config"]).arg(lab.folder.join(name).join("sigillo.toml"));
        for file in also {
            publish.arg("--also-certificate").arg(file);
        }
        succeed(publish.arg("--out").arg(self.file(name)));
    }

    fn start(&mut self) {
        let log = File::options().create(true).append(true).open(self.folder.join("log.txt")).unwrap();
        let mut command = sigillo();
        command.args(["directory", "serve", "--until-stdin-closes", "--config"]).arg(self.config());
        command.stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).stderr(log);
        self.child = Some(Running::start(&mut command).unwrap());
        eventually("the operator's health", || {
            get(self.admin, "/health").filter(|answer| answer.starts_with("HTTP/1.1 200")).map(drop)
        });
    }

    /// SIGTERM, and a clean end.
    fn stop(&mut self) {
        let child = self.child.take().unwrap();
        child.terminate().unwrap();
        let status = child.wait(PATIENCE).unwrap();
        assert_eq!(status.code(), Some(0), "{}", fs::read_to_string(self.folder.join("log.txt")).unwrap());
    }

    /// The index as curl fetches it and openssl verifies it.
    fn index(&self, lab: &Lab) -> Index {
        let file = self.folder.join("got.p7m");
        let mut curl = curl(lab, "beta");
        succeed(curl.args(["--fail", "-o"]).arg(&file).arg(self.url()));
        let mut openssl = Command::new("openssl");
        openssl.args(["cms", "-verify", "-inform", "DER", "-binary", "-in"]).arg(&file).arg("-CAfile").arg(&lab.ca);
        Index::from_ldif(&succeed(&mut openssl)).unwrap()
    }
}

/// curl with the TLS certificate of a provider.
fn curl(lab: &Lab, name: &str) -> Command {
    let mut curl = Command::new("curl");
    let home = lab.folder.join(name);
    curl.args(["-sS", "--cacert"]).arg(&lab.tls_ca);
    curl.arg("--cert").arg(home.join("tls.pem")).arg("--key").arg(home.join("tls.key"));
    curl
}

/// A group whose operator collects, and signs anew, that often.
fn group(refresh: &str) -> (TempDir, Lab, Operator) {
    let folder = tempfile::tempdir().unwrap();
    let lab = laboratory(&folder.path().join("lab"));
    let mut operator = Operator::new(&lab);
    let text = fs::read_to_string(operator.config()).unwrap();
    fs::write(operator.config(), text.replace("refresh = \"1s\"", &format!("refresh = \"{refresh}\""))).unwrap();
    operator.start();
    (folder, lab, operator)
}

/// [R-4.5-b] [R-4.5-c] [R-4.5.6-a] [R-5.6-a]
#[test]
fn the_whole_index_is_served_signed_to_those_with_a_certificate_and_cheaply() {
    let (_folder, lab, mut operator) = group("1h");
    let index = operator.index(&lab);
    assert_eq!(index.location(), Some(operator.url().as_str()));
    let names: Vec<_> = index.records().iter().map(|record| record.name.as_str()).collect();
    assert_eq!(names, ["Alfa PEC S.p.A.", "Beta PEC S.p.A."]);

    // Nobody without a certificate, and nobody with one of another authority.
    let plain = |further: &[&str]| {
        run(Command::new("curl").args(["-sS", "--cacert"]).arg(&lab.tls_ca).args(further).arg(operator.url()))
    };
    let (status, stdout, stderr) = plain(&[]);
    assert!(!status.success() && stdout.is_empty() && stderr.contains("certificate required"), "{stderr}");
    let other = laboratory(&lab.folder.join("other"));
    let (certificate, key) = (other.folder.join("beta/tls.pem"), other.folder.join("beta/tls.key"));
    let (status, stdout, stderr) = plain(&["--cert", certificate.to_str().unwrap(), "--key", key.to_str().unwrap()]);
    assert!(!status.success() && stdout.is_empty(), "{stderr}");

    // Clients that say nothing keep nobody waiting.
    let silent: Vec<_> = (0..20).map(|_| std::net::TcpStream::connect(("127.0.0.1", operator.door)).unwrap()).collect();
    operator.index(&lab);
    drop(silent);

    // A second question costs no file: by tag, and by date.
    let (tag, file, head) = (lab.folder.join("tag"), lab.folder.join("file"), lab.folder.join("head"));
    let ask = |further: &[&str]| {
        let mut curl = curl(&lab, "beta");
        curl.args(further).args(["-w", "%{http_code} %{size_download}", "-o"]).arg(&file).arg("-D").arg(&head);
        succeed(curl.arg(operator.url()))
    };
    let (tag, size) = (tag.to_str().unwrap(), operator.folder.join("got.p7m").metadata().unwrap().len());
    assert_eq!(ask(&["--etag-save", tag]), format!("200 {size}"));
    let head_text = fs::read_to_string(&head).unwrap().to_lowercase();
    assert!(head_text.contains("content-type: application/pkcs7-mime; smime-type=signed-data"), "{head_text}");
    let date = head_text.lines().find_map(|line| line.strip_prefix("last-modified: ")).unwrap().to_owned();
    assert_eq!(ask(&["--etag-compare", tag]), "304 0");
    assert_eq!(ask(&["-z", &date]), "304 0");
    assert_eq!(ask(&["-z", "1 Jan 2020"]), format!("200 {size}"));
    let missing = succeed(curl(&lab, "beta").args(["-w", "%{http_code}", "-o"]).arg(&file).arg(operator.url() + "x"));
    assert_eq!(missing, "404");

    let mut beta = House::new(&lab.providers[1]);
    fetch_from(&beta, &operator.url());
    beta.start();
    eventually("a provider that is told it has the newest", || {
        let metrics = get(beta.ports().admin, "/metrics")?;
        let same =
            metrics.lines().find_map(|line| line.strip_prefix("sigillo_index_fetches_total{result=\"same\"} "))?;
        (same != "0").then_some(())
    });
    let served = get(operator.admin, "/metrics").unwrap();
    let same = served.lines().find_map(|line| line.strip_prefix("sigillo_index_served_total{answer=\"same\"} "));
    assert!(same.is_some_and(|count| count != "0"), "{served}");
    beta.stop();

    // What was published is there at once after a restart, without any provider.
    operator.stop();
    fs::remove_file(operator.file("alfa")).unwrap();
    operator.start();
    assert_eq!(operator.index(&lab).to_ldif(), index.to_ldif());
    let health = health_says(operator.admin, "warning: the files of 1 providers are not good");
    assert!(health.contains("provider Alfa PEC S.p.A.: in the index"), "{health}");
    operator.stop();
}

/// [R-4.5-d] [R-I-dir-1]
#[test]
fn a_bad_file_of_one_provider_stops_nobody_and_its_last_good_one_stays() {
    let (_folder, lab, mut operator) = group("1s");
    let (alfa, beta) = (operator.file("alfa"), operator.file("beta"));
    let good = fs::read(&beta).unwrap();
    let held = operator.index(&lab);
    let signed_at = signing_time(&beta);
    let key = |name: &str, kind: &str| lab.folder.join(name).join(format!("signing.{kind}"));
    let of = |name: &str| FileSigner::from_pem_files(&key(name, "key"), &key(name, "pem")).unwrap();
    let seal = |ldif: &str, at: i64, name: &str| seal::p7m::seal_file(ldif.as_bytes(), at, &of(name)).unwrap();
    let ldif = String::from_utf8(seal::p7m::open_file(&good).unwrap().content).unwrap();
    let of_alfa = seal::p7m::open_file(&fs::read(&alfa).unwrap()).unwrap().content;
    let claim = ldif.replace("managedDomains: comune.beta.example", "managedDomains: alfa.example");
    assert_ne!(claim, ldif);
    for (what, file, words) in [
        ("no signature", b"dn: o=postacert\n".to_vec(), "failing since"),
        ("another's signature", seal(&ldif, signed_at + 1, "alfa"), "who is not the signer in"),
        (
            "another's record",
            seal(&String::from_utf8(of_alfa).unwrap(), signed_at + 1, "beta"),
            "it tells of 'Alfa PEC S.p.A.'",
        ),
        (
            "another's domain",
            seal(&claim, signed_at + 1, "beta"),
            "it claims the domain alfa.example, which Alfa PEC S.p.A. holds",
        ),
        ("the authority's signature", seal_by_authority(&lab, &ldif, signed_at + 1), "who is not the signer in"),
        ("an old file", seal(&ldif, signed_at - 1, "beta"), "before the copy in use"),
        ("no schema", seal(&ldif.replace("mailReceipt", "mail"), signed_at + 1, "beta"), "expected a mailReceipt"),
        ("too much", vec![0x30; 2 << 20], "larger than 1048576 octets"),
    ] {
        fs::write(&beta, &file).unwrap();
        let health = health_says(operator.admin, words);
        assert!(health.contains("warning: the files of 1 providers are not good"), "{what}: {health}");
        assert!(health.contains("failing since 20") && !health.contains("not in the index"), "{what}: {health}");
        assert_eq!(operator.index(&lab).to_ldif(), held.to_ldif(), "{what}");
        fs::write(&beta, &good).unwrap();
        eventually("health again", || get(operator.admin, "/health")?.contains("\r\n\r\nok\n").then_some(()));
    }
    // The others are not stopped: alfa gains a domain while beta's file is bad.
    fs::write(&beta, b"").unwrap();
    House::new(&lab.providers[0]).administer(&["domain", "add", "nuovo.example"]);
    eventually("a later second", || {
        operator.publish(&lab, "alfa", &[]);
        (signing_time(&alfa) > signed_at).then_some(())
    });
    eventually("alfa's new domain", || operator.index(&lab).by_domain("nuovo.example"));
    assert!(operator.index(&lab).by_domain("comune.beta.example").is_some());
    health_says(operator.admin, "failing since");
    let metrics = get(operator.admin, "/metrics").unwrap();
    let failing = "sigillo_index_provider_failing_since_timestamp_seconds{provider=\"Beta PEC S.p.A.\"} ";
    let since = metrics.lines().find_map(|line| line.strip_prefix(failing)).unwrap().parse::<f64>().unwrap();
    assert!(since >= signed_at as f64, "{since}");

    // Since when it is bad outlives the process; one collection by hand says it too, and does what it can.
    operator.stop();
    let (status, stdout, stderr) =
        run(sigillo().args(["directory", "serve", "--once", "--config"]).arg(operator.config()));
    assert_eq!(status.code(), Some(65), "{stderr}");
    let moment = pec::Moment::from_unix(since as i64);
    assert!(stdout.contains(&format!("failing since {moment}")), "{stdout}");
    fs::write(&beta, &good).unwrap();
    let again = succeed(sigillo().args(["directory", "serve", "--once", "--config"]).arg(operator.config()));
    assert!(again.starts_with("ok\n"), "{again}");
}

/// [R-4.5-b] [R-4.5-e] [R-4.5-g]
#[test]
fn a_provider_changes_its_certificate_and_nobody_restarts_but_itself() {
    let mut world = World::up();
    let lab = world.lab.clone();
    let mut operator = Operator::new(&lab);
    operator.start();
    for house in [&mut world.alfa, &mut world.beta] {
        house.stop();
        fetch_from(house, &operator.url());
        house.start();
    }
    world.submit(&[ANNA], letter(ANNA, "con la prima chiave")).unwrap();
    world.alfa.wait(MARIO, "delivery", 1);

    let next = next_certificate(&lab);
    let pins = operator.folder.join("alfa.pem");
    let both = [fs::read(&pins).unwrap(), fs::read(next.with_extension("pem")).unwrap()].concat();
    fs::write(&pins, both).unwrap();
    operator.publish(&lab, "alfa", &[&next.with_extension("pem")]);
    let copy = world.beta.provider.folder.join("directory.p7m");
    let certificates = || {
        let index = seal::p7m::open_file(&fs::read(&copy).unwrap()).unwrap().content;
        let index = Index::from_ldif(&String::from_utf8(index).unwrap()).unwrap();
        index.by_domain("alfa.example").unwrap().certificates.clone()
    };
    eventually("the next certificate in beta's copy", || (certificates().len() == 2).then_some(()));
    let log = || fs::read_to_string(world.beta.provider.folder.join("log.txt")).unwrap();
    eventually("beta's log", || log().contains("+ certificate ").then_some(()));

    world.alfa.stop();
    world.alfa.edit(
        "key = \"signing.key\"\ncertificates = \"signing.pem\"",
        "key = \"next.key\"\ncertificates = \"next.pem\"",
    );
    world.alfa.start();
    let old = lab.folder.join("alfa/signing.pem");
    operator.publish(&lab, "alfa", &[&old]);
    world.submit(&[ANNA], letter(ANNA, "con la seconda chiave")).unwrap();
    world.alfa.wait(MARIO, "delivery", 2);
    let envelopes = world.beta.wait(ANNA, "transport-envelope", 2);
    let signer = seal::open(&bytes::Bytes::from(envelopes[1].clone())).unwrap().signer;
    assert_eq!(
        signer.der(),
        seal::Certificate::from_pem(&fs::read(next.with_extension("pem")).unwrap()).unwrap()[0].der()
    );
    assert!(certificates().contains(signer.der()));
    health_says(operator.admin, "\r\n\r\nok\n");
    operator.stop();
}

/// Signed by the authority itself, whose certificate stands in the pinned file as the issuer.
fn seal_by_authority(lab: &Lab, ldif: &str, at: i64) -> Vec<u8> {
    let signer = FileSigner::from_pem_files(&lab.folder.join("authority/pec-ca.key"), &lab.pec_ca).unwrap();
    seal::p7m::seal_file(ldif.as_bytes(), at, &signer).unwrap()
}

/// A second signing certificate of alfa, made by openssl under the laboratory's authority: `next.key`, `next.pem`.
fn next_certificate(lab: &Lab) -> PathBuf {
    let home = lab.folder.join("alfa");
    let openssl = |arguments: &str| {
        succeed(Command::new("openssl").args(arguments.split('|')).current_dir(&home));
    };
    let names = "keyUsage=critical,digitalSignature\nextendedKeyUsage=emailProtection\n\
                 subjectAltName=email:posta-certificata@alfa.example\nsubjectKeyIdentifier=hash\n\
                 authorityKeyIdentifier=keyid\n";
    fs::write(home.join("next.ext"), names).unwrap();
    openssl(
        "req|-newkey|rsa:2048|-nodes|-keyout|next.key|-out|next.csr|-subj|/C=IT/ST=RM/L=Roma/O=Alfa PEC S.p.A./CN=Posta Certificata Alfa PEC S.p.A.",
    );
    openssl(
        "x509|-req|-in|next.csr|-CA|../pec-ca.pem|-CAkey|../authority/pec-ca.key|-set_serial|77|-days|300|-extfile|next.ext|-out|next.pem",
    );
    home.join("next")
}

/// [R-5.6-a]
#[test]
fn an_index_for_everybody_must_be_asked_for_in_so_many_words() {
    let folder = tempfile::tempdir().unwrap();
    let lab = laboratory(&folder.path().join("lab"));
    let mut operator = Operator::new(&lab);
    let text = fs::read_to_string(operator.config()).unwrap();
    let shut = "client_authority = \"../tls-ca.pem\"\n";
    fs::write(operator.config(), text.replace(shut, "")).unwrap();
    let (status, _, stderr) = run(sigillo().args(["directory", "serve", "--config"]).arg(operator.config()));
    assert_eq!(status.code(), Some(78), "{stderr}");
    assert!(stderr.contains("operator.toml:") && stderr.contains("expected client_authority"), "{stderr}");
    fs::write(operator.config(), text.replace(shut, "open = true\n")).unwrap();
    operator.start();
    let mut curl = Command::new("curl");
    let file = folder.path().join("open.p7m");
    succeed(curl.args(["-sS", "--fail", "--cacert"]).arg(&lab.tls_ca).arg("-o").arg(&file).arg(operator.url()));
    assert!(signing_time(&file) > 0);
    operator.stop();
}

/// What an operator signs is read by a provider as any index: [R-4.5-e]
#[test]
fn two_indexes_of_one_second_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let lab = laboratory(&folder.path().join("lab"));
    let born = signing_time(&lab.directory);
    let again = signed(&lab, &fs::read_to_string(&lab.ldif).unwrap(), born);
    assert_eq!(again, fs::read(&lab.directory).unwrap(), "the same content at the same second is the same file");
    let mut operator = Operator::new(&lab);
    operator.start();
    let first = signing_time(&operator.folder.join("state/indice.ldif.p7m"));
    House::new(&lab.providers[0]).administer(&["domain", "add", "nuovo.example"]);
    operator.publish(&lab, "alfa", &[]);
    eventually("the new domain", || operator.index(&lab).by_domain("nuovo.example"));
    assert!(signing_time(&operator.folder.join("state/indice.ldif.p7m")) > first, "a later version has a later time");
    operator.stop();
}

/// Every box of the page, in one shell, as a reader would copy them; only the ports are others.
#[test]
fn the_steps_of_the_page_about_closed_groups_work_as_they_stand() {
    const PAGE: &str = include_str!("../../../../docs/closed-group.md");
    let boxes: Vec<&str> = PAGE.split("```sh\n").skip(1).map(|rest| rest.split_once("```").unwrap().0).collect();
    assert!(boxes.len() >= 8, "{}", boxes.len());
    let ports = Block::take().unwrap();
    let base = ports.base();
    let mut script = format!("set -eu\n{}", boxes.concat());
    // 251xx everywhere: 25100 to 25123 of the laboratory, 25104 to 25124 of the records, 25190 and 25191.
    script = script.replace("251", &(base / 100).to_string());
    script = script.replacen("sigillo lab group", &format!("sigillo lab group --base-port {base}"), 1);
    let folder = tempfile::tempdir().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_sigillo")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("bash");
    shell.args(["-c", &script]).current_dir(folder.path()).env("PATH", path);
    let told = succeed(&mut shell);
    assert!(told.contains("refused without a certificate"), "{told}");
    assert!(told.lines().any(|line| line == "3"), "three providers in the index: {told}");
    assert!(told.lines().last().unwrap().contains("CONSEGNA: Prova"), "{told}");
}
