//! What becomes of what is kept of a person, in plain words.

use crate::item::{ErasureItem, Fate};

pub(super) fn erasure(item: &ErasureItem) -> String {
    let begin = match (item.fate, &item.until) {
        (Fate::Erased, _) => "erased".to_owned(),
        (Fate::ToErase, _) => "to erase".to_owned(),
        (Fate::Goes, Some(day)) => format!("goes by itself until {day}"),
        (Fate::Goes | Fate::Kept, _) => "kept".to_owned(),
    };
    let why = item.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let law = item.law.as_ref().map(|law| format!(" ({law})")).unwrap_or_default();
    format!("{begin}: {}{why}{law}", item.what)
}
