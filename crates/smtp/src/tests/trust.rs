//! Where the relay connects, and who it believes, with real servers, certificates and name servers on loopback.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pec::{Cause, ProviderKey};
use provider::transport::{Fate, Route, Security, Transport};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, IsCa, Issuer, KeyPair, date_time_ymd,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::dns::Zone;
use super::transport::{certified, parcel, relay, route, send};
use super::*;
use crate::dns::{Dns, Proofs};
use crate::resolver::{Addresses, DnsResolver, Mx, Resolver, Texts, Tlsa};
use crate::{RelayConfig, SmtpTransport};

const MESSAGE: &[u8] = b"Subject: x\r\n\r\nx\r\n";
const TO: &str = "anna@beta.example";

/// An authority.
struct Authority {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

/// A server's TLS, and its own certificate.
type Identity = (Arc<rustls::ServerConfig>, CertificateDer<'static>);

impl Authority {
    fn new() -> Self {
        Self::called("Test authority")
    }

    fn called(name: &str) -> Self {
        let (key, mut params) = (KeyPair::generate().unwrap(), CertificateParams::default());
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    /// For a name, until the first day of a year.
    fn identity(&self, name: &str, until: i32) -> Identity {
        let (key, mut params) = (KeyPair::generate().unwrap(), CertificateParams::new(vec![name.to_owned()]).unwrap());
        params.not_after = date_time_ymd(until, 1, 1);
        let own = params.signed_by(&key, &self.issuer).unwrap();
        identity(vec![own.der().clone(), self.certificate.der().clone()], &key)
    }
}

fn identity(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Identity {
    let own = chain[0].clone();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    (Arc::new(builder.with_no_client_auth().with_single_cert(chain, key).unwrap()), own)
}

/// One that vouches for itself.
fn self_signed(name: &str) -> Identity {
    let (key, params) = (KeyPair::generate().unwrap(), CertificateParams::new(vec![name.to_owned()]).unwrap());
    identity(vec![params.self_signed(&key).unwrap().der().clone()], &key)
}

/// A door on loopback that shows this, and what it took.
async fn peer(identity: Option<&Identity>, at: Option<SocketAddr>) -> (Server, Arc<Recorder>) {
    let recorder = Recorder::new();
    let mut config = door(Door::Incoming, limits());
    config.tls = identity.map(|(tls, _)| Arc::clone(tls));
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let listener = TcpListener::bind(at.unwrap_or(any)).await.unwrap();
    let server = crate::server::open(listener, config, Arc::clone(&recorder) as Arc<dyn Service>).unwrap();
    (server, recorder)
}

fn trusting(authority: &Authority, config: RelayConfig) -> RelayConfig {
    let mut config = config;
    config.roots.add(authority.certificate.der().clone()).unwrap();
    config
}

/// A relay that finds hosts in a zone, and lets it lead to loopback.
async fn by_dns(zone: Zone, port: u16) -> RelayConfig {
    let proofs = Proofs::Ignored;
    let dns = Dns::servers(&[zone.serve().await.0], &proofs).unwrap();
    found_by(&dns, port)
}

/// The same with proofs.
async fn by_dnssec(zone: Zone, port: u16) -> RelayConfig {
    let (zone, anchors) = zone.signed();
    let dns = Dns::servers(&[zone.serve().await.0], &Proofs::From(anchors)).unwrap();
    found_by(&dns, port)
}

fn found_by(dns: &Dns, port: u16) -> RelayConfig {
    let private_networks = vec!["127.0.0.0/8".parse().unwrap()];
    RelayConfig { port, private_networks, resolver: Arc::new(DnsResolver::from(dns)), mta_sts: false, ..relay() }
}

async fn open(config: RelayConfig, folder: &Path) -> SmtpTransport {
    let transport = SmtpTransport::new(config).unwrap();
    transport.open(folder).await;
    transport
}

/// Sends as the relay does: by the route that the transport finds.
async fn carry(transport: &SmtpTransport, security: Security, to: &str) -> Fate {
    let recipients = [to.parse().unwrap()];
    let (route, _) = transport.routes(&recipients).await.remove(0);
    send(transport, &route, vec![parcel(security, &[to], MESSAGE)]).await.remove(0).remove(0)
}

fn accepted(fate: &Fate) -> bool {
    matches!(fate, Fate::Accepted { .. })
}

/// Put off, for this reason.
fn waits(fate: &Fate, why: &str) -> bool {
    matches!(fate, Fate::Unreachable { detail } if detail.contains(why))
}

/// Given up, for this reason.
fn ends(fate: &Fate, why: &str) -> bool {
    matches!(fate, Fate::Failed { cause: Cause::NoDomain, detail } if detail.contains(why))
}

/// The reasons of the alarms, and whether mail waits.
fn alarms(transport: &SmtpTransport) -> Vec<(&'static str, bool)> {
    let now = provider::Clock::now(&provider::SystemClock);
    transport.alarms().all(now).iter().map(|alarm| (alarm.reason, alarm.refused)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_shown_a_valid_certificate_must_show_one_until_an_operator_forgets_it() {
    let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
    let (server, _) = peer(Some(&authority.identity("localhost", 2100)), None).await;
    let address = server.address();
    let transport = open(trusting(&authority, relay()), folder.path()).await;
    let to = || vec![parcel(certified(), &[TO], MESSAGE)];
    assert!(accepted(&send(&transport, &route(address), to()).await[0][0]));
    assert_eq!(alarms(&transport), []);
    server.drain(Duration::from_secs(10)).await;
    drop(transport);

    // Somebody else answers at the same place, and our memory outlives our process.
    let (attacker, read) = peer(Some(&self_signed("localhost")), Some(address)).await;
    let transport = open(trusting(&authority, relay()), folder.path()).await;
    for _ in 0..2 {
        let fate = send(&transport, &route(address), to()).await.remove(0).remove(0);
        assert!(waits(&fate, "was valid at localhost on") && waits(&fate, "sigillo peer forget"), "{fate:?}");
        assert_eq!(alarms(&transport), [("unknown-authority", true)]);
    }
    assert!(read.all().is_empty());
    // Another provider has never said more of itself.
    let other = Security::Certified(ProviderKey::primary("Other"));
    let fates = send(&transport, &route(address), vec![parcel(other, &[TO], MESSAGE)]).await;
    assert!(accepted(&fates[0][0]), "{fates:?}");
    assert_eq!(alarms(&transport), [("unknown-authority", false), ("unknown-authority", true)]);

    assert!(transport.memory().forget(&ProviderKey::primary("Peer")).await.unwrap());
    assert!(accepted(&send(&transport, &route(address), to()).await[0][0]));
    assert_eq!(alarms(&transport), [("unknown-authority", false); 2]);
    assert_eq!(attacker.address(), address);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_not_valid_is_an_alarm_with_its_reason_and_an_end() {
    let authority = Authority::new();
    let transport = SmtpTransport::new(trusting(&authority, relay())).unwrap();
    for (identity, reason) in [
        (authority.identity("localhost", 2020), "expired"),
        (authority.identity("mx.other.example", 2100), "other-name"),
        (Authority::called("Nobody").identity("localhost", 2100), "unknown-authority"),
    ] {
        let (server, _) = peer(Some(&identity), None).await;
        let fates = send(&transport, &route(server.address()), vec![parcel(certified(), &[TO], MESSAGE)]).await;
        assert!(accepted(&fates[0][0]), "{reason}: {fates:?}");
        assert_eq!(alarms(&transport), [(reason, false)]);
    }
    let (server, _) = peer(Some(&authority.identity("localhost", 2100)), None).await;
    let fates = send(&transport, &route(server.address()), vec![parcel(certified(), &[TO], MESSAGE)]).await;
    assert!(accepted(&fates[0][0]) && alarms(&transport).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_leads_to_no_private_network_by_literal_exchanger_or_address() {
    let (server, taken) = peer(Some(&self_signed("mx.beta.example")), None).await;
    let port = server.address().port();
    let zone = || {
        let home = [127, 0, 0, 1];
        let zone =
            Zone::default().mx("beta.example", "mx.beta.example").a("mx.beta.example", home).a("plain.example", home);
        let zone = zone
            .mx("number.example", "127.0.0.1")
            .mx("half.example", "mx.beta.example")
            .mx("half.example", "gone.example");
        // More that lead home than are tried, and then a good one.
        (1..=9).fold(zone.mx("crowd.example", "z.example").a("z.example", home), |zone, last| {
            let host = format!("a{last}.example");
            zone.mx("crowd.example", &host).a(&host, [10, 0, 0, last])
        })
    };
    let closed = RelayConfig { private_networks: Vec::new(), ..by_dns(zone(), port).await };
    let closed = SmtpTransport::new(closed).unwrap();
    for domain in ["beta.example", "plain.example", "number.example", "[127.0.0.1]", "[IPv6:::ffff:127.0.0.1]"] {
        let to = format!("anna@{domain}");
        let fate = carry(&closed, Security::Ordinary, &to).await;
        assert!(ends(&fate, "of a private network, where the domain may not lead us"), "{domain}: {fate:?}");
        // A provider's mail is not lost for what its DNS says today.
        assert!(waits(&carry(&closed, certified(), &to).await, "of a private network"));
    }
    assert!(waits(&carry(&closed, Security::Ordinary, "anna@half.example").await, "the host has no address"));
    for odd in ["anna@[127.1]", "anna@[2130706433]"] {
        assert!(odd.parse::<Address>().is_err(), "{odd} is an address");
    }
    assert!(taken.all().is_empty());

    let open = SmtpTransport::new(by_dns(zone(), port).await).unwrap();
    for domain in ["beta.example", "plain.example", "number.example", "[127.0.0.1]", "half.example", "crowd.example"] {
        let fate = carry(&open, Security::Ordinary, &format!("anna@{domain}")).await;
        assert!(accepted(&fate), "{domain}: {fate:?}");
    }
}

/// A DNS that says something else each time (rebinding).
struct Turning(AtomicUsize);

#[async_trait]
impl Resolver for Turning {
    async fn mx(&self, _: &str) -> Mx {
        Mx::Absent
    }
    async fn addresses(&self, _: &str) -> Addresses {
        let first = self.0.fetch_add(1, Ordering::SeqCst) == 0;
        let ips = vec![if first { [8, 8, 8, 8].into() } else { [127, 0, 0, 1].into() }];
        Addresses::Found { ips, proven: false, end: None }
    }
    async fn tlsa(&self, _: &str, _: u16) -> Tlsa {
        Tlsa::Absent
    }
    async fn texts(&self, _: &str) -> Texts {
        Texts::Absent
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_that_is_connected_to_is_the_one_that_is_judged() {
    let (server, taken) = peer(None, None).await;
    let resolver = Arc::new(Turning(AtomicUsize::new(0)));
    let config = RelayConfig { port: server.address().port(), resolver, ..relay() };
    let fate = carry(&SmtpTransport::new(config).unwrap(), Security::Ordinary, TO).await;
    assert!(ends(&fate, "its address 127.0.0.1 is of a private network"), "{fate:?}");
    assert!(taken.all().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_that_leads_to_our_own_door_goes_nowhere() {
    let (server, taken) = peer(Some(&self_signed("mx.pec.it")), None).await;
    let zone = Zone::default().mx("beta.example", "mx.pec.it").a("mx.pec.it", [127, 0, 0, 1]);
    let config = RelayConfig { own_name: "MX.pec.it".into(), ..by_dns(zone, server.address().port()).await };
    let transport = SmtpTransport::new(config).unwrap();
    let fate = carry(&transport, Security::Ordinary, TO).await;
    assert!(ends(&fate, "is this provider, which does not host the domain"), "{fate:?}");
    assert!(waits(&carry(&transport, certified(), TO).await, "is this provider"));
    assert!(taken.all().is_empty());
}

fn key_digest(certificate: &CertificateDer<'_>) -> Vec<u8> {
    let parsed = rustls::server::ParsedCertificate::try_from(certificate).unwrap();
    Sha256::digest(&*parsed.subject_public_key_info()).to_vec()
}

const HOST: &str = "mx.beta.example";

/// A TLSA record: usage, selector and matching type, and its data.
type Stated = ((u8, u8, u8), Vec<u8>);

/// `beta.example` with its exchanger, and TLSA records of the exchanger.
fn beta(port: u16, records: &[Stated]) -> Zone {
    let zone = Zone::default().mx("beta.example", HOST).a(HOST, [127, 0, 0, 1]);
    records.iter().fold(zone, |zone, (fields, data)| zone.tlsa(HOST, port, *fields, data))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_shows_what_its_signed_records_say_or_gets_no_mail() {
    let authority = Authority::new();
    let (own, issued) = (self_signed(HOST), authority.identity(HOST, 2100));
    let (of_own, of_authority) = (key_digest(&own.1), Sha256::digest(authority.certificate.der()).to_vec());
    let whole = authority.certificate.der().to_vec();
    let (alone, vouched) = (peer(Some(&own), None).await.0, peer(Some(&issued), None).await.0);
    for (server, records, good) in [
        (&alone, vec![((3, 1, 1), of_own.clone())], true),
        (&alone, vec![((3, 1, 1), vec![7; 32]), ((3, 0, 0), own.1.to_vec())], true),
        (&alone, vec![((3, 1, 1), vec![7; 32])], false),
        (&alone, vec![((2, 0, 1), of_authority.clone())], false),
        (&vouched, vec![((2, 0, 1), of_authority.clone())], true),
        (&vouched, vec![((2, 0, 0), whole.clone())], true),
        (&vouched, vec![((2, 0, 1), of_own.clone())], false),
        // Records of other usages are no demand but TLS.
        (&alone, vec![((0, 0, 1), vec![7; 32]), ((3, 1, 1), vec![7; 31])], true),
    ] {
        let port = server.address().port();
        let transport = SmtpTransport::new(by_dnssec(beta(port, &records), port).await).unwrap();
        for security in [certified(), Security::Ordinary] {
            let fate = carry(&transport, security, TO).await;
            let as_expected = if good { accepted(&fate) } else { waits(&fate, "no TLSA record of the host allows") };
            assert!(as_expected, "{records:?}: {fate:?}");
        }
        if !good {
            assert_eq!(alarms(&transport), [("tlsa", true); 2], "{records:?}");
        }
    }
    // Where nothing proves them, records are none.
    let port = alone.address().port();
    let transport = SmtpTransport::new(by_dns(beta(port, &[((3, 1, 1), vec![7; 32])]), port).await).unwrap();
    assert!(accepted(&carry(&transport, certified(), TO).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn signed_records_want_tls_and_a_forgery_of_them_is_waited_out() {
    let (clear, _) = peer(None, None).await;
    let port = clear.address().port();
    let transport = SmtpTransport::new(by_dnssec(beta(port, &[((3, 1, 1), vec![7; 32])]), port).await).unwrap();
    assert!(waits(&carry(&transport, Security::Ordinary, TO).await, "peer offers no TLS"));
    // Without records ordinary mail goes in clear, also where it is proven that there are none.
    let transport = SmtpTransport::new(by_dnssec(beta(port, &[]), port).await).unwrap();
    let fate = carry(&transport, Security::Ordinary, TO).await;
    assert!(accepted(&fate), "{fate:?}");
    // Records whose signature is of other records.
    let zone = Zone::default().mx("beta.example", "mx.forged.example").a("mx.forged.example", [127, 0, 0, 1]);
    let zone = zone.tlsa("mx.forged.example", port, (3, 1, 1), &[7; 32]);
    let transport = SmtpTransport::new(by_dnssec(zone, port).await).unwrap();
    let fate = carry(&transport, Security::Ordinary, TO).await;
    assert!(waits(&fate, "its TLSA records are not known now"), "{fate:?}");
}

/// The resolver of a signed zone.
async fn proving(zone: Zone) -> DnsResolver {
    let (zone, anchors) = zone.signed();
    DnsResolver::from(&Dns::servers(&[zone.serve().await.0], &Proofs::From(anchors)).unwrap())
}

#[tokio::test]
async fn what_stands_beside_proven_records_neither_disproves_them_nor_counts() {
    let (home, data) = ([127, 0, 0, 1], [7; 32]);
    let zone = Zone::default().a("mx.twice.example", home).tlsa("mx.twice.example", 25, (3, 1, 1), &data);
    let zone = zone.mx("twice.example", "mx.twice.example").a("mx.beside.example", home);
    let zone = zone.alias("www.example", "mx.twice.example").alias("out.example", "mx.open.example");
    let zone = zone.a("mx.open.example", home).tlsa("mx.open.example", 25, (3, 1, 1), &data);
    let resolver = proving(zone).await;
    let found = |proven, end: &str| {
        let end = (!end.is_empty()).then(|| end.to_owned());
        Addresses::Found { ips: vec![home.into()], proven, end }
    };
    let usable = vec![crate::trust::tlsa::Association::new(3, 1, 1, &data).unwrap()];
    assert_eq!(resolver.tlsa("mx.twice.example", 25).await, Tlsa::Found(usable));
    assert!(matches!(resolver.mx("twice.example").await, Mx::Hosts { proven: true, .. }));
    for (host, end) in [("mx.twice.example", ""), ("mx.beside.example", ""), ("www.example", "mx.twice.example")] {
        assert_eq!(resolver.addresses(host).await, found(true, end), "{host}");
    }
    // The zone that signs nothing is known as such, also behind a name of one that does.
    assert_eq!(resolver.tlsa("mx.open.example", 25).await, Tlsa::Absent);
    for (host, end) in [("mx.open.example", ""), ("out.example", "mx.open.example")] {
        assert_eq!(resolver.addresses(host).await, found(false, end), "{host}");
    }
}

#[tokio::test]
async fn a_denial_counts_where_it_is_proven_or_of_a_zone_above_that_signs_nothing() {
    let home = [127, 0, 0, 1];
    let zone = Zone::default().a("mx.denied.example", home).a("mx.open.example", home).a("mx.good.example", home);
    let resolver = proving(zone).await;
    assert!(matches!(resolver.mx("denied.example").await, Mx::Unknown(_)));
    let tlsa = resolver.tlsa("mx.denied.example", 25).await;
    assert!(matches!(&tlsa, Tlsa::Unknown(why) if why.contains("not proven")), "{tlsa:?}");
    for host in ["good.example", "open.example"] {
        assert_eq!(resolver.mx(host).await, Mx::Absent, "{host}");
        assert_eq!(resolver.tlsa(&format!("mx.{host}"), 25).await, Tlsa::Absent, "{host}");
    }
}

#[tokio::test]
async fn behind_name_servers_that_drop_signatures_nothing_is_known() {
    let server = beta(25, &[]).serve().await.0;
    let resolver = DnsResolver::from(&Dns::servers(&[server], &Proofs::from(None).unwrap()).unwrap());
    assert!(matches!(resolver.mx("beta.example").await, Mx::Unknown(_)));
    assert!(matches!(resolver.addresses(HOST).await, Addresses::Unknown(_)));
}

/// Serves a policy over HTTPS; counts who asks.
async fn policy_server(identity: &Identity, policy: String) -> (u16, Arc<AtomicUsize>) {
    policy_server_of("text/plain; charset=utf-8", identity, policy).await
}

async fn policy_server_of(media: &'static str, identity: &Identity, policy: String) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, asked) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
    let (acceptor, count) = (tokio_rustls::TlsAcceptor::from(Arc::clone(&identity.0)), Arc::clone(&asked));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") && stream.read_buf(&mut request).await.unwrap_or(0) > 0 {}
            assert!(request.starts_with(b"GET /.well-known/mta-sts.txt HTTP/1.1\r\n"));
            count.fetch_add(1, Ordering::SeqCst);
            let length = policy.len();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {media}\r\nContent-Length: {length}\r\n\r\n");
            let _ = stream.write_all(format!("{head}{policy}").as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    (port, asked)
}

fn policy(mode: &str, host: &str) -> String {
    format!("version: STSv1\r\nmode: {mode}\r\nmx: {host}\r\nmax_age: 604800\r\n")
}

/// `beta.example` with a policy.
fn with_policy(port: u16) -> Zone {
    beta(port, &[]).a("mta-sts.beta.example", [127, 0, 0, 1]).txt("_mta-sts.beta.example", "v=STSv1; id=1;")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domains_policy_holds_for_its_hosts_and_their_certificates_and_outlives_its_record() {
    let authority = Authority::new();
    let (good, bad) =
        (peer(Some(&authority.identity(HOST, 2100)), None).await, peer(Some(&self_signed(HOST)), None).await);
    let clear = peer(None, None).await;
    let named = authority.identity("mta-sts.beta.example", 2100);
    for (mode, pattern, door, expected) in [
        ("enforce", "*.beta.example", &good, Ok(vec![])),
        ("enforce", HOST, &bad, Err("the MTA-STS policy of the recipient's domain wants a valid one")),
        ("enforce", HOST, &clear, Err("peer offers no TLS")),
        ("enforce", "mx.gamma.example", &good, Err("policy of beta.example names none of its mail exchangers in DNS")),
        ("testing", HOST, &bad, Ok(vec![("unknown-authority", false)])),
        ("testing", "mx.gamma.example", &good, Ok(vec![("policy", false)])),
        ("none", "mx.gamma.example", &bad, Ok(vec![])),
    ] {
        let (port, asked) = policy_server(&named, policy(mode, pattern)).await;
        let mail = door.0.address().port();
        let config = RelayConfig { mta_sts: true, mta_sts_port: port, ..by_dns(with_policy(mail), mail).await };
        let folder = tempfile::tempdir().unwrap();
        let transport = open(trusting(&authority, config), folder.path()).await;
        for _ in 0..2 {
            let fate = carry(&transport, Security::Ordinary, TO).await;
            match &expected {
                Ok(raised) => assert!(accepted(&fate) && alarms(&transport) == *raised, "{mode} {pattern}: {fate:?}"),
                Err(why) => assert!(waits(&fate, why), "{mode} {pattern}: {fate:?}"),
            }
            if pattern == "mx.gamma.example" {
                assert_eq!(alarms(&transport).contains(&("policy", true)), mode == "enforce");
            }
        }
        assert_eq!(asked.load(Ordering::SeqCst), 1, "{mode} {pattern}: asked once");
        let Err(why) = expected else { continue };
        // Somebody suppresses the record: what is kept holds.
        let config = RelayConfig { mta_sts: true, mta_sts_port: port, ..by_dns(beta(mail, &[]), mail).await };
        let transport = open(trusting(&authority, config), folder.path()).await;
        let fate = carry(&transport, Security::Ordinary, TO).await;
        assert!(waits(&fate, why), "{mode} {pattern}: {fate:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_from_a_server_that_is_not_the_domains_is_none() {
    let authority = Authority::new();
    let (server, _) = peer(Some(&self_signed(HOST)), None).await;
    let mail = server.address().port();
    for (identity, reach) in [
        (self_signed("mta-sts.beta.example"), true),
        (authority.identity("www.beta.example", 2100), true),
        // One in a private network is not even asked.
        (authority.identity("mta-sts.beta.example", 2100), false),
    ] {
        let (port, asked) = policy_server(&identity, policy("enforce", HOST)).await;
        let mut config = RelayConfig { mta_sts: true, mta_sts_port: port, ..by_dns(with_policy(mail), mail).await };
        if !reach {
            config.private_networks = Vec::new();
        }
        let transport = SmtpTransport::new(trusting(&authority, config)).unwrap();
        let (route, _) = transport.routes(&[TO.parse().unwrap()]).await.remove(0);
        assert!(matches!(&route, Route::Hosts(_)), "{route:?}");
        if reach {
            assert!(accepted(&carry(&transport, Security::Ordinary, TO).await));
        }
        assert_eq!(asked.load(Ordering::SeqCst), 0);
    }
}

/// RFC 8461 §3.3: where holders can put pages of their own on a domain's server, they are no text.
#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_plain_text() {
    let authority = Authority::new();
    let (server, _) = peer(Some(&self_signed(HOST)), None).await;
    let mail = server.address().port();
    let named = authority.identity("mta-sts.beta.example", 2100);
    let (port, asked) = policy_server_of("text/html", &named, policy("enforce", "mx.gamma.example")).await;
    let config = RelayConfig { mta_sts: true, mta_sts_port: port, ..by_dns(with_policy(mail), mail).await };
    let transport = SmtpTransport::new(trusting(&authority, config)).unwrap();
    let fate = carry(&transport, Security::Ordinary, TO).await;
    assert!(accepted(&fate) && asked.load(Ordering::SeqCst) == 1, "{fate:?}");
}

/// RFC 7672 §2.1.3: a host that is an alias is known by the records of what it is an alias of, or else by its own.
#[tokio::test(flavor = "multi_thread")]
async fn the_records_at_the_end_of_aliases_go_before_the_hosts_own() {
    const END: &str = "mx.hosting.example";
    let authority = Authority::new();
    let (own, issued) = (self_signed(END), authority.identity(END, 2100));
    let (good, bad) = (((3, 1, 1), key_digest(&own.1)), ((3, 1, 1), vec![7; 32]));
    let above = ((2, 0, 1), Sha256::digest(authority.certificate.der()).to_vec());
    let (alone, vouched) = (peer(Some(&own), None).await.0, peer(Some(&issued), None).await.0);
    for (server, at_end, at_host, goes) in [
        (&alone, Some(&good), Some(&bad), true),
        (&alone, Some(&bad), Some(&good), false),
        (&alone, None, Some(&bad), false),
        (&alone, None, Some(&good), true),
        (&vouched, Some(&above), None, true),
    ] {
        let port = server.address().port();
        let mut zone = Zone::default().mx("beta.example", HOST).alias(HOST, END).a(END, [127, 0, 0, 1]);
        for (host, record) in [(END, at_end), (HOST, at_host)] {
            if let Some((fields, data)) = record {
                zone = zone.tlsa(host, port, *fields, data);
            }
        }
        let transport = SmtpTransport::new(by_dnssec(zone, port).await).unwrap();
        let fate = carry(&transport, certified(), TO).await;
        let expected = if goes { accepted(&fate) } else { waits(&fate, "no TLSA record of the host allows") };
        assert!(expected, "{at_end:?} {at_host:?}: {fate:?}");
    }
}
