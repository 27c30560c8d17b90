//! What an Incoming Point must grant, derived from what an Access Point accepts: what grows on the way from an original
//! to its envelope grows here, in one place, so that nothing is accepted that our own limits refuse on its way.
//!
//! What would exceed these bounds is refused where its sender can be told: [`crate::formal`].

/// Octets of a line without its end (RFC 5322 §2.1.1): a system on the way may fold a longer one, and a signature over
/// it is void.
pub const LINE: usize = 998;

/// Octets of an original's header block, as a door takes it unless configured otherwise.
pub const HEADER: usize = 256 << 10;

/// Octets of the fields that an envelope has beside those of its original: its own, and the `Received` of its hops.
const OWN_FIELDS: usize = 64 << 10;

/// The most octets that the fields of an original with a header of `original` octets may take in its envelope, once they
/// are encoded and folded.
pub const fn inherited(original: usize) -> usize {
    2 * if original > HEADER { original } else { HEADER }
}

/// The octets of header that an Incoming Point grants, where Access Points accept originals with a header of `original`
/// octets. Never less than what the default asks for: other providers have theirs.
pub const fn envelope_header(original: usize) -> usize {
    inherited(original) + OWN_FIELDS
}

/// Octets of the texts of an original that are certified and copied into every notice: subject, `Reply-To`, Message-ID.
/// Nobody writes a hundredth of it.
pub const TEXTS: usize = 64 << 10;

/// The recipients whose certification data fit [`DATA`]; no provider admits as many.
const RECIPIENTS: usize = 1_000;

/// What an address weighs in memory beside its text, octets.
pub const ENTRY: usize = 64;

/// What the certified texts of one message may weigh at an Incoming Point, octets with [`ENTRY`] more for each address.
/// A take-charge names each recipient twice.
pub const DATA: usize = TEXTS + 2 * RECIPIENTS * (254 + ENTRY);

const _: () = assert!(DATA * 5 < crate::daticert::MAX_LEN, "the XML of what is accepted is read");
