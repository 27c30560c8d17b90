//! Delivery reports of ordinary mail (DSN, RFC 3464), as far as need them: about which message, and which
//! recipients. Nothing in them is certified, and anybody can write one.

use bytes::Bytes;

use crate::Address;
use crate::header::Header;
use crate::message::parts::slice;
use crate::mime::{Bounds, Tree};

/// What a delivery report says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Message-ID of the returned message or header, without brackets.
    pub about: Option<String>,
    /// Whom it reports on, by the name the reporting system knows and by the name it was given first.
    pub recipients: Vec<Address>,
    /// `Action` and `Status` of the first recipient, for log and evidence.
    pub status: String,
}

/// The most blocks that are read of one report, the one about the message among them: a block may be an empty line, and
/// a message has millions of them.
const MAX_BLOCKS: usize = 1000;

/// Reads a message as a delivery report; `None` when it is none.
pub fn read(message: &Bytes) -> Option<Report> {
    // Its parts are not opened: what is returned may be nested in any way.
    let bounds = Bounds { depth: 1, ..Bounds::SIGNED };
    let tree = Tree::read(message, 0..message.len(), &bounds, |_, _| {});
    let (root, parts) = tree.nodes().split_first()?;
    let kind = root.entity.content.as_ref()?.exact("report-type")?.value();
    if !root.entity.is("multipart", "report") || !kind.eq_ignore_ascii_case(b"delivery-status") {
        return None;
    }
    let mut report = None;
    let mut about = None;
    for part in parts {
        let body = || Some(part.entity.encoding().decode(&slice(message, &part.body)?));
        match (part.entity.main.as_str(), part.entity.sub.as_str()) {
            ("message", "delivery-status" | "global-delivery-status") if report.is_none() => {
                report = Some(status(&body()?));
            }
            ("message", "rfc822" | "global" | "global-headers") | ("text", "rfc822-headers") if about.is_none() => {
                let id = Header::parse(&body()?).value("Message-ID");
                about = id.map(|id| id.trim_start_matches('<').trim_end_matches('>').to_owned());
            }
            _ => {}
        }
    }
    report.map(|report| Report { about, ..report })
}

/// The blocks of a `message/delivery-status`: one about the message, then one for each recipient.
fn status(body: &Bytes) -> Report {
    let mut report = Report::default();
    let mut at = 0;
    for _ in 0..MAX_BLOCKS {
        if at >= body.len() {
            break;
        }
        let block = Header::parse(&body.slice(at..));
        for name in ["Final-Recipient", "Original-Recipient"] {
            let value = block.value(name).unwrap_or_default();
            let address = value.split_once(';').map(|(_, text)| text.trim().trim_matches(['<', '>']));
            report.recipients.extend(address.and_then(|text| Address::parse(text).ok()));
        }
        if report.status.is_empty() {
            let words = [block.value("Action"), block.value("Status")];
            let words: Vec<String> = words.into_iter().flatten().collect();
            // Anybody's text, for a log and for evidence: one line.
            let visible = |c: char| if c.is_control() { '?' } else { c };
            report.status = words.join(" ").chars().map(visible).take(80).collect();
        }
        at += block.body_start().max(1);
    }
    report
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DSN: &str = "From: MAILER-DAEMON@mx.ordinary.example\r
Content-Type: multipart/report; report-type=delivery-status;\r
 boundary=\"b/1\"\r
\r
--b/1\r
\r
Your message could not be delivered.\r
--b/1\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.ordinary.example\r
\r
Final-Recipient: rfc822; box@ordinary.example\r
Original-Recipient: rfc822;Carla@ordinary.example\r
Action: failed\r
Status: 5.1.1\r
\r
Final-Recipient: rfc822; <luca@ordinary.example>\r
Status: 5.2.2\r
--b/1\r
Content-Type: text/rfc822-headers\r
\r
Subject: x\r
Message-ID: <t1.2@alfa.example>\r
--b/1--\r
";

    #[test]
    fn a_report_says_about_which_message_and_which_recipients_it_is() {
        let report = read(&Bytes::from_static(DSN.as_bytes())).unwrap();
        assert_eq!(report.about.as_deref(), Some("t1.2@alfa.example"));
        let named: Vec<&str> = report.recipients.iter().map(Address::as_str).collect();
        assert_eq!(named, ["box@ordinary.example", "Carla@ordinary.example", "luca@ordinary.example"]);
        assert_eq!(report.status, "failed 5.1.1");
    }

    #[test]
    fn the_returned_message_may_be_whole_and_encoded() {
        let whole = DSN.replace("text/rfc822-headers\r\n", "message/rfc822\r\nContent-Transfer-Encoding: base64\r\n");
        let whole =
            whole.replace("Subject: x\r\nMessage-ID: <t1.2@alfa.example>", "TWVzc2FnZS1JRDogPHFAYT4NCg0KdGV4dA0K");
        assert_eq!(read(&Bytes::from(whole)).unwrap().about.as_deref(), Some("q@a"));
    }

    #[test]
    fn a_report_is_read_up_to_a_bound() {
        let one = "Final-Recipient: rfc822; box@ordinary.example\r\n\r\n";
        assert_eq!(status(&Bytes::from(one.repeat(MAX_BLOCKS + 50))).recipients.len(), MAX_BLOCKS);
        let blank = format!("{}{one}", "\r\n".repeat(MAX_BLOCKS));
        assert_eq!(status(&Bytes::from(blank)), Report::default());
    }

    #[test]
    fn other_messages_are_no_reports() {
        for text in [
            DSN.replace("report-type=delivery-status", "report-type=disposition-notification"),
            DSN.replace("multipart/report", "multipart/mixed"),
            DSN.replace("message/delivery-status", "text/plain"),
            "Subject: failed\r\n\r\nno\r\n".into(),
        ] {
            assert_eq!(read(&Bytes::from(text.clone())), None, "{text}");
        }
        let bare = DSN.replace("text/rfc822-headers", "text/plain");
        assert_eq!(read(&Bytes::from(bare)).unwrap().about, None);
    }

    #[test]
    fn control_characters_do_not_pass_into_the_status() {
        let text = DSN.replace("Action: failed", "Action: fai\rled\0\u{1b}[2J");
        assert_eq!(read(&Bytes::from(text)).unwrap().status, "fai?led??[2J 5.1.1");
    }

    proptest! {
        #[test]
        fn any_message_is_read_without_panic(
            text in "(Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n)?(--b\r\n|--b--\r\n|Content-Type: message/delivery-status\r\n|Content-Type: message/rfc822\r\n|\r\n|[ -~\n;:@<>]{0,12}){0,20}"
        ) {
            let _ = read(&Bytes::from(text));
        }
    }
}
