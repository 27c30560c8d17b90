//! The doors: their sockets, taken before anything else happens, and what stands behind them.

use std::net::SocketAddr;
use std::sync::Arc;

use config::{Config, MailboxDoors};
use door::{Keeper, Places, Server};
use guard::{Arrivals, Logins, Work};
use holder::{Age, Browsers, Desk};
use imap::Imap;
use pop3::Pop3;
use provider::{Clock, Provider, SystemClock};
use smtp::{Door, DoorConfig, Points};
use store::Embedded;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use transparency::Published;
use web::House;

use crate::exit::{self, Failed};
use crate::process::bind;

/// The sockets.
pub(super) struct Listeners {
    smtp: Vec<(Door, TcpListener)>,
    imap: Vec<(imap::Door, TcpListener)>,
    pop3: Vec<(pop3::Door, TcpListener)>,
    web: Vec<TcpListener>,
    evidence: Vec<TcpListener>,
    /// That of the operator.
    pub(super) admin: Option<TcpListener>,
}

impl Listeners {
    /// Takes them.
    pub(super) async fn bind(config: &Config) -> Result<Self, Failed> {
        let of_smtp = [
            (Door::Incoming, &config.smtp.incoming.listen),
            (Door::Submission, &config.smtp.submission.listen),
            (Door::SubmissionTls, &config.smtp.submission_tls.listen),
        ];
        let of_imap = [(imap::Door::Clear, &config.imap.listen), (imap::Door::Tls, &config.imap.listen_tls)];
        let of_pop3 = [(pop3::Door::Clear, &config.pop3.listen), (pop3::Door::Tls, &config.pop3.listen_tls)];
        let smtp = taken(of_smtp).await?;
        let (imap, pop3) = (taken(of_imap).await?, taken(of_pop3).await?);
        let web = taken([((), &config.web.listen)]).await?.into_iter().map(|((), socket)| socket).collect();
        let of_evidence = config.evidence.publish.iter().map(|door| ((), &door.listen));
        let evidence = taken(of_evidence).await?.into_iter().map(|((), socket)| socket).collect();
        let admin = match config.admin.listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        Ok(Self { smtp, imap, pop3, web, evidence, admin })
    }

