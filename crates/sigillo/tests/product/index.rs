//! A provider and the index: fetched from whatever server, believed only whole; its own record served.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use directory::{Index, Record};
use harness::Running;
use lab::{Lab, LabProvider};
use seal::FileSigner;

use crate::house::{House, eventually, get, laboratory, port, run, sigillo, succeed};
use crate::talk::Talk;

const NAME: &str = "indice.ldif.p7m";

/// Signs what the laboratory's operator would sign, at the second that the test wants.
pub fn signed(lab: &Lab, ldif: &str, at: i64) -> Vec<u8> {
    let key = lab.folder.join("authority/operator.key");
    let signer = FileSigner::from_pem_files(&key, &lab.operator).unwrap();
    seal::p7m::seal_file(ldif.as_bytes(), at, &signer).unwrap()
}

/// When the laboratory's own index was signed.
pub fn signing_time(file: &Path) -> i64 {
    seal::p7m::open_file(&fs::read(file).unwrap()).unwrap().signing_time.unwrap()
}

/// The laboratory's index with its first record changed.
fn with_first(lab: &Lab, change: impl FnOnce(&mut Record)) -> String {
    let index = Index::from_ldif(&fs::read_to_string(&lab.ldif).unwrap()).unwrap();
    let mut records: Vec<Record> = index.records().iter().map(|record| (**record).clone()).collect();
    change(&mut records[0]);
    Index::new(records, index.location().map(str::to_owned)).unwrap().to_ldif()
}

/// OpenSSL as a server with client certificates, which says exactly the octets of a file, headers included.
struct Server {
    _process: Running,
    folder: PathBuf,
    port: u16,
}

impl Server {
    fn start(lab: &Lab) -> Self {
        let (folder, port) = (lab.folder.join("server"), port());
        fs::create_dir_all(&folder).unwrap();
        let home = &lab.providers[0].folder;
        let log = File::create(lab.folder.join("server.txt")).unwrap();
        let mut command = Command::new("openssl");
        command.args(["s_server", "-HTTP", "-quiet", "-Verify", "1", "-verify_return_error", "-accept"]);
        command.arg(format!("127.0.0.1:{port}")).current_dir(&folder);
        command.arg("-cert").arg(home.join("tls.pem")).arg("-key").arg(home.join("tls.key"));
        command.arg("-CAfile").arg(&lab.tls_ca);
        command.stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).stderr(log);
        let server = Self { _process: Running::start(&mut command).unwrap(), folder, port };
        eventually("the server's port", || std::net::TcpStream::connect(("127.0.0.1", port)).ok().map(drop));
        server
    }

    fn url(&self) -> String {
        format!("https://localhost:{}/{NAME}", self.port)
    }

    /// Answers with this file from now on.
    fn give(&self, file: &[u8]) {
        self.say(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", file.len()), file);
    }

    fn say(&self, head: String, file: &[u8]) {
        let beside = self.folder.join("beside");
        fs::write(&beside, [head.as_bytes(), file].concat()).unwrap();
        fs::rename(beside, self.folder.join(NAME)).unwrap();
    }
}

/// Tells a provider to fetch its index from there, every second, into a copy of its own.
pub fn fetch_from(house: &House, url: &str) {
    let lines = format!(
        "file = \"directory.p7m\"\nurl = \"{url}\"\ntls_roots = \"../tls-ca.pem\"\nclient_certificate = \"tls.pem\"\n\
         client_key = \"tls.key\"\nrefresh = \"1s\"\nretry_first = \"1s\"\nretry_max = \"1s\"\nmax_size = \"1 MiB\""
    );
    house.edit("file = \"../directory.p7m\"", &lines);
}

fn copy_of(provider: &LabProvider) -> PathBuf {
    provider.folder.join("directory.p7m")
}

/// Waits until the provider's health says this.
pub fn health_says(admin: u16, words: &str) -> String {
    let mut last = String::new();
    eventually(&format!("health to say {words:?}"), || {
        last = get(admin, "/health").unwrap_or_default();
        last.contains(words).then(|| last.clone())
    })
}

