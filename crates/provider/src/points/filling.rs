//! What a holder reads when his mailbox fills, and when it has refused messages since it was full.
//!
//! Both letters lie in the mailbox that they are about and do not count against its quota: that place is never full.

use pec::Moment;
use store::{About, Actor, Forecast, FullRefusal, Growth, LevelReached, Refusals, Telling, percent};

use super::letter::Letter;
use crate::context::Context;
use crate::elaboration::{Elaborated, Elaboration};

/// After a letter about refusals, further ones are gathered for so many seconds.
pub const GATHERED: i64 = 24 * 3600;

/// A mailbox has reached a level.
pub fn warn(reached: &LevelReached, growth: Growth, context: &Context, moment: Moment) -> Elaborated {
    let mut to = Elaboration::new(context, moment, About::Nothing, Actor::System);
    warning(reached, growth.forecast(reached.counted, reached.quota, moment)).put(&mut to, &reached.address, false);
    to.outcome.told.push(Telling::Level { mailbox: reached.address.clone(), level: reached.level });
    to.finish()
}

/// A full mailbox has refused messages.
pub fn list(refusals: &Refusals, context: &Context, moment: Moment) -> Elaborated {
    let mut to = Elaboration::new(context, moment, About::Nothing, Actor::System);
    listing(refusals).put(&mut to, &refusals.address, false);
    let Refusals { address: mailbox, told, count, last, .. } = refusals.clone();
    to.outcome.told.push(Telling::Refusals { mailbox, told, count, last, at: moment });
    to.finish()
}

fn warning(reached: &LevelReached, forecast: Forecast) -> Letter {
    let LevelReached { address, counted, quota, .. } = reached;
    let percent = percent(*counted, *quota);
    let (italian, english) = (prevision(forecast), prediction(forecast));
    let (counted_it, quota_it) = (grouped(*counted, '.'), grouped(*quota, '.'));
    let (counted, quota) = (grouped(*counted, ','), grouped(*quota, ','));
    let text = format!(
        "La casella {address} si riempie.\n\
         Spazio occupato: {percent} %, {counted_it} byte su {quota_it}.\n\
         {italian}\n\
         \n\
         Quando è piena, i messaggi che arrivano sono rifiutati: chi ha spedito un messaggio certificato riceve\n\
         un avviso di mancata consegna, e in questa casella arriva l'elenco di ciò che è stato rifiutato. Le ricevute\n\
         e gli avvisi arrivano comunque: non occupano lo spazio della casella.\n\
         \n\
         {ADVICE_IT}\
         \n\
         Mailbox {address} is filling up.\n\
         Space in use: {percent} %, {counted} octets of {quota}.\n\
         {english}\n\
         \n\
         When it is full, messages that come are refused: whoever sent a certified one gets a notice of non-delivery,\n\
         and this mailbox gets a list of what was refused. Receipts and notices come all the same: they take\n\
         no space of the mailbox.\n\
         \n\
         {ADVICE_EN}"
    );
    Letter { subject: "Spazio della casella / Space in the mailbox", text }
}

fn listing(refusals: &Refusals) -> Letter {
    let Refusals { address, counted, quota, count, listed, .. } = refusals;
    let (counted_it, quota_it) = (grouped(*counted, '.'), grouped(*quota, '.'));
    let (counted, quota) = (grouped(*counted, ','), grouped(*quota, ','));
    let mut list: String = listed.iter().map(line).collect();
    match count.saturating_sub(listed.len() as u64) {
        0 => {}
        more if listed.is_empty() => list += &format!("{more} messaggi / messages\n"),
        more => list += &format!("e altri {more} / and {more} more\n"),
    }
    let text = format!(
        "La casella {address} non ha spazio: {counted_it} byte occupati su {quota_it}.\n\
         I messaggi elencati in fondo sono stati rifiutati, e non si trovano nella casella. Chi ha spedito\n\
         un messaggio certificato riceve un avviso di mancata consegna; fatto posto, gli si può chiedere\n\
         di spedirlo di nuovo. Altri rifiuti saranno elencati insieme, una volta al giorno.\n\
         \n\
         {ADVICE_IT}\
         \n\
         Mailbox {address} has no space: {counted} octets of {quota} are in use.\n\
         The messages listed below were refused, and are not in the mailbox. Whoever sent a certified one gets\n\
         a notice of non-delivery; when there is space again, he can be asked to send it once more. Further refusals\n\
         will be listed together, once a day.\n\
         \n\
         {ADVICE_EN}\
         \n\
         Messaggi rifiutati / Messages refused: {count}\n\
         \n\
         {list}"
    );
    Letter { subject: "Casella piena: messaggi rifiutati / Mailbox full: messages refused", text }
}

