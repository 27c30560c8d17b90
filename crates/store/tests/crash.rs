//! What was answered is there after the process was killed, and nothing is there by half.
//!
//! This program starts itself again as a child that commits numbered Outcomes and prints each number once its
//! commit has returned. The parent kills the child in the middle of that (SIGKILL), opens the store and looks.
//! The store is the same in every round, so each child also starts from what a killed one left.

use std::collections::BTreeSet;
use std::error::Error;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use harness::Running;
use pec::{Address, Moment, Pieces, ReversePath, Shared};
use store::{
    Deposit, Dispatch, Embedded, EmbeddedOptions, Event, Evidence, EvidenceQuery, Hop, NewMailbox, NewMessage, OnceKey,
    Outcome, PasswordCost, Sent, Store, Summary, WatchChange,
};

type Checked<T> = Result<T, Box<dyn Error>>;

const CHILD: &str = "--commit-until-killed";
/// Of a child that nobody kills, because the line before that never comes.
const LIFE: Duration = Duration::from_secs(120);
/// Lines after which each child is killed; what follows them is in the middle of a commit.
const ROUNDS: [usize; 12] = [1, 20, 7, 50, 0, 2, 31, 0, 3, 12, 5, 1];
/// Tasks that commit side by side, so that transactions hold several Outcomes.
const SIDE_BY_SIDE: usize = 8;
/// Own octets of each message: enough that a commit takes a while, and a kill right after an answer that came
/// too early would find it under way.
const OCTETS: usize = 512 * 1024;

fn main() -> Checked<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let runtime = tokio::runtime::Runtime::new()?;
    match arguments.iter().position(|argument| argument == CHILD).map(|at| &arguments[at + 1..]) {
        Some([folder, first]) => runtime.block_on(commit_until_killed(Path::new(folder), first.parse()?)),
        Some(_) => Err("the child wants a folder and a number".into()),
        None => runtime.block_on(kill_and_look()),
    }
}

async fn kill_and_look() -> Checked<()> {
    let place = tempfile::tempdir()?;
    let mut answered = BTreeSet::new();
    for (round, lines) in ROUNDS.into_iter().enumerate() {
        let first = round * 1_000_000;
        let program = std::env::current_exe()?;
        let mut again = Command::new(program);
        again.arg(CHILD).arg(place.path()).arg(first.to_string()).stdout(Stdio::piped());
        let child = Running::start_for(&mut again, LIFE)?;
        let mut output = BufReader::new(child.stdout().ok_or("the child has no output")?).lines();
        // The line before the first number says that the store is open.
        for _ in 0..=lines {
            let line = output.next().ok_or("the child ended by itself")??;
            answered.extend(line.parse::<usize>());
        }
        child.kill()?;
        for line in output {
            answered.extend(line?.parse::<usize>());
        }
        let found = look(place.path()).await?;
        let lost: Vec<_> = answered.difference(&found).collect();
        if !lost.is_empty() {
            return Err(format!("round {round}: answered and lost: {lost:?}").into());
        }
        println!(
            "killed after {lines} lines: {} answered, {} found, none lost, none by half",
            answered.len(),
            found.len()
        );
    }
    if answered.len() < ROUNDS.iter().sum() {
        return Err(format!("only {} were answered: the test has shown too little", answered.len()).into());
    }
    Ok(())
}

