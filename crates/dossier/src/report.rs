//! A text for people in two languages, whatever it becomes: sections of sentences and of facts.

mod html;
mod lines;
mod pdf;
mod text;

pub use pdf::{Attachment, PdfError};
use pec::Words;

/// A text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What it is.
    pub title: Words,
    /// What it says first: what it is and what it is not.
    pub lead: Vec<Words>,
    /// The rest.
    pub sections: Vec<Section>,
}

/// A part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its heading.
    pub heading: Words,
    /// Sentences.
    pub text: Vec<Words>,
    /// What is known, one a line.
    pub facts: Vec<Fact>,
}

/// What is known: a name and a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is.
    pub name: Words,
    /// Which; the same in both languages, where it is what others wrote.
    pub value: Words,
}

/// A language of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// First.
    Italian,
    /// After it.
    English,
}

impl Language {
    /// Both, in their order.
    pub const BOTH: [Self; 2] = [Self::Italian, Self::English];

    /// The words in this language.
    pub fn of(self, words: &Words) -> &str {
        match self {
            Self::Italian => &words.italian,
            Self::English => &words.english,
        }
    }
}

impl Section {
    /// One without anything in it.
    pub fn new(italian: &str, english: &str) -> Self {
        Self { heading: Words::new(italian, english), text: Vec::new(), facts: Vec::new() }
    }

    /// Adds a sentence.
    pub fn say(&mut self, italian: impl Into<String>, english: impl Into<String>) {
        self.text.push(Words::new(italian, english));
    }

    /// Adds what is known.
    pub fn fact(&mut self, italian: &str, english: &str, value: impl Into<String>) {
        let value = value.into();
        self.facts.push(Fact { name: Words::new(italian, english), value: Words::new(value.clone(), value) });
    }

    /// Adds what is known and said differently in each language.
    pub fn fact_in(&mut self, name: Words, value: Words) {
        self.facts.push(Fact { name, value });
    }
}
