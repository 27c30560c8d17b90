//! The newest list of each issuer.

use std::sync::Arc;

use super::crl::Crl;
use super::status::{Revocation, RevocationError, Status, combine};
use crate::key::Certificate;

/// The newest good list of each issuer, by the issuer's name and key and by what the list covers. Cloning copies
/// references, so a new state can be prepared beside the one in use.
#[derive(Clone, Debug)]
pub struct CrlStore {
    /// Seconds after nextUpdate for which a list still counts.
    grace: i64,
    lists: Vec<(Certificate, Arc<Crl>)>,
}

impl CrlStore {
    /// An empty store. `grace`: seconds after a list's `nextUpdate` for which it still counts, for authorities that are
    /// late and for fetches that fail; 0 is the standard's letter.
    pub fn new(grace: i64) -> Self {
        Self { grace: grace.max(0), lists: Vec::new() }
    }

    /// Takes `crl` if one of `issuers` signed it. `Ok(true)`: it is in use now; `Ok(false)`: it is good, but not newer
    /// than the one in use, which stays (an old list served again must not bring a revoked certificate back).
    pub fn insert(&mut self, crl: Crl, issuers: &[Certificate]) -> Result<bool, RevocationError> {
        let mut obstacle = None;
        let signer = issuers.iter().find(|issuer| match crl.verify(issuer) {
            Ok(()) => true,
            // The most telling one is of an issuer of that name.
            Err(cause) => {
                if obstacle.is_none() || issuer.subject() == crl.issuer() {
                    obstacle = Some(cause);
                }
                false
            }
        });
        let Some(signer) = signer else {
            let nobody = || RevocationError::NotSigned(format!("the issuer {} is not known", crl.issuer()));
            return Err(obstacle.unwrap_or_else(nobody));
        };
        let same = self.lists.iter_mut().find(|(by, list)| is_same(by, signer) && list.scope == crl.scope);
        match same {
            Some((_, list)) if crl.this_update() <= list.this_update() => Ok(false),
            Some((_, list)) => {
                *list = Arc::new(crl);
                Ok(true)
            }
            None => {
                self.lists.push((signer.clone(), Arc::new(crl)));
                Ok(true)
            }
        }
    }

    /// Whether there is a list of `issuer` that covers `certificate`, fresh or not.
    pub fn covers(&self, certificate: &Certificate, issuer: &Certificate) -> bool {
        self.of(certificate, issuer).next().is_some()
    }

    fn of(&self, certificate: &Certificate, issuer: &Certificate) -> impl Iterator<Item = &Crl> {
        let covers = move |by: &Certificate, list: &Crl| is_same(by, issuer) && list.covers(certificate);
        self.lists.iter().filter(move |(by, list)| covers(by, list)).map(|(_, list)| list.as_ref())
    }

    /// The lists in use: for status pages, and for whoever fetches the next ones in time.
    pub fn lists(&self) -> impl Iterator<Item = &Crl> {
        self.lists.iter().map(|(_, list)| list.as_ref())
    }
}

impl Revocation for CrlStore {
    fn status(&self, certificate: &Certificate, issuer: &Certificate, at: i64) -> Status {
        let of_issuer = self.of(certificate, issuer);
        combine(of_issuer.map(|list| list.status(certificate, self.grace, at))).unwrap_or_else(|| Status::Unknown {
            why: format!("there is no revocation list of {} that covers it", issuer.subject()),
        })
    }
}

/// Whether two editions are of one authority: name and key.
fn is_same(one: &Certificate, other: &Certificate) -> bool {
    one.subject_name() == other.subject_name() && one.spki() == other.spki()
}
