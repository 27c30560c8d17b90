//! Lists and answers of OpenSSL's authority, served over HTTP on loopback, with a clock that the test moves.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes as Body;
use axum::extract::State;
use axum::http::StatusCode;
use pec::{Clock, Moment};
use seal::revocation::ocsp::OcspAnswer;
use seal::revocation::{Reason, Status, distribution_points};
use seal::{Certificate, Revocation, Revocations};

use super::*;
use crate::held::UNUSED;

const DAY: i64 = 24 * 3600;

struct Time(AtomicI64);

impl Clock for Time {
    fn now(&self) -> Moment {
        Moment::from_unix(self.0.load(Ordering::SeqCst))
    }
}

/// An authority in a folder, its peer's certificate, and the server that its addresses name.
struct Office {
    folder: tempfile::TempDir,
    web: Arc<Web>,
    /// Authority, then the peer.
    authority: Certificate,
    peer: Certificate,
    time: Arc<Time>,
    start: i64,
}

/// What the server gives; nothing at first.
#[derive(Default)]
struct Web {
    content: Mutex<Option<Vec<u8>>>,
    /// Where OpenSSL answers questions: `POST`s go to `openssl ocsp`.
    responder: Mutex<Option<PathBuf>>,
    asked: AtomicUsize,
}

impl Web {
    fn gives(&self, content: Option<Vec<u8>>) {
        *self.content.lock().unwrap() = content;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn serve(State(web): State<Arc<Web>>, request: Body) -> Result<Vec<u8>, StatusCode> {
    web.asked.fetch_add(1, Ordering::SeqCst);
    if request.is_empty() {
        return web.content.lock().unwrap().clone().ok_or(StatusCode::SERVICE_UNAVAILABLE);
    }
    let folder = web.responder.lock().unwrap().clone().ok_or(StatusCode::SERVICE_UNAVAILABLE)?;
    fs::write(folder.join("request.der"), &request).unwrap();
    openssl(
        &folder,
        "ocsp -reqin request.der -index index.txt -CA ca.pem -rsigner ca.pem -rkey ca.key -ndays 1 -respout response.der",
    );
    Ok(fs::read(folder.join("response.der")).unwrap())
}

fn openssl(folder: &Path, arguments: &str) {
    let run = harness::output(Command::new("openssl").args(arguments.split(' ')).current_dir(folder)).unwrap();
    assert!(run.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&run.stderr));
}

fn certificate(folder: &Path, name: &str) -> Certificate {
    Certificate::from_pem(&fs::read(folder.join(name)).unwrap()).unwrap().remove(0)
}

impl Office {
    /// The peer's certificate names what `extensions` say; `@` stands for the server.
    async fn new(extensions: &str) -> Self {
        let socket = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let server = format!("http://{}", socket.local_addr().unwrap());
        let web = Arc::new(Web::default());
        let router = Router::new().fallback(serve).with_state(web.clone());
        tokio::spawn(async move { axum::serve(socket, router).await.unwrap() });
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        fs::write(
            at.join("ca.cnf"),
            format!(
                "[req]\ndistinguished_name=dn\nprompt=no\n[dn]\nC=IT\nCN=Office\n[authority]\nbasicConstraints=critical,CA:TRUE\n\
                 keyUsage=critical,keyCertSign,cRLSign\n[peer]\nkeyUsage=critical,digitalSignature\n{}\n\
                 [ca]\ndefault_ca=office\n[office]\ndatabase=index.txt\nnew_certs_dir=.\nserial=serial\ncrlnumber=number\n\
                 certificate=ca.pem\nprivate_key=ca.key\ndefault_md=sha256\npolicy=any\nunique_subject=no\n\
                 crl_extensions=list\n[any]\ncommonName=supplied\n[list]\nauthorityKeyIdentifier=keyid\n\
                 [delta]\n2.5.29.27=critical,DER:020101\n",
                extensions.replace('@', &server)
            ),
        )
        .unwrap();
        fs::write(at.join("index.txt"), "").unwrap();
        fs::write(at.join("serial"), "1001\n").unwrap();
        fs::write(at.join("number"), "01\n").unwrap();
        let office = "-x509 -config ca.cnf -extensions authority -newkey rsa:2048 -nodes -days 900";
        openssl(at, &format!("req {office} -keyout ca.key -out ca.pem"));
        openssl(at, &format!("req {office} -keyout other.key -out other.pem"));
        openssl(at, "req -config ca.cnf -newkey rsa:2048 -nodes -keyout peer.key -out peer.csr");
        openssl(at, "ca -config ca.cnf -batch -extensions peer -in peer.csr -out peer.pem -days 800 -notext");
        // OpenSSL dates its certificates by the machine's clock.
        #[allow(clippy::disallowed_methods)]
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let start = i64::try_from(since.as_secs()).unwrap();
        Self {
            authority: certificate(at, "ca.pem"),
            peer: certificate(at, "peer.pem"),
            web,
            time: Arc::new(Time(AtomicI64::new(start))),
            start,
            folder,
        }
    }