/// The numbers found, each with everything its Outcome had.
async fn look(folder: &Path) -> Checked<BTreeSet<usize>> {
    let store = open(folder)?;
    // The structure of the file, all references, sums and counters.
    store.verify().await?;
    let query = EvidenceQuery { limit: usize::MAX, ..EvidenceQuery::default() };
    let rows = store.evidence(query).await?;
    let found = rows.iter().map(|row| row.evidence.identifier.parse()).collect::<Result<BTreeSet<usize>, _>>()?;
    if found.len() != rows.len() {
        return Err("an outcome is there twice".into());
    }
    let entries = store.list(&holder()?, "INBOX", 0, usize::MAX).await?;
    let queue = store.queue(usize::MAX).await?;
    let figures = store.figures().await?;
    let counts = [entries.len(), queue.len(), usize::try_from(figures.messages)?, usize::try_from(figures.watches)?];
    if counts != [found.len(); 4] {
        return Err(format!("{} outcomes, but entries, queue, messages, watches are {counts:?}", found.len()).into());
    }
    for (entry, item) in entries.iter().zip(&queue) {
        let number: usize = item.identifier.parse()?;
        let expected = outcome(number)?;
        let done = store.done(&expected.once).await? == [true];
        let bytes = store.read(entry.message).await?.map(|pieces| pieces.to_bytes());
        let whole = done
            && entry.message == item.message
            && store.sent(&item.identifier).await? == expected.sent
            && store.watch(&item.identifier, &holder()?).await?.is_some()
            && bytes == expected.messages.first().map(|message| message.pieces.to_bytes());
        if !whole || !found.contains(&number) {
            return Err(format!("outcome {number} is there by half").into());
        }
    }
    store.close().await?;
    Ok(found)
}

async fn commit_until_killed(folder: &Path, first: usize) -> Checked<()> {
    let store = open(folder)?;
    store.create_mailbox(NewMailbox { address: holder()?, password: None, quota: 0, service: false }).await?;
    println!("open");
    let tasks = (0..SIDE_BY_SIDE).map(|task| {
        let store = store.clone();
        tokio::spawn(async move {
            for number in (first + task..).step_by(SIDE_BY_SIDE) {
                let committed = store.commit(outcome(number).map_err(|e| e.to_string())?).await;
                committed.map_err(|error| error.to_string())?;
                // One write per line: what stands in the pipe was answered.
                std::io::stdout().lock().write_all(format!("{number}\n").as_bytes()).map_err(|e| e.to_string())?;
            }
            Ok::<(), String>(())
        })
    });
    for task in join_all(tasks).await {
        task??;
    }
    Err("the child was not killed".into())
}

fn open(folder: &Path) -> Checked<Arc<Embedded>> {
    let options = EmbeddedOptions { password_cost: PasswordCost::CHEAPEST, ..EmbeddedOptions::default() };
    Ok(Embedded::open(folder, options)?)
}

fn holder() -> Checked<Address> {
    Ok(Address::parse("anna@pec.example")?)
}

/// One of everything, recognisable by its number. Ten neighbours share an original.
fn outcome(number: usize) -> Checked<Outcome> {
    let identifier = number.to_string();
    let at = Moment::from_unix(1_733_394_630);
    let mut pieces = Pieces::own(format!("head of {number}\r\n"));
    pieces.push_shared(Shared::new(format!("{:0>9000}", number / 10).into()));
    pieces.push(vec![b'x'; OCTETS]);
    pieces.push(format!("\r\ntail of {number}"));
    Ok(Outcome {
        once: vec![OnceKey {
            provider: "p".into(),
            identifier: identifier.clone(),
            kind: "k".into(),
            recipient: String::new(),
        }],
        sent: Some(Sent { identifier: identifier.clone(), mailbox: holder()?, at, data: identifier.clone().into() }),
        messages: vec![NewMessage { pieces, summary: Summary::default() }],
        deposits: vec![Deposit { message: 0, mailbox: holder()?, folder: "INBOX".into(), flags: vec![], at }],
        dispatches: vec![Dispatch {
            message: 0,
            path: ReversePath::Null,
            recipients: vec![holder()?],
            hop: Hop::Local,
            identifier: identifier.clone(),
            kind: None,
            at,
            expires: at.plus(60),
        }],
        queue: vec![],
        watches: vec![WatchChange::Open {
            identifier: identifier.clone(),
            recipient: holder()?,
            opened: at,
            due: at.plus(60),
        }],
        evidence: vec![Evidence {
            at,
            event: Event::Emitted,
            kind: None,
            identifier,
            message_id: String::new(),
            client_id: None,
            sender: String::new(),
            recipients: vec![],
            subject: String::new(),
            provider: String::new(),
            concerns: vec![],
            error: None,
        }],
        infected: vec![],
    })
}
