//! An archive of evidence as thirty months of mail leave it at the sender's provider, put into a store from outside: its rows
//! are those that `docs/evidence-format.md` describes.

use std::io;
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use rusqlite::{Connection, params};

use super::cbor::Cbor;

/// Rows about a message to one certified recipient: it was received, its acceptance and its envelope were made, the one
/// deposited and the other relayed, take-charge and delivery notification came and were deposited.
pub const EVENTS: u64 = 9;
/// In every second subject.
pub const COMMON: &str = "fattura";
/// In half of the others.
pub const EVEN: &str = "convocazione";
/// In the other half of them.
pub const ODD: &str = "diffida";

/// Event and kind of each of these rows, by their numbers.
const ROWS: [(u64, Option<u64>); EVENTS as usize] = [
    (3, None),
    (2, Some(1)),
    (1, Some(1)),
    (2, Some(4)),
    (4, Some(4)),
    (3, Some(6)),
    (1, Some(6)),
    (3, Some(7)),
    (1, Some(7)),
];
/// Different senders, but for the one of every tenth message.
const SENDERS: u64 = 10_000;
/// Different recipients.
const RECIPIENTS: u64 = 100_000;
/// Different words that a subject has two of.
const WORDS: u64 = 20_000;
/// Months that are kept, less one: nothing expires while it is measured.
const SECONDS: u64 = 29 * 30 * 86_400;

/// What is put there.
pub struct Archive {
    /// How many messages.
    pub messages: u64,
    began: u64,
}

/// A message of it.
pub struct Made {
    /// PEC msgid.
    pub identifier: String,
    /// The Message-ID that the sender's program gave.
    pub client_id: String,
    /// Sender.
    pub sender: String,
    /// Recipient.
    pub recipient: String,
    /// A word of its subject.
    pub word: String,
    /// One that is in no other.
    pub rare_word: String,
    subject: String,
    at: u64,
}

/// The sender of every tenth message.
pub fn frequent_sender() -> String {
    "protocollo@alfa.example".to_owned()
}

impl Archive {
    /// So many messages, up to now.
    pub fn of(messages: u64) -> io::Result<Self> {
        let now: i64 = ask("SELECT unixepoch() + ?1", 0)?;
        Ok(Self { messages: messages.max(1), began: now.unsigned_abs().saturating_sub(SECONDS) })
    }

    /// A day soon after its beginning.
    pub fn early_day(&self) -> io::Result<String> {
        date(self.began + 20 * 86_400)
    }

    /// The `number`th message, from 0.
    pub fn message(&self, number: u64) -> Made {
        let number = number.min(self.messages - 1);
        let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17);
        let at = self.began + SECONDS / self.messages * number;
        let sender = match mixed % 10 {
            0 => frequent_sender(),
            _ => format!("ufficio{}@alfa.example", mixed / 16 % SENDERS),
        };
        let (word, other) = (format!("voce{}", mixed / 32 % WORDS), format!("voce{}", mixed / 64 % WORDS));
        let first = match number % 4 {
            0 | 2 => COMMON,
            1 => EVEN,
            _ => ODD,
        };
        let rare_word = format!("p{number}x");
        Made {
            identifier: format!("opec21.{number:020}.{mixed:x}@pec.alfa.example"),
            client_id: format!("<{mixed:x}.{number}@client.alfa.example>"),
            sender,
            recipient: format!("ente{}@beta.example", mixed / 128 % RECIPIENTS),
            subject: format!("{first} {word} del {other} prot. {rare_word}"),
            word,
            rare_word,
            at,
        }
    }

    /// Puts all into a store that nobody has open.
    pub fn fill(&self, file: &Path) -> io::Result<()> {
        let fault = |error: rusqlite::Error| io::Error::other(format!("{}: {error}", file.display()));
        let mut database = Connection::open(file).map_err(fault)?;
        let quick = "PRAGMA synchronous = OFF; PRAGMA cache_size = -262144; PRAGMA wal_autocheckpoint = 100000;";
        database.execute_batch(quick).map_err(fault)?;
        let one = |sql: &str| database.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(fault);
        let (log, mut place) = (one("SELECT max(log) FROM logs")?, one("SELECT max(log) << 40 | last FROM logs")?);
        for from in (0..self.messages).step_by(50_000) {
            let to = self.messages.min(from + 50_000);
            let work = database.transaction().map_err(fault)?;
            let count = "UPDATE logs SET last = last + ?2 WHERE log = ?1";
            work.execute(count, params![log, (EVENTS * (to - from)).cast_signed()]).map_err(fault)?;
            for number in from..to {
                self.put(&work, number, &mut place).map_err(fault)?;
            }
            work.commit().map_err(fault)?;
        }
        database.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").map_err(fault)
    }

    fn put(&self, work: &Connection, number: u64, place: &mut i64) -> rusqlite::Result<()> {
        let made = self.message(number);
        let subject = made.subject();
        let hash = digest(&SHA256, &subject);
        let sql = "INSERT INTO subjects (hash, identifier, canonical) VALUES (?1, ?2, ?3)";
        work.prepare_cached(sql)?.execute(params![hash.as_ref(), made.identifier, subject])?;
        let about = work.last_insert_rowid();
        let sql = "INSERT INTO evidence (place, at, event, kind, about, canonical) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let mut add = work.prepare_cached(sql)?;
        for (step, (event, kind)) in (0..).zip(ROWS) {
            *place += 1;
            let at = (made.at + step).cast_signed();
            let row = made.row(made.at + step, event, kind, hash.as_ref());
            add.execute(params![*place, at, event.cast_signed(), kind.map(u64::cast_signed), about, row])?;
        }
        Ok(())
    }
}

impl Made {
    /// When it was accepted, `yyyy-mm-dd` in UTC.
    pub fn day(&self) -> io::Result<String> {
        date(self.at)
    }

    fn subject(&self) -> Vec<u8> {
        let mut to = Cbor::default();
        to.array(7).number(1).text(&self.identifier).text(&self.sender);
        to.array(1).array(2).text(&self.recipient).number(1);
        to.text(&self.subject).text(&self.client_id).null();
        to.0
    }

    fn row(&self, at: u64, event: u64, kind: Option<u64>, about: &[u8]) -> Vec<u8> {
        let mut to = Cbor::default();
        to.array(11).number(1).number(at).number(event);
        match kind {
            Some(kind) => to.number(kind),
            None => to.null(),
        };
        to.bytes(about).text(&self.identifier).text("Alfa PEC S.p.A.");
        to.array(1).text(&self.recipient).null().array(1).number(1);
        // Salts that can be drawn again: this archive has nothing to hide.
        let drawn = digest(&SHA256, &to.0);
        to.bytes(drawn.as_ref().get(..16).unwrap_or_default());
        to.0
    }
}

/// What SQLite says of a question about time.
fn ask<T: rusqlite::types::FromSql>(sql: &str, at: i64) -> io::Result<T> {
    let nobody = Connection::open_in_memory().and_then(|file| file.query_row(sql, [at], |row| row.get(0)));
    nobody.map_err(io::Error::other)
}

fn date(at: u64) -> io::Result<String> {
    ask("SELECT date(?1, 'unixepoch')", at.cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_the_same_whenever_it_is_asked_for() {
        let archive = Archive::of(1000).unwrap();
        let (one, again) = (archive.message(7), archive.message(7));
        assert_eq!((one.subject(), &one.rare_word), (again.subject(), &again.rare_word));
        assert!(archive.message(8).identifier != one.identifier && one.subject.contains(&one.word));
    }
}
