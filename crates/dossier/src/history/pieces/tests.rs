use std::sync::Arc;

use pec::compose::{self, Certified, Copy, Emitter};
use pec::{Address, Identifier, Moment, ReceiptType, Recipient, RecipientType};
use seal::testing::network;
use store::{
    About, Actor, Deposit, DepositIn, EmbeddedOptions, Evidence, Handle, Ledger as _, Named, NewMailbox, NewMessage,
    Outcome, Principals as _, SharedSubject, Subject, Summary,
};

use super::*;
use crate::History;

const ANNA: &str = "anna@alfa.example";
const ABOUT: &str = "1.20261127@alfa.example";
/// What a careless peer calls each of its receipts.
const SAME: &str = "always@beta.example";

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn now() -> Moment {
    Moment::from_unix(seal::testing::NOW)
}

/// A receipt for one recipient, signed.
fn receipt(recipient: &str) -> NewMessage {
    let certified = Certified {
        sender: address(ANNA),
        recipients: ["bob@beta.example", "carl@beta.example"]
            .map(|one| Recipient { address: address(one), kind: RecipientType::Certified })
            .into(),
        reply_to: ANNA.into(),
        subject: Some("x".into()),
        identifier: ABOUT.into(),
        message_id: None,
        receipt: ReceiptType::Concise,
    };
    let emitter = Emitter { name: "Beta".into(), address: address("posta-certificata@pec.example.it"), english: false };
    let draft = compose::delivery(&emitter, now(), &certified, &address(recipient), Copy::Concise, SAME);
    let pieces = seal::seal(&draft, &network().signer).unwrap();
    let summary = Summary::read(Some(Kind::Delivery), Some(ABOUT.into()), &pieces);
    NewMessage { pieces, summary }
}

fn row(recipient: &str, provider: &str) -> Evidence {
    let named = |address: &str| Named { address: address.into(), kind: Some(RecipientType::Certified) };
    Evidence {
        at: now(),
        event: Event::Received,
        kind: Some(Kind::Delivery),
        about: About::Subject(SharedSubject::new(Subject {
            identifier: ABOUT.into(),
            sender: ANNA.into(),
            recipients: vec![named("bob@beta.example"), named("carl@beta.example")],
            subject: "x".into(),
            client_id: None,
            original: None,
        })),
        message_id: SAME.into(),
        provider: provider.into(),
        concerns: vec![recipient.into()],
        error: None,
        actor: Actor::Peer,
    }
}

/// A store with Anna's mailbox, in which these receipts came; and these rows.
async fn store(folder: &std::path::Path, rows: Vec<Evidence>, receipts: &[&str]) -> Arc<Embedded> {
    let store = Embedded::create(folder, EmbeddedOptions::default()).unwrap();
    let mailbox = NewMailbox { address: address(ANNA), password: None, quota: 1 << 30, service: false };
    store.create_mailbox(mailbox).await.unwrap();
    let mut outcome = Outcome { evidence: rows, ..Outcome::default() };
    for (number, recipient) in receipts.iter().enumerate() {
        outcome.messages.push(receipt(recipient));
        let (mailbox, folder) = (address(ANNA), DepositIn::inbox());
        let message = Handle(number);
        outcome.deposits.push(Deposit { message, mailbox, folder, counts: false, within_quota: false, at: now() });
    }
    store.commit(outcome).await.unwrap();
    store
}

/// Whom each piece is about, and whether the message that is there says so too.
async fn told(store: &Embedded) -> Vec<(String, Option<bool>)> {
    let history = History::read(store, &Identifier::from(ABOUT.to_owned())).await.unwrap().unwrap();
    let mut told = Vec::new();
    for piece in history.receipts(None) {
        let [whom] = &piece.concerns[..] else { panic!("{piece:?}") };
        let right = match piece.stored.whole() {
            None => None,
            Some(message) => Some(said(store, message).await.unwrap().unwrap().1 == [whom.clone()]),
        };
        told.push((whom.clone(), right));
    }
    told
}

const BOB: &str = "bob@beta.example";
const CARL: &str = "carl@beta.example";

fn of(whom: &str, right: Option<bool>) -> (String, Option<bool>) {
    (whom.to_owned(), right)
}

#[tokio::test]
async fn two_receipts_of_one_message_id_are_two_whatever_order_they_came_in() {
    let place = tempfile::tempdir().unwrap();
    let rows = || vec![row(BOB, "Beta"), row(CARL, "Beta")];
    let both = [of(BOB, Some(true)), of(CARL, Some(true))];
    for (name, order) in [("a", [BOB, CARL]), ("b", [CARL, BOB])] {
        let store = store(&place.path().join(name), rows(), &order).await;
        assert_eq!(told(&store).await, both, "{order:?}");
    }
}

#[tokio::test]
async fn one_that_is_gone_is_not_shown_by_the_other() {
    let place = tempfile::tempdir().unwrap();
    let rows = vec![row(BOB, "Beta"), row(CARL, "Beta")];
    let store = store(&place.path().join("a"), rows, &[CARL]).await;
    assert_eq!(told(&store).await, [of(BOB, None), of(CARL, Some(true))]);
}

#[tokio::test]
async fn what_is_there_twice_is_one_and_what_no_row_names_is_told_by_itself() {
    let place = tempfile::tempdir().unwrap();
    let twice = store(&place.path().join("a"), vec![row(BOB, "Beta"), row(BOB, "Beta")], &[BOB, BOB]).await;
    assert_eq!(told(&twice).await, [of(BOB, Some(true))]);
    let unnamed = store(&place.path().join("b"), Vec::new(), &[CARL, BOB, CARL]).await;
    assert_eq!(told(&unnamed).await, [of(CARL, Some(true)), of(BOB, Some(true))]);
}

#[tokio::test]
async fn a_piece_whose_octets_went_meanwhile_says_so() {
    let place = tempfile::tempdir().unwrap();
    let store = store(&place.path().join("a"), vec![row(BOB, "Beta")], &[BOB]).await;
    let history = History::read(&store, &Identifier::from(ABOUT.to_owned())).await.unwrap().unwrap();
    let piece = history.receipts(None).next().unwrap();
    assert!(piece.stored.whole().is_some());
    assert_eq!(piece.without_octets().stored, Stored::Nowhere);
    let without = Piece { stored: Stored::WithoutOriginal(vec![[7; 32]]), ..piece.clone() };
    assert_eq!(without.without_octets().stored, without.stored, "why it is not whole stays");
}
