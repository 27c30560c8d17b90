//! The providers' index: what was read and written again reads as the same index.
#![no_main]

use directory::ldif::{self, Entry};
use directory::{Directory, Index, differences};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(entries) = ldif::read(text) {
        let again = ldif::read(&ldif::write(&entries)).expect("LDIF written from what was read is readable");
        assert_eq!(unplaced(again), unplaced(entries));
    }
    if let Ok(index) = Index::from_ldif(text) {
        let written = index.to_ldif();
        assert!(written.is_ascii() && written.lines().all(|line| line.len() <= 76));
        let again = Index::from_ldif(&written).expect("an index written from what was read is readable");
        assert_eq!(again.records(), index.records());
        assert_eq!(again.location(), index.location());
        assert_eq!(differences(&index, &again), []);
        for record in index.records() {
            for domain in &record.managed_domains {
                assert_eq!(index.by_domain(&domain.to_ascii_uppercase()).as_ref(), Some(record));
            }
            for certificate in &record.certificates {
                assert!(index.by_certificate(certificate).contains(record));
            }
        }
    }
});

/// The entries without the lines where they stood.
fn unplaced(mut entries: Vec<Entry>) -> Vec<Entry> {
    for entry in &mut entries {
        entry.line = 0;
        entry.attributes.iter_mut().for_each(|attribute| attribute.line = 0);
    }
    entries
}
