//! `[ordinary]`: what holds for the ordinary mail of every mailbox.

use std::num::NonZeroU32;
use std::time::Duration;

use provider::Rules;
use serde::Deserialize;

use crate::value;

/// `[ordinary]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ordinary {
    /// Whether SPF, DKIM and DMARC are looked up; `None`: where DNS is used at all, see [`crate::Config::authenticate`].
    pub authenticate: Option<bool>,
    /// Time for the lookups of one message.
    #[serde(deserialize_with = "value::duration")]
    pub authenticate_timeout: Duration,
    /// Whether delivery reports about a holder's own messages reach a mailbox that refuses ordinary mail.
    pub accept_bounces: bool,
    /// Whether the wish of the domain of From is done to what fails DMARC.
    pub refuse_dmarc: bool,
    /// The folder for what that domain wants treated with suspicion.
    #[serde(deserialize_with = "value::folder")]
    pub quarantine_folder: String,
    /// How many messages that one listed provider signed, and that are not formally correct or contradict what was done, are
    /// taken in an hour.
    pub irregular_per_hour: NonZeroU32,
}

impl Default for Ordinary {
    fn default() -> Self {
        let Rules { accept_bounces, refuse_dmarc, quarantine, irregular_per_hour } = Rules::default();
        Self {
            authenticate: None,
            authenticate_timeout: Duration::from_secs(10),
            accept_bounces,
            refuse_dmarc,
            quarantine_folder: quarantine,
            irregular_per_hour,
        }
    }
}
