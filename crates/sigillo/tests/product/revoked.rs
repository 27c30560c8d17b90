//! Keys that are revoked while providers run: lists and answers of an authority that OpenSSL plays, on loopback.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use directory::{Index, Record};
use harness::Running;
use provider::Clock;
use seal::{Certificate, FileSigner};

use crate::house::{House, World, eventually, get, laboratory, letter, port, run, sigillo, succeed};

const MARIO: &str = "mario.rossi@alfa.example";
const ANNA: &str = "anna.bianchi@beta.example";

/// Gives `list.crl`, and has OpenSSL answer what is posted.
const SERVER: &str = r#"
import http.server, os, subprocess, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def reply(self, name):
        body = open(name, "rb").read()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        self.reply("list.crl")
    def do_POST(self):
        with open("request.der", "wb") as out:
            out.write(self.rfile.read(int(self.headers["Content-Length"])))
        subprocess.run("openssl ocsp -reqin request.der -index index.txt -CA ca.pem -rsigner ca.pem -rkey ca.key "
            "-ndays 1 -respout response.der", shell=True, check=True)
        self.reply("response.der")
os.chdir(sys.argv[1])
http.server.HTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()
"#;

/// An authority in a folder, which issues alfa's signing certificate.
struct Office {
    folder: PathBuf,
    port: u16,
    server: Option<Running>,
}

impl Office {
    /// The authority issues a certificate for alfa's key; both providers trust it, and the index lists the certificate.
    fn instead_of_the_laboratory_s(world: &World, extensions: &str) -> Self {
        Self::issuing(world, extensions, false)
    }

    /// The same; the index may list the certificate that alfa had, too.
    fn issuing(world: &World, extensions: &str, beside_the_old: bool) -> Self {
        let office = Self { folder: world.scratch("office"), port: port(), server: None };
        let server = format!("http://127.0.0.1:{}", office.port);
        fs::create_dir(&office.folder).unwrap();
        let settings = format!(
            "[req]\ndistinguished_name=dn\nprompt=no\n[dn]\nC=IT\nO=Autorita\nCN=Ufficio\n\
             [ca]\ndefault_ca=office\n[office]\ndatabase=index.txt\nnew_certs_dir=.\nserial=serial\ncrlnumber=number\n\
             certificate=ca.pem\nprivate_key=ca.key\ndefault_md=sha256\npolicy=any\n[any]\norganizationName=supplied\n\
             commonName=supplied\n[authority]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n\
             subjectKeyIdentifier=hash\n[peer]\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=emailProtection\n\
             subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\nsubjectAltName=email:{}\n{}\n",
            world.alfa.provider.service_address,
            extensions.replace('@', &server)
        );
        for (name, text) in [("ca.cnf", settings.as_str()), ("index.txt", ""), ("serial", "77\n"), ("number", "01\n")] {
            fs::write(office.folder.join(name), text).unwrap();
        }
        fs::write(office.folder.join("server.py"), SERVER).unwrap();
        let home = &world.alfa.provider.folder;
        let self_signed = ["req", "-x509", "-config", "ca.cnf", "-extensions", "authority", "-newkey", "rsa:2048"];
        office
            .openssl(&[&self_signed[..], &["-nodes", "-days", "900", "-keyout", "ca.key", "-out", "ca.pem"]].concat());
        let subject = format!("/O={}/CN=Posta Certificata", world.alfa.provider.name);
        let key = home.join("signing.key");
        office.openssl(&["req", "-new", "-key", key.to_str().unwrap(), "-subj", &subject, "-out", "alfa.csr"]);
        let issue = ["ca", "-config", "ca.cnf", "-batch", "-extensions", "peer", "-notext", "-days", "800"];
        office.openssl(&[&issue[..], &["-in", "alfa.csr", "-out", "alfa.pem"]].concat());
        office.publish();

        let read = |path: &Path| fs::read_to_string(path).unwrap();
        fs::copy(office.folder.join("alfa.pem"), home.join("signing.pem")).unwrap();
        let anchors = read(&world.lab.ca) + &read(&office.folder.join("ca.pem"));
        fs::write(&world.lab.ca, anchors).unwrap();
        let certificate = Certificate::from_pem(read(&office.folder.join("alfa.pem")).as_bytes()).unwrap().remove(0);
        let index = Index::from_ldif(&read(&world.lab.ldif)).unwrap();
        let records = index.records().iter().map(|record| {
            let is_alfa = record.name == world.alfa.provider.name;
            let mut record = Record::clone(record);
            if is_alfa {
                record.certificates.retain(|_| beside_the_old);
                record.certificates.push(certificate.der().clone());
            }
            record
        });
        let index = Index::new(records.collect(), index.location().map(str::to_owned)).unwrap();
        let operator = world.lab.folder.join("authority").join("operator.key");
        let operator = FileSigner::from_pem_files(&operator, &world.lab.operator).unwrap();
        let now = provider::SystemClock.now().unix();
        let signed = seal::p7m::seal_file(index.to_ldif().as_bytes(), now, &operator).unwrap();
        fs::write(&world.lab.directory, signed).unwrap();
        office
    }

