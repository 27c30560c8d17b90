//! A name server on loopback that knows what a test tells it.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hickory_resolver::proto::dnssec::crypto::Ed25519SigningKey;
use hickory_resolver::proto::dnssec::rdata::{DNSKEY, DNSSECRData, NSEC, RRSIG};
use hickory_resolver::proto::dnssec::{DnssecSigner, SigningKey, TrustAnchors};
use hickory_resolver::proto::op::{Message, MessageType, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, CNAME, MX, NS, SOA, TLSA, TXT};
use hickory_resolver::proto::rr::{DNSClass, Name, RData, Record, RecordSet, RecordType};
use provider::{Clock, SystemClock};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};

/// What stands under each name. A name in `silent.example` gets no answer, one in `broken.example` SERVFAIL, one that is
/// not here NXDOMAIN.
#[derive(Default)]
pub(crate) struct Zone {
    records: HashMap<Name, Vec<RData>>,
    /// The root's key; everything is in its zone.
    key: Option<DnssecSigner>,
}

impl Zone {
    pub fn txt(mut self, name: &str, text: &str) -> Self {
        let pieces = text.as_bytes().chunks(255).collect();
        self.add(name, RData::TXT(TXT::from_bytes(pieces)));
        self
    }

    pub fn a(mut self, name: &str, address: [u8; 4]) -> Self {
        self.add(name, RData::A(A(Ipv4Addr::from(address))));
        self
    }

    pub fn mx(mut self, name: &str, host: &str) -> Self {
        self.add(name, RData::MX(MX::new(10, self::name(host))));
        self
    }

    pub fn alias(mut self, name: &str, target: &str) -> Self {
        self.add(name, RData::CNAME(CNAME(self::name(target))));
        self
    }

    /// A TLSA record of a host.
    pub fn tlsa(mut self, host: &str, port: u16, fields: (u8, u8, u8), data: &[u8]) -> Self {
        let tlsa = TLSA::new(fields.0.into(), fields.1.into(), fields.2.into(), data.to_vec());
        self.add(&format!("_{port}._tcp.{host}"), RData::TLSA(tlsa));
        self
    }

    /// Signs every answer, and the absence of every record; what proofs begin from. A name in `forged.example` is signed for
    /// other records than it has, one in `twice.example` a second time by a key that nobody knows; beside the addresses of one
    /// in `beside.example` stands 127.6.6.6 of another name; that one in `denied.example` has an exchanger or a TLSA record is
    /// denied in the name of [`OPEN`]. Names in that zone are not signed.
    pub fn signed(mut self) -> (Self, Arc<TrustAnchors>) {
        self.add(OPEN, RData::NS(NS(self::name(OPEN))));
        let key = Ed25519SigningKey::from_pkcs8(&Ed25519SigningKey::generate_pkcs8().unwrap()).unwrap();
        let public = key.to_public_key().unwrap();
        let mut anchors = TrustAnchors::empty();
        anchors.insert(&public);
        let day = Duration::from_secs(24 * 3600);
        self.key = Some(DnssecSigner::new(DNSKEY::from_key(&public), Box::new(key), Name::root(), day));
        (self, Arc::new(anchors))
    }

    /// The records with their signature.
    fn sign(&self, name: &Name, data: Vec<RData>) -> Vec<Record> {
        let kind = data[0].record_type();
        let (mut set, mut signed) =
            (RecordSet::with_ttl(name.clone(), kind, 300), RecordSet::with_ttl(name.clone(), kind, 300));
        for data in data {
            set.add_rdata(data.clone());
            signed.add_rdata(data);
        }
        if self::name("forged.example").zone_of(name) && kind == RecordType::TLSA {
            signed.add_rdata(RData::TLSA(TLSA::new(3.into(), 1.into(), 1.into(), vec![0; 32])));
        }
        let hour_ago = rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(SystemClock.now().unix() as u64 - 3600);
        let key = self.key.as_ref().unwrap();
        let signature = RRSIG::from_rrset(&signed, DNSClass::IN, hour_ago, key).unwrap();
        let mut signatures = vec![signature];
        if self::name("twice.example").zone_of(name) {
            let key = Ed25519SigningKey::from_pkcs8(&Ed25519SigningKey::generate_pkcs8().unwrap()).unwrap();
            let public = DNSKEY::from_key(&key.to_public_key().unwrap());
            let other = DnssecSigner::new(public, Box::new(key), Name::root(), Duration::from_secs(24 * 3600));
            signatures.push(RRSIG::from_rrset(&signed, DNSClass::IN, hour_ago, &other).unwrap());
        }
        let signatures = signatures.into_iter().map(|signature| RData::DNSSEC(DNSSECRData::RRSIG(signature)));
        let signatures = signatures.map(|signature| Record::from_rdata(name.clone(), 300, signature));
        set.records_without_rrsigs().cloned().chain(signatures).collect()
    }

    /// What a zone says that is not signed.
    fn unsigned(&self, message: &mut Message, name: &Name, kind: RecordType) {
        let here = self.records.get(name).into_iter().flatten().filter(|data| data.record_type() == kind);
        for data in here {
            message.add_answer(Record::from_rdata(name.clone(), 300, data.clone()));
        }
        if message.answers.is_empty() {
            message.add_authority(start(OPEN));
        }
    }

