//! What was answered is there after the process was killed, and nothing is there by half.
//!
//! This program starts itself again as a child that commits numbered Outcomes and prints each number once its
//! commit has returned. The parent kills the child in the middle of that (SIGKILL), opens the store and looks.
//! The store is the same in every round, so each child also starts from what a killed one left.
//!
//! Each Outcome has an original that is a file, shared with its neighbours, and beside them the child puts messages with
//! files of their own into a mailbox and takes them out again: so kills fall between file, row and removal too. A file
//! that nothing refers to may be left by a kill; it must not stay.
#![allow(clippy::disallowed_macros, reason = "the child tells its parent; the parent tells who reads the test")]

use std::collections::BTreeSet;
use std::error::Error;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use harness::Running;
use pec::{Address, Identifier, Moment, Pieces, ProviderKey, ReversePath, Shared};
use store::{
    About, Actor, Content as _, Deposit, DepositIn, Dispatch, Embedded, EmbeddedOptions, Entry, Event, Evidence,
    EvidenceLog as _, EvidenceQuery, FolderId, Handle, Hop, Ledger as _, Mailboxes as _, NewAddressee, NewMailbox,
    NewMessage, OnceKey, OnceKind, Outcome, PasswordCost, Principals as _, Question, Queue as _, QueueQuery, Reader,
    Sent, SharedSubject, State, Subject, Summary, UidSet, Upkeep as _, Want,
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
const OCTETS: usize = 200 * 1024;
/// Octets of an original that is a file.
const LARGE: usize = 400_000;

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
    let folder = place.path().join("store");
    Embedded::create(&folder, options())?.close().await?;
    let (mut answered, mut orphans) = (BTreeSet::new(), 0);
    for (round, lines) in ROUNDS.into_iter().enumerate() {
        let first = round * 1_000_000;
        let program = std::env::current_exe()?;
        let mut again = Command::new(program);
        again.arg(CHILD).arg(&folder).arg(first.to_string()).stdout(Stdio::piped());
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
        let found = look(&folder).await?;
        let lost: Vec<_> = answered.difference(&found.numbers).collect();
        if !lost.is_empty() {
            return Err(format!("round {round}: answered and lost: {lost:?}").into());
        }
        orphans += found.orphans;
        println!(
            "killed after {lines} lines: {} answered, {} found, none lost, none by half, {} files swept",
            answered.len(),
            found.numbers.len(),
            found.orphans
        );
    }
    if answered.len() < ROUNDS.iter().sum() {
        return Err(format!("only {} were answered: the test has shown too little", answered.len()).into());
    }
    if orphans == 0 {
        return Err("no kill fell between a file and its row: the test has shown too little".into());
    }
    Ok(())
}

/// What stands in the store after a kill.
struct Found {
    /// The numbers found, each with everything its Outcome had.
    numbers: BTreeSet<usize>,
    /// Files that the kill left and that are gone now.
    orphans: usize,
}

/// Looks at everything.
async fn look(folder: &Path) -> Checked<Found> {
    let left = files(folder)?;
    let store = open(folder)?;
    // The structure of the file, all references, all bytes, sums and counters; then without what the kill left over.
    let checked = store.check(&|_| ()).await?;
    store.sweep().await?;
    let swept = store.check(&|_| ()).await?;
    if !checked.is_whole() || !swept.is_whole() || swept.orphans != 0 {
        return Err(format!("after the kill {checked:?}, after sweeping {swept:?}").into());
    }
    if files(folder)? != usize::try_from(swept.originals)? {
        return Err(format!("{} originals in {} files", swept.originals, files(folder)?).into());
    }
    let rows = store.rows(EvidenceQuery { limit: usize::MAX, ..EvidenceQuery::default() }).await?;
    let rows = rows.into_iter().collect::<Result<Vec<_>, _>>().map_err(|bad| bad.what)?;
    let about = |row: &store::EvidenceRow| match &row.evidence.about {
        About::Subject(subject) => subject.subject().identifier.parse::<usize>().map_err(Into::into),
        other => Err(format!("evidence about {other:?}").into()),
    };
    let found = rows.iter().map(about).collect::<Checked<BTreeSet<usize>>>()?;
    if found.len() != rows.len() {
        return Err("an outcome is there twice".into());
    }
    let entries = inbox(&store, "anna@pec.example").await?;
    let queue = store.list(QueueQuery { limit: usize::MAX, ..QueueQuery::default() }).await?;
    let figures = store.figures().await?;
    let passing = inbox(&store, "passing@pec.example").await?.len();
    let messages = usize::try_from(figures.messages)? - passing;
    let counts = [entries.len(), queue.len(), messages, usize::try_from(figures.awaited)?];
    if counts != [found.len(); 4] {
        return Err(format!("{} outcomes, but entries, queue, messages, awaited are {counts:?}", found.len()).into());
    }
    for (entry, item) in entries.iter().zip(&queue) {
        let number: usize = item.identifier.parse()?;
        let expected = outcome(number)?;
        let question = Question {
            once: expected.once.clone(),
            sent: Some(item.identifier.clone()),
            addressees: vec![(item.identifier.clone(), holder("anna")?)],
            ..Question::default()
        };
        let known = store.ask(question).await?;
        let bytes = store.read(entry.message).await?.map(|pieces| pieces.to_bytes());
        let sent = expected.sent.map(|sent| Sent { addressees: vec![], ..sent });
        let whole = known.done == [store::Done::So]
            && entry.message == item.message
            && known.sent == sent
            && known.addressees.iter().flatten().count() == 1
            && bytes == expected.messages.first().map(|message| message.pieces.to_bytes());
        if !whole || !found.contains(&number) {
            return Err(format!("outcome {number} is there by half").into());
        }
    }
    store.close().await?;
    Ok(Found { numbers: found, orphans: left - files(folder)? })
}

