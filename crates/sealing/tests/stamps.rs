//! A process that is killed between an authority's answer and its writing stamps that head once: later, by another answer.
//!
//! This program starts itself again as a child that has heads stamped and is held where an answer has come and is not written
//! yet. The parent kills it there (SIGKILL), and looks at what is kept. The authority is `openssl ts` in the parent.
#![allow(clippy::disallowed_macros, reason = "the child tells its parent; the parent tells who reads the test")]

use std::error::Error;
use std::io::{BufRead as _, BufReader, Write as _};
use std::ops::Range;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use harness::Running;
use pec::Moment;
use seal::TimeStamp;
use seal::stamping::{KeyKind, Making};
use seal::testing::NOW;
use sealing::testing::{Hand, row};
use sealing::{Stamper, Trace};
use stamp::testing::Served;
use stamp::{AuthoritySettings, Settings, Stamps};
use store::{
    Embedded, EmbeddedOptions, EvidenceLog as _, HeadQuery, Ledger as _, LogId, Outcome, SealedHead, Seals, StoreError,
    Tile, TileRoot, Upkeep as _,
};

type Checked<T> = Result<T, Box<dyn Error>>;

const CHILD: &str = "--stamp-until-killed";
/// Of a child that nobody kills.
const LIFE: Duration = Duration::from_secs(120);
/// Which answer each child does not come to write.
const HELD: [u64; 4] = [1, 1, 4, 2];
const HEADS: u64 = 8;

fn main() -> Checked<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let runtime = tokio::runtime::Runtime::new()?;
    let of_child = arguments.iter().position(|argument| argument == CHILD);
    match of_child.and_then(|at| arguments.get(at + 1..at + 5)) {
        Some([store, url, roots, held]) => {
            runtime.block_on(stamp_until_killed(Path::new(store), url, Path::new(roots), held.parse()?))
        }
        _ => runtime.block_on(kill_and_look()),
    }
}

/// A store that does not come to write one of the stamps.
struct Held {
    store: Arc<Embedded>,
    /// How many are still written.
    left: AtomicU64,
}

#[async_trait::async_trait]
impl Seals for Held {
    async fn heads(&self, query: HeadQuery) -> Result<Vec<SealedHead>, StoreError> {
        self.store.heads(query).await
    }

    async fn last_head(&self, log: LogId) -> Result<Option<SealedHead>, StoreError> {
        self.store.last_head(log).await
    }

    async fn head_over(&self, log: LogId, row: u64) -> Result<Option<SealedHead>, StoreError> {
        self.store.head_over(log, row).await
    }

    async fn tile_roots(&self, log: LogId, level: u32, rows: Range<u64>) -> Result<Vec<TileRoot>, StoreError> {
        self.store.tile_roots(log, level, rows).await
    }

    async fn tile(&self, log: LogId, level: u32, first: u64) -> Result<Option<Tile>, StoreError> {
        self.store.tile(log, level, first).await
    }

    async fn add_tiles(&self, log: LogId, tiles: Vec<Tile>) -> Result<(), StoreError> {
        self.store.add_tiles(log, tiles).await
    }

    async fn add_head(&self, head: SealedHead, last: Option<Tile>) -> Result<(), StoreError> {
        self.store.add_head(head, last).await
    }

    async fn add_stamp(&self, log: LogId, number: u64, stamp: Bytes) -> Result<(), StoreError> {
        if self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            // A parent that is gone ends this process too.
            let _ = tell("answered");
            std::future::pending::<()>().await;
        }
        self.store.add_stamp(log, number, stamp).await
    }
}

fn tell(what: &str) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{what}")?;
    output.flush()
}

