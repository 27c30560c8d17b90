//! Who answers persons, and how long what is kept of them.

/// What the configuration says of persons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRules {
    /// Names of those who may answer persons (`privacy.officers`).
    pub officers: Vec<String>,
    /// Months of the calendar after which evidence goes, and what is kept with it.
    pub evidence: u16,
    /// Months of the calendar after which the access history goes.
    pub accesses: u16,
}

impl Default for PersonRules {
    /// Nobody may; evidence for the thirty months of the law, accesses for six.
    fn default() -> Self {
        Self { officers: Vec::new(), evidence: 30, accesses: 6 }
    }
}

impl PersonRules {
    /// Whether somebody of this name may answer.
    pub fn admit(&self, name: &str) -> bool {
        self.officers.iter().any(|officer| officer == name)
    }
}
