//! What a message to many recipients costs in evidence: octets of the store for each recipient and operation.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use conformance::client::{Client, Message, Security, Server, trust};
use rusqlite::{Connection, OpenFlags};

use crate::lab::{Provider, Two, pause};
use crate::metrics::Page;

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Recipients of the message.
    #[arg(long, default_value_t = 500)]
    recipients: usize,
    /// Seconds after which the measurement is given up.
    #[arg(long, default_value_t = 180)]
    limit: u64,
    /// The program; by default the one beside this one.
    #[arg(long)]
    sigillo: Option<PathBuf>,
}

/// What a store holds of evidence.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    rows: u64,
    octets: u64,
}

/// Makes a lab, sends one message to many of its holders, prints what each store grew by.
pub fn run(options: &Options) -> io::Result<()> {
    let limit = Instant::now() + Duration::from_secs(options.limit);
    let two = Two::make(options.sigillo.as_deref())?;
    let (alfa, beta, dir) = (&two.alfa, &two.beta, &two.lab.folder);
    let _running = two.start()?;
    let recipients: Vec<String> =
        (0..options.recipients).map(|number| format!("ufficio{number}@{}.example", beta.folder)).collect();
    for address in &recipients {
        beta.operate(&two.sigillo, dir, &["mailbox", "add", "--no-password", address])?;
    }
    let before = [held(dir, alfa)?, held(dir, beta)?];
    let receipts = |page: &Page| page.sum("sigillo_deposited_total", Some("kind=\"delivery\""));
    let wanted = receipts(&Page::read(&alfa.admin())?) + recipients.len() as f64;
    submit(dir, alfa, recipients, options.limit)?;
    while receipts(&Page::read(&alfa.admin())?) < wanted {
        if Instant::now() > limit {
            return Err(io::Error::other("time is over and delivery notifications are missing"));
        }
        pause();
    }
    let after = [held(dir, alfa)?, held(dir, beta)?];
    println!("one message to {} recipients", options.recipients);
    for ((provider, before), after) in [alfa, beta].into_iter().zip(before).zip(after) {
        let (rows, octets) = (after.rows - before.rows, after.octets.saturating_sub(before.octets));
        let folder = &provider.folder;
        println!(
            "{folder}: {rows} rows of evidence in {octets} octets, {} for each operation and recipient",
            octets / rows.max(1)
        );
    }
    Ok(())
}

fn submit(dir: &Path, alfa: &Provider, recipients: Vec<String>, limit: u64) -> io::Result<()> {
    let server = Server {
        address: alfa.submission(),
        name: alfa.hostname.clone(),
        security: Security::Tls,
        patience: Duration::from_secs(limit),
    };
    let sender = alfa.account.first().ok_or_else(|| io::Error::other("the lab's providers have no mailboxes"))?;
    let mut client = Client::connect(&server, &trust(&dir.join("tls-ca.pem"))?)?;
    client.login(&sender.address, &sender.password)?;
    let bytes = format!(
        "From: {}\r\nTo: {}\r\nSubject: Convocazione\r\nMessage-ID: <1@client.invalid>\r\n\
         Date: Mon, 5 Jan 2026 10:00:00 +0100\r\n\r\nTesto.\r\n",
        sender.address,
        recipients.join(",\r\n ")
    );
    let message = Message { sender: sender.address.clone(), recipients, bytes: bytes.into_bytes() };
    client.send(std::iter::once(message), || ())
}

/// Read beside the running provider, of the pages that tables and their indexes take.
fn held(dir: &Path, provider: &Provider) -> io::Result<Held> {
    let file = dir.join(&provider.folder).join("store").join("sigillo.db");
    let fault = |error: rusqlite::Error| io::Error::other(format!("{}: {error}", file.display()));
    let database = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(fault)?;
    let one = |sql: &str| database.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(fault);
    let octets = one("SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name IN
                        (SELECT name FROM sqlite_schema WHERE tbl_name IN ('evidence', 'subjects'))")?;
    let rows = one("SELECT count(*) FROM evidence")?;
    Ok(Held { rows: rows.unsigned_abs(), octets: octets.unsigned_abs() })
}