const ADVICE_IT: &str = "Per fare posto si può:\n\
    - eliminare i messaggi che non servono più, e vuotare il cestino;\n\
    - salvare altrove i messaggi da conservare, interi (file .eml: un messaggio certificato vale come prova solo\n\
    \x20 se è intero), e poi eliminarli dalla casella;\n\
    - chiedere a chi amministra la casella più spazio, o una copia di tutto il contenuto.\n";

const ADVICE_EN: &str = "To make space you can:\n\
    - delete messages that are not needed any more, and empty the trash;\n\
    - save messages that are to be kept elsewhere, whole (.eml files: a certified message is proof only when it is\n\
    \x20 whole), and then delete them from the mailbox;\n\
    - ask whoever administers the mailbox for more space, or for a copy of all that is in it.\n";

/// Days up to which they are counted; beyond, months are.
const DAYS: u16 = 60;

fn prevision(forecast: Forecast) -> String {
    const IF: &str = "Se tutto va come nelle ultime quattro settimane e non si elimina nulla,";
    match forecast {
        Forecast::Full => "La casella è piena.".into(),
        Forecast::Days(1) => format!("{IF} sarà piena tra un giorno."),
        Forecast::Days(days) if days <= DAYS => format!("{IF} sarà piena tra circa {days} giorni."),
        Forecast::Days(days) => format!("{IF} sarà piena tra circa {} mesi.", days / 30),
        Forecast::Later => format!("{IF} non sarà piena prima di due anni."),
        Forecast::Unknown => "Quando sarà piena non si può ancora prevedere.".into(),
    }
}

fn prediction(forecast: Forecast) -> String {
    const IF: &str = "If all goes on as in the last four weeks and nothing is deleted,";
    match forecast {
        Forecast::Full => "The mailbox is full.".into(),
        Forecast::Days(1) => format!("{IF} it will be full in a day."),
        Forecast::Days(days) if days <= DAYS => format!("{IF} it will be full in about {days} days."),
        Forecast::Days(days) => format!("{IF} it will be full in about {} months.", days / 30),
        Forecast::Later => format!("{IF} it will not be full within two years."),
        Forecast::Unknown => "When it will be full cannot be said yet.".into(),
    }
}

/// Characters of a sender or subject that are shown: both are whatever their sender likes.
const SHOWN: usize = 120;

/// What others wrote, in one line of bounded length.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// A message that was refused.
fn line(refusal: &FullRefusal) -> String {
    let FullRefusal { at, size, certified, identifier, sender, subject, .. } = refusal;
    let mut line = format!("{} {} {}\n  «{}», {} byte\n", at.day(), at.time(), shown(sender), shown(subject), size);
    if let Some(identifier) = identifier {
        line += &format!("  {}\n", shown(identifier));
    }
    if !certified {
        line += "  posta ordinaria, mittente non verificato / ordinary mail, sender not verified\n";
    }
    line
}

