//! What is certified of one message.

use crate::daticert::DataRecipient;
use crate::{Address, CertificationData, ReceiptType, Recipient, RecipientType};

/// What is certified of one message, the same in every notice that concerns it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certified {
    /// MAIL FROM [R-2.1-h]
    pub sender: Address,
    /// RCPT TO, in order, duplicates folded [R-2.1-h] [R-I-ap-1]
    pub recipients: Vec<Recipient>,
    /// `risposte`: Reply-To of the original, else the sender [R-O-xml-1]
    pub reply_to: String,
    /// Decoded subject of the original
    pub subject: Option<String>,
    /// PEC msgid without brackets
    pub identifier: String,
    /// The client's Message-ID with brackets
    pub message_id: Option<String>,
    /// The receipt the sender asks for
    pub receipt: ReceiptType,
}

impl Certified {
    /// The facts of an envelope or notification already emitted, from its certification data, or
    /// the text of the address that does not parse. A missing `ricevuta` reads as complete.
    pub fn from_data(data: &CertificationData) -> Result<Self, String> {
        let address = |text: &str| Address::parse(text).map_err(|_| text.to_owned());
        let recipient = |entry: &DataRecipient| Ok(Recipient { address: address(&entry.address)?, kind: entry.kind });
        Ok(Self {
            sender: address(&data.sender)?,
            recipients: data.recipients.iter().map(recipient).collect::<Result<_, String>>()?,
            reply_to: data.reply_to.clone(),
            subject: data.subject.clone(),
            identifier: data.identifier.clone(),
            message_id: data.message_id.clone(),
            receipt: data.receipt.unwrap_or_default(),
        })
    }

    /// Whether this address is a recipient whose domain is in the providers' index.
    pub fn certifies(&self, address: &Address) -> bool {
        self.recipients.iter().any(|r| r.address == *address && r.kind == RecipientType::Certified)
    }
}