/// [R-I-dir-1] [R-4.5-e] [R-7-b]
#[test]
fn what_a_server_gives_is_believed_only_whole_and_signed_and_new() {
    let folder = tempfile::tempdir().unwrap();
    let lab = laboratory(&folder.path().join("lab"));
    let (server, mut alfa) = (Server::start(&lab), House::new(&lab.providers[0]));
    fetch_from(&alfa, &server.url());
    let (copy, admin) = (copy_of(&alfa.provider), alfa.ports().admin);
    let born = signing_time(&lab.directory);
    let good = signed(&lab, &with_first(&lab, |record| record.managed_domains.push("nuovo.example".into())), born + 10);
    server.give(&good);
    alfa.start();
    assert_eq!(fs::read(&copy).unwrap(), good, "the first start fetches");

    let newer = signed(&lab, &with_first(&lab, |record| record.description = Some("più nuovo".into())), born + 20);
    let mut changed = newer.clone();
    let at = changed.windows(9).position(|window| window == b"postacert").unwrap();
    changed[at] ^= 1;
    let stranger = FileSigner::from_pem_files(
        &alfa.provider.folder.join("signing.key"),
        &alfa.provider.folder.join("signing.pem"),
    )
    .unwrap();
    let ldif = fs::read_to_string(&lab.ldif).unwrap();
    let by_stranger = seal::p7m::seal_file(ldif.as_bytes(), born + 20, &stranger).unwrap();
    let doubled = ldif.replace("managedDomains: beta.example", "managedDomains: alfa.example");
    let ok = |length: usize| format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    let endless = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_owned();
    for (what, head, file, words) in [
        ("played back", ok(0), fs::read(&lab.directory).unwrap(), "before the copy in use"),
        ("changed", ok(0), changed, "index-fetch-error"),
        ("of a stranger", ok(0), by_stranger, "who is not the signer in"),
        ("claiming a domain twice", ok(0), signed(&lab, &doubled, born + 20), "is claimed by"),
        ("from the future", ok(0), signed(&lab, &ldif, born + 90_000), "which is still to come"),
        ("cut short", ok(newer.len()), newer[..newer.len() / 2].to_vec(), "error decoding response body"),
        ("cut short without a length", endless.clone(), newer[..newer.len() - 1].to_vec(), "index-fetch-error"),
        ("announced too large", ok(2 << 20), newer.clone(), "larger than 1048576 octets"),
        ("too large without a word", endless, vec![0x30; 2 << 20], "larger than 1048576 octets"),
        ("none", "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n".into(), vec![], "answered 503"),
    ] {
        // A good answer between two bad ones: each must be told for itself.
        server.give(&good);
        eventually(&format!("the good copy before {what}"), || {
            let health = get(admin, "/health")?;
            (!health.contains("index-fetch-error")).then_some(())
        });
        let head = if head == ok(0) { ok(file.len()) } else { head };
        server.say(head, &file);
        let health = health_says(admin, words);
        assert!(health.contains("index-fetch-error: https://localhost"), "{what}: {health}");
        assert!(health.starts_with("HTTP/1.1 200") && health.contains("\r\n\r\nok\n"), "{what}: {health}");
        assert_eq!(fs::read(&copy).unwrap(), good, "{what}");
    }
    assert!(alfa.metric("sigillo_index_fetches_total").unwrap() >= 10.0);
    assert_eq!(alfa.metric("sigillo_index_fetch_failing"), Some(1.0));

    server.give(&newer);
    eventually("the newer copy", || (fs::read(&copy).unwrap() == newer).then_some(()));
    let log = || fs::read_to_string(alfa.provider.folder.join("log.txt")).unwrap();
    eventually("the change in the log", || log().contains("- domain nuovo.example of 'Alfa PEC S.p.A.'").then_some(()));
    eventually("no complaint", || (alfa.metric("sigillo_index_fetch_failing") == Some(0.0)).then_some(()));
    let leftover: Vec<_> =
        fs::read_dir(&alfa.provider.folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!leftover.iter().any(|name| name.to_string_lossy().starts_with(".new-")), "{leftover:?}");
}

