//! That something has changed in a mailbox. The store tells of every change of every mailbox once; here each session hears
//! of its own, and what came while it was busy is one beat and not a hundred.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use store::{Change, ChangeKind, MailboxId, Mailboxes};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

/// How often each thing has changed; the numbers only grow, and mean nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pulse {
    /// Messages, flags, folders.
    pub content: u64,
    /// State, rights, secret or quota: who is logged in looks whether he still is ([`crate::Entrance::again`]).
    pub account: u64,
}

/// The pulses of the mailboxes that somebody listens to.
#[derive(Default)]
pub struct Pulses {
    of: Mutex<HashMap<MailboxId, watch::Sender<Pulse>>>,
}

impl Pulses {
    /// Passes on what the store tells, for as long as the handle is held.
    pub fn start(mailboxes: &dyn Mailboxes) -> Arc<Self> {
        let pulses = Arc::new(Self::default());
        let (mut changes, weak) = (mailboxes.changes(), Arc::downgrade(&pulses));
        tokio::spawn(async move {
            loop {
                let heard = changes.recv().await;
                let Some(pulses) = Weak::upgrade(&weak) else { return };
                match heard {
                    Ok(change) => pulses.beat(&change),
                    // What was missed may have been anything.
                    Err(RecvError::Lagged(_)) => pulses.beat_all(),
                    Err(RecvError::Closed) => return,
                }
            }
        });
        pulses
    }

    /// Hears of a mailbox from now on.
    pub fn listen(&self, mailbox: MailboxId) -> watch::Receiver<Pulse> {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        of.entry(mailbox).or_insert_with(|| watch::Sender::new(Pulse::default())).subscribe()
    }

    fn beat(&self, change: &Change) {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(sender) = of.get(&change.mailbox) else { return };
        if sender.receiver_count() == 0 {
            of.remove(&change.mailbox);
            return;
        }
        sender.send_modify(|pulse| match change.what {
            ChangeKind::Mailbox => pulse.account += 1,
            ChangeKind::Added(_) | ChangeKind::Flags(_) | ChangeKind::Vanished(_) | ChangeKind::Folders => {
                pulse.content += 1;
            }
        });
    }

    fn beat_all(&self) {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        of.retain(|_, sender| sender.receiver_count() > 0);
        for sender in of.values() {
            sender.send_modify(|pulse| {
                pulse.account += 1;
                pulse.content += 1;
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(mailbox: i64, what: ChangeKind) -> Change {
        Change { mailbox: MailboxId(mailbox), folder: None, modseq: 1, what }
    }

    #[test]
    fn each_hears_of_his_own_mailbox_and_of_what_kind_it_was() {
        let pulses = Pulses::default();
        let (one, other) = (pulses.listen(MailboxId(1)), pulses.listen(MailboxId(2)));
        pulses.beat(&change(1, ChangeKind::Folders));
        pulses.beat(&change(1, ChangeKind::Folders));
        pulses.beat(&change(1, ChangeKind::Mailbox));
        assert_eq!(*one.borrow(), Pulse { content: 2, account: 1 });
        assert_eq!(*other.borrow(), Pulse::default());
    }

    #[test]
    fn nothing_is_kept_of_a_mailbox_that_nobody_listens_to() {
        let pulses = Pulses::default();
        drop((pulses.listen(MailboxId(1)), pulses.listen(MailboxId(2))));
        pulses.beat(&change(1, ChangeKind::Mailbox));
        pulses.beat(&change(3, ChangeKind::Mailbox));
        assert_eq!(pulses.of.lock().unwrap().len(), 1);
        pulses.beat_all();
        assert!(pulses.of.lock().unwrap().is_empty());
    }

    #[test]
    fn who_was_too_slow_looks_at_everything() {
        let pulses = Pulses::default();
        let heard = pulses.listen(MailboxId(7));
        pulses.beat_all();
        assert_eq!(*heard.borrow(), Pulse { content: 1, account: 1 });
    }
}
