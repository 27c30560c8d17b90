//! Kinds and events as people call them.

use pec::{Kind, Words};
use store::Event;

/// What a message is, with its article in neither language.
pub(crate) fn noun(kind: Kind) -> Words {
    let (italian, english) = match kind {
        Kind::Acceptance => ("ricevuta di accettazione", "acceptance receipt"),
        Kind::AnomalyEnvelope => ("busta di anomalia", "anomaly envelope"),
        Kind::Delivery => ("ricevuta di avvenuta consegna", "delivery receipt"),
        Kind::NonAcceptance => ("avviso di non accettazione", "notice of non-acceptance"),
        Kind::NonDelivery => ("avviso di mancata consegna", "notice of non-delivery"),
        Kind::TakeCharge => ("ricevuta di presa in carico", "take-charge receipt"),
        Kind::Timeout => (
            "avviso di mancata consegna per superamento dei tempi massimi",
            "notice that nothing says that it was delivered in time",
        ),
        Kind::TransportEnvelope => ("busta di trasporto", "transport envelope"),
        Kind::VirusDetection => ("avviso di rilevazione virus", "notice of a virus found"),
        Kind::VirusNonAcceptance => {
            ("avviso di non accettazione per virus", "notice of non-acceptance because of a virus")
        }
        Kind::VirusNonDelivery => ("avviso di mancata consegna per virus", "notice of non-delivery because of a virus"),
    };
    Words::new(italian, english)
}

/// What happened to it.
pub(crate) fn event(event: Event) -> Words {
    let (italian, english) = match event {
        Event::Deposited => ("messo nella casella", "put in the mailbox"),
        Event::Emitted => ("emesso e firmato", "made and signed"),
        Event::Received => ("ricevuto", "received"),
        Event::Relayed => ("consegnato al sistema successivo", "handed over to the next system"),
        Event::RelayFailed => ("non consegnato al sistema successivo", "not handed over to the next system"),
        Event::Administered => ("operazione amministrativa", "administrative act"),
        Event::Contradicted => ("contraddice quanto già registrato", "contradicts what was on record"),
        Event::Removed => ("eliminato dalla casella", "removed from the mailbox"),
        Event::Expired => ("righe scadute del registro", "rows of the trace that have expired"),
    };
    Words::new(italian, english)
}