/// [R-4.5-e] [R-I-dir-1] Q-15
#[test]
fn without_its_server_a_provider_starts_on_its_copy_and_warns_when_that_is_old() {
    let folder = tempfile::tempdir().unwrap();
    let lab = laboratory(&folder.path().join("lab"));
    let mut alfa = House::new(&lab.providers[0]);
    fetch_from(&alfa, &format!("https://localhost:{}/{NAME}", port()));
    let serve = || run(sigillo().args(["serve", "--config"]).arg(&alfa.provider.config));
    let (status, _, stderr) = serve();
    assert_eq!(status.code(), Some(69), "{stderr}");
    assert!(stderr.contains("there is no copy of the providers' index at"), "{stderr}");
    assert!(stderr.contains("Connection refused"), "{stderr}");
    let (status, _, stderr) = run(sigillo().args(["directory", "fetch", "--config"]).arg(&alfa.provider.config));
    assert_eq!(status.code(), Some(69), "{stderr}");

    let copy = copy_of(&alfa.provider);
    fs::copy(&lab.directory, &copy).unwrap();
    alfa.edit("refresh = \"1s\"", "refresh = \"1s\"\nalarm_after = \"2s\"");
    alfa.start();
    let health = health_says(alfa.ports().admin, "warning: the copy of the index is old");
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
    assert!(health.contains("index-last-good-fetch: none since the start"), "{health}");
    eventually("the alarm in the log", || {
        fs::read_to_string(alfa.provider.folder.join("log.txt")).unwrap().contains("index-old").then_some(())
    });
    alfa.stop();
    assert_eq!(fs::read(&copy).unwrap(), fs::read(&lab.directory).unwrap());

    alfa.edit("alarm_after = \"2s\"", "alarm_after = \"2s\"\nrefuse_after = \"2s\"");
    alfa.start();
    health_says(alfa.ports().admin, "warning: the copy of the index is too old: messages are put off");
    let mut client = Talk::clear(alfa.ports().incoming);
    client.expect(220);
    client.say("EHLO mx.beta.example", 250);
    let answer = client.say("MAIL FROM:<posta-certificata@beta.example>", 451);
    assert!(answer.contains("4.3.5"), "{answer}");
    assert_eq!(alfa.metric("sigillo_failures_total"), Some(1.0));
    assert!(fs::read_to_string(alfa.provider.folder.join("log.txt")).unwrap().contains("index-too-old"));
    alfa.stop();
}

/// [R-7-b]
#[test]
fn a_copy_or_a_pinned_certificate_that_everybody_may_change_is_not_believed() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let lab = laboratory(&folder.path().join("lab"));
    for file in [&lab.directory, &lab.operator] {
        fs::set_permissions(file, fs::Permissions::from_mode(0o666)).unwrap();
        let (status, _, stderr) = run(sigillo().args(["serve", "--config"]).arg(&lab.providers[0].config));
        assert_eq!(status.code(), Some(78), "{stderr}");
        assert!(stderr.contains("chmod o-w"), "{stderr}");
        fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
    }
}

/// [R-I-dir-1]
#[test]
fn by_hand_every_change_is_shown_before_it_is_taken_and_a_collapse_needs_force() {
    let folder = tempfile::tempdir().unwrap();
    let lab = laboratory(&folder.path().join("lab"));
    let (server, alfa) = (Server::start(&lab), House::new(&lab.providers[0]));
    fetch_from(&alfa, &server.url());
    let copy = copy_of(&alfa.provider);
    let fetch = |further: &[&str]| {
        run(sigillo().args(["directory", "fetch", "--config"]).arg(&alfa.provider.config).args(further))
    };
    let born = signing_time(&lab.directory);
    let third =
        |name: &str| Record { name: name.into(), managed_domains: vec![format!("{name}.example")], ..first(&lab) };
    let held = Index::from_ldif(&fs::read_to_string(&lab.ldif).unwrap()).unwrap();
    let mut records: Vec<Record> = held.records().iter().map(|record| (**record).clone()).collect();
    records.extend([third("Terzo"), third("Quarto"), third("Quinto")]);
    let many = Index::new(records, held.location().map(str::to_owned)).unwrap().to_ldif();
    server.give(&signed(&lab, &many, born));
    let (status, stdout, stderr) = fetch(&[]);
    assert!(status.success(), "{stderr}");
    assert!(stdout.contains("+ provider 'Terzo'"), "{stdout}");

    // The laboratory's two of five: a collapse.
    let two = signed(&lab, &fs::read_to_string(&lab.ldif).unwrap(), born + 1);
    server.give(&two);
    let before = fs::read(&copy).unwrap();
    for further in [&[][..], &["--dry-run"]] {
        let (status, stdout, stderr) = fetch(further);
        assert_eq!(status.code(), Some(65), "{stderr}");
        assert!(stdout.contains("- provider 'Quarto'") && stdout.contains("- domain quarto.example"), "{stdout}");
        assert!(stderr.contains("2 records where 5 are held") && stderr.contains("--force"), "{stderr}");
    }
    let (status, stdout, _) = fetch(&["--force", "--dry-run"]);
    assert!(status.success() && stdout.contains("nothing was written"), "{stdout}");
    assert_eq!(fs::read(&copy).unwrap(), before);
    assert!(fetch(&["--force"]).0.success());
    assert_eq!(fs::read(&copy).unwrap(), two);
}

