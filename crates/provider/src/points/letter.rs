//! Letters of the operator to a holder, about his mailbox and about no message.
//!
//! They are no certified mail and do not look like it: they come from the operator, and not from the address in whose name the
//! provider signs. In Italian first, as everything that holders read, then in English.

use pec::{Address, Moment, Pieces};
use store::{Deposit, DepositIn};

use crate::elaboration::Elaboration;

/// What a letter says.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    /// In ASCII.
    pub subject: &'static str,
    /// Lines, ended by LF.
    pub text: String,
}

impl Letter {
    /// Puts it in a mailbox, also in a full one.
    pub(super) fn put(self, to: &mut Elaboration<'_>, mailbox: &Address, counts: bool) {
        let (context, at) = (to.context, to.moment);
        let message = self.message(&context.identity.operator(), mailbox, &context.fresh_id(at), at);
        let message = to.keep(None, None, Pieces::own(message));
        let (mailbox, folder) = (mailbox.clone(), DepositIn::inbox());
        to.outcome.deposits.push(Deposit { message, mailbox, folder, counts, within_quota: false, at });
    }

    fn message(&self, from: &Address, to: &Address, id: &str, moment: Moment) -> String {
        let Self { subject, text } = self;
        let message = format!(
            "From: {from}\n\
             To: {to}\n\
             Date: {}\n\
             Message-ID: <{id}>\n\
             Subject: {subject}\n\
             Auto-Submitted: auto-generated\n\
             MIME-Version: 1.0\n\
             Content-Type: text/plain; charset=utf-8\n\
             Content-Transfer-Encoding: 8bit\n\
             \n\
             {text}",
            moment.rfc5322()
        );
        message.replace('\n', "\r\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_a_message_of_the_operators() {
        let address = |text: &str| Address::parse(text).unwrap();
        let letter = Letter { subject: "Una prova / A test", text: "Perché no.\n".into() };
        let (from, to) = (address("postmaster@alfa.example"), address("anna@alfa.example"));
        let message = letter.message(&from, &to, "1@alfa.example", Moment::from_unix(0));
        let (header, body) = message.split_once("\r\n\r\n").unwrap();
        assert!(header.is_ascii() && header.contains("\r\nSubject: Una prova / A test\r\n"), "{header}");
        assert!(header.starts_with("From: postmaster@alfa.example\r\nTo: anna@alfa.example\r\nDate: "), "{header}");
        assert_eq!(body, "Perché no.\r\n");
    }
}
