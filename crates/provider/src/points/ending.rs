//! What holder and operator read before an app password ends: fourteen days, seven days and one day before.

use pec::{Address, Identifier, Moment};
use store::{About, Account, Actor, AppPassword, OnceKey, OnceKind};

use super::letter::Letter;
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
        notice(app).put(&mut to, mailbox, true);
    }
    to.outcome.once.push(key(app, days).into());
    to.finish()
}

fn notice(app: &AppPassword) -> Letter {
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
        "La password per applicazioni numero {number} {di},\n\
         chiamata «{name}»,\n\
         scade il {end}. Da quel giorno i programmi che la usano non accedono più alla casella.\n\
         Per continuare a usarli, chiedere a chi amministra la casella una nuova password per applicazioni\n\
         e inserirla nel programma al posto di quella vecchia.\n\
         \n\
         App password number {number} {of},\n\
         named \"{name}\",\n\
         ends on {end}. From that day on the programs that use it no longer get into the mailbox.\n\
         To go on with them, ask whoever administers the mailbox for a new app password, and put it into\n\
         the program in the place of the old one.\n"
    );
    Letter { subject: "Una password per applicazioni sta per scadere / An app password is about to end", text }
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
    fn the_notice_speaks_two_languages() {
        let text = notice(&ending(Some(DAY))).text;
        let (italian, english) = text.split_once("\n\n").unwrap();
        assert!(italian.contains("dell'utente mario") && italian.contains("«Telefono è»"), "{italian}");
        assert!(english.contains("of user mario") && english.contains("02/01/1970"), "{english}");
        assert!(text.lines().all(|line| line.len() < 200));
    }
}
