//! One whole fetch beside no running provider: of the first copy, and by hand.

use std::path::PathBuf;

use directory::{Difference, Index, Reloadable, differences};
use pec::Moment;

use crate::copy::{Copy, Pinned};
use crate::error::IndexError;
use crate::live::{read, write};
use crate::settings::{IndexSource, Settings};
use crate::visit::visit;

/// Fetches what stands at the source, verified whole, that may follow a copy signed at `held`.
async fn whole(settings: &Settings, source: &IndexSource, held: i64, now: Moment) -> Result<Copy, IndexError> {
    let octets = visit(&source.url, &source.fetching, None).await?.unwrap_or_default();
    let pinned = Pinned::read(&settings.signer)?;
    let copy = Copy::open(octets, &pinned).and_then(|copy| copy.may_follow(held, now).map(|()| copy));
    copy.map_err(|error| error.about(&source.url))
}

/// Fetches the index where there is no copy of it yet: nobody can be believed without it.
pub async fn first_copy(settings: &Settings, now: Moment) -> Result<(), IndexError> {
    let Some(source) = settings.source.as_ref().filter(|_| !settings.file.exists()) else { return Ok(()) };
    let fetched = whole(settings, source, 0, now).await;
    let kept = fetched.and_then(|copy| write(&settings.file, &copy.octets).map(|()| copy));
    let copy = kept.map_err(|error| {
        let file = settings.file.display();
        IndexError::Refused(format!(
            "there is no copy of the providers' index at {file}, and it cannot be fetched: {error}\n\
             Mend the cause, or bring a signed copy by hand to {file}"
        ))
    })?;
    tracing::info!(event = "index-fetched", url = source.url, records = copy.index.records().len());
    Ok(())
}

/// A file that was fetched by hand and believed; our copy is as it was.
pub struct Fetched {
    /// What was fetched.
    pub copy: Copy,
    /// What would change.
    pub changes: Vec<Difference>,
    held: Index,
    url: String,
    file: PathBuf,
}

/// Fetches by hand, with the checks of the daily fetch but for [`Fetched::check`].
///
/// # Errors
///
/// Nothing is fetched by the settings, nothing came, what came is not believed, or our copy cannot be read.
pub async fn by_hand(settings: &Settings, now: Moment) -> Result<Fetched, IndexError> {
    let Some(source) = &settings.source else {
        return Err(IndexError::Ours("the configuration has no directory.url: there is nothing to fetch".into()));
    };
    let held = match settings.file.exists() {
        // Whatever is wrong with our copy, it is a file that is not to be replaced unseen.
        true => Some(read(settings).map_err(|error| IndexError::Refused(error.to_string()))?),
        false => None,
    };
    let signed = held.as_ref().map_or(0, |held| held.signed);
    let copy = whole(settings, source, signed, now).await?;
    let held = held.map(|held| held.index).unwrap_or_default();
    let changes = differences(&held, &copy.index);
    Ok(Fetched { copy, changes, held, url: source.url.clone(), file: settings.file.clone() })
}

impl Fetched {
    /// Refuses a file that has lost half of the records [R-I-dir-1].
    pub fn check(&self) -> Result<(), IndexError> {
        Reloadable::new(self.held.clone()).check(&self.copy.index).map_err(|error| {
            let todo = "look at the changes, then use --force and restart the provider";
            IndexError::Refused(format!("{}: {error}: {todo}", self.url))
        })
    }

    /// Puts it in the place of our copy.
    pub fn keep(&self) -> Result<(), IndexError> {
        write(&self.file, &self.copy.octets)
    }
}