fn stamper(trace: Trace, url: &str, roots: &Path) -> Checked<Arc<Stamper>> {
    let authority = AuthoritySettings { url: url.to_owned(), roots: roots.to_owned(), policy: None, login: None };
    // The clock stands still in May.
    let tolerance = Duration::from_secs(100 * 365 * 24 * 3600);
    let settings = Settings { authorities: vec![authority], tolerance, ..Settings::default() };
    let stamps = Arc::new(Stamps::new(settings, Arc::new(Hand::at(NOW)))?);
    Ok(Stamper::new(trace, stamps, Arc::new(Hand::at(NOW)), Duration::from_secs(1)))
}

async fn stamp_until_killed(store: &Path, url: &str, roots: &Path, held: u64) -> Checked<()> {
    let store = Embedded::open(store, EmbeddedOptions::default())?;
    let seals = Arc::new(Held { store: store.clone(), left: AtomicU64::new(held) });
    stamper(Trace { evidence: store, seals }, url, roots)?.look().await?;
    Err("nobody killed this process".into())
}

async fn fill(store: &Embedded) -> Checked<()> {
    let evidence = (0..HEADS as usize).map(|n| row(Moment::from_unix(NOW), n)).collect();
    store.commit(Outcome { evidence, ..Outcome::default() }).await?;
    let (log, _) = *store.logs().await?.first().ok_or("there is no log")?;
    for number in 1..=HEADS {
        let (text, signature) = (format!("head {number}").into(), format!("signature {number}").into());
        let at = Moment::from_unix(NOW);
        let head = SealedHead { log, number, first: 1, size: number, closed: false, at, text, signature, stamp: None };
        store.add_head(head, None).await?;
    }
    Ok(())
}

/// How many heads have a stamp, the oldest ones, each of its own signature.
async fn stamped(store: &Embedded) -> Checked<u64> {
    let heads = store.heads(HeadQuery { limit: 100, ..HeadQuery::default() }).await?;
    let count = heads.iter().take_while(|head| head.stamp.is_some()).count();
    if heads.iter().skip(count).any(|head| head.stamp.is_some()) {
        return Err("a later head was stamped before an older one".into());
    }
    for head in &heads {
        if let Some(stamp) = &head.stamp
            && !TimeStamp::read(stamp.clone())?.is_of(&head.signature)
        {
            return Err(format!("head {} has the stamp of something else", head.number).into());
        }
    }
    Ok(u64::try_from(count)?)
}

async fn kill_and_look() -> Checked<()> {
    let place = tempfile::tempdir()?;
    let folder = place.path().join("store");
    let served = Served::of(&Making { key: KeyKind::P256, ..Making::default() });
    let store = Embedded::create(&folder, EmbeddedOptions::default())?;
    fill(&store).await?;
    store.close().await?;
    drop(store);
    let mut expected = 0;
    for held in HELD {
        let mut again = Command::new(std::env::current_exe()?);
        again.arg(CHILD).arg(&folder).arg(&served.url).arg(served.root()).arg(held.to_string());
        let child = Running::start_for(again.stdout(Stdio::piped()), LIFE)?;
        let mut output = BufReader::new(child.stdout().ok_or("the child has no output")?).lines();
        output.next().ok_or("the child ended by itself")??;
        child.kill()?;
        drop(output);
        expected += held - 1;
        let store = Embedded::open(&folder, EmbeddedOptions::default())?;
        let found = stamped(&store).await?;
        if found != expected {
            return Err(format!("{found} heads have stamps after a kill, {expected} were written").into());
        }
        println!("killed with answer {held} in its hands: {found} heads have stamps");
        store.close().await?;
    }
    // Who goes on stamps what the last kill left; the answers that were lost were asked for again.
    let store = Embedded::open(&folder, EmbeddedOptions::default())?;
    let more = stamper(Trace::of(store.clone()), &served.url, &served.root())?.look().await?;
    let (all, asked) = (stamped(&store).await?, served.asked());
    if (more, all) != (HEADS - expected, HEADS) || asked as u64 != HEADS + HELD.len() as u64 {
        return Err(format!("in the end {more} more, {all} of {HEADS}, {asked} answers").into());
    }
    Ok(())
}
