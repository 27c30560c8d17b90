//! The terms by which a message is found, and whether one is as asked for: the index and the look at subjects themselves go by
//! the same words.

use std::collections::BTreeSet;

use icu_normalizer::DecomposingNormalizerBorrowed;
use sha2::{Digest as _, Sha256};

use crate::{MessageQuery, Subject};

/// Different words of a subject that count; further ones are passed over.
const WORDS: usize = 64;
/// Letters of a word that count.
const LETTERS: usize = 64;

/// What is asked, ready to be compared.
pub(super) struct Sought {
    client_id: Option<String>,
    sender: Option<String>,
    recipient: Option<String>,
    words: BTreeSet<String>,
    beginnings: BTreeSet<String>,
}

impl Sought {
    /// What a query asks of subjects; its identifier and its instants apart.
    pub(super) fn of(query: &MessageQuery) -> Self {
        let pieces = || query.words.split_whitespace();
        let begins = |piece: &&str| piece.ends_with('*');
        let whole = pieces().filter(|piece| !begins(piece)).collect::<Vec<_>>().join(" ");
        let mut words = words(&whole);
        let mut beginnings = BTreeSet::new();
        for piece in pieces().filter(begins) {
            // Of several words in one only the last is cut short.
            let mut all = apart(piece);
            let last = all.pop().filter(|last| last.chars().count() >= MessageQuery::BEGINNING);
            beginnings.extend(last);
            words.extend(all);
        }
        Self {
            client_id: query.client_id.as_deref().map(bare).map(str::to_owned),
            sender: query.sender.as_deref().map(address),
            recipient: query.recipient.as_deref().map(address),
            words,
            beginnings,
        }
    }

    /// Whether a subject is as asked for.
    pub(super) fn is(&self, subject: &Subject) -> bool {
        let Self { client_id, sender, recipient, words: wanted, beginnings } = self;
        let of_client = |id: &String| subject.client_id.as_deref().map(bare) == Some(id);
        let to = |recipient: &String| subject.recipients.iter().any(|named| address(&named.address) == *recipient);
        client_id.as_ref().is_none_or(of_client)
            && sender.as_ref().is_none_or(|sender| address(&subject.sender) == *sender)
            && recipient.as_ref().is_none_or(to)
            && (wanted.is_empty() && beginnings.is_empty() || {
                let words = words(&subject.subject);
                let begins = |beginning: &String| words.iter().any(|word| word.starts_with(beginning));
                wanted.is_subset(&words) && beginnings.iter().all(begins)
            })
    }

    /// The question to the index, in the language of its words; `None`: it narrows nothing.
    pub(super) fn question(&self) -> Option<String> {
        let Self { client_id, sender, recipient, words, beginnings } = self;
        let hashed = [(CLIENT, client_id), (SENDER, sender), (RECIPIENT, recipient)];
        let hashed = hashed.into_iter().filter_map(|(field, value)| Some(hashed_term(field, value.as_ref()?)));
        let terms = hashed.chain(words.iter().map(|word| word_term(word))).map(|term| format!("\"{term}\""));
        let begun = beginnings.iter().map(|beginning| format!("\"{}\"*", word_term(beginning)));
        let all: Vec<String> = terms.chain(begun).collect();
        (!all.is_empty()).then(|| all.join(" AND "))
    }
}

/// The terms of a subject, with blanks between.
pub(super) fn terms(subject: &Subject) -> String {
    let mut terms: Vec<String> = words(&subject.subject).iter().map(|word| word_term(word)).collect();
    terms.push(hashed_term(SENDER, &address(&subject.sender)));
    terms.extend(subject.client_id.as_deref().map(|id| hashed_term(CLIENT, bare(id))));
    terms.extend(subject.recipients.iter().map(|named| hashed_term(RECIPIENT, &address(&named.address))));
    terms.join(" ")
}

// The first letter of a term says what it is of.
const CLIENT: char = 'c';
const SENDER: char = 's';
const RECIPIENT: char = 'r';
const WORD: char = 'w';

/// Texts of any length and form, which the index need only tell apart: two that share eight octets of a SHA-256 would cost a
/// look at both.
fn hashed_term(field: char, text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    format!("{field}{}", hex::encode(digest.first_chunk::<8>().unwrap_or(&[0; 8])))
}

fn word_term(word: &str) -> String {
    format!("{WORD}{word}")
}

fn address(text: &str) -> String {
    text.to_ascii_lowercase()
}

/// A Message-ID without its brackets.
fn bare(id: &str) -> &str {
    let id = id.trim();
    id.strip_prefix('<').and_then(|id| id.strip_suffix('>')).unwrap_or(id)
}

/// The words of a text that count.
fn words(text: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for word in apart(text) {
        words.insert(word);
        if words.len() == WORDS {
            break;
        }
    }
    words
}

