//! The DNS records of a domain and of its mail host.

use smtp::RecordType;

use crate::files::sts_policy;
use crate::offer::{Offer, Service};

/// A record, and what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Whose it is: absolute, with its final dot.
    pub name: String,
    /// Its type.
    pub kind: RecordType,
    /// Its value as zone files have it, a text without its quotation marks; `None`: we cannot know it.
    pub value: Option<String>,
    /// What is compared with it.
    pub rule: Rule,
    /// Without it mail does not arrive or is not believed; all else makes it better.
    pub needed: bool,
    /// What it is for, in a few words.
    pub purpose: &'static str,
}

/// What must be there for a record to be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Any record of the type.
    Any,
    /// This one alone.
    Alone,
    /// This one alone among the texts that begin so: others are for others.
    Text(&'static str),
    /// The name leads to an address, by this alias or otherwise.
    Leads,
    /// Nothing, or this one among others: without any, everything is allowed.
    IfAny,
}

/// Seconds for which others may keep a record.
const TTL: u32 = 3600;

impl Record {
    /// Its line in a zone file (RFC 1035 §5.1); a comment where the value is not known.
    pub fn line(&self) -> String {
        let Self { name, kind, value, purpose, .. } = self;
        match value {
            None => format!("; {name} {kind}: {purpose}"),
            Some(text) if *kind == RecordType::TXT => format!("{name} {TTL} IN TXT {}", quoted(text)),
            Some(value) => format!("{name} {TTL} IN {kind} {value}"),
        }
    }

    /// Whether its name is in a domain, which has no final dot.
    pub fn is_in(&self, domain: &str) -> bool {
        let name = self.name.trim_end_matches('.').strip_suffix(domain);
        name.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }
}

/// A text as zone files have it: in pieces of 255 octets.
fn quoted(text: &str) -> String {
    let escaped = |piece: &[u8]| {
        let piece = String::from_utf8_lossy(piece).replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{piece}\"")
    };
    text.as_bytes().chunks(255).map(escaped).collect::<Vec<_>>().join(" ")
}

/// All records: those of the domain first, then those of the host, which are the same for every domain.
pub fn records(offer: &Offer) -> Vec<Record> {
    let mut list = Vec::new();
    let mut add = |name: &str, kind, value: Option<String>, rule, needed, purpose| {
        list.push(Record { name: format!("{name}."), kind, value, rule, needed, purpose });
    };
    let Offer { domain, host, web, reports, .. } = offer;
    let txt = RecordType::TXT;
    add(domain, RecordType::MX, Some(format!("10 {host}.")), Rule::Alone, true, "mail for the domain comes to us");
    add(
        domain,
        txt,
        Some("v=spf1 mx -all".into()),
        Rule::Text("v=spf1"),
        true,
        "only we send mail of the domain (SPF)",
    );
    // What goes to ordinary mail under a holder's reverse path has the service address in From: it is aligned with neither,
    // and a strict policy of the service domain would have it refused. Nothing else bears the domain of a holder in From.
    let policy = if offer.service_domain == *domain { "none" } else { "reject" };
    let dmarc = format!("v=DMARC1; p={policy}; rua=mailto:{reports}");
    add(&format!("_dmarc.{domain}"), txt, Some(dmarc), Rule::Text("v=DMARC1"), false, "who forges the domain (DMARC)");
    let sts = sts_policy(offer);
    let sts = format!("v=STSv1; id={}", sts.id);
    add(
        &format!("_mta-sts.{domain}"),
        txt,
        Some(sts),
        Rule::Text("v=STSv1"),
        false,
        "mail to us goes under TLS (MTA-STS)",
    );
    let alias = |prefix: &str| (format!("{prefix}.{domain}"), Some(format!("{web}.")));
    let (name, value) = alias("mta-sts");
    add(&name, RecordType::CNAME, value, Rule::Leads, false, "where its policy is fetched");
    let tls_rpt = format!("v=TLSRPTv1; rua=mailto:{reports}");
    add(
        &format!("_smtp._tls.{domain}"),
        txt,
        Some(tls_rpt),
        Rule::Text("v=TLSRPTv1"),
        false,
        "who cannot reach us (TLS-RPT)",
    );
    for (number, service) in (0..).zip(Service::ALL) {
        let (label, purpose) = match service {
            Service::ImapTls => ("_imaps", "mail programs find IMAP with TLS"),
            Service::Imap => ("_imap", "mail programs find IMAP with STARTTLS"),
            Service::Pop3Tls => ("_pop3s", "mail programs find POP3 with TLS"),
            Service::Pop3 => ("_pop3", "mail programs find POP3 with STLS"),
            Service::SubmissionTls => ("_submissions", "mail programs find submission with TLS"),
            Service::Submission => ("_submission", "mail programs find submission with STARTTLS"),
        };
        // A service that is not there is said to be none (RFC 6186 §3.4).
        let value = match offer.port(service) {
            Some(port) => format!("{} 1 {port} {host}.", number * 10),
            None => "0 0 0 .".to_owned(),
        };
        add(&format!("{label}._tcp.{domain}"), RecordType::SRV, Some(value), Rule::Alone, false, purpose);
    }
    let (name, value) = alias("autoconfig");
    add(&name, RecordType::CNAME, value, Rule::Leads, false, "Thunderbird and others set themselves up");
    let (name, value) = alias("autodiscover");
    add(&name, RecordType::CNAME, value, Rule::Leads, false, "Outlook sets itself up");
    let value = Some(format!("0 0 443 {web}."));
    add(
        &format!("_autodiscover._tcp.{domain}"),
        RecordType::SRV,
        value,
        Rule::Alone,
        false,
        "the same, for older ones",
    );

    add(host, RecordType::A, None, Rule::Any, true, "the public address of the mail host, and AAAA where it has one");
    add(
        host,
        RecordType::PTR,
        None,
        Rule::Any,
        true,
        "the name of each of its addresses is the host's, as its owner writes it",
    );
    if host != domain {
        let spf = Some("v=spf1 a -all".into());
        add(host, txt, spf, Rule::Text("v=spf1"), false, "only the host sends notices without a sender (SPF)");
    }
    let key = offer.key_sha256.as_ref().map(|digest| format!("3 1 1 {digest}"));
    if key.is_some() {
        add(
            &format!("_25._tcp.{host}"),
            RecordType::TLSA,
            key,
            Rule::IfAny,
            false,
            "the key that the host shows (DANE), where its zone is signed",
        );
    }
    let issue = offer.authority.as_ref().map(|authority| format!("0 issue \"{authority}\""));
    add(host, RecordType::CAA, issue, Rule::IfAny, false, "which authority may issue the host's certificate");
    list
}
