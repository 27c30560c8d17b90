//! What people read, in the two languages that LANG offers (RFC 6856 §3).

use holder::Barred;

/// A language of answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// What everybody hears who asks for nothing: clients show it to developers first.
    #[default]
    English,
    /// Italian.
    Italian,
}

/// The languages with their names in themselves, as LANG lists them.
pub const LANGUAGES: [(&str, &str, Language); 2] =
    [("en", "English", Language::English), ("it", "Italiano", Language::Italian)];

/// A text in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text(&'static str, &'static str);

impl Text {
    /// The text in a language.
    pub fn of(self, language: Language) -> &'static str {
        match language {
            Language::English => self.0,
            Language::Italian => self.1,
        }
    }
}

pub(crate) const HERE: Text = Text("here", "presente");
pub(crate) const NOT_HERE: Text = Text("not now", "non ora");
pub(crate) const UNKNOWN: Text = Text("unknown command", "comando sconosciuto");
pub(crate) const ARGUMENTS: Text = Text("wrong arguments", "argomenti errati");
pub(crate) const NO_MESSAGE: Text = Text("no such message", "il messaggio non esiste");
pub(crate) const MARKED: Text = Text("marked as deleted", "segnato come cancellato");
pub(crate) const DELETED: Text = Text("deleted when you QUIT", "cancellato alla chiusura con QUIT");
pub(crate) const ONLY_READ: Text = Text("this mailbox is only read", "questa casella è in sola lettura");
pub(crate) const USER_FIRST: Text = Text("give USER first", "prima dare USER");
pub(crate) const SEND_PASS: Text = Text("send PASS", "dare PASS");
pub(crate) const TLS_FIRST: Text = Text("start TLS first: use STLS", "avviare prima TLS: usare STLS");
pub(crate) const NO_TLS: Text = Text("TLS is active, or not offered", "TLS è già attivo, o non offerto");
pub(crate) const BEGIN_TLS: Text = Text("begin TLS", "avviare TLS");
pub(crate) const WRONG: Text = Text("wrong user name or password", "nome utente o password errati");
pub(crate) const NOT_JUDGED: Text = Text(
    "tokens cannot be judged now; try again later, or use a password",
    "i token non sono verificabili al momento; riprovare più tardi, o usare una password",
);
/// Why somebody who is known does not come in.
pub(crate) fn barred(barred: Barred) -> Text {
    match barred {
        Barred::Ended(_) => Text(
            "this app password has ended: ask for another one",
            "questa password per applicazioni è scaduta: chiederne un'altra",
        ),
        Barred::NotFor(_) => Text(
            "this app password is not for POP3: ask for one that is",
            "questa password per applicazioni non vale per POP3: chiederne una che valga",
        ),
        Barred::Off(_) => Text(
            "POP3 is switched off for this mailbox: ask whoever administers it",
            "POP3 è disattivato per questa casella: chiedere a chi la amministra",
        ),
    }
}

pub(crate) const SEVERAL: Text = Text(
    "this login opens no mailbox, or several: log in with the address of one",
    "questo accesso non apre nessuna casella, o più d'una: accedere con l'indirizzo di una",
);
pub(crate) const THROTTLED: Text = Text(
    "too many failed attempts; wait before the next one",
    "troppi tentativi falliti; attendere prima del prossimo",
);
pub(crate) const OURS: Text = Text("a fault of ours; try again later", "errore nostro; riprovare più tardi");
pub(crate) const DAMAGED: Text = Text(
    "the message is damaged here; the operator knows",
    "il messaggio qui è danneggiato; il gestore ne è informato",
);
pub(crate) const GONE: Text = Text("the message is gone", "il messaggio non c'è più");
pub(crate) const BYE: Text = Text("bye", "arrivederci");
pub(crate) const NOT_ALL: Text = Text("some messages were not deleted", "alcuni messaggi non sono stati cancellati");
pub(crate) const KEPT: Text =
    Text("legal hold: the provider keeps this message", "blocco legale: il gestore conserva questo messaggio");
pub(crate) const HELD: Text = Text(
    "legal hold: the provider keeps messages that you marked; the others were deleted",
    "blocco legale: il gestore conserva messaggi che hai segnato; gli altri sono stati cancellati",
);
pub(crate) const UTF8: Text = Text("UTF-8", "UTF-8");
pub(crate) const LANGUAGE: Text = Text("answers are in English from now on", "da ora le risposte sono in italiano");
pub(crate) const NO_LANGUAGE: Text = Text("language not supported", "lingua non disponibile");
pub(crate) const LIST: Text = Text("list follows", "segue l'elenco");
pub(crate) const TOO_LONG: Text = Text("line too long", "riga troppo lunga");
pub(crate) const NO_CRLF: Text = Text("lines must end with CRLF", "le righe devono terminare con CRLF");
pub(crate) const MISTAKES: Text = Text("too many mistakes; closing", "troppi errori; chiusura");
pub(crate) const EXCHANGE: Text = Text("the exchange failed", "lo scambio non è riuscito");
