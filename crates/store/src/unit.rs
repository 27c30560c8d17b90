//! Where a mailbox stands: in an organisation, or in one of its offices.

/// An organisation. Never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrganisationId(pub i64);

/// An office. Never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OfficeId(pub i64);

/// An organisation itself, or one of its offices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// The organisation, outside any office.
    Organisation(OrganisationId),
    /// An office.
    Office(OfficeId),
}
