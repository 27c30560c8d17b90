//! The MIME parts of a signed entity, walked within bounds and never into an attached message.

use std::ops::Range;

use bytes::Bytes;

use super::fault::FormFault;
use crate::mime::{Bounds, Disposition, Flaw, Node, TransferEncoding, Tree};

/// One part that is no multipart.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// `name` of Content-Type and `filename` of Content-Disposition, where given.
    pub(crate) names: Vec<String>,
    /// Whether its disposition is `attachment`.
    pub(crate) attachment: bool,
    /// Where its body stands in the message, without the line end before the boundary.
    pub(crate) body: Range<usize>,
    /// How its body is encoded.
    pub(crate) encoding: TransferEncoding,
}

impl Part {
    /// The octets of the body, decoded.
    pub(crate) fn decoded(&self, message: &Bytes) -> Option<Bytes> {
        Some(self.encoding.decode(&slice(message, &self.body)?))
    }
}

impl From<&Node> for Part {
    fn from(node: &Node) -> Self {
        let entity = &node.entity;
        Self {
            names: entity.names(),
            attachment: entity.asked() == Disposition::Attachment,
            body: node.body.clone(),
            encoding: entity.encoding(),
        }
    }
}

/// The leaves of the entity, in order. A range outside the message has one empty part.
///
/// # Errors
/// [`FormFault::TooComplex`] when it has too many or too deep parts, [`FormFault::Doubtful`] when two programs would
/// find different parts in it.
pub(crate) fn walk(message: &Bytes, entity: Range<usize>) -> Result<Vec<Part>, FormFault> {
    let tree = Tree::read(message, entity, &Bounds::SIGNED, |_, _| {});
    if tree.is_truncated() {
        return Err(FormFault::TooComplex);
    }
    let mut flaws = tree.nodes().iter().flat_map(|node| &node.entity.flaws);
    // A type that is none is text to everybody (RFC 2045 §5.2).
    if let Some(flaw) = flaws.find(|flaw| **flaw != Flaw::NoMediaType) {
        return Err(FormFault::Doubtful(flaw.clone()));
    }
    Ok(tree.leaves().map(Part::from).collect())
}

/// The bytes of `range`, shared with `message`; `None` when it is not within.
pub(crate) fn slice(message: &Bytes, range: &Range<usize>) -> Option<Bytes> {
    (range.start <= range.end && range.end <= message.len()).then(|| message.slice(range.clone()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn too_many_and_too_deep_parts_are_refused() {
        let many = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\n".repeat(Bounds::SIGNED.parts));
        let many = Bytes::from(many);
        assert_eq!(walk(&many, 0..many.len()).err(), Some(FormFault::TooComplex));
        let level = |n: usize| format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n");
        let deep = Bytes::from((0..=Bounds::SIGNED.depth).map(level).collect::<String>());
        assert_eq!(walk(&deep, 0..deep.len()).err(), Some(FormFault::TooComplex));
        let fits = Bytes::from((0..Bounds::SIGNED.depth).map(level).collect::<String>());
        assert_eq!(walk(&fits, 0..fits.len()).map(|parts| parts.len()), Ok(1));
    }

    #[test]
    fn an_entity_that_two_programs_read_differently_is_refused() {
        let entity = Bytes::from_static(
            b"Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: x/y\nContent-Type: y/z\n\nx\n--a--\n",
        );
        let fault = walk(&entity, 0..entity.len()).map(|parts| parts.len());
        assert_eq!(fault, Err(FormFault::Doubtful(Flaw::RepeatedField("Content-Type"))));
    }

    #[test]
    fn a_range_outside_the_message_has_nothing_in_it() {
        let message = Bytes::from_static(b"A: b\r\n\r\n");
        let (after, backwards) = (5, 3);
        for range in [2..99, after..backwards, 200..300] {
            let parts = walk(&message, range).unwrap();
            assert!(parts.iter().all(|part| part.names.is_empty() && part.decoded(&message).unwrap().is_empty()));
        }
    }

    proptest! {
        #[test]
        fn any_entity_is_walked_without_panic(
            text in "(Content-Type: multipart/mixed; boundary=\"?b\"?\r\n\r\n|--b\r\n|--b--\r\n|\r\n|[ -~\n;=*'%\"]{0,9}){0,20}"
        ) {
            let message = Bytes::from(text);
            for part in walk(&message, 0..message.len()).unwrap_or_default() {
                prop_assert!(part.decoded(&message).is_some());
            }
        }
    }
}
