//! The origin of ordinary mail: signatures, author and path of any message, without a name server behind it.
//!
//! The first line is the name in EHLO, the second the path; the message follows.
#![no_main]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::LazyLock;

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use pec::{Address, ReversePath};
use provider::authentication::{Authenticator, Peer, Verdict};
use smtp::authentication::Bounds;
use smtp::{Dns, MailAuthenticator};
use tokio::runtime::Runtime;

static OFFICE: LazyLock<(Runtime, MailAuthenticator)> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let dns = runtime.block_on(async { Dns::servers(&[([127, 0, 0, 1], 9).into()]) }).expect("a resolver");
    // Every question is one too many: none is asked.
    let bounds = Bounds { lookups: 0, ..Bounds::default() };
    (runtime, MailAuthenticator::new(&dns, "mx.pec.example.it", bounds))
});

fuzz_target!(|input: &[u8]| {
    let mut lines = input.splitn(3, |octet| *octet == b'\n');
    let (Some(helo), Some(path), Some(message)) = (lines.next(), lines.next(), lines.next()) else { return };
    // The session takes no other names (`smtp_command`).
    let word = |text: &[u8]| String::from_utf8_lossy(text).chars().filter(char::is_ascii_graphic).collect::<String>();
    let peer = Peer { ip: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), helo: word(helo) };
    let path = Address::parse(&word(path)).map_or(ReversePath::Null, ReversePath::Address);
    let (runtime, authenticator) = &*OFFICE;
    let findings = runtime.block_on(authenticator.examine(&peer, &path, &Bytes::copy_from_slice(message)));
    for (verdict, domain) in [&findings.spf, &findings.dkim, &findings.dmarc] {
        // Nobody was asked, so nothing can hold.
        assert_ne!(*verdict, Verdict::Pass);
        // What stands in a text for people is one line.
        assert!(domain.chars().count() <= 255 && !domain.contains(char::is_control), "{domain:?}");
    }
    assert!(!findings.to_string().contains(['\r', '\n']));
});
