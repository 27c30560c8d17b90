//! IDLE (RFC 2177).

use bytes::BytesMut;

use super::{answered, command, read};
use crate::command::Command;
use crate::framing::{Framer, Step};
use crate::{Bounds, Dialect};

#[test]
fn done_in_any_case_ends_it_and_is_no_command_otherwise() {
    assert_eq!(read("idle"), Command::Idle);
    for (input, expected) in [
        ("DONE\r\n", Step::Done),
        ("done\n", Step::Done),
        ("b NOOP\r\n", command("b NOOP\r\n")),
        ("b LOGIN {1+}\r\nx y\r\n", command("b LOGIN {1+}\r\nx y\r\n")),
    ] {
        let mut framer = Framer::new(Bounds::HOLDER);
        framer.expect_done();
        let mut buffer = BytesMut::from(input);
        assert_eq!(framer.next(&mut buffer, Dialect::Ascii), expected);
        // It is over, however it ended.
        buffer.extend_from_slice(b"DONE\r\n");
        assert_eq!(framer.next(&mut buffer, Dialect::Ascii), command("DONE\r\n"));
    }
    let mut framer = Framer::new(Bounds::HOLDER);
    framer.expect_done();
    let mut buffer = BytesMut::from("b APPEND x {0+}\r\n\r\nDONE\r\n");
    let steps: Vec<Step> = (0..4).map(|_| framer.next(&mut buffer, Dialect::Ascii)).collect();
    assert_eq!(steps.last(), Some(&command("DONE\r\n")));
    assert_eq!(answered(|writer| writer.continuation("idling")), "+ idling\r\n");
}
