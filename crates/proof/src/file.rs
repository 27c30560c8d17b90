//! Files that prove: rows with their paths to signed heads; `docs/evidence-format.md` has the form. Signatures and stamps are
//! judged by who knows keys and authorities.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::canonical;
use crate::head::Head;
use crate::record::Evidence;
use crate::subject::Subject;
use crate::tree::{self, Node};

/// The form of the files.
pub const FORM: &str = "sigillo-proof 1";
/// The largest file that is read, octets.
pub const MOST: usize = 64 << 20;

/// A file that proves rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofFile {
    /// [`FORM`]
    pub form: String,
    /// Heads that rows lead to.
    pub heads: Vec<SignedHead>,
    /// The canonical bytes of what the rows are about.
    pub subjects: Vec<Octets>,
    /// The rows, ascending by log and number.
    pub rows: Vec<ProvedRow>,
}

/// A head with what makes it one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedHead {
    /// Its text.
    pub text: Octets,
    /// CMS SignedData over the text, detached, with certificates.
    pub signature: Octets,
    /// TimeStampToken over the signature (RFC 3161), where there is one.
    pub stamp: Option<Octets>,
}

/// A row with its path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvedRow {
    /// To which of the heads it leads, from 0.
    pub head: usize,
    /// Its number in the log of the head.
    pub number: u64,
    /// Its canonical bytes.
    pub row: Octets,
    /// The path, the node beside the leaf first.
    pub path: Vec<Octets>,
}

/// Octets, in base64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Octets(pub Vec<u8>);

impl Serialize for Octets {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Octets {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD.decode(text).map(Self).map_err(|_| D::Error::custom("expected base64"))
    }
}

/// What is wrong with a file: whose fault it is cannot be said, only where it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct ProofFault {
    /// Where in the file.
    pub place: String,
    /// What is wrong there, in English.
    pub what: String,
}

fn fault(place: impl Into<String>, what: impl Into<String>) -> ProofFault {
    ProofFault { place: place.into(), what: what.into() }
}

/// What a file says, as far as it is right in itself: every row leads to its head.
#[derive(Clone, Debug)]
pub struct Proved {
    /// The heads.
    pub heads: Vec<Head>,
    /// The rows, with what each is about.
    pub rows: Vec<Row>,
}

/// A row that leads to a head.
#[derive(Clone, Debug)]
pub struct Row {
    /// To which head, from 0.
    pub head: usize,
    /// Its number.
    pub number: u64,
    /// What happened.
    pub evidence: Evidence,
    /// The message; `None` for an administrative act.
    pub subject: Option<Arc<Subject>>,
}

impl ProofFile {
    /// Whether these octets are meant to be such a file: JSON with our form near its beginning.
    pub fn is_one(bytes: &[u8]) -> bool {
        let begin = bytes.get(..256).unwrap_or(bytes);
        begin.trim_ascii_start().starts_with(b"{") && begin.windows(13).any(|part| part == b"sigillo-proof")
    }

    /// Reads a file.
    pub fn read(bytes: &[u8]) -> Result<Self, ProofFault> {
        if bytes.len() > MOST {
            return Err(fault("the file", format!("larger than {MOST} octets")));
        }
        let file: Self = serde_json::from_slice(bytes).map_err(|error| fault("the file", error.to_string()))?;
        if file.form != FORM {
            return Err(fault("form", format!("expected {FORM}, found {:.40}", file.form)));
        }
        if file.rows.is_empty() {
            return Err(fault("rows", "there are none: nothing is proved"));
        }
        Ok(file)
    }

