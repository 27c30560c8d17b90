//! The time stamps of heads: since when, by an authority's word, a head has been there.

use std::path::PathBuf;

use pec::{Moment, Words};
use proof::file::SignedHead;
use proof::head::Head;
use seal::{Certificate, StampError, TimeStamp, Trust};
use serde::Serialize;

use crate::authority::certificates;
use crate::error::VerifyError;
use crate::examination::{CheckName, CheckResult, Examination, StampStanding};
use crate::revoked::{SignerRevocation, Sources};

/// Whose time stamps are believed.
#[derive(Default)]
pub struct StampAuthorities(Option<Trust>);

impl StampAuthorities {
    /// The authorities in these PEM files; without files, nobody says whom to believe.
    pub fn read(files: &[PathBuf]) -> Result<Self, VerifyError> {
        if files.is_empty() {
            return Ok(Self(None));
        }
        let trust = Trust::new(certificates(files)?, Vec::new());
        let trust = trust.map_err(|error| VerifyError::Authorities(error.to_string()))?;
        Ok(Self(Some(trust.for_time_stamps())))
    }

    /// The chain of a stamp; `None`: nobody says whom to believe.
    fn path(&self, stamp: &TimeStamp) -> Option<Result<Vec<Certificate>, StampError>> {
        let path = stamp.path(self.0.as_ref()?);
        Some(path.map(|path| path.into_iter().cloned().collect()))
    }

    /// The chain of a head's stamp, where it leads to an authority that is believed, and the stamp's time.
    pub(crate) fn chain(&self, signed: &SignedHead) -> Option<(Vec<Certificate>, i64)> {
        let stamp = TimeStamp::read(signed.stamp.as_ref()?.0.clone()).ok()?;
        Some((self.path(&stamp)?.ok()?, stamp.time()))
    }
}

/// What is known of a head's time stamp.
#[derive(Debug, Serialize)]
pub struct HeadStamp {
    /// The head: its log and its number.
    pub head: String,
    /// How it stands.
    pub standing: StampStanding,
    /// Since when the head has been there, by the stamp.
    pub at: Option<String>,
    /// Who stamped: the subject of the certificate.
    pub by: Option<String>,
    /// The number under which the authority knows the stamp, hex.
    pub serial: Option<String>,
    /// The authority's policy.
    pub policy: Option<String>,
    /// The same as `at`, seconds since 1970.
    #[serde(skip)]
    pub(crate) time: Option<i64>,
}

/// Judges the stamp of one head; an error is that of a stamp that was altered or is of something else.
pub(crate) fn judge(
    head: &Head,
    signed: &SignedHead,
    authorities: &StampAuthorities,
    sources: &Sources,
    found: &mut Examination,
) -> Result<HeadStamp, Words> {
    let place = format!("{}/{}", head.log.0, head.number);
    let Some(token) = &signed.stamp else {
        let detail = format!("head {place} has no time stamp: since when it is there is the provider's own word");
        found.check(CheckName::Stamp, CheckResult::NotChecked, detail);
        return Ok(HeadStamp::missing(place));
    };
    let read = TimeStamp::read(token.0.clone()).and_then(|stamp| match stamp.is_of(&signed.signature.0) {
        true => Ok(stamp),
        false => Err(StampError::Another("it does not cover the head's signature".into())),
    });
    let stamp = read.map_err(|error| {
        found.check(CheckName::Stamp, CheckResult::Failed, format!("head {place}: {error}"));
        let Words { italian, english } = error.words();
        Words { italian: format!("testa {place}: {italian}"), english: format!("head {place}: {english}") }
    })?;
    let (standing, result, why) = standing(&stamp, authorities, sources);
    let one = HeadStamp::of(place, &stamp, standing);
    let (at, by) = (Moment::from_unix(stamp.time()), stamp.signer().subject());
    let detail = format!("head {} was stamped on {at} by {by}, number {}{why}", one.head, stamp.serial_hex());
    found.check(CheckName::Stamp, result, detail);
    Ok(one)
}

/// Whether the stamp's maker is believed, and why not.
fn standing(
    stamp: &TimeStamp,
    authorities: &StampAuthorities,
    sources: &Sources,
) -> (StampStanding, CheckResult, String) {
    match authorities.path(stamp) {
        None => {
            let why = ": whether that is an authority nothing here says (give its certificate with --tsa)";
            (StampStanding::UnknownAuthority, CheckResult::NotChecked, why.to_owned())
        }
        Some(Err(error)) => (StampStanding::Refused, CheckResult::Failed, format!(": {error}")),
        Some(Ok(path)) => match sources.judge(&path, stamp.time()) {
            revoked @ SignerRevocation::Before(_) => {
                (StampStanding::Refused, CheckResult::Failed, format!(": {}", revoked.check().1))
            }
            other => (StampStanding::Believed, CheckResult::Ok, format!("; {}", other.check().1)),
        },
    }
}

impl HeadStamp {
    fn missing(head: String) -> Self {
        let standing = StampStanding::Missing;
        Self { head, standing, at: None, by: None, serial: None, policy: None, time: None }
    }

    fn of(head: String, stamp: &TimeStamp, standing: StampStanding) -> Self {
        Self {
            head,
            standing,
            at: Some(Moment::from_unix(stamp.time()).to_string()),
            by: Some(stamp.signer().subject()),
            serial: Some(stamp.serial_hex()),
            policy: Some(stamp.policy()),
            time: Some(stamp.time()),
        }
    }

    /// Since when the head has been there, by the stamp, seconds since 1970.
    pub fn seconds(&self) -> Option<i64> {
        self.time
    }

    /// By when the head was there for certain, seconds since 1970; `None`: no authority that is believed says.
    pub(crate) fn believed(&self) -> Option<i64> {
        self.time.filter(|_| self.standing == StampStanding::Believed)
    }
}

/// What follows the verdict, Italian and English.
pub(crate) fn sentences(stamps: &[HeadStamp]) -> (String, String) {
    let count = |standing| stamps.iter().filter(|stamp| stamp.standing == standing).count();
    let (all, missing) = (stamps.len(), count(StampStanding::Missing));
    let (it, en) = if count(StampStanding::Refused) > 0 {
        (
            "Le marche temporali non sono delle autorità indicate: non provano nulla.".to_owned(),
            "The time stamps are not of the authorities that were named: they prove nothing.".to_owned(),
        )
    } else if missing == all {
        (
            "Non c'è marca temporale: la data è parola del gestore.".to_owned(),
            "There is no time stamp: the date is the provider's own word.".to_owned(),
        )
    } else if missing > 0 {
        (
            format!("{missing} teste su {all} non hanno marca temporale: la loro data è parola del gestore."),
            format!("{missing} of {all} heads have no time stamp: their date is the provider's own word."),
        )
    } else if count(StampStanding::UnknownAuthority) > 0 {
        (
            "C'è la marca temporale, ma non si sa di chi (indicarne l'autorità con --tsa).".to_owned(),
            "It has time stamps, but nothing here says whose they are (give their authority with --tsa).".to_owned(),
        )
    } else {
        let last = stamps.iter().max_by_key(|stamp| stamp.time);
        let at = last.and_then(|stamp| stamp.at.clone()).unwrap_or_default();
        let by = last.and_then(|stamp| stamp.by.clone()).unwrap_or_default();
        (
            format!("La marca temporale di {by} prova che tutto questo esisteva già il {at}."),
            format!("The time stamp of {by} proves that all of it was there by {at}."),
        )
    };
    (format!(" {it}"), format!(" {en}"))
}
