//! One line of a log.

/// The fields, in their order.
const FIELDS: [&str; 12] = [
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

/// The names, each with what the certification data call it.
const NAMES: [(&str, &str); 12] = [
    ("Accettazione", "accettazione"),
    ("NonAccettazione", "non-accettazione"),
    ("NonAccettazioneVirus", "non-accettazione"),
    ("BustaTrasporto", "posta-certificata"),
    ("BustaAnomalia", "errore"),
    ("PresaInCarico", "presa-in-carico"),
    ("Consegna", "avvenuta-consegna"),
    ("MancataConsegna", "errore-consegna"),
    ("MancataConsegnaVirus", "errore-consegna"),
    ("MancataConsegna12h", "preavviso-errore-consegna"),
    ("MancataConsegna24h", "preavviso-errore-consegna"),
    ("RilevazioneVirus", "rilevazione-virus"),
];

/// A line.
pub(super) struct Line {
    /// The number in brackets.
    pub(super) row: u64,
    pub(super) body: Body,
}

/// What it says.
pub(super) enum Body {
    Open { first: u64, last: u64 },
    End { events: u64, closed: bool },
    Gone { first: u64, last: u64 },
    Damaged { what: String },
    Event(Event),
}

/// A message that was made or came.
pub(super) struct Event {
    pub(super) identifier: String,
    pub(super) name: &'static str,
    pub(super) sender: String,
    /// Each with `certificato` or `esterno`, or nothing.
    pub(super) recipients: Vec<(String, String)>,
    pub(super) subject: String,
    pub(super) provider: String,
    pub(super) reception: Vec<String>,
    pub(super) delivery: Vec<String>,
}

type Read<T> = Result<T, &'static str>;

impl Line {
    pub(super) fn read(text: &str) -> Read<Self> {
        let (begin, rest) = text.split_once("]: ").ok_or("no brackets")?;
        let (begin, row) = begin.split_once(" sigillo [").ok_or("no program")?;
        let row = row.parse().map_err(|_| "no number in the brackets")?;
        is_moment(begin)?;
        let body = match rest.split_once(": ") {
            Some(("OPEN", rest)) => {
                let (first, last) = rows(fields(rest, &["giorno", "righe"])?.get("righe").ok_or("no rows")?)?;
                Body::Open { first, last }
            }
            Some((word @ ("CLOSE" | "CONTINUA"), rest)) => {
                let said = fields(rest, &["eventi", "testa", "radice"])?;
                let events = said.get("eventi").and_then(|events| events.parse().ok()).ok_or("no number of events")?;
                Body::End { events, closed: word == "CLOSE" }
            }
            Some(("MANCANTI", rest)) => {
                let (first, last) = rows(rest.strip_prefix("righe=").ok_or("no rows")?)?;
                Body::Gone { first, last }
            }
            Some(("ILLEGGIBILE", rest)) => Body::Damaged { what: rest.to_owned() },
            Some((identifier, rest)) => Body::Event(event(identifier, rest)?),
            None => return Err("no fields"),
        };
        Ok(Self { row, body })
    }
}

/// `nov 27 10:00:00 2026 PEC1`
fn is_moment(text: &str) -> Read<()> {
    const MONTHS: &str = "gen feb mar apr mag giu lug ago set ott nov dic";
    let parts: Vec<&str> = text.split_whitespace().collect();
    let [month, day, time, year, log] = parts.as_slice() else { return Err("no moment") };
    let is_number = |text: &str, most: u32| text.parse().is_ok_and(|number: u32| number <= most);
    let time: Vec<&str> = time.split(':').collect();
    let holds = MONTHS.split(' ').any(|known| known == *month)
        && is_number(day, 31)
        && matches!(time.as_slice(), [h, m, s] if is_number(h, 23) && is_number(m, 59) && is_number(s, 60))
        && year.len() == 4
        && is_number(year, 9999)
        && log.strip_prefix("PEC").is_some_and(|log| is_number(log, u32::MAX));
    if holds { Ok(()) } else { Err("no moment") }
}

fn rows(text: &str) -> Read<(u64, u64)> {
    let (first, last) = text.split_once('-').ok_or("no rows")?;
    Ok((first.parse().map_err(|_| "no rows")?, last.parse().map_err(|_| "no rows")?))
}

/// `a=x: b=y`, in this order and none twice.
fn fields<'a>(text: &'a str, names: &[&'static str]) -> Read<std::collections::BTreeMap<&'static str, &'a str>> {
    // Where each begins: no value can have such a beginning in it.
    let mut begins = Vec::new();
    for name in names {
        let begin = format!("{name}=");
        if text.starts_with(&begin) {
            begins.push((0, begin.len(), *name));
        }
        begins.extend(text.match_indices(&format!(": {begin}")).map(|(at, found)| (at, at + found.len(), *name)));
    }
    begins.sort_unstable();
    if begins.first().is_none_or(|(at, ..)| *at != 0) {
        return Err("a field is unknown");
    }
    let order: Vec<usize> =
        begins.iter().filter_map(|(_, _, name)| names.iter().position(|known| known == name)).collect();
    if !order.is_sorted_by(|a, b| a < b) {
        return Err("fields stand twice or in another order");
    }
    let ends = begins.iter().skip(1).map(|(at, ..)| *at).chain([text.len()]);
    Ok(begins.iter().zip(ends).filter_map(|((_, begin, name), end)| Some((*name, text.get(*begin..end)?))).collect())
}

fn event(identifier: &str, rest: &str) -> Read<Event> {
    let said = fields(rest, &FIELDS)?;
    let field = |name: &str, what: &'static str| said.get(name).copied().ok_or(what);
    let kind = field("tipo", "no tipo")?;
    let (tipo, name) = kind.strip_suffix(')').and_then(|kind| kind.split_once(" (")).ok_or("no name of its kind")?;
    let known = NAMES.iter().find(|(known, of)| *known == name && *of == tipo);
    let (name, _) = known.ok_or("a kind that is unknown")?;
    let list = |name: &str| {
        let text = said.get(name).copied().unwrap_or_default();
        text.split(", ").filter(|one| !one.is_empty()).map(address).collect::<Vec<_>>()
    };
    let recipients = field("destinatari", "no recipients")?.split(", ").filter(|one| !one.is_empty());
    let recipients = recipients.map(|one| match one.strip_suffix(')').and_then(|one| one.split_once(" (")) {
        Some((one, kind)) => (address(one), kind.to_owned()),
        None => (address(one), String::new()),
    });
    Ok(Event {
        identifier: value(identifier),
        name,
        sender: address(field("mittente", "no sender")?),
        recipients: recipients.collect(),
        subject: value(field("oggetto", "no subject")?),
        provider: value(field("gestore", "no provider")?),
        reception: list("ricezione"),
        delivery: list("consegna"),
    })
}

fn value(text: &str) -> String {
    text.replace("%3A", ":").replace("%25", "%")
}

/// Addresses are compared without regard to case.
fn address(text: &str) -> String {
    let (mut octets, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, behind)) = rest.split_first() {
        let digits = behind.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| *first == b'%') {
            Some(octet) => {
                octets.push(octet);
                rest = behind.get(2..).unwrap_or_default();
            }
            None => {
                octets.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&octets).to_lowercase()
}
