//! Message content by DATA and BDAT: where it ends and what is kept does not depend on how the network cuts it.
//!
//! The first three octets say how: the size of the pieces, the limit of the message, the limit of its header (both in
//! units of 4 octets, 0: none). The rest is what the client sends.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use smtp::server::body::{BareLf, Body, BodyFault};

/// What was kept, or why not; the octets counted; the octets behind the end.
type Taken = (Result<Vec<u8>, BodyFault>, u64, usize);

fuzz_target!(|input: &[u8]| {
    let &[step, message, header, ref wire @ ..] = input else { return };
    let limit = |units: u8| if units == 0 { usize::MAX } else { usize::from(units) * 4 };
    let body = |bare_lf| Body::new(limit(message), limit(header), bare_lf);
    let step = usize::from(step).max(1);
    for bare_lf in [BareLf::Refused, BareLf::Mended] {
        let whole = data(body(bare_lf), wire, wire.len().max(1));
        assert_eq!(data(body(bare_lf), wire, step), whole);
        let expected = reference(wire, bare_lf);
        // Where the content ends is the same for good content and bad.
        assert_eq!(whole.as_ref().map(|(_, _, rest)| *rest), expected.as_ref().map(|(_, rest)| *rest));
        if let (Some((content, octets, rest)), Some((expected, _))) = (whole, expected) {
            assert_eq!(octets as usize, wire.len() - rest);
            match (content, expected) {
                (Ok(content), Some(expected)) => assert!(content == expected && content.len() <= limit(message)),
                (Ok(content), None) => panic!("accepted: {content:?}"),
                (Err(BodyFault::TooLarge(_)), Some(expected)) => assert!(expected.len() > limit(message)),
                (Err(BodyFault::HeaderTooLarge(most)), Some(expected)) => assert!(expected.len() + 2 > most),
                (Err(fault), Some(_)) => panic!("refused: {fault:?}"),
                (Err(_), None) => {}
            }
        }
        let whole = chunks(body(bare_lf), wire, wire.len().max(1));
        assert_eq!(chunks(body(bare_lf), wire, step), whole);
        if let (Ok(content), BareLf::Refused) = (whole, bare_lf) {
            assert_eq!(content, wire, "BDAT changes nothing");
        }
    }
});

/// `None`: there is no end.
fn data(mut body: Body, wire: &[u8], step: usize) -> Option<Taken> {
    let (mut input, mut out) = (BytesMut::new(), BytesMut::new());
    let mut given = 0;
    for piece in wire.chunks(step) {
        input.extend_from_slice(piece);
        given += piece.len();
        if body.data(&mut input, &mut out) {
            let octets = body.octets();
            return Some((content(body, &out), octets, wire.len() - given + input.len()));
        }
        assert!(input.is_empty(), "everything before the end is taken");
    }
    None
}

fn chunks(mut body: Body, wire: &[u8], step: usize) -> Result<Vec<u8>, BodyFault> {
    let mut out = BytesMut::new();
    wire.chunks(step).for_each(|piece| body.chunk(piece, &mut out));
    assert_eq!(body.octets() as usize, wire.len());
    content(body, &out)
}

fn content(body: Body, out: &[u8]) -> Result<Vec<u8>, BodyFault> {
    let found = body.fault();
    let finished = body.finish();
    // What was found on the way stays; a lone CR at the very end is found only there.
    assert!(found.is_none() || finished.err() == found);
    finished.map(|()| out.to_vec())
}

/// The same by lines, as RFC 5321 §4.5.2 tells it: the content without regard to limits, `None` where it is to be refused;
/// and how much stands behind the end.
fn reference(wire: &[u8], bare_lf: BareLf) -> Option<(Option<Vec<u8>>, usize)> {
    let mut content = Some(Vec::new());
    let mut rest = wire;
    loop {
        let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
        let (line, after) = (&rest[..end], &rest[end + 2..]);
        if line == b"." {
            return Some((content, after.len()));
        }
        let unstuffed = line.strip_prefix(b".");
        let line_is_bad = line.contains(&b'\r')
            || line.contains(&0)
            || line.contains(&b'\n') && bare_lf == BareLf::Refused
            || unstuffed.is_some_and(|line| line.starts_with(b"\n"));
        if line_is_bad {
            content = None;
        }
        if let Some(content) = &mut content {
            for octet in unstuffed.unwrap_or(line) {
                content.extend_from_slice(if *octet == b'\n' { b"\r\n" } else { std::slice::from_ref(octet) });
            }
            content.extend_from_slice(b"\r\n");
        }
        rest = after;
    }
}
