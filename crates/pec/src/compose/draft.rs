//! What a composition starts from and ends in.

use bytes::Bytes;

use crate::{Address, CertificationData, Kind, Moment, Pieces};

/// A message composed and not yet signed.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What it is.
    pub kind: Kind,
    /// The one instant of the elaboration, printed in Date; also the signingTime [R-4.1-a].
    pub moment: Moment,
    /// Its own Message-ID, without brackets [R-I-hdr-3].
    pub message_id: String,
    /// Outer header fields, each ended by CRLF, without MIME-Version and Content-Type.
    pub header: Bytes,
    /// The entity to sign: the `multipart/mixed` with its own MIME header, CRLF line ends. The
    /// last bytes are the closing boundary line with its CRLF.
    pub entity: Pieces,
    /// What the XML part says; `None` for an anomaly envelope.
    pub data: Option<CertificationData>,
}

/// Who emits: one provider speaking for itself.
#[derive(Clone, Debug)]
pub struct Emitter {
    /// `gestore-emittente`, the providerName of the index.
    pub name: String,
    /// The service address, an rfc822Name of the signing certificate [R-2.1-d].
    pub address: Address,
    /// Whether an English text follows the Italian one.
    pub english: bool,
}
