//! Where a recipient stands, as a sentence: what happened, what happens next, who must act.

use holder::{Addressee, State};
use pec::Moment;

use super::dates::{When, by, to_second};
use super::mark::Mark;
use crate::language::Language;

/// A recipient as a page shows him.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fate {
    pub(crate) recipient: String,
    pub(crate) mark: Mark,
    /// What happens next, or who must act; empty: nothing more.
    pub(crate) next: String,
    /// The code, for support.
    pub(crate) code: Option<String>,
    pub(crate) when: Option<When>,
    pub(crate) steps: Vec<Step>,
}

/// A step of its trip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Its class without `timeline-`.
    pub(crate) look: &'static str,
    pub(crate) when: Option<When>,
    pub(crate) words: String,
    /// Where the receipt is that says so.
    pub(crate) receipt: Option<String>,
}

/// What a recipient's state says; `receipt` gives the address of the page of a receipt with this Message-ID.
pub(crate) fn fate(of: &Addressee, now: Moment, l: Language, receipt: impl Fn(&str) -> Option<String>) -> Fate {
    let due = of.due.map(|due| by(due, now, l));
    let (mark, next) = words(of, due.as_deref(), l);
    let ordinary = matches!(of.state, State::Sent | State::Left | State::Failed);
    let step = |look, at: Moment, words: &str, receipt| Step {
        look,
        when: Some(to_second(at, now, l)),
        words: words.to_owned(),
        receipt,
    };
    let mut steps = vec![step("done", of.accepted_at, l.of("accettata dal gestore", "accepted by the provider"), None)];
    if let Some(taken) = of.taken_at {
        let words = l.of("presa in carico dal gestore del destinatario", "taken in charge by the recipient's provider");
        steps.push(step("done", taken, words, None));
    }
    if let Some(warned) = of.warned_at {
        let words = l.of("primo avviso: nessuna risposta in dodici ore", "first notice: no answer in twelve hours");
        steps.push(step("failed", warned, words, None));
    }
    if of.state.is_final() && !ordinary {
        let look = if of.state == State::Delivered { "done" } else { "failed" };
        steps.push(step(look, of.since, &mark.word, of.receipt.as_deref().and_then(&receipt)));
    } else if let Some(due) = &due {
        let words = l.of(format!("consegna, o avviso entro {due}"), format!("delivery, or a notice by {due}"));
        steps.push(Step { look: "next", when: None, words, receipt: None });
    }
    if let Some(late) = &of.late {
        let words = l.of("risposta arrivata dopo", "answer that came afterwards");
        steps.push(step("done", late.at, words, late.receipt.as_deref().and_then(&receipt)));
    }
    let when = (of.state != State::Sent).then(|| to_second(of.since, now, l));
    Fate { recipient: of.recipient.to_string(), mark, next, code: of.code.clone(), when, steps }
}

fn words(of: &Addressee, due: Option<&str>, l: Language) -> (Mark, String) {
    let due_sentence = due.map(|due| {
        l.of(
            format!("Risposta automatica entro {due}; non serve fare nulla."),
            format!("An automatic answer comes by {due}; there is nothing to do."),
        )
    });
    let nothing = String::new;
    match of.state {
        State::Accepted => {
            (Mark::new("waiting", "clock", l.of("in viaggio", "on its way")), due_sentence.unwrap_or_default())
        }
        State::TakenInCharge => (
            Mark::new("waiting", "clock", l.of("presa in carico, non ancora consegnata", "taken in charge, not yet delivered")),
            due_sentence.unwrap_or_default(),
        ),
        State::Delivered => (Mark::new("done", "check-circle", l.of("consegnata", "delivered")), nothing()),
        State::NotDelivered => {
            (Mark::new("failed", "error", l.of("non consegnata", "not delivered")), why(of.code.as_deref(), l))
        }
        State::Virus => (
            Mark::new("failed", "error", l.of("non consegnata: contiene un virus", "not delivered: it carries a virus")),
            l.of(
                "Il destinatario non la vedrà. Controlla il tuo computer e gli allegati, poi invia di nuovo.",
                "The recipient will not see it. Check your computer and the attachments, then send again.",
            )
            .to_owned(),
        ),
        State::Expired => (
            Mark::new("failed", "error", l.of("nessuna risposta in ventiquattro ore", "no answer in twenty-four hours")),
            l.of(
                "Il gestore del destinatario non ha risposto: considerala non consegnata e, se c’è una scadenza, usa un’altra via.",
                "The recipient's provider did not answer: take it as not delivered and, where there is a deadline, use another way.",
            )
            .to_owned(),
        ),
        State::Sent | State::Left => (
            Mark::new("ordinary", "mail", l.of("indirizzo non certificato", "address not certified")),
            l.of("Non arriva nessuna ricevuta di consegna.", "No delivery receipt will come.").to_owned(),
        ),
        State::Failed => (
            Mark::new("failed", "error", l.of("indirizzo non certificato, non recapitata", "address not certified, not delivered")),
            why(of.code.as_deref(), l),
        ),
    }
}