/// How many files of originals there are.
fn files(folder: &Path) -> Checked<usize> {
    let mut files = 0;
    for folder in std::fs::read_dir(folder.join("originals"))? {
        files += std::fs::read_dir(folder?.path())?.count();
    }
    Ok(files)
}

async fn inbox(store: &Embedded, address: &str) -> Checked<Vec<Entry>> {
    let Some(mailbox) = store.mailbox(&Address::parse(address)?).await? else { return Ok(Vec::new()) };
    let folders = store.folders(mailbox.id, Reader::Owner).await?;
    let folder = folders.first().ok_or("a mailbox has no INBOX")?.id;
    Ok(store.entries(folder, &UidSet::all(), Want::default(), Reader::Owner, usize::MAX).await?)
}

async fn commit_until_killed(folder: &Path, first: usize) -> Checked<()> {
    let store = open(folder)?;
    for name in ["anna", "passing"] {
        let mailbox = NewMailbox { address: holder(name)?, password: None, quota: 0, service: false };
        store.create_mailbox(mailbox).await?;
    }
    println!("open");
    let mailbox = store.mailbox(&holder("passing")?).await?.ok_or("no mailbox")?;
    let folder = store.folders(mailbox.id, Reader::Owner).await?.first().ok_or("no INBOX")?.id;
    let passing = {
        let store = store.clone();
        tokio::spawn(async move { come_and_go(&store, folder, first).await })
    };
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
    for task in join_all(tasks.chain([passing])).await {
        task??;
    }
    Err("the child was not killed".into())
}

/// Messages with files of their own that are put into a mailbox and taken out again.
async fn come_and_go(store: &Embedded, folder: FolderId, first: usize) -> Result<(), String> {
    for number in first.. {
        let mut pieces = Pieces::own("passing\r\n\r\n");
        pieces.push_shared(large(number % 5));
        let outcome = Outcome {
            messages: vec![NewMessage { pieces, summary: Summary::default() }],
            deposits: vec![deposit("passing").map_err(|error| error.to_string())?],
            ..Outcome::default()
        };
        store.commit(outcome).await.map_err(|error| error.to_string())?;
        store.expunge(folder, &UidSet::all(), &removal()).await.map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn open(folder: &Path) -> Checked<Arc<Embedded>> {
    Ok(Embedded::open(folder, options())?)
}

fn options() -> EmbeddedOptions {
    EmbeddedOptions { password_cost: PasswordCost::CHEAPEST, ..EmbeddedOptions::default() }
}

fn holder(name: &str) -> Checked<Address> {
    Ok(Address::parse(&format!("{name}@pec.example"))?)
}

/// By the holder, through IMAP.
fn removal() -> store::Removal {
    store::Removal { by: Actor::Holder, door: "imap", at: at() }
}

fn at() -> Moment {
    Moment::from_unix(1_733_394_630)
}

fn deposit(name: &str) -> Checked<Deposit> {
    let (message, folder, mailbox) = (Handle(0), DepositIn::inbox(), holder(name)?);
    Ok(Deposit { message, mailbox, folder, counts: true, within_quota: false, at: at() })
}

/// An original that is a file.
fn large(number: usize) -> Shared {
    Shared::new(format!("{}{number}", "0".repeat(LARGE)).into())
}

/// One of everything, recognisable by its number. Ten neighbours share an original.
fn outcome(number: usize) -> Checked<Outcome> {
    let identifier = Identifier::from(number.to_string());
    let mut pieces = Pieces::own(format!("head of {number}\r\n\r\n"));
    pieces.push_shared(large(number / 10 + 10));
    pieces.push(vec![b'x'; OCTETS]);
    pieces.push(format!("\r\ntail of {number}"));
    let about = About::Subject(SharedSubject::new(Subject {
        identifier: identifier.clone(),
        sender: String::new(),
        recipients: vec![],
        subject: String::new(),
        client_id: None,
        original: None,
    }));
    Ok(Outcome {
        once: vec![
            OnceKey {
                provider: Some(ProviderKey::primary("p")),
                identifier: identifier.clone(),
                kind: OnceKind::Ordinary,
                recipient: String::new(),
            }
            .into(),
        ],
        sent: Some(Sent {
            identifier: identifier.clone(),
            mailbox: holder("anna")?,
            at: at(),
            data: number.to_string().into(),
            about: about.clone(),
            by: Actor::Holder,
            addressees: vec![NewAddressee {
                recipient: holder("anna")?,
                state: State::Accepted,
                due: Some(at().plus(60)),
            }],
        }),
        messages: vec![NewMessage { pieces, summary: Summary::default() }],
        deposits: vec![deposit("anna")?],
        dispatches: vec![Dispatch {
            message: Handle(0),
            path: ReversePath::Null,
            recipients: vec![holder("anna")?],
            hop: Hop::Local,
            identifier,
            about: about.clone(),
            kind: None,
            at: at(),
            expires: at().plus(60),
        }],
        evidence: vec![Evidence {
            at: at(),
            event: Event::Emitted,
            kind: None,
            about,
            message_id: String::new(),
            provider: String::new(),
            concerns: vec![],
            error: None,
            actor: Actor::System,
        }],
        ..Outcome::default()
    })
}
