//! What the operator's health tells.

use pec::Moment;

/// What the operator's health tells.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// What is published; `None`: nothing yet.
    pub published: Option<Published>,
    /// Why the last try to sign and publish failed; `None` when it did not.
    pub trouble: Option<String>,
    /// Each provider.
    pub members: Vec<MemberView>,
}

/// What is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// When it was signed.
    pub signed: Moment,
    /// How many records it has.
    pub records: usize,
    /// How many domains they manage.
    pub domains: usize,
}

/// How the collection of one provider's file goes.
#[derive(Clone, Debug)]
pub struct MemberView {
    /// `providerName`
    pub name: String,
    /// When the file in use was signed; `None`: there is none, and the provider is not in the index.
    pub signed: Option<Moment>,
    /// When the file in use was last found good.
    pub good: Option<Moment>,
    /// Since when the file is bad or cannot be had, and why.
    pub failing: Option<(Moment, String)>,
}
