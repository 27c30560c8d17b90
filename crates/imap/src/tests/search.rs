//! SEARCH.

use super::{answered, assert_syntax, fault, read, set, written};
use crate::command::{Command, EntryKind, Search, SearchKey as K, SearchReturn};
use crate::date::Date;
use crate::response::{Code, Condition, Esearch};
use crate::{Fault, Tag};

fn keys(line: &str) -> Vec<K> {
    match read(&format!("SEARCH {line}")) {
        Command::Search { uid: false, search: Search { returns: None, keys } } => keys,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_key_is_known() {
    let date = Date { year: 2024, month: 12, day: 5 };
    let text = || "Rossi".to_owned();
    for (line, key) in [
        ("ALL", K::All),
        ("answered", K::Answered),
        ("BCC Rossi", K::Bcc(text())),
        ("BEFORE 5-Dec-2024", K::Before(date)),
        ("BODY \"Rossi\"", K::Body(text())),
        ("CC {5+}\r\nRossi", K::Cc(text())),
        ("DELETED", K::Deleted),
        ("DRAFT", K::Draft),
        ("EMAILID M12", K::EmailId("M12".into())),
        ("FLAGGED", K::Flagged),
        ("FROM Rossi", K::From(text())),
        ("HEADER X-Ricevuta \"\"", K::Header("X-Ricevuta".into(), String::new())),
        ("KEYWORD $Forwarded", K::Keyword("$Forwarded".into())),
        ("LARGER 5000000000", K::Larger(5_000_000_000)),
        ("MODSEQ 620162338", K::ModSeq { entry: None, least: 620_162_338 }),
        ("NEW", K::New),
        ("NOT SEEN", K::Not(Box::new(K::Seen))),
        ("OLD", K::Old),
        ("OLDER 259200", K::Older(259_200)),
        ("ON \"5-Dec-2024\"", K::On(date)),
        ("OR SEEN NOT DRAFT", K::Or(Box::new(K::Seen), Box::new(K::Not(Box::new(K::Draft))))),
        ("RECENT", K::Recent),
        ("SAVEDATESUPPORTED", K::SaveDateSupported),
        ("SAVEDBEFORE 5-Dec-2024", K::SavedBefore(date)),
        ("SAVEDON 5-Dec-2024", K::SavedOn(date)),
        ("SAVEDSINCE 5-Dec-2024", K::SavedSince(date)),
        ("SEEN", K::Seen),
        ("SENTBEFORE 5-Dec-2024", K::SentBefore(date)),
        ("SENTON 5-Dec-2024", K::SentOn(date)),
        ("SENTSINCE 5-Dec-2024", K::SentSince(date)),
        ("2,4:*", K::Sequence(set(&[(2, 2), (4, 0)]))),
        ("$", K::Sequence(crate::sequence::SequenceSet::Saved)),
        ("SINCE 5-Dec-2024", K::Since(date)),
        ("SMALLER 0", K::Smaller(0)),
        ("SUBJECT Rossi", K::Subject(text())),
        ("TEXT Rossi", K::Text(text())),
        ("THREADID T1", K::ThreadId("T1".into())),
        ("TO Rossi", K::To(text())),
        ("UID 3", K::Uid(set(&[(3, 3)]))),
        ("UNANSWERED", K::Unanswered),
        ("UNDELETED", K::Undeleted),
        ("UNDRAFT", K::Undraft),
        ("UNFLAGGED", K::Unflagged),
        ("UNKEYWORD x", K::Unkeyword("x".into())),
        ("UNSEEN", K::Unseen),
        ("YOUNGER 1", K::Younger(1)),
        ("(SEEN DRAFT)", K::And(vec![K::Seen, K::Draft])),
    ] {
        assert_eq!(keys(line), [key], "{line}");
    }
    let flagged = Some(("/flags/\\Seen".into(), EntryKind::All));
    assert_eq!(keys("MODSEQ \"/flags/\\\\Seen\" all 620"), [K::ModSeq { entry: flagged, least: 620 }]);
    assert_eq!(keys("1:3 (SEEN (DRAFT))").len(), 2);
}

#[test]
fn texts_are_in_ascii_or_utf8() {
    let perche = K::Subject("perché".into());
    assert_eq!(keys("CHARSET UTF-8 SUBJECT {7+}\r\nperché"), std::slice::from_ref(&perche));
    assert_eq!(keys("CHARSET \"utf-8\" SUBJECT \"perché\""), std::slice::from_ref(&perche));
    assert_eq!(keys("CHARSET us-ascii ALL"), [K::All]);
    assert_eq!(fault("SEARCH CHARSET ISO-8859-1 ALL"), Fault::Charset);
    assert_eq!(fault("SEARCH CHARSET ISO-8859-1 ALL").code(), Code::BadCharset(&["US-ASCII", "UTF-8"]));
    let refused = crate::command::Request::parse(b"a SEARCH SUBJECT {1+}\r\n\xe8\r\n", crate::Dialect::Ascii);
    assert!(matches!(refused.unwrap_err().fault, Fault::Syntax { expected: "text in UTF-8", .. }));
}

#[test]
fn what_is_told_may_be_chosen() {
    let returned = |returns: &[SearchReturn]| Command::Search {
        uid: true,
        search: Search { returns: Some(returns.to_vec()), keys: vec![K::All] },
    };
    use SearchReturn::*;
    assert_eq!(read("UID SEARCH RETURN (MIN MAX COUNT ALL SAVE) ALL"), returned(&[Min, Max, Count, All, Save]));
    assert_eq!(read("UID SEARCH RETURN () ALL"), returned(&[All]));
    assert_eq!(read("UID SEARCH RETURN (save) CHARSET UTF-8 ALL"), returned(&[Save]));
    assert_syntax(&["SEARCH RETURN (FIRST) ALL", "SEARCH RETURN ALL", "SEARCH RETURN (MIN)"]);
}

#[test]
fn what_is_no_key_is_told_with_its_place() {
    assert_syntax(&[
        "SEARCH",
        "SEARCH ",
        "SEARCH OR SEEN",
        "SEARCH NOT",
        "SEARCH ()",
        "SEARCH (SEEN",
        "SEARCH SEEN)",
        "SEARCH SEEN  DRAFT",
        "SEARCH SUBJECT",
        "SEARCH YOUNGER 0",
        "SEARCH CHARSET UTF-8",
        "SEARCH MODSEQ \"/x\" all 1",
        "SEARCH SINCE 2024-12-05",
        "SEARCH FUZZY SUBJECT x",
    ]);
    assert_eq!(fault("SEARCH FOO"), Fault::Syntax { expected: "a blank", at: 13 });
    assert_eq!(fault("SEARCH FOO x"), Fault::Syntax { expected: "a search key", at: 10 });
}

#[test]
fn answers_are_numbers_or_what_was_chosen() {
    let tag = Tag::new("A285").unwrap();
    let answers = answered(|writer| {
        writer.search();
        [2, 84, 882].into_iter().for_each(|number| writer.number(number));
        writer.numbers_end(None);
        writer.search();
        writer.numbers_end(None);
    });
    assert_eq!(answers, "* SEARCH 2 84 882\r\n* SEARCH\r\n");
    let all = [2..=2, 10..=15];
    let found = Esearch { uid: true, min: Some(2), max: Some(15), count: Some(7), all: Some(&all), mod_seq: Some(9) };
    let answers = written(|writer| {
        writer.esearch(&tag, &found);
        writer.esearch(&tag, &Esearch { count: Some(0), all: Some(&[]), ..Esearch::default() });
        writer.search();
        writer.number(2);
        writer.numbers_end(Some(917_162_488));
        writer.status(None, Condition::No, Some(Fault::Charset.code()), "texts");
    });
    assert_eq!(
        answers,
        "* ESEARCH (TAG \"A285\") UID MIN 2 MAX 15 COUNT 7 ALL 2,10:15 MODSEQ 9\r\n* ESEARCH (TAG \"A285\") COUNT 0\r\n\
         * SEARCH 2 (MODSEQ 917162488)\r\n* NO [BADCHARSET (US-ASCII UTF-8)] texts\r\n"
    );
}
