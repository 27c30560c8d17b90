//! Correct envelopes that the peer brings: take-charge and delivery (§3.2.1, §3.3).

use super::actor::Plan;
use super::case::{Need, Test, test};
use super::outcome::{Fault, Outcome};
use super::stage::{Stage, ensure, pass, same, seen};
use super::steps::{coded, first_field, several, untraced};
use crate::mime::address;
use crate::opened::Opened;
use crate::peer::compose::text_part;
use crate::xml::texts;

const PEER: &[Need] = &[Need::Peer];

pub(super) const TESTS: &[Test] = &[
    test(
        "incoming.good",
        "a correct envelope gives a take-charge and a delivery notification",
        &[
            "[R-2.2.2-g]",
            "[R-3.2.1-a]",
            "[R-3.3.2-a]",
            "[R-3.2.1-e]",
            "[R-O-tic-1]",
            "[R-4.4-d]",
            "[R-4.4-e]",
            "[R-2.2.2-c]",
        ],
        PEER,
        good,
    ),
    test(
        "incoming.service-mailbox",
        "the take-charge goes where the index says",
        &["[R-3.2.1-d]"],
        PEER,
        service_mailbox,
    ),
    test(
        "incoming.unchanged",
        "the envelope lies in the mailbox as it was brought",
        &["[R-3.3.2-b]", "[R-5.3-c]"],
        PEER,
        unchanged,
    ),
    test(
        "incoming.one-transaction",
        "one take-charge for one transaction, one delivery notification for each recipient",
        &["[R-3.2.1-b]", "[R-3.2.1-c]", "[R-3.3.2-c]"],
        PEER,
        one_transaction,
    ),
    test(
        "incoming.two-transactions",
        "two transactions, two take-charges, each with its own recipient among all",
        &["[R-3.2.1-b]", "[R-3.2.1-c]"],
        PEER,
        two_transactions,
    ),
    test(
        "incoming.unknown",
        "an unknown mailbox gives a non-delivery with a coded reason",
        &["[R-2.2.3-a]", "[R-3.3.3-a]", "[R-3.3.3-b]", "[R-L-N12-1]", "[R-O-N12-2]"],
        &[Need::Peer, Need::Unknown],
        unknown,
    ),
    test("incoming.twice", "an envelope that comes twice has one effect", &["[R-O-log-2]"], PEER, twice),
    test(
        "incoming.same-name",
        "another message under an identifier that was used has no second certified effect",
        &["[R-2.2.1-a]", "[R-O-log-2]"],
        PEER,
        same_name,
    ),
    test(
        "incoming.reverse-path",
        "notifications go to the reverse path and not to Reply-To",
        &["[R-2.1-f]"],
        PEER,
        reverse_path,
    ),
    test(
        "incoming.service-path",
        "notifications travel with the service address as reverse path",
        &["[R-I-hdr-4]", "[R-2.2.6-a]"],
        PEER,
        service_path,
    ),
    test(
        "incoming.relay",
        "a recipient of somebody else's domain is refused",
        &["[R-5.3-b]", "[R-2.2.2-a]"],
        PEER,
        relay,
    ),
    test("incoming.not-for-service", "the service mailbox takes no envelope", &["[R-2.2.5-a]"], PEER, not_for_service),
    test(
        "incoming.postmaster",
        "an envelope to the postmaster is delivered and receipted under that address",
        &["[R-2.2.2-a]", "[R-3.3.2-a]"],
        PEER,
        postmaster,
    ),
    test("incoming.any-case", "addresses are known in any case", &["[R-I-ap-1]"], PEER, any_case),
    test(
        "incoming.no-client-id",
        "an envelope without a client's Message-ID is served",
        &["[R-2.2.1-e]"],
        PEER,
        no_client_id,
    ),
    test(
        "incoming.starttls",
        "STARTTLS is announced, and clear connections too are greeted",
        &["[R-5.3-a]"],
        PEER,
        starttls,
    ),
];

/// A good envelope to these, all in To, is brought; gives its token and bytes.
pub(super) fn brought(stage: &Stage<'_>, recipients: &[&str]) -> Result<(String, Vec<u8>), Fault> {
    let (token, draft) = stage.envelope(&Plan { to: recipients, ..Plan::default() })?;
    let bytes = stage.seal(&draft)?;
    stage.bring_good(recipients, &bytes)?;
    Ok((token, bytes))
}

fn good(stage: &Stage<'_>) -> Outcome {
    let recipient = stage.recipient();
    let (token, _) = brought(stage, &[recipient])?;
    let charge = stage.taken(&token, "presa-in-carico")?;
    let delivery = stage.taken(&token, "avvenuta-consegna")?;
    stage.mail(recipient, &token, "posta-certificata")?;
    let data = stage.data(&charge.mail)?;
    same("ricezione", &texts(&data, "ricezione"), &vec![recipient])?;
    same("consegna", &stage.datum(&delivery.mail, "consegna")?, &recipient.to_owned())?;
    let ours = &stage.peer()?.name;
    for mail in [&charge.mail, &delivery.mail] {
        let data = stage.data(mail)?;
        let identifier = format!("{token}@{}", stage.peer()?.domain);
        same("identificativo", &texts(&data, "identificativo").concat(), &identifier)?;
        let client = format!("<{token}@client.invalid>");
        same("msgid", &texts(&data, "msgid").concat(), &client)?;
        same("X-Riferimento-Message-ID", &mail.entity().field("X-Riferimento-Message-ID"), &Some(client))?;
        let emitter = texts(&data, "gestore-emittente").concat();
        ensure(emitter != *ours, || "gestore-emittente is the sender's provider".into())?;
    }
    pass()
}

