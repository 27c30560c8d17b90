//! `sigillo person export`: what is kept about a person, for that person.

use std::path::PathBuf;

use bytes::Bytes;
use clap::Args;
use control::command::{Ended, PersonOptions, each};
use control::{Item, LoginName, Person, PersonAct, Refused, Request};
use output::printable;

use super::{House, look};
use crate::contents::is_new;
use crate::person::{Archive, Holdings, Told, index, infected, rows};

/// `sigillo person export`
#[derive(Args, Clone, Debug)]
pub struct PersonExport {
    /// The provider's configuration
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Who, and why.
    #[command(flatten)]
    person: PersonOptions,
    /// The ZIP file to write, which does not exist yet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Leave out the messages of the person's mailboxes; they are listed all the same
    #[arg(long)]
    without_messages: bool,
}

impl PersonExport {
    /// Writes the archive; says on standard output what is in it.
    ///
    /// # Errors
    ///
    /// Who is no officer; a user who is not; an access that cannot be recorded; the store's; a file that is there already or cannot
    /// be written.
    pub async fn run(self, house: House) -> Result<Ended, Refused> {
        is_new(&self.out)?;
        let House { place, emitter, .. } = house;
        let (store, now) = (look(place.folder.clone()).await?, place.clock.now());
        let names: Result<Vec<LoginName>, String> =
            self.person.names().iter().map(|name| name.trim().parse()).collect();
        let person = Person::find(&names.map_err(Refused::request)?, store.as_ref(), store.as_ref()).await?;
        let mut archive = Archive::begin(&self.out, now).await?;
        archive.open("account.jsonl").await?;
        let mut told = Told { without_messages: self.without_messages, ..Told::default() };
        let request = Request::Person(self.person.request(PersonAct::Export));
        let (mut account, mut accesses) = (0_u64, 0_u64);
        each(request, place, async |item| {
            match &item {
                Item::Access(_) if accesses == 0 => {
                    archive.open("accesses.jsonl").await?;
                    accesses = 1;
                }
                Item::Access(_) => accesses += 1,
                _ => account += 1,
            }
            archive.json(&item).await
        })
        .await?;
        if accesses == 0 {
            archive.open("accesses.jsonl").await?;
        }
        (told.account, told.accesses) = (account, accesses);
        told.rows = rows(&mut archive, &store, &person, &emitter.name).await?;
        told.infected = infected(&mut archive, &store, &person).await?;
        let mut holdings = Holdings::default();
        for mailbox in &person.mailboxes {
            holdings.write(&mut archive, &store, mailbox, !self.without_messages).await?;
        }
        told.holdings = holdings;
        let report = index(&person, &told, &emitter.name, now);
        archive.file("LEGGIMI.txt".into(), vec![Bytes::from(report.text())]).await?;
        archive.file("index.html".into(), vec![Bytes::from(report.html(&linked))]).await?;
        let files = archive.finish().await?;
        let Told { rows, holdings, .. } = &told;
        let path = printable(&self.out.to_string_lossy());
        output::say!("{path}: {} messages, {} operations of the trace, {files} files", holdings.messages, rows.found);
        let missing = holdings.missing + rows.unreadable;
        if missing == 0 {
            return Ok(Ended::Well);
        }
        output::say!("{missing} messages or operations cannot be read; index.html says so");
        Ok(Ended::Faults)
    }
}

/// Files at the root are linked by their names.
fn linked(name: &str) -> Option<String> {
    (name.ends_with(".jsonl") || name.ends_with(".txt")).then(|| name.to_owned())
}
