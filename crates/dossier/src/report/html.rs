//! A report as a page for a browser: nothing in it is fetched or runs.

use output::printable;

use super::{Language, Report};

const STYLE: &str = "body{font:16px/1.5 sans-serif;max-width:50em;margin:2em auto;padding:0 1em;color:#111;background:#fff}\
h1{font-size:1.5em}h2{font-size:1.15em;margin-top:2em}dt{font-weight:bold}dd{margin:0 0 .5em 1.5em;overflow-wrap:anywhere}\
section+section{border-top:2px solid #999;margin-top:3em}";

/// What others wrote, as text in a page.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

impl Report {
    /// The page: Italian first, then English. `links` makes of a fact's value, where it is one's name, a link to that file.
    pub fn html(&self, links: &dyn Fn(&str) -> Option<String>) -> String {
        let mut page = format!(
            "<!DOCTYPE html>\n<html lang=\"it\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
            escaped(&self.title.italian)
        );
        for (language, code) in Language::BOTH.into_iter().zip(["it", "en"]) {
            let of = |words| escaped(language.of(words));
            page += &format!("<section lang=\"{code}\">\n<h1>{}</h1>\n", of(&self.title));
            self.lead.iter().for_each(|sentence| page += &format!("<p>{}</p>\n", of(sentence)));
            for section in &self.sections {
                page += &format!("<h2>{}</h2>\n", of(&section.heading));
                section.text.iter().for_each(|sentence| page += &format!("<p>{}</p>\n", of(sentence)));
                if !section.facts.is_empty() {
                    page += "<dl>\n";
                    for fact in &section.facts {
                        let name = match links(language.of(&fact.name)) {
                            Some(link) => format!("<a href=\"{}\">{}</a>", escaped(&link), of(&fact.name)),
                            None => of(&fact.name),
                        };
                        page += &format!("<dt>{name}</dt><dd>{}</dd>\n", of(&fact.value));
                    }
                    page += "</dl>\n";
                }
            }
            page += "</section>\n";
        }
        page + "</body>\n</html>\n"
    }
}