    /// The file as it is written: JSON, an item a line.
    pub fn to_json(&self) -> String {
        // Texts and numbers: there is nothing that cannot be written.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Follows every path to its head; the first fault ends it. The heads are of one provider, each with a row that leads to it,
    /// and no row is there twice: what is said of the whole file is true of each part of it.
    pub fn follow(&self) -> Result<Proved, ProofFault> {
        let mut heads = Vec::with_capacity(self.heads.len());
        for (at, head) in self.heads.iter().enumerate() {
            let head = Head::read(&head.text.0).map_err(|error| fault(format!("head {at}"), error.to_string()))?;
            if heads.first().is_some_and(|first: &Head| first.domain != head.domain) {
                return Err(fault(format!("head {at}"), "is of another provider than the first one"));
            }
            heads.push(head);
        }
        let mut subjects = HashMap::new();
        for (at, bytes) in self.subjects.iter().enumerate() {
            let place = format!("subject {at}");
            let subject = canonical::read_subject(&bytes.0).map_err(|error| fault(place, error.to_string()))?;
            subjects.insert(canonical::hash(&bytes.0), Arc::new(subject));
        }
        let mut rows = Vec::with_capacity(self.rows.len());
        let mut last = None;
        for row in &self.rows {
            let place = || format!("row {}", row.number);
            let head = heads.get(row.head).ok_or_else(|| fault(place(), "leads to a head that is not in the file"))?;
            if last.replace((head.log, row.number)).is_some_and(|last| last >= (head.log, row.number)) {
                return Err(fault(place(), "does not stand behind the row before it: rows ascend by log and number"));
            }
            let index = head
                .index(head.log, row.number)
                .ok_or_else(|| fault(place(), "is none of the rows that its head has"))?;
            let path: Option<Vec<Node>> = row.path.iter().map(|node| node.0.as_slice().try_into().ok()).collect();
            let path = path.ok_or_else(|| fault(place(), "a node of its path has not 32 octets"))?;
            if !tree::verify_inclusion(&tree::leaf(&row.row.0), index, head.size, &path, &head.root) {
                return Err(fault(place(), "does not lead to its head: row, number or path were altered"));
            }
            let read = canonical::read_evidence(&row.row.0).map_err(|error| fault(place(), error.to_string()))?;
            let (evidence, _) = read;
            let subject = match evidence.about.hash() {
                None => None,
                Some(hash) => {
                    let found: Option<&Arc<Subject>> = subjects.get(&hash);
                    Some(
                        found
                            .cloned()
                            .ok_or_else(|| fault(place(), "what it is about is not in the file, or was altered"))?,
                    )
                }
            };
            rows.push(Row { head: row.head, number: row.number, evidence, subject });
        }
        let led_to: HashSet<usize> = self.rows.iter().map(|row| row.head).collect();
        if let Some(idle) = (0..heads.len()).find(|at| !led_to.contains(at)) {
            return Err(fault(format!("head {idle}"), "no row leads to it"));
        }
        Ok(Proved { heads, rows })
    }
}

#[cfg(test)]
mod tests {
    use pec::{Kind, Moment};

    use super::*;
    use crate::{About, Actor, Event, LogId, Salt, SharedSubject};

    fn subject() -> SharedSubject {
        SharedSubject::new(Subject {
            identifier: "id".into(),
            sender: "anna@alfa.example".into(),
            recipients: Vec::new(),
            subject: "Città".into(),
            client_id: None,
            original: None,
        })
    }

    /// Rows 11 to 17 of a log, the third of them proved.
    fn file() -> ProofFile {
        let row = |n: i64| Evidence {
            at: Moment::from_unix(n),
            event: Event::Emitted,
            kind: Some(Kind::Acceptance),
            about: About::Subject(subject()),
            message_id: String::new(),
            provider: "Alfa PEC".into(),
            concerns: Vec::new(),
            error: None,
            actor: Actor::System,
        };
        let rows: Vec<Vec<u8>> = (0..7).map(|n| canonical::evidence(&row(n), Salt([n as u8; Salt::OCTETS]))).collect();
        let leaves: Vec<Node> = rows.iter().map(|row| tree::leaf(row)).collect();
        let over = |range: std::ops::Range<u64>| {
            Octets(tree::root(leaves[range.start as usize..range.end as usize].to_vec()).to_vec())
        };
        let head = Head {
            domain: "alfa.example".into(),
            log: LogId(1),
            first: 11,
            size: 7,
            root: tree::root(leaves.clone()),
            number: 1,
            day: "1970-01-01".into(),
            at: Moment::from_unix(9),
            previous: None,
            closed: true,
            provider: "Alfa PEC".into(),
        };
        let path = tree::path(2, 7).unwrap().into_iter().map(over).collect();
        ProofFile {
            form: FORM.into(),
            heads: vec![SignedHead { text: Octets(head.text().into()), signature: Octets(vec![1]), stamp: None }],
            subjects: vec![Octets(subject().canonical().to_vec())],
            rows: vec![ProvedRow { head: 0, number: 13, row: Octets(rows[2].clone()), path }],
        }
    }

