//! The providers of an index: the last good file of each, and what may take its place.

use std::collections::{BTreeMap, HashMap};

use directory::{Index, Record};
use pec::Moment;
use tokio::time::Instant;

use super::settings::{Member, OperatorSettings};
use super::state::{State, Status};
use super::view::MemberView;
use crate::copy::{Copy, Pinned};
use crate::error::IndexError;
use crate::visit::Rhythm;

/// Every provider, in the order of the configuration.
pub(super) struct Members(pub(super) Vec<Slot>);

/// One provider.
pub(super) struct Slot {
    pub member: Member,
    /// Its last good file.
    pub held: Option<Copy>,
    pub status: Status,
    pub rhythm: Rhythm,
    /// When it is asked again.
    pub due: Instant,
}

impl Members {
    /// The providers with what an earlier process held of them, as far as their pinned certificates still say so.
    pub(super) fn open(settings: &OperatorSettings, state: &State) -> Result<Self, IndexError> {
        let mut statuses = state.read_statuses()?;
        let mut slots = Vec::with_capacity(settings.providers.len());
        for member in &settings.providers {
            let held = match state.read_file_of(&member.name)? {
                Some(octets) => open_file(octets, member)
                    .inspect_err(|error| {
                        tracing::error!(event = "held-file-unusable", provider = member.name, %error);
                    })
                    .ok(),
                None => None,
            };
            slots.push(Slot {
                held,
                status: statuses.remove(&member.name).unwrap_or_default(),
                rhythm: Rhythm::new(&settings.collect),
                due: Instant::now(),
                member: member.clone(),
            });
        }
        Ok(Self(slots))
    }

    /// When the next provider is asked.
    pub(super) fn due(&self) -> Instant {
        // There is at least one provider: the configuration was checked.
        self.0.iter().map(|slot| slot.due).min().unwrap_or_else(Instant::now)
    }

    /// Holds each file that clashes with no other provider's, whatever their order: one may claim today what another
    /// gives up today. `keep` writes it to disk first. Gives back how it went for each; who holds a domain already keeps
    /// it.
    pub(super) fn hold(
        &mut self,
        mut offered: Vec<(usize, Copy)>,
        keep: impl Fn(&Member, &Copy) -> Result<(), IndexError>,
    ) -> Vec<(usize, Result<(), IndexError>)> {
        let mut results = Vec::new();
        loop {
            let before = offered.len();
            let mut refused = Vec::new();
            let mut later = Vec::new();
            for (at, copy) in offered {
                match self.clash(at, &copy.index) {
                    Some(why) => {
                        refused.push((at, Err(IndexError::Refused(why))));
                        later.push((at, copy));
                    }
                    None => {
                        if let Some(slot) = self.0.get_mut(at) {
                            let kept = keep(&slot.member, &copy);
                            if kept.is_ok() {
                                slot.held = Some(copy);
                            }
                            results.push((at, kept));
                        }
                    }
                }
            }
            if later.len() == before || later.is_empty() {
                results.extend(refused);
                return results;
            }
            offered = later;
        }
    }

    /// Why this index of provider number `at` cannot stand beside what is held of the others.
    fn clash(&self, at: usize, index: &Index) -> Option<String> {
        let mut domains: HashMap<&str, &str> = HashMap::new();
        let mut certificates: HashMap<&[u8], &str> = HashMap::new();
        let others = self.0.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, slot)| slot);
        for slot in others {
            for record in slot.held.iter().flat_map(|copy| copy.index.records()) {
                domains.extend(record.managed_domains.iter().map(|domain| (domain.as_str(), &*slot.member.name)));
                certificates.extend(record.certificates.iter().map(|der| (&**der, &*slot.member.name)));
            }
        }
        for record in index.records() {
            for domain in &record.managed_domains {
                if let Some(holder) = domains.get(domain.as_str()) {
                    return Some(format!("it claims the domain {domain}, which {holder} holds"));
                }
            }
            for der in &record.certificates {
                if let Some(holder) = certificates.get(&**der) {
                    return Some(format!("it claims a certificate of {holder}"));
                }
            }
        }
        None
    }

    /// Every record that is held.
    pub(super) fn records(&self) -> Vec<Record> {
        let held = self.0.iter().filter_map(|slot| slot.held.as_ref());
        held.flat_map(|copy| copy.index.records()).map(|record| (**record).clone()).collect()
    }

    /// How the collections went, by name.
    pub(super) fn statuses(&self) -> BTreeMap<String, Status> {
        self.0.iter().map(|slot| (slot.member.name.clone(), slot.status.clone())).collect()
    }

    /// For health.
    pub(super) fn view(&self) -> Vec<MemberView> {
        let view = self.0.iter().map(|slot| MemberView {
            name: slot.member.name.clone(),
            signed: slot.held.as_ref().map(|copy| Moment::from_unix(copy.signed)),
            good: slot.status.good.map(Moment::from_unix),
            failing: slot.status.failing.as_ref().map(|(since, why)| (Moment::from_unix(*since), why.clone())),
        });
        view.collect()
    }
}

/// Opens a provider's file: signed by a certificate pinned for it, and about nobody but itself.
pub(super) fn open_file(octets: bytes::Bytes, member: &Member) -> Result<Copy, IndexError> {
    let copy = Copy::open(octets, &Pinned::read(&member.certificates)?)?;
    let folded = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    for record in copy.index.records() {
        if folded(&record.name) != folded(&member.name) {
            let why = format!("it tells of '{}', and only '{}' is its to tell of", record.name, member.name);
            return Err(IndexError::Refused(why));
        }
    }
    if copy.index.records().is_empty() {
        return Err(IndexError::Refused("it holds no record".into()));
    }
    Ok(copy)
}

#[cfg(test)]
mod tests;
