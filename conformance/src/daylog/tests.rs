//! A log in which everything is right, and each fault that may be in one.

use super::audit;

const BEGIN: &str = "nov 27 10:00:00 2026 PEC1 sigillo";

/// A line about `id`, by a provider, with further fields.
fn event(row: u64, id: &str, kind: &str, by: &str, more: &str) -> String {
    let who = "mittente=anna@alfa.example: destinatari=bob@beta.example (certificato), carla@alfa.example (certificato), \
               dino@fuori.example (esterno): oggetto=Re: Città";
    format!("{BEGIN} [{row}]: {id}: tipo={kind}: {who}: message-id={row}@x: gestore={by}{more}")
}

const ACCEPTED: &str = "accettazione (Accettazione)";
const ENVELOPE: &str = "posta-certificata (BustaTrasporto)";
const TAKEN: &str = "presa-in-carico (PresaInCarico)";
const DELIVERED: &str = "avvenuta-consegna (Consegna)";
const FAILED: &str = "errore-consegna (MancataConsegna)";
const DETECTED: &str = "rilevazione-virus (RilevazioneVirus)";
const INFECTED: &str = "errore-consegna (MancataConsegnaVirus)";
const EXPIRED: &str = "preavviso-errore-consegna (MancataConsegna24h)";

/// One message of ours, one that came, one that was infected, one that nobody answered in time.
fn good() -> Vec<String> {
    let (bob, carla) = (": ricezione=bob@beta.example", ": ricezione=carla@alfa.example");
    let (to_bob, to_carla) = (": consegna=bob@beta.example", ": consegna=Carla@alfa.example");
    let to_dino = ": consegna=dino@fuori.example: errore=altro: errore-esteso=5.4.7 - Alfa - x";
    let lines: Vec<(&str, &str, &str, &str)> = vec![
        ("sent", ACCEPTED, "Alfa", ""),
        ("sent", ENVELOPE, "Alfa", ""),
        ("sent", TAKEN, "Alfa", carla),
        ("sent", DELIVERED, "Alfa", to_carla),
        ("sent", TAKEN, "Beta", bob),
        ("sent", DELIVERED, "Beta", to_bob),
        ("sent", FAILED, "Alfa", to_dino),
        ("came", ENVELOPE, "Beta", carla),
        ("came", TAKEN, "Alfa", carla),
        ("came", DELIVERED, "Alfa", to_carla),
        ("bad", ACCEPTED, "Alfa", ""),
        ("bad", ENVELOPE, "Alfa", ""),
        ("bad", TAKEN, "Beta", bob),
        ("bad", DETECTED, "Beta", ": consegna=bob@beta.example: errore=altro: virus=Eicar"),
        ("bad", INFECTED, "Alfa", ": consegna=bob@beta.example: errore=virus: virus=Eicar"),
        ("bad", TAKEN, "Alfa", carla),
        ("bad", DELIVERED, "Alfa", to_carla),
        ("late", ACCEPTED, "Alfa", ""),
        ("late", ENVELOPE, "Alfa", ""),
        ("late", EXPIRED, "Alfa", ": consegna=bob@beta.example: errore=altro: errore-esteso=5.4.1 - Alfa - x"),
        ("late", TAKEN, "Beta", bob),
        ("late", DELIVERED, "Beta", to_bob),
        ("late", TAKEN, "Alfa", carla),
        ("late", DELIVERED, "Alfa", to_carla),
    ];
    (11u64..).step_by(3).zip(lines).map(|(row, (id, kind, by, more))| event(row, id, kind, by, more)).collect()
}

fn file(lines: &[String]) -> String {
    let events = lines.len();
    let mut all = vec![format!("{BEGIN} [10]: OPEN: giorno=2026-11-27: righe=10-99")];
    all.extend_from_slice(lines);
    all.push(format!("{BEGIN} [99]: CLOSE: eventi={events}: testa=7: radice=AAAA"));
    all.join("\n") + "\n"
}

/// What is found, line and message left aside.
fn found(lines: &[String]) -> (Vec<String>, Vec<String>) {
    let audit = audit("Alfa", &[file(lines)]);
    (audit.anomalies, audit.open)
}

#[test]
fn a_log_in_which_everything_is_right_has_no_anomaly() {
    let audit = audit("Alfa", &[file(&good())]);
    assert_eq!((audit.anomalies, audit.open), (Vec::new(), Vec::new()));
    assert_eq!((audit.lines, audit.messages), (24, 4));
}