    #[test]
    fn a_file_is_read_back_and_its_rows_lead_to_their_heads() {
        let json = file().to_json();
        assert!(ProofFile::is_one(json.as_bytes()) && !ProofFile::is_one(b"From: a\r\n"));
        let read = ProofFile::read(json.as_bytes()).unwrap();
        assert_eq!(read, file());
        let proved = read.follow().unwrap();
        assert_eq!((proved.rows[0].number, proved.rows[0].evidence.at), (13, Moment::from_unix(2)));
        assert_eq!(proved.rows[0].subject.as_ref().unwrap().subject, "Città");
    }

    /// Everything but the signatures, which others judge.
    #[test]
    fn no_octet_of_a_row_a_path_or_a_subject_can_be_altered() {
        let fault = |change: &dyn Fn(&mut ProofFile)| {
            let mut spoilt = file();
            change(&mut spoilt);
            spoilt.follow().unwrap_err().place
        };
        for at in 0..file().rows[0].row.0.len() {
            assert_eq!(fault(&|file| file.rows[0].row.0[at] ^= 1), "row 13", "{at}");
        }
        for at in 0..file().subjects[0].0.len() {
            let place = fault(&|file| file.subjects[0].0[at] ^= 1);
            assert!(["row 13", "subject 0"].contains(&place.as_str()), "{at}");
        }
        for at in 0..32 {
            assert_eq!(fault(&|file| file.rows[0].path[1].0[at] ^= 128), "row 13");
        }
        assert_eq!(fault(&|file| file.rows[0].number = 12), "row 13".replace('3', "2"));
        assert_eq!(fault(&|file| file.rows[0].number = 18), "row 18");
        assert_eq!(fault(&|file| file.rows[0].head = 1), "row 13");
        assert_eq!(fault(&|file| file.rows[0].path.push(Octets(vec![0; 31]))), "row 13");
        assert_eq!(fault(&|file| file.heads[0].text.0[0] = b'\n'), "head 0");
    }

    #[test]
    fn a_row_counts_once_and_a_head_is_that_of_its_rows_provider() {
        let fault = |change: &dyn Fn(&mut ProofFile)| {
            let mut spoilt = file();
            change(&mut spoilt);
            spoilt.follow().unwrap_err().to_string()
        };
        assert!(fault(&|file| file.rows.push(file.rows[0].clone())).contains("does not stand behind"));
        assert!(fault(&|file| file.heads.push(file.heads[0].clone())).contains("head 1: no row leads to it"));
        let other = |file: &mut ProofFile| {
            let text = String::from_utf8(file.heads[0].text.0.clone()).unwrap();
            let foreign = text.replace("alfa.example", "beta.example").into_bytes();
            file.heads.push(SignedHead { text: Octets(foreign), ..file.heads[0].clone() });
        };
        assert!(fault(&other).contains("head 1: is of another provider"));
    }

    #[test]
    fn another_file_is_refused_with_the_reason() {
        let read = |json: &str| ProofFile::read(json.as_bytes()).unwrap_err().to_string();
        assert!(read("{}").contains("missing field"), "{}", read("{}"));
        let json = file().to_json();
        assert_eq!(
            read(&json.replace(FORM, "sigillo-proof 2")),
            "form: expected sigillo-proof 1, found sigillo-proof 2"
        );
        assert!(read(&json.replace("\"rows\"", "\"columns\"")).contains("unknown field"));
        assert!(read(&json[..json.len() / 2]).contains("EOF"));
        let none = ProofFile { rows: Vec::new(), ..file() };
        assert!(read(&none.to_json()).contains("nothing is proved"));
    }
}
