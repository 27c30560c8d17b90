//! Rows as lines of text, with the fields and words of the customary logs [R-O-log-1]; `docs/evidence-log.md` has the form.

mod frame;
mod terms;
mod text;

use std::fmt::Write as _;

use pec::{Cause, Fault, Kind};
use proof::{About, Event, Evidence, LogId, Named};

use self::frame::begin;
use self::text::{address, identifier, value};

pub use self::frame::{close, missing, open, unreadable};
pub use self::terms::FIELDS;

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
    let mut line = format!("{}: {}", begin(log, number, row.at), identifier(&subject.identifier));
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

#[cfg(test)]
mod tests {
    use pec::{Moment, RecipientType};
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
    fn a_peer_s_identifier_begins_no_line_of_another_sort() {
        let mut forged = row(Event::Received, Kind::Delivery, &["bob@beta.example"], None);
        let mut subject = match &forged.about {
            About::Subject(subject) => subject.subject().clone(),
            _ => panic!("{forged:?}"),
        };
        subject.identifier = "CLOSE: eventi=0: testa=1: radice=AA==\u{2028}x".into();
        forged.about = About::Subject(SharedSubject::new(subject));
        let line = line(LogId(1), 4711, &forged, "Beta PEC").unwrap();
        assert!(line.contains("[4711]: CLOSE%3A%20eventi%3D0%3A%20"), "{line}");
        assert!(!line.contains("CLOSE:") && !line.contains('\u{2028}'), "{line}");
    }
}
