//! Files that prove rows of a provider's trace (`docs/evidence-format.md`), judged.

use std::sync::Arc;

use output::printable;
use pec::{Moment, Words};
use proof::Subject;
use proof::file::{ProofFile, Proved, Row};
use proof::head::Head;
use seal::Certificate;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::authority::{Authorities, SignerStanding};
use crate::examination::{Authenticity, Check, CheckName, CheckResult, Examination, StampStanding};
use crate::examine::check_authority;
use crate::heads::{chains_of_heads, open_head};
use crate::owner::Owner;
use crate::revoked::Sources;
use crate::stamps::{self, HeadStamp, StampAuthorities};

/// What was found out about a file that proves.
#[derive(Debug, Serialize)]
pub struct ProofExamination {
    /// Whether it proves what it says.
    pub verdict: Authenticity,
    /// The truth in one sentence, Italian.
    pub it: String,
    /// The same in English.
    pub en: String,
    /// Who signed the heads.
    pub signer: Option<Owner>,
    /// The operations that are proved, each with its head's instant.
    pub operations: Vec<Operation>,
    /// The time stamps of the heads, in the order of the file.
    pub stamps: Vec<HeadStamp>,
    /// Each check: name, and how it ended.
    pub checks: Vec<Check>,
}

/// An operation of the provider.
#[derive(Debug, Serialize)]
pub struct Operation {
    /// Its place: log and number.
    pub place: String,
    /// When it was, as the provider wrote.
    pub at: String,
    /// Since when it cannot have been changed unseen: the instant of the head that has it.
    pub sealed: String,
    /// The same by the time stamp of an authority that is believed, where the head has one.
    pub stamped: Option<String>,
    /// What happened.
    pub event: &'static str,
    /// To a message of which kind.
    pub kind: Option<&'static str>,
    /// The message that it is about.
    #[serde(flatten)]
    pub about: About,
    /// Message-ID of the message that was made or came.
    pub message_id: String,
    /// Whom it concerns.
    pub concerns: Vec<String>,
    /// What went wrong, or what was done.
    pub error: Option<String>,
}

/// What an operation is about, if it is a message: its PEC identifier, sender and subject. Thousands of operations are about one.
#[derive(Debug)]
pub struct About(pub Option<Arc<Subject>>);

impl About {
    /// PEC identifier of the message.
    pub fn identifier(&self) -> Option<&str> {
        self.0.as_deref().map(|subject| &*subject.identifier)
    }

    /// Its sender.
    pub fn sender(&self) -> Option<&str> {
        self.0.as_deref().map(|subject| subject.sender.as_str())
    }

    /// Its subject.
    pub fn subject(&self) -> Option<&str> {
        self.0.as_deref().map(|subject| subject.subject.as_str())
    }
}

impl Serialize for About {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut about = to.serialize_struct("About", 3)?;
        about.serialize_field("identifier", &self.identifier())?;
        about.serialize_field("sender", &self.sender())?;
        about.serialize_field("subject", &self.subject())?;
        about.end()
    }
}

impl Operation {
    fn of(row: &Row, head: &Head, stamp: &HeadStamp) -> Self {
        let evidence = &row.evidence;
        Self {
            place: format!("{}/{}", head.log.0, row.number),
            at: evidence.at.to_string(),
            sealed: head.at.to_string(),
            stamped: stamp.believed().map(|at| Moment::from_unix(at).to_string()),
            event: evidence.event.name(),
            kind: evidence.kind.map(pec::Kind::name),
            about: About(row.subject.clone()),
            message_id: evidence.message_id.clone(),
            concerns: evidence.concerns.clone(),
            error: evidence.error.clone(),
        }
    }
}

/// The chains of those who signed the heads of a file, and of those who stamped them, each with the moment for which it is judged.
pub fn chains_of_proof(
    file: &[u8],
    authorities: &Authorities,
    stamped_by: &StampAuthorities,
    at: Option<i64>,
) -> Vec<(Vec<Certificate>, i64)> {
    let Ok(file) = ProofFile::read(file) else { return Vec::new() };
    chains_of_heads(&file.heads, authorities, stamped_by, at)
}

/// Examines a file that proves.
pub fn examine_proof(
    bytes: &[u8],
    authorities: &Authorities,
    stamped_by: &StampAuthorities,
    sources: &Sources,
    at: Option<i64>,
) -> ProofExamination {
    let mut found = Examination::new();
    match judge(bytes, authorities, stamped_by, sources, at, &mut found) {
        Ok((operations, stamps)) => told(found, operations, stamps),
        Err(wrong) => {
            let it = format!("Il file non prova nulla: {}.", wrong.italian);
            let en = format!("The file proves nothing: {}.", wrong.english);
            told(Examination { it, en, verdict: Authenticity::NotAuthentic, ..found }, Vec::new(), Vec::new())
        }
    }
}

fn told(found: Examination, operations: Vec<Operation>, stamps: Vec<HeadStamp>) -> ProofExamination {
    let Examination { verdict, it, en, signer, checks, .. } = found;
    ProofExamination { verdict, it, en, signer, operations, stamps, checks }
}

