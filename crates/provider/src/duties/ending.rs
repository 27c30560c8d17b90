//! App passwords that end: told before, once each, and told to the sessions that they opened when it has come.

use std::sync::Arc;
use std::time::Duration;

use pec::Address;
use store::{Account, AppPassword, AppPasswordId, AppPasswords, CommitError, Done, Question, StoreError};

use super::engine::Provider;
use crate::points::ending;

/// How often it is looked whether one has ended: so much longer than its time a session may last.
const LOOK: Duration = Duration::from_secs(60);
/// Of how many looks one also looks for those of which something is to be told.
const TELL: u32 = 60;
/// App passwords read at once.
const PAGE: usize = 500;
/// Mailboxes that are told of one which opens many.
const TOLD: usize = 20;

/// Looks until `stop` becomes true.
pub async fn run(
    provider: Arc<Provider>,
    app_passwords: Arc<dyn AppPasswords>,
    mut stop: tokio::sync::watch::Receiver<bool>,
) {
    let mut looks = 0u32;
    while !*stop.borrow() {
        if let Err(error) = app_passwords.end_app_passwords(provider.now()).await {
            tracing::error!(event = "app-passwords-not-ended", %error);
        }
        if looks.is_multiple_of(TELL)
            && let Err(error) = tell(&provider, app_passwords.as_ref()).await
        {
            tracing::error!(event = "app-passwords-not-told", %error);
        }
        looks = looks.wrapping_add(1);
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Tells of each that ends soon what was not told yet; gives how many notices that made.
pub async fn tell(provider: &Arc<Provider>, app_passwords: &dyn AppPasswords) -> Result<usize, StoreError> {
    let now = provider.now();
    let first = ending::DAYS.into_iter().max().unwrap_or_default();
    let before = now.plus((i64::from(first) * 24 * 3600).saturating_add(1));
    let (mut after, mut told) = (AppPasswordId(0), 0);
    loop {
        let page = app_passwords.ending_app_passwords(now, before, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(told) };
        after = last.id;
        let due: Vec<(AppPassword, u8)> =
            page.into_iter().filter_map(|app| ending::due(&app, now).map(|days| (app, days))).collect();
        let once = due.iter().map(|(app, days)| ending::key(app, *days).into()).collect();
        let done = provider.ledger().ask(Question { once, ..Question::default() }).await?.done;
        for ((app, days), _) in due.into_iter().zip(done).filter(|(_, done)| *done == Done::Not) {
            told += usize::from(tell_of(provider, app, days).await?);
        }
    }
}

/// Tells of one; `false`: that cannot be done now, and the next look tells.
async fn tell_of(provider: &Arc<Provider>, app: AppPassword, days: u8) -> Result<bool, StoreError> {
    let mailboxes = opened_by(provider, &app).await?;
    let (id, name) = (app.id.0, app.name.clone());
    let moment = provider.now();
    let decided = provider
        .elaborate(move |context| (Some(Box::new(ending::decide(&app, days, &mailboxes, context, moment))), ()));
    let Ok((Some(elaborated), ())) = decided.await else { return Ok(false) };
    match provider.commit(*elaborated, None).await {
        Ok(_) => {
            tracing::warn!(
                event = "app-password-ends",
                id,
                name,
                days,
                "an app password ends soon; its mailboxes were told"
            );
            Ok(true)
        }
        Err(CommitError::Store(error)) => Err(error),
        // Somebody else told in this very moment; or a mailbox was closed or renamed in it, and the next look knows.
        Err(error) => {
            tracing::info!(event = "app-password-not-told", id, %error);
            Ok(false)
        }
    }
}

/// The mailboxes that it opens, those of the provider's own left out.
async fn opened_by(provider: &Provider, app: &AppPassword) -> Result<Vec<Address>, StoreError> {
    Ok(match (&app.of, &app.mailbox) {
        (Account::Mailbox(only), _) | (_, Some(only)) => vec![only.clone()],
        (Account::User(name), None) => {
            let principals = provider.principals();
            let granted = match principals.user(name).await? {
                Some(user) => principals.granted(user.id, "", None, TOLD).await?,
                None => Vec::new(),
            };
            granted.into_iter().map(|(mailbox, _)| mailbox.address).collect()
        }
    })
}
