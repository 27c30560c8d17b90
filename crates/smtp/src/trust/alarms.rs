//! Whose certificate is not as it should be, or whose domain's policy names other hosts: one line of the log for each when it
//! begins, changes and ends, however many messages go there; a number for each connection.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pec::Moment;
use provider::transport::Security;

use super::judge::Doubt;

/// Seconds after which an alarm that nobody raised again is forgotten: nothing goes there any more.
const FORGET: i64 = 24 * 3600;
/// Most alarms: ordinary domains are any number.
const MOST: usize = 1000;

/// The alarms of a transport. Clones are one.
#[derive(Clone, Default)]
pub struct Alarms(Arc<Mutex<BTreeMap<Key, State>>>);

/// Provider (`None`: ordinary mail), what is doubted, and its name.
type Key = (Option<String>, Doubted, String);

/// What an alarm is about. A domain is often the name of one of its hosts, and what is right of one says nothing of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Doubted {
    /// The certificate that a host shows.
    Certificate,
    /// The mail exchangers of a domain, by its policy.
    Exchangers,
}

struct State {
    reason: &'static str,
    refused: bool,
    since: Moment,
    last: Moment,
}

/// A host whose certificate is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// The provider, by its name in the index; `None`: a host of ordinary mail.
    pub provider: Option<String>,
    /// Its host; where a policy is contradicted, the domain.
    pub host: String,
    /// What is wrong, in a word (docs/monitoring.md).
    pub reason: &'static str,
    /// Whether its mail waits.
    pub refused: bool,
    /// Since when.
    pub since: Moment,
}

impl Alarms {
    /// A host showed what it should not have, or a domain has hosts that it should not have.
    pub(crate) fn raise(
        &self,
        security: &Security,
        doubted: Doubted,
        host: &str,
        doubt: &Doubt,
        refused: bool,
        now: Moment,
    ) {
        let provider = name(security);
        let label = provider.clone().unwrap_or_else(|| "ordinary".into());
        let refusal = if refused { "yes" } else { "no" };
        metrics::counter!("sigillo_relay_unverified_tls_total", "peer" => label, "reason" => doubt.reason, "refused" => refusal)
            .increment(1);
        let key = (provider, doubted, host.to_owned());
        let mut state = self.state();
        state.retain(|_, alarm| now.unix() < alarm.last.unix().saturating_add(FORGET));
        let known = state.get_mut(&key);
        let new = known.as_ref().is_none_or(|known| (known.reason, known.refused) != (doubt.reason, refused));
        match known {
            Some(known) => *known = State { reason: doubt.reason, refused, last: now, since: known.since },
            None => {
                if state.len() >= MOST {
                    let oldest = state.iter().min_by_key(|(_, alarm)| alarm.last).map(|(key, _)| key.clone());
                    oldest.and_then(|key| state.remove(&key));
                }
                let (reason, since) = (doubt.reason, now);
                state.insert(key.clone(), State { reason, refused, since, last: now });
            }
        }
        drop(state);
        if !new {
            return;
        }
        let (peer, detail) = (key.0.as_deref().unwrap_or("ordinary"), doubt.detail.as_str());
        if refused {
            tracing::error!(
                event = "peer-certificate-refused",
                peer,
                host,
                reason = doubt.reason,
                detail,
                "its mail waits"
            );
        } else {
            tracing::warn!(
                event = "peer-certificate",
                peer,
                host,
                reason = doubt.reason,
                detail,
                "its mail goes there unverified"
            );
        }
    }

    /// All is as it should be.
    pub(crate) fn over(&self, security: &Security, doubted: Doubted, host: &str) {
        let key = (name(security), doubted, host.to_owned());
        if self.state().remove(&key).is_some() {
            tracing::info!(event = "peer-certificate-valid", peer = key.0.as_deref().unwrap_or("ordinary"), host);
        }
    }

    /// What is wrong now, by provider and host.
    pub fn all(&self, now: Moment) -> Vec<Alarm> {
        let state = self.state();
        let open = state.iter().filter(|(_, alarm)| now.unix() < alarm.last.unix().saturating_add(FORGET));
        let alarm = |((provider, _, host), state): (&Key, &State)| Alarm {
            provider: provider.clone(),
            host: host.clone(),
            reason: state.reason,
            refused: state.refused,
            since: state.since,
        };
        open.map(alarm).collect()
    }

    fn state(&self) -> MutexGuard<'_, BTreeMap<Key, State>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn name(security: &Security) -> Option<String> {
    match security {
        Security::Certified(provider) => Some(provider.to_string()),
        Security::Ordinary => None,
    }
}

#[cfg(test)]
mod tests {
    use pec::ProviderKey;

    use super::*;

    #[test]
    fn an_alarm_lasts_while_it_is_raised_and_the_alarms_are_bounded() {
        let (alarms, at) = (Alarms::default(), |second| Moment::from_unix(1_800_000_000 + second));
        let beta = Security::Certified(ProviderKey::primary("Beta"));
        let doubt = Doubt { reason: "expired", detail: "it has expired".into() };
        alarms.raise(&beta, Doubted::Certificate, "mx.beta.example", &doubt, false, at(0));
        alarms.raise(&beta, Doubted::Certificate, "mx.beta.example", &doubt, true, at(FORGET - 1));
        let expected = Alarm {
            provider: Some("Beta".into()),
            host: "mx.beta.example".into(),
            reason: "expired",
            refused: true,
            since: at(0),
        };
        assert_eq!(alarms.all(at(FORGET)), [expected]);
        assert_eq!(alarms.all(at(2 * FORGET)), []);
        alarms.over(&beta, Doubted::Certificate, "mx.beta.example");
        assert_eq!(alarms.all(at(FORGET)), []);
        for host in 0..MOST + 5 {
            alarms.raise(&Security::Ordinary, Doubted::Certificate, &format!("mx{host}"), &doubt, true, at(0));
        }
        assert_eq!(alarms.all(at(1)).len(), MOST);
    }

    #[test]
    fn a_valid_certificate_says_nothing_of_the_policy_of_a_domain_of_the_same_name() {
        let (alarms, now) = (Alarms::default(), Moment::from_unix(1_800_000_000));
        let doubt = Doubt { reason: "policy", detail: "it names others".into() };
        alarms.raise(&Security::Ordinary, Doubted::Exchangers, "beta.example", &doubt, true, now);
        alarms.over(&Security::Ordinary, Doubted::Certificate, "beta.example");
        assert_eq!(alarms.all(now).len(), 1);
        alarms.over(&Security::Ordinary, Doubted::Exchangers, "beta.example");
        assert_eq!(alarms.all(now), []);
    }
}
