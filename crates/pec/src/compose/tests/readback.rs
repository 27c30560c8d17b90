//! What is composed is read back by the reader of the incoming point.

use super::*;
use crate::message::{self, FormFault};

#[test]
fn every_message_with_data_reads_back_as_what_it_was_composed_as() {
    // [R-2.2.2-f] [R-4-parse]
    for draft in notifications().into_iter().chain([envelope()]) {
        let bytes = Bytes::from(assembled(&draft));
        let start = draft.header.len() + "MIME-Version: 1.0\r\n".len();
        let read = message::read(&bytes, start..bytes.len()).unwrap();
        assert_eq!(read.kind, draft.kind);
        assert_eq!(Some(&read.data), draft.data.as_ref());
        assert_eq!(read.message_id.as_deref(), Some(draft.message_id.as_str()));
        let original = read.original.map(|range| bytes.slice(range));
        assert_eq!(original.as_ref(), shared(&draft).first(), "{:?}", draft.kind);
        assert_eq!(read.quirks, [], "{:?}", draft.kind);
    }
}

#[test]
fn an_anomaly_envelope_claims_to_be_one() {
    assert_eq!(message::claimed_kind(&Header::parse(&anomaly().header)), Some(Kind::AnomalyEnvelope));
}

#[test]
fn an_anomaly_envelope_gives_back_the_whole_message_and_nothing_certified_passes_for_one() {
    // [R-3.2.2-a] [R-3.2.2-b]
    let read = |draft: &Draft| {
        let bytes = Bytes::from(assembled(draft));
        let start = draft.header.len() + "MIME-Version: 1.0\r\n".len();
        message::read_anomaly(&bytes, start..bytes.len())
    };
    assert_eq!(read(&anomaly()).unwrap().original, shared(&anomaly())[0]);
    assert_eq!(read(&envelope()).unwrap_err(), FormFault::NotPec);
    // The header is not signed: whoever changes it makes no anomaly of a certified message.
    let header = String::from_utf8(envelope().header.to_vec()).unwrap();
    let header = header.replace("X-Trasporto: posta-certificata", "X-Trasporto: errore");
    let claimed = read(&Draft { header: header.into(), ..envelope() }).unwrap_err();
    let mismatch = FormFault::KindMismatch { data: "posta-certificata".into(), header: "errore".into() };
    assert_eq!(claimed, mismatch);
    assert_eq!(
        claimed.words().italian,
        "i dati di certificazione dicono 'posta-certificata' e l'intestazione dice 'errore'"
    );
}
