//! `sigillo verify`: who certified what and when, in one sentence, and whether it holds.
//!
//! Exit codes: 0 authentic; 1 not authentic (changed, signed by somebody else, form wrong); 2 the signature is
//! intact and nothing says whether its maker is a certified-mail provider; 3 an authentic anomaly envelope, which certifies
//! nothing of its content; 64, 65, 66 and 73 as in sysexits.

mod anomaly;
mod revoked;
mod sentences;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bytes::Bytes;
use directory::{Directory, Index};
use pec::header::Header;
use pec::message::{self, FormFault, PecMessage};
use pec::{Moment, Words};
use seal::{Certificate, Opened, Trust};

use crate::cli::VerifyOptions;
use crate::exit;
pub use revoked::Sources;
use revoked::{Finding, Revoked};
use sentences::{sentence_en, sentence_it};

/// What was found out about a message.
#[derive(Debug, serde::Serialize)]
pub struct Findings {
    /// `authentic`, `not-authentic`, `unknown-authority`, `anomaly`
    pub verdict: &'static str,
    /// The truth in one sentence, Italian.
    pub it: String,
    /// The same in English.
    pub en: String,
    /// Kind of message, [`Kind::name`].
    pub kind: Option<&'static str>,
    /// PEC msgid.
    pub identifier: Option<String>,
    /// Client's Message-ID.
    pub message_id: Option<String>,
    /// Certified sender.
    pub sender: Option<String>,
    /// Certified recipients with their type.
    pub recipients: Vec<String>,
    /// Certified subject.
    pub subject: Option<String>,
    /// `gestore-emittente`
    pub provider: Option<String>,
    /// Day, time and zone as certified.
    pub time: Option<String>,
    /// Each check: name, and how it ended.
    pub checks: Vec<Check>,
}

/// One check.
#[derive(Debug, serde::Serialize)]
pub struct Check {
    /// `signature`, `authority`, `revocation`, `index`, `form`
    pub name: &'static str,
    /// `ok`, `failed`, `not-checked`
    pub result: &'static str,
    /// In English.
    pub detail: String,
}

/// SHA-256 of the public keys of Italy's certified-mail authorities: their certificates are re-issued with the same
/// key, so the key is what identifies them [R-O-ca-1].
const NATIONAL_AUTHORITIES: [(&str, &str); 2] = [("AgID CA1", AGID_CA1), ("DigitPA CA1", DIGITPA_CA1)];
const AGID_CA1: &str = "39e3c6c6f13c9620775172694d20f81edad55a8613934cdaa7c3793a6d26b86b";
const DIGITPA_CA1: &str = "c0b443b729bcf3e980d36ef980b035be7534a7c464671c7f51e30ad6f7519d25";

/// Whom to believe.
pub enum Authorities {
    /// The authorities that the caller named.
    Given(Trust),
    /// The national ones: a carried certificate whose key is pinned here ends the chain.
    National,
}

/// Runs the command.
pub async fn run(options: &VerifyOptions) -> ExitCode {
    let message = match std::fs::read(&options.file) {
        Ok(bytes) => Bytes::from(bytes),
        Err(error) => return exit::fail(exit::NO_INPUT, format!("{}: {error}", options.file.display())),
    };
    let authorities = match authorities(&options.ca) {
        Ok(authorities) => authorities,
        Err(error) => return exit::fail(exit::DATA, error),
    };
    let index = match options.directory.as_deref().map(read_index).transpose() {
        Ok(index) => index,
        Err(error) => return exit::fail(exit::DATA, error),
    };
    let sources = match Sources::new(&options.crl, options.online) {
        Ok(sources) => sources,
        Err(error) => return exit::fail(exit::DATA, error),
    };
    if let Some((path, at)) = chain_of(&message, &authorities, options.at) {
        sources.ask(&path, at).await;
    }
    let (findings, original) = examine(&message, &authorities, index.as_ref(), &sources, options.at);
    if let (Some(path), Some(original)) = (&options.original, &original)
        && let Err(error) = std::fs::write(path, original)
    {
        return exit::fail(exit::CANT_CREATE, format!("{}: {error}", path.display()));
    }
    if options.json {
        match serde_json::to_string_pretty(&findings) {
            Ok(json) => println!("{json}"),
            Err(error) => return exit::fail(exit::OS_ERROR, error),
        }
    } else {
        print!("{}", words(&findings));
        if options.original.is_some() && original.is_none() {
            println!("  This message carries no original.");
        }
    }
    match findings.verdict {
        "authentic" => ExitCode::SUCCESS,
        "unknown-authority" => ExitCode::from(2),
        "anomaly" => ExitCode::from(3),
        _ => ExitCode::from(1),
    }
}

