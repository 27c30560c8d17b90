//! The peer's part on the stage: what it composes, signs, and brings to the provider under test.

use std::path::Path;
use std::sync::{Arc, PoisonError};

use super::outcome::Fault;
use super::stage::{Stage, ensure};
use crate::client::{Answers, Message, Security};
use crate::config::Keys;
use crate::mailbox::Mail;
use crate::peer::compose::{Data, Draft, data_part, original, original_part, text_part};
use crate::peer::server::Taken;
use crate::peer::sign::{self, Style};

/// What a transport envelope of the peer is about.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// Recipients in To.
    pub to: &'a [&'a str],
    /// Recipients in Cc.
    pub cc: &'a [&'a str],
    /// Certified recipients that stand in neither.
    pub also: &'a [&'a str],
    /// `X-TipoRicevuta`
    pub receipt: &'a str,
    /// Header fields of MIME, the blank line, the body.
    pub content: &'a str,
}

impl Default for Plan<'_> {
    fn default() -> Self {
        let content =
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nTesto del corrispondente.\r\n";
        Plan { to: &[], cc: &[], also: &[], receipt: "completa", content }
    }
}

/// What became of a message that the peer brought.
#[derive(Clone, Debug)]
pub enum Fate {
    /// Refused in the SMTP dialogue.
    Refused(String),
    /// Taken as a correct envelope.
    Correct,
    /// In the mailbox, in an anomaly envelope.
    Anomaly(Arc<Mail>),
    /// In the mailbox as it came.
    Bare,
    /// Taken, and nothing was seen of it.
    Nothing,
}

