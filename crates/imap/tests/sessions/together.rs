//! Many clients at one mailbox, each of whom must be able to believe what it is told.

use std::collections::{BTreeMap, BTreeSet};

use store::{Mailboxes, Reader, UidSet, Want};

use crate::bench::{Bench, Client, LETTER};

/// How many clients act at once, and how often each.
const CLIENTS: u64 = 50;
const STEPS: usize = 20;

/// What a client knows: the UIDs of its messages in their order where it has asked for them, and their flags.
struct Mind {
    client: Client,
    uids: Vec<Option<u32>>,
    flags: BTreeMap<u32, String>,
    /// Of which it was told first, and how many those are by what it was told.
    recent: BTreeSet<u32>,
    told: usize,
    chance: u64,
}

impl Mind {
    async fn new(bench: &Bench, seed: u64) -> Self {
        let (uids, flags, recent) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
        let mut mind = Self { client: bench.login().await, uids, flags, recent, told: 0, chance: seed };
        mind.does("SELECT INBOX").await;
        mind.does("UID FETCH 1:* (FLAGS)").await;
        mind
    }

    /// A number below `most`.
    fn chance(&mut self, most: usize) -> usize {
        self.chance = self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.chance >> 33).unwrap() % most
    }

    async fn does(&mut self, command: &str) {
        let by_number = ["FETCH", "STORE", "SEARCH"].iter().any(|word| command.starts_with(word));
        let lines = self.client.all(command).await;
        for line in &lines {
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                ["*", number, "EXISTS"] => {
                    let number: usize = number.parse().unwrap();
                    assert!(number >= self.uids.len(), "{command}: {lines:?}: fewer without EXPUNGE");
                    self.uids.resize(number, None);
                }
                ["*", number, "EXPUNGE"] => {
                    assert!(!by_number, "{command}: {lines:?}: numbers shift under a command with numbers");
                    if let Some(uid) = self.uids.remove(number.parse::<usize>().unwrap() - 1) {
                        self.flags.remove(&uid);
                    }
                }
                ["*", number, "RECENT"] => self.told = number.parse().unwrap(),
                ["*", number, "FETCH", "(UID", uid, "FLAGS", ..] => {
                    let uid: u32 = uid.parse().unwrap();
                    let at = number.parse::<usize>().unwrap() - 1;
                    assert!(self.uids[at].is_none_or(|own| own == uid), "{command}: {lines:?}: another message");
                    self.uids[at] = Some(uid);
                    let flags = line.split_once("FLAGS (").unwrap().1.trim_end_matches(')');
                    let (recent, flags): (Vec<&str>, Vec<&str>) =
                        flags.split(' ').partition(|flag| *flag == "\\Recent");
                    self.recent.extend(recent.first().map(|_| uid));
                    self.flags.insert(uid, flags.join(" "));
                }
                _ => {}
            }
        }
        let last = lines.last().unwrap();
        assert!(last.starts_with("OK"), "{command}: {lines:?}");
    }

    async fn acts(&mut self) {
        let here = self.uids.len();
        if here == 0 {
            return self.does(&format!("APPEND INBOX {{{}+}}\r\n{LETTER}", LETTER.len())).await;
        }
        let (from, flag) = (self.chance(here) + 1, ["\\Deleted", "\\Seen", "\\Flagged", "x"][self.chance(4)]);
        let to = (from + self.chance(3)).min(here);
        match self.chance(9) {
            0 => self.does(&format!("STORE {from}:{to} +FLAGS ({flag})")).await,
            1 => self.does(&format!("STORE {from} -FLAGS ({flag})")).await,
            2 => self.does("EXPUNGE").await,
            3 => self.does(&format!("FETCH {from}:{to} (UID FLAGS)")).await,
            4 => self.does(&format!("COPY {from} INBOX")).await,
            5 => self.does(&format!("MOVE {from} Cestino")).await,
            6 => self.does("SEARCH DELETED").await,
            7 => self.does("UID FETCH 1:* (FLAGS)").await,
            _ => self.does(&format!("APPEND INBOX {{{}+}}\r\n{LETTER}", LETTER.len())).await,
        }
    }
}

#[tokio::test]
async fn all_clients_agree_with_the_store_in_the_end() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER; 20]).await;
    let mut minds = Vec::new();
    for seed in 0..CLIENTS {
        minds.push(Mind::new(&bench, seed).await);
    }
    let acting = minds.into_iter().map(|mut mind| {
        tokio::spawn(async move {
            for _ in 0..STEPS {
                mind.acts().await;
            }
            mind
        })
    });
    let acting: Vec<_> = acting.collect();
    let mut minds = Vec::new();
    for mind in acting {
        minds.push(mind.await.unwrap());
    }
    let inbox = bench.house.store.folders(bench.anna.id, Reader::Owner).await.unwrap().remove(0);
    let there = bench.house.store.entries(inbox.id, &UidSet::all(), Want::default(), Reader::Owner, 10_000).await;
    let there: Vec<u32> = there.unwrap().iter().map(|entry| entry.uid).collect();
    let mut known: Vec<BTreeMap<u32, String>> = Vec::new();
    let mut recent = BTreeSet::new();
    for mind in &mut minds {
        mind.does("NOOP").await;
        mind.does("FETCH 1:* (UID FLAGS)").await;
        assert_eq!(mind.uids.iter().map(|uid| uid.unwrap()).collect::<Vec<_>>(), there);
        known.push(mind.flags.clone());
        let still = mind.recent.iter().filter(|uid| mind.flags.contains_key(uid)).count();
        assert_eq!(mind.told, still, "as many are recent as it was told");
        assert!(mind.recent.iter().all(|uid| recent.insert(*uid)), "recent to one alone");
    }
    assert!(there.iter().all(|uid| recent.contains(uid)), "each is recent to one");
    assert!(known.windows(2).all(|pair| pair[0] == pair[1]), "the same flags: {known:?}");
}
