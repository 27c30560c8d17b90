//! What holder and operator read before an app password ends: fourteen days, seven days and one day before.

use pec::{Address, Identifier, Moment, Pieces};
use store::{About, Account, Actor, AppPassword, Deposit, DepositIn, OnceKey, OnceKind};

use crate::context::Context;
use crate::elaboration::{Elaborated, Elaboration};

/// How many days before the end it is told.
pub const DAYS: [u8; 3] = [14, 7, 1];
/// Seconds of a day.
const DAY: i64 = 24 * 3600;

/// The last of [`DAYS`] that has come; `None`: there is time. What was missed while the provider did not run is not made up
/// for: one notice says the same as two.
pub fn due(app: &AppPassword, now: Moment) -> Option<u8> {
    let ends = app.ends.filter(|_| !app.has_ended(now))?;
    DAYS.into_iter().filter(|days| ends <= now.plus(i64::from(*days) * DAY)).min()
}

/// By what it is known that this was told.
pub fn key(app: &AppPassword, days: u8) -> OnceKey {
    OnceKey {
        provider: None,
        identifier: Identifier::from(format!("app-password-{}", app.id.0)),
        kind: OnceKind::AppPasswordEnds(days),
        recipient: String::new(),
    }
}

/// Puts the notice in the mailboxes that the app password opens, and in the operator's.
pub fn decide(app: &AppPassword, days: u8, mailboxes: &[Address], context: &Context, moment: Moment) -> Elaborated {
    let mut to = Elaboration::new(context, moment, About::Nothing, Actor::System);
    let operator = context.identity.operator();
    for mailbox in mailboxes.iter().filter(|mailbox| **mailbox != operator).chain([&operator]) {
        let id = context.ids.fresh(moment, context.identity.emitter.address.domain());
        let message = to.keep(None, None, Pieces::own(notice(app, mailbox, &operator, &id, moment)));
        // Where a mailbox is full it is told all the same: it is a few hundred octets, and it comes three times.
        let (folder, mailbox) = (DepositIn::Folder("INBOX".to_owned()), mailbox.clone());
        to.outcome.deposits.push(Deposit { message, mailbox, folder, counts: true, within_quota: false, at: moment });
    }
    to.outcome.once.push(key(app, days).into());
    to.finish()
}

/// Italian first, as everything that holders read. It is no certified mail and does not look like it: it comes from the
/// operator, and not from the address in whose name the provider signs.
fn notice(app: &AppPassword, to: &Address, operator: &Address, id: &str, moment: Moment) -> String {
    let AppPassword { id: number, name, of, mailbox, ends, .. } = app;
    let (number, end) = (number.0, ends.map(Moment::day).unwrap_or_default());
    let (di, of) = match (of, mailbox) {
        (Account::Mailbox(address), _) => {
            (format!("del titolare della casella {address}"), format!("of the holder of mailbox {address}"))
        }
        (Account::User(user), Some(address)) => {
            (format!("dell'utente {user} per la casella {address}"), format!("of user {user} for mailbox {address}"))
        }
        (Account::User(user), None) => {
            (format!("dell'utente {user} per le sue caselle"), format!("of user {user} for the mailboxes of that user"))
        }
    };
    let text = format!(
        "From: {operator}\n\
         To: {to}\n\
         Date: {}\n\
         Message-ID: <{id}>\n\
         Subject: Una password per applicazioni sta per scadere / An app password is about to end\n\
         Auto-Submitted: auto-generated\n\
         MIME-Version: 1.0\n\
         Content-Type: text/plain; charset=utf-8\n\
         Content-Transfer-Encoding: 8bit\n\
         \n\
         La password per applicazioni numero {number} {di},\n\
         chiamata «{name}»,\n\
         scade il {end}. Da quel giorno i programmi che la usano non accedono più alla casella.\n\
         Per continuare a usarli, chiedere a chi amministra la casella una nuova password per applicazioni\n\
         e inserirla nel programma al posto di quella vecchia.\n\
         \n\
         App password number {number} {of},\n\
         named \"{name}\",\n\
         ends on {end}. From that day on the programs that use it no longer get into the mailbox.\n\
         To go on with them, ask whoever administers the mailbox for a new app password, and put it into\n\
         the program in the place of the old one.\n",
        moment.rfc5322()
    );
    text.replace('\n', "\r\n")
}

#[cfg(test)]
mod tests {
    use store::{AppPasswordId, Protocols};

    use super::*;

    fn ending(ends: Option<i64>) -> AppPassword {
        AppPassword {
            id: AppPasswordId(7),
            of: Account::User("mario".into()),
            mailbox: None,
            name: "Telefono è".into(),
            protocols: Protocols::ALL,
            made: Moment::from_unix(0),
            ends: ends.map(Moment::from_unix),
            used: None,
        }
    }

    #[test]
    fn it_is_told_fourteen_days_seven_days_and_one_day_before() {
        let (app, end) = (ending(Some(100 * DAY)), Moment::from_unix(100 * DAY));
        let before = |days: i64, seconds: i64| due(&app, end.plus(seconds - days * DAY));
        assert_eq!(before(14, -1), None);
        assert_eq!(before(14, 0), Some(14));
        assert_eq!(before(7, -1), Some(14));
        assert_eq!(before(7, 0), Some(7));
        assert_eq!(before(1, 0), Some(1));
        assert_eq!(before(0, -1), Some(1));
        assert_eq!(before(0, 0), None, "it has ended");
        assert_eq!(due(&ending(None), end), None);
    }

    #[test]
    fn the_notice_is_a_message_in_two_languages() {
        let address = |text: &str| Address::parse(text).unwrap();
        let (to, operator) = (address("anna@alfa.example"), address("postmaster@alfa.example"));
        let text = notice(&ending(Some(DAY)), &to, &operator, "1@alfa.example", Moment::from_unix(0));
        let (header, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(header.is_ascii() && header.contains("\r\nSubject: Una password"), "{header}");
        let (italian, english) = body.split_once("\r\n\r\n").unwrap();
        assert!(italian.contains("dell'utente mario") && italian.contains("«Telefono è»"), "{italian}");
        assert!(english.contains("of user mario") && english.contains("02/01/1970"), "{english}");
        assert!(text.lines().all(|line| line.len() < 200));
    }
}
