//! Whose signature counts when certificates are revoked, renewed and issued again (RFC 6109 §2.2.2, §5.5).

use directory::{Index, Record};
use pec::{Kind, Moment, ReversePath};
use provider::points::finding::{Arrival, Finding};
use provider::points::incoming;
use seal::revocation::{Reason, Status};
use seal::{Certificate, FileSigner, Signer, Trust};

use crate::intruders::{bring, certified, envelope, knowledge, signed};
use crate::world::{ANNA, MARIO, START, World, address, authority, provider_name, record};

const SERVICE: &str = "posta-certificata@alfa.example";

fn revoked(since: i64) -> Status {
    Status::Revoked { since, reason: Reason::KeyCompromise }
}

#[tokio::test]
async fn a_revoked_signer_is_no_provider_from_the_moment_of_the_revocation() {
    let world = World::new().await;
    let (key, told) = (world.alfa.key.as_ref(), &world.beta.revocation);
    let message = signed(&envelope(&certified()), key);
    // [R-2.2.2-e] Revoked since now: the time of reception counts, whatever time the signature says.
    told.tell(key.certificate(), revoked(START));
    let answer = bring(&world, MARIO, &[ANNA], message.clone()).await;
    assert_eq!((answer.code, answer.enhanced), (550, "5.7.1"), "{answer:?}");
    let said = ["is revoked since", "key compromised", &key.certificate().subject()];
    assert!(said.iter().all(|part| answer.text.contains(part)), "{answer:?}");
    assert!(world.beta.entries(ANNA).await.is_empty() && world.beta.evidence().await.is_empty());
    // A second later would have been too late.
    told.tell(key.certificate(), revoked(START + 1));
    assert_eq!(bring(&world, MARIO, &[ANNA], message.clone()).await.code, 250);
    assert!(told.asked.lock().unwrap().is_empty(), "everything was known");
    // So is the signer whose authority is revoked: here the authority is the anchor, of which nobody asks.
    told.tell(&world.authority.certificate(), revoked(0));
    assert_eq!(bring(&world, MARIO, &[ANNA], message).await.code, 250);
}

#[tokio::test]
async fn what_nobody_can_say_is_asked_for_once_and_put_off_until_it_is_known() {
    let world = World::new().await;
    let (key, told) = (world.alfa.key.as_ref(), &world.beta.revocation);
    let message = signed(&envelope(&certified()), key);
    // [R-2.2.2-e] Q-23
    told.forget(key.certificate(), None);
    let answer = bring(&world, MARIO, &[ANNA], message.clone()).await;
    assert_eq!((answer.code, answer.enhanced), (450, "4.4.3"), "{answer:?}");
    assert!(world.beta.entries(ANNA).await.is_empty() && world.beta.evidence().await.is_empty());
    let path = vec![key.certificate().subject(), world.authority.certificate().subject()];
    assert_eq!(*told.asked.lock().unwrap(), std::slice::from_ref(&path));
    // The network knows again: the same message passes, without a further attempt of its sender.
    told.forget(key.certificate(), Some(Status::Good));
    assert_eq!(bring(&world, MARIO, &[ANNA], message.clone()).await.code, 250);
    assert_eq!(world.beta.kinds(ANNA).await, [Kind::TransportEnvelope]);
    assert_eq!(*told.asked.lock().unwrap(), [path.clone(), path]);
    // Or it knows of a revocation.
    told.forget(key.certificate(), Some(revoked(START - 1)));
    assert_eq!(bring(&world, MARIO, &[ANNA], message).await.code, 550);
}

