//! The models, as the Italian annex prescribes them, and their English versions.
//!
//! Tokens: `{g}` day, `{iso}` day as yyyy-mm-dd, `{o}` time, `{z}` zone, `{s}` subject, `{m}` sender,
//! `{d}` the one recipient concerned, `{id}` identifier. Alone on a line: `{list}` every recipient,
//! `{types}` every recipient with its type, `{concerned}` the recipients concerned, `{e}` every error,
//! `{e-en}` every error in English.

use crate::ReceiptType;
use crate::kind::Silence;

/// Which text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Model {
    Acceptance,
    Anomaly,
    Delivery(ReceiptType),
    NonAcceptance,
    NonDelivery,
    /// `partial`: the notice covers some of the recipients [R-3.2.1-c].
    TakeCharge {
        partial: bool,
    },
    Timeout(Silence),
    TransportEnvelope,
    VirusDetection,
    VirusNonAcceptance,
    VirusNonDelivery,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Italian,
    English,
}

/// Title line and the lines after it; an empty line parts paragraphs.
pub(crate) type Template = (&'static str, &'static [&'static str]);

impl Model {
    /// Every model.
    #[cfg(test)]
    pub const ALL: [Model; 15] = [
        Model::Acceptance,
        Model::Anomaly,
        Model::Delivery(ReceiptType::Brief),
        Model::Delivery(ReceiptType::Complete),
        Model::Delivery(ReceiptType::Concise),
        Model::NonAcceptance,
        Model::NonDelivery,
        Model::TakeCharge { partial: false },
        Model::TakeCharge { partial: true },
        Model::Timeout(Silence::TwelveHours),
        Model::Timeout(Silence::TwentyFourHours),
        Model::TransportEnvelope,
        Model::VirusDetection,
        Model::VirusNonAcceptance,
        Model::VirusNonDelivery,
    ];

    /// The model in a language.
    pub fn in_language(self, language: Language) -> Template {
        match language {
            Language::Italian => self.italian(),
            Language::English => self.english(),
        }
    }

    fn italian(self) -> Template {
        match self {
            // [R-3.1.4-b]
            Model::Acceptance => (
                "Ricevuta di accettazione",
                &[
                    "Il giorno {g} alle ore {o} ({z}) il messaggio",
                    "\"{s}\" proveniente da \"{m}\"",
                    "ed indirizzato a:",
                    "{types}",
                    "è stato accettato dal sistema ed inoltrato.",
                    "Identificativo messaggio: {id}",
                    "",
                    IT_DATA,
                ],
            ),
            // [R-3.2.2-c]
            Model::Anomaly => (
                "Anomalia nel messaggio",
                &[
                    "Il giorno {g} alle ore {o} ({z}) è stato ricevuto il messaggio",
                    "\"{s}\" proveniente da \"{m}\"",
                    "ed indirizzato a:",
                    "{list}",
                    "Tali dati non sono stati certificati per il seguente errore:",
                    "{e}",
                    "Il messaggio originale è incluso in allegato.",
                ],
            ),
            Model::Delivery(kind) => (
                match kind {
                    ReceiptType::Complete => "Ricevuta di avvenuta consegna",
                    ReceiptType::Brief => "Ricevuta breve di avvenuta consegna",
                    ReceiptType::Concise => "Ricevuta sintetica di avvenuta consegna",
                },
                &[
                    "Il giorno {g} alle ore {o} ({z}) il messaggio",
                    "\"{s}\" proveniente da \"{m}\"",
                    "ed indirizzato a \"{d}\"",
                    "è stato consegnato nella casella di destinazione.",
                    "Identificativo messaggio: {id}",
                    "",
                    IT_DATA,
                ],
            ),
            // [R-3.1.2-b]
            Model::NonAcceptance => (
                "Errore nell'accettazione del messaggio",
                &[
                    "Il giorno {g} alle ore {o} ({z}) nel messaggio",
                    "\"{s}\" proveniente da \"{m}\"",
                    "ed indirizzato a:",
                    "{list}",
                    "è stato rilevato un problema che ne impedisce l'accettazione a causa di",
                    "{e}",
                    "Il messaggio non è stato accettato.",
                    "Identificativo messaggio: {id}",
                    "",
                    IT_DATA,
                ],
            ),
            Model::NonDelivery => (
                "Avviso di mancata consegna",
                &[
                    "Il giorno {g} alle ore {o} ({z}) nel messaggio",
                    "\"{s}\" proveniente da \"{m}\"",
                    "e destinato all'utente \"{d}\"",
                    "è stato rilevato un errore",
                    "{e}",
                    "Il messaggio è stato rifiutato dal sistema.",
                    "Identificativo messaggio: {id}",
                    "",
                    IT_DATA,
                ],
            ),
            // [R-3.2.1-e]
            Model::TakeCharge { partial: false } => (
                "Ricevuta di presa in carico",
                &[
                    "Il giorno {g} alle ore {o} ({z}) il messaggio",
                    "\"{s}\" proveniente da \"{m}\"",
                    "ed indirizzato a:",
                    "{list}",
                    "è stato accettato dal sistema.",
                    "Identificativo messaggio: {id}",
                    "",
                    IT_DATA,
                ],
            ),
            Model::TakeCharge { partial: true } => (
                "Ricevuta di presa in carico",
                &[
                    "Il giorno {g} alle ore {o} ({z}) il messaggio",
                    "\"{s}\" proveniente da \"{m}\"",
                    "ed indirizzato a:",
                    "{list}",
                    "è stato accettato dal sistema.",
                    "Identificativo messaggio: {id}",
                    "",
                    "La presa in carico riguarda:",
                    "{concerned}",
                    "",
                    IT_DATA,
                ],
            ),
            Model::Timeout(Silence::TwelveHours) => (
                "Avviso di mancata consegna",
                &[
                    "Il giorno {g} alle ore {o} ({z}) il messaggio",
                    "\"{s}\" proveniente da \"{m}\"",
                    "e destinato all'utente \"{d}\"",
                    "non è stato consegnato nelle prime dodici ore dal suo invio.",
                    "Non escludendo che questo possa avvenire in seguito,",
                    "si ritiene utile considerare che l'invio potrebbe non andare a buon fine.",
                    "Il sistema provvederà comunque ad inviare un ulteriore avviso di mancata consegna",
                    "se nelle prossime dodici ore non vi sarà la conferma della ricezione da parte del destinatario.",
                    "Identificativo messaggio: {id}",
                    "",
                    IT_DATA,
                ],
            ),
            Model::Timeout(Silence::TwentyFourHours) => (
                "Avviso di mancata consegna",
                &[
                    "Il giorno {g} alle ore {o} ({z}) il messaggio",
                    "\"{s}\" proveniente da \"{m}\"",
                    "e destinato all'utente \"{d}\"",
                    "non è stato consegnato nelle ventiquattro ore successive al suo invio.",
                    "Si ritiene che la spedizione debba considerarsi non andata a buon fine.",
                    "Identificativo messaggio: {id}",
                    "",
                    IT_DATA,
                ],
            ),
            Model::TransportEnvelope => (
                "Messaggio di posta certificata",
                &[
                    "Il giorno {g} alle ore {o} ({z}) il messaggio",
                    "\"{s}\" è stato inviato da \"{m}\"",
                    "indirizzato a:",
                    "{list}",
                    "Il messaggio originale è incluso in allegato.",
                    "Identificativo messaggio: {id}",
                    "",
                    IT_DATA,
                ],
            ),
            // [R-3.2.3-e]
            Model::VirusDetection => (
                "Avviso di rilevazione virus informatico",
                &[
                    "Il giorno {g} alle ore {o} ({z}) nel messaggio",
                    "\"{s}\" proveniente da \"{m}\"",
                    "e destinato all'utente \"{d}\"",
                    "è stato rilevato un problema di sicurezza",
                    "{e}",
                    "Identificativo messaggio: {id}",
                    "",
                    IT_DATA,
                ],
            ),
            Model::VirusNonAcceptance => (
                "Errore nell'accettazione del messaggio per presenza virus",
                &[
                    "Il giorno {g} alle ore {o} ({z}) nel messaggio",
                    "\"{s}\" proveniente da \"{m}\"",
                    "ed indirizzato a:",
                    "{list}",
                    "è stato rilevato un problema di sicurezza",
                    "{e}",
                    "Il messaggio non è stato accettato.",
                    "Identificativo messaggio: {id}",
                    "",
                    IT_DATA,
                ],
            ),
            // [R-3.2.4-c]
            Model::VirusNonDelivery => (
                "Avviso di mancata consegna per virus informatico",
                &[
                    "Il giorno {g} alle ore {o} ({z}) nel messaggio",
                    "\"{s}\" proveniente da \"{m}\"",
                    "e destinato all'utente \"{d}\"",
                    "è stato rilevato un problema di sicurezza",
                    "{e}",
                    "Il messaggio non è stato consegnato.",
                    "Identificativo messaggio: {id}",
                    "",
                    IT_DATA,
                ],
            ),
        }
    }

    fn english(self) -> Template {
        match self {
            Model::Acceptance => (
                "Acceptance notification",
                &[
                    "On {iso} at {o} ({z}) the message",
                    "\"{s}\" from \"{m}\"",
                    "addressed to:",
                    "{types-en}",
                    "was accepted by the system and forwarded.",
                    "Message identifier: {id}",
                    "",
                    EN_DATA,
                ],
            ),
            Model::Anomaly => (
                "Message anomaly",
                &[
                    "On {iso} at {o} ({z}) the message",
                    "\"{s}\" from \"{m}\"",
                    "addressed to:",
                    "{list}",
                    "was received. These data have not been certified because of the following error:",
                    "{e-en}",
                    "The original message is attached.",
                ],
            ),
            Model::Delivery(kind) => (
                match kind {
                    ReceiptType::Complete => "Delivery notification",
                    ReceiptType::Brief => "Brief delivery notification",
                    ReceiptType::Concise => "Concise delivery notification",
                },
                &[
                    "On {iso} at {o} ({z}) the message",
                    "\"{s}\" from \"{m}\"",
                    "addressed to \"{d}\"",
                    "was put in the mailbox of its destination.",
                    "Message identifier: {id}",
                    "",
                    EN_DATA,
                ],
            ),
            Model::NonAcceptance => (
                "Message not accepted",
                &[
                    "On {iso} at {o} ({z}) in the message",
                    "\"{s}\" from \"{m}\"",
                    "addressed to:",
                    "{list}",
                    "a problem was found that prevents its acceptance:",
                    "{e}",
                    "The message was not accepted.",
                    "Message identifier: {id}",
                    "",
                    EN_DATA,
                ],
            ),
            Model::NonDelivery => (
                "Non-delivery notification",
                &[
                    "On {iso} at {o} ({z}) in the message",
                    "\"{s}\" from \"{m}\"",
                    "addressed to the user \"{d}\"",
                    "an error was found:",
                    "{e}",
                    "The message was refused by the system.",
                    "Message identifier: {id}",
                    "",
                    EN_DATA,
                ],
            ),
            Model::TakeCharge { partial: false } => (
                "Take-charge notification",
                &[
                    "On {iso} at {o} ({z}) the message",
                    "\"{s}\" from \"{m}\"",
                    "addressed to:",
                    "{list}",
                    "was accepted by the system.",
                    "Message identifier: {id}",
                    "",
                    EN_DATA,
                ],
            ),
            Model::TakeCharge { partial: true } => (
                "Take-charge notification",
                &[
                    "On {iso} at {o} ({z}) the message",
                    "\"{s}\" from \"{m}\"",
                    "addressed to:",
                    "{list}",
                    "was accepted by the system.",
                    "Message identifier: {id}",
                    "",
                    "This notification covers:",
                    "{concerned}",
                    "",
                    EN_DATA,
                ],
            ),
            Model::Timeout(Silence::TwelveHours) => (
                "Non-delivery notification",
                &[
                    "On {iso} at {o} ({z}) the message",
                    "\"{s}\" from \"{m}\"",
                    "addressed to the user \"{d}\"",
                    "was not delivered within the first twelve hours after it was sent.",
                    "It may still be delivered, but consider that it might not be.",
                    "A further notification will follow if no confirmation comes in the next twelve hours.",
                    "Message identifier: {id}",
                    "",
                    EN_DATA,
                ],
            ),
            Model::Timeout(Silence::TwentyFourHours) => (
                "Non-delivery notification",
                &[
                    "On {iso} at {o} ({z}) the message",
                    "\"{s}\" from \"{m}\"",
                    "addressed to the user \"{d}\"",
                    "was not delivered within twenty-four hours after it was sent.",
                    "The transmission is to be considered failed.",
                    "Message identifier: {id}",
                    "",
                    EN_DATA,
                ],
            ),
            Model::TransportEnvelope => (
                "Certified mail message",
                &[
                    "On {iso} at {o} ({z}) the message",
                    "\"{s}\" was sent by \"{m}\"",
                    "addressed to:",
                    "{list}",
                    "The original message is attached.",
                    "Message identifier: {id}",
                    "",
                    EN_DATA,
                ],
            ),
            Model::VirusDetection => (
                "Virus detection notification",
                &[
                    "On {iso} at {o} ({z}) in the message",
                    "\"{s}\" from \"{m}\"",
                    "addressed to the user \"{d}\"",
                    "a security problem was found:",
                    "{e}",
                    "Message identifier: {id}",
                    "",
                    EN_DATA,
                ],
            ),
            Model::VirusNonAcceptance => (
                "Message not accepted because of a virus",
                &[
                    "On {iso} at {o} ({z}) in the message",
                    "\"{s}\" from \"{m}\"",
                    "addressed to:",
                    "{list}",
                    "a security problem was found:",
                    "{e}",
                    "The message was not accepted.",
                    "Message identifier: {id}",
                    "",
                    EN_DATA,
                ],
            ),
            Model::VirusNonDelivery => (
                "Non-delivery notification because of a virus",
                &[
                    "On {iso} at {o} ({z}) in the message",
                    "\"{s}\" from \"{m}\"",
                    "addressed to the user \"{d}\"",
                    "a security problem was found:",
                    "{e}",
                    "The message was not delivered.",
                    "Message identifier: {id}",
                    "",
                    EN_DATA,
                ],
            ),
        }
    }
}

const IT_DATA: &str = "L'allegato daticert.xml contiene informazioni di servizio sulla trasmissione.";
const EN_DATA: &str = "The attachment daticert.xml contains service data about the transmission.";
