//! Every text of the pages, Italian first. A text without both does not compile; what has a value in it is a sentence of
//! [`crate::view`].

use pec::Words;

/// In which language pages are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Italian.
    #[default]
    It,
    /// English.
    En,
}

impl Language {
    /// As HTML and cookies name it.
    pub fn code(self) -> &'static str {
        match self {
            Language::It => "it",
            Language::En => "en",
        }
    }

    /// The language with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Language::It, Language::En].into_iter().find(|language| language.code() == code)
    }

    /// The first of a browser's languages (RFC 9110 §12.5.4) that is one of ours; Italian where none is.
    pub fn accepted(header: &str) -> Self {
        let mut wanted: Vec<(f32, Self)> = header
            .split(',')
            .filter_map(|one| {
                let mut parts = one.trim().split(';');
                let code = parts.next()?.split('-').next()?.to_ascii_lowercase();
                let weight = parts.find_map(|part| part.trim().strip_prefix("q=")?.parse().ok()).unwrap_or(1.0);
                Some((weight, Self::from_code(&code)?))
            })
            .collect();
        wanted.sort_by(|one, other| other.0.total_cmp(&one.0));
        wanted.first().map(|(_, language)| *language).unwrap_or_default()
    }

    /// These words, in this language.
    pub(crate) fn said(self, words: Words) -> String {
        self.of(words.italian, words.english)
    }

    /// This one of a pair.
    pub fn of<T>(self, italian: T, english: T) -> T {
        match self {
            Language::It => italian,
            Language::En => english,
        }
    }
}

