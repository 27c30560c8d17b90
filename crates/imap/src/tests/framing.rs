//! From octets to commands, however they come.

use proptest::prelude::*;

use super::{command, steps, steps_in};
use crate::Bounds;
use crate::framing::Step;

#[test]
fn whatever_is_in_the_buffer_comes_out_in_order() {
    let input = b"a NOOP\r\nb LOGIN {3}\r\nx y {1+}\r\nz\r\n\r\nc IDLE\nDONE\r\nd NO";
    let expected = [
        command("a NOOP\r\n"),
        Step::Continue,
        command("b LOGIN {3}\r\nx y {1+}\r\nz\r\n"),
        command("\r\n"),
        command("c IDLE\n"),
        command("DONE\r\n"),
    ];
    assert_eq!(steps(input, Bounds::HOLDER), expected);
}

#[test]
fn a_continuation_is_wanted_once() {
    assert_eq!(steps_in(&[b"a LOGIN {3}\r\n", b"x", b"yz x\r\n"], Bounds::HOLDER).len(), 2);
    assert_eq!(steps(b"a LOGIN {3+}\r\nxyz", Bounds::HOLDER), []);
}

#[test]
fn line_ends_within_a_literal_end_nothing() {
    let input = "a LOGIN {12+}\r\n\r\nb NOOP{9}\n x\r\n";
    assert_eq!(steps(input.as_bytes(), Bounds::HOLDER), [command(input)]);
}

/// Nothing that looks like a literal is one but at the end of a line.
#[test]
fn only_the_end_of_a_line_announces_a_literal() {
    for line in [
        "a SEARCH TEXT \"{3}\"\r\n",
        "a X {3} \r\n",
        "a X {}\r\n",
        "a X {+}\r\n",
        "a X {3-}\r\n",
        "a X {x3}\r\n",
        "a X 3}\r\n",
    ] {
        assert_eq!(steps(line.as_bytes(), Bounds::HOLDER), [command(line)]);
    }
}

/// What clients send, with all that may go wrong in it.
fn dialogue() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"a NOOP\r\n".to_vec()),
        Just(b"b LOGIN {3}\r\nx y {1+}\r\nz\r\n".to_vec()),
        Just(b"c APPEND x (\\Seen) {12+}\r\n1\r\nd NOOP\r\n2 {2+}\r\nab\r\n".to_vec()),
        Just(b"e APPEND {1}\r\nx {3}\r\nabc\r\n".to_vec()),
        Just(b"f APPEND x UTF8 (~{3+}\r\nabc)\r\n".to_vec()),
        Just(b"g APPEND a&b {4+}\r\n\r\n{3\r\n".to_vec()),
        Just(b"h X {999+}\r\n".to_vec()),
        Just(b"i X {999}\r\n".to_vec()),
        Just(b"j X {99999999999999999999999+}\r\n".to_vec()),
        Just([&b"k "[..], &[b'x'; 300], b"{5+}\r\n12345\r\n"].concat()),
        Just([&b"l APPEND x {0+}\r\n"[..], &[b'x'; 201], b"\r\n"].concat()),
        Just([&b"m X "[..], &[b'x'; 150], b"{50+}\r\n", &[b'x'; 50], &[b'y'; 160]].concat()),
        // What would be a tag if its line did not end too late.
        Just([&[b'm'; 201][..], b" NOOP\r\n"].concat()),
        Just(b"l X {1+}\r\nx{1+}\r\nx{1+}\r\nx{1+}\r\nx{1+}\r\nx\r\n".to_vec()),
        prop::collection::vec(any::<u8>(), 0..20),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

const SMALL: Bounds = Bounds { line: 200, literal: 100, literals: 4, command: 300, skip: 400 };

proptest! {
    #[test]
    fn the_network_may_cut_where_it_likes(input in dialogue(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12)) {
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(input.len() + 1)).collect();
        at.extend([0, input.len()]);
        at.sort_unstable();
        let chunks: Vec<&[u8]> = at.windows(2).map(|pair| &input[pair[0]..pair[1]]).collect();
        prop_assert_eq!(steps_in(&chunks, SMALL), steps(&input, SMALL));
        let octets: Vec<&[u8]> = input.chunks(1).collect();
        prop_assert_eq!(steps_in(&octets, SMALL), steps(&input, SMALL));
    }

    #[test]
    fn nothing_that_is_handed_out_is_larger_than_its_bounds(input in dialogue()) {
        for step in steps(&input, SMALL) {
            if let Step::Command(command) = step {
                prop_assert!(command.len() <= SMALL.command);
            }
        }
    }
}