fn service_mailbox(stage: &Stage<'_>) -> Outcome {
    let (token, _) = brought(stage, &[stage.recipient()])?;
    let charge = stage.taken(&token, "presa-in-carico")?;
    let wanted = stage.peer()?.mail_receipt.clone();
    same("RCPT", &charge.recipients, &vec![wanted.clone()])?;
    same("To", &charge.mail.entity().field("To").map(|value| address(&value)), &Some(wanted))?;
    pass()
}

fn unchanged(stage: &Stage<'_>) -> Outcome {
    let (token, bytes) = brought(stage, &[stage.recipient()])?;
    let mail = stage.mail(stage.recipient(), &token, "posta-certificata")?;
    ensure(untraced(&mail.bytes, &first_field(&bytes)) == bytes, || "it was changed on its way".into())?;
    pass()
}

fn one_transaction(stage: &Stage<'_>) -> Outcome {
    let both = [stage.recipient(), stage.sender()];
    let (token, _) = brought(stage, &both)?;
    let deliveries = several(stage, &token, "avvenuta-consegna", 2)?;
    stage.quiet_in()?;
    let charges = several(stage, &token, "presa-in-carico", 1)?;
    same("take-charges", &charges.len(), &1)?;
    for charge in &charges {
        let data = stage.data(&charge.mail)?;
        let mut received = texts(&data, "ricezione");
        received.sort_unstable();
        let mut wanted = both.to_vec();
        wanted.sort_unstable();
        same("ricezione", &received, &wanted)?;
    }
    let mut delivered = Vec::new();
    for delivery in &deliveries {
        delivered.push(stage.datum(&delivery.mail, "consegna")?);
    }
    delivered.sort();
    delivered.dedup();
    same("recipients with a delivery notification", &delivered.len(), &2)?;
    pass()
}

fn two_transactions(stage: &Stage<'_>) -> Outcome {
    let both = [stage.recipient(), stage.sender()];
    let (token, draft) = stage.envelope(&Plan { to: &both, ..Plan::default() })?;
    let bytes = stage.seal(&draft)?;
    for one in both {
        stage.bring_good(&[one], &bytes)?;
    }
    let mut received = Vec::new();
    for charge in several(stage, &token, "presa-in-carico", 2)? {
        let data = stage.data(&charge.mail)?;
        same("destinatari", &texts(&data, "destinatari").len(), &2)?;
        same("ricezione of one take-charge", &texts(&data, "ricezione").len(), &1)?;
        received.push(texts(&data, "ricezione").concat());
    }
    received.sort();
    let mut wanted = both.map(str::to_owned).to_vec();
    wanted.sort();
    same("ricezione", &received, &wanted)?;
    pass()
}

fn postmaster(stage: &Stage<'_>) -> Outcome {
    let domain = stage.recipient().rsplit('@').next().unwrap_or_default();
    let postmaster = format!("Postmaster@{domain}");
    let (token, _) = brought(stage, &[&postmaster])?;
    stage.taken(&token, "presa-in-carico")?;
    let delivery = stage.taken(&token, "avvenuta-consegna")?;
    same("consegna", &stage.datum(&delivery.mail, "consegna")?, &postmaster)?;
    pass()
}

fn unknown(stage: &Stage<'_>) -> Outcome {
    let unknown = stage.config().unknown.clone().unwrap_or_default();
    let (token, draft) = stage.envelope(&Plan { to: &[&unknown], ..Plan::default() })?;
    let answers = stage.bring(&stage.correspondent()?, &[&unknown], &stage.seal(&draft)?)?;
    if !answers.taken() {
        // The norm leaves open who makes the notice then; the sender's provider does.
        return seen(format!("refused in the dialogue: {} {}", answers.last().code, answers.last().text));
    }
    stage.taken(&token, "presa-in-carico")?;
    let notice = stage.taken(&token, "errore-consegna")?;
    coded(stage, &notice.mail, &unknown)
}

fn twice(stage: &Stage<'_>) -> Outcome {
    let recipient = stage.recipient();
    let (token, bytes) = brought(stage, &[recipient])?;
    stage.taken(&token, "avvenuta-consegna")?;
    stage.bring_good(&[recipient], &bytes)?;
    stage.quiet_in()?;
    let deliveries = several(stage, &token, "avvenuta-consegna", 1)?;
    same("delivery notifications", &deliveries.len(), &1)?;
    same("copies in the mailbox", &stage.about_now(recipient, &token)?.len(), &1)?;
    pass()
}