    fn openssl(&self, arguments: &[&str]) {
        succeed(Command::new("openssl").args(arguments).current_dir(&self.folder));
    }

    /// A new list, whole or not at all.
    fn publish(&self) {
        self.openssl(&["ca", "-config", "ca.cnf", "-gencrl", "-crldays", "2", "-out", "list.new"]);
        fs::rename(self.folder.join("list.new"), self.folder.join("list.crl")).unwrap();
    }

    fn revoke(&self) {
        self.openssl(&["ca", "-config", "ca.cnf", "-revoke", "alfa.pem", "-crl_reason", "keyCompromise"]);
    }

    fn opens(&mut self) {
        let mut command = Command::new("python3");
        command.arg("server.py").arg(".").arg(self.port.to_string()).current_dir(&self.folder);
        let log = fs::File::create(self.folder.join("server.log")).unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        self.server = Some(Running::start(&mut command).unwrap());
        eventually("the authority's server", || get(self.port, "/list.crl"));
    }

    fn closes(&mut self) {
        self.server = None;
    }
}

fn log(house: &House) -> String {
    fs::read_to_string(house.provider.folder.join("log.txt")).unwrap()
}

fn health(house: &House) -> String {
    get(house.ports().admin, "/health").unwrap()
}

/// A world whose alfa has a certificate of the office, asked about as `mode` says.
fn world(mode: &str, extensions: &str) -> (World, Office) {
    let mut world = World::up();
    world.alfa.stop();
    world.beta.stop();
    let office = Office::instead_of_the_laboratory_s(&world, extensions);
    for house in [&mut world.alfa, &mut world.beta] {
        let settings = format!("[revocation]\nmode = \"{mode}\"\nrefresh = \"2s\"\n");
        house.edit("[revocation]\n", &settings);
        house.edit("retry = \"2s\"", "retry = \"1s\"");
        house.start();
    }
    (world, office)
}

/// Beta hears of the revocation; then what alfa signs is refused, and alfa is told.
fn refuses_from_now_on(world: &World) {
    let of_alfa = || world.alfa.metric("sigillo_certificate_revoked").filter(|value| *value == 1.0);
    eventually("alfa to hear that its certificate is revoked", of_alfa);
    assert!(
        health(&world.alfa).contains("warning: our signing certificate is revoked since"),
        "{}",
        health(&world.alfa)
    );
    assert!(health(&world.alfa).contains("key compromised"));
    let mut number = 0;
    // Beta may hear of it a moment later than alfa.
    eventually("beta to refuse", || {
        number += 1;
        world.submit(&[ANNA], letter(ANNA, &format!("rubata-{number}"))).unwrap();
        world.settle();
        let rows = world.alfa.list(MARIO);
        rows.iter().any(|row| row.kind == "non-delivery").then_some(())
    });
    let notice = String::from_utf8(world.alfa.wait(MARIO, "non-delivery", 1).remove(0)).unwrap();
    assert!(notice.contains("errore-consegna"), "{notice}");
    let said = log(&world.beta);
    assert!(said.contains("revoked-signer") && said.contains("key compromised"), "{said}");
    assert!(world.beta.metric("sigillo_revoked_signers_total") >= Some(1.0));
    // The notice of that non-delivery is alfa's own business; nothing of the message reached Anna.
    let letters = world.beta.list(ANNA);
    assert!(letters.iter().all(|row| !row.subject.contains(&format!("rubata-{number}"))), "{letters:?}");
}

