//! A store that no provider has open, and what tests ask of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use bulk::export::{ExportOptions, Form, export};
use bulk::import::{ImportOptions, import};
use bulk::source::{Source, Wanted};
use control::command::{Ended, Place};
use control::transfer::form::{Purpose, TransferRequest};
use control::{AddressRules, Carrier, Refused, Reserved};
use pec::{Address, Clock, Moment};
use store::{
    Content, Domain, Embedded, EmbeddedOptions, Entry, Event, EvidenceLog, EvidenceQuery, Mailboxes, NewMailbox,
    PasswordCost, Principals, Reader, UidSet, Upkeep, Want,
};
use tempfile::TempDir;

/// Whose mailbox it is.
pub const ANNA: &str = "anna@alfa.example";
/// The instant at which everything is imported.
pub const NOW: i64 = 1_795_770_000;

struct Still;

impl Clock for Still {
    fn now(&self) -> Moment {
        Moment::from_unix(NOW)
    }
}

pub struct Bench {
    folder: TempDir,
}

/// A message in a folder, as it lies in the store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    pub octets: Vec<u8>,
    pub flags: Vec<String>,
    pub at: i64,
}

impl Bench {
    /// A store with one mailbox of this quota.
    pub async fn with_quota(quota: u64) -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        let options = EmbeddedOptions { password_cost: PasswordCost::CHEAPEST, ..EmbeddedOptions::default() };
        let store = Embedded::create(&bench.store(), options).unwrap();
        store.put_domain(Domain::new("alfa.example")).await.unwrap();
        let address = Address::parse(ANNA).unwrap();
        store.create_mailbox(NewMailbox { address, password: None, quota, service: false }).await.unwrap();
        store.close().await.unwrap();
        bench
    }

    pub async fn new() -> Self {
        Self::with_quota(1 << 30).await
    }

    /// The folder of the store.
    pub fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    /// A place for files.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file and the folders above it.
    pub fn file(&self, name: &str, octets: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, octets).unwrap();
        path
    }

    fn place(&self) -> Place {
        Place {
            folder: self.store(),
            options: EmbeddedOptions::default(),
            socket: self.path("control.sock"),
            addresses: Box::new(|| Ok(AddressRules::new(Vec::<(Address, Reserved)>::new()))),
            persons: control::PersonRules::default(),
            clock: Arc::new(Still),
        }
    }

    pub fn options(&self) -> ImportOptions {
        let address = Address::parse(ANNA).unwrap();
        ImportOptions { address, wanted: Wanted::default(), into: None, dry_run: false, json: true }
    }

    pub async fn import_as(&self, source: &dyn Source, options: &ImportOptions) -> Result<Ended, Refused> {
        let request =
            TransferRequest { address: options.address.clone(), purpose: Purpose::Import, other_end: source.name() };
        let mut carrier = Carrier::open(self.place(), request).await?;
        let ended = import(source, &mut carrier, options).await;
        let closed = carrier.close().await;
        ended.and_then(|ended| closed.map(|()| ended))
    }

    pub async fn import(&self, source: &dyn Source) -> Result<Ended, Refused> {
        self.import_as(source, &self.options()).await
    }

    pub async fn export(&self, form: Form, to: &Path) -> Result<Ended, Refused> {
        let address = Address::parse(ANNA).unwrap();
        let request = TransferRequest { address, purpose: Purpose::Export, other_end: "a test".into() };
        let mut carrier = Carrier::open(self.place(), request).await?;
        let options = ExportOptions { form, to: to.to_owned(), wanted: Wanted::default(), json: true };
        let ended = export(&mut carrier, &options).await;
        let closed = carrier.close().await;
        ended.and_then(|ended| closed.map(|()| ended))
    }

    /// The names of the folders, with what each is for.
    pub async fn folders(&self) -> Vec<String> {
        let store = Embedded::look(&self.store()).unwrap();
        let mailbox = store.mailbox(&Address::parse(ANNA).unwrap()).await.unwrap().unwrap();
        let folders = store.folders(mailbox.id, Reader::Owner).await.unwrap();
        let name = |folder: store::Folder| match folder.special {
            Some(special) => format!("{} {}", folder.name, special.name()),
            None => folder.name,
        };
        folders.into_iter().map(name).collect()
    }

    /// What a folder holds, by UID.
    pub async fn held(&self, folder: &str) -> Vec<Held> {
        let store = Embedded::look(&self.store()).unwrap();
        let mailbox = store.mailbox(&Address::parse(ANNA).unwrap()).await.unwrap().unwrap();
        let folders = store.folders(mailbox.id, Reader::Owner).await.unwrap();
        let folder = folders.into_iter().find(|one| one.name == folder).unwrap_or_else(|| panic!("no {folder}"));
        let all = store.entries(folder.id, &UidSet::all(), Want::default(), Reader::Owner, 100_000).await;
        let mut held = Vec::new();
        for Entry { message, flags, internal_date, .. } in all.unwrap() {
            let octets = store.read(message).await.unwrap().unwrap().to_bytes().to_vec();
            let control::transfer::form::Marks(flags) = (&flags).into();
            held.push(Held { octets, flags, at: internal_date.unix() });
        }
        held
    }

    /// What evidence says, each row its event and its words.
    pub async fn evidence(&self) -> Vec<(Event, String)> {
        let store = Embedded::look(&self.store()).unwrap();
        let rows = store.rows(EvidenceQuery { limit: 1000, ..EvidenceQuery::default() }).await.unwrap();
        rows.into_iter()
            .map(|row| row.unwrap().evidence)
            .map(|evidence| (evidence.event, evidence.error.unwrap_or_default()))
            .collect()
    }

    /// Everything in the store is whole.
    pub async fn check(&self) {
        let store = Embedded::open(&self.store(), EmbeddedOptions::default()).unwrap();
        let report = store.check(&|_| ()).await.unwrap();
        assert!(report.is_whole(), "{report:#?}");
        store.close().await.unwrap();
    }
}

/// A message with this subject and a body of so many lines.
pub fn letter(subject: &str, lines: usize) -> String {
    let head = format!(
        "Received: from a by b; Wed, 14 Oct 2026 10:00:07 +0200\r\nFrom: mario@beta.example\r\nTo: {ANNA}\r\n\
         Subject: {subject}\r\nDate: Wed, 14 Oct 2026 10:00:00 +0200\r\nMessage-ID: <{subject}@client.example>\r\n\r\n"
    );
    head + &"Buongiorno.\r\n".repeat(lines)
}

/// Runs a Python program with these arguments; what it prints.
pub fn python(program: &str, arguments: &[&Path]) -> String {
    let mut command = Command::new("python3");
    command.arg("-c").arg(program).args(arguments);
    let output = harness::output(&mut command).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}\n{said}");
    String::from_utf8(output.stdout).unwrap()
}
