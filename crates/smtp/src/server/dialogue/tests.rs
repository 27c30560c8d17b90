use door::sasl::Credentials;
use proptest::prelude::*;

use super::*;

fn dialogue(door: Door) -> Dialogue {
    let session = Session {
        door,
        peer: "127.0.0.1:1".parse().unwrap(),
        helo: String::new(),
        tls: None,
        login: None,
        path: None,
        recipients: Vec::new(),
        eight_bit: false,
    };
    Dialogue::new(session, "mx.pec.it", &crate::tests::limits(), true, true)
}

/// Says a line, answers every question of the service with 250; the reply as `code enhanced`.
fn say(dialogue: &mut Dialogue, line: &str) -> String {
    let ok = Reply::new(250, "2.1.0", "ok");
    let reply = match dialogue.command(line.as_bytes()) {
        Step::Reply(reply) | Step::Close(reply) => reply,
        Step::StartTls(reply) => {
            dialogue.tls_started("TLS".into());
            reply
        }
        Step::Mail(mail) => {
            dialogue.mail_answered(mail, &ok);
            ok
        }
        Step::Rcpt(address) => {
            let reply = if address.local() == "nobody" { Reply::new(550, "5.1.1", "no") } else { ok };
            dialogue.rcpt_answered(address, &reply);
            reply
        }
        Step::Data => {
            dialogue.reset();
            Reply::new(354, "", "go")
        }
        Step::Chunk { refusal: Some(refusal), .. } => refusal,
        Step::Chunk { last, .. } => {
            if last {
                dialogue.reset()
            } else {
                dialogue.chunk_kept()
            }
            ok
        }
        Step::Auth(Turn::Credentials(Credentials { login, .. })) => {
            let known = (login == "mario").then(|| Holder::unchecked(&login));
            match dialogue.authenticated(Ok(known)) {
                Step::Reply(reply) | Step::Close(reply) => reply,
                _ => panic!(),
            }
        }
        Step::Auth(Turn::Challenge(challenge, _)) => Reply::new(334, "", challenge),
        Step::Auth(Turn::Refused(fault)) => refused(fault),
    };
    format!("{} {}", reply.code, reply.enhanced.unwrap_or_default()).trim_end().to_owned()
}

fn script(door: Door, lines: &[(&str, &str)]) {
    let mut dialogue = dialogue(door);
    dialogue.limits.errors = 100;
    for (line, expected) in lines {
        assert_eq!(&say(&mut dialogue, line), expected, "{line}");
    }
}

/// [R-5.3-a]
#[test]
fn incoming_mail_needs_no_tls_and_has_no_auth() {
    script(
        Door::Incoming,
        &[
            ("MAIL FROM:<a@b.it>", "503 5.5.1"),
            ("EHLO x", "250"),
            ("AUTH PLAIN", "502 5.5.1"),
            ("RCPT TO:<a@b.it>", "503 5.5.1"),
            ("MAIL FROM:<a@b.it> SIZE=100 BODY=8BITMIME", "250 2.1.0"),
            ("MAIL FROM:<a@b.it>", "503 5.5.1"),
            ("DATA", "503 5.5.1"),
            ("RCPT TO:<nobody@b.it>", "550 5.1.1"),
            ("DATA", "554 5.5.1"),
            ("RCPT TO:<postmaster>", "250 2.1.0"),
            ("STARTTLS", "503 5.5.1"),
            ("DATA", "354"),
            ("MAIL FROM:<a@b.it> AUTH=<>", "555 5.5.4"),
            ("MAIL FROM:<a@b.it> SIZE=99999999999", "552 5.3.4"),
            ("VRFY x", "252 2.5.2"),
        ],
    );
}

/// RFC 5321 §4.5.1
#[test]
fn a_postmaster_without_a_domain_is_the_host_s_or_that_of_the_holder_s_domain() {
    let meant = |dialogue: &mut Dialogue| match dialogue.command(b"RCPT TO:<PostMaster>") {
        Step::Rcpt(address) => address.to_string(),
        _ => panic!(),
    };
    let mut incoming = dialogue(Door::Incoming);
    say(&mut incoming, "EHLO x");
    say(&mut incoming, "MAIL FROM:<a@fuori.it>");
    assert_eq!(meant(&mut incoming), "PostMaster@mx.pec.it");
    let mut submission = dialogue(Door::SubmissionTls);
    submission.tls_started("TLS".into());
    for line in ["EHLO x", "AUTH PLAIN AG1hcmlvAHg=", "MAIL FROM:<a@b.it>"] {
        say(&mut submission, line);
    }
    assert_eq!(meant(&mut submission), "PostMaster@b.it");
}

