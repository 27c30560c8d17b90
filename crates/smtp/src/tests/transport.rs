//! Our client and our server, over loopback.

use std::sync::Arc;

use pec::{Cause, Pieces, ProviderKey};
use proptest::prelude::*;
use provider::transport::{Fate, HostPort, Hosts, NamedBy, Parcel, Route, Security, Transport};
use tokio::sync::mpsc;

use super::*;
use crate::resolver::{Addresses, Mx, Texts, Tlsa};
use crate::{RelayConfig, Resolver, RouteTable, SmtpTransport};

/// A DNS that knows nothing but `localhost`.
pub(crate) struct Loopback;

#[async_trait]
impl Resolver for Loopback {
    async fn mx(&self, _: &str) -> Mx {
        Mx::NoDomain
    }
    async fn addresses(&self, host: &str) -> Addresses {
        let ips = vec![[127, 0, 0, 1].into()];
        if host == "localhost" { Addresses::Found { ips, proven: false, end: None } } else { Addresses::Absent }
    }
    async fn tlsa(&self, _: &str, _: u16) -> Tlsa {
        Tlsa::Absent
    }
    async fn texts(&self, _: &str) -> Texts {
        Texts::Absent
    }
}

pub(crate) fn relay() -> RelayConfig {
    RelayConfig::new("relay.pec.it", RouteTable::new(), Arc::new(Loopback), rustls::RootCertStore::empty())
}

pub(crate) fn route(address: std::net::SocketAddr) -> Route {
    hosts(vec![HostPort { host: "localhost".into(), port: address.port() }])
}

/// As the operator's table names them.
fn hosts(list: Vec<HostPort>) -> Route {
    Route::Hosts(Hosts { list, named_by: NamedBy::Operator })
}

/// To a provider.
pub(crate) fn certified() -> Security {
    Security::Certified(ProviderKey::primary("Peer"))
}

pub(crate) fn parcel(security: Security, recipients: &[&str], message: &[u8]) -> Parcel {
    Parcel {
        path: ReversePath::Address("mario@mittente.it".parse().unwrap()),
        recipients: recipients.iter().map(|r| r.parse().unwrap()).collect(),
        message: Pieces::own(message.to_vec()),
        security,
    }
}

/// Sends and gives the fates in the order of the parcels.
pub(crate) async fn send(transport: &SmtpTransport, route: &Route, parcels: Vec<Parcel>) -> Vec<Vec<Fate>> {
    let count = parcels.len();
    let (done, mut fates) = mpsc::unbounded_channel();
    transport.send(route, parcels, done).await;
    let mut all = vec![None; count];
    while let Some((index, fate)) = fates.recv().await {
        assert!(all[index].replace(fate).is_none(), "two answers for parcel {index}");
    }
    all.into_iter().map(|fates| fates.expect("every parcel has its answer")).collect()
}

fn cause(fate: &Fate) -> Option<Cause> {
    if let Fate::Failed { cause, .. } = fate { Some(*cause) } else { None }
}

const MESSAGE: &[u8] = b"Subject: x\r\n\r\n.dot\r\n..\r\nend\r\n";

/// [R-2.2.2-a] [R-5.3-a]
#[tokio::test(flavor = "multi_thread")]
async fn certified_mail_travels_under_tls_and_each_recipient_has_its_fate() {
    let recorder = Recorder::new();
    let mut config = door(Door::Incoming, limits());
    config.tls = Some(certificate().0);
    let server = start(config, Arc::clone(&recorder)).await;
    let transport = SmtpTransport::new(relay()).unwrap();
    let recipients = ["Anna@pec.it", "nobody@pec.it", "full@pec.it", "later@pec.it", "bruno@pec.it"];
    let fates = send(&transport, &route(server.address()), vec![parcel(certified(), &recipients, MESSAGE)]).await;
    assert_eq!(fates[0][0], Fate::Accepted { reply: "250 2.6.0 taken 1".into() });
    assert_eq!(cause(&fates[0][1]), Some(Cause::UnknownMailbox));
    assert_eq!(cause(&fates[0][2]), Some(Cause::MailboxFull));
    assert!(matches!(&fates[0][3], Fate::Deferred { detail } if detail.contains("451 4.2.0 not now")));
    assert!(matches!(fates[0][4], Fate::Accepted { .. }));
    let taken = recorder.only();
    assert_eq!(taken.content(), MESSAGE);
    assert!(taken.session.tls.is_some());
    assert_eq!(taken.session.recipients[0].as_str(), "Anna@pec.it");
}

