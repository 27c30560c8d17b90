use proptest::prelude::*;
use smtp_proto::{MAIL_BODY_8BITMIME, Request};

use super::*;

fn parse(line: &str) -> Result<Command, SyntaxFault> {
    Command::parse(line.as_bytes())
}

fn mail(line: &str) -> Mail {
    match parse(line) {
        Ok(Command::Mail(mail)) => mail,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn addresses_come_back_to_the_letter() {
    for address in
        ["Mario.Rossi@PEC.Example.IT", r#""a b>c"@x.it"#, r#""a\"\\b"@x.it"#, "u@[127.0.0.1]", "u@[IPv6:::1]"]
    {
        let mail = mail(&format!("MAIL FROM:<{address}>"));
        assert_eq!(mail.path.as_str(), address);
        let Ok(Command::Rcpt(ForwardPath::Address(to))) = parse(&format!("RCPT TO:<{address}>")) else {
            panic!("{address}")
        };
        assert_eq!(to.as_str(), address);
    }
}

#[test]
fn the_null_path_source_routes_and_postmaster_are_understood() {
    assert_eq!(mail("MAIL FROM:<>").path, ReversePath::Null);
    assert_eq!(mail("mail from: <@a.it,@b.it:u@c.it>").path.as_str(), "u@c.it");
    assert_eq!(parse("RCPT TO:<PostMaster>"), Ok(Command::Rcpt(ForwardPath::Postmaster("PostMaster".into()))));
    assert!(matches!(parse("RCPT TO:<>"), Err(SyntaxFault::Recipient(_))));
}

#[test]
fn parameters_are_those_announced() {
    let m = mail("MAIL FROM:<a@b.it> SIZE=1000 body=8bitmime AUTH=<>");
    assert_eq!((m.size, m.eight_bit, m.auth), (Some(1000), true, true));
    assert_eq!(mail("MAIL FROM:<a@b.it> SIZE=99999999999999999999").size, Some(u64::MAX));
    for unknown in ["RET=FULL", "ENVID=x", "SMTPUTF8", "BODY=BINARYMIME"] {
        assert!(matches!(parse(&format!("MAIL FROM:<a@b.it> {unknown}")), Err(SyntaxFault::Parameter(_))), "{unknown}");
    }
    for unknown in ["NOTIFY=NEVER", "ORCPT=rfc822;a@b.it"] {
        assert!(matches!(parse(&format!("RCPT TO:<a@b.it> {unknown}")), Err(SyntaxFault::Parameter(_))), "{unknown}");
    }
    for bad in ["SIZE=x", "SIZE=", "SIZE=1 SIZE=1", "BODY=9BIT", "BODY=7BIT BODY=7BIT", "AUTH="] {
        assert!(matches!(parse(&format!("MAIL FROM:<a@b.it> {bad}")), Err(SyntaxFault::ParameterValue(_))), "{bad}");
    }
}

#[test]
fn what_is_not_a_command_is_told_why() {
    assert_eq!(parse("MAIL a@b.it"), Err(SyntaxFault::Arguments("MAIL FROM:<address> [parameters]")));
    assert_eq!(parse("GET / HTTP/1.1"), Err(SyntaxFault::Unknown));
    assert_eq!(parse("EXPN list"), Err(SyntaxFault::NotImplemented));
    assert_eq!(Command::parse(b"NOOP \0"), Err(SyntaxFault::NotPrintable));
    assert_eq!(Command::parse("MAIL FROM:<à@b.it>".as_bytes()), Err(SyntaxFault::NotPrintable));
    for bad in [
        "EHLO",
        "EHLO a b",
        "EHLO (x)",
        "BDAT",
        "BDAT x",
        "BDAT 1 2",
        "BDAT 5 LAST x",
        "DATA x",
        "AUTH",
        "MAIL FROM:<a@b.it>SIZE=1",
    ] {
        assert!(matches!(parse(bad), Err(SyntaxFault::Arguments(_))), "{bad}");
    }
}

#[test]
fn a_secret_never_prints() {
    let command = parse("AUTH PLAIN AGEAc2VjcmV0").unwrap();
    assert!(!format!("{command:?}").contains("AGEAc2VjcmV0"));
}

/// Both parsers read the same thing. Where they are known to differ (quoting, literals, source routes) the inputs are
/// not made.
fn agree(line: &str) {
    let wire = format!("{line}\r\n");
    let oracle = Request::parse(&mut wire.as_bytes().iter());
    match (parse(line), oracle) {
        (Ok(Command::Ehlo(a)), Ok(Request::Ehlo { host })) => assert_eq!(a, host),
        (Ok(Command::Helo(a)), Ok(Request::Helo { host })) => assert_eq!(a, host),
        (Ok(Command::Mail(m)), Ok(Request::Mail { from })) => {
            assert_eq!(m.path.as_str(), from.address);
            assert_eq!(m.size.unwrap_or(0), from.size as u64);
            assert_eq!(m.eight_bit, from.flags & MAIL_BODY_8BITMIME != 0);
        }
        (Ok(Command::Rcpt(ForwardPath::Address(a))), Ok(Request::Rcpt { to })) => assert_eq!(a.as_str(), to.address),
        (Ok(Command::Bdat { octets, last }), Ok(Request::Bdat { chunk_size, is_last })) => {
            assert_eq!((octets, last), (chunk_size as u64, is_last));
        }
        (Ok(Command::Data), Ok(Request::Data)) | (Ok(Command::Rset), Ok(Request::Rset)) => {}
        (Ok(Command::Quit), Ok(Request::Quit)) | (Ok(Command::StartTls), Ok(Request::StartTls)) => {}
        (Err(_), Err(_)) => {}
        (ours, theirs) => panic!("{line}: {ours:?} / {theirs:?}"),
    }
}

proptest! {
    #[test]
    fn parsing_never_panics(line in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Command::parse(&line);
    }

    #[test]
    fn parsing_near_commands_never_panics(line in "(MAIL FROM:|RCPT TO:|BDAT |AUTH |EHLO )[<>@\":, a-z0-9=\\\\\\[\\]]{0,60}") {
        let _ = Command::parse(line.as_bytes());
    }

    #[test]
    fn the_oracle_reads_the_same_commands(
        verb in prop::sample::select(vec!["MAIL FROM:", "mail from:", "RCPT TO:", "Rcpt To:"]),
        local in "[a-z0-9_=+-]{1,10}(\\.[a-z0-9]{1,5}){0,2}",
        domain in "[a-z]{1,8}(\\.[a-z]{2,5}){1,2}",
    ) {
        agree(&format!("{verb}<{local}@{domain}>"));
    }

    #[test]
    fn the_oracle_reads_the_same_parameters(size in 0u32..4_000_000_000, body in prop::sample::select(vec!["7BIT", "8BITMIME"])) {
        agree(&format!("MAIL FROM:<a@b.it> SIZE={size} BODY={body}"));
        agree(&format!("BDAT {size}"));
        agree(&format!("BDAT {size} LAST"));
    }
}

#[test]
fn the_oracle_agrees_on_plain_commands_and_on_errors() {
    for line in
        ["EHLO mx.example.it", "HELO x", "DATA", "RSET", "QUIT", "STARTTLS", "MAIL FROM:<>", "MAIL", "FOO", "BDAT x"]
    {
        agree(line);
    }
}