/// The chain of a message's signer and the moment for which it is judged, when it leads to an authority that is believed.
fn chain_of(message: &Bytes, authorities: &Authorities, at: Option<i64>) -> Option<(Vec<Certificate>, i64)> {
    let opened = seal::open(&with_crlf(message)).ok()?;
    let (at, _) = moment_of(&opened, at);
    Some((authorities.path(&opened, at)?.ok()?, at))
}

/// Examines one message; gives the findings, and the original that it carries.
pub fn examine(
    message: &Bytes,
    authorities: &Authorities,
    index: Option<&Index>,
    sources: &Sources,
    at: Option<i64>,
) -> (Findings, Option<Bytes>) {
    let message = &with_crlf(message);
    let mut findings = Findings {
        verdict: "not-authentic",
        it: String::new(),
        en: String::new(),
        kind: None,
        identifier: None,
        message_id: None,
        sender: None,
        recipients: Vec::new(),
        subject: None,
        provider: None,
        time: None,
        checks: Vec::new(),
    };
    let opened = match seal::open(message) {
        Ok(opened) => opened,
        Err(error) => {
            findings.check("signature", "failed", error.to_string());
            (findings.it, findings.en) = sentences::unreadable(message, &error);
            return (findings, None);
        }
    };
    let signed = opened.signing_time.map_or_else(|| "without a time".into(), |t| Moment::from_unix(t).to_string());
    findings.check("signature", "ok", format!("{} by {}, signed {signed}", opened.digest, opened.signer.subject()));
    let authority = check_authority(&opened, authorities, index, sources, at, &mut findings);
    let mut read = message::read(message, opened.entity.clone());
    if let Err(FormFault::Anomaly) = read {
        match message::read_anomaly(message, opened.entity.clone()) {
            Ok(envelope) => return anomaly::judge(envelope, &opened, authority, findings),
            Err(fault) => read = Err(fault),
        }
    }
    let read = read.map_err(|fault| fault.words());
    let checked = read.and_then(|pec| from_the_signer(&pec.header, &opened).map(|()| pec));
    let pec = match checked {
        Ok(pec) => {
            findings.check("form", "ok", format!("{} as RFC 6109 says", pec.kind.name()));
            pec
        }
        Err(wrong) => {
            findings.wrong(&wrong, &opened);
            return (findings, None);
        }
    };
    let original = pec.original_bytes();
    findings.tell(&pec);
    match authority {
        Authority::Certified(revoked) => {
            findings.verdict = "authentic";
            // The name in the data is the emitter's own word: beside it stands whose key it was.
            let who = opened.signer.subject();
            findings.it = format!("{} Firmato da: {who}.", sentence_it(&pec));
            findings.en = format!("{} Signed by: {who}.", sentence_en(&pec));
            if let Some((it, en)) = revoked.map(|revoked| revoked.afterwards()) {
                findings.it = format!("{} {it}", findings.it);
                findings.en = format!("{} {en}", findings.en);
            }
        }
        doubtful => findings.doubt(&doubtful, &opened),
    }
    (findings, original)
}

/// One From address, of the signer's certificate [R-2.1-d]: what a mail program shows must be who signed.
fn from_the_signer(header: &Header, opened: &Opened) -> Result<(), Words> {
    let from = header.addresses("From").into_iter().flatten().next();
    let named = |email: &String| from.as_ref().is_some_and(|from| email.eq_ignore_ascii_case(from.as_str()));
    if header.count("From") == 1 && opened.signer.emails().iter().any(named) {
        return Ok(());
    }
    let shown = |else_: &str| from.as_ref().map_or_else(|| else_.to_owned(), ToString::to_string);
    Err(Words::new(
        format!(
            "il mittente (From: {}) non è quello del certificato di chi ha firmato",
            shown("illeggibile o ripetuto")
        ),
        format!("the From address ({}) is not the one of the signer's certificate", shown("unreadable or repeated")),
    ))
}

