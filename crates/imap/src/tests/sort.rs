//! SORT (RFC 5256, 5267).

use super::{answered, assert_syntax, fault, read};
use crate::Fault;
use crate::command::{Command, SearchKey, SearchReturn, Sort, SortCriterion, SortKey};

fn by(reverse: bool, key: SortKey) -> SortCriterion {
    SortCriterion { reverse, key }
}

#[test]
fn criteria_stand_before_the_keys() {
    let expected = Sort {
        returns: None,
        criteria: vec![by(false, SortKey::Subject), by(true, SortKey::Date)],
        keys: vec![SearchKey::Undeleted],
    };
    assert_eq!(read("SORT (SUBJECT REVERSE DATE) UTF-8 UNDELETED"), Command::Sort { uid: false, sort: expected });
    let returned = Sort {
        returns: Some(vec![SearchReturn::Min, SearchReturn::Count]),
        criteria: vec![by(false, SortKey::Arrival)],
        keys: vec![SearchKey::All],
    };
    let line = "UID SORT RETURN (MIN COUNT) (ARRIVAL) \"us-ascii\" ALL";
    assert_eq!(read(line), Command::Sort { uid: true, sort: returned });
    assert_syntax(&["SORT (REVERSE) UTF-8 ALL", "SORT () UTF-8 ALL", "SORT (DATE) UTF-8", "SORT (NAME) UTF-8 ALL"]);
    assert_eq!(fault("SORT (DATE) KOI8-R ALL"), Fault::Charset);
}

#[test]
fn the_answer_is_in_order() {
    let answers = answered(|writer| {
        writer.sort();
        [5, 3, 4].into_iter().for_each(|number| writer.number(number));
        writer.numbers_end(None);
        writer.sort();
        writer.numbers_end(None);
    });
    assert_eq!(answers, "* SORT 5 3 4\r\n* SORT\r\n");
}