/// A number with a sign between its thousands.
fn grouped(number: u64, sign: char) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(sign);
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use pec::Address;
    use store::MailboxId;

    use super::*;

    fn anna() -> Address {
        Address::parse("anna@alfa.example").unwrap()
    }

    #[test]
    fn a_warning_says_how_full_what_of_what_when_and_what_to_do() {
        let (address, mailbox) = (anna(), MailboxId(1));
        let reached = LevelReached { mailbox, address, level: 80, counted: 880_123_456, quota: 1_073_741_824 };
        let text = warning(&reached, Forecast::Days(12)).text;
        let (italian, english) = text.split_once("\nMailbox anna@alfa.example").unwrap();
        for said in ["81 %, 880.123.456 byte su 1.073.741.824", "sarà piena tra circa 12 giorni", "vuotare il cestino"]
        {
            assert!(italian.contains(said), "{said}: {italian}");
        }
        for said in ["81 %, 880,123,456 octets of 1,073,741,824", "full in about 12 days", "empty the trash"] {
            assert!(english.contains(said), "{said}: {english}");
        }
        assert!(text.lines().all(|line| line.len() < 200));
    }

    #[test]
    fn a_forecast_is_said_in_the_units_in_which_people_think() {
        for (forecast, italian, english) in [
            (Forecast::Full, "è piena.", "is full."),
            (Forecast::Days(1), "tra un giorno.", "in a day."),
            (Forecast::Days(60), "tra circa 60 giorni.", "in about 60 days."),
            (Forecast::Days(61), "tra circa 2 mesi.", "in about 2 months."),
            (Forecast::Days(729), "tra circa 24 mesi.", "in about 24 months."),
            (Forecast::Later, "non sarà piena prima di due anni.", "not be full within two years."),
            (Forecast::Unknown, "non si può ancora prevedere.", "cannot be said yet."),
        ] {
            assert!(prevision(forecast).ends_with(italian), "{}", prevision(forecast));
            assert!(prediction(forecast).ends_with(english), "{}", prediction(forecast));
        }
    }

    fn refused(number: i64) -> FullRefusal {
        FullRefusal {
            mailbox: anna(),
            at: Moment::from_unix(number),
            size: 12_345,
            certified: number % 2 == 0,
            identifier: Some(format!("opec{number}@beta.example").into()),
            sender: "mario@beta.example".into(),
            subject: format!("Fattura {number}"),
        }
    }

    fn refusals(listed: Vec<FullRefusal>, count: u64) -> Refusals {
        let (address, mailbox, told) = (anna(), MailboxId(1), Moment::from_unix(0));
        Refusals { mailbox, address, counted: 7, quota: 7, told, count, listed, last: 9 }
    }

    #[test]
    fn what_was_refused_is_listed_and_the_rest_counted() {
        let text = listing(&refusals(vec![refused(0), refused(1)], 9)).text;
        let (_, list) = text.split_once("Messages refused: 9\n\n").unwrap();
        assert_eq!(
            list,
            "01/01/1970 01:00:00 mario@beta.example\n  «Fattura 0», 12345 byte\n  opec0@beta.example\n\
             01/01/1970 01:00:01 mario@beta.example\n  «Fattura 1», 12345 byte\n  opec1@beta.example\n  \
             posta ordinaria, mittente non verificato / ordinary mail, sender not verified\n\
             e altri 7 / and 7 more\n"
        );
        let text = listing(&refusals(vec![], 3)).text;
        assert!(text.ends_with("\n\n3 messaggi / messages\n"), "{text}");
    }

    #[test]
    fn what_others_wrote_makes_no_line_of_its_own_and_no_long_one() {
        let evil =
            FullRefusal { subject: "a\r\n\r\nDa: ministero\u{85}b".into(), sender: "è".repeat(5000), ..refused(1) };
        let line = line(&evil);
        assert_eq!(line.lines().count(), 4, "{line}");
        assert!(line.contains("«a    Da: ministero b»") && line.contains("è…\n"), "{line}");
        // The whole letter is small, whatever is in it.
        let all = listing(&refusals(vec![evil; Refusals::LISTED], 1_000_000)).text;
        assert!(all.len() < 64 << 10 && all.lines().all(|line| line.len() < 998), "{}", all.len());
    }

    #[test]
    fn numbers_have_their_thousands_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1.000"), (1_073_741_824, "1.073.741.824")] {
            assert_eq!(grouped(number, '.'), text);
        }
    }
}