    /// A list that is valid for so many days.
    fn list(&self, days: u32, options: &str) -> Vec<u8> {
        let at = self.folder.path();
        openssl(at, &format!("ca -config ca.cnf -gencrl -crldays {days} -out list.pem{options}"));
        fs::read(at.join("list.pem")).unwrap()
    }

    /// A list with these times, as OpenSSL writes them.
    fn list_of(&self, this_update: i64, next_update: i64, options: &str) -> Vec<u8> {
        let text = |at: i64| {
            let time = jiff::Timestamp::from_second(at).unwrap();
            time.strftime("%y%m%d%H%M%SZ").to_string()
        };
        let at = self.folder.path();
        let (from, until) = (text(this_update), text(next_update));
        let times = format!("-crl_lastupdate {from} -crl_nextupdate {until}");
        openssl(at, &format!("ca -config ca.cnf -gencrl {times} -out list.pem{options}"));
        fs::read(at.join("list.pem")).unwrap()
    }

    fn revoke(&self) {
        openssl(self.folder.path(), "ca -config ca.cnf -revoke peer.pem -crl_reason keyCompromise");
    }

    fn known(&self, edit: impl FnOnce(&mut Settings)) -> Arc<RevocationCache> {
        let mut settings = Settings { private_addresses: true, ..Settings::default() };
        edit(&mut settings);
        Arc::new(RevocationCache::new(settings, std::slice::from_ref(&self.authority), self.time.clone()).unwrap())
    }

    /// What is known after whatever is needed was asked for.
    async fn learnt(&self, known: &RevocationCache) -> Status {
        known.learn(&[self.peer.clone(), self.authority.clone()], self.now()).await;
        self.status(known)
    }

    fn status(&self, known: &RevocationCache) -> Status {
        known.status(&self.peer, &self.authority, self.now())
    }

    fn now(&self) -> i64 {
        self.time.0.load(Ordering::SeqCst)
    }

