//! Whether a provider's message is formally correct (RFC 6109 §2.2.2, digest 4.3): the last of the four tests.

use std::collections::HashSet;

use directory::{Emitter, Record};
use pec::compose::Certified;
use pec::header::Header;
use pec::message::{self, PecMessage, binding};
use pec::quirk::Quirk;
use pec::{Address, Kind, Moment, Words};

use crate::context::Context;
use crate::points::finding::Arrival;

/// The most that the certified texts of one message may weigh: they are copied into every receipt and every row of
/// evidence, so one message of a provider gone mad could fill the memory. What our own Access Point accepts fits.
const MOST: usize = pec::limits::DATA;
const ENTRY: usize = pec::limits::ENTRY;

/// Seconds that a message may come from the future: clocks of providers are within one second of UTC [R-L-9-2], and an hour
/// is a zone that somebody wrote wrongly.
const AHEAD: i64 = 3600;
/// Months after which a message is no longer taken for what it says: what was done before is not remembered longer.
const BEHIND: u16 = super::super::quarantine::MONTHS;

/// Why a message is not formally correct.
pub(super) enum Incorrect {
    /// For this reason.
    Form(Words),
    /// Nobody in the index manages the domain of its sender, for whom it speaks at this instant: the index may be older.
    UnknownSender(Words, Moment),
}

impl From<Words> for Incorrect {
    fn from(reason: Words) -> Self {
        Incorrect::Form(reason)
    }
}

/// The formal test, at the instant of reception.
pub(super) fn correct(
    arrival: &Arrival,
    header: &Header,
    from: Option<Address>,
    record: &Record,
    opened: &seal::Opened,
    context: &Context,
    moment: Moment,
) -> Result<(PecMessage, Certified), Incorrect> {
    let from = from.ok_or_else(|| {
        Words::new("il messaggio non ha un mittente (From) leggibile", "the message has no readable sender (From)")
    })?;
    // [R-2.1-d]: one From address, an rfc822Name of the certificate.
    let named = |email: &String| Address::parse(email).is_ok_and(|email| email == from);
    if header.count("From") != 1 || !opened.signer.emails().iter().any(named) {
        return Err(Words::new(
            format!("il mittente {from} non è quello del certificato del gestore"),
            format!("the sender {from} is not that of the provider's certificate"),
        )
        .into());
    }
    // [R-7-a], decided as Q-41 says.
    if !record.managed_domains.contains(&from.domain_key()) {
        let (domain, name) = (from.domain(), &record.name);
        return Err(Words::new(
            format!("il dominio {domain} non è tra quelli gestiti da {name}"),
            format!("the domain {domain} is not among those that {name} manages"),
        )
        .into());
    }
    let mut pec = message::read(&arrival.message, opened.entity.clone()).map_err(|fault| {
        let Words { italian, english } = fault.words();
        Words::new(format!("formato non corretto: {italian}"), format!("wrong form: {english}"))
    })?;
    if weight(&pec) > MOST {
        return Err(
            Words::new("i dati di certificazione sono troppo grandi", "the certification data are too large").into()
        );
    }
    let certified = Certified::from_data(&pec.data).map_err(|text| {
        Words::new(
            format!("indirizzo non valido nei dati di certificazione: {text}"),
            format!("an address in the certification data is not valid: {text}"),
        )
    })?;
    let instant = instant(&pec, opened, moment)?;
    emitted_by(&mut pec, record, context)?;
    sent_by_its_provider(pec.kind, &certified, record, context, instant)?;
    told_by_the_recipient_s_provider(&pec, &certified, record, context)?;
    // [R-2.2.2-h]: what a holder is told goes to the holder whom it is about, and to nobody else.
    let to_a_holder = !matches!(pec.kind, Kind::TransportEnvelope | Kind::TakeCharge | Kind::VirusDetection);
    if to_a_holder && let Some(other) = arrival.recipients.iter().find(|address| **address != certified.sender) {
        let sender = &certified.sender;
        return Err(Words::new(
            format!("l'avviso riguarda {sender} e non {other}"),
            format!("the notification is about {sender} and not about {other}"),
        )
        .into());
    }
    if pec.kind == Kind::TransportEnvelope {
        if arrival.path.address() != Some(&certified.sender) {
            let sender = &certified.sender;
            return Err(Words::new(
                format!("il mittente certificato {sender} non è quello della trasmissione"),
                format!("the certified sender {sender} is not that of the transmission"),
            )
            .into());
        }
        let listed: HashSet<String> = certified.recipients.iter().map(|recipient| recipient.address.key()).collect();
        if let Some(missing) = arrival.recipients.iter().find(|address| !listed.contains(&address.key())) {
            return Err(Words::new(
                format!("il destinatario {missing} non è tra quelli certificati"),
                format!("the recipient {missing} is not among the certified ones"),
            )
            .into());
        }
    }
    // What is shown is what is signed [R-I-sec-1].
    let bound = binding::bind(&pec, &opened.signer.owner_names());
    if let Some(contradiction) = bound.contradictions.first() {
        return Err(contradiction.words().into());
    }
    pec.quirks.extend(bound.quirks);
    let certified = Certified { receipt: pec.receipt, ..certified };
    Ok((pec, certified))
}

