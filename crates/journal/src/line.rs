//! Rows as lines of text, with the fields and words of the customary logs [R-O-log-1]; `docs/evidence-log.md` has the form.

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pec::{Cause, Fault, Kind, Moment};
use proof::{About, Event, Evidence, LogId, Named};

use crate::sheet::Sheet;

/// The fields, in their order.
pub const FIELDS: [&str; 12] = [
    "tipo",
    "mittente",
    "destinatari",
    "oggetto",
    "message-id",
    "gestore",
    "ricezione",
    "consegna",
    "errore",
    "errore-esteso",
    "virus",
    "eccezioni",
];

const MONTHS: [&str; 12] = ["gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"];

/// The line of a row; `None`: it has none. A line stands for each message that the provider `us` made, and for each that another
/// provider made and that came here. What else happens (a deposit, a transmission, an act of administration) is in the evidence alone.
pub fn line(log: LogId, number: u64, row: &Evidence, us: &str) -> Option<String> {
    let kind = row.kind?;
    let of_ours = match row.event {
        Event::Emitted => true,
        // What we made ourselves has its line already.
        Event::Received if row.provider != us => false,
        _ => return None,
    };
    // An anomaly envelope that is sent on is the one that was made.
    if of_ours && kind == Kind::AnomalyEnvelope && !row.concerns.is_empty() {
        return None;
    }
    let About::Subject(subject) = &row.about else { return None };
    let subject = subject.subject();
    let error = row.error.as_deref();
    let mut line = format!("{}: {}", begin(log, number, row.at), value(&subject.identifier));
    let mut field = |name: &str, value: &str| {
        // A text is written whatever it says.
        let _ = write!(line, ": {name}={value}");
    };
    let (tipo, name) = (kind.tipo().or(kind.x_trasporto()).unwrap_or_default(), named(kind, error));
    let recipients: Vec<String> = subject.recipients.iter().map(recipient).collect();
    field("tipo", &format!("{tipo} ({name})"));
    field("mittente", &address(&subject.sender));
    field("destinatari", &recipients.join(", "));
    field("oggetto", &value(&subject.subject));
    field("message-id", &value(&row.message_id));
    // Who wraps what is not certified certifies nothing of whom it is of.
    field("gestore", &value(if kind == Kind::AnomalyEnvelope { us } else { &row.provider }));
    let concerns: Vec<String> = row.concerns.iter().map(|concerned| address(concerned)).collect();
    match kind {
        Kind::TakeCharge | Kind::TransportEnvelope if !concerns.is_empty() => field("ricezione", &concerns.join(", ")),
        _ if !concerns.is_empty() => field("consegna", &concerns.join(", ")),
        _ => {}
    }
    let fault = fault(kind, error);
    if fault != Fault::None {
        field("errore", fault.as_str());
    }
    if let Some(error) = error {
        let name = match kind {
            Kind::VirusNonAcceptance | Kind::VirusNonDelivery | Kind::VirusDetection => "virus",
            Kind::AnomalyEnvelope => "eccezioni",
            _ => "errore-esteso",
        };
        field(name, &value(error));
    }
    Some(line)
}

/// The first line of a file.
pub fn open(sheet: &Sheet, at: Moment) -> String {
    let Sheet { log, day, first, end, .. } = sheet;
    format!("{}: OPEN: giorno={day}: righe={first}-{}", begin(*log, *first, at), end - 1)
}

/// The last line of a file over a tree that has ended, or of one that grows.
pub fn close(sheet: &Sheet, at: Moment, lines: u64) -> String {
    let Sheet { log, end, root, closed, head, .. } = sheet;
    let word = if *closed { "CLOSE" } else { "CONTINUA" };
    let root = STANDARD.encode(root);
    format!("{}: {word}: eventi={lines}: testa={head}: radice={root}", begin(*log, end - 1, at))
}

/// The line that stands for rows that are not there any more.
pub fn missing(log: LogId, first: u64, last: u64, at: Moment) -> String {
    format!("{}: MANCANTI: righe={first}-{last}", begin(log, first, at))
}

/// The line that stands for a row that cannot be read.
pub fn unreadable(log: LogId, number: u64, what: &str, at: Moment) -> String {
    format!("{}: ILLEGGIBILE: errore-esteso={}", begin(log, number, at), value(what))
}

/// `mag 10 11:04:46 2026 PEC1 sigillo [4711]`
fn begin(log: LogId, number: u64, at: Moment) -> String {
    let (date, time) = (at.date(), at.time());
    let mut parts = date.splitn(3, '-');
    let (year, month, day) =
        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let month = month.parse::<usize>().ok().and_then(|month| MONTHS.get(month.checked_sub(1)?)).unwrap_or(&"");
    let day = day.trim_start_matches('0');
    format!("{month} {day:>2} {time} {year} PEC{} sigillo [{number}]", log.0)
}

