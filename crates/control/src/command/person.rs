//! `sigillo person erase`.

use clap::Args;

use super::asks::{Asks, Common, On};
use crate::refused::Refused;
use crate::request::{PersonAct, PersonRequest, Request};

/// Who is meant, who answers, and why.
#[derive(Args, Clone, Debug)]
pub struct PersonOptions {
    /// All names of the person: addresses, here or elsewhere, and login names of users
    #[arg(value_name = "ADDRESS|USER", required = true)]
    names: Vec<String>,
    /// Who answers: one of `privacy.officers` in the configuration
    #[arg(long = "as", value_name = "NAME")]
    officer: String,
    /// Why, for the evidence: the request, its day
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl PersonOptions {
    /// The request to do this.
    pub fn request(self, what: PersonAct) -> PersonRequest {
        let Self { names, officer, reason } = self;
        PersonRequest { names, officer, reason, what }
    }

    /// The names.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

/// What of a person to erase.
#[derive(Args, Clone, Debug)]
pub struct PersonErase {
    /// Who, and why.
    #[command(flatten)]
    person: PersonOptions,
    /// Messages of its own mailboxes too, but what a legal hold keeps
    #[arg(long)]
    contents: bool,
    /// Do it; otherwise it is only said
    #[arg(long)]
    yes: bool,
}

impl Asks for On<PersonErase> {
    fn common(&self) -> &Common {
        &self.common
    }

    fn request(self) -> Result<Request, Refused> {
        let PersonErase { person, contents, yes: carry_out } = self.what;
        Ok(Request::Person(person.request(PersonAct::Erase { contents, carry_out })))
    }
}
