//! What becomes of a recipient (RFC 6109 §3.1.6): what a notification says of it, and when silence is told.
//!
//! The table of states is the store's ([`store::State::after`]): here stands what the norm makes of a message that comes.

use directory::Record;
use pec::compose::Certified;
use pec::{Address, Kind, Moment};
use store::{Progress, Step};

use super::finding::Certificated;
use crate::context::{Context, provider_key};
use crate::elaboration::Remark;

/// Seconds from acceptance to the first notice: twelve hours sharp.
pub const FIRST: i64 = 12 * 3600;
/// Seconds from acceptance to the second notice: within twenty-four hours and not before twenty-two; at twenty-three
/// (Q-21) [R-L-to-2].
pub const SECOND: i64 = 23 * 3600;

/// The certified recipients that a notification names and its emitter may speak for: only the provider that manages a
/// recipient's domain does. Any other notice is delivered all the same, and moves nothing.
pub fn spoken_for(
    certified: &Certified,
    concerns: &[String],
    context: &Context,
    emitter: &Record,
    remarks: &mut Vec<Remark>,
) -> Vec<Address> {
    let named = concerns.iter().filter_map(|text| Address::parse(text).ok());
    let mut recipients: Vec<Address> = named.filter(|address| certified.certifies(address)).collect();
    recipients.retain(|address| {
        let managed = context.directory.by_domain(address.domain());
        let speaks = managed.is_some_and(|record| provider_key(&record) == provider_key(emitter));
        if !speaks {
            remarks.push(Remark::SpokeForAnother { provider: emitter.name.clone(), recipient: address.to_string() });
        }
        speaks
    });
    recipients
}

/// What a notification does to the recipients it speaks for. A delivery without take-charge is valid and stops everything
/// so does any non-delivery [R-I-to-1].
pub fn told(found: &Certificated, recipients: Vec<Address>, moment: Moment) -> Vec<Progress> {
    let step = match found.pec.kind {
        Kind::TakeCharge => Step::TakeCharge,
        Kind::Delivery => Step::Deliver,
        Kind::NonDelivery => Step::NotDeliver,
        Kind::VirusDetection | Kind::VirusNonDelivery => Step::FindVirus,
        _ => return Vec::new(),
    };
    let code = found.pec.data.extended_error.as_deref().and_then(code);
    let progress = |recipient| Progress {
        about: found.certified.identifier.as_str().into(),
        recipient,
        step,
        at: moment,
        code: code.clone(),
        receipt: found.pec.message_id.clone(),
        due: None,
        seen: None,
    };
    recipients.into_iter().map(progress).collect()
}

/// The enhanced status code at the head of an `errore-esteso` (NOTA 12) [R-L-N12-1].
fn code(error: &str) -> Option<String> {
    let word = error.split([' ', '-']).next()?;
    let numbers: Vec<&str> = word.split('.').collect();
    let number = |text: &&str| (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    (numbers.len() == 3 && numbers.iter().all(number)).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_a_reason_is_read_where_there_is_one() {
        for (error, expected) in [
            ("5.1.1 - Aruba Pec S.p.A. - indirizzo non valido", Some("5.1.1")),
            ("5.2.2-casella piena", Some("5.2.2")),
            ("casella inibita alla ricezione", None),
            ("5.1", None),
            ("", None),
        ] {
            assert_eq!(code(error).as_deref(), expected, "{error}");
        }
    }
}
