//! What a provider publishes of its evidence, as a watcher reads it: the list of logs, heads and nodes.
//!
//! The input is what is shown: pieces between lines of `--`, the first at `/logs`, each other one at the path of its first line. A
//! head that is no JSON is the text of one, under which the target puts the provider's signature.
#![no_main]

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use async_trait::async_trait;
use bytes::Bytes;
use fetch::FetchError;
use fuzz::{AUTHORITY, PROVIDER};
use libfuzzer_sys::fuzz_target;
use pec::Moment;
use proof::file::{Octets, SignedHead};
use proof::head::Head;
use seal::Trust;
use tokio::runtime::{Builder, Runtime};
use transparency::watch::{Judges, Publication, State, WatchError, Watched, round};
use transparency::{Listing, Resource};
use verify::{Authorities, Sources, StampAuthorities};

static JUDGES: LazyLock<Judges> = LazyLock::new(|| Judges {
    authorities: Authorities::Given(
        Trust::new(vec![AUTHORITY.certificate.clone()], Vec::new()).expect("an authority is pinned"),
    ),
    stamps: StampAuthorities::default(),
    sources: Sources::new(&[], None).expect("there is no file to read"),
});

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread().build().expect("a runtime without drivers");
    /// The texts that were ever signed for this input.
    static SIGNED: RefCell<HashSet<Vec<u8>>> = RefCell::default();
}

/// What is shown.
struct Shown(HashMap<Resource, Bytes>);

#[async_trait]
impl Publication for Shown {
    async fn get(&self, resource: Resource) -> Result<Option<Bytes>, FetchError> {
        Ok(self.0.get(&resource).cloned())
    }
}

fuzz_target!(
    init: {
        assert_eq!(heads(include_bytes!("../seeds/published/grows")), 3);
        assert_eq!(heads(include_bytes!("../seeds/published/chain")), 2);
    },
    |input: &[u8]| {
        heads(input);
    }
);

/// How many heads a watcher follows who believes the authority.
fn heads(input: &[u8]) -> u64 {
    let shown = shown(input);
    let mut state = State::default();
    let first = watched(&shown, &mut state);
    judged(&state);
    let Ok(first) = first else { return 0 };
    let listing: Listing = serde_json::from_slice(&shown.0[&Resource::Logs]).expect("a list that held is one");
    let count = |watched: &Watched| watched.logs.iter().map(|log| (log.log, log.heads)).collect::<HashMap<_, _>>();
    let listed: HashMap<_, _> =
        listing.logs.iter().filter(|log| log.heads > 0).map(|log| (log.log, log.heads)).collect();
    assert_eq!(count(&first), listed, "every head that is listed was judged, and no other");
    assert!(first.certified || first.logs.is_empty());
    // What is remembered is what was shown.
    let text = serde_json::to_vec(&state).expect("texts and numbers");
    let mut again: State = serde_json::from_slice(&text).expect("a state is read back");
    assert_eq!(again, state);
    let second = watched(&shown, &mut again).expect("what holds still does");
    assert!(second.logs.iter().all(|log| log.new == 0) && count(&second) == listed && again == state);
    // Nodes that are no longer shown, and a head that is gone, are found.
    if let Some(head) = state.logs.first() {
        let head = Head::read(&head.head.text.0).expect("it was judged");
        let mut less = Shown(shown.0.clone());
        less.0.remove(&Resource::Head { log: head.log, number: head.number });
        assert!(matches!(watched(&less, &mut again), Err(WatchError::Discord(_))));
    }
    first.logs.iter().map(|log| log.new).sum()
}

fn watched(shown: &Shown, state: &mut State) -> Result<Watched, WatchError> {
    let now = Moment::from_unix(PROVIDER.certificate.not_after());
    RUNTIME.with(|runtime| runtime.block_on(round(shown, &JUDGES, state, &[], now, &|_| Ok(()))))
}

/// Nothing is remembered but heads that the provider signed, each in its log.
fn judged(state: &State) {
    let mut logs = HashSet::new();
    for seen in &state.logs {
        let text = &seen.head.text.0;
        assert!(SIGNED.with_borrow(|signed| signed.contains(text)), "a head that nobody signed");
        assert!(logs.insert(Head::read(text).expect("it was judged").log), "a log is remembered once");
    }
}

/// The pieces of the input, each where it says.
fn shown(input: &[u8]) -> Shown {
    SIGNED.with_borrow_mut(HashSet::clear);
    let mut pieces = Pieces(Some(input));
    let mut shown = HashMap::new();
    shown.insert(Resource::Logs, Bytes::copy_from_slice(pieces.next().unwrap_or_default()));
    for piece in pieces {
        let Some(end) = piece.iter().position(|octet| *octet == b'\n') else { continue };
        let (path, octets) = (String::from_utf8_lossy(&piece[..end]), &piece[end + 1..]);
        let Some(resource) = Resource::of(&path) else { continue };
        assert_eq!(resource.to_string(), path, "a thing has one path");
        let octets = match resource {
            Resource::Head { .. } if !octets.starts_with(b"{") => signed(octets),
            _ => Bytes::copy_from_slice(octets),
        };
        shown.insert(resource, octets);
    }
    Shown(shown)
}

fn signed(text: &[u8]) -> Bytes {
    SIGNED.with_borrow_mut(|signed| signed.insert(text.to_vec()));
    let signature = Octets(PROVIDER.detached(text));
    let head = SignedHead { text: Octets(text.to_vec()), signature, stamp: None };
    serde_json::to_vec(&head).expect("texts").into()
}

/// What stands between lines of `--`.
struct Pieces<'a>(Option<&'a [u8]>);

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        const LINE: &[u8] = b"\n--\n";
        let rest = self.0?;
        let Some(at) = rest.windows(LINE.len()).position(|window| window == LINE) else { return self.0.take() };
        self.0 = Some(&rest[at + LINE.len()..]);
        Some(&rest[..at])
    }
}