fn first(lab: &Lab) -> Record {
    let index = Index::from_ldif(&fs::read_to_string(&lab.ldif).unwrap()).unwrap();
    (*index.records()[0]).clone()
}

/// [R-4.5-c] [R-4.5-f] [R-4.5-g] [R-4.5.6-a] [R-4.5.6-b] [R-5.6-a]
#[test]
fn a_provider_serves_its_own_signed_record_with_its_secondary_environments() {
    let folder = tempfile::tempdir().unwrap();
    let lab = laboratory(&folder.path().join("lab"));
    let (mut alfa, door) = (House::new(&lab.providers[0]), port());
    let lines = format!(
        "[directory.publish]\nurl = \"https://localhost:{door}/a/alfa.ldif.p7m\"\ndescription = \"Gestore di prova\"\n\n\
         [[directory.publish.unit]]\nname = \"Secondo Ambiente\"\nmail_receipt = \"ricevute@due.alfa.example\"\n\
         domains = [\"due.alfa.example\"]\ncertificates = \"signing.pem\"\n\n\
         [directory.publish.serve]\nlisten = [\"127.0.0.1:{door}\"]\ncertificate = \"tls.pem\"\nkey = \"tls.key\"\n\
         client_authority = \"../tls-ca.pem\"\n\n[store]"
    );
    alfa.edit("[store]", &lines);
    alfa.start();
    let home = &alfa.provider.folder;
    let (file, head) = (home.join("got.p7m"), home.join("head.txt"));
    let url = format!("https://localhost:{door}/a/alfa.ldif.p7m");
    let curl = |further: &[&str]| {
        let mut curl = Command::new("curl");
        curl.args(["-sS", "--fail", "--cacert"])
            .arg(&lab.tls_ca)
            .args(further)
            .arg("-D")
            .arg(&head)
            .arg("-o")
            .arg(&file);
        run(curl.arg(&url))
    };
    let (status, _, stderr) = curl(&[]);
    assert!(!status.success() && stderr.contains("certificate required"), "{stderr}");
    let beta = &lab.providers[1].folder;
    let (certificate, key) = (beta.join("tls.pem"), beta.join("tls.key"));
    let (status, _, stderr) = curl(&["--cert", certificate.to_str().unwrap(), "--key", key.to_str().unwrap()]);
    assert!(status.success(), "{stderr}");
    let head = fs::read_to_string(&head).unwrap().to_lowercase();
    assert!(
        head.contains("content-type: application/pkcs7-mime; smime-type=signed-data; name=\"alfa.ldif.p7m\""),
        "{head}"
    );

    let verify = |file: &Path| {
        let mut openssl = Command::new("openssl");
        openssl.args(["cms", "-verify", "-inform", "DER", "-binary", "-in"]).arg(file).arg("-CAfile").arg(&lab.ca);
        succeed(&mut openssl)
    };
    let served = verify(&file);
    let out = home.join("own.p7m");
    let mut publish = sigillo();
    publish.args(["directory", "publish", "--config"]).arg(&alfa.provider.config).arg("--out").arg(&out);
    let told = succeed(&mut publish);
    assert!(told.contains("+ provider 'Alfa PEC S.p.A.', unit 'Secondo Ambiente'"), "{told}");
    assert_eq!(verify(&out), served);
    let own = Index::from_ldif(&served).unwrap();
    assert!(!served.contains("dn: o=postacert"), "{served}");
    let [main, unit] = own.records() else { panic!("{served}") };
    assert_eq!((main.unit.as_deref(), main.location.as_deref()), (None, Some(url.as_str())));
    assert_eq!((unit.unit.as_deref(), unit.location.as_deref()), (Some("Secondo Ambiente"), None));
    let (mut said, mut hosted) = (main.managed_domains.clone(), alfa.provider.domains.clone());
    said.sort();
    hosted.sort();
    assert_eq!(said, hosted);

    // The next certificate stands beside the present one; another's is refused.
    let foreign = beta.join("signing.pem");
    let (status, _, stderr) = run(publish.arg("--also-certificate").arg(&foreign));
    assert_eq!(status.code(), Some(78), "{stderr}");
    assert!(stderr.contains("does not name posta-certificata@alfa.example"), "{stderr}");
    alfa.stop();
}
