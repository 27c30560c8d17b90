//! Between what is certified and the certification data (§4.4).

use super::{Certified, Notice};
use crate::daticert::DataRecipient;
use crate::{Address, CertificationData, Recipient, RecipientType};

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

impl Notice<'_> {
    /// The data of this notice: what is certified of the message, and the emitter's own words
    /// [R-4.4-b] [R-4.4-c] [R-4.4-d] [R-4.4-e] [R-O-tic-1].
    pub(super) fn data(&self) -> CertificationData {
        let certified = self.certified;
        CertificationData {
            // Only the anomaly envelope has no `tipo`, and no data.
            tipo: self.kind.tipo().unwrap_or_default().to_owned(),
            fault: self.fault,
            sender: certified.sender.as_str().to_owned(),
            recipients: certified
                .recipients
                .iter()
                .map(|r| DataRecipient { address: r.address.as_str().to_owned(), kind: r.kind })
                .collect(),
            reply_to: certified.reply_to.clone(),
            subject: certified.subject.clone(),
            provider: self.emitter.name.clone(),
            time: self.moment.into(),
            identifier: certified.identifier.clone(),
            message_id: certified.message_id.clone(),
            receipt: self.receipt,
            delivery: self.delivery.map(str::to_owned),
            reception: self.reception.iter().map(|&address| address.to_owned()).collect(),
            extended_error: (!self.errors.is_empty()).then(|| self.errors.join("; ")),
        }
    }
}