    /// The answer of a signed zone (RFC 4035 §3.1); every name exists (RFC 4470).
    fn proven(&self, message: &mut Message, name: &Name, kind: RecordType) {
        let open = self::name(OPEN);
        if open.zone_of(name) && (*name != open || kind != RecordType::DS) {
            return self.unsigned(message, name, kind);
        }
        if self::name("denied.example").zone_of(name) && matches!(kind, RecordType::MX | RecordType::TLSA) {
            message.add_authority(start(OPEN));
            return;
        }
        if self::name("beside.example").zone_of(name) && kind == RecordType::A {
            let stranger = RData::A(A(Ipv4Addr::new(127, 6, 6, 6)));
            message.add_answer(Record::from_rdata(self::name(&format!("x.{OPEN}")), 300, stranger));
        }
        let none = Vec::new();
        let here = self.records.get(name).unwrap_or(&none);
        let alias = here.iter().find(|data| data.record_type() == RecordType::CNAME);
        let kind = alias.map_or(kind, RData::record_type);
        let mut data: Vec<RData> = here.iter().filter(|data| data.record_type() == kind).cloned().collect();
        if kind == RecordType::DNSKEY && name.is_root() {
            data.push(RData::DNSSEC(DNSSECRData::DNSKEY(self.key.as_ref().unwrap().to_dnskey())));
        }
        if !data.is_empty() {
            for record in self.sign(name, data) {
                message.add_answer(record);
            }
            return;
        }
        let soa = start(".").data;
        let next = name.prepend_label(&b"\0"[..]).unwrap();
        let nsec = NSEC::new_cover_self(next, here.iter().map(RData::record_type));
        let nsec = RData::DNSSEC(DNSSECRData::NSEC(nsec));
        let records = self.sign(&Name::root(), vec![soa]).into_iter().chain(self.sign(name, vec![nsec]));
        for record in records {
            message.add_authority(record);
        }
    }

    fn add(&mut self, name: &str, data: RData) {
        self.records.entry(self::name(name)).or_default().push(data);
    }

    /// Answers on a free port as long as the test's runtime lives, by UDP in 512 octets at most, by TCP in full; counts
    /// the questions by UDP.
    pub async fn serve(self) -> (SocketAddr, Arc<AtomicUsize>) {
        let (listener, socket) = both().await;
        let address = socket.local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        let zone = Arc::new(self);
        let same = Arc::clone(&zone);
        tokio::spawn(async move {
            let mut packet = [0; 4096];
            while let Ok((len, from)) = socket.recv_from(&mut packet).await {
                count.fetch_add(1, Ordering::Relaxed);
                if let Some(mut answer) = zone.answer(&packet[..len]) {
                    if answer.len() > 512 {
                        answer = Message::from_vec(&answer).unwrap().truncate().to_vec().unwrap();
                    }
                    let _ = socket.send_to(&answer, from).await;
                }
            }
        });
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut packet = vec![0; usize::from(stream.read_u16().await.unwrap_or(0))];
                if stream.read_exact(&mut packet).await.is_ok()
                    && let Some(answer) = same.answer(&packet)
                {
                    let _ = stream.write_u16(answer.len() as u16).await;
                    let _ = stream.write_all(&answer).await;
                }
            }
        });
        (address, asked)
    }

    fn answer(&self, packet: &[u8]) -> Option<Vec<u8>> {
        let mut message = Message::from_vec(packet).ok()?;
        let question = message.queries.first()?.clone();
        if name("silent.example").zone_of(&question.name) {
            return None;
        }
        message.metadata.message_type = MessageType::Response;
        message.metadata.authoritative = true;
        message.additionals.clear();
        if self.key.is_some() {
            message.metadata.response_code = ResponseCode::NoError;
            self.proven(&mut message, &question.name, question.query_type);
            return message.to_vec().ok();
        }
        message.metadata.response_code = match self.records.get(&question.name) {
            _ if name("broken.example").zone_of(&question.name) => ResponseCode::ServFail,
            None => ResponseCode::NXDomain,
            Some(records) => {
                let fitting = records.iter().filter(|data| data.record_type() == question.query_type);
                for data in fitting {
                    message.add_answer(Record::from_rdata(question.name.clone(), 300, data.clone()));
                }
                ResponseCode::NoError
            }
        };
        message.to_vec().ok()
    }
}

/// One port that is free for both.
async fn both() -> (TcpListener, UdpSocket) {
    for _ in 0..100 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        if let Ok(socket) = UdpSocket::bind(listener.local_addr().unwrap()).await {
            return (listener, socket);
        }
    }
    panic!("no port is free");
}

/// The zone among signed ones that is not signed.
pub(crate) const OPEN: &str = "open.example";

/// How a zone begins.
fn start(zone: &str) -> Record {
    let zone = name(zone);
    Record::from_rdata(zone.clone(), 300, RData::SOA(SOA::new(zone.clone(), zone, 1, 300, 300, 300, 300)))
}

fn name(text: &str) -> Name {
    Name::from_ascii(format!("{}.", text.trim_end_matches('.'))).unwrap()
}
