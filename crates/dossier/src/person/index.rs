//! What explains the archive: what there is, what is others' and left out, how long each thing is kept and by which law.

use control::{Ground, Person};
use pec::{Moment, Words};

use super::mailbox::Holdings;
use super::trace::Rows;
use crate::report::{Report, Section};

/// What was written.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Lines about accounts.
    pub(crate) account: u64,
    /// Lines about accesses.
    pub(crate) accesses: u64,
    /// Of the trace.
    pub(crate) rows: Rows,
    /// Infected messages.
    pub(crate) infected: u64,
    /// Of mailboxes.
    pub(crate) holdings: Holdings,
    /// Whether messages were left out because that was asked for.
    pub(crate) without_messages: bool,
}

/// The index of an archive about a person, made by a provider at an instant.
pub(crate) fn index(person: &Person, told: &Told, provider: &str, now: Moment) -> Report {
    let (day, time, zone) = (now.day(), now.time(), now.zone());
    let names = person.names().join(", ");
    Report {
        title: Words::new("Ciò che il gestore conserva di una persona", "What the provider keeps about a person"),
        lead: vec![
            Words::new(
                format!("Fatto da {provider} il {day} alle {time} ({zone}). Riguarda: {names}."),
                format!("Made by {provider} on {day} at {time} ({zone}). It is about: {names}."),
            ),
            Words::new(
                "Risponde a una richiesta di accesso ai dati personali (regolamento (UE) 2016/679, art. 15). I file .jsonl hanno un \
                 oggetto JSON per riga, i messaggi .eml si aprono con qualunque programma di posta; sha256sum --check SHA256SUMS dice \
                 se i file sono come furono scritti.",
                "It answers a request of access to personal data (Regulation (EU) 2016/679, art. 15). The .jsonl files have a JSON object \
                 in each line, the .eml messages open in any mail program; sha256sum --check SHA256SUMS says whether the files are as \
                 they were written.",
            ),
        ],
        sections: vec![contents(person, told), left_out(told), kept()],
    }
}

fn file(section: &mut Section, name: &str, italian: String, english: String) {
    section.fact_in(Words::new(name, name), Words::new(italian, english));
}

fn contents(person: &Person, told: &Told) -> Section {
    let Told { account, accesses, rows, infected, holdings, .. } = told;
    let mut section = Section::new("Che cosa contiene", "What is in it");
    let here = person.users.len() + person.erased.len() + person.mailboxes.len();
    if here == 0 {
        section.say(
            "La persona non ha qui né casella né utenza: il gestore conserva soltanto le operazioni del registro che ne nominano \
             l'indirizzo.",
            "The person has neither mailbox nor account here: the provider keeps only the operations of the trace that name the address.",
        );
    }
    file(
        &mut section,
        "account.jsonl",
        format!(
            "{account} righe: utenze, diritti, caselle e loro impostazioni, password per programmi (senza il segreto), vincoli"
        ),
        format!(
            "{account} lines: accounts, rights, mailboxes and their settings, app passwords (without the secret), legal holds"
        ),
    );
    file(
        &mut section,
        "accesses.jsonl",
        format!("{accesses} righe: accessi e spedizioni, con ora, indirizzo, programma ed esito"),
        format!("{accesses} lines: logins and messages sent, with time, address, program and outcome"),
    );
    let found = rows.found;
    file(
        &mut section,
        "evidence.jsonl",
        format!("{found} operazioni del registro che riguardano la persona"),
        format!("{found} operations of the trace that are about the person"),
    );
    file(
        &mut section,
        "evidence.txt",
        "le stesse nella forma consueta, dove ne hanno una".into(),
        "the same in the customary form, where they have one".into(),
    );
    file(
        &mut section,
        "infected.jsonl",
        format!("{infected} messaggi con virus, spediti o destinati; non il loro contenuto"),
        format!("{infected} messages with viruses, sent or to be got; not what they contain"),
    );
    for mailbox in &person.mailboxes {
        let address = mailbox.address.to_string();
        let italian = "la casella: folders.jsonl le cartelle, messages.jsonl una riga per messaggio, e i messaggi .eml";
        let english =
            "the mailbox: folders.jsonl its folders, messages.jsonl a line for each message, and the .eml messages";
        file(&mut section, &format!("mailboxes/{address}"), italian.into(), english.into());
    }
    if !person.mailboxes.is_empty() {
        let (messages, octets) = (holdings.messages, holdings.octets);
        section.say(
            format!("Messaggi nelle caselle: {messages}, di cui nell'archivio {octets} ottetti."),
            format!("Messages in the mailboxes: {messages}, of which {octets} octets are in the archive."),
        );
    }
    section
}

fn left_out(told: &Told) -> Section {
    let mut section = Section::new("Che cosa non contiene", "What is not in it");
    if told.without_messages {
        section.say(
            "I messaggi: così fu richiesto. Il loro elenco c'è.",
            "The messages: so it was asked for. Their list is here.",
        );
    }
    if told.holdings.missing > 0 {
        let count = told.holdings.missing;
        section
            .say(format!("{count} messaggi che non sono leggibili:"), format!("{count} messages that cannot be read:"));
        told.holdings.named.iter().for_each(|named| section.say(named.clone(), named.clone()));
    }
    if told.rows.unreadable > 0 {
        let count = told.rows.unreadable;
        section.say(
            format!("{count} operazioni del registro non sono leggibili; non si può dire se riguardino la persona."),
            format!(
                "{count} operations of the trace cannot be read; whether they are about the person cannot be said."
            ),
        );
    }
    section.say(
        "I dati di altri, oltre a quanto mostrano i messaggi della persona (art. 15, par. 4): i colleghi e gli operatori che hanno agito, \
         destinatari e oggetto di ciò che fu spedito da caselle di un ufficio, i motivi degli atti amministrativi.",
        "Data of others, beyond what the person's own messages show (art. 15(4)): colleagues and operators who acted, recipients and subject \
         of what was sent from mailboxes of an office, the reasons of administrative acts.",
    );
    section.say(
        "Password e segreti, di cui il gestore ha soltanto le impronte. I messaggi che la persona ha spedito e che stanno nelle caselle \
         di altri. Le copie di riserva e il giornale tecnico, che il gestore tiene altrove.",
        "Passwords and secrets, of which the provider has digests alone. Messages that the person sent and that lie in mailboxes of \
         others. Backups and the technical log, which the provider keeps elsewhere.",
    );
    section
}

fn kept() -> Section {
    let mut section = Section::new("Perché è conservato, e la cancellazione", "Why it is kept, and erasure");
    section.say(
        "I dati servono al servizio finché questo dura. A richiesta è cancellato tutto, tranne quanto segue, con il motivo:",
        "The data serve the service as long as it lasts. When asked for everything is erased, but what follows, with the reason:",
    );
    for ground in Ground::ALL {
        let why = ground.why();
        let law = ground.law();
        section.fact_in(Words::new(why.italian, why.english), Words::new(law, law));
    }
    section
}
