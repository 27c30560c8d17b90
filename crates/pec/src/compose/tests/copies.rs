use super::ReceiptType::{Brief, Complete, Concise};
use super::*;

fn kind(requested: ReceiptType, fields: &str) -> ReceiptType {
    let header = Header::parse(&Bytes::from(format!("{fields}\r\n")));
    Addressed::read(&header).copy_kind(requested, &address("anna@pec.it"))
}

#[test]
fn the_copy_follows_the_decision_table() {
    // [R-3.3.2.1-a] [R-3.3.2.2-a] [R-3.3.2.3-a]
    let to = "To: x@y.it, Anna <ANNA@pec.it>\r\nCc: z@w.it\r\n";
    let cc = "To: x@y.it\r\nCc: z@w.it, Anna <anna@pec.it>\r\n";
    let both = "To: anna@pec.it\r\nCc: anna@pec.it\r\n";
    let neither = "To: x@y.it\r\nCc: z@w.it\r\n";
    for (requested, in_to, in_cc, in_doubt) in
        [(Complete, Complete, Concise, Complete), (Brief, Brief, Concise, Brief), (Concise, Concise, Concise, Concise)]
    {
        assert_eq!(kind(requested, to), in_to);
        assert_eq!(kind(requested, cc), in_cc);
        assert_eq!(kind(requested, both), in_doubt);
        assert_eq!(kind(requested, neither), in_doubt);
        assert_eq!(kind(requested, ""), in_doubt);
    }
}

#[test]
fn a_to_that_cannot_be_read_is_doubt() {
    // [R-3.3.2.1-b]
    assert_eq!(kind(Complete, "To: <anna@pec .it\r\nCc: anna@pec.it\r\n"), Complete);
    assert_eq!(
        kind(Complete, "To: x@y.it\r\nCc: <<broken, anna@pec.it\r\n"),
        kind(Complete, "To: x@y.it\r\nCc: anna@pec.it\r\n")
    );
}

#[test]
fn a_group_counts_as_its_members() {
    assert_eq!(kind(Complete, "To: uffici: anna@pec.it, x@y.it;\r\n"), Complete);
    assert_eq!(kind(Complete, "To: x@y.it\r\nCc: uffici: anna@pec.it;\r\n"), Concise);
}
