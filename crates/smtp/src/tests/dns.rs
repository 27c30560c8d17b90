//! A name server on loopback that knows what a test tells it.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hickory_resolver::proto::op::{Message, MessageType, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, MX, TXT};
use hickory_resolver::proto::rr::{Name, RData, Record};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};

/// What stands under each name. A name in `silent.example` gets no answer, one in `broken.example` SERVFAIL, one that is
/// not here NXDOMAIN.
#[derive(Default)]
pub(crate) struct Zone(HashMap<Name, Vec<RData>>);

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

    fn add(&mut self, name: &str, data: RData) {
        self.0.entry(self::name(name)).or_default().push(data);
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
        message.metadata.response_code = match self.0.get(&question.name) {
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

fn name(text: &str) -> Name {
    Name::from_ascii(format!("{}.", text.trim_end_matches('.'))).unwrap()
}
