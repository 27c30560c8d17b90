//! A server's replies: the bounds of a reply do not depend on how the network cuts it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use smtp::reply::parse;

fuzz_target!(|input: &[u8]| match parse(input) {
    Ok(Some((reply, taken))) => {
        let (whole, _) = input.split_at(taken);
        assert_eq!(parse(whole), Ok(Some((reply.clone(), taken))));
        for cut in [taken - 1, taken / 2, 3.min(taken - 1)] {
            assert_eq!(parse(&whole[..cut]), Ok(None), "the first {cut} octets");
        }
        let mut out = Vec::new();
        reply.write(&mut out);
        let (again, length) = parse(&out).expect("a reply that was read can be said").expect("and is whole");
        assert_eq!((again.code, length), (reply.code, out.len()));
        assert!(!reply.summary(200).contains(['\r', '\n']));
    }
    Ok(None) | Err(_) => {}
});