#[tokio::test]
async fn nothing_is_asked_about_a_signer_who_is_no_provider_anyway() {
    let world = World::new().await;
    let told = &world.beta.revocation;
    let name = provider_name("alfa");
    // Not in the index; of an authority that nobody pinned; both. Their certificates may name any address.
    let unlisted = world.authority.signer(&name, SERVICE, 2090);
    let foreign = authority("Another CA").signer(&name, SERVICE, 2090);
    for signer in [&unlisted, &foreign] {
        told.forget(signer.certificate(), Some(Status::Good));
        assert_eq!(bring(&world, MARIO, &[ANNA], signed(&envelope(&certified()), signer)).await.code, 550);
    }
    let listed = Index::new(vec![record("alfa", foreign.certificate())], None).unwrap();
    let finding = find(&world, listed, None, &foreign);
    assert!(matches!(finding, Finding::Ordinary { .. }), "{finding:?}");
    assert!(told.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_message_that_was_put_off_is_delivered_once_when_the_list_is_back() {
    let world = World::new().await;
    let (alfa, told) = (world.alfa.key.certificate(), &world.beta.revocation);
    told.forget(alfa, None);
    let text = format!("From: {MARIO}\nTo: {ANNA}\nSubject: prova\nMessage-ID: <1@client>\n\nCiao\n");
    assert_eq!(world.submit(&[ANNA], &text).await.code, 250);
    world.settle().await;
    assert!(world.beta.entries(ANNA).await.is_empty());
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::Acceptance], "nothing has failed yet");
    told.forget(alfa, Some(Status::Good));
    world.time.pass(3600);
    world.settle().await;
    assert_eq!(world.beta.kinds(ANNA).await, [Kind::TransportEnvelope]);
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::Acceptance, Kind::Delivery]);
}

/// What beta finds of an envelope by `signer`, with this index and perhaps other authorities.
fn find(world: &World, index: Index, trust: Option<Trust>, signer: &dyn Signer) -> Finding {
    let mut known = knowledge(world, index);
    known.trust = trust.map_or(known.trust, Into::into);
    let arrival = Arrival {
        path: ReversePath::Address(address(MARIO)),
        recipients: vec![address(ANNA)],
        message: signed(&envelope(&certified()), signer),
        peer: None,
    };
    incoming::examine(&arrival, &known, Moment::from_unix(START), &mut Vec::new())
}

/// The index with these certificates of alfa.
fn index(certificates: &[&Certificate]) -> Index {
    let certificates = certificates.iter().map(|certificate| certificate.der().clone()).collect();
    let first = authority("Unused").signer("x", SERVICE, 2090);
    Index::new(vec![Record { certificates, ..record("alfa", first.certificate()) }], None).unwrap()
}

#[tokio::test]
async fn a_renewed_certificate_and_the_old_one_both_count_while_the_index_lists_both() {
    let world = World::new().await;
    let [old, new]: [FileSigner; 2] =
        [2027, 2090].map(|until| world.authority.signer(&provider_name("alfa"), SERVICE, until));
    let is_envelope =
        |index: Index, signer: &FileSigner| matches!(find(&world, index, None, signer), Finding::Envelope(_));
    // Before, during and after the renewal: what the old key signed may still be on its way.
    let during = || index(&[old.certificate(), new.certificate()]);
    assert!(is_envelope(index(&[old.certificate()]), &old) && is_envelope(during(), &old));
    assert!(is_envelope(during(), &new) && is_envelope(index(&[new.certificate()]), &new));
    assert!(!is_envelope(index(&[new.certificate()]), &old) && !is_envelope(index(&[old.certificate()]), &new));
}

/// [R-O-ca-1]
#[tokio::test]
async fn every_edition_of_an_authority_that_keeps_its_key_leads_to_the_pinned_one() {
    let world = World::new().await;
    let older = authority("Test Authority");
    let newer = older.reissued();
    assert_ne!(older.certificate(), newer.certificate());
    let impostor = authority("Test Authority");
    let [by_old, by_new, by_impostor] =
        [&older, &newer, &impostor].map(|by| by.signer(&provider_name("alfa"), SERVICE, 2090));
    for pinned in [&older, &newer] {
        let trust = || Some(Trust::new(vec![pinned.certificate()], vec![]).unwrap());
        for signer in [&by_old, &by_new] {
            let finding = find(&world, index(&[signer.certificate()]), trust(), signer);
            assert!(matches!(finding, Finding::Envelope(_)), "{finding:?}");
        }
        let finding = find(&world, index(&[by_impostor.certificate()]), trust(), &by_impostor);
        assert!(matches!(finding, Finding::Ordinary { .. }), "{finding:?}");
    }
}
