//! Users, their rights and their secrets in plain words.

use crate::item::{AppPasswordItem, GrantItem, UserItem};

pub(super) fn app_password(item: &AppPasswordItem) -> Vec<String> {
    let mailbox = item.mailbox.as_ref().map(|mailbox| format!(" for {mailbox}")).unwrap_or_default();
    let ends = match (&item.ends, item.ended) {
        (Some(ends), true) => format!(", ended {ends}"),
        (Some(ends), false) => format!(", ends {ends}"),
        (None, _) => String::new(),
    };
    let used = item.used.as_ref().map_or_else(|| "never used".to_owned(), |used| format!("last used {used}"));
    let mut lines = vec![format!(
        "app password {} of {}{mailbox}: {} ({}), made {}{ends}, {used}",
        item.id,
        item.login,
        item.name,
        item.protocols.join(", "),
        item.made
    )];
    if let Some(secret) = &item.secret {
        let opened = item.mailbox.as_ref().unwrap_or(&item.login);
        lines.push(format!("  secret: {secret}"));
        lines.push(format!(
            "  It is shown this once. A mail program takes it as the password, and {opened} as the user name."
        ));
    }
    lines
}

pub(super) fn user(item: &UserItem) -> String {
    format!("{:30} {}{}", item.name, item.display, if item.enabled { "" } else { "  (disabled)" })
}

pub(super) fn grant(item: &GrantItem) -> String {
    let rights = [(item.read, "reads"), (item.send, "sends from"), (item.manage, "manages")];
    let rights: Vec<&str> = rights.into_iter().filter(|(has, _)| *has).map(|(_, name)| name).collect();
    let on = match (&item.mailbox, &item.office) {
        (Some(mailbox), _) => mailbox.clone(),
        (None, office) => format!("the mailboxes of {}", office.as_deref().unwrap_or_default()),
    };
    format!("  user {} {} {on}", item.user, rights.join(", "))
}