    fn pass(&self, seconds: i64) {
        self.time.0.fetch_add(seconds, Ordering::SeqCst);
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    /// Renews what is due, as the background does.
    async fn renew(&self, known: &RevocationCache) {
        for source in known.held().sources() {
            known.held().renew(&source).await;
        }
    }
}

fn unknown(status: &Status, cause: &str) {
    match status {
        Status::Unknown { why } => assert!(why.contains(cause), "{why}"),
        other => panic!("{other:?}"),
    }
}

fn is_revoked(status: &Status) -> bool {
    matches!(status, Status::Revoked { reason: Reason::KeyCompromise, .. })
}

const LISTS: &str = "crlDistributionPoints=URI:@/list";
const BOTH: &str = "crlDistributionPoints=URI:@/list\nauthorityInfoAccess=OCSP;URI:@/ocsp";

#[tokio::test]
async fn a_list_is_fetched_once_and_renewed_before_it_ends() {
    let office = Office::new(LISTS).await;
    let known = office.known(|_| {});
    unknown(&office.status(&known), "no revocation list");
    unknown(&office.learnt(&known).await, "the server answered 503");
    assert_eq!(office.web.asked(), 1);
    // The same again at once asks nobody; a minute later it does.
    unknown(&office.learnt(&known).await, "503");
    assert_eq!(office.web.asked(), 1);
    assert_eq!(known.failures().len(), 1);
    office.web.gives(Some(office.list_of(office.start, office.start + DAY, "")));
    office.pass(60);
    assert_eq!(office.learnt(&known).await, Status::Good);
    assert_eq!((office.web.asked(), known.failures().len()), (2, 0));
    office.learnt(&known).await;
    office.renew(&known).await;
    assert_eq!(office.web.asked(), 2);
    // [R-2.2.2-e]: as fresh as possible, long before its end.
    office.revoke();
    office.web.gives(Some(office.list_of(office.start + 10, office.start + DAY, "")));
    office.pass(3600);
    office.renew(&known).await;
    assert_eq!(office.web.asked(), 3);
    assert!(is_revoked(&office.status(&known)));
}

#[tokio::test]
async fn what_is_not_a_good_newer_list_does_not_replace_the_one_in_use() {
    let office = Office::new(LISTS).await;
    let known = office.known(|settings| settings.max_size = 64 << 10);
    office.web.gives(Some(office.list_of(office.start - 60, office.start + 9 * DAY, "")));
    assert_eq!(office.learnt(&known).await, Status::Good);
    let later = |options: &str| office.list_of(office.start, office.start + 9 * DAY, options);
    let delta = later(" -crlexts delta");
    let stranger = later(" -cert other.pem -keyfile other.key");
    let mut damaged = later("");
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    let foreign = {
        let other = Office::new(LISTS).await;
        fs::write(
            other.folder.path().join("ca.cnf"),
            fs::read_to_string(other.folder.path().join("ca.cnf")).unwrap().replace("CN=Office", "CN=Elsewhere"),
        )
        .unwrap();
        openssl(
            other.folder.path(),
            "req -x509 -config ca.cnf -extensions authority -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem",
        );
        other.list(5, "")
    };
    for (content, cause) in [
        (delta, "delta CRL"),
        (stranger, "did not sign the list"),
        (foreign, "is not the list's issuer"),
        (damaged, "/list: "),
        (b"<html>Not here</html>".to_vec(), "neither a DER nor a PEM"),
        (Vec::new(), "neither a DER nor a PEM"),
        (vec![0x30; 70_000], "larger than 65536 octets"),
    ] {
        office.web.gives(Some(content));
        office.pass(3600);
        office.renew(&known).await;
        let failures = known.failures();
        assert!(failures.len() == 1 && failures[0].error.contains(cause), "{cause}: {failures:?}");
        assert_eq!(office.status(&known), Status::Good, "{cause}: the good one stays");
    }
    // An older one is no failure, and no step back.
    office.revoke();
    office.web.gives(Some(later("")));
    office.pass(3600);
    office.renew(&known).await;
    assert!(is_revoked(&office.status(&known)) && known.failures().is_empty());
    office.web.gives(Some(office.list_of(office.start - 30, office.start + 9 * DAY, "")));
    office.pass(3600);
    office.renew(&known).await;
    assert!(is_revoked(&office.status(&known)));
}

#[tokio::test]
async fn a_list_that_is_late_counts_for_the_grace_and_no_longer() {
    let office = Office::new(LISTS).await;
    let late = office.list_of(office.start - 3600, office.start + 3600, "");
    office.web.gives(Some(late));
    for (grace, extra) in [(0, 0), (7200, 7200)] {
        office.time.0.store(office.start, Ordering::SeqCst);
        let known = office.known(|settings| settings.grace = Duration::from_secs(grace));
        assert_eq!(office.learnt(&known).await, Status::Good);
        office.pass(3600 + extra);
        assert_eq!(office.status(&known), Status::Good);
        office.pass(1);
        unknown(&office.learnt(&known).await, "too old for");
        let failures = known.failures();
        assert!(failures[0].error.contains("there is no newer one"), "{failures:?}");
    }
}

#[tokio::test]
async fn a_restart_needs_no_network_and_believes_nothing_that_was_changed() {
    let office = Office::new(BOTH).await;
    office.web.gives(Some(office.list(5, "")));
    *office.web.responder.lock().unwrap() = Some(office.folder.path().to_owned());
    for mode in [Mode::Crl, Mode::Ocsp] {
        let known = office.known(|settings| settings.mode = mode);
        known.open(&office.cache()).await;
        assert_eq!(office.learnt(&known).await, Status::Good);
    }
    // What is kept can be given to others, each for what it is.
    let (lists, answers) = (crate::kept_lists(&office.cache()), crate::kept_answers(&office.cache()));
    let ([list], [answer]) = (&lists[..], &answers[..]) else { panic!("{lists:?} {answers:?}") };
    assert!(list.url.ends_with("/list") && answer.url.ends_with("/ocsp"), "{lists:?} {answers:?}");
    let read = OcspAnswer::read(answer.body.clone(), &answer.certificate, &answer.issuer, None, answer.obtained);
    assert_eq!(read.unwrap().status(0, answer.obtained), Status::Good);
    office.web.gives(None);
    *office.web.responder.lock().unwrap() = None;
    let asked = office.web.asked();
    for mode in [Mode::Crl, Mode::Ocsp] {
        let known = office.known(|settings| settings.mode = mode);
        known.open(&office.cache()).await;
        assert_eq!(office.status(&known), Status::Good, "{mode:?}");
        assert_eq!(known.held().sources().len(), 2, "both go on being renewed");
    }
    assert_eq!(office.web.asked(), asked);
    // Somebody changes the files: another's list under the authority's name, rubbish, a signature that does not hold.
    let files: Vec<_> = fs::read_dir(office.cache()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 2);
    for file in &files {
        let mut kept: serde_json::Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        let issuer = fs::read_to_string(office.folder.path().join("other.pem")).unwrap();
        kept["issuer"] = issuer.into();
        fs::write(file, kept.to_string()).unwrap();
    }
    fs::write(office.cache().join("rubbish.json"), "{").unwrap();
    let known = office.known(|_| {});
    known.open(&office.cache()).await;
    unknown(&office.status(&known), "no revocation list");
}

#[tokio::test]
async fn a_responder_is_asked_first_where_the_operator_wants_and_lists_step_in() {
    let office = Office::new(BOTH).await;
    let known = office.known(|settings| settings.mode = Mode::Ocsp);
    office.web.gives(Some(office.list(5, "")));
    // It does not answer: the list does.
    unknown(&office.status(&known), "not asked yet");
    assert_eq!(office.learnt(&known).await, Status::Good);
    assert!(known.failures()[0].error.contains("/ocsp: the server answered 503"), "{:?}", known.failures());
    assert_eq!(known.lists().len(), 1);
    // It answers: what it says about a revocation comes before the list's next issue.
    *office.web.responder.lock().unwrap() = Some(office.folder.path().to_owned());
    office.revoke();
    office.pass(3600);
    office.renew(&known).await;
    assert!(is_revoked(&office.status(&known)));
    // A certificate that it does not know.
    fs::write(office.folder.path().join("index.txt"), "").unwrap();
    let other = office.known(|settings| settings.mode = Mode::Ocsp);
    office.web.gives(None);
    unknown(&office.learnt(&other).await, "does not know the certificate");
}

#[tokio::test]
async fn a_certificate_that_names_only_a_responder_is_asked_about_there_in_either_mode() {
    let office = Office::new("authorityInfoAccess=OCSP;URI:@/ocsp").await;
    *office.web.responder.lock().unwrap() = Some(office.folder.path().to_owned());
    for mode in [Mode::Crl, Mode::Ocsp] {
        let known = office.known(|settings| settings.mode = mode);
        assert_eq!(office.learnt(&known).await, Status::Good);
    }
    assert_eq!(office.web.asked(), 2);
}

#[tokio::test]
async fn a_certificate_that_names_nothing_is_judged_by_the_operator_s_list_if_there_is_one() {
    let office = Office::new("").await;
    assert_eq!(office.learnt(&office.known(|_| {})).await, Status::Good);
    assert_eq!(office.web.asked(), 0);
    let file = office.folder.path().join("list.pem");
    let known = office.known(|settings| settings.lists = vec![ListSource::File(file.clone())]);
    known.open(&office.cache()).await;
    assert!(known.failures()[0].error.contains("list.pem"), "{:?}", known.failures());
    assert_eq!(office.status(&known), Status::Good, "no list covers it");
    office.list_of(office.start - 10, office.start + DAY, "");
    office.pass(3600);
    office.renew(&known).await;
    assert_eq!((office.status(&known), known.lists().len(), known.failures()), (Status::Good, 1, vec![]));
    // The file is replaced, and looked at again within a minute.
    office.revoke();
    office.list_of(office.start + 10, office.start + DAY, "");
    office.pass(60);
    office.renew(&known).await;
    assert!(is_revoked(&office.status(&known)));
    // What cannot be read leaves the good one in use.
    fs::write(&file, "nothing").unwrap();
    office.pass(60);
    office.renew(&known).await;
    assert!(is_revoked(&office.status(&known)) && known.failures().len() == 1);
    // Nobody renews it: that is said.
    office.list_of(office.start + 20, office.start + DAY, "");
    office.pass(60);
    office.renew(&known).await;
    assert!(known.failures().is_empty());
    office.pass(2 * DAY);
    office.renew(&known).await;
    assert!(known.failures()[0].error.contains("no newer one"));
}

#[tokio::test]
async fn addresses_of_certificates_do_not_lead_into_our_own_network() {
    let office = Office::new(LISTS).await;
    office.web.gives(Some(office.list(5, "")));
    let known = office.known(|settings| settings.private_addresses = false);
    unknown(&office.learnt(&known).await, "private network");
    assert_eq!(office.web.asked(), 0);
    // The operator's own addresses do.
    let server = distribution_points(&office.peer).remove(0);
    let known = office.known(|settings| {
        settings.private_addresses = false;
        settings.lists = vec![ListSource::Url(server)];
    });
    assert_eq!(office.learnt(&known).await, Status::Good);
    // A list that only LDAP gives is out of reach, and the reason says what helps.
    let office = Office::new("crlDistributionPoints=URI:ldap://crl.example/cn=1").await;
    let known = office.known(|settings| settings.lists = vec![ListSource::File(office.folder.path().join("list.pem"))]);
    unknown(&office.learnt(&office.known(|_| {})).await, "give one in revocation.lists");
    let without = office.known(|_| {});
    office.learnt(&without).await;
    assert!(without.failures()[0].error.contains("give one in revocation.lists"), "{:?}", without.failures());
    // The operator does so.
    unknown(&office.learnt(&known).await, "list.pem");
    office.list_of(office.start - 10, office.start + DAY, "");
    office.pass(60);
    assert_eq!((office.learnt(&known).await, known.failures()), (Status::Good, vec![]));
}

#[tokio::test]
async fn nobody_is_asked_where_the_operator_wants_none() {
    let office = Office::new(BOTH).await;
    let known = office.known(|settings| settings.mode = Mode::Off);
    assert_eq!(office.learnt(&known).await, Status::Good);
    assert_eq!(office.web.asked(), 0);
}

#[tokio::test]
async fn what_nobody_asks_about_is_forgotten() {
    let office = Office::new(LISTS).await;
    office.web.gives(Some(office.list(60, "")));
    let known = office.known(|_| {});
    known.open(&office.cache()).await;
    office.learnt(&known).await;
    office.pass(UNUSED - 1);
    known.held().forget_unused(office.now());
    assert_eq!((known.held().sources().len(), fs::read_dir(office.cache()).unwrap().count()), (1, 1));
    office.pass(1);
    known.held().forget_unused(office.now());
    assert_eq!((known.held().sources().len(), fs::read_dir(office.cache()).unwrap().count()), (0, 0));
}

#[tokio::test]
async fn the_background_renews_without_being_asked() {
    let office = Office::new(LISTS).await;
    let known = office.known(|settings| settings.retry = Duration::from_secs(1));
    unknown(&office.learnt(&known).await, "503");
    office.web.gives(Some(office.list(5, "")));
    office.pass(5);
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let running = tokio::spawn(known.clone().keep_fresh(stopped));
    let good = async {
        while office.status(&known) != Status::Good {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), good).await.unwrap();
    stop.send_replace(true);
    running.await.unwrap();
}