fn judge(
    bytes: &[u8],
    authorities: &Authorities,
    stamped_by: &StampAuthorities,
    sources: &Sources,
    at: Option<i64>,
    found: &mut Examination,
) -> Result<(Vec<Operation>, Vec<HeadStamp>), Words> {
    let read = ProofFile::read(bytes).and_then(|file| Ok((file.follow()?, file)));
    let (proved, file) = read.map_err(|fault| {
        found.check(CheckName::Form, CheckResult::Failed, fault.to_string());
        Words {
            italian: format!("non è quello che fu sigillato ({fault})"),
            english: format!("it is not what was sealed ({fault})"),
        }
    })?;
    let detail = format!("{} rows lead to {} heads", proved.rows.len(), proved.heads.len());
    found.check(CheckName::Form, CheckResult::Ok, detail);
    let mut worst = None;
    let (mut stamps, mut afterwards) = (Vec::new(), None);
    for (at_head, head) in proved.heads.iter().enumerate() {
        // As many as texts.
        let Some(signed) = file.heads.get(at_head) else { continue };
        let opened = open_head(head, signed).map_err(|why| {
            found.check(CheckName::Signature, CheckResult::Failed, format!("head {at_head}: {why}"));
            unsigned(head, &why)
        })?;
        let detail = format!("head {} of log {}, {}, by {}", head.number, head.log.0, head.at, opened.signer.subject());
        found.check(CheckName::Signature, CheckResult::Ok, detail);
        found.signer.get_or_insert_with(|| Owner::of(&opened.signer, None));
        let standing = check_authority(&opened, authorities, None, None, sources, at, found);
        let stamp = stamps::judge(head, signed, stamped_by, sources, found)?;
        if let SignerStanding::Certified(Some(revoked)) = &standing
            && !stamp.believed().is_some_and(|stamped| revoked.is_after(stamped))
        {
            // What an authority saw before, no thief of the key has made.
            afterwards.get_or_insert_with(|| revoked.afterwards());
        }
        stamps.push(stamp);
        if rank(&standing) > worst.as_ref().map_or(0, |(_, standing)| rank(standing)) {
            worst = Some((opened, standing));
        }
    }
    let owner = found.signer.as_ref().map(|owner| owner.name.clone()).unwrap_or_default();
    match worst {
        Some((opened, standing)) => crate::doubt::doubt(found, &standing, &opened),
        None => {
            found.verdict = Authenticity::Authentic;
            let (it, en) = sentences(&owner, &proved);
            let (stampato, stamped) = stamps::sentences(&stamps);
            let (poi, later) =
                afterwards.map_or_else(Default::default, |(it, en)| (format!(" {it}"), format!(" {en}")));
            (found.it, found.en) = (it + &stampato + &poi, en + &stamped + &later);
            // Who names authorities wants one of theirs.
            if stamps.iter().any(|stamp| stamp.standing == StampStanding::Refused) {
                found.verdict = Authenticity::UnknownAuthority;
            }
        }
    }
    let operation = |row: &Row| Some(Operation::of(row, proved.heads.get(row.head)?, stamps.get(row.head)?));
    let operations = proved.rows.iter().filter_map(operation).collect();
    Ok((operations, stamps))
}

/// 0: a recognised provider's.
fn rank(standing: &SignerStanding) -> u8 {
    match standing {
        SignerStanding::Certified(_) => 0,
        SignerStanding::Unknown => 1,
        SignerStanding::Refused => 2,
        SignerStanding::Revoked(_) => 3,
    }
}

fn unsigned(head: &Head, why: &str) -> Words {
    Words {
        italian: format!(
            "la firma del gestore sulla testa {} del registro {} non vale ({why})",
            head.number, head.log.0
        ),
        english: format!(
            "the provider's signature of head {} of log {} does not hold ({why})",
            head.number, head.log.0
        ),
    }
}

fn sentences(owner: &str, proved: &Proved) -> (String, String) {
    let mut about: Vec<&str> = proved.rows.iter().filter_map(|row| Some(&*row.subject.as_ref()?.identifier)).collect();
    about.dedup();
    let (count, sealed) = (proved.rows.len(), proved.heads.iter().map(|head| head.at).max());
    let sealed = sealed.map_or_else(String::new, |at| at.to_string());
    let (su, on) = match about.as_slice() {
        [one] => (format!(" sul messaggio {one}"), format!(" on the message {one}")),
        _ => (String::new(), String::new()),
    };
    (
        format!(
            "{owner} ha nei propri registri {count} operazioni{su}, sigillate entro il {sealed} e da allora immutate."
        ),
        format!("{owner} has {count} operations{on} in its trace, sealed by {sealed} and unchanged since."),
    )
}

impl ProofExamination {
    /// What people read.
    pub fn words(&self) -> String {
        let mut words = format!("{}\n{}\n", printable(&self.it), printable(&self.en));
        for one in &self.operations {
            let kind = one.kind.map_or_else(String::new, |kind| format!(" {kind}"));
            let who = if one.concerns.is_empty() { String::new() } else { format!(" {}", one.concerns.join(", ")) };
            let line = format!("  {} {} {}{kind}{who}", one.place, one.at, one.event);
            words.push_str(&printable(&line));
            words.push('\n');
        }
        for Check { name, result, detail } in &self.checks {
            words.push_str(&format!("  {:13} {}: {}\n", name.name(), result.name(), printable(detail)));
        }
        words
    }
}
