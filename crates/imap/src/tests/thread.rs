//! THREAD (RFC 5256).

use super::{answered, assert_syntax, fault, read};
use crate::Fault;
use crate::command::{Command, SearchKey, Thread, ThreadAlgorithm};
use crate::response::ThreadNode;

#[test]
fn an_algorithm_stands_before_the_keys() {
    let expected = Thread { algorithm: ThreadAlgorithm::References, keys: vec![SearchKey::All] };
    assert_eq!(read("UID THREAD REFERENCES UTF-8 ALL"), Command::Thread { uid: true, thread: expected });
    assert_syntax(&["THREAD BEST UTF-8 ALL", "THREAD REFERENCES UTF-8", "THREAD REFERENCES"]);
    assert_eq!(fault("THREAD ORDEREDSUBJECT x ALL"), Fault::Charset);
}

fn threads(nodes: &[(usize, u32)]) -> String {
    let nodes: Vec<ThreadNode> = nodes
        .iter()
        .map(|(depth, number)| ThreadNode { depth: *depth, number: (*number > 0).then_some(*number) })
        .collect();
    answered(|writer| writer.thread(&nodes))
}

#[test]
fn threads_are_written_as_the_rfc_shows() {
    let rfc = [(0, 2), (0, 3), (1, 6), (2, 4), (3, 23), (2, 44), (3, 7), (4, 96)];
    assert_eq!(threads(&rfc), "* THREAD (2)(3 6 (4 23)(44 7 96))\r\n");
    // A message that is not there holds two together.
    assert_eq!(threads(&[(0, 0), (1, 3), (1, 5)]), "* THREAD ((3)(5))\r\n");
    assert_eq!(threads(&[(0, 1), (1, 0), (2, 3), (2, 5), (0, 6)]), "* THREAD (1 (3)(5))(6)\r\n");
    assert_eq!(threads(&[(0, 0), (1, 3), (2, 4), (1, 5)]), "* THREAD ((3 4)(5))\r\n");
    assert_eq!(threads(&[]), "* THREAD\r\n");
}

#[test]
fn a_thread_of_a_hundred_thousand_answers_is_written() {
    let deep: Vec<ThreadNode> =
        (0..100_000).map(|depth| ThreadNode { depth, number: Some(depth as u32 + 1) }).collect();
    let answer = super::written(|writer| writer.thread(&deep));
    assert!(answer.starts_with("* THREAD (1 2 3 ") && answer.ends_with(" 100000)\r\n"));
}
