//! Real messages of real providers, where they are at hand, at the date when they were made.

use std::path::Path;
use std::sync::Arc;

use crate::intruders::knowledge;
use crate::world::{START, World, record};
use bytes::Bytes;
use directory::{Index, Record};
use pec::compose::Certified;
use pec::header::Header;
use pec::{Address, Kind, Moment, ReversePath, message};
use provider::Context;
use provider::points::finding::{Arrival, Finding};
use provider::points::incoming::examine;
use seal::Trust;

/// The end of a file's name, and what the message is.
const KINDS: [(&str, Kind); 5] = [
    ("-acceptance.eml", Kind::Acceptance),
    ("-non-delivery.eml", Kind::NonDelivery),
    ("-delivery.eml", Kind::Delivery),
    ("-delivery-cc.eml", Kind::Delivery),
    ("-envelope.eml", Kind::TransportEnvelope),
];

/// The message as its SMTP session brought it, its signer's record, and whom it leads to.
struct Sample {
    arrival: Arrival,
    record: Record,
    trust: Trust,
    at: Moment,
}

fn sample(file: &Path) -> Sample {
    let message = Bytes::from(std::fs::read(file).unwrap());
    let opened = seal::open(&message).unwrap();
    let read = message::read(&message, opened.entity.clone()).unwrap();
    let certified = Certified::from_data(&read.data).unwrap();
    let from = Header::parse(&message).addresses("From").into_iter().flatten().next().unwrap();
    let (path, recipients) = match read.kind {
        Kind::TransportEnvelope => {
            let to = certified.recipients.iter().filter(|to| certified.certifies(&to.address));
            (certified.sender.clone(), to.map(|to| to.address.clone()).collect())
        }
        _ => (from.clone(), vec![certified.sender.clone()]),
    };
    // The authorities that it carries are pinned here.
    let anchors: Vec<_> = opened.others.iter().filter(|other| **other != opened.signer).cloned().collect();
    Sample {
        arrival: Arrival { path: ReversePath::Address(path), recipients, message, peer: None },
        record: Record {
            managed_domains: vec![from.domain_key(), certified.sender.domain_key()],
            ..record("reale", &opened.signer)
        },
        trust: Trust::new(anchors, vec![]).unwrap().for_the_past(),
        at: Moment::from_unix(opened.signing_time.unwrap()),
    }
}

#[tokio::test]
async fn real_messages_are_found_to_be_what_they_are_and_ordinary_when_their_signer_is_no_provider() {
    let folder = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../../../shared/samples");
    let Ok(files) = std::fs::read_dir(folder) else { return };
    let world = World::new().await;
    let mut count = 0;
    for file in files.map(|file| file.unwrap().path()) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let Some((_, kind)) = KINDS.iter().find(|(end, _)| name.ends_with(end)) else { continue };
        let Sample { arrival, record, trust, at } = sample(&file);
        let (trust, certificate) = (Arc::new(trust), record.certificates[0].clone());
        let known = |records: Vec<Record>| Context {
            trust: trust.clone(),
            ..knowledge(&world, Index::new(records, None).unwrap())
        };
        let listed = known(vec![record]);
        // [R-2.2.2-g] [R-2.2.2-h]
        match examine(&arrival, &listed, at, &mut Vec::new()) {
            Finding::Envelope(found) => {
                assert_eq!((found.pec.kind, *kind), (Kind::TransportEnvelope, Kind::TransportEnvelope), "{name}");
                assert!(found.pec.original_bytes().is_some(), "{name}");
            }
            Finding::Notification(found) => assert_eq!(found.pec.kind, *kind, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
        // [R-2.2.2-d] [R-2.2.2-e] [R-2.2.2-i] the same from nobody, after its time, and for somebody else.
        let stranger = known(vec![crate::world::record("beta", seal::Signer::certificate(world.beta.key.as_ref()))]);
        assert_ne!(&certificate, seal::Signer::certificate(world.beta.key.as_ref()).der());
        let ordinary = |finding| matches!(finding, Finding::Ordinary { .. });
        assert!(ordinary(examine(&arrival, &stranger, at, &mut Vec::new())), "{name}");
        assert!(ordinary(examine(&arrival, &listed, Moment::from_unix(START), &mut Vec::new())), "{name}");
        let other = Arrival { recipients: vec![Address::parse("altra@altrove.example").unwrap()], ..arrival };
        assert!(matches!(examine(&other, &listed, at, &mut Vec::new()), Finding::Anomalous { .. }), "{name}");
        count += 1;
    }
    assert!(count >= 6, "{count} real messages were read");
}
