//! The access history of mailboxes, as it is written and read. What is to be noted is handed over at once and written a moment
//! later, much of it together: no login and no message waits for a flush.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use pec::Address;
use store::{Access, AccessRow, Accesses, Protocol, StoreError};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

/// How long the first waits for others that are written with it.
const PAUSE: Duration = Duration::from_secs(1);
/// As many are written together.
const LOT: usize = 500;
/// As many wait to be written; what comes beyond is counted as lost. Evidence has what was sent all the same.
const AHEAD: usize = 10_000;

/// How somebody comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Came {
    /// Through which protocol.
    pub protocol: Protocol,
    /// From where.
    pub peer: IpAddr,
    /// What the program calls itself, where it has said so.
    pub client: Option<String>,
}

impl Came {
    /// By a program that has not said what it is.
    pub fn by(protocol: Protocol, peer: IpAddr) -> Self {
        Self { protocol, peer: peer.to_canonical(), client: None }
    }
}

enum Note {
    Access(Box<Access>),
    Flush(oneshot::Sender<()>),
}

/// Writes the access history.
pub struct AccessLog {
    notes: mpsc::Sender<Note>,
    accesses: Arc<dyn Accesses>,
}

impl AccessLog {
    /// Writes to this store, until it is dropped.
    pub fn start(accesses: Arc<dyn Accesses>) -> Arc<Self> {
        let (notes, coming) = mpsc::channel(AHEAD);
        tokio::spawn(write(accesses.clone(), coming));
        Arc::new(Self { notes, accesses })
    }

    /// Has something written soon.
    pub(crate) fn note(&self, access: Access) {
        if self.notes.try_send(Note::Access(Box::new(access))).is_err() {
            metrics::counter!("sigillo_accesses_lost_total").increment(1);
        }
    }

    /// Waits until what was noted before is written.
    pub async fn flush(&self) {
        let (written, wait) = oneshot::channel();
        if self.notes.send(Note::Flush(written)).await.is_ok() {
            // An error is that of a task which ended with the runtime.
            let _ = wait.await;
        }
    }

    /// What was noted of a mailbox, ascending, after that number; at most `limit`.
    pub(crate) async fn read(&self, of: &Address, after: i64, limit: usize) -> Result<Vec<AccessRow>, StoreError> {
        self.accesses.accesses(of, after, limit).await
    }
}

async fn write(accesses: Arc<dyn Accesses>, mut coming: mpsc::Receiver<Note>) {
    while let Some(first) = coming.recv().await {
        let (mut lot, mut waiting) = (Vec::new(), Vec::new());
        let mut sort = |note, waiting: &mut Vec<oneshot::Sender<()>>| match note {
            Note::Access(access) => lot.push(*access),
            Note::Flush(waits) => waiting.push(waits),
        };
        sort(first, &mut waiting);
        let until = Instant::now() + PAUSE;
        let mut count = 1;
        // Somebody who waits is answered at once.
        while count < LOT && waiting.is_empty() {
            match timeout_at(until, coming.recv()).await {
                Ok(Some(note)) => sort(note, &mut waiting),
                Ok(None) | Err(_) => break,
            }
            count += 1;
        }
        let lost = lot.len() as u64;
        if !lot.is_empty()
            && let Err(error) = accesses.note_accesses(lot).await
        {
            metrics::counter!("sigillo_accesses_lost_total").increment(lost);
            tracing::error!(event = "accesses-not-written", %error, lost);
        }
        for waits in waiting {
            let _ = waits.send(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use pec::Moment;
    use store::AccessOutcome;
    use tokio::sync::Semaphore;

    use super::*;

    /// A store that writes when it is let.
    struct Slow {
        let_go: Semaphore,
        lots: Mutex<Vec<usize>>,
    }

    #[async_trait]
    impl Accesses for Slow {
        async fn note_accesses(&self, accesses: Vec<Access>) -> Result<(), StoreError> {
            self.let_go.acquire().await.unwrap().forget();
            self.lots.lock().unwrap().push(accesses.len());
            Ok(())
        }

        async fn accesses(&self, _: &Address, _: i64, _: usize) -> Result<Vec<AccessRow>, StoreError> {
            Ok(Vec::new())
        }

        async fn expire_accesses(&self, _: Moment, _: usize) -> Result<usize, StoreError> {
            Ok(0)
        }
    }

    fn access() -> Access {
        Access {
            at: Moment::from_unix(0),
            mailbox: Address::parse("anna@pec.example").unwrap(),
            who: None,
            app_password: None,
            peer: None,
            client: None,
            protocol: Protocol::Imap,
            outcome: AccessOutcome::Failed,
            message: None,
            count: 1,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_a_store_that_is_slow_and_what_waits_is_bounded() {
        let slow = Arc::new(Slow { let_go: Semaphore::new(0), lots: Mutex::default() });
        let log = AccessLog::start(slow.clone());
        let began = Instant::now();
        for _ in 0..AHEAD + LOT + 500 {
            log.note(access());
        }
        assert_eq!(began.elapsed(), Duration::ZERO);
        slow.let_go.add_permits(1_000);
        log.flush().await;
        let written: usize = slow.lots.lock().unwrap().iter().sum();
        assert!((AHEAD..=AHEAD + LOT).contains(&written), "{written}");
        assert!(slow.lots.lock().unwrap().iter().all(|lot| *lot <= LOT));
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_within_a_moment_is_written_together() {
        let slow = Arc::new(Slow { let_go: Semaphore::new(1_000), lots: Mutex::default() });
        let log = AccessLog::start(slow.clone());
        for _ in 0..3 {
            log.note(access());
            tokio::time::sleep(PAUSE / 4).await;
        }
        tokio::time::sleep(PAUSE).await;
        log.note(access());
        log.flush().await;
        assert_eq!(*slow.lots.lock().unwrap(), [3, 1]);
    }
}
