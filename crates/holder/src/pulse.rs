//! That something has changed in a mailbox, or about a user. The store tells of every change once; here each session hears of its
//! own, and what came while it was busy is one beat and not a hundred.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use store::{Change, ChangeKind, FeedItem, MailboxId, Mailboxes, UserId};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::watch;

/// How often each thing has changed; the numbers only grow, and mean nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Pulse {
    /// Messages, flags, folders.
    content: u64,
    /// State, rights, secret or quota: who is logged in looks whether he still is ([`crate::Entrance::again`]).
    account: u64,
}

/// Of what something is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Source {
    Mailbox(MailboxId),
    User(UserId),
}

/// The pulses of the mailboxes and users that somebody listens to.
#[derive(Default)]
pub struct Pulses {
    of: Mutex<HashMap<Source, watch::Sender<Pulse>>>,
    /// What the store has told, and nobody has looked at yet.
    told: Mutex<Option<Receiver<FeedItem>>>,
}

/// What a session hears: of the mailbox that it has open, and of the user whose it is. That is two things at most, whatever the user
/// may use.
#[derive(Clone)]
pub struct Ear {
    pulses: Arc<Pulses>,
    mailbox: Option<watch::Receiver<Pulse>>,
    user: Option<watch::Receiver<Pulse>>,
}

impl Pulses {
    /// Passes on what the store tells, for as long as the handle is held.
    pub fn start(mailboxes: &dyn Mailboxes) -> Arc<Self> {
        let told = Mutex::new(Some(mailboxes.changes()));
        let pulses = Arc::new(Self { told, ..Self::default() });
        // This one only wakes who waits.
        let (mut changes, weak) = (mailboxes.changes(), Arc::downgrade(&pulses));
        tokio::spawn(async move {
            while !matches!(changes.recv().await, Err(RecvError::Closed)) {
                let Some(pulses) = weak.upgrade() else { return };
                pulses.hear();
            }
        });
        pulses
    }

    /// Passes on what the store has told up to now. Whoever looks whether he still may does this first: a change that has
    /// returned to who made it was told before, and holds for the next command of everybody.
    fn hear(&self) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(told) = told.as_mut() else { return };
        loop {
            match told.try_recv() {
                Ok(item) => self.beat(&item),
                // What was missed may have been anything.
                Err(TryRecvError::Lagged(_)) => self.beat_all(),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    /// Hears of a mailbox and of a user from now on.
    pub fn listen(self: &Arc<Self>, mailbox: Option<MailboxId>, user: Option<UserId>) -> Ear {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        let mut to = |source| of.entry(source).or_insert_with(|| watch::Sender::new(Pulse::default())).subscribe();
        let pulses = self.clone();
        Ear { pulses, mailbox: mailbox.map(Source::Mailbox).map(&mut to), user: user.map(Source::User).map(&mut to) }
    }

    fn beat(&self, item: &FeedItem) {
        let (source, account) = match item {
            FeedItem::User(user) => (Source::User(*user), true),
            FeedItem::Mailbox(Change { mailbox, what, .. }) => {
                let account = match what {
                    ChangeKind::Mailbox => true,
                    ChangeKind::Added(_) | ChangeKind::Flags(_) | ChangeKind::Vanished(_) | ChangeKind::Folders => {
                        false
                    }
                };
                (Source::Mailbox(*mailbox), account)
            }
        };
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(sender) = of.get(&source) else { return };
        if sender.receiver_count() == 0 {
            of.remove(&source);
            return;
        }
        sender.send_modify(|pulse| match account {
            true => pulse.account += 1,
            false => pulse.content += 1,
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

impl Ear {
    /// How often the messages, flags and folders of the mailbox have changed; the number means nothing else.
    pub fn content(&self) -> u64 {
        self.mailbox.as_ref().map(|pulse| pulse.borrow().content).unwrap_or_default()
    }

    /// How often the accounts have changed, the mailbox and the user; the number means nothing else.
    pub(crate) fn account(&self) -> u64 {
        self.pulses.hear();
        [&self.mailbox, &self.user].into_iter().flatten().map(|pulse| pulse.borrow().account).sum()
    }

    /// Waits until something changes that has not been waited for. May be dropped and begun again at any time.
    pub async fn changed(&mut self) {
        tokio::select! {
            () = next(&mut self.mailbox) => (),
            () = next(&mut self.user) => (),
        }
    }
}

/// The next beat; never, where there is nothing to hear.
async fn next(pulse: &mut Option<watch::Receiver<Pulse>>) {
    let heard = match pulse {
        Some(pulse) => pulse.changed().await.is_ok(),
        None => false,
    };
    if !heard {
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn change(mailbox: i64, what: ChangeKind) -> FeedItem {
        Change { mailbox: MailboxId(mailbox), folder: None, modseq: 1, what }.into()
    }

    fn mailbox(pulses: &Arc<Pulses>, mailbox: i64) -> Ear {
        pulses.listen(Some(MailboxId(mailbox)), None)
    }

    fn heard(ear: &Ear) -> (u64, u64) {
        (ear.content(), ear.account())
    }

    #[test]
    fn each_hears_of_his_own_mailbox_and_of_what_kind_it_was() {
        let pulses = Arc::new(Pulses::default());
        let (mut one, other) = (mailbox(&pulses, 1), mailbox(&pulses, 2));
        pulses.beat(&change(1, ChangeKind::Folders));
        pulses.beat(&change(1, ChangeKind::Folders));
        pulses.beat(&change(1, ChangeKind::Mailbox));
        assert_eq!((heard(&one), heard(&other)), ((2, 1), (0, 0)));
        assert!(one.changed().now_or_never().is_some() && one.changed().now_or_never().is_none());
    }

    #[test]
    fn a_user_hears_of_himself_and_of_the_mailbox_that_he_has_open() {
        let pulses = Arc::new(Pulses::default());
        let (user, other) = (Some(UserId(1)), Some(UserId(2)));
        // The number of a user is not that of a mailbox.
        let ears = [pulses.listen(Some(MailboxId(2)), user), pulses.listen(None, user), pulses.listen(None, other)];
        pulses.beat(&FeedItem::User(UserId(1)));
        assert_eq!(ears.each_ref().map(heard), [(0, 1), (0, 1), (0, 0)]);
        pulses.beat(&change(2, ChangeKind::Mailbox));
        assert_eq!(ears.each_ref().map(heard), [(0, 2), (0, 1), (0, 0)]);
        for (mut ear, hears) in ears.into_iter().zip([true, true, false]) {
            assert_eq!(ear.changed().now_or_never().is_some(), hears);
        }
    }

    #[test]
    fn nothing_is_kept_of_what_nobody_listens_to() {
        let pulses = Arc::new(Pulses::default());
        drop((mailbox(&pulses, 1), mailbox(&pulses, 2)));
        pulses.beat(&change(1, ChangeKind::Mailbox));
        pulses.beat(&change(3, ChangeKind::Mailbox));
        assert_eq!(pulses.of.lock().unwrap().len(), 1);
        pulses.beat_all();
        assert!(pulses.of.lock().unwrap().is_empty());
    }

    #[test]
    fn who_was_too_slow_looks_at_everything() {
        let pulses = Arc::new(Pulses::default());
        let ear = mailbox(&pulses, 7);
        pulses.beat_all();
        assert_eq!(heard(&ear), (1, 1));
    }
}