/// [R-O-log-2]
#[test]
fn each_fault_is_found() {
    let without = |at: usize| {
        let mut lines = good();
        lines.remove(at);
        lines
    };
    let with = |at: usize, id: &str, kind: &str, by: &str, more: &str| {
        let mut lines = good();
        lines.insert(at, event(12 + 3 * (at as u64 - 1), id, kind, by, more));
        lines
    };
    let changed = |at: usize, from: &str, to: &str| {
        let mut lines = good();
        assert!(lines[at].contains(from), "{}", lines[at]);
        lines[at] = lines[at].replacen(from, to, 1);
        lines
    };
    let (bob, carla) = (": ricezione=bob@beta.example", ": ricezione=carla@alfa.example");
    for (lines, expected) in [
        (without(0), "sent: has an envelope before it was accepted"),
        (without(1), "sent: taken in charge before there was an envelope"),
        (without(2), "sent: delivered to carla@alfa.example before it was taken in charge"),
        (without(7), "came: taken in charge before there was an envelope"),
        (without(8), "came: came for carla@alfa.example, and was not taken in charge"),
        (without(9), "came: taken in charge for carla@alfa.example, and nothing was answered"),
        (without(13), "bad: not delivered to bob@beta.example for a virus that nobody detected"),
        (without(14), "bad: a virus was detected for bob@beta.example, and the sender was not told"),
        (with(2, "sent", ACCEPTED, "Alfa", ""), "sent: accepted twice"),
        (with(2, "sent", ENVELOPE, "Alfa", ""), "sent: has two envelopes"),
        (with(5, "sent", TAKEN, "Beta", bob), "sent: taken in charge twice for bob@beta.example"),
        (
            with(4, "sent", DELIVERED, "Alfa", ": consegna=carla@alfa.example"),
            "sent: ended twice for carla@alfa.example",
        ),
        (
            with(5, "sent", DELIVERED, "Beta", ": consegna=dino@fuori.example"),
            "sent: Consegna for dino@fuori.example, who is no certified recipient",
        ),
        (
            with(5, "sent", TAKEN, "Beta", ": ricezione=eva@beta.example"),
            "sent: PresaInCarico for eva@beta.example, who is no certified recipient",
        ),
        (with(8, "came", ENVELOPE, "Beta", carla), "came: came twice for carla@alfa.example"),
        (with(8, "came", ACCEPTED, "Alfa", ""), "came: accepted here, and came from another provider"),
        (
            with(2, "sent", "non-accettazione (NonAccettazione)", "Alfa", ": errore=altro"),
            "sent: accepted and not accepted",
        ),
        (
            with(14, "bad", DETECTED, "Beta", ": consegna=bob@beta.example"),
            "bad: a virus was detected twice for bob@beta.example",
        ),
        (changed(3, "anna@alfa.example", "altra@alfa.example"), "sent: sender, recipients or subject differ"),
        (changed(3, "Re: Città", "Città"), "sent: sender, recipients or subject differ"),
        (changed(3, "tipo=avvenuta-consegna (", "tipo=errore-consegna ("), "a kind that is unknown"),
        (changed(3, ": oggetto=", ": soggetto="), "no subject"),
        (changed(3, "nov 27", "nov 37"), "no moment"),
        (changed(3, " [20]", " [11]"), "row 11: stands in another place"),
    ] {
        let (anomalies, _) = found(&lines);
        assert!(anomalies.iter().any(|one| one.contains(expected)), "{expected}: {anomalies:#?}");
    }
    // What is only not answered yet is no anomaly.
    let (anomalies, open) = found(&without(5));
    assert_eq!((anomalies, open), (Vec::new(), vec!["sent: not answered for bob@beta.example".to_owned()]));
    let (anomalies, open) = found(&without(4));
    assert!(
        anomalies.is_empty() && open[0].contains("its provider has not taken it in charge"),
        "{anomalies:?} {open:?}"
    );
}

#[test]
fn what_is_missing_from_a_file_or_between_files_is_found() {
    let whole = file(&good());
    for (text, expected) in [
        (whole.replace("eventi=24", "eventi=25"), "25 events are said to be there, and there are 24"),
        (whole.replace(": CLOSE: ", ": CLOS: "), "a file has no beginning or no end"),
        (whole.lines().skip(1).map(|line| format!("{line}\n")).collect(), "a file has no beginning or no end"),
        (format!("{whole}{BEGIN} [100]: MANCANTI: righe=100-101\n"), "stands behind the end"),
        (whole.replace("[11]: sent", "[11]: MANCANTI: righe=11-12"), "line 2: "),
        (
            whole.replacen(&good()[0], &format!("{BEGIN} [11]: MANCANTI: righe=11-11"), 1),
            "rows 11 to 11: are not there",
        ),
        (
            whole.replacen(&good()[0], &format!("{BEGIN} [11]: ILLEGGIBILE: errore-esteso=x"), 1),
            "row 11: cannot be read",
        ),
    ] {
        let anomalies = audit("Alfa", &[text]).anomalies;
        assert!(anomalies.iter().any(|one| one.contains(expected)), "{expected}: {anomalies:#?}");
    }
    let next = format!(
        "{BEGIN} [101]: OPEN: giorno=2026-11-28: righe=101-101\n{BEGIN} [101]: CONTINUA: eventi=0: testa=8: radice=A\n"
    );
    let anomalies = audit("Alfa", &[whole.clone(), next.clone()]).anomalies;
    assert_eq!(anomalies, ["row 101: a file is missing before it"]);
    assert_eq!(audit("Alfa", &[whole, next.replace("101", "100")]).anomalies, Vec::<String>::new());
}