/// The name that logs give to a message.
fn named(kind: Kind, error: Option<&str>) -> &'static str {
    match kind {
        Kind::Acceptance => "Accettazione",
        Kind::NonAcceptance => "NonAccettazione",
        Kind::VirusNonAcceptance => "NonAccettazioneVirus",
        Kind::TransportEnvelope => "BustaTrasporto",
        Kind::AnomalyEnvelope => "BustaAnomalia",
        Kind::TakeCharge => "PresaInCarico",
        Kind::Delivery => "Consegna",
        Kind::NonDelivery => "MancataConsegna",
        Kind::VirusNonDelivery => "MancataConsegnaVirus",
        Kind::VirusDetection => "RilevazioneVirus",
        Kind::Timeout if is_first_notice(error) => "MancataConsegna12h",
        Kind::Timeout => "MancataConsegna24h",
    }
}

/// The first notice says that it is only a warning by its code (RFC 3463 class 4).
fn is_first_notice(error: Option<&str>) -> bool {
    error.is_some_and(|error| error.starts_with("4."))
}

/// `errore` as the data of the message have it.
fn fault(kind: Kind, error: Option<&str>) -> Fault {
    let code = error.and_then(|error| error.split(' ').next()).unwrap_or_default();
    match kind {
        Kind::VirusNonAcceptance | Kind::VirusNonDelivery => Fault::Virus,
        Kind::NonAcceptance | Kind::VirusDetection => Fault::Other,
        Kind::Timeout if is_first_notice(error) => Fault::None,
        Kind::Timeout => Fault::Other,
        Kind::NonDelivery => {
            Cause::ALL.into_iter().find(|cause| cause.code() == code).map_or(Fault::Other, Cause::fault)
        }
        Kind::Acceptance | Kind::AnomalyEnvelope | Kind::Delivery | Kind::TakeCharge | Kind::TransportEnvelope => {
            Fault::None
        }
    }
}

fn recipient(named: &Named) -> String {
    let address = address(&named.address);
    named.kind.map_or_else(|| address.clone(), |kind| format!("{address} ({})", kind.as_str()))
}

/// An address: what lists of addresses have between and behind them is written with `%`.
fn address(address: &str) -> String {
    let mut written = String::with_capacity(address.len());
    for c in address.chars() {
        match c {
            '%' | ',' | '(' | ')' | ':' | '=' => {
                let _ = write!(written, "%{:02X}", c as u32);
            }
            c if c.is_control() || c == ' ' => {
                let _ = write!(written, "%{:02X}", c as u32);
            }
            c => written.push(c),
        }
    }
    written
}

/// A value: one line, in which nobody can write a field of his own. A colon before what looks like a field is `%3A`, a percent
/// sign before that is `%25`, and control characters are blanks.
fn value(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut written = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let behind = text.get(at + c.len_utf8()..).unwrap_or_default();
        match c {
            ':' if begins_field(behind) => written.push_str("%3A"),
            '%' if behind.starts_with("3A") || behind.starts_with("25") => written.push_str("%25"),
            c => written.push(c),
        }
    }
    written
}

/// Whether this is a blank, a word of small letters and an equals sign.
fn begins_field(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(' ') else { return false };
    FIELDS.iter().any(|field| rest.strip_prefix(field).is_some_and(|rest| rest.starts_with('=')))
}

#[cfg(test)]
mod tests {
    use pec::RecipientType;
    use proof::{Actor, SharedSubject, Subject};

    use super::*;

    fn row(event: Event, kind: Kind, concerns: &[&str], error: Option<&str>) -> Evidence {
        let named = |address: &str, kind| Named { address: address.into(), kind: Some(kind) };
        let subject = SharedSubject::new(Subject {
            identifier: "1.20261127@alfa.example".into(),
            sender: "anna@alfa.example".into(),
            recipients: vec![
                named("bob@beta.example", RecipientType::Certified),
                named("\"c, d\"@fuori.example", RecipientType::Ordinary),
            ],
            subject: "Re: Città".into(),
            client_id: None,
            original: None,
        });
        Evidence {
            at: Moment::from_unix(1_795_770_000),
            event,
            kind: Some(kind),
            about: About::Subject(subject),
            message_id: "2.20261127@alfa.example".into(),
            provider: "Alfa PEC".into(),
            concerns: concerns.iter().map(|&concerned| concerned.to_owned()).collect(),
            error: error.map(str::to_owned),
            actor: Actor::System,
        }
    }

    fn of(row: &Evidence) -> String {
        line(LogId(1), 4711, row, "Alfa PEC").unwrap()
    }