/// [R-2.2.2-e] Q-23
#[test]
fn lists_are_waited_for_kept_and_believed() {
    let (mut world, mut office) = world("crl", "crlDistributionPoints=URI:@/list.crl");
    // The authority does not answer: put off, and said.
    world.submit(&[ANNA], letter(ANNA, "attesa")).unwrap();
    eventually("beta to put the message off", || world.beta.metric("sigillo_failures_total").filter(|n| *n >= 1.0));
    assert!(world.beta.list(ANNA).is_empty());
    let told = health(&world.beta);
    assert!(told.contains("warning: lists of revoked certificates cannot be renewed"), "{told}");
    assert!(told.contains(&format!("http://127.0.0.1:{}/list.crl", office.port)), "{told}");
    assert!(log(&world.beta).contains("revocation-unknown"), "{}", log(&world.beta));
    // It answers: delivered, without a restart.
    office.opens();
    world.judge(&world.alfa.one(MARIO, "delivery"), "delivery");
    eventually("health without a warning", || health(&world.beta).contains("\r\n\r\nok").then_some(()));
    // It is away again, and beta starts anew: what it kept serves.
    world.beta.stop();
    office.closes();
    world.beta.start();
    world.submit(&[ANNA], letter(ANNA, "senza-rete")).unwrap();
    assert_eq!(world.beta.wait(ANNA, "transport-envelope", 2).len(), 2);
    world.settle();
    // What is no list does not replace the good one.
    let list = office.folder.join("list.crl");
    fs::write(&list, "<html>manutenzione</html>").unwrap();
    office.opens();
    eventually("beta to refuse what it got", || log(&world.beta).contains("neither a DER nor a PEM").then_some(()));
    world.submit(&[ANNA], letter(ANNA, "lista-rotta")).unwrap();
    assert_eq!(world.beta.wait(ANNA, "transport-envelope", 3).len(), 3);
    world.settle();
    // Alfa's key is stolen.
    office.revoke();
    office.publish();
    refuses_from_now_on(&world);
    // What it signed before stays true, and whoever looks at it is told.
    let file = world.scratch("acceptance.eml");
    fs::write(&file, world.alfa.wait(MARIO, "acceptance", 3 + refused_letters(&world)).remove(0)).unwrap();
    let verify = || {
        let mut command = sigillo();
        command.arg("verify").arg("--ca").arg(&world.lab.ca).arg(&file);
        command
    };
    let said = succeed(verify().arg("--crl").arg(&list));
    assert!(said.contains("Authentic") && said.contains("was revoked later, on"), "{said}");
    let said = succeed(verify().arg("--online"));
    assert!(said.contains("not-checked") && said.contains("private network"), "{said}");
    let at = (provider::SystemClock.now().unix() + 5).to_string();
    let (status, said, _) = run(verify().arg("--crl").arg(&list).args(["--at", &at]));
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("was already revoked, since") && said.contains("era già revocato"), "{said}");
}

/// How many letters it took until beta knew.
fn refused_letters(world: &World) -> usize {
    let rows = world.alfa.list(MARIO);
    rows.iter().filter(|row| row.kind == "acceptance" && row.subject.contains("rubata")).count()
}

/// [R-2.2.2-e] RFC 6960
#[test]
fn a_responder_is_asked_where_the_operator_wants_it() {
    let (world, mut office) = world("ocsp", "authorityInfoAccess=OCSP;URI:@/ocsp");
    world.submit(&[ANNA], letter(ANNA, "attesa")).unwrap();
    eventually("beta to put the message off", || world.beta.metric("sigillo_failures_total").filter(|n| *n >= 1.0));
    office.opens();
    world.judge(&world.alfa.one(MARIO, "delivery"), "delivery");
    world.settle();
    office.revoke();
    refuses_from_now_on(&world);
}

/// A provider renews its certificate while a message that the old one signed is on its way.
#[test]
fn a_renewed_certificate_and_the_old_one_are_taken_while_the_index_lists_both() {
    let mut world = World::up();
    world.beta.stop();
    world.submit(&[ANNA], letter(ANNA, "vecchia")).unwrap();
    assert_eq!(world.alfa.queued(), 1);
    world.alfa.stop();
    let mut office = Office::issuing(&world, "crlDistributionPoints=URI:@/list.crl", true);
    office.opens();
    world.alfa.start();
    world.beta.start();
    world.alfa.wait(MARIO, "delivery", 1);
    world.submit(&[ANNA], letter(ANNA, "nuova")).unwrap();
    world.alfa.wait(MARIO, "delivery", 2);
    let issuers: Vec<String> = world
        .beta
        .wait(ANNA, "transport-envelope", 2)
        .into_iter()
        .map(|envelope| seal::open(&envelope.into()).unwrap().signer.issuer())
        .collect();
    assert!(issuers[0].contains("PEC CA di prova") && issuers[1].contains("Ufficio"), "{issuers:?}");
}

#[test]
fn a_developer_can_revoke_a_provider_of_a_laboratory_and_see() {
    let world = World::up();
    world.submit(&[ANNA], letter(ANNA, "prima")).unwrap();
    world.judge(&world.alfa.one(MARIO, "delivery"), "delivery");
    world.settle();
    let said = succeed(sigillo().args(["lab", "revoke"]).arg(&world.lab.folder).arg("alfa"));
    assert!(said.contains("is revoked since"), "{said}");
    refuses_from_now_on(&world);
    let other = world.scratch("other");
    laboratory(&other);
    let (status, _, stderr) = run(sigillo().args(["lab", "revoke"]).arg(&other).arg("gamma"));
    assert_eq!(status.code(), Some(65), "{stderr}");
    assert!(stderr.contains("holds no provider gamma"), "{stderr}");
}
