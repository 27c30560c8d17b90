//! One who means harm.

use std::io;
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use harness::connect_from;
use rustls::ClientConfig;

/// What an answer may take.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// What they go for.
#[derive(Clone)]
pub struct Target {
    /// The door for other providers.
    pub incoming: u16,
    /// The door with STARTTLS.
    pub submission: u16,
    /// The door with TLS at once.
    pub submission_tls: u16,
    /// The door of IMAP with TLS at once.
    pub imap_tls: u16,
    /// The door of POP3 with TLS at once.
    pub pop3_tls: u16,
    /// Its name in TLS.
    pub name: String,
    /// Whom guessers trust.
    pub trust: Arc<ClientConfig>,
    /// A mailbox that exists.
    pub known: String,
    /// A mailbox of which the password is known: login and password.
    pub own: (String, String),
}

/// Something that does harm.
pub struct Deed {
    /// In words.
    pub name: &'static str,
    /// Addresses that do it.
    pub count: usize,
    /// What it is.
    pub act: fn(&Stranger, &AtomicBool) -> io::Result<()>,
}

/// One who means harm.
pub struct Stranger {
    /// What he does.
    pub deed: &'static Deed,
    /// His address.
    pub address: Ipv4Addr,
    /// What he goes for.
    pub target: Target,
    begun: AtomicUsize,
    stopped: AtomicUsize,
}

impl Stranger {
    /// Number so-and-so.
    pub fn new(deed: &'static Deed, number: u8, target: Target) -> Self {
        let address = Ipv4Addr::new(127, 0, 7, number);
        Self { deed, address, target, begun: AtomicUsize::new(0), stopped: AtomicUsize::new(0) }
    }

    /// Does it until that is over.
    pub fn act_until(&self, over: &AtomicBool) {
        while !over.load(Ordering::Relaxed) {
            self.begun.fetch_add(1, Ordering::Relaxed);
            if (self.deed.act)(self, over).is_err() {
                self.stopped.fetch_add(1, Ordering::Relaxed);
                // Who is refused at the door comes back, and not ten thousand times a second from one address.
                wait(Duration::from_millis(50), over);
            }
        }
    }

    /// How often he began.
    pub fn begun(&self) -> usize {
        self.begun.load(Ordering::Relaxed)
    }

    /// How often he was refused, cut off or let wait too long.
    pub fn stopped(&self) -> usize {
        self.stopped.load(Ordering::Relaxed)
    }

    /// A connection from his address.
    pub fn connect(&self, port: u16) -> io::Result<TcpStream> {
        let tcp = connect_from(self.address, port)?;
        tcp.set_read_timeout(Some(PATIENCE))?;
        tcp.set_write_timeout(Some(PATIENCE))?;
        Ok(tcp)
    }

    /// The doors that take connections.
    pub fn doors(&self) -> [u16; 5] {
        let Target { incoming, submission, submission_tls, imap_tls, pop3_tls, .. } = self.target;
        [incoming, submission, submission_tls, imap_tls, pop3_tls]
    }
}

/// Waits, not beyond the end.
pub fn wait(time: Duration, over: &AtomicBool) {
    let until = Instant::now() + time;
    while !over.load(Ordering::Relaxed) && Instant::now() < until {
        thread::park_timeout(Duration::from_millis(50).min(time));
    }
}