    /// Opens the doors.
    pub(super) fn open(
        self,
        config: &Config,
        provider: &Arc<Provider>,
        store: &Arc<Embedded>,
        tls: &Arc<rustls::ServerConfig>,
        arrivals: &Arc<Arrivals>,
        judge: web::Judge,
    ) -> Result<Vec<Server>, Failed> {
        let failed = |error: std::io::Error| Failed::new(exit::OS_ERROR, error);
        let guard = &config.smtp.guard;
        let keeper = Keeper::measured(Logins::new(guard.throttle()), Work::new(guard.measure()));
        let mut doors = Vec::new();
        let desk = Arc::new(Desk::new(store.clone(), provider.entrance().clone()));
        let points = Arc::new(Points::new(provider.clone(), desk.clone()));
        if !self.web.is_empty() {
            let age = Age { idle: config.web.idle, most: config.web.longest };
            let clock = Arc::new(SystemClock);
            let house = House::new(web::Parts {
                desk: desk.clone(),
                browsers: Browsers::new(store.clone(), provider.entrance().clone(), clock.clone(), age),
                keeper: keeper.clone(),
                provider: provider.clone(),
                judge,
                clock,
                name: config.provider.name.clone(),
                room: config.web.in_flight as u64,
            });
            let door = web::Door::new(house, tls, web::Limits::default());
            let places = Places { sessions: config.web.sessions, per_peer: config.web.sessions_per_peer };
            for socket in self.web {
                doors.push(Server::start(socket, places, door.clone()).map_err(failed)?);
            }
        }
        for (kind, socket) in self.smtp {
            let clock = Arc::new(|| SystemClock.now());
            let ids = Arc::new(|| uuid::Uuid::now_v7().simple().to_string());
            let limits = config.smtp.limits.door(kind);
            let door = DoorConfig {
                tls: Some(tls.clone()),
                arrivals: arrivals.clone(),
                keeper: keeper.clone(),
                patience: config.smtp.guard.patience(&config.smtp.limits),
                life: config.smtp.guard.life(),
                ..DoorConfig::new(kind, config.provider.hostname.clone(), limits, clock, ids)
            };
            doors.push(smtp::open(socket, door, points.clone()).map_err(failed)?);
        }
        for (door, socket) in self.imap {
            let limits = imap::Limits {
                login: config.smtp.guard.life().login,
                idle: config.imap.idle,
                append: config.smtp.limits.refuse_above as u64,
                patience: config.smtp.guard.patience(&config.smtp.limits),
                ..imap::Limits::default()
            };
            let (acceptor, desk, keeper) = (TlsAcceptor::from(tls.clone()), desk.clone(), keeper.clone());
            let (clock, arrivals) = (Arc::new(SystemClock), arrivals.clone());
            let config::ImapExtensions { without, compress } = &config.imap_extensions;
            let offer = imap::Offer::new(without.clone(), *compress);
            let sessions = Arc::new(Imap { door, acceptor, desk, keeper, clock, arrivals, limits, offer });
            doors.push(Server::start(socket, places(&config.imap), sessions).map_err(failed)?);
        }
        for (door, socket) in self.pop3 {
            let life = config.smtp.guard.life();
            let limits = pop3::Limits { login: life.login, idle: config.pop3.idle, lifetime: life.lifetime };
            let (acceptor, desk, keeper) = (TlsAcceptor::from(tls.clone()), desk.clone(), keeper.clone());
            let sessions = Arc::new(Pop3 { door, acceptor, desk, keeper, clock: Arc::new(SystemClock), limits });
            doors.push(Server::start(socket, places(&config.pop3), sessions).map_err(failed)?);
        }
        if let Some(shown) = &config.evidence.publish {
            let domain = config.provider.service_address.domain_key();
            let published = Published::of(store.clone(), domain, shown.tiles);
            let limits = transparency::Limits {
                idle: shown.idle,
                life: shown.lifetime,
                put_off: shown.put_off,
                at_once: shown.answers,
            };
            let door = transparency::Door::new(published, tls.clone(), Work::new(guard.measure()), limits);
            let places = Places { sessions: shown.sessions, per_peer: shown.sessions_per_peer };
            for socket in self.evidence {
                doors.push(Server::start(socket, places, door.clone()).map_err(failed)?);
            }
        }
        Ok(doors)
    }
}

async fn taken<'a, T: Copy>(
    doors: impl IntoIterator<Item = (T, &'a Vec<SocketAddr>)>,
) -> Result<Vec<(T, TcpListener)>, Failed> {
    let mut sockets = Vec::new();
    for (door, addresses) in doors {
        for address in addresses {
            sockets.push((door, bind(*address).await?));
        }
    }
    Ok(sockets)
}

fn places(doors: &MailboxDoors) -> Places {
    Places { sessions: doors.sessions, per_peer: doors.sessions_per_peer }
}

/// Open files when every door is full, with some for the store, the relay and all else.
pub(super) fn files_needed(config: &Config) -> usize {
    let smtp = [&config.smtp.incoming, &config.smtp.submission, &config.smtp.submission_tls];
    let open: usize = smtp.iter().map(|door| door.listen.len()).sum();
    let of = |doors: &MailboxDoors| doors.addresses().count() * doors.sessions;
    let evidence = config.evidence.publish.as_ref().map_or(0, |door| door.listen.len() * door.sessions);
    let web = config.web.listen.len() * config.web.sessions;
    open * config.smtp.limits.sessions + of(&config.imap) + of(&config.pop3) + web + evidence + 256
}
