//! The report of a verification: what was found out about each piece of a message, and about the proof.

use pec::{Moment, Words};
use verify::{CheckName, CheckResult, Examination, ProofExamination};

use crate::attestation;
use crate::history::History;
use crate::report::{Report, Section};

/// A piece that was judged.
pub(crate) struct Judged {
    pub(crate) name: String,
    pub(crate) kind: Words,
    pub(crate) examination: Examination,
}

/// What was found out about each piece and about the proof.
pub(crate) fn verification(
    history: &History,
    judged: &[Judged],
    proved: Option<&ProofExamination>,
    now: Moment,
) -> Report {
    let (day, time, zone) = (now.day(), now.time(), now.zone());
    let mut messages = Section::new("I messaggi", "The messages");
    for Judged { name, kind, examination } in judged {
        let value = |kind: &str, said: &str| format!("{kind}. {said}");
        messages.fact_in(
            Words::new(name.clone(), name.clone()),
            Words::new(value(&kind.italian, &examination.it), value(&kind.english, &examination.en)),
        );
        for check in &examination.checks {
            let value = |result: &str| format!("{result}: {}", check.detail);
            messages.fact_in(
                Words::new(looked_at(check.name), check.name.name()),
                Words::new(value(ended(check.result)), value(check.result.name())),
            );
        }
    }
    let mut trace = Section::new("Il registro del gestore", "The provider's trace");
    match proved {
        Some(proved) => {
            trace.say(proved.it.clone(), proved.en.clone());
            for one in &proved.operations {
                let kind = one.kind.map(|kind| format!(" {kind}")).unwrap_or_default();
                let whom =
                    if one.concerns.is_empty() { String::new() } else { format!(" {}", one.concerns.join(", ")) };
                let place = format!("{}, {}", one.place, one.at);
                trace.fact(&place, &place, format!("{}{kind}{whom}", one.event));
            }
        }
        None => trace.say(
            "Nessuna operazione è ancora sigillata: la prova si può chiedere più tardi.",
            "No operation is sealed yet: the proof can be asked for later.",
        ),
    }
    Report {
        title: Words::new("Rapporto di verifica", "Verification report"),
        lead: vec![Words::new(
            format!(
                "Fatto il {day} alle {time} ({zone}). Ogni frase si può rifare con 'sigillo verify' sui file qui nominati: nulla va \
                 creduto a questo rapporto."
            ),
            format!(
                "Made on {day} at {time} ({zone}). Each sentence can be made again with 'sigillo verify' on the files that are named \
                 here: nothing is to be believed of this report."
            ),
        )],
        sections: vec![attestation::message(history), messages, trace],
    }
}

/// What was looked at, in Italian; what was found stays in the words of the check.
fn looked_at(name: CheckName) -> &'static str {
    match name {
        CheckName::Signature => "firma",
        CheckName::Authority => "autorità",
        CheckName::Revocation => "revoca",
        CheckName::Index => "indice dei gestori",
        CheckName::Form => "forma",
        CheckName::Provider => "gestore",
        CheckName::Header => "intestazione",
        CheckName::Stamp => "marca temporale",
        CheckName::Proof => "registro del gestore",
    }
}

/// How it ended, in Italian.
fn ended(result: CheckResult) -> &'static str {
    match result {
        CheckResult::Ok => "superato",
        CheckResult::Failed => "non superato",
        CheckResult::NotChecked => "non controllato",
    }
}
