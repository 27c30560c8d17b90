use std::sync::Arc;

use proof::Subject;

use super::*;
use crate::owner::Owner;
use crate::proved::About;
use crate::stamps::HeadStamp;

/// When the certificate ends.
const END: i64 = 1_800_000_000;

/// An authentic receipt.
fn receipt() -> Examination {
    Examination {
        verdict: Authenticity::Authentic,
        it: "Autentico.".into(),
        en: "Authentic.".into(),
        kind: Some("delivery"),
        identifier: Some("1@pec.example.it".into()),
        sender: Some("anna@pec.example.it".into()),
        subject: Some("prova".into()),
        own_id: Some("2@pec.example.it".into()),
        signer: Some(Owner {
            name: "Gestore".into(),
            subject: "CN=Gestore".into(),
            record: None,
            expires: Moment::from_unix(END).to_string(),
            not_after: END,
        }),
        ..Examination::new()
    }
}

/// The message that it is about.
fn about(sender: &str, subject: &str) -> About {
    About(Some(Arc::new(Subject {
        identifier: "1@pec.example.it".into(),
        sender: sender.into(),
        recipients: Vec::new(),
        subject: subject.into(),
        client_id: None,
        original: None,
    })))
}

/// A proof of the row that made it; stamped when.
fn proof(stamped: Option<i64>) -> ProofExamination {
    let shown = stamped.map(|at| Moment::from_unix(at).to_string());
    let operation = Operation {
        place: "1/7".into(),
        at: "then".into(),
        sealed: "soon".into(),
        stamped: shown.clone(),
        event: "emitted",
        kind: Some("delivery"),
        about: about("anna@pec.example.it", "prova"),
        message_id: "2@pec.example.it".into(),
        concerns: Vec::new(),
        error: None,
    };
    let standing = if stamped.is_some() { StampStanding::Believed } else { StampStanding::Missing };
    let stamp =
        HeadStamp { head: "1/1".into(), standing, at: shown, by: None, serial: None, policy: None, time: stamped };
    ProofExamination {
        verdict: Authenticity::Authentic,
        it: String::new(),
        en: String::new(),
        signer: None,
        operations: vec![operation],
        stamps: vec![stamp],
        checks: Vec::new(),
    }
}

fn held(mut found: Examination, now: i64, proof: Option<&ProofExamination>) -> Examination {
    found.hold_against(Moment::from_unix(now), proof);
    found
}

fn check(found: &Examination) -> Option<CheckResult> {
    found.checks.iter().find(|check| check.name == CheckName::Proof).map(|check| check.result)
}

#[test]
fn while_the_certificate_lasts_nothing_is_added() {
    let found = held(receipt(), END, None);
    assert_eq!((found.it.as_str(), found.en.as_str()), ("Autentico.", "Authentic."));
}

#[test]
fn what_was_valid_when_it_was_signed_stays_valid_and_the_end_of_the_certificate_is_told() {
    let found = held(receipt(), END + 1, None);
    assert_eq!(found.verdict, Authenticity::Authentic);
    assert!(
        found.it.starts_with("Autentico. Il certificato è scaduto il 15/01/2027, dopo la firma, se la sua data è vera")
    );
    assert!(found.en.contains("The certificate ended on 15/01/2027, after this was signed, if its date is true"));
    assert!(found.en.contains("--proof"), "what to do: {}", found.en);
    // Of what proves nothing it is no matter.
    let nothing = Examination { verdict: Authenticity::NotAuthentic, ..receipt() };
    assert_eq!(held(nothing, END + 1, None).it, "Autentico.");
}

#[test]
fn a_time_stamp_on_the_trace_outlives_the_certificate() {
    let found = held(receipt(), END + 1, Some(&proof(Some(END - 5))));
    assert_eq!((found.verdict, check(&found)), (Authenticity::Authentic, Some(CheckResult::Ok)));
    assert!(found.it.contains("Il registro del gestore dice lo stesso (operazione 1/7"), "{}", found.it);
    assert!(found.it.contains("prova che esisteva già quando valeva"), "{}", found.it);
    assert!(found.en.contains("proves that this was there while it was valid"), "{}", found.en);
    // One that came later says nothing of then, and no stamp at all neither.
    for late in [Some(END + 1), None] {
        let found = held(receipt(), END + 2, Some(&proof(late)));
        assert_eq!(check(&found), Some(CheckResult::Ok));
        assert!(found.en.contains("if its date is true"), "{late:?}: {}", found.en);
    }
}

#[test]
fn a_trace_that_says_otherwise_is_believed_before_the_message() {
    let other = |edit: fn(&mut Operation)| {
        let mut proof = proof(None);
        edit(&mut proof.operations[0]);
        held(receipt(), END - 1, Some(&proof))
    };
    for (what, edit) in [
        ("sender", (|one| one.about = about("zoe@pec.example.it", "prova")) as fn(&mut Operation)),
        ("subject", |one| one.about = about("anna@pec.example.it", "altro")),
    ] {
        let found = other(edit);
        assert_eq!((found.verdict, check(&found)), (Authenticity::NotAuthentic, Some(CheckResult::Failed)), "{what}");
        assert!(found.en.contains(what) && found.it.contains("Chiedere al gestore"), "{}", found.en);
    }
}

#[test]
fn a_proof_of_something_else_or_one_that_does_not_hold_changes_nothing() {
    let mut about_another = proof(Some(END - 5));
    about_another.operations[0].message_id = "9@pec.example.it".into();
    let mut broken = proof(Some(END - 5));
    broken.verdict = Authenticity::UnknownAuthority;
    for proof in [about_another, broken] {
        let found = held(receipt(), END - 1, Some(&proof));
        assert_eq!((found.verdict, check(&found)), (Authenticity::Authentic, Some(CheckResult::NotChecked)));
        assert_eq!(found.it, "Autentico.");
    }
}