#[tokio::test(flavor = "multi_thread")]
async fn strict_tls_refuses_what_does_not_validate_and_takes_what_does() {
    let (tls, root) = certificate();
    let recorder = Recorder::new();
    let mut config = door(Door::Incoming, limits());
    config.tls = Some(tls);
    let server = start(config, Arc::clone(&recorder)).await;
    let to = || vec![parcel(certified(), &["a@pec.it"], MESSAGE)];

    let strict = RelayConfig { strict_tls: true, ..relay() };
    let fates = send(&SmtpTransport::new(strict.clone()).unwrap(), &route(server.address()), to()).await;
    assert!(
        matches!(&fates[0][0], Fate::Unreachable { detail } if detail.contains("TLS handshake failed")),
        "{fates:?}"
    );
    assert!(recorder.all().is_empty());

    let mut trusting = strict;
    trusting.roots.add(root).unwrap();
    let fates = send(&SmtpTransport::new(trusting).unwrap(), &route(server.address()), to()).await;
    assert!(matches!(fates[0][0], Fate::Accepted { .. }), "{fates:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_messages_go_over_one_kept_connection_and_refusals_harm_no_neighbour() {
    let recorder = Recorder::new();
    let mut config = door(Door::Incoming, Limits { sessions: 1, ..limits() });
    config.tls = Some(certificate().0);
    let server = start(config, Arc::clone(&recorder)).await;
    let transport = SmtpTransport::new(RelayConfig { connections_per_route: 1, ..relay() }).unwrap();
    for round in 0..2 {
        let mut parcels = Vec::new();
        for i in 0..40 {
            let to = if i % 7 == 3 { "nobody@pec.it" } else { "anna@pec.it" };
            parcels.push(parcel(certified(), &[to], format!("Subject: {round} {i}\r\n\r\nx\r\n").as_bytes()));
        }
        parcels[5].path = ReversePath::Address("stranger@x.it".parse().unwrap());
        let fates = send(&transport, &route(server.address()), parcels).await;
        for (i, fates) in fates.iter().enumerate() {
            let expected = match i {
                5 => Some(Cause::PeerRefused),
                i if i % 7 == 3 => Some(Cause::UnknownMailbox),
                _ => None,
            };
            assert_eq!(cause(&fates[0]), expected, "{i} {fates:?}");
            assert!(expected.is_some() || matches!(fates[0], Fate::Accepted { .. }), "{i} {fates:?}");
        }
    }
    // One session is all the door allows: everything went over it, in order.
    let peers: Vec<_> = recorder.all().iter().map(|taken| taken.session.peer).collect();
    assert_eq!(peers.len(), 2 * 33);
    assert!(peers.iter().all(|peer| *peer == peers[0]));
    assert!(recorder.all()[1].content().starts_with(b"Subject: 0 1\r\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_connection_that_died_is_replaced_at_once() {
    let recorder = Recorder::new();
    let mut config = door(Door::Incoming, limits());
    config.tls = Some(certificate().0);
    let server = start(config.clone(), Arc::clone(&recorder)).await;
    let address = server.address();
    let transport = SmtpTransport::new(relay()).unwrap();
    let to = || vec![parcel(certified(), &["a@pec.it"], MESSAGE)];
    assert!(matches!(send(&transport, &route(address), to()).await[0][0], Fate::Accepted { .. }));
    server.drain(Duration::from_secs(10)).await;
    let listener = TcpListener::bind(address).await.unwrap();
    let _server = crate::server::open(listener, config, Arc::clone(&recorder) as Arc<dyn Service>).unwrap();
    assert!(matches!(send(&transport, &route(address), to()).await[0][0], Fate::Accepted { .. }));
    assert_eq!(recorder.all().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_does_not_answer_gives_way_to_the_next_and_none_at_all_defers() {
    let recorder = Recorder::new();
    let mut config = door(Door::Incoming, limits());
    config.tls = Some(certificate().0);
    let server = start(config, Arc::clone(&recorder)).await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let dead = HostPort { host: "127.0.0.1".into(), port: closed };
    let live = HostPort { host: "127.0.0.1".into(), port: server.address().port() };
    let transport = SmtpTransport::new(relay()).unwrap();
    let to = || vec![parcel(certified(), &["a@pec.it"], MESSAGE)];
    let fates = send(&transport, &hosts(vec![dead.clone(), live]), to()).await;
    assert!(matches!(fates[0][0], Fate::Accepted { .. }), "{fates:?}");
    let many = (0..9).flat_map(|_| to()).collect();
    let fates = send(&transport, &hosts(vec![dead]), many).await;
    assert!(
        fates.iter().all(|f| matches!(&f[0], Fate::Unreachable { detail } if detail.contains("127.0.0.1"))),
        "{fates:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_above_the_announced_size_is_not_sent() {
    let recorder = Recorder::new();
    let mut config = door(Door::Incoming, Limits { message: 100, ..limits() });
    config.tls = Some(certificate().0);
    let server = start(config, Arc::clone(&recorder)).await;
    let transport = SmtpTransport::new(relay()).unwrap();
    let large = parcel(certified(), &["a@pec.it", "b@pec.it"], &b"x".repeat(101));
    let small = parcel(certified(), &["a@pec.it"], MESSAGE);
    let fates = send(&transport, &route(server.address()), vec![large, small]).await;
    assert_eq!((fates[0].len(), cause(&fates[0][0])), (2, Some(Cause::MessageTooLarge)));
    assert!(matches!(fates[1][0], Fate::Accepted { .. }));
    assert_eq!(recorder.only().content(), MESSAGE);
}

/// [R-5.3-b]
#[tokio::test]
async fn recipients_are_grouped_by_route_in_order() {
    let table = RouteTable::new()
        .with("a.it", "one:25")
        .and_then(|table| table.with("b.it", "two:25"))
        .and_then(|table| table.with("c.it", "one:25"))
        .unwrap();
    let transport = SmtpTransport::new(RelayConfig { table, ..relay() }).unwrap();
    let recipients: Vec<Address> =
        ["1@a.it", "2@b.it", "3@C.it", "4@nowhere.it", "5@A.it"].map(|a| a.parse().unwrap()).to_vec();
    let groups = transport.routes(&recipients).await;
    let texts: Vec<String> =
        groups.iter().map(|(_, group)| group.iter().map(Address::as_str).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(texts, ["1@a.it 3@C.it 5@A.it", "2@b.it", "4@nowhere.it"]);
    assert!(matches!(&groups[2].0, Route::Nowhere(_)));
    let fates = send(&transport, &groups[2].0, vec![parcel(Security::Ordinary, &["4@nowhere.it"], MESSAGE)]).await;
    assert_eq!(cause(&fates[0][0]), Some(Cause::NoDomain));
    let unknown = Route::Unknown("timeout".into());
    let fates = send(&transport, &unknown, vec![parcel(Security::Ordinary, &["4@nowhere.it"], MESSAGE)]).await;
    assert_eq!(fates[0][0], Fate::Unreachable { detail: "timeout".into() });
}

/// [R-5.3-c]
#[test]
fn every_content_arrives_octet_by_octet_by_data_and_by_bdat() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let recorder = Recorder::new();
    let (server, transport) = runtime.block_on(async {
        let mut config = door(Door::Incoming, Limits { header: 4 << 20, message: 4 << 20, ..limits() });
        config.tls = Some(certificate().0);
        let server = start(config, Arc::clone(&recorder)).await;
        let transport = SmtpTransport::new(relay()).unwrap();
        (server.address(), transport)
    });
    // The proxy hides CHUNKING, so that the same server is reached by DATA.
    let proxy = runtime.block_on(hide_chunking(server));
    let line = prop_oneof![
        proptest::collection::vec(
            any::<u8>().prop_filter("line ends stand elsewhere", |b| !b"\r\n\0".contains(b)),
            0..80
        ),
        Just(b".".to_vec()),
        Just(b"..".to_vec()),
        proptest::collection::vec(Just(b'x'), 70_000..70_001),
    ];
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(60));
    let strategy = (proptest::collection::vec(line, 0..30), 1usize..5000);
    runner
        .run(&strategy, |(lines, size)| {
            let message: Vec<u8> = lines.iter().flat_map(|line| [line.as_slice(), b"\r\n"].concat()).collect();
            let mut parcels = vec![parcel(certified(), &["a@pec.it"], b""); 2];
            for parcel in &mut parcels {
                parcel.message = Pieces::new();
                message.chunks(size).for_each(|chunk| parcel.message.push(chunk.to_vec()));
            }
            let mut last = parcels.split_off(1);
            last[0].security = Security::Ordinary;
            recorder.taken.lock().unwrap().clear();
            let chunked = runtime.block_on(send(&transport, &route(server), parcels));
            let dotted = runtime.block_on(send(&transport, &route(proxy), last));
            prop_assert!(matches!(chunked[0][0], Fate::Accepted { .. }), "{:?}", chunked);
            prop_assert!(matches!(dotted[0][0], Fate::Accepted { .. }), "{:?}", dotted);
            let all = recorder.all();
            prop_assert_eq!(all[0].content(), &message[..]);
            prop_assert_eq!(all[1].content(), &message[..]);
            prop_assert!(all[0].session.tls.is_some() && all[1].session.tls.is_none());
            Ok(())
        })
        .unwrap();
}

/// Passes octets through, without CHUNKING and STARTTLS in the reply to EHLO.
async fn hide_chunking(server: std::net::SocketAddr) -> std::net::SocketAddr {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let upstream = tokio::net::TcpStream::connect(server).await.unwrap();
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_server, mut to_server) = upstream.into_split();
            tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
            tokio::spawn(async move {
                let mut buffer = vec![0; 65536];
                while let Ok(n @ 1..) = from_server.read(&mut buffer).await {
                    let text = String::from_utf8_lossy(&buffer[..n]);
                    let text = text.replace("250-CHUNKING\r\n", "").replace("250 CHUNKING\r\n", "250 X-NONE\r\n");
                    let text = text.replace("250 STARTTLS\r\n", "250 X-NONE\r\n");
                    if to_client.write_all(text.as_bytes()).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn of_any_number_of_exchangers_a_few_are_tried() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, tried) = (listener.local_addr().unwrap().port(), Arc::new(std::sync::atomic::AtomicUsize::new(0)));
    let count = Arc::clone(&tried);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            drop(stream);
        }
    });
    let named = |n: usize| vec![HostPort { host: "localhost".into(), port }; n];
    let transport = SmtpTransport::new(relay()).unwrap();
    let fates = send(&transport, &hosts(named(50)), vec![parcel(Security::Ordinary, &["a@x.it"], MESSAGE)]).await;
    assert!(matches!(&fates[0][0], Fate::Unreachable { .. }), "{fates:?}");
    assert_eq!(tried.load(std::sync::atomic::Ordering::SeqCst), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_says_nothing_leaves_time_for_the_next() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let recorder = Recorder::new();
    let server = start(door(Door::Incoming, limits()), Arc::clone(&recorder)).await;
    let ports = [silent.local_addr().unwrap().port(), server.address().port()];
    let list = ports.map(|port| HostPort { host: "localhost".into(), port }).to_vec();
    let mut config = relay();
    config.timeouts.open = Duration::from_secs(8);
    let transport = SmtpTransport::new(config).unwrap();
    let fates = send(&transport, &hosts(list), vec![parcel(Security::Ordinary, &["a@x.it"], MESSAGE)]).await;
    assert!(matches!(&fates[0][0], Fate::Accepted { .. }), "{fates:?}");
    // Alone, it is not waited for beyond the time that opening has.
    let list = vec![HostPort { host: "localhost".into(), port: ports[0] }];
    let fates = send(&transport, &hosts(list), vec![parcel(Security::Ordinary, &["a@x.it"], MESSAGE)]).await;
    assert!(matches!(&fates[0][0], Fate::Unreachable { detail } if detail.contains("time ran out")), "{fates:?}");
}
