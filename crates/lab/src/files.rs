//! The texts of a laboratory: configurations, accounts, README.

use std::fmt::Write;

use crate::described::{Lab, LabProvider};
use crate::guest;
use crate::peer::conduct::CONDUCTS;
use crate::plan::{PEER, Ports};
use crate::text::{folder_name, password, quoted};

/// The file of a provider's domains and accounts.
pub(crate) const ACCOUNTS: &str = "accounts.toml";

/// A provider's configuration.
pub(crate) fn config(provider: &LabProvider, lab: &Lab) -> String {
    let Ports { incoming, submission, submission_tls, admin, imap, imap_tls, pop3, pop3_tls, web } = provider.ports;
    let others = lab.providers.iter().filter(|other| other.folder != provider.folder);
    let routes: String = others
        .flat_map(|other| other.domains.iter().map(move |domain| (domain, other.ports.incoming)))
        .map(|(domain, port)| format!("{} = \"127.0.0.1:{port}\"\n", quoted(domain)))
        .chain(
            lab.guests
                .iter()
                .flat_map(guest::routes)
                .map(|(domain, hop)| format!("{} = {}\n", quoted(domain), quoted(&hop))),
        )
        .collect();
    format!(
        "# Made by the laboratory. Every key is described in docs/configuration.md.

[provider]
name = {name}
service_address = {service_address}
mail_receipt = {mail_receipt}
hostname = {hostname}

[signing]
key = \"signing.key\"
certificates = \"signing.pem\"

[trust]
anchors = \"../ca.pem\"
intermediates = \"../pec-ca.pem\"

[revocation]
# `sigillo lab revoke` adds to this list. Certificates of yours may name servers on this machine.
lists = [\"../pec-ca.crl\"]
retry = \"2s\"
private_addresses = true

[directory]
file = \"../directory.p7m\"
signer = \"../operator.pem\"

[store]
path = \"store\"

[smtp.incoming]
listen = [\"127.0.0.1:{incoming}\"]

[smtp.submission]
listen = [\"127.0.0.1:{submission}\"]

[smtp.submission_tls]
listen = [\"127.0.0.1:{submission_tls}\"]

[imap]
listen = [\"127.0.0.1:{imap}\"]
listen_tls = [\"127.0.0.1:{imap_tls}\"]
sessions_per_peer = 500

[pop3]
listen = [\"127.0.0.1:{pop3}\"]
listen_tls = [\"127.0.0.1:{pop3_tls}\"]
sessions_per_peer = 500

[web]
listen = [\"127.0.0.1:{web}\"]
sessions_per_peer = 500

[smtp.tls]
certificate = \"tls.pem\"
key = \"tls.key\"

[smtp.limits]
# Everybody comes from the same address here.
sessions_per_peer = 500
messages_per_minute = 100000
incoming_messages_per_minute = 100000

[smtp.guard]
commands_per_second = 0

[relay]
static_only = true
strict_tls = true
tls_roots = \"../tls-ca.pem\"
# Everything is on this machine here, also where a name server of yours leads.
private_networks = [\"127.0.0.0/8\", \"::1/128\"]
retry_first = \"5s\"
retry_max = \"1m\"

[relay.routes]
{routes}
[scanner]
# Nothing is scanned for viruses here. A provider must: kind = \"clamd\", and its socket.
kind = \"none\"

[admin]
listen = \"127.0.0.1:{admin}\"
",
        name = quoted(&provider.name),
        service_address = quoted(provider.service_address.as_str()),
        mail_receipt = quoted(provider.mail_receipt.as_str()),
        hostname = quoted(&provider.hostname),
    )
}

/// A provider's domains and accounts, with their passwords.
pub(crate) fn accounts(provider: &LabProvider) -> String {
    let mut out = String::from(
        "# What the store was filled with; `sigillo store create --import` fills another. Changes here change nothing:\n\
         # that is what `sigillo domain`, `sigillo mailbox` and `sigillo user` are for.\n",
    );
    for domain in &provider.domains {
        let _ = write!(out, "\n[[domain]]\nname = {}\n", quoted(domain));
    }
    for account in &provider.accounts {
        // Writing to a String cannot fail.
        let _ = write!(
            out,
            "\n[[account]]\naddress = {}\npassword = {}\nquota = {}\nservice = {}\n",
            quoted(account.address.as_str()),
            quoted(password(account)),
            account.quota,
            account.service
        );
    }
    out
}

/// How to use the laboratory.
pub(crate) fn readme(lab: &Lab) -> String {
    let mut out = String::from(
        "A laboratory of certified-mail providers
========================================

Everything here is for trying on this machine. The authorities were made with the laboratory; nobody else knows
them. This file holds passwords.

Start each provider in its own terminal, from this folder:

",
    );
    for provider in &lab.providers {
        let _ = writeln!(out, "    sigillo serve --config {}/sigillo.toml", folder_name(provider));
    }
    for provider in &lab.providers {
        let Ports { incoming, submission, submission_tls, admin, imap, imap_tls, pop3, pop3_tls, web } = provider.ports;
        let _ = write!(
            out,
            "
{name} (folder {folder})
    domains            {domains}
    service address    {service} (From of receipts and envelopes)
    127.0.0.1:{incoming:<5}    other providers (STARTTLS)
    127.0.0.1:{submission:<5}    holders, STARTTLS and login
    127.0.0.1:{submission_tls:<5}    holders, TLS and login
    127.0.0.1:{imap:<5}    holders read mail by IMAP, STARTTLS and login
    127.0.0.1:{imap_tls:<5}    holders read mail by IMAP, TLS and login
    127.0.0.1:{pop3:<5}    holders fetch mail by POP3, STLS and login
    127.0.0.1:{pop3_tls:<5}    holders fetch mail by POP3, TLS and login
    127.0.0.1:{web:<5}    the web pages: https://127.0.0.1:{web}/
    127.0.0.1:{admin:<5}    metrics and health (HTTP)
    accounts
",
            name = provider.name,
            folder = folder_name(provider),
            domains = provider.domains.join(", "),
            service = provider.service_address,
        );
        for account in &provider.accounts {
            let service = if account.service { "   (service mailbox)" } else { "" };
            let _ = writeln!(out, "        {:<32} {}{service}", account.address.as_str(), password(account));
        }
    }
    out.push_str(&guest::readme(lab));
    out.push_str(&peer_readme(lab));
    if let (Some(first), Some(last)) = (lab.providers.first(), lab.providers.last())
        && let (Some(sender), Some(recipient)) = (first.accounts.first(), last.accounts.get(1))
    {
        let (from, to) = (sender.address.as_str(), recipient.address.as_str());
        let (user, secret) = (shell(from), shell(password(sender)));
        let login = shell(&format!("{from}:{}", password(sender)));
        let Ports { submission, submission_tls, pop3_tls, .. } = first.ports;
        let to = shell(to);
        let _ = write!(
            out,
            "
Send a message with swaks:

    swaks --server 127.0.0.1:{submission} --tls --auth PLAIN --auth-user {user} --auth-password {secret} \\
          --from {user} --to {to} --header 'Subject: Prova' --body 'Buongiorno.'

or with curl, the certificate checked (message.eml begins with From, To and Subject, an empty line, the text):

    curl --cacert tls-ca.pem --url smtps://127.0.0.1:{submission_tls} --user {login} \\
         --mail-from {user} --mail-rcpt {to} --upload-file message.eml

The sender receives the acceptance, then the delivery; the recipient receives the transport envelope. Any client
reads them by IMAP or fetches them by POP3, as curl the oldest one:

    curl --cacert tls-ca.pem --user {login} pop3s://127.0.0.1:{pop3_tls}/1

To check the
signature of a message that was saved as envelope.eml:

    openssl cms -verify -in envelope.eml -CAfile ca.pem -out content.eml

The index of providers: directory.ldif in clear, directory.p7m signed by operator.pem.

To see what a stolen key leads to, revoke a provider's certificate; the others then refuse what it signs:

    sigillo lab revoke . {}
",
            first.folder.file_name().unwrap_or_default().to_string_lossy()
        );
    }
    out
}

/// How to play the provider that misbehaves.
fn peer_readme(lab: &Lab) -> String {
    let Some(guest) = lab.guests.iter().find(|guest| guest.provider.folder == PEER) else {
        return String::new();
    };
    let domain = guest.provider.domains.first().map_or("", String::as_str);
    let mut out = format!(
        "
Play {name}, which misbehaves as it is told, in a terminal of its own, from this folder:

    sigillo lab . --peer good

KIND in place of good is the conduct towards every recipient at {domain}, unless the recipient's local part asks for
another one:

",
        name = guest.provider.name
    );
    for conduct in CONDUCTS {
        let local = conduct.local.map(|local| format!("{local}@")).unwrap_or_default();
        // Writing to a String cannot fail.
        let _ = writeln!(out, "    {:<22}{local:<18}{}", conduct.name, conduct.does);
    }
    if let Some(holder) = lab.providers.first().and_then(|provider| provider.accounts.first()) {
        let _ = write!(
            out,
            "
Have it send a message, good or bad (`sigillo lab --help` lists the kinds):

    sigillo lab . --send two-daticert --to {}
",
            holder.address
        );
    }
    out
}

/// A text as a shell takes it.
fn shell(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"@%+=:,./-_".contains(&b);
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
