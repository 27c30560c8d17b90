//! The trace field put before a message (RFC 5321 §4.4).

use std::net::{IpAddr, SocketAddr};

use pec::Moment;

use super::Session;

/// `Received: …` with its CRLF. `for` stands there only when there is one recipient: the field travels to all of them.
pub(super) fn field(session: &Session, extended: bool, hostname: &str, id: &str, moment: Moment) -> String {
    let with = match (extended, session.tls.is_some(), session.login.is_some()) {
        (false, _, _) => "SMTP",
        (true, false, false) => "ESMTP",
        (true, false, true) => "ESMTPA",
        (true, true, false) => "ESMTPS",
        (true, true, true) => "ESMTPSA",
    };
    let tls = session.tls.as_ref().map_or(String::new(), |tls| format!(" ({tls})"));
    let recipient = match session.recipients.as_slice() {
        [one] => format!("\r\n\tfor <{one}>"),
        _ => String::new(),
    };
    let id: String = id.chars().filter(|c| c.is_ascii_alphanumeric() || "-._".contains(*c)).take(100).collect();
    let (helo, peer, date) = (&session.helo, literal(session.peer), moment.rfc5322());
    format!("Received: from {helo} ({peer})\r\n\tby {hostname} with {with}{tls} id {id}{recipient};\r\n\t{date}\r\n")
}

/// The client's address as an address literal.
fn literal(peer: SocketAddr) -> String {
    match peer.ip().to_canonical() {
        IpAddr::V4(ip) => format!("[{ip}]"),
        IpAddr::V6(ip) => format!("[IPv6:{ip}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Door;

    #[test]
    fn the_field_tells_who_how_and_when() {
        let mut session = Session {
            door: Door::SubmissionTls,
            peer: "[::ffff:192.0.2.1]:1000".parse().unwrap(),
            helo: "client.example".into(),
            tls: Some("TLSv1.3 TLS_AES_256_GCM_SHA384".into()),
            login: Some(holder::Holder::unchecked("mario")),
            path: None,
            recipients: vec!["a@b.it".parse().unwrap()],
            eight_bit: false,
        };
        let moment = Moment::from_unix(1_733_394_630);
        assert_eq!(
            field(&session, true, "mx.pec.it", "id-1\r\n", moment),
            "Received: from client.example ([192.0.2.1])\r\n\tby mx.pec.it with ESMTPSA (TLSv1.3 TLS_AES_256_GCM_SHA384) \
             id id-1\r\n\tfor <a@b.it>;\r\n\tThu, 05 Dec 2024 11:30:30 +0100\r\n"
        );
        session.recipients.push("c@d.it".parse().unwrap());
        session.tls = None;
        session.login = None;
        assert!(!field(&session, true, "mx", "i", moment).contains("for <"));
        assert!(field(&session, true, "mx", "i", moment).contains(" with ESMTP id "));
        assert!(field(&session, false, "mx", "i", moment).contains(" with SMTP id "));
    }
}
