//! Drafts are signed side by side, as many at once as there are cores, and no elaboration keeps the others waiting: each
//! takes one turn after the other, and turns are given in the order in which they are asked for.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use pec::compose::Draft;
use seal::{KeyError, Signer};
use store::NewMessage;
use tokio::sync::Semaphore;

use crate::answer::Failure;
use crate::context::Context;
use crate::elaboration::{Elaborated, signed};

/// Signatures that an elaboration makes on the thread on which it was decided; more are made side by side.
const ALONG: usize = 2;
/// Signatures of one turn.
const TURN: usize = 4;

/// The provider's key, and the turns on the cores.
pub(crate) struct Signing {
    signer: Arc<dyn Signer>,
    turns: Arc<Semaphore>,
    threads: usize,
}

/// Drafts that nobody has taken yet, and messages that are signed.
#[derive(Default)]
struct Work {
    open: Vec<(usize, Box<Draft>)>,
    done: Vec<(usize, NewMessage)>,
}

impl Signing {
    pub(crate) fn new(signer: Arc<dyn Signer>, threads: usize) -> Self {
        let threads = threads.max(1);
        Self { signer, turns: Arc::new(Semaphore::new(threads)), threads }
    }

    /// Runs a decision on a blocking thread, and signs what it made.
    pub(crate) async fn elaborate<T: Send + 'static>(
        &self,
        context: Arc<Context>,
        decide: impl FnOnce(&Context) -> (Option<Box<Elaborated>>, T) + Send + 'static,
    ) -> Result<(Option<Box<Elaborated>>, T), Failure> {
        let signer = self.signer.clone();
        let decided = self.turn(move || {
            let (mut elaborated, rest) = decide(&context);
            // The common elaboration has one signature or two: no further thread is woken for them.
            if let Some(elaborated) = elaborated.as_mut().filter(|elaborated| elaborated.signatures() <= ALONG) {
                for (at, draft) in elaborated.take_drafts() {
                    let message = sign(&draft, signer.as_ref())?;
                    elaborated.put(at, message);
                }
            }
            Ok((elaborated, rest))
        });
        let (mut elaborated, rest) = decided.await?;
        if let Some(elaborated) = &mut elaborated {
            let drafts = elaborated.take_drafts();
            for (at, message) in self.side_by_side(drafts).await? {
                elaborated.put(at, message);
            }
        }
        Ok((elaborated, rest))
    }

    /// Runs what does not sign on a blocking thread.
    pub(crate) async fn consider<T: Send + 'static>(
        &self,
        context: Arc<Context>,
        consider: impl FnOnce(&Context) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        self.turn(move || Ok(consider(&context))).await
    }

    async fn side_by_side(&self, drafts: Vec<(usize, Box<Draft>)>) -> Result<Vec<(usize, NewMessage)>, Failure> {
        if drafts.is_empty() {
            return Ok(Vec::new());
        }
        let width = self.threads.min(drafts.len());
        let work = Arc::new(Mutex::new(Work { open: drafts, done: Vec::new() }));
        let lane = || {
            let (work, signer) = (work.clone(), self.signer.clone());
            async move {
                loop {
                    let (work, signer) = (work.clone(), signer.clone());
                    if !self.turn(move || some(&work, signer.as_ref())).await? {
                        return Ok::<(), Failure>(());
                    }
                }
            }
        };
        futures_util::future::try_join_all((0..width).map(|_| lane())).await?;
        let done = std::mem::take(&mut work.lock().unwrap_or_else(PoisonError::into_inner).done);
        Ok(done)
    }

    async fn turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, KeyError> + Send + 'static,
    ) -> Result<T, Failure> {
        let Ok(turn) = self.turns.clone().acquire_owned().await else { return Err(Failure::Interrupted) };
        let task = tokio::task::spawn_blocking(move || {
            let result = work();
            // Held until here: who gives up waiting frees no core.
            drop(turn);
            result
        });
        match task.await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => {
                tracing::error!(event = "signing-failed", %error);
                metrics::counter!("sigillo_failures_total", "part" => "signing").increment(1);
                Err(Failure::Signing)
            }
            Err(error) => {
                tracing::error!(event = "decision-lost", %error);
                metrics::counter!("sigillo_failures_total", "part" => "decision").increment(1);
                Err(Failure::Interrupted)
            }
        }
    }
}

/// Signs some of what is open; `false` when nothing was.
fn some(work: &Mutex<Work>, signer: &dyn Signer) -> Result<bool, KeyError> {
    let taken: Vec<(usize, Box<Draft>)> = {
        let mut work = work.lock().unwrap_or_else(PoisonError::into_inner);
        let from = work.open.len().saturating_sub(TURN);
        work.open.split_off(from)
    };
    if taken.is_empty() {
        return Ok(false);
    }
    let mut done = Vec::with_capacity(taken.len());
    for (at, draft) in taken {
        done.push((at, sign(&draft, signer)?));
    }
    work.lock().unwrap_or_else(PoisonError::into_inner).done.extend(done);
    Ok(true)
}

fn sign(draft: &Draft, signer: &dyn Signer) -> Result<NewMessage, KeyError> {
    let begun = Instant::now();
    let message = signed(draft, |draft| seal::seal(draft, signer))?;
    // What the key did, also for a decision that has to be made again; what came of it is counted after the commit.
    metrics::histogram!("sigillo_signature_seconds").record(begun.elapsed());
    Ok(message)
}
