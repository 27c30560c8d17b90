//! The history of one message.

use store::{About, EvidenceQuery, Question, QueueQuery, SubjectHash};

use crate::act::identifier::identifier;
use crate::act::{evidence, queue};
use crate::control::{Control, Out};
use crate::item::{Item, MessageItem, SubjectItem};
use crate::itemise::actor;
use crate::refused::Refused;

/// Everything that is known of a message: what it is, how it was accepted, where each recipient stands, what still waits in
/// the queue, and the rows of evidence in their order. Of a message that came from others, what evidence says.
pub(crate) async fn show(control: &Control, text: &str, out: &Out) -> Result<(), Refused> {
    let identifier = identifier(text)?;
    let question = Question { sent: Some(identifier.clone()), ..Question::default() };
    let sent = control.faces.ledger.ask(question).await?.sent;
    let all = EvidenceQuery { identifier: Some(identifier.clone()), ..EvidenceQuery::default() };
    let first = control.faces.evidence.rows(EvidenceQuery { limit: 1, ..all.clone() }).await?;
    if sent.is_none() && first.is_empty() {
        return Err(Refused::missing(format!(
            "nothing is known of a message {identifier}; evidence is kept for thirty months, and an identifier has the form \
             that receipts print, without brackets"
        )));
    }
    let mut shown: Option<SubjectHash> = None;
    if let Some(About::Subject(subject)) = first.first().and_then(|row| Some(&row.as_ref().ok()?.evidence.about)) {
        out.send(Item::Subject(SubjectItem::of(subject, false))).await?;
        shown = Some(subject.hash());
    }
    if let Some(sent) = sent {
        let (who, name) = actor(&sent.by);
        out.send(Item::Message(MessageItem {
            identifier: sent.identifier.to_string(),
            mailbox: sent.mailbox.to_string(),
            accepted: sent.at.to_string(),
            by: name.map_or_else(|| who.to_owned(), |name| format!("{who} {name}")),
        }))
        .await?;
        for addressee in control.faces.ledger.addressees(&identifier).await? {
            out.send(&addressee).await?;
        }
    }
    queue::list(control, QueueQuery { identifier: Some(identifier), ..QueueQuery::default() }, out).await?;
    evidence::rows(control, all, u64::MAX, &mut shown, out).await
}