macro_rules! texts {
    ($($name:ident: $it:literal, $en:literal;)*) => {
        /// Texts without values.
        #[allow(missing_docs, reason = "each text says itself")]
        impl Language {
            $(pub fn $name(self) -> &'static str { self.of($it, $en) })*
        }

        #[cfg(test)]
        const TEXTS: &[(&str, &str, &str)] = &[$((stringify!($name), $it, $en)),*];
    };
}

texts! {
    // The frame.
    skip: "Vai al contenuto", "Skip to the content";
    folders: "Cartelle", "Folders";
    close_folders: "Chiudi le cartelle", "Close the folders";
    search_in_messages: "Cerca nei messaggi", "Search in messages";
    search: "Cerca", "Search";
    mailboxes: "Caselle", "Mailboxes";
    sessions: "Accessi e sessioni", "Logins and sessions";
    verifier: "Verifica", "Verifier";
    theme: "Aspetto", "Appearance";
    theme_auto: "Automatico", "Automatic";
    theme_light: "Chiaro", "Light";
    theme_dark: "Scuro", "Dark";
    log_out: "Esci", "Log out";
    log_in: "Entra", "Log in";
    write: "Scrivi", "Write";
    to_read: " da leggere", " unread";
    site: "Sito", "Site";
    certified_mail_with: "Posta certificata con Sigillo", "Certified mail with Sigillo";
    other_language: "English", "Italiano";
    language: "Lingua", "Language";
    italian_time: "ora italiana", "Italian time";
    // Folders.
    inbox: "In arrivo", "Inbox";
    sent: "Inviata", "Sent";
    drafts: "Bozze", "Drafts";
    trash: "Cestino", "Trash";
    archive: "Archivio", "Archive";
    junk: "Indesiderata", "Junk";
    receipts: "Ricevute", "Receipts";
    // Getting in.
    address_or_user: "Indirizzo o nome utente", "Address or user name";
    password: "Password", "Password";
    cannot_log_in: "Non riesci a entrare? Rivolgiti all’amministratore della tua organizzazione, o al gestore: la password non si recupera mai per posta.",
        "Cannot log in? Ask the administrator of your organisation, or the provider: a password is never recovered by mail.";
    type_the_address: "Scrivi l’indirizzo o il nome utente.", "Type the address or the user name.";
    type_the_password: "Scrivi la password.", "Type the password.";
    wrong_login: "Indirizzo o password non corretti.", "Wrong address or password.";
    login_over: "La sessione è terminata: entra di nuovo. Ciò che avevi salvato è al suo posto.",
        "The session is over: log in again. What you had saved is in its place.";
    over_while_sending: "La sessione è terminata, e ciò che questa pagina ha inviato non è stato elaborato. Entra in un’altra scheda, poi torna qui e ricarica la pagina: il browser lo invia di nuovo, e nulla va perduto.",
        "The session is over, and what this page sent was not processed. Log in in another tab, then come back here and reload the page: the browser sends it again, and nothing is lost.";
    logged_out: "Sei uscito.", "You are logged out.";
    login_failed_us: "Il servizio non può rispondere ora. Non è colpa tua: riprova fra poco.",
        "The service cannot answer now. It is not your fault: try again soon.";
    // Lists.
    all_messages: "Tutti", "All";
    messages_only: "Messaggi", "Messages";
    kind: "Tipo", "Kind";
    actions_on_chosen: "Azioni sui messaggi scelti", "Actions on the chosen messages";
    choose_all: "Scegli tutti", "Choose all";
    choose: "Scegli: ", "Choose: ";
    one_chosen: "1 scelto", "1 chosen";
    many_chosen: "{} scelti", "{} chosen";
    mark_read: "Letto", "Read";
    mark_unread: "Da leggere", "Unread";
    mark_flagged: "Segna", "Flag";
    move_to_trash: "Cestina", "To trash";
    move_to: "Sposta in", "Move to";
    do_move: "Sposta", "Move";
    keys: "Tasti", "Keys";
    key_next: "messaggio seguente, precedente", "next message, previous one";
    key_choose: "sceglie; con", "chooses; with";
    key_shift: "Maiusc", "Shift";
    key_choose_until: "fino a qui", "up to here";
    key_enter: "Invio", "Enter";
    key_opens: "apre", "opens";
    key_list: "questo elenco", "this list";
    key_use: "Usa questi tasti in questo browser", "Use these keys in this browser";
    close: "Chiudi", "Close";
    show_more: "Mostra i messaggi precedenti", "Show earlier messages";
    unread_dot: "Da leggere. ", "Unread. ";
    has_attachments: "Con allegati", "With attachments";
    flagged: "Segnato", "Flagged";
    answered: "Risposto", "Answered";
    no_subject: "(senza oggetto)", "(no subject)";
    empty_folder: "Nessun messaggio", "No messages";
    write_one: "Scrivi un messaggio", "Write a message";
    nothing_found: "Non si trova nulla", "Nothing found";
    found_by_words: "Si trovano i messaggi che hanno tutte le parole, intere o nel loro inizio: prova con meno parole, o più corte.",
        "Messages are found that have all the words, whole or their beginnings: try with fewer words, or shorter ones.";
    // Kinds and states.
    kind_certified: "certificata", "certified";
    kind_ordinary: "ordinaria", "ordinary";
    kind_anomaly: "anomalia", "anomaly";
    kind_receipt: "ricevuta", "receipt";
    kind_notice: "avviso", "notice";
    kind_draft: "bozza", "draft";
    // A message.
    back_to: "Torna a", "Back to";
    message: "Messaggio", "Message";
    reply: "Rispondi", "Reply";
    reply_all: "Rispondi a tutti", "Reply to all";
    forward: "Inoltra", "Forward";
    edit: "Modifica", "Edit";
    more: "Altro", "More";
    download_original: "Scarica l’originale (.eml)", "Download the original (.eml)";
    download_as_came: "Scarica com’è arrivato (.eml)", "Download as it came (.eml)";
    print: "Stampa", "Print";
    print_warning: "Questa stampa non è una prova: la prova è il file originale con la sua firma.",
        "This print is no proof: the proof is the original file with its signature.";
    from: "Da", "From";
    to: "A", "To";
    cc: "Cc", "Cc";
    date: "Data", "Date";
    attachments: "Allegati", "Attachments";
    open: "Apri", "Open";
    download: "Scarica", "Download";
    technical: "Dettagli tecnici", "Technical details";
    identifier: "Identificativo", "Identifier";
    message_id: "Message-ID", "Message-ID";
    envelope: "Busta", "Envelope";
    as_it_came: "messaggio com’è arrivato", "message as it came";
    original_inside: "originale che contiene", "original inside";
    how_we_know: "Come lo sappiamo", "How we know";
    text_of_message: "Testo del messaggio", "Text of the message";
    quoted: "Mostra il testo citato", "Show the quoted text";
    message_cut: "Il messaggio è più lungo di quanto si mostra qui: scaricalo per leggerlo tutto.",
        "The message is longer than what is shown here: download it to read all of it.";
    no_text: "Il messaggio non ha testo.", "The message has no text.";
    pictures_blocked: "Le immagini da Internet non sono state caricate: chi scrive saprebbe che hai aperto il messaggio.",
        "Pictures from the Internet were not loaded: the writer would know that you opened the message.";
    load_pictures: "Carica le immagini", "Load the pictures";
    shown_as_text: "Mostra come testo", "Show as text";
    shown_as_page: "Mostra come l’ha impaginato chi scrive", "Show as the writer laid it out";
    // What is attached, looked at.
    cannot_be_shown: "Questo tipo di file non si può mostrare qui: scaricalo e aprilo con il suo programma.",
        "This kind of file cannot be shown here: download it and open it with its program.";
    content: "Contenuto", "Content";
    download_signed: "Scarica con le firme", "Download with the signatures";
    signatures: "Firme", "Signatures";
    nobody_signed: "nessuna firma", "no signature";
    unknown_signer: "firmatario sconosciuto", "unknown signer";
    layers_cut: "All’interno c’è un altro file firmato che qui non viene aperto: scaricalo per esaminarlo.",
        "There is another signed file inside, which is not opened here: download it to examine it.";
    tax_code: "Codice fiscale", "Tax code";
    owner_number: "Numero del titolare", "Number of the owner";
    organisation: "Organizzazione", "Organisation";
    issued_by: "Rilasciato da", "Issued by";
    certificate_number: "Certificato n.", "Certificate no.";
    valid: "Validità", "Validity";
    signed_at: "Firmato il", "Signed on";
    as_signer_says: "ora italiana, dichiarata da chi firma", "Italian time, as the signer says";
    layer: "Posizione", "Position";
    outermost: "firma più esterna", "outermost signature";
    out_of_time: "Alla data dichiarata della firma il certificato non era valido.",
        "The certificate was not valid at the time that the signer says he signed.";
    archive_contents: "Che cosa contiene", "What is in it";
    archive_unreadable: "L’archivio è danneggiato: il suo elenco non si legge. Puoi scaricarlo com’è.",
        "The archive is damaged: its list cannot be read. You can download it as it is.";
    archive_as_said: "Le dimensioni sono quelle che l’archivio dichiara: qui nulla viene estratto.",
        "The sizes are those that the archive says: nothing is unpacked here.";
    archive_cut: "L’elenco non è completo: ci sono altri elementi, o alcuni non si leggono.",
        "The list is not complete: there are more entries, or some that cannot be read.";
    archive_bomb: "Attenzione: qualcosa in questo archivio dichiara di crescere più di mille volte. Nessun documento lo fa: non estrarlo.",
        "Beware: something in this archive says that it grows more than a thousandfold. No document does: do not unpack it.";
    bomb: "cresce oltre mille volte", "grows a thousandfold";
    encrypted: "con password", "with a password";
    name: "Nome", "Name";
    unpacked: "Dimensione", "Size";
    packed: "Nell’archivio", "In the archive";
    invoice: "Fattura elettronica", "Electronic invoice";
    invoice_original: "Questa è una lettura della fattura: l’originale, che vale per legge, è il file XML.",
        "This is a reading of the invoice: the original, which counts in law, is the XML file.";
    invoice_unreadable: "La fattura è danneggiata e non si può mostrare. Puoi scaricare il file com’è.",
        "The invoice is damaged and cannot be shown. You can download the file as it is.";
    invoice_too_long: "La fattura è troppo lunga per essere mostrata qui: scarica il file.",
        "The invoice is too long to be shown here: download the file.";
    invoice_cut: "La fattura contiene più di quanto si mostra qui: il file è completo.",
        "The invoice holds more than is shown here: the file is complete.";
    seller: "Cedente o prestatore", "Seller";
    buyer: "Cessionario o committente", "Buyer";
    vat_number: "Partita IVA", "VAT number";
    postal_address: "Indirizzo", "Address";
    tax_regime: "Regime fiscale", "Tax regime";
    addressee_code: "Codice destinatario", "Addressee code";
    total_of_document: "Totale", "Total";
    reason: "Causale", "Reason";
    lines: "Beni e servizi", "Goods and services";
    description: "Descrizione", "Description";
    quantity: "Quantità", "Quantity";
    unit_price: "Prezzo unitario", "Unit price";
    vat: "IVA", "VAT";
    amount: "Importo", "Amount";
    vat_summary: "Riepilogo IVA", "VAT summary";
    vat_rate: "Aliquota", "Rate";
    taxable: "Imponibile", "Taxable amount";
    tax: "Imposta", "Tax";
    notes: "Note", "Notes";
    stamp_duty: "Bollo", "Stamp duty";
    withheld: "Ritenuta", "Withheld";
    payment: "Pagamento", "Payment";
    pay_by: "Scadenza", "Due";
    pay_how: "Modalità", "Means";
    pay_where: "Conto", "Account";
    files_inside: "File contenuti", "Files inside";
    // The trip.
    delivery: "Consegna", "Delivery";
    recipient: "Destinatario", "Recipient";
    state: "Stato", "State";
    when: "Quando", "When";
    receipt: "ricevuta", "receipt";
    accepted_word: "accettata", "accepted";
    // Checks.
    check_signature: "Firma", "Signature";
    check_authority: "Autorità di certificazione", "Authority";
    check_revocation: "Revoca", "Revocation";
    check_index: "Elenco dei gestori", "Index of providers";
    check_form: "Forma", "Form";
    check_provider: "Gestore", "Provider";
    check_header: "Intestazione", "Header";
    check_stamp: "Marca temporale", "Time stamp";
    check_proof: "Registro del gestore", "Provider's log";
    check_ok: "bene", "good";
    check_failed: "non tiene", "does not hold";
    check_not_made: "non controllato", "not checked";
    // Writing.
    new_message: "Nuovo messaggio", "New message";
    draft: "Bozza", "Draft";
    several_addresses: "Più indirizzi separati da virgola. La copia nascosta (Ccn) non è ammessa: ogni destinatario di un messaggio certificato deve essere visibile.",
        "Several addresses with commas between them. Blind copies (Bcc) are not admitted: every recipient of a certified message must be visible.";
    subject: "Oggetto", "Subject";
    text: "Testo", "Text";
    choose_files: "Scegli i file", "Choose files";
    attach: "Allega", "Attach";
    or_drop: "o trascinali qui", "or drop them here";
    remove: "Togli", "Remove";
    send: "Invia", "Send";
    save_draft: "Salva la bozza", "Save the draft";
    discard: "Elimina", "Discard";
    receipt_complete: "Completa", "Complete";
    receipt_complete_says: "Contiene tutto il messaggio: prova anche il contenuto. È quella da usare in giudizio.",
        "Holds the whole message: it proves the content too. It is the one for a court.";
    receipt_brief: "Breve", "Brief";
    receipt_brief_says: "Contiene l’impronta degli allegati: per provarli servono i file che hai inviato, identici.",
        "Holds the digests of the attachments: to prove them, the files that you sent are needed, identical.";
    receipt_concise: "Sintetica", "Concise";
    receipt_concise_says: "Prova solo che un messaggio è stato consegnato, e quando.",
        "Proves only that a message was delivered, and when.";
    receipt_type: "Ricevuta di consegna", "Delivery receipt";
    receipt_type_legend: "Tipo di ricevuta", "Type of receipt";
    sending_is_an_act: "Con l’invio il messaggio è accettato dal gestore: è un atto, e non si può più annullare.",
        "By sending, the message is accepted by the provider: it is an act, and cannot be undone.";
    no_recipient: "Scrivi almeno un destinatario.", "Type at least one recipient.";
    forgotten: "Il testo parla di un allegato, e non ce n’è nessuno. Se va bene così, invia di nuovo.",
        "The text speaks of an attachment, and there is none. If that is right, send again.";
    draft_gone: "Questa bozza non c’è più: è stata inviata, eliminata, o cambiata in un’altra finestra.",
        "This draft is not there any more: it was sent, discarded, or changed in another window.";
    draft_elsewhere: "Qui non si salva più da sola: la bozza è stata inviata, eliminata o cambiata in un’altra finestra. Con «Salva la bozza» ciò che hai scritto diventa una bozza a sé.",
        "It does not save itself here any more: the draft was sent, discarded or changed in another window. With “Save the draft” what you wrote becomes a draft of its own.";
    changed_meanwhile: "Questa bozza è stata cambiata anche in un’altra finestra: le due versioni sono tutte e due fra le bozze, e questa è ora una bozza a sé. Nulla è stato inviato: controlla quale vale.",
        "This draft was changed in another window too: both versions are among the drafts, and this one is now a draft of its own. Nothing was sent: look which one holds.";
    sent_meanwhile: "Questo messaggio è già stato inviato da un’altra finestra. Ciò che hai scritto qui è diverso: è ora una bozza a sé, e non è stato inviato.",
        "This message was sent already from another window. What you wrote here is different: it is now a draft of its own, and was not sent.";
    over_while_writing: "La sessione è terminata. Ciò che hai scritto è ancora qui: entra in un’altra scheda, poi torna a questa e riprova.",
        "The session is over. What you wrote is still here: log in in another tab, then come back to this one and try again.";
    not_reached: "Il server non risponde: nulla è stato inviato, e ciò che hai scritto è ancora qui. Riprova fra poco.",
        "The server does not answer: nothing was sent, and what you wrote is still here. Try again soon.";
    certified_address: "certificato", "certified";
    ordinary_address: "ordinario: nessuna ricevuta di consegna", "ordinary: no delivery receipt";
    incomplete_address: "non è un indirizzo", "no address";
    upload_failed: "Non caricato: riprova.", "Not uploaded: try again.";
    uploading: "Un allegato sta ancora arrivando: un momento.", "A file is still on its way: one moment.";
    retry: "Riprova", "Try again";
    // Sessions.
    open_sessions: "Sessioni aperte", "Open sessions";
    open_sessions_says: "Da questi browser qualcuno è entrato con il tuo nome. Ciò che non riconosci, chiudilo e cambia la password.",
        "From these browsers somebody logged in with your name. What you do not recognise, end it and change the password.";
    this_one: "questa", "this one";
    since_when: "Da quando", "Since";
    last_use: "Ultimo uso", "Last use";
    where_from: "Dove", "Where";
    end_others: "Chiudi tutte le altre", "End all others";
    history: "Chi è entrato nella casella", "Who came to the mailbox";
    history_says: "Ogni accesso a questa casella e ogni invio, da qualunque programma.",
        "Each access to this mailbox and each message sent, by whatever program.";
    who: "Chi", "Who";
    how: "Come", "How";
    outcome: "Esito", "Outcome";
    times: "Volte", "Times";
    nobody_came: "Ancora nessuno.", "Nobody yet.";
    password_title: "Password", "Password";
    // The verifier.
    verifier_title: "Verifica un messaggio o una ricevuta", "Verify a message or a receipt";
    verifier_says: "Lascia qui il file (.eml): diciamo chi ha certificato che cosa, se tiene e perché. Non conserviamo nulla.",
        "Drop the file here (.eml): we say who certified what, whether it holds and why. We keep nothing.";
    choose_file: "Scegli il file", "Choose the file";
    or_drop_it: "o trascinalo qui", "or drop it here";
    verify: "Verifica", "Verify";
    verdict_good: "È valida", "It is valid";
    verdict_bad: "Non prova nulla", "It proves nothing";
    verdict_header: "I dati firmati sono validi, ma ciò che i programmi mostrano è stato cambiato",
        "The signed data are valid, but what programs show was changed";
    verdict_unknown: "La firma è intatta, ma non sappiamo di chi", "The signature is intact, but we do not know whose it is";
    verdict_anomaly: "È una busta di anomalia", "It is an anomaly envelope";
    nothing_dropped: "Scegli un file.", "Choose a file.";
    signer: "Firmatario", "Signer";
    attached_message: "Messaggio allegato", "Attached message";
    // Troubles.
    not_found: "Qui non c’è nulla", "There is nothing here";
    not_found_says: "Il messaggio o la cartella non c’è più, o l’indirizzo è sbagliato.",
        "The message or the folder is not there any more, or the address is wrong.";
    not_yours: "Questa casella non è tua", "This mailbox is not yours";
    not_yours_says: "Con questo accesso non puoi usarla. Se dovresti poterlo fare, chiedi all’amministratore della tua organizzazione.",
        "You may not use it with this login. If you should, ask the administrator of your organisation.";
    read_only: "Questa casella è in sola lettura: non si può cambiare nulla.", "This mailbox is read-only: nothing in it can be changed.";
    trouble: "Qualcosa non va", "Something is wrong";
    trouble_says: "Non è colpa tua, e nulla è andato perduto. Riprova fra poco.",
        "It is not your fault, and nothing is lost. Try again soon.";
    bad_request: "Non si capisce la richiesta", "The request cannot be understood";
    bad_request_says: "Torna indietro e riprova.", "Go back and try again.";
    from_elsewhere: "La richiesta non viene da queste pagine", "The request does not come from these pages";
    from_elsewhere_says: "Per sicurezza non facciamo nulla di ciò che un altro sito chiede in tuo nome. Torna alla pagina e riprova da lì.",
        "For safety we do nothing that another site asks in your name. Go back to the page and try again from there.";
    too_much: "Troppe richieste", "Too many requests";
    too_much_says: "Da questo indirizzo arrivano più richieste di quante ne serviamo: riprova fra qualche secondo.",
        "More requests come from this address than we serve: try again in some seconds.";
    too_slow: "Arriva troppo lentamente", "It comes too slowly";
    too_slow_says: "Il file non è arrivato per intero in tempo: riprova, o con una connessione più veloce.",
        "The file did not come whole in time: try again, or by a faster connection.";
    too_large: "È troppo grande", "It is too large";
    too_large_says: "Il file supera il limite di questa pagina.", "The file is above this page's limit.";
    home: "Torna alla pagina iniziale", "Back to the start page";
    // All mailboxes of a login.
    your_mailboxes: "Le tue caselle", "Your mailboxes";
    no_mailbox: "Non c’è nessuna casella che tu possa usare: chiedi all’amministratore della tua organizzazione.",
        "There is no mailbox that you may use: ask the administrator of your organisation.";
    next_page: "Pagina seguente", "Next page";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_there_in_both_languages() {
        for (name, italian, english) in TEXTS {
            assert!(!italian.trim().is_empty() && !english.trim().is_empty(), "{name}");
            let same = ["password", "cc", "message_id", "password_title"];
            assert!(italian != english || same.contains(name), "{name} is not translated: {italian}");
            let values = |text: &str| text.matches("{}").count();
            assert_eq!(values(italian), values(english), "{name}");
        }
    }

    #[test]
    fn a_browser_s_first_language_that_is_ours_is_taken() {
        assert_eq!(Language::accepted("de, en;q=0.7, it;q=0.3"), Language::En);
        assert_eq!(Language::accepted("en-GB;q=0.5,it-IT"), Language::It);
        assert_eq!(Language::accepted("fr"), Language::It);
        assert_eq!(Language::accepted(";;q=,"), Language::It);
    }
}
