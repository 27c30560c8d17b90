//! The act: a message at the Access Point, once.

use ::holder::{Entry, Listed, SpecialUse, Want};
use pec::{Address, ReversePath, formal};
use provider::{Refusal, Submitted, SubmitterFault};

use super::super::open::Room;
use crate::house::House;
use crate::language::Language;
use crate::letter::{Letter, bare};
use crate::trouble::Trouble;
use crate::visitor::Visitor;

/// Messages that were sent lately, among which the same one is looked for.
const LATELY: usize = 200;

/// What came of it.
pub(super) enum Sent {
    /// It is accepted, the receipt is in the mailbox.
    Accepted,
    /// It is not, for this reason; the draft stays.
    Not(String),
}

/// The message with this Message-ID, where it was sent.
pub(super) async fn sent(room: &mut Room, id: &str) -> Result<Option<Entry>, Trouble> {
    let Some(sent) = room.special(SpecialUse::Sent).map(|folder| folder.id) else { return Ok(None) };
    let want = Want { summary: true, ..Want::default() };
    let lately = room.opened.newest(sent, None, Listed::All, want, LATELY).await?;
    let is_it = |entry: &Entry| entry.summary.as_ref().is_some_and(|summary| bare(&summary.message_id) == id);
    Ok(lately.entries.into_iter().find(is_it))
}

/// Sends it. Who sends the same twice at once is told that it is under way.
pub(super) async fn send(
    house: &House,
    visitor: &Visitor,
    room: &mut Room,
    letter: &Letter,
    recipients: Vec<Address>,
) -> Result<Sent, Trouble> {
    let l = visitor.language;
    let Some(_under_way) = house.sending(&letter.id) else {
        return Ok(Sent::Not(
            l.of("Questo messaggio è già in partenza.", "This message is on its way already.").to_owned(),
        ));
    };
    if sent(room, &letter.id).await?.is_some() {
        return Ok(Sent::Accepted);
    }
    let message = letter.message(room.now).map_err(|error| {
        tracing::error!(event = "page-failed", %error, "a message could not be written");
        Trouble::Us
    })?;
    let holder = visitor.holder()?;
    let submitted =
        house.provider.submit(holder, &ReversePath::Address(letter.from.clone()), recipients, message, 0).await;
    Ok(match submitted {
        Ok(Submitted::Accepted { .. }) => Sent::Accepted,
        Ok(Submitted::NotAccepted { exceptions, .. }) => Sent::Not(not_accepted(&exceptions, l)),
        Ok(Submitted::Infected { virus, .. }) => Sent::Not(l.of(
            format!("Non accettato: il messaggio contiene un virus ({virus}). Togli il file infetto; l’avviso è in arrivo."),
            format!("Not accepted: the message carries a virus ({virus}). Remove the infected file; the notice is in the inbox."),
        )),
        Err(refusal) => Sent::Not(refused(&refusal, l)),
    })
}

fn not_accepted(exceptions: &[formal::Exception], l: Language) -> String {
    let why = exceptions.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    l.of(
        format!("Non accettato: {why}. L’avviso con i motivi è in arrivo; la bozza è rimasta qui."),
        format!("Not accepted: {why}. The notice with the reasons is in the inbox; the draft has stayed here."),
    )
}

fn refused(refusal: &Refusal, l: Language) -> String {
    let code = refusal.code();
    match refusal {
        Refusal::Submitter(SubmitterFault::MayNotSend { .. }) => l.of(
            format!("Questa casella non può inviare ({code})."),
            format!("This mailbox may not send ({code})."),
        ),
        Refusal::Submitter(SubmitterFault::NotYourAddress { .. } | SubmitterFault::LoginOver | SubmitterFault::Barred(_)) => l.of(
            format!("Con questo accesso non puoi inviare da questa casella ({code})."),
            format!("You may not send from this mailbox with this login ({code})."),
        ),
        Refusal::Submitter(SubmitterFault::TooLarge { limit }) => {
            let limit = crate::view::sizes::size(*limit as u64, l);
            l.of(
                format!("È troppo grande: il limite è {limit}. Dividi gli allegati in più messaggi."),
                format!("It is too large: the limit is {limit}. Divide the attachments among several messages."),
            )
        }
        Refusal::Us(_) | Refusal::Peer(_) | Refusal::Recipient(_) => l.of(
            format!("Non è stato possibile inviarlo ora, e non è colpa tua ({code}). La bozza è rimasta qui: riprova fra poco."),
            format!("It could not be sent now, and it is not your fault ({code}). The draft has stayed here: try again soon."),
        ),
    }
}