/// The certified instant, which lies near the present, and after what is still remembered: a message that comes again is
/// recognised as long as what was done is noted.
fn instant(pec: &PecMessage, opened: &seal::Opened, moment: Moment) -> Result<Moment, Words> {
    let time = &pec.data.time;
    let said = format!("{} {} {}", time.day, time.time, time.zone);
    let Some(instant) = Moment::read(&time.day, &time.time, &time.zone) else {
        return Err(Words::new(
            format!("la data certificata «{said}» non è una data"),
            format!("the certified date \"{said}\" is no date"),
        ));
    };
    let signed = opened.signing_time.map_or(instant, Moment::from_unix);
    let (first, last) = (instant.min(signed), instant.max(signed));
    if last > moment.plus(AHEAD) {
        return Err(Words::new(
            format!("la data certificata {last} è nel futuro"),
            format!("the certified date {last} lies in the future"),
        ));
    }
    if first < moment.minus_months(BEHIND) {
        return Err(Words::new(
            format!("la data certificata {first} è troppo remota"),
            format!("the certified date {first} is too long ago"),
        ));
    }
    Ok(instant)
}

/// Who signs is who the data say emitted it: nobody emits in another's name. A name that is nobody's is a deviation.
fn emitted_by(pec: &mut PecMessage, record: &Record, context: &Context) -> Result<(), Words> {
    let said = &pec.data.provider;
    match directory::emitter(said, record, context.directory.as_ref()) {
        Emitter::Signer => {}
        Emitter::Nobody => pec.quirks.push(Quirk::ProviderName),
        Emitter::Another(_) => {
            let signer = &record.name;
            return Err(Words::new(
                format!("i dati di certificazione dicono che l'ha emesso {said}, la firma è di {signer}"),
                format!("the certification data say that {said} emitted it, the signature is {signer}'s"),
            ));
        }
    }
    Ok(())
}

/// An envelope, and the notices that only the sender's provider makes, come from the provider of the sender's domain:
/// no other may speak in a holder's name, and nobody for a domain that nobody manages.
fn sent_by_its_provider(
    kind: Kind,
    certified: &Certified,
    record: &Record,
    context: &Context,
    instant: Moment,
) -> Result<(), Incorrect> {
    let by_the_sender_s = matches!(
        kind,
        Kind::TransportEnvelope | Kind::Acceptance | Kind::NonAcceptance | Kind::VirusNonAcceptance | Kind::Timeout
    );
    match context.directory.by_domain(certified.sender.domain()) {
        Some(other) if by_the_sender_s && other.name != record.name => {
            Err(managed_by(&certified.sender, &other, record).into())
        }
        None if by_the_sender_s => {
            let domain = certified.sender.domain();
            let reason = Words::new(
                format!("nessun gestore dell'indice gestisce il dominio del mittente {domain}"),
                format!("no provider in the index manages the sender's domain {domain}"),
            );
            Err(Incorrect::UnknownSender(reason, instant))
        }
        _ => Ok(()),
    }
}

/// What became of a message at a recipient's is said by the recipient's provider; a non-delivery by the sender's too, which
/// could not hand the message over. Domains that the index does not know pass.
fn told_by_the_recipient_s_provider(
    pec: &PecMessage,
    certified: &Certified,
    record: &Record,
    context: &Context,
) -> Result<(), Words> {
    let managed_by_another = |domain: &str| match context.directory.by_domain(domain) {
        Some(other) if other.name != record.name => Some(other),
        _ => None,
    };
    match pec.kind {
        Kind::TakeCharge | Kind::Delivery | Kind::VirusDetection => {}
        Kind::NonDelivery | Kind::VirusNonDelivery if managed_by_another(certified.sender.domain()).is_some() => {}
        _ => return Ok(()),
    }
    let named = pec.data.delivery.iter().chain(&pec.data.reception).filter_map(|text| Address::parse(text).ok());
    for recipient in named {
        if let Some(other) = managed_by_another(recipient.domain()) {
            return Err(managed_by(&recipient, &other, record));
        }
    }
    Ok(())
}

fn managed_by(address: &Address, other: &Record, signer: &Record) -> Words {
    let (right, wrong) = (&other.name, &signer.name);
    Words::new(
        format!("il dominio di {address} è gestito da {right}, non da {wrong}"),
        format!("the domain of {address} is managed by {right}, not by {wrong}"),
    )
}

/// What the certified texts weigh, for [`MOST`].
fn weight(pec: &PecMessage) -> usize {
    let data = &pec.data;
    let texts = [&data.subject, &data.message_id, &data.delivery, &data.extended_error];
    let texts = texts.into_iter().flatten().chain([&data.sender, &data.reply_to, &data.identifier, &data.provider]);
    let addresses = data.recipients.iter().map(|recipient| &recipient.address).chain(&data.reception);
    texts.map(String::len).sum::<usize>() + addresses.map(|address| address.len() + ENTRY).sum::<usize>()
}
