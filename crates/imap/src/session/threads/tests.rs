//! Threads as RFC 5256 §3 says they are.

use super::*;

const IDS: &str = "abcdefghijklmnopqrstuvwxyz";

/// Number, Message-ID, references, subject (one that begins with `re ` answers); sent in the order in which they stand.
fn threads(said: &[(u32, &str, &str, &str)]) -> String {
    let id = |c: char| IDS.find(c).unwrap() as u64;
    let message = |(at, (number, own, references, subject)): (usize, &(u32, &str, &str, &str))| Message {
        number: *number,
        sent: at as i64,
        subject: subject.trim_start_matches("re ").to_owned(),
        answers: subject.starts_with("re "),
        id: own.chars().next().map(id),
        references: references.chars().map(id).collect(),
    };
    let messages: Vec<Message> = said.iter().enumerate().map(message).collect();
    shown(&by_references(&messages))
}

fn shown(nodes: &[ThreadNode]) -> String {
    let mut writer = crate::response::Writer::new(crate::Dialect::Ascii);
    writer.thread(nodes);
    String::from_utf8(writer.take().to_vec()).unwrap().trim_end().trim_start_matches("* THREAD").trim().to_owned()
}

#[test]
fn answers_fall_under_what_they_answer_whatever_their_order() {
    let (one, two, three, four) =
        ((1, "a", "", "x"), (2, "b", "a", "re x"), (3, "c", "ab", "re x"), (4, "d", "a", "y"));
    assert_eq!(threads(&[one, two, three, four]), "(1 (2 3)(4))");
    assert_eq!(threads(&[three, four, two, one]), "(1 (4)(2 3))");
    assert_eq!(threads(&[one, (5, "e", "", "z")]), "(1)(5)");
}

#[test]
fn what_is_not_there_holds_its_answers_together_and_no_more() {
    assert_eq!(threads(&[(1, "a", "x", "p"), (2, "b", "x", "q")]), "((1)(2))");
    assert_eq!(threads(&[(1, "a", "x", "p")]), "(1)");
    // In the middle of a thread it goes.
    assert_eq!(threads(&[(1, "a", "", "p"), (2, "b", "ax", "q"), (3, "c", "ax", "r")]), "(1 (2)(3))");
    assert_eq!(threads(&[(1, "a", "xyz", "p"), (2, "b", "xyw", "q")]), "((1)(2))");
}

#[test]
fn no_message_is_below_itself() {
    assert_eq!(threads(&[(1, "a", "a", "p")]), "(1)");
    assert_eq!(threads(&[(1, "a", "b", "p"), (2, "b", "a", "q")]), "(2 1)");
    assert_eq!(threads(&[(1, "a", "bc", "p"), (2, "b", "ca", "q"), (3, "c", "ab", "r")]), "(3 1 2)");
}

#[test]
fn of_two_with_one_identifier_both_are_told() {
    assert_eq!(threads(&[(1, "a", "", "p"), (2, "a", "", "q"), (3, "b", "a", "r")]), "(1 3)(2)");
}

#[test]
fn threads_of_one_subject_are_joined_as_the_rfc_says() {
    assert_eq!(threads(&[(1, "a", "", "x"), (2, "b", "", "re x")]), "(1 2)");
    assert_eq!(threads(&[(1, "a", "", "re x"), (2, "b", "", "x")]), "(2 1)");
    assert_eq!(threads(&[(1, "a", "", "x"), (2, "b", "", "x"), (3, "c", "", "x")]), "((1)(2)(3))");
    assert_eq!(threads(&[(1, "a", "", "re x"), (2, "b", "", "re x")]), "((1)(2))");
    assert_eq!(threads(&[(1, "a", "", ""), (2, "b", "", "")]), "(1)(2)");
    // Both begin with what is not there.
    let (one, other) = ((1, "a", "x", "s"), (2, "b", "x", "p"));
    assert_eq!(threads(&[one, other, (3, "c", "y", "s"), (4, "d", "y", "q"), (5, "e", "", "s")]), "((1)(2)(3)(4)(5))");
}

#[test]
fn by_subject_alone_the_first_has_all_others_below_it() {
    let message = |number, sent, subject: &str| Message {
        number,
        sent,
        subject: subject.to_owned(),
        answers: false,
        id: None,
        references: Vec::new(),
    };
    let messages = [message(1, 9, "x"), message(2, 3, "y"), message(3, 1, "x"), message(4, 5, "x")];
    assert_eq!(shown(&by_subject(&messages)), "(3 (4)(1))(2)");
}

/// Chains and crowds of a hundred thousand take about as long as reading them.
#[test]
fn a_large_mailbox_of_any_form_is_threaded() {
    let message = |at: u64, references: Vec<u64>, subject: String| Message {
        number: at as u32 + 1,
        sent: 0,
        subject,
        answers: at.is_multiple_of(2),
        id: Some(at),
        references,
    };
    let begun = std::time::Instant::now();
    for form in 0..4 {
        let messages: Vec<Message> = (0..100_000u64)
            .map(|at| match form {
                // Each answers the one before, the last one, or one of few; or nothing joins but the subject.
                0 => message(at, (at > 0).then(|| at - 1).into_iter().collect(), String::new()),
                1 => message(at, vec![at + 1], String::new()),
                2 => message(at, (at.saturating_sub(15)..at).collect(), "x".into()),
                _ => message(at, Vec::new(), (at / 2).to_string()),
            })
            .collect();
        let told = by_references(&messages).into_iter().filter_map(|node| node.number);
        assert_eq!(told.collect::<std::collections::BTreeSet<u32>>().len(), 100_000, "{form}");
    }
    assert!(begun.elapsed() < std::time::Duration::from_secs(60), "{:?}", begun.elapsed());
}
