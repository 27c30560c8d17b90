//! `daticert.xml`: what was read and written again reads as the same data.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pec::CertificationData;

fuzz_target!(|xml: &[u8]| {
    let Ok((data, _)) = CertificationData::read_with_quirks(xml) else {
        return;
    };
    assert_eq!(CertificationData::read(&data.write()), Ok(data));
});
