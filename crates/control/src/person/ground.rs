//! Why something that is about a person stays, or goes by itself only later.

use pec::Words;

/// A ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ground {
    /// The access history of mailboxes.
    Accesses,
    /// An address that belonged to a mailbox.
    Address,
    /// The trace.
    Evidence,
    /// Infected messages.
    Infected,
    /// What is still in use.
    InUse,
    /// Receipts and notices outside mailboxes.
    Kept,
    /// What a legal hold keeps.
    LegalHold,
    /// The login name of a user.
    Name,
    /// Messages whose erasure was not asked for.
    NotAsked,
    /// What lies in mailboxes of others.
    Others,
    /// A mailbox that others use too.
    Shared,
    /// What is on its way.
    UnderWay,
}

impl Ground {
    /// Every ground.
    pub const ALL: [Self; 12] = [
        Self::Accesses,
        Self::Address,
        Self::Evidence,
        Self::Infected,
        Self::InUse,
        Self::Kept,
        Self::LegalHold,
        Self::Name,
        Self::NotAsked,
        Self::Others,
        Self::Shared,
        Self::UnderWay,
    ];

    /// Stable name.
    pub fn name(self) -> &'static str {
        self.entry().0
    }

    /// Why, for people.
    pub fn why(self) -> Words {
        let (_, italian, english, _) = self.entry();
        Words::new(italian, english)
    }

    /// By which provision. "GDPR" is Regulation (EU) 2016/679, "DPR 68/2005" the Italian decree on certified mail.
    pub fn law(self) -> &'static str {
        self.entry().3
    }

    /// The table: name, Italian, English, provision.
    fn entry(self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::Accesses => (
                "accesses",
                "la cronologia degli accessi serve alla sicurezza delle caselle e si cancella da sé",
                "the access history serves the security of mailboxes and goes by itself",
                "GDPR art. 6(1)(f), art. 32",
            ),
            Self::Address => (
                "address",
                "un indirizzo non è mai dato a un altro: chi vi scrive intende il suo titolare",
                "an address is never given to anybody else: whoever writes to it means its holder",
                "GDPR art. 17(3)(e)",
            ),
            Self::Evidence => (
                "evidence",
                "il registro dei messaggi si conserva per trenta mesi e non si modifica",
                "the trace of certified mail is kept for thirty months and never changed",
                "GDPR art. 17(3)(b); DPR 68/2005 art. 11",
            ),
            Self::Infected => (
                "infected",
                "i messaggi con virus si conservano per trenta mesi",
                "messages with viruses are kept for thirty months",
                "GDPR art. 17(3)(b); DPR 68/2005 art. 12",
            ),
            Self::InUse => (
                "in-use",
                "il servizio continua: prima si chiude la casella o si disabilita l'utente",
                "the service goes on: close the mailbox, or disable the user, first",
                "GDPR art. 6(1)(b), art. 17(1)(a)",
            ),
            Self::Kept => (
                "kept",
                "ricevute e avvisi provano spedizioni e consegne anche per altri",
                "receipts and notices prove what was sent and delivered, for others too",
                "GDPR art. 17(3)(e)",
            ),
            Self::LegalHold => (
                "legal-hold",
                "un vincolo di conservazione è in corso, fino al suo rilascio",
                "a legal hold is on it, until it is released",
                "GDPR art. 17(3)(b), (e)",
            ),
            Self::Name => (
                "name",
                "il nome di accesso sta nel registro: non è dato ad altri finché vi sta",
                "the login name stands in the trace: nobody else gets it as long as it does",
                "GDPR art. 17(3)(b)",
            ),
            Self::NotAsked => (
                "not-asked",
                "la cancellazione dei messaggi non è stata chiesta (--contents)",
                "that messages are erased was not asked for (--contents)",
                "GDPR art. 17(1)",
            ),
            Self::Others => (
                "others",
                "i messaggi nelle caselle altrui sono corrispondenza di chi li ha",
                "messages in mailboxes of others are the correspondence of those who have them",
                "GDPR art. 17(3)(a), (e); Costituzione art. 15",
            ),
            Self::Shared => (
                "shared",
                "altri utenti usano questa casella: ciò che vi sta non è della sola persona",
                "other users use this mailbox: what is in it is not of this person alone",
                "GDPR art. 15(4), art. 17(3)(e)",
            ),
            Self::UnderWay => (
                "under-way",
                "ciò che è accettato e in viaggio arriva o è restituito, entro un giorno",
                "what was accepted and is on its way arrives or is given back, within a day",
                "GDPR art. 6(1)(b)",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_ground_has_a_name_of_its_own_words_and_a_provision_and_stands_on_the_page() {
        const PAGE: &str = include_str!("../../../../docs/privacy.md");
        let names: HashSet<&str> = Ground::ALL.into_iter().map(Ground::name).collect();
        assert_eq!(names.len(), Ground::ALL.len());
        for ground in Ground::ALL {
            let Words { italian, english } = ground.why();
            assert!(italian != english && !ground.law().is_empty(), "{ground:?}");
            let row = format!("| `{}` | {english} | {} |", ground.name(), ground.law());
            assert!(PAGE.contains(&row), "not on the page: {row}");
        }
    }
}