/// [R-5.3-user] [R-3.1-a] [R-5.2-a]
#[test]
fn submission_goes_through_starttls_and_auth_in_this_order() {
    script(
        Door::Submission,
        &[
            ("EHLO x", "250"),
            ("AUTH PLAIN AG1hcmlvAHg=", "538 5.7.11"),
            ("MAIL FROM:<a@b.it>", "530 5.7.0"),
            ("BDAT 5 LAST", "530 5.7.0"),
            ("STARTTLS", "220 2.0.0"),
            ("AUTH PLAIN AG1hcmlvAHg=", "503 5.5.1"),
            ("EHLO x", "250"),
            ("STARTTLS", "503 5.5.1"),
            ("MAIL FROM:<a@b.it>", "530 5.7.0"),
            ("AUTH GSSAPI", "504 5.5.4"),
            ("AUTH PLAIN AG5vYm9keQB4", "535 5.7.8"),
            ("AUTH PLAIN AG1hcmlvAHg=", "235 2.7.0"),
            ("AUTH PLAIN AG1hcmlvAHg=", "503 5.5.1"),
            ("MAIL FROM:<a@b.it> AUTH=<>", "250 2.1.0"),
        ],
    );
}

#[test]
fn capabilities_follow_the_door_and_tls() {
    let words = |dialogue: &mut Dialogue| match dialogue.command(b"EHLO x") {
        Step::Reply(reply) => reply.lines.join(" "),
        _ => panic!(),
    };
    let mut incoming = dialogue(Door::Incoming);
    assert!(words(&mut incoming).contains("STARTTLS") && !words(&mut incoming).contains("AUTH"));
    incoming.tls_started("TLS".into());
    assert!(!words(&mut incoming).contains("STARTTLS") && !words(&mut incoming).contains("AUTH"));
    let mut submission = dialogue(Door::Submission);
    assert!(words(&mut submission).contains("STARTTLS") && !words(&mut submission).contains("AUTH"));
    submission.tls_started("TLS".into());
    assert!(!words(&mut submission).contains("STARTTLS") && words(&mut submission).contains("AUTH PLAIN LOGIN"));
}

#[test]
fn chunks_and_data_do_not_mix() {
    script(
        Door::Incoming,
        &[
            ("EHLO x", "250"),
            ("BDAT 5", "503 5.5.1"),
            ("MAIL FROM:<>", "250 2.1.0"),
            ("BDAT 5", "503 5.5.1"),
            ("RCPT TO:<a@b.it>", "250 2.1.0"),
            ("BDAT 5", "250 2.1.0"),
            ("DATA", "503 5.5.1"),
            ("RCPT TO:<a@b.it>", "503 5.5.1"),
            ("BDAT 0 LAST", "250 2.1.0"),
            ("BDAT 0 LAST", "503 5.5.1"),
            ("BDAT five", "501 5.5.4"),
        ],
    );
}

#[test]
fn never_fewer_than_fifty_recipients_are_taken() {
    // [R-L-12-2] the law guarantees fifty, whatever the configuration says.
    let mut dialogue = dialogue(Door::Incoming);
    dialogue.limits.recipients = 1;
    say(&mut dialogue, "EHLO x");
    say(&mut dialogue, "MAIL FROM:<>");
    for i in 0..50 {
        assert_eq!(say(&mut dialogue, &format!("RCPT TO:<u{i}@b.it>")), "250 2.1.0");
    }
    assert_eq!(say(&mut dialogue, "RCPT TO:<u50@b.it>"), "452 4.5.3");
}

#[test]
fn what_was_pipelined_behind_a_refused_mail_is_no_mistake() {
    let mut d = dialogue(Door::Incoming);
    say(&mut d, "EHLO x");
    say(&mut d, "MAIL FROM:<a@b.it> SIZE=99999999999");
    for _ in 0..50 {
        assert_eq!(say(&mut d, "RCPT TO:<a@b.it>"), "503 5.5.1");
    }
    assert_eq!(say(&mut d, "DATA"), "503 5.5.1");
    assert_eq!(d.errors(), 0);
}

#[test]
fn errors_and_failed_authentications_are_counted_to_an_end() {
    let mut d = dialogue(Door::Incoming);
    for _ in 0..d.limits.errors {
        assert_eq!(say(&mut d, "WHAT"), "500 5.5.2");
    }
    assert_eq!(say(&mut d, "WHAT"), "421 4.7.0");
    let mut d = dialogue(Door::SubmissionTls);
    d.tls_started("TLS".into());
    say(&mut d, "EHLO x");
    for _ in 1..d.limits.auth_failures {
        assert_eq!(say(&mut d, "AUTH PLAIN AG5vYm9keQB4"), "535 5.7.8");
    }
    assert_eq!(say(&mut d, "AUTH PLAIN AG5vYm9keQB4"), "421 4.7.0");
}

proptest! {
    #[test]
    fn no_sequence_of_commands_panics_or_skips_authentication(lines in proptest::collection::vec(
        prop::sample::select(vec![
            "EHLO x", "HELO x", "MAIL FROM:<a@b.it>", "RCPT TO:<a@b.it>", "RCPT TO:<nobody@b.it>", "DATA", "BDAT 3",
            "BDAT 3 LAST", "RSET", "STARTTLS", "AUTH LOGIN", "AUTH PLAIN AG5vYm9keQB4", "NOOP", "x",
        ]), 0..40)) {
        let mut d = dialogue(Door::Submission);
        d.limits.errors = 1000;
        for line in lines {
            let answer = say(&mut d, line);
            prop_assert!(!(answer.starts_with("250 2.1.0") && d.session.login.is_none()), "{} {}", line, answer);
        }
    }
}
