//! Signer, certificate profile, trust, one instant (§2.1, §4.1, §5.5).

use super::sheet::{Case, Sheet, ensure, same};
use crate::mime::address;

pub(super) fn check(case: &Case<'_>, sheet: &mut Sheet) {
    let signature = case.signature;
    if let Some(trusted) = &signature.trusted {
        sheet.must("[R-I-ca-4]", "chain reaches the authority at the message's date (openssl)", || trusted.clone());
    }
    sheet.must("[R-2.1-b]", "the signer's certificate is in the CMS", || {
        ensure(signature.signer.is_some(), || "openssl finds no signer certificate inside".into())
    });
    sheet.should("[R-O-sig-2]", "SHA-256 or longer digest", || {
        let digest = signature.digest.as_deref().unwrap_or("none");
        ensure(matches!(digest, "sha256" | "sha384" | "sha512"), || format!("digest {digest}"))
    });
    sheet.should("[R-4.1-a]", "signingTime prints the instant of the Date field", || {
        let signed = signature.signed_at.as_ref().ok_or("no signingTime")?;
        let date = case.date.ok_or("no readable Date")?;
        let apart = signed.epoch - date.epoch;
        ensure(apart == 0, || format!("{apart} s apart"))
    });
    if let Some(text) = &signature.signer {
        profile(case, &Certificate { text }, sheet);
    }
}

fn profile(case: &Case<'_>, certificate: &Certificate<'_>, sheet: &mut Sheet) {
    let emails = certificate.emails();
    sheet.must("[R-2.1-d]", "the From address is an rfc822Name of the certificate", || {
        let from = address(&case.opened.outer.field("From").unwrap_or_default());
        let found = emails.iter().any(|email| email.eq_ignore_ascii_case(&from));
        ensure(found, || format!("From {from:?}, certificate {emails:?}"))
    });
    sheet.must("[R-2.1-e]", "Sender, where it stands, equals From", || {
        let from = case.opened.outer.field("From").unwrap_or_default();
        case.opened.outer.field("Sender").map_or(Ok(()), |sender| same(Some(&address(&sender)), Some(&address(&from))))
    });
    sheet.must("[R-2.1-c]", "X.509 version 3", || {
        ensure(certificate.text.contains("Version: 3 (0x2)"), || "another version".into())
    });
    sheet.must("[R-5.5.1-a]", "subject with O or CN, e-mail in subjectAltName", || {
        let subject = certificate.line("Subject: ").unwrap_or_default();
        ensure(subject.contains("O=") || subject.contains("CN="), || format!("subject {subject}"))?;
        ensure(!emails.is_empty(), || "no rfc822Name".into())
    });
    sheet.must("[R-5.5.2-a]", "four extensions with their criticality", || {
        let usage = certificate.line("X509v3 Key Usage:").ok_or("no Key Usage")?;
        ensure(usage == "critical", || "Key Usage is not critical".into())?;
        let uses = certificate.after("X509v3 Key Usage:");
        ensure(uses.contains("Digital Signature"), || format!("Key Usage: {uses}"))?;
        for name in
            ["X509v3 Authority Key Identifier:", "X509v3 Subject Key Identifier:", "X509v3 Subject Alternative Name:"]
        {
            let mark = certificate.line(name).ok_or_else(|| format!("no {name}"))?;
            ensure(mark.is_empty(), || format!("{name} {mark}"))?;
        }
        Ok(())
    });
    sheet.must("[R-5.5.2-b]", "no Basic Constraints, no other critical extension", || {
        ensure(!certificate.text.contains("X509v3 Basic Constraints"), || "Basic Constraints are there".into())?;
        let critical = certificate.text.lines().map(str::trim).filter(|line| line.ends_with(": critical"));
        let others: Vec<&str> = critical.filter(|line| !line.starts_with("X509v3 Key Usage")).collect();
        ensure(others.is_empty(), || others.join(", "))
    });
}

/// A certificate as openssl prints it.
struct Certificate<'a> {
    text: &'a str,
}

impl<'a> Certificate<'a> {
    /// What follows a label on its line.
    fn line(&self, label: &str) -> Option<&'a str> {
        self.text.lines().find_map(|line| line.trim_start().strip_prefix(label)).map(str::trim)
    }

    /// The line below a label.
    fn after(&self, label: &str) -> &'a str {
        let mut lines = self.text.lines().skip_while(|line| !line.trim_start().starts_with(label));
        lines.nth(1).unwrap_or_default().trim()
    }

    fn emails(&self) -> Vec<&'a str> {
        let names = self.after("X509v3 Subject Alternative Name:").split(',');
        names.filter_map(|name| name.trim().strip_prefix("email:")).collect()
    }
}
