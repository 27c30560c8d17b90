use super::*;

/// The fields of a notification, in order; `extra` follows `X-Ricevuta`.
fn expected(to: &str, subject: &str, ricevuta: &str, extra: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut all = vec![
        ("Date", "Thu, 05 Dec 2024 11:30:30 +0100"),
        ("From", "posta-certificata@pec.uno.example.it"),
        ("To", to),
        ("Message-ID", "<sigillo1.20241205113030.8@pec.mittente.example.it>"),
        ("Subject", subject),
        ("X-Ricevuta", ricevuta),
    ];
    all.extend(extra);
    all.push(("X-Riferimento-Message-ID", CLIENT));
    let both = format!("{CLIENT} <{ID}>");
    if !matches!(ricevuta, "presa-in-carico" | "rilevazione-virus") {
        all.extend([("In-Reply-To", CLIENT), ("References", both.as_str())]);
    }
    all.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn each_notification_has_exactly_the_fields_of_its_kind() {
    // [R-3.1.2-a] [R-3.1.3-a] [R-3.1.4-a] [R-3.1.6-a] [R-3.2.1-e] [R-3.2.3-c] [R-3.2.4-a] [R-3.3.2-d]
    // [R-3.3.3-a] [R-2.2.6-a] [R-2.1-d] [R-2.1-e] [R-2.1-f] [R-2.1.1-a] [R-I-hdr-3]
    let sender = "mario.rossi@comune.example.it";
    let service = "ricevute@pec.uno.example.it";
    let error = [("X-VerificaSicurezza", "errore")];
    for draft in notifications() {
        let (to, prefix, ricevuta, extra): (_, _, _, &[(&str, &str)]) = match draft.kind {
            Kind::Acceptance => (sender, "ACCETTAZIONE: ", "accettazione", &[]),
            Kind::NonAcceptance => (sender, "AVVISO DI NON ACCETTAZIONE: ", "non-accettazione", &[]),
            Kind::VirusNonAcceptance => (sender, "AVVISO DI NON ACCETTAZIONE PER VIRUS: ", "non-accettazione", &error),
            Kind::Timeout => {
                (sender, "AVVISO DI MANCATA CONSEGNA PER SUP. TEMPO MASSIMO: ", "preavviso-errore-consegna", &[])
            }
            Kind::TakeCharge => (service, "PRESA IN CARICO: ", "presa-in-carico", &[]),
            Kind::Delivery => (sender, "CONSEGNA: ", "avvenuta-consegna", &[]),
            Kind::NonDelivery => (sender, "AVVISO DI MANCATA CONSEGNA: ", "errore-consegna", &[]),
            Kind::VirusDetection => (
                service,
                "PROBLEMA DI SICUREZZA: ",
                "rilevazione-virus",
                &[("X-Mittente", "mario.rossi@comune.example.it")],
            ),
            Kind::VirusNonDelivery => (sender, "AVVISO DI MANCATA CONSEGNA PER VIRUS: ", "errore-consegna", &error),
            Kind::AnomalyEnvelope | Kind::TransportEnvelope => unreachable!(),
        };
        let subject = format!("{prefix}=?UTF-8?Q?Perch=C3=A9_no?=");
        assert_eq!(fields(&draft), expected(to, &subject, ricevuta, extra), "{:?}", draft.kind);
        assert_eq!(parsed(&assembled(&draft)).subject(), Some(format!("{prefix}Perché no").as_str()));
        assert_eq!(draft.message_id, OWN);
        assert_eq!(draft.moment, moment());
    }
}

#[test]
fn without_a_client_message_id_there_is_no_reference() {
    // [R-2.2.1-e] (Q-06)
    let facts = Certified { message_id: None, ..certified() };
    for draft in notifications_of(&emitter(), &facts) {
        assert_eq!(value(&draft, "X-Riferimento-Message-ID"), None);
        let between_providers = matches!(draft.kind, Kind::TakeCharge | Kind::VirusDetection);
        let identifier = (!between_providers).then(|| format!("<{ID}>"));
        assert_eq!(value(&draft, "In-Reply-To"), identifier);
        assert_eq!(value(&draft, "References"), identifier);
        assert_eq!(draft.data.unwrap().message_id, None);
    }
}

#[test]
fn an_identifier_that_threading_would_misread_is_passed_over() {
    for odd in
        ["<a b@x>", "<a@x> (comment)", "no brackets@x", "<nowhere>", "<a@x><b@x>", &format!("<{}@x>", "a".repeat(999))]
    {
        let facts = Certified { message_id: Some(odd.into()), ..certified() };
        let draft = acceptance(&emitter(), moment(), &facts, OWN);
        assert_eq!(value(&draft, "References"), Some(format!("<{ID}>")), "{odd}");
    }
}

#[test]
fn without_a_subject_the_prefix_stands_alone() {
    // (Q-24)
    let facts = Certified { subject: None, ..certified() };
    let draft = acceptance(&emitter(), moment(), &facts, OWN);
    assert_eq!(value(&draft, "Subject").as_deref(), Some("ACCETTAZIONE: "));
    assert_eq!(draft.data.as_ref().unwrap().subject, None);
    assert!(flowed(&text(&draft)).contains(r#"il messaggio "" proveniente da"#));
}

#[test]
fn the_text_has_the_prescribed_title_and_sentence() {
    // [R-4.2-a] [R-3.1.2-b] [R-3.1.4-b] [R-3.2.3-e] [R-3.2.4-c] [R-L-N12-1] [R-O-N12-2]
    let on = "Il giorno 05/12/2024 alle ore 11:30:30 (+0100)";
    let message = r#"messaggio "Perché no" proveniente da "mario.rossi@comune.example.it""#;
    let all = "ed indirizzato a: Anna@pec.due.example.it bruno@example.com carla@pec.due.example.it";
    let to_anna = r#"e destinato all'utente "Anna@pec.due.example.it""#;
    let id = format!("Identificativo messaggio: {ID}");
    let virus = "è stato rilevato un problema di sicurezza Eicar-Test-Signature";
    let expected = [
        format!(
            "Ricevuta di accettazione {on} il {message} ed indirizzato a: Anna@pec.due.example.it (\"posta certificata\") \
             bruno@example.com (\"posta ordinaria\") carla@pec.due.example.it (\"posta certificata\") \
             è stato accettato dal sistema ed inoltrato. {id}"
        ),
        format!(
            "Errore nell'accettazione del messaggio {on} nel {message} {all} è stato rilevato un problema che ne \
             impedisce l'accettazione a causa di {} Il messaggio non è stato accettato. {id}",
            reasons().join(" ")
        ),
        format!(
            "Errore nell'accettazione del messaggio per presenza virus {on} nel {message} {all} {virus} \
             Il messaggio non è stato accettato. {id}"
        ),
        format!(
            "Avviso di mancata consegna {on} il {message} {to_anna} non è stato consegnato nelle prime dodici ore dal suo \
             invio. Non escludendo che questo possa avvenire in seguito, si ritiene utile considerare che l'invio \
             potrebbe non andare a buon fine. Il sistema provvederà comunque ad inviare un ulteriore avviso di mancata \
             consegna se nelle prossime dodici ore non vi sarà la conferma della ricezione da parte del destinatario. {id}"
        ),
        format!(
            "Avviso di mancata consegna {on} il {message} {to_anna} non è stato consegnato nelle ventiquattro ore \
             successive al suo invio. Si ritiene che la spedizione debba considerarsi non andata a buon fine. {id}"
        ),
        format!(
            "Ricevuta di presa in carico {on} il {message} {all} è stato accettato dal sistema. {id} \
             La presa in carico riguarda: Anna@pec.due.example.it carla@pec.due.example.it"
        ),
        delivered("Ricevuta di avvenuta consegna", &id),
        delivered("Ricevuta breve di avvenuta consegna", &id),
        delivered("Ricevuta sintetica di avvenuta consegna", &id),
        refused("5.1.1 - Gestore Uno S.p.A. - indirizzo non valido", &id),
        refused("5.1.2 - Gestore Uno S.p.A. - dominio del destinatario non raggiungibile", &id),
        refused("5.2.2 - Gestore Uno S.p.A. - casella piena", &id),
        format!("Avviso di rilevazione virus informatico {on} nel {message} {to_anna} {virus} {id}"),
        format!(
            "Avviso di mancata consegna per virus informatico {on} nel {message} {to_anna} {virus} \
             Il messaggio non è stato consegnato. {id}"
        ),
    ];
    let data = "L'allegato daticert.xml contiene informazioni di servizio sulla trasmissione.";
    let drafts = notifications();
    assert_eq!(drafts.len(), expected.len());
    for (draft, words) in drafts.iter().zip(expected) {
        assert_eq!(flowed(&text(draft)), format!("{words} {data}"));
    }
}

fn delivered(title: &str, id: &str) -> String {
    format!(
        "{title} Il giorno 05/12/2024 alle ore 11:30:30 (+0100) il messaggio \"Perché no\" proveniente da \
         \"mario.rossi@comune.example.it\" ed indirizzato a \"Anna@pec.due.example.it\" è stato consegnato nella \
         casella di destinazione. {id}"
    )
}

fn refused(error: &str, id: &str) -> String {
    format!(
        "Avviso di mancata consegna Il giorno 05/12/2024 alle ore 11:30:30 (+0100) nel messaggio \"Perché no\" \
         proveniente da \"mario.rossi@comune.example.it\" e destinato all'utente \"Anna@pec.due.example.it\" è stato \
         rilevato un errore {error} Il messaggio è stato rifiutato dal sistema. {id}"
    )
}

/// The reasons of the non-acceptance in [`notifications`], as they are printed.
pub(super) fn reasons() -> Vec<String> {
    [Exception::Bcc, Exception::NotInToOrCc(address("carla@pec.due.example.it"))]
        .iter()
        .map(|reason| format!("{} - Gestore Uno S.p.A. - {reason}", reason.code()))
        .collect()
}

#[test]
fn english_follows_italian_when_asked() {
    let emitter = Emitter { english: true, ..emitter() };
    for draft in notifications_of(&emitter, &certified()) {
        let both = text(&draft);
        let (italian, english) = both.split_once("-----").unwrap();
        assert!(italian.contains("Il giorno 05/12/2024 alle ore 11:30:30 (+0100)"));
        assert!(english.contains("On 2024-12-05 at 11:30:30 (+0100)") && english.contains(ID), "{english}");
        let same = |other: &Draft| other.kind == draft.kind && italian.starts_with(&text(other)[..40]);
        assert!(notifications().iter().any(same));
    }
}

#[test]
fn a_take_charge_for_all_recipients_names_them_once() {
    let every: Vec<Address> = certified().recipients.into_iter().map(|r| r.address).collect();
    let to = address("ricevute@pec.uno.example.it");
    let draft = take_charge(&emitter(), moment(), &certified(), &to, &every, OWN);
    assert_eq!(text(&draft).matches("carla@").count(), 1);
}

#[test]
fn a_virus_without_a_name_is_still_an_error() {
    // [R-4.4-h]
    let draft = virus_non_acceptance(&emitter(), moment(), &certified(), " ", OWN);
    assert!(flowed(&text(&draft)).contains("un problema di sicurezza virus informatico Il messaggio"));
    assert_eq!(draft.data.unwrap().extended_error.as_deref(), Some("virus informatico"));
}

#[test]
fn the_same_arguments_give_the_same_bytes() {
    for (one, two) in all().iter().zip(all()) {
        assert_eq!(assembled(one), assembled(&two));
    }
}
