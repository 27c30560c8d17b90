//! What an invoice says.

use bytes::Bytes;

use super::amount::Amount;

/// An invoice, or several to the same buyer in one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invoice {
    /// `FPA12` (to public bodies), `FPR12`, `FSM10` (simplified), or what stands there.
    pub format: String,
    /// The code of who receives it for the buyer.
    pub addressee: String,
    /// Who sells.
    pub seller: Party,
    /// Who buys.
    pub buyer: Party,
    /// The documents, in order; one at least in an invoice that is one.
    pub documents: Vec<Document>,
    /// Whether something beyond the limits was left out.
    pub cut: bool,
}

/// Who sells or buys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party {
    /// The name of the firm or body, or forename and surname.
    pub name: String,
    /// The VAT number with its country before it (`IT01234567890`).
    pub vat: String,
    /// The Italian tax code.
    pub tax_code: String,
    /// The regime under which it is taxed (`RF01`).
    pub regime: String,
    /// Street and number, postal code, town, province, country: those that are there.
    pub address: Vec<String>,
}

/// One document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// Its type (`TD01`); [`Document::kind_words`] says what that is.
    pub kind: String,
    /// Its number.
    pub number: String,
    /// Its date, `yyyy-mm-dd`.
    pub date: String,
    /// The currency (`EUR`).
    pub currency: String,
    /// What it is for, in the seller's words.
    pub reasons: Vec<String>,
    /// What is sold.
    pub lines: Vec<Item>,
    /// Taxable amounts and taxes, rate by rate.
    pub summary: Vec<Tax>,
    /// The total, taxes included.
    pub total: Amount,
    /// What the buyer withholds for the seller's taxes.
    pub withheld: Vec<Amount>,
    /// The stamp duty.
    pub stamp: Amount,
    /// How it is to be paid.
    pub payments: Vec<Payment>,
    /// Files inside.
    pub attachments: Vec<Inside>,
}

/// A line of an invoice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item {
    /// Its number.
    pub number: String,
    /// What is sold.
    pub description: String,
    /// How much of it.
    pub quantity: Amount,
    /// In what unit.
    pub unit: String,
    /// What one unit costs.
    pub price: Amount,
    /// What the line costs; in a simplified invoice with the tax inside.
    pub total: Amount,
    /// The rate of the tax in percent.
    pub rate: Amount,
    /// Why there is no tax (`N2.2`).
    pub exemption: String,
}

/// The tax at one rate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tax {
    /// In percent.
    pub rate: Amount,
    /// Why there is none (`N2.2`).
    pub exemption: String,
    /// What is taxed.
    pub taxable: Amount,
    /// The tax.
    pub tax: Amount,
    /// When it is due: `I` at once, `D` when paid, `S` paid by the buyer himself.
    pub due: String,
    /// The rule that is named.
    pub rule: String,
}

/// One payment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payment {
    /// In full or in parts (`TP02`).
    pub terms: String,
    /// By what means (`MP05`).
    pub means: String,
    /// Who gets it, where that is another.
    pub payee: String,
    /// When it is due, `yyyy-mm-dd`.
    pub due: String,
    /// How much.
    pub amount: Amount,
    /// The bank.
    pub bank: String,
    /// The account.
    pub iban: String,
}

/// A file inside an invoice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inside {
    /// Its name, safe for a file system.
    pub name: String,
    /// What it is, in the seller's words.
    pub description: String,
    /// Its octets.
    pub octets: Bytes,
}

/// Why a file is not shown as an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotInvoice {
    /// It is another kind of file.
    Other,
    /// It begins as one and cannot be read.
    Unreadable(String),
    /// It is longer than the limit.
    TooLong,
}

impl std::fmt::Display for NotInvoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Other => f.write_str("not an electronic invoice"),
            Self::Unreadable(why) => write!(f, "an electronic invoice that cannot be read: {why}"),
            Self::TooLong => f.write_str("an electronic invoice too long to be shown"),
        }
    }
}

impl std::error::Error for NotInvoice {}
