//! Whatever was under way when the process was killed, sealing goes on from there: nothing is sealed twice, nothing is left out.
//!
//! This program starts itself again as a child that commits rows and seals them, hours passing with every row, and says what
//! it has done. The parent kills the child (SIGKILL), opens the store and checks every row against every head. The store is
//! the same in every round, so each child also goes on from what a killed one left.
#![allow(clippy::disallowed_macros, reason = "the child tells its parent; the parent tells who reads the test")]

use std::error::Error;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use harness::Running;
use pec::Clock as _;
use seal::FileSigner;
use seal::testing::{NOW, network};
use sealing::testing::{Hand, identity, judge, row};
use sealing::{Sealer, Trace, check};
use store::{Embedded, EmbeddedOptions, EvidenceLog as _, HeadQuery, Ledger as _, Outcome, Seals as _, Upkeep as _};

type Checked<T> = Result<T, Box<dyn Error>>;

const CHILD: &str = "--seal-until-killed";
/// Files of the provider's key and certificates, beside the store.
const KEY: &str = "key.pem";
const CHAIN: &str = "chain.pem";
/// Of a child that nobody kills.
const LIFE: Duration = Duration::from_secs(120);
/// Lines after which each child is killed: what follows them is in the middle of something.
const ROUNDS: [usize; 10] = [1, 6, 0, 3, 13, 2, 0, 8, 5, 1];
/// Rows of one commit: a day has some of them, a tree some tiles.
const ROWS: usize = 150;
/// Seconds from one commit to the next.
const STEP: i64 = 5 * 3600;

fn main() -> Checked<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let runtime = tokio::runtime::Runtime::new()?;
    match arguments.iter().position(|argument| argument == CHILD).and_then(|at| arguments.get(at + 1)) {
        Some(folder) => runtime.block_on(seal_until_killed(Path::new(folder))),
        None => runtime.block_on(kill_and_look()),
    }
}

async fn rows(store: &Embedded) -> Checked<u64> {
    Ok(store.logs().await?.first().map_or(0, |(_, last)| *last))
}

/// A sealer that makes a head whenever there is something new, and its clock. Its key lies beside the store, the same for all.
async fn sealer(store: &Arc<Embedded>, folder: &Path) -> Checked<(Arc<Sealer>, Arc<Hand>)> {
    let commits = i64::try_from(rows(store).await?)? / i64::try_from(ROWS)?;
    let hand = Arc::new(Hand::at(NOW + commits * STEP));
    let key = FileSigner::from_pem_files(&folder.with_file_name(KEY), &folder.with_file_name(CHAIN))?;
    let sealer = Sealer::new(Trace::of(store.clone()), identity(), Arc::new(key), hand.clone(), Duration::ZERO);
    Ok((sealer, hand))
}

async fn seal_until_killed(folder: &Path) -> Checked<()> {
    let store = Embedded::open(folder, EmbeddedOptions::default())?;
    let (sealer, hand) = sealer(&store, folder).await?;
    tell("open")?;
    loop {
        hand.pass(STEP);
        let evidence = (0..ROWS).map(|n| row(hand.now(), n)).collect();
        store.commit(Outcome { evidence, ..Outcome::default() }).await?;
        tell("committed")?;
        sealer.look().await?;
        tell("sealed")?;
    }
}

fn tell(what: &str) -> Checked<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{what}")?;
    Ok(output.flush()?)
}

async fn kill_and_look() -> Checked<()> {
    let place = tempfile::tempdir()?;
    let folder = place.path().join("store");
    std::fs::write(folder.with_file_name(KEY), &network().key_pem)?;
    std::fs::write(folder.with_file_name(CHAIN), &network().chain_pem)?;
    Embedded::create(&folder, EmbeddedOptions::default())?.close().await?;
    let mut behind = 0;
    let (mut sealed, mut last) = (0, 0);
    for (round, lines) in ROUNDS.into_iter().enumerate() {
        let mut again = Command::new(std::env::current_exe()?);
        again.arg(CHILD).arg(&folder).stdout(Stdio::piped());
        let child = Running::start_for(&mut again, LIFE)?;
        let mut output = BufReader::new(child.stdout().ok_or("the child has no output")?).lines();
        for _ in 0..=lines {
            output.next().ok_or("the child ended by itself")??;
        }
        child.kill()?;
        drop(output);
        let store = Embedded::open(&folder, EmbeddedOptions::default())?;
        let found = check(&Trace::of(store.clone()), &judge(pec::Moment::from_unix(0)), &|_| ()).await?;
        if found.count != 0 || !store.check(&|_| ()).await?.is_whole() {
            return Err(format!("round {round}: {:#?}", found.faults).into());
        }
        if found.heads < sealed || found.rows + found.unsealed < last {
            return Err(format!("round {round}: {sealed} heads and {last} rows before, now {found:?}").into());
        }
        (sealed, last) = (found.heads, found.rows + found.unsealed);
        behind += u64::from(found.unsealed > 0);
        println!(
            "killed after {lines} lines: {} heads over {} rows, {} not sealed",
            found.heads, found.rows, found.unsealed
        );
        store.close().await?;
    }
    // Who goes on seals what the last kill left.
    let store = Embedded::open(&folder, EmbeddedOptions::default())?;
    sealer(&store, &folder).await?.0.look().await?;
    let found = check(&Trace::of(store.clone()), &judge(pec::Moment::from_unix(0)), &|_| ()).await?;
    let heads = store.heads(HeadQuery { limit: 10_000, ..HeadQuery::default() }).await?;
    let closed: Vec<_> = heads.iter().filter(|head| head.closed).collect();
    let follow = closed.windows(2).all(|pair| pair[0].first + pair[0].size == pair[1].first);
    if found.count != 0 || found.unsealed != 0 || found.rows != rows(&store).await? || !follow {
        return Err(format!("in the end {found:?}").into());
    }
    if closed.len() < 3 || behind == 0 {
        return Err(format!("{} days ended, {behind} kills before a head: too little was shown", closed.len()).into());
    }
    Ok(())
}
