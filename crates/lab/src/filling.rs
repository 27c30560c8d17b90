//! The stores of a laboratory, filled.

use std::path::PathBuf;
use std::sync::Arc;

use config::Account;
use control::{AddressRules, Control, Faces, Import, Operator, Stopped};
use provider::SystemClock;
use store::{Domain, Embedded, EmbeddedOptions, Upkeep};

use crate::described::LabProvider;
use crate::error::LabError;

/// What a provider's store is filled with, held to the rules.
pub(crate) fn filling(provider: &LabProvider) -> Result<(AddressRules, Import), LabError> {
    let service = &provider.service_address;
    let rules = AddressRules::of_provider(service, &provider.mail_receipt, [service.as_str()]);
    let domains = provider.domains.iter().map(Domain::new).collect();
    let mailboxes = provider.accounts.iter().map(Account::mailbox).collect();
    let import = Import::new(domains, mailboxes, &rules).map_err(|refused| LabError::Plan(refused.what))?;
    Ok((rules, import))
}

/// Makes these stores and fills them. On a thread of its own: who makes a laboratory may be within a runtime, or not.
pub(crate) fn fill(stores: Vec<(PathBuf, (AddressRules, Import))>) -> Result<(), LabError> {
    let filled = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.map_err(|error| LabError::Store(format!("cannot start the runtime: {error}")))?;
        stores.into_iter().try_for_each(|(folder, (rules, import))| runtime.block_on(one(folder, rules, import)))
    });
    filled.join().unwrap_or_else(|_| Err(LabError::Store("a fault of the program".into())))
}

async fn one(folder: PathBuf, rules: AddressRules, import: Import) -> Result<(), LabError> {
    let fault = |what: String| LabError::Store(what);
    let store = Embedded::create(&folder, EmbeddedOptions::default()).map_err(|error| fault(error.to_string()))?;
    let control = Control::new(Faces::of(store.clone()), rules, Arc::new(Stopped), Arc::new(SystemClock));
    let who = Operator::of_this_process();
    control.import(import, &who).await.map_err(|refused| fault(refused.what))?;
    store.close().await.map_err(|error| fault(error.to_string()))
}