/// What the authorities and the index say together: trust is double [R-I-ca-4].
enum Authority {
    /// A recognised provider, whose certificate may have been revoked since.
    Certified(Option<Revoked>),
    /// One whose certificate was revoked before.
    Revoked(Revoked),
    Unknown,
    Refused,
}

fn check_authority(
    opened: &Opened,
    authorities: &Authorities,
    index: Option<&Index>,
    sources: &Sources,
    at: Option<i64>,
    findings: &mut Findings,
) -> Authority {
    let (at, whose) = moment_of(opened, at);
    let moment = Moment::from_unix(at);
    let chain = authorities.path(opened, at);
    match &chain {
        None => findings.check(
            "authority",
            "not-checked",
            "the message carries no national certified-mail authority (give --ca)".into(),
        ),
        Some(Ok(_)) => findings.check("authority", "ok", format!("the chain holds on {moment} ({whose})")),
        Some(Err(error)) => findings.check("authority", "failed", format!("{error} ({moment}, {whose})")),
    }
    let revocation = match &chain {
        Some(Ok(path)) => sources.judge(path, at),
        _ => Finding::Unknown("it leads to no authority that is believed here".into()),
    };
    let (result, detail) = revocation.check();
    findings.check("revocation", result, detail);
    let listed = index.map(|index| index.by_certificate(opened.signer.der()));
    match &listed {
        None => findings.check("index", "not-checked", "no index was given (--directory)".into()),
        Some(records) => match records.first() {
            Some(record) => {
                findings.check("index", "ok", format!("the certificate is in the record of {}", record.name))
            }
            None => findings.check("index", "failed", "the certificate is in no record of the index".into()),
        },
    }
    match (chain, listed.map(|records| !records.is_empty()), revocation) {
        (_, _, Finding::Before(revoked)) => Authority::Revoked(revoked),
        (Some(Err(_)), _, _) | (_, Some(false), _) => Authority::Refused,
        (Some(Ok(_)), _, Finding::After(revoked)) => Authority::Certified(Some(revoked)),
        (Some(Ok(_)), _, _) => Authority::Certified(None),
        (None, _, _) => Authority::Unknown,
    }
}

/// The moment for which the signer is judged, and whose word it is.
fn moment_of(opened: &Opened, at: Option<i64>) -> (i64, &'static str) {
    match (at, opened.signing_time) {
        (Some(at), _) => (at, "asked for with --at"),
        (None, Some(at)) => (at, "by the signer's own clock; --at asks for another time"),
        (None, None) => (opened.signer.not_after(), "the certificate's last day: the signature has no time"),
    }
}

impl Authorities {
    /// The chain from the signer to an authority that is believed; `None` when nothing says whom to believe: the message
    /// carries no national authority.
    fn path(&self, opened: &Opened, at: i64) -> Option<Result<Vec<Certificate>, String>> {
        let national = match self {
            Self::Given(trust) => return Some(path(trust, opened, at)),
            Self::National => {
                let pinned =
                    |other: &&Certificate| NATIONAL_AUTHORITIES.iter().any(|(_, key)| *key == other.key_sha256_hex());
                opened.others.iter().find(pinned)?.clone()
            }
        };
        let trust = Trust::new(vec![national], Vec::new()).map_err(|error| error.to_string());
        Some(trust.and_then(|trust| path(&trust.for_the_past(), opened, at)))
    }
}

fn path(trust: &Trust, opened: &Opened, at: i64) -> Result<Vec<Certificate>, String> {
    let path = trust.path(&opened.signer, &opened.others, at).map_err(|error| error.to_string())?;
    Ok(path.into_iter().cloned().collect())
}

fn authorities(files: &[PathBuf]) -> Result<Authorities, String> {
    if files.is_empty() {
        return Ok(Authorities::National);
    }
    let mut anchors = Vec::new();
    for file in files {
        let pem = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
        anchors.extend(Certificate::from_pem(&pem).map_err(|error| format!("{}: {error}", file.display()))?);
    }
    Trust::new(anchors, Vec::new())
        .map(|trust| Authorities::Given(trust.for_the_past()))
        .map_err(|error| error.to_string())
}

