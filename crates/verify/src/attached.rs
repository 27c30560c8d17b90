//! Certified messages that another message carries: a forwarded file is as good as the one that arrived.

use bytes::Bytes;
use pec::mime::{Bounds, Tree};
use seal::OpenError;

use crate::line_ends::with_crlf;

/// The most attached messages that are judged.
const MOST: usize = 20;

/// The signed messages attached to a message, with the names of their files; never those inside them.
pub(crate) fn signed_messages(message: &Bytes) -> Vec<(String, Bytes)> {
    let tree = Tree::read(message, 0..message.len(), &Bounds::ORIGINAL, |_, _| {});
    let mut found = Vec::new();
    for node in tree.leaves() {
        let entity = &node.entity;
        let names = entity.names();
        // Programs that do not know what a message is attach it as any file.
        let file = names.iter().find(|name| name.to_ascii_lowercase().ends_with(".eml"));
        if !entity.is("message", "rfc822") && file.is_none() {
            continue;
        }
        let inside = with_crlf(&entity.encoding().decode(&message.slice(node.body.clone())));
        if matches!(seal::open(&inside), Err(OpenError::NotSigned)) {
            continue;
        }
        let name = file.or(names.first()).cloned().unwrap_or_else(|| "message.eml".to_owned());
        found.push((name, inside));
        if found.len() == MOST {
            break;
        }
    }
    found
}