    #[test]
    fn the_lines_are_those_of_the_page() {
        const PAGE: &str = include_str!("../../../docs/evidence-log.md");
        for row in [
            row(Event::Emitted, Kind::Acceptance, &[], None),
            row(Event::Emitted, Kind::TakeCharge, &["bob@beta.example"], None),
            row(
                Event::Emitted,
                Kind::NonDelivery,
                &["bob@beta.example"],
                Some("5.1.1 - Alfa PEC - indirizzo non valido"),
            ),
        ] {
            let line = of(&row);
            assert!(PAGE.contains(&format!("    {line}\n")), "not on the page:\n    {line}");
        }
    }

    #[test]
    fn each_kind_has_its_name_its_fault_and_its_field() {
        for (kind, error, expected) in [
            (Kind::NonAcceptance, Some("5.6.2 - x"), "(NonAccettazione)|: errore=altro: errore-esteso=5.6.2 - x"),
            (Kind::VirusNonAcceptance, Some("Eicar"), "(NonAccettazioneVirus)|: errore=virus: virus=Eicar"),
            (Kind::AnomalyEnvelope, Some("no"), "tipo=errore (BustaAnomalia)|: gestore=Alfa PEC: eccezioni=no"),
            (Kind::VirusDetection, Some("Eicar"), "(RilevazioneVirus)|: errore=altro: virus=Eicar"),
            (Kind::VirusNonDelivery, Some("Eicar"), "(MancataConsegnaVirus)|: errore=virus: virus=Eicar"),
            (Kind::NonDelivery, Some("5.1.2 - x"), "(MancataConsegna)|: errore=no-dominio: errore-esteso=5.1.2 - x"),
            (Kind::NonDelivery, Some("what"), "(MancataConsegna)|: errore=altro: errore-esteso=what"),
            (Kind::Timeout, Some("4.4.1 - x"), "(MancataConsegna12h)|: errore-esteso=4.4.1 - x"),
            (Kind::Timeout, Some("5.4.1 - x"), "(MancataConsegna24h)|: errore=altro: errore-esteso=5.4.1 - x"),
        ] {
            let line = of(&row(Event::Emitted, kind, &[], error));
            let (name, end) = expected.split_once('|').unwrap();
            assert!(line.contains(name) && line.ends_with(end), "{line}");
        }
    }

    #[test]
    fn what_has_no_line_has_none() {
        let (log, us) = (LogId(1), "Alfa PEC");
        for event in [Event::Deposited, Event::Relayed, Event::RelayFailed, Event::Removed, Event::Contradicted] {
            assert_eq!(line(log, 1, &row(event, Kind::Delivery, &[], None), us), None);
        }
        let came = row(Event::Received, Kind::Delivery, &["bob@beta.example"], None);
        assert_eq!(line(log, 1, &came, us), None, "we made it: its line is there");
        assert!(line(log, 1, &came, "Beta PEC").unwrap().ends_with(": gestore=Alfa PEC: consegna=bob@beta.example"));
        let passed_on = row(Event::Emitted, Kind::AnomalyEnvelope, &["bob@beta.example"], Some("forwarded to x"));
        assert_eq!(line(log, 1, &passed_on, us), None);
        let submitted = Evidence { kind: None, ..came };
        assert_eq!(line(log, 1, &submitted, "Beta PEC"), None);
    }

    #[test]
    fn nobody_writes_a_field_of_his_own() {
        assert_eq!(value("Re: oggetto"), "Re: oggetto");
        assert_eq!(value("x: gestore=Altro\nmag 10"), "x%3A gestore=Altro mag 10");
        assert_eq!(value("100% %3A"), "100% %253A");
        assert_eq!(address("\"c, d (certificato)\"@x"), "\"c%2C%20d%20%28certificato%29\"@x");
    }

    #[test]
    fn what_opens_and_closes_a_file_says_which_rows_it_has() {
        let at = Moment::from_unix(1_772_877_600);
        let sheet = Sheet {
            log: LogId(2),
            head: 7,
            day: "2026-03-07".into(),
            first: 11,
            end: 21,
            root: proof::tree::empty(),
            closed: true,
            at,
            provider: "Alfa PEC".into(),
        };
        assert_eq!(open(&sheet, at), "mar  7 11:00:00 2026 PEC2 sigillo [11]: OPEN: giorno=2026-03-07: righe=11-20");
        assert!(
            close(&sheet, at, 3)
                .starts_with("mar  7 11:00:00 2026 PEC2 sigillo [20]: CLOSE: eventi=3: testa=7: radice=")
        );
        let grows = Sheet { closed: false, ..sheet };
        assert!(close(&grows, at, 3).contains("]: CONTINUA: eventi=3"));
        assert!(missing(LogId(2), 12, 13, at).ends_with("[12]: MANCANTI: righe=12-13"));
        assert!(unreadable(LogId(2), 12, "a\nb", at).ends_with("[12]: ILLEGGIBILE: errore-esteso=a b"));
    }
}
