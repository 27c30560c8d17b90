//! The files of a web server by which mail programs set themselves up, and that by which other systems learn that mail comes
//! to us under TLS.

mod apple;
mod outlook;
mod sts;
mod thunderbird;

use crate::offer::Offer;

pub(crate) use sts::sts_policy;

/// A file of a web server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where it is asked for.
    pub url: String,
    /// Its path below a folder that is served for every one of the names.
    pub path: String,
    /// Its media type.
    pub media: &'static str,
    /// What is in it.
    pub text: String,
}

/// All of them.
pub fn files(offer: &Offer) -> Vec<File> {
    let domain = &offer.domain;
    let file = |url: String, path: &str, media, text| File { url, path: path.to_owned(), media, text };
    let mut all = vec![
        file(
            format!("https://autoconfig.{domain}/mail/config-v1.1.xml"),
            "mail/config-v1.1.xml",
            "text/xml; charset=utf-8",
            thunderbird::text(offer),
        ),
        file(
            format!("https://autodiscover.{domain}/autodiscover/autodiscover.xml"),
            "autodiscover/autodiscover.xml",
            "text/xml; charset=utf-8",
            outlook::text(offer),
        ),
        file(
            format!("https://mta-sts.{domain}/.well-known/mta-sts.txt"),
            ".well-known/mta-sts.txt",
            "text/plain; charset=utf-8",
            sts_policy(offer).text,
        ),
    ];
    if let Some(profile) = apple::text(offer) {
        let name = format!("{domain}.mobileconfig");
        all.push(file(
            format!("https://autoconfig.{domain}/{name}"),
            &name,
            "application/x-apple-aspen-config",
            profile,
        ));
    }
    all
}