/// Why, and who must act, by the enhanced status code (RFC 3463).
fn why(code: Option<&str>, l: Language) -> String {
    let (italian, english) = match code.unwrap_or_default() {
        "5.1.1" | "5.1.2" | "5.1.3" | "5.1.10" => (
            "L’indirizzo non esiste: controllalo e invia di nuovo a quello giusto.",
            "The address does not exist: check it and send again to the right one.",
        ),
        "5.2.1" => (
            "La casella non riceve più: cerca un altro recapito del destinatario.",
            "The mailbox receives no more: look for another address of the recipient.",
        ),
        "5.2.2" | "4.2.2" => (
            "La casella è piena. Il destinatario non sa del messaggio: avvisalo per altra via e invia di nuovo.",
            "The mailbox is full. The recipient does not know of the message: tell him by another way and send again.",
        ),
        "5.3.4" | "5.2.3" => (
            "È troppo grande per la casella del destinatario: dividi gli allegati e invia di nuovo.",
            "It is too large for the recipient's mailbox: divide the attachments and send again.",
        ),
        "5.7.1" => (
            "Il destinatario non accetta messaggi da questo mittente: usa un’altra via.",
            "The recipient does not take messages from this sender: use another way.",
        ),
        _ => (
            "Il destinatario non l’ha ricevuta: il motivo è nell’avviso.",
            "The recipient did not receive it: the notice says why.",
        ),
    };
    l.of(italian, english).to_owned()
}

