//! `[quota]`: when holders are told that their mailboxes fill.

use serde::{Deserialize, Deserializer, de::Error};
use store::Levels;

/// `[quota]`
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Quota {
    /// How full a mailbox is, percent of its quota, when its holder is told.
    #[serde(deserialize_with = "levels")]
    pub warnings: Levels,
}

fn levels<'de, D: Deserializer<'de>>(d: D) -> Result<Levels, D::Error> {
    Levels::new(&Vec::<u8>::deserialize(d)?).map_err(|wrong| D::Error::custom(format!("expected percents: {wrong}")))
}
