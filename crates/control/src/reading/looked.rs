//! A folder of a mailbox, as people name it.

use std::sync::Arc;

use output::printable;
use pec::{Address, Pieces};
use store::{Mailbox, Store};

use crate::reading::shelf::{self, Shelf, Shown};
use crate::refused::Refused;

/// Messages read at once.
const PAGE: usize = 1000;

/// A folder of a mailbox, looked into: nothing is marked as read by it.
pub struct Looked {
    store: Arc<dyn Store>,
    mailbox: Mailbox,
    folder: String,
    shelf: Shelf,
    others: Vec<String>,
}

impl Looked {
    /// The folder of this name, `INBOX` in any case, of the mailbox with this address.
    ///
    /// # Errors
    ///
    /// What is no address; a mailbox or folder that is not there, with the folders that are; the store's.
    pub async fn into(store: Arc<dyn Store>, address: &str, folder: &str) -> Result<Self, Refused> {
        let address = Address::parse(address).map_err(|error| Refused::request(error.to_string()))?;
        let found = store.mailbox(&address).await?;
        let mailbox = found.ok_or_else(|| Refused::missing(format!("no mailbox {address}")))?;
        let mut others = shelf::folders(store.as_ref(), &mailbox).await?;
        let Some(shelf) = shelf::shelf(store.as_ref(), &mailbox, folder).await? else {
            let there: Vec<_> = others.iter().map(|name| printable(name)).collect();
            let what = format!("{address} has no folder {folder}; it has {}", there.join(", "));
            return Err(Refused::missing(what));
        };
        others.retain(|name| name != folder && !(name == "INBOX" && folder.eq_ignore_ascii_case("INBOX")));
        Ok(Self { store, mailbox, folder: folder.to_owned(), shelf, others })
    }

    /// The mailbox's other folders.
    pub fn others(&self) -> &[String] {
        &self.others
    }

    /// Messages after this UID, ascending; none when there are no more.
    pub async fn page(&self, after: u64) -> Result<Vec<Shown>, Refused> {
        Ok(shelf::page(self.store.as_ref(), self.shelf, after, PAGE).await?)
    }

    /// The message with this UID.
    ///
    /// # Errors
    ///
    /// When there is none; the store's.
    pub async fn message(&self, uid: u64) -> Result<Shown, Refused> {
        let found = shelf::page(self.store.as_ref(), self.shelf, uid.saturating_sub(1), 1).await?;
        let missing = || Refused::missing(format!("no message {uid} in {} of {}", self.folder, self.mailbox.address));
        found.into_iter().find(|shown| shown.number == uid).ok_or_else(missing)
    }

    /// The exact bytes of a message; `None`: it went meanwhile.
    pub async fn bytes(&self, shown: &Shown) -> Result<Option<Pieces>, Refused> {
        Ok(self.store.read(shown.message).await?)
    }
}

#[cfg(test)]
mod tests {
    use pec::{Kind, Moment};
    use store::{
        Deposit, Domain, Embedded, EmbeddedOptions, Handle, Ledger, NewMailbox, NewMessage, Outcome, PasswordCost,
        Principals, Summary,
    };

    use super::*;
    use crate::refused::Fault;

