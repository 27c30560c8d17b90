//! Signed messages as they come from the network: nothing passes for signed but what a seed's signer signed.
#![no_main]

use std::sync::LazyLock;

use bytes::Bytes;
use fuzz::{AUTHORITY, PROVIDER};
use libfuzzer_sys::fuzz_target;
use pec::message;
use seal::{Trust, open};

/// What was ever signed with the provider's key, outside of the keys' own target.
static SIGNED: LazyLock<Vec<&'static [u8]>> = LazyLock::new(|| {
    let seeds: [&[u8]; 5] = [
        include_bytes!("../seeds/incoming/acceptance"),
        include_bytes!("../seeds/incoming/brief"),
        include_bytes!("../seeds/incoming/clear"),
        include_bytes!("../seeds/incoming/delivery"),
        include_bytes!("../seeds/incoming/envelope"),
    ];
    let empty = |window: &[u8]| window == b"\r\n\r\n";
    seeds.map(|seed| &seed[seed.windows(4).position(empty).expect("a header ends") + 4..]).to_vec()
});

static TRUST: LazyLock<Trust> =
    LazyLock::new(|| Trust::new(vec![AUTHORITY.certificate.clone()], Vec::new()).expect("an authority is pinned"));

fuzz_target!(
    init: assert!(is_signed(include_bytes!("../seeds/signed/envelope"))),
    |input: &[u8]| {
        is_signed(input);
    }
);

fn is_signed(input: &[u8]) -> bool {
    let message = Bytes::copy_from_slice(input);
    let Ok(opened) = open(&message) else { return false };
    let entity = message.slice(opened.entity.clone());
    assert!(SIGNED.contains(&&*entity), "a signature over what nobody signed");
    assert_eq!(opened.signer.key_sha256_hex(), PROVIDER.certificate.key_sha256_hex());
    // No signature of the message covers the certificate: the authority's does.
    if TRUST.check(&opened, PROVIDER.certificate.not_before() + 86_400).is_ok() {
        assert_eq!(opened.signer, PROVIDER.certificate);
    }
    // [R-I-sec-1]: the header around it is anybody's; what is certified is not.
    if let Ok(read) = message::read(&message, opened.entity) {
        assert_eq!(read.data.sender, "mittente@pec.example.it");
    }
    true
}
