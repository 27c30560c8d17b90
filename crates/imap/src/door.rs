//! The door: one session after the other, each to its end.

use async_trait::async_trait;
use door::{Sessions, Stream, TURNED_AWAY, Visit};

use crate::house::{Imap, door_name};
use crate::session::end::End;
use crate::session::reach::Reach;
use crate::session::state::Session;

#[async_trait]
impl Sessions for Imap {
    fn name(&self) -> &'static str {
        door_name(self.door)
    }

    async fn serve(&self, stream: Stream, visit: Visit) {
        let Visit { peer, phases, place } = visit;
        let turned_away = place.as_ref().err().copied();
        let mut session = Session::new(self, stream, peer, phases, place.ok());
        let end = session.talk(turned_away).await;
        report(&session, &end);
        if let End::Bye { .. } | End::Logout = end {
            session.settle();
            session.wire.close().await;
        }
    }
}

fn report(session: &Session<'_>, end: &End) {
    let (reason, error) = match end {
        End::Bye { reason, .. } | End::Cut(reason) => (*reason, None),
        End::Logout => ("logout", None),
        End::Gone => ("closed by client", None),
        End::Broken(error) => ("connection broken", Some(error.to_string())),
    };
    let door = session.house.name();
    metrics::counter!("sigillo_imap_sessions_total", "door" => door, "end" => reason).increment(1);
    metrics::counter!("sigillo_imap_octets_sent_total").increment(session.sent);
    metrics::counter!("sigillo_imap_messages_appended_total").increment(session.appended);
    // Counted, and told by the gate together.
    if reason == TURNED_AWAY {
        return;
    }
    let mine = session.mine.as_ref();
    tracing::info!(
        door,
        peer = %session.peer,
        tls = session.tls.as_deref(),
        client = session.client.as_deref(),
        login = mine.map(|mine| mine.holder().login()),
        mailbox = mine.and_then(Reach::only).map(|opened| opened.mailbox().address.as_str()),
        commands = session.commands,
        octets = session.sent,
        appended = session.appended,
        end = reason,
        error,
        "IMAP session"
    );
}