    const ANNA: &str = "anna@alfa.example";
    const RECEIPTS: &str = "ricevute@alfa.example";

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    /// Anna's mailbox with `first` and `second` in her INBOX and `third` in another folder, and the service mailbox with
    /// `third`.
    async fn store(folder: &std::path::Path) -> Arc<Embedded> {
        let options = EmbeddedOptions { password_cost: PasswordCost::CHEAPEST, ..EmbeddedOptions::default() };
        let store = Embedded::create(folder, options).unwrap();
        store.put_domain(Domain::new("alfa.example")).await.unwrap();
        for (text, service) in [(ANNA, false), (RECEIPTS, true)] {
            let mailbox = NewMailbox { address: address(text), password: None, quota: 1 << 30, service };
            store.create_mailbox(mailbox).await.unwrap();
        }
        let message = |subject: &str| NewMessage {
            pieces: Pieces::own(format!("Subject: {subject}\r\n\r\n").into_bytes()),
            summary: Summary { subject: subject.into(), kind: Some(Kind::Delivery), ..Summary::default() },
        };
        let deposit = |message: usize, mailbox: &str, folder: &str| Deposit {
            message: Handle(message),
            mailbox: address(mailbox),
            folder: store::DepositIn::Folder(folder.into()),
            counts: true,
            within_quota: false,
            at: Moment::from_unix(1_790_000_000),
        };
        let messages = ["first", "second\u{1b}[2J", "third"].map(message).into();
        let deposits = vec![
            deposit(0, ANNA, "INBOX"),
            deposit(1, ANNA, "INBOX"),
            deposit(2, ANNA, "Altro"),
            deposit(2, RECEIPTS, "INBOX"),
        ];
        store.commit(Outcome { messages, deposits, ..Outcome::default() }).await.unwrap();
        store
    }

    #[tokio::test]
    async fn a_folder_shows_its_messages_and_names_the_others() {
        let place = tempfile::tempdir().unwrap();
        let store = store(place.path()).await;
        let looked = Looked::into(store.clone(), ANNA, "inbox").await.unwrap();
        assert!(looked.others().contains(&"Altro".to_owned()) && !looked.others().contains(&"INBOX".to_owned()));
        let page = looked.page(0).await.unwrap();
        let rows: Vec<_> = page.iter().map(Shown::row).collect();
        assert_eq!(rows.len(), 2);
        assert!(rows[0].starts_with("     1  ") && rows[0].ends_with("  first"), "{rows:?}");
        assert!(!rows[1].contains('\u{1b}'), "{rows:?}");
        let json = page[1].json();
        assert_eq!((&json["type"], &json["uid"], &json["kind"]), (&"entry".into(), &2.into(), &"delivery".into()));
        assert_eq!(json["subject"], "second\u{1b}[2J");
        assert!(looked.page(2).await.unwrap().is_empty());

        let second = looked.message(2).await.unwrap();
        assert_eq!(second.file_name(), "2-delivery.eml");
        let bytes = looked.bytes(&second).await.unwrap().unwrap().to_bytes();
        assert_eq!(bytes, "Subject: second\u{1b}[2J\r\n\r\n");
    }

    #[tokio::test]
    async fn the_service_mailbox_reads_like_one_folder() {
        let place = tempfile::tempdir().unwrap();
        let looked = Looked::into(store(place.path()).await, RECEIPTS, "INBOX").await.unwrap();
        assert_eq!(looked.others(), Vec::<String>::new());
        let page = looked.page(0).await.unwrap();
        assert_eq!(page.iter().map(|shown| shown.summary.subject.as_str()).collect::<Vec<_>>(), ["third"]);
    }

    #[tokio::test]
    async fn what_is_not_there_is_said_with_what_is() {
        let place = tempfile::tempdir().unwrap();
        let store = store(place.path()).await;
        let refused = async |address: &str, folder: &str| Looked::into(store.clone(), address, folder).await.err();
        assert_eq!(refused("anna", "INBOX").await.unwrap().fault, Fault::Request);
        let nobody = refused("bob@alfa.example", "INBOX").await.unwrap();
        assert_eq!(nobody, Refused::missing("no mailbox bob@alfa.example"));
        let elsewhere = refused(ANNA, "Gare").await.unwrap();
        assert!(elsewhere.what.starts_with("anna@alfa.example has no folder Gare; it has INBOX"), "{elsewhere}");
        assert!(elsewhere.what.contains("Altro"), "{elsewhere}");
        let looked = Looked::into(store.clone(), ANNA, "INBOX").await.unwrap();
        let gone = looked.message(3).await.unwrap_err();
        assert_eq!(gone, Refused::missing("no message 3 in INBOX of anna@alfa.example"));
        assert_eq!(looked.message(0).await.unwrap_err().fault, Fault::Missing);
    }
}