/// Letters and digits that stand together, in small letters and without diacritics: the words by which mailboxes are searched
/// ([`crate::Search::words`]); accents go from every alphabet.
fn apart(text: &str) -> Vec<String> {
    // Compatible forms first: ligatures and full-width letters are letters.
    let plain = DecomposingNormalizerBorrowed::new_nfkd().normalize(text);
    let letters = plain.chars().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).flat_map(char::to_lowercase);
    let lower: String = letters.filter(|c| !('\u{300}'..='\u{36f}').contains(c)).collect();
    let cut = |word: &str| word.chars().take(LETTERS).collect();
    lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(cut).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(text: &str) -> Subject {
        let named = |address: &str| crate::Named { address: address.into(), kind: None };
        Subject {
            identifier: "1@alfa.example".into(),
            sender: "Anna@alfa.example".into(),
            recipients: vec![named("bob@beta.example"), named("\"a b\"@Gamma.example")],
            subject: text.into(),
            client_id: Some("<7@Client.example>".into()),
            original: None,
        }
    }

    #[test]
    fn a_subject_is_found_by_each_of_its_parts_and_by_nothing_else() {
        let of = subject("Città di Foligno: FATTURA n. 1234/20");
        let is = |query: &MessageQuery| Sought::of(query).is(&of);
        let words = |words: &str| MessageQuery { words: words.into(), ..MessageQuery::default() };
        for yes in [
            "",
            "citta",
            "CITTÀ foligno",
            "fattura 1234 20",
            "1234/20",
            "fatt*",
            "n",
            "città*",
            "fattura 1234/2*",
            "di*",
        ] {
            // Two letters and an asterisk ask for nothing.
            assert!(is(&words(yes)), "{yes}");
        }
        for no in ["fatt", "città roma", "fattura 12345", "folignox*", "fat fattura"] {
            assert!(!is(&words(no)), "{no}");
        }
        let by = |client: Option<&str>, sender: Option<&str>, recipient: Option<&str>| MessageQuery {
            client_id: client.map(Into::into),
            sender: sender.map(Into::into),
            recipient: recipient.map(Into::into),
            ..MessageQuery::default()
        };
        assert!(is(&by(Some("7@Client.example"), Some("ANNA@alfa.example"), Some("\"A B\"@gamma.example"))));
        assert!(is(&by(Some(" <7@Client.example> "), None, Some("bob@beta.example"))));
        assert!(!is(&by(Some("7@client.example"), None, None)), "what a program gave has its case");
        assert!(!is(&by(None, Some("bob@beta.example"), None)) && !is(&by(None, None, Some("anna@alfa.example"))));
    }

    #[test]
    fn words_are_those_by_which_mailboxes_are_searched() {
        let index = rusqlite::Connection::open_in_memory().unwrap();
        let script = "CREATE VIRTUAL TABLE words USING fts5 (text, tokenize = 'unicode61 remove_diacritics 2');
                      CREATE VIRTUAL TABLE its USING fts5vocab ('words', 'row');";
        index.execute_batch(script).unwrap();
        for text in [
            "Città di Foligno",
            "FATTURA n. 1234/20",
            "L'assemblea è convocata",
            "perché, così; più",
            "Straße Łódź ÄÖÜ",
            "re: (richiesta) [urgente] «oggi»",
            "naïve café façade",
            "e\u{300} E\u{300}",
            "Ωμεγα Привет",
            "a_b-c.d@e",
        ] {
            index.execute_batch("DELETE FROM words").unwrap();
            index.execute("INSERT INTO words VALUES (?1)", [text]).unwrap();
            let mut read = index.prepare("SELECT term FROM its").unwrap();
            let its: BTreeSet<String> = read.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
            let ours: BTreeSet<String> = words(text);
            assert_eq!(ours, its, "{text}");
        }
    }

    #[test]
    fn a_subject_of_any_length_has_a_bounded_number_of_terms() {
        let long: String = (0..10_000).map(|n| format!("parola{n} ")).collect();
        assert_eq!(terms(&subject(&long)).split(' ').count(), WORDS + 4);
        let word = "x".repeat(1000);
        assert!(Sought::of(&MessageQuery { words: word.clone(), ..MessageQuery::default() }).is(&subject(&word)));
    }

    #[test]
    fn a_question_names_only_terms() {
        let query = MessageQuery {
            words: "\"a\" OR b* NEAR/2 città*".into(),
            sender: Some("x\"y".into()),
            ..MessageQuery::default()
        };
        let question = Sought::of(&query).question().unwrap();
        assert_eq!(question.matches('"').count() % 2, 0);
        assert!(
            question.contains("\"wa\" AND \"wnear\" AND \"wor\"") && question.ends_with("\"wcitta\"*"),
            "{question}"
        );
        assert_eq!(Sought::of(&MessageQuery::default()).question(), None);
    }
}