/// Reads an index: plain LDIF, or a signed file (whose signer the caller vouches for by naming the file).
pub fn read_index(file: &Path) -> Result<Index, String> {
    let say = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let bytes = std::fs::read(file).map_err(|error| say(&error))?;
    let ldif = if file.extension().is_some_and(|extension| extension == "p7m") {
        seal::p7m::open_file(&bytes).map_err(|error| say(&error))?.content
    } else {
        bytes
    };
    let text = String::from_utf8(ldif).map_err(|error| say(&error))?;
    Index::from_ldif(&text).map_err(|error| say(&error))
}

/// A file saved with bare line feeds is the message with its line ends changed by the file system: undone here, since
/// the signature covers CRLF.
fn with_crlf(message: &Bytes) -> Bytes {
    let head = &message[..message.len().min(4096)];
    if head.windows(2).any(|pair| pair == b"\r\n") || !head.contains(&b'\n') {
        return message.clone();
    }
    let mut fixed = Vec::with_capacity(message.len() + message.len() / 40);
    for &byte in message.iter() {
        if byte == b'\n' {
            fixed.push(b'\r');
        }
        fixed.push(byte);
    }
    fixed.into()
}

impl Findings {
    fn check(&mut self, name: &'static str, result: &'static str, detail: String) {
        self.checks.push(Check { name, result, detail });
    }

    /// The form is wrong, whoever signed.
    fn wrong(&mut self, wrong: &Words, opened: &Opened) {
        let who = opened.signer.subject();
        self.check("form", "failed", wrong.english.clone());
        self.it =
            format!("Il messaggio è firmato da {who} ma non è un messaggio di posta certificata: {}.", wrong.italian);
        self.en = format!("The message is signed by {who} but is no certified-mail message: {}.", wrong.english);
    }

    /// The form is right, and the signer is not known to be a provider.
    fn doubt(&mut self, authority: &Authority, opened: &Opened) {
        let who = opened.signer.subject();
        (self.it, self.en) = match authority {
            Authority::Revoked(revoked) => revoked.before(),
            Authority::Refused => (
                format!("La firma è integra, ma chi ha firmato non è un gestore riconosciuto: {who}."),
                format!("The signature is intact, but its maker is not a recognised provider: {who}."),
            ),
            Authority::Unknown | Authority::Certified(_) => {
                self.verdict = "unknown-authority";
                (
                    format!(
                        "La firma è integra, ma non si sa se {who} sia un gestore di posta certificata (indicarne l'autorità con --ca)."
                    ),
                    format!(
                        "The signature is intact, but nothing here says that {who} is a certified-mail provider (give its authority with --ca)."
                    ),
                )
            }
        };
    }

    fn tell(&mut self, pec: &PecMessage) {
        let data = &pec.data;
        self.kind = Some(pec.kind.name());
        self.identifier = Some(data.identifier.clone());
        self.message_id.clone_from(&data.message_id);
        self.sender = Some(data.sender.clone());
        self.recipients = data.recipients.iter().map(|r| format!("{} ({})", r.address, r.kind.as_str())).collect();
        self.subject.clone_from(&data.subject);
        self.provider = Some(data.provider.clone());
        self.time = Some(format!("{} {} ({})", data.time.day, data.time.time, data.time.zone));
    }
}

fn words(findings: &Findings) -> String {
    let mut text = format!("{}\n{}\n", printable(&findings.it), printable(&findings.en));
    let rows = [
        ("kind", findings.kind.map(str::to_owned)),
        ("certified by", findings.provider.clone()),
        ("on", findings.time.clone()),
        ("from", findings.sender.clone()),
        ("to", Some(findings.recipients.join(", ")).filter(|list| !list.is_empty())),
        ("subject", findings.subject.clone()),
        ("identifier", findings.identifier.clone()),
        ("client id", findings.message_id.clone()),
    ];
    for (name, value) in rows {
        if let Some(value) = value {
            text.push_str(&format!("  {name:13} {}\n", printable(&value)));
        }
    }
    for check in &findings.checks {
        text.push_str(&format!("  {:13} {}: {}\n", check.name, check.result, printable(&check.detail)));
    }
    text
}

/// Foreign text on a terminal: no control characters, line ends among them, and nothing that turns the direction of
/// what follows, so that a subject cannot write a verdict of its own.
pub(crate) fn printable(text: &str) -> String {
    let turns = |c| matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || turns(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests;