impl Stage<'_> {
    /// The holder of the peer who sends.
    pub fn correspondent(&self) -> Result<String, Fault> {
        Ok(format!("corrispondente@{}", self.peer()?.domain))
    }

    /// A good transport envelope to these recipients, and its token.
    pub fn envelope(&self, plan: &Plan<'_>) -> Result<(String, Draft), Fault> {
        let token = self.token();
        let peer = self.peer()?;
        let sender = self.correspondent()?;
        let (time, date) = self.now()?;
        let id = format!("{token}@{}", peer.domain);
        let client_id = format!("<{token}@client.invalid>");
        let subject = format!("Prova {token}");
        let mut lists = vec![("To".to_owned(), plan.to.join(", "))];
        if !plan.cc.is_empty() {
            lists.push(("Cc".to_owned(), plan.cc.join(", ")));
        }
        let listed: String = lists.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let fields = format!("From: {sender}\r\n{listed}Subject: {subject}\r\nDate: {date}\r\n");
        let all = plan.to.iter().chain(plan.cc).chain(plan.also);
        let mut recipients: Vec<(String, &'static str)> = Vec::new();
        for address in all {
            if !recipients.iter().any(|(known, _)| known.eq_ignore_ascii_case(address)) {
                recipients.push(((*address).to_owned(), "certificato"));
            }
        }
        let data = Data {
            tipo: "posta-certificata".into(),
            errore: "nessuno".into(),
            sender: sender.clone(),
            recipients,
            reply_to: sender.clone(),
            subject: subject.clone(),
            provider: peer.name.clone(),
            time,
            id: id.clone(),
            client_id: Some(client_id.clone()),
            receipt: Some(plan.receipt.to_owned()),
            delivered: None,
            received: Vec::new(),
            error: None,
        };
        let mut header = lists;
        let service = &peer.service_address;
        let put = [
            ("Subject", format!("POSTA CERTIFICATA: {subject}")),
            ("From", format!("\"Per conto di: {sender}\" <{service}>")),
            ("Reply-To", sender),
            ("Date", date),
            ("Message-ID", format!("<{id}>")),
            ("X-Riferimento-Message-ID", client_id.clone()),
            ("X-Trasporto", "posta-certificata".into()),
            ("X-TipoRicevuta", plan.receipt.to_owned()),
        ];
        header.extend(put.map(|(name, value)| (name.to_owned(), value)));
        let original = original(&fields, &id, &client_id, plan.content);
        let text = format!("Messaggio di posta certificata\r\nIdentificativo messaggio: {id}\r\n");
        let parts = vec![text_part(&text), data_part(data.xml().as_bytes()), original_part(&original)];
        Ok((token, Draft { header, parts, data, original }))
    }

    /// The draft signed as the index says.
    pub fn seal(&self, draft: &Draft) -> Result<Vec<u8>, Fault> {
        self.seal_with(draft, &self.peer()?.signing, &Style::default())
    }

    /// The draft signed with other keys or in another style.
    pub fn seal_with(&self, draft: &Draft, keys: &Keys, style: &Style) -> Result<Vec<u8>, Fault> {
        Ok(sign::seal(self.scratch(), keys, &draft.block(), &draft.entity(), style)?)
    }

    /// A folder of ours.
    pub fn scratch(&self) -> &Path {
        self.house.scratch.path()
    }

    /// Brings a message to the provider's door over TLS.
    pub fn bring(&self, path: &str, recipients: &[&str], bytes: &[u8]) -> Result<Answers, Fault> {
        let door = self.incoming()?;
        let mut client = self.session(&door.address, &door.name, Security::StartTls)?;
        let recipients = recipients.iter().map(|&recipient| recipient.to_owned()).collect();
        Ok(client.offer(&Message { sender: path.to_owned(), recipients, bytes: bytes.to_vec() })?)
    }

    /// Brings a sealed envelope of the correspondent, which must be taken for every recipient.
    pub fn bring_good(&self, recipients: &[&str], bytes: &[u8]) -> Result<(), Fault> {
        let answers = self.bring(&self.correspondent()?, recipients, bytes)?;
        let refused = answers.recipients.iter().find(|reply| reply.code / 100 != 2);
        let last = refused.unwrap_or(answers.last());
        ensure(answers.taken() && refused.is_none(), || format!("not taken: {} {}", last.code, last.text))
    }

    /// What became of a message to one recipient.
    pub fn fate(&self, recipient: &str, token: &str, answers: &Answers) -> Result<Fate, Fault> {
        if !answers.taken() {
            let last = answers.last();
            return Ok(Fate::Refused(format!("{} {}", last.code, last.text)));
        }
        let found = self.until("anything", self.patience(), || {
            let mails = self.about(recipient, token)?;
            if let Some(anomaly) = mails.iter().find(|mail| mail.said == "errore") {
                return Ok(Some(Fate::Anomaly(Arc::clone(anomaly))));
            }
            let taken = self.taken_about(token)?;
            if taken.iter().any(|taken| taken.mail.said == "presa-in-carico") {
                return Ok(Some(Fate::Correct));
            }
            Ok(mails.first().map(|_| Fate::Bare))
        });
        match found {
            Ok(Fate::Bare) => {
                // A correct envelope may be in the mailbox before its take-charge is at the peer.
                let charged = self.taken(token, "presa-in-carico").is_ok();
                Ok(if charged { Fate::Correct } else { Fate::Bare })
            }
            Ok(fate) => Ok(fate),
            Err(_) => Ok(Fate::Nothing),
        }
    }

    /// A notification of the peer about an envelope that it has taken: `said` is `X-Ricevuta`, `change` completes the
    /// certification data. Gives the draft and its recipient.
    pub fn notice(&self, about: &Taken, said: &str, change: impl FnOnce(&mut Data)) -> Result<(Draft, String), Fault> {
        let peer = self.peer()?;
        let elements = self.data(&about.mail)?;
        let mut data =
            Data::of_envelope(&elements).ok_or_else(|| Fault::Fail("the envelope's data lack a part".into()))?;
        let (time, date) = self.now()?;
        (data.tipo, data.provider, data.time, data.receipt) = (said.into(), peer.name.clone(), time, None);
        change(&mut data);
        let between_providers = matches!(said, "presa-in-carico" | "rilevazione-virus");
        let to = if between_providers { self.incoming()?.mail_receipt.clone() } else { data.sender.clone() };
        let prefix = match (said, data.errore.as_str()) {
            ("presa-in-carico", _) => "PRESA IN CARICO: ",
            ("avvenuta-consegna", _) => "CONSEGNA: ",
            ("rilevazione-virus", _) => "PROBLEMA DI SICUREZZA: ",
            (_, "virus") => "AVVISO DI MANCATA CONSEGNA PER VIRUS: ",
            _ => "AVVISO DI MANCATA CONSEGNA: ",
        };
        let own = self.token();
        let mut header: Vec<(String, String)> = [
            ("X-Ricevuta", said.to_owned()),
            ("Date", date),
            // Only ASCII in the subject: the token of the message stands in the reference.
            ("Subject", format!("{prefix}{}", data.subject.chars().filter(char::is_ascii).collect::<String>())),
            ("From", peer.service_address.clone()),
            ("To", to.clone()),
            ("Message-ID", format!("<{own}@{}>", peer.domain)),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        header.extend(data.client_id.clone().map(|id| ("X-Riferimento-Message-ID".to_owned(), id)));
        if said == "rilevazione-virus" {
            header.push(("X-Mittente".into(), data.sender.clone()));
        }
        let text = text_part(&format!("{prefix}\r\nIdentificativo messaggio: {}\r\n", data.id));
        let parts = vec![text, data_part(data.xml().as_bytes())];
        Ok((Draft { header, parts, data, original: Vec::new() }, to))
    }

    /// Seals a notification and brings it; it must be taken. Gives its bytes.
    pub fn tell(&self, notice: &(Draft, String)) -> Result<Vec<u8>, Fault> {
        let bytes = self.seal(&notice.0)?;
        let answers = self.bring(&self.peer()?.service_address.clone(), &[&notice.1], &bytes)?;
        let last = answers.last();
        ensure(answers.taken(), || format!("notification not taken: {} {}", last.code, last.text))?;
        let data = &notice.0.data;
        let named = data.delivered.iter().chain(&data.received).map(|recipient| (data.id.clone(), recipient.clone()));
        if data.tipo != "presa-in-carico" {
            self.house.answered.lock().unwrap_or_else(PoisonError::into_inner).extend(named);
        }
        Ok(bytes)
    }

    /// Answers an envelope as a good provider does: take-charge, then a delivery for each of its recipients.
    pub fn answer(&self, envelope: &Taken) -> Result<(), Fault> {
        let received = envelope.recipients.clone();
        self.tell(&self.notice(envelope, "presa-in-carico", |data| data.received = received)?)?;
        for recipient in &envelope.recipients {
            self.tell(&self.delivery(envelope, recipient)?)?;
        }
        Ok(())
    }

    /// Delivers whatever the peer has taken and not answered yet, so that no notice of silence comes to the holder half a
    /// day after the run.
    pub fn settle(&self) -> Result<(), Fault> {
        let mark = self.house.mark();
        for envelope in self.taken_about(&mark)?.iter().filter(|taken| taken.mail.said == "posta-certificata") {
            let id = self.datum(&envelope.mail, "identificativo")?;
            for recipient in &envelope.recipients {
                let known = (id.clone(), recipient.clone());
                let answered = self.house.answered.lock().unwrap_or_else(PoisonError::into_inner).contains(&known);
                if !answered {
                    self.tell(&self.delivery(envelope, recipient)?)?;
                }
            }
        }
        Ok(())
    }

    /// A concise delivery notification for one recipient.
    pub fn delivery(&self, envelope: &Taken, recipient: &str) -> Result<(Draft, String), Fault> {
        self.notice(envelope, "avvenuta-consegna", |data| {
            data.delivered = Some(recipient.to_owned());
            data.receipt = Some("completa".into());
        })
    }

    /// A good envelope goes all the way to the recipient and its receipts come back: what was brought before it has had
    /// its chance to do harm.
    pub fn quiet_in(&self) -> Result<(), Fault> {
        let recipient = self.recipient().to_owned();
        let (token, draft) = self.envelope(&Plan { to: &[&recipient], ..Plan::default() })?;
        self.bring_good(&[&recipient], &self.seal(&draft)?)?;
        self.taken(&token, "presa-in-carico")?;
        self.taken(&token, "avvenuta-consegna")?;
        Ok(())
    }

    /// A good letter goes all the way to the peer: what was submitted before it has had its chance.
    pub fn quiet_out(&self) -> Result<(), Fault> {
        let quiet = self.peer_address("silenzio")?;
        let letter = self.letter(&[&quiet]);
        self.accepted(&letter)?;
        let envelope = self.taken(&letter.token, "posta-certificata")?;
        self.answer(&envelope)
    }
}
