//! `sigillo mailbox list ADDRESS` and `read`: what stands in a mailbox, also while the provider runs.

use std::path::Path;

use output::printable;
use store::Embedded;

use crate::reading::{Looked, Shown};
use crate::refused::Refused;
use crate::saving::save;

/// Lists the messages of a folder on standard output, in words or as JSON, one object a line, and the mailbox's other
/// folders on standard error. The store is that in the folder `store`.
pub async fn list(store: &Path, address: &str, folder: &str, json: bool) -> Result<(), Refused> {
    let looked = Looked::into(Embedded::look(store)?, address, folder).await?;
    let mut after = 0;
    loop {
        let page = looked.page(after).await?;
        let Some(last) = page.last() else { break };
        after = last.number;
        for shown in &page {
            output::say!("{}", if json { shown.json().to_string() } else { shown.row() });
        }
    }
    for other in looked.others() {
        output::tell!("another folder: --folder '{}'", printable(other));
    }
    Ok(())
}

/// Prints the message with this UID, or all of them one after the other; with `out`, saves them there.
pub async fn read(
    store: &Path,
    address: &str,
    uid: Option<u64>,
    folder: &str,
    out: Option<&Path>,
) -> Result<(), Refused> {
    let looked = Looked::into(Embedded::look(store)?, address, folder).await?;
    if let Some(uid) = uid {
        return give(&looked, &looked.message(uid).await?, out).await;
    }
    let mut after = 0;
    loop {
        let page = looked.page(after).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.number;
        for shown in &page {
            give(&looked, shown, out).await?;
        }
    }
}

/// Prints a message, or saves it.
async fn give(looked: &Looked, shown: &Shown, out: Option<&Path>) -> Result<(), Refused> {
    let Some(pieces) = looked.bytes(shown).await? else { return Ok(()) };
    match out {
        None => pieces.chunks().for_each(|chunk| output::say_bytes(chunk)),
        Some(out) => {
            let (out, name) = (out.to_owned(), shown.file_name());
            tokio::task::spawn_blocking(move || save(&out, &name, pieces.chunks())).await??;
        }
    }
    Ok(())
}