/// All recipients in one sentence.
pub(crate) fn trip(fates: &[Addressee], now: Moment, l: Language) -> String {
    let of = |states: &[State]| fates.iter().filter(|fate| states.contains(&fate.state)).count();
    let (all, done) = (fates.len(), of(&[State::Delivered]));
    let waiting = of(&[State::Accepted, State::TakenInCharge]);
    let failed = of(&[State::NotDelivered, State::Virus, State::Expired, State::Failed]);
    let ordinary = of(&[State::Sent, State::Left]);
    let mut sentence = match (all, done) {
        (1, 1) => l.of("Consegnata.".to_owned(), "Delivered.".to_owned()),
        _ if done == all => {
            l.of(format!("Consegnata a tutti i {all} destinatari."), format!("Delivered to all {all} recipients."))
        }
        (1, 0) => String::new(),
        _ if done == 1 => {
            l.of(format!("Consegnata a un destinatario su {all}."), format!("Delivered to one of {all} recipients."))
        }
        _ => l.of(
            format!("Consegnata a {done} destinatari su {all}."),
            format!("Delivered to {done} of {all} recipients."),
        ),
    };
    let mut add = |italian: String, english: String| {
        if !sentence.is_empty() {
            sentence.push(' ');
        }
        sentence.push_str(&l.of(italian, english));
    };
    if waiting > 0 {
        let last = fates.iter().filter(|fate| !fate.state.is_final()).filter_map(|fate| fate.due).max();
        match last.map(|last| by(last, now, l)) {
            Some(last) if waiting == 1 => add(
                format!("È in viaggio: la risposta, in un senso o nell’altro, arriva entro {last}."),
                format!("It is on its way: the answer, one way or the other, comes by {last}."),
            ),
            Some(last) => add(
                format!("Per {waiting} aspettiamo fino al più tardi {last}."),
                format!("For {waiting} we wait until {last} at the latest."),
            ),
            None => add("È in viaggio.".into(), "It is on its way.".into()),
        }
    }
    if failed > 0 {
        add(
            if failed == 1 {
                "Per uno non è stato possibile: vedi qui sotto che cosa fare.".into()
            } else {
                format!("Per {failed} non è stato possibile: vedi qui sotto che cosa fare.")
            },
            if failed == 1 {
                "For one it was not possible: see below what to do.".into()
            } else {
                format!("For {failed} it was not possible: see below what to do.")
            },
        );
    }
    if ordinary > 0 {
        add(
            if ordinary == 1 {
                "Un indirizzo non è certificato: non darà ricevute.".into()
            } else {
                format!("{ordinary} indirizzi non sono certificati: non daranno ricevute.")
            },
            if ordinary == 1 {
                "One address is not certified: it will give no receipts.".into()
            } else {
                format!("{ordinary} addresses are not certified: they will give no receipts.")
            },
        );
    }
    sentence
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that meets what it does not expect ends")]
mod tests {
    use pec::Address;

    use super::*;

    fn at(time: &str) -> Moment {
        Moment::read("28/11/2026", time, "+0100").unwrap()
    }

    fn addressee(state: State) -> Addressee {
        Addressee {
            identifier: "id".into(),
            recipient: Address::parse("bob@beta.example").unwrap(),
            state,
            accepted_at: at("10:00:00"),
            since: at("10:00:05"),
            taken_at: None,
            warned_at: None,
            code: None,
            receipt: None,
            due: None,
            late: None,
        }
    }

    #[test]
    fn each_state_is_a_sentence_and_says_who_must_act() {
        let now = at("12:00:00");
        let waits = Addressee {
            taken_at: Some(at("10:00:02")),
            due: Some(at("14:05:00").plus(86_400)),
            ..addressee(State::TakenInCharge)
        };
        let shown = fate(&waits, now, Language::It, |_| None);
        assert_eq!(shown.mark.word, "presa in carico, non ancora consegnata");
        assert_eq!(shown.next, "Risposta automatica entro le 14:05 di domani; non serve fare nulla.");
        assert_eq!(shown.steps.last().unwrap().words, "consegna, o avviso entro le 14:05 di domani");
        let full =
            Addressee { code: Some("5.2.2".into()), receipt: Some("r1".into()), ..addressee(State::NotDelivered) };
        let shown = fate(&full, now, Language::It, |id| Some(format!("/{id}")));
        assert!(shown.next.contains("è piena"), "{}", shown.next);
        assert_eq!(shown.steps.last().unwrap().receipt.as_deref(), Some("/r1"));
        for state in State::ALL {
            for l in [Language::It, Language::En] {
                let shown = fate(&addressee(state), now, l, |_| None);
                assert!(!shown.mark.word.is_empty() && !trip(&[addressee(state)], now, l).is_empty(), "{state:?}");
            }
        }
    }

    #[test]
    fn all_recipients_are_one_sentence() {
        let now = at("12:00:00");
        let waits = Addressee { due: Some(at("14:05:00")), ..addressee(State::Accepted) };
        let all = [addressee(State::Delivered), waits, addressee(State::NotDelivered), addressee(State::Sent)];
        assert_eq!(
            trip(&all, now, Language::It),
            "Consegnata a un destinatario su 4. È in viaggio: la risposta, in un senso o nell’altro, arriva entro le 14:05 di oggi. \
             Per uno non è stato possibile: vedi qui sotto che cosa fare. Un indirizzo non è certificato: non darà ricevute."
        );
    }
}