/// What was certified under a name stands: a second content gets no receipt, and does not lie there as certified.
fn same_name(stage: &Stage<'_>) -> Outcome {
    let recipient = stage.recipient();
    let (token, draft) = stage.envelope(&Plan { to: &[recipient], ..Plan::default() })?;
    stage.bring_good(&[recipient], &stage.seal(&draft)?)?;
    stage.taken(&token, "avvenuta-consegna")?;
    let mut other = draft;
    other.put(0, text_part("Un altro messaggio con lo stesso identificativo.\r\n"));
    let answers = stage.bring(&stage.correspondent()?, &[recipient], &stage.seal(&other)?)?;
    stage.quiet_in()?;
    let deliveries = several(stage, &token, "avvenuta-consegna", 1)?;
    same("delivery notifications", &deliveries.len(), &1)?;
    let certified = stage.about_now(recipient, &token)?.iter().filter(|mail| mail.said == "posta-certificata").count();
    same("certified copies in the mailbox", &certified, &1)?;
    seen(format!("the second was answered {} {}", answers.last().code, answers.last().text))
}

fn reverse_path(stage: &Stage<'_>) -> Outcome {
    let (token, mut draft) = stage.envelope(&Plan { to: &[stage.recipient()], ..Plan::default() })?;
    let elsewhere = stage.peer_address("altrove")?;
    draft.set("Reply-To", Some(&elsewhere));
    draft.data.reply_to = elsewhere;
    draft.renew();
    stage.bring_good(&[stage.recipient()], &stage.seal(&draft)?)?;
    let delivery = stage.taken(&token, "avvenuta-consegna")?;
    same("RCPT", &delivery.recipients, &vec![stage.correspondent()?])?;
    pass()
}

fn service_path(stage: &Stage<'_>) -> Outcome {
    let (token, _) = brought(stage, &[stage.recipient()])?;
    for said in ["presa-in-carico", "avvenuta-consegna"] {
        let taken = stage.taken(&token, said)?;
        let from = taken.mail.entity().field("From").map(|value| address(&value)).unwrap_or_default();
        same(&format!("MAIL FROM of {said}"), &taken.path, &from)?;
    }
    pass()
}

fn relay(stage: &Stage<'_>) -> Outcome {
    let answers = stage.bring(&stage.correspondent()?, &["qualcuno@altrove.invalid"], b"Subject: x\r\n\r\nx\r\n")?;
    ensure(!answers.taken(), || "a message for a foreign domain was taken".into())?;
    seen(format!("{} {}", answers.last().code, answers.last().text))
}

fn not_for_service(stage: &Stage<'_>) -> Outcome {
    let service = stage.incoming()?.mail_receipt.clone();
    let (token, draft) = stage.envelope(&Plan { to: &[&service], ..Plan::default() })?;
    let answers = stage.bring(&stage.correspondent()?, &[&service], &stage.seal(&draft)?)?;
    if !answers.taken() {
        return seen(format!("refused: {} {}", answers.last().code, answers.last().text));
    }
    stage.quiet_in()?;
    let told = stage.taken_about(&token)?;
    ensure(!told.iter().any(|taken| taken.mail.said == "avvenuta-consegna"), || "it was delivered there".into())?;
    seen(told.iter().map(|taken| taken.mail.said.clone()).collect::<Vec<_>>().join(", "))
}

fn any_case(stage: &Stage<'_>) -> Outcome {
    let upper = stage.recipient().to_ascii_uppercase();
    let (token, draft) = stage.envelope(&Plan { to: &[stage.recipient()], ..Plan::default() })?;
    stage.bring_good(&[&upper], &stage.seal(&draft)?)?;
    stage.taken(&token, "avvenuta-consegna")?;
    stage.mail(stage.recipient(), &token, "posta-certificata")?;
    pass()
}

fn no_client_id(stage: &Stage<'_>) -> Outcome {
    let (token, mut draft) = stage.envelope(&Plan { to: &[stage.recipient()], ..Plan::default() })?;
    draft.set("X-Riferimento-Message-ID", None);
    draft.data.client_id = None;
    draft.renew();
    stage.bring_good(&[stage.recipient()], &stage.seal(&draft)?)?;
    let delivery = stage.taken(&token, "avvenuta-consegna")?;
    let data = stage.data(&delivery.mail)?;
    ensure(texts(&data, "msgid").is_empty(), || format!("msgid {:?}", texts(&data, "msgid")))?;
    ensure(Opened::new(&delivery.mail.bytes).original().is_some(), || "no original".into())?;
    pass()
}

fn starttls(stage: &Stage<'_>) -> Outcome {
    let door = stage.incoming()?;
    let client = stage.session(&door.address, &door.name, crate::client::Security::Clear)?;
    let offered = client.extensions().lines().any(|line| line.eq_ignore_ascii_case("STARTTLS"));
    ensure(offered, || "STARTTLS is not announced".into())?;
    pass()
}
