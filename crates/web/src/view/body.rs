//! The text of a message and what is attached to it, for a page.

use std::collections::HashMap;

use render::{Attachment, Line, Paragraph, PartPath, Picture, Preview, Shown, Signature};

use super::mark::Mark;
use super::signed::summary;
use super::sizes::size;
use crate::language::Language;

/// Paragraphs that stand together: the author's own, or what he quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) is_quoted: bool,
    pub(crate) paragraphs: Vec<Vec<Line>>,
    /// Lines of it.
    pub(crate) lines: usize,
}

/// The text in stretches.
pub(crate) fn stretches(shown: &Shown) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for Paragraph { quoted, lines, .. } in &shown.text.paragraphs {
        let is_quoted = *quoted > 0;
        match stretches.last_mut().filter(|last| last.is_quoted == is_quoted) {
            Some(last) => {
                last.lines += lines.len();
                last.paragraphs.push(lines.clone());
            }
            None => stretches.push(Stretch { is_quoted, lines: lines.len(), paragraphs: vec![lines.clone()] }),
        }
    }
    stretches
}

/// Something attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Card {
    pub(crate) name: String,
    pub(crate) icon: &'static str,
    pub(crate) about: String,
    /// Where its octets are.
    pub(crate) href: String,
    /// Whether a browser may show it.
    pub(crate) opens: bool,
    /// Whether a page of ours shows it.
    pub(crate) has_page: bool,
    /// Who signed it, and whether that fits.
    pub(crate) signed: Option<(Mark, String)>,
    /// What deceives about it.
    pub(crate) warning: Option<&'static str>,
}

/// The signatures of files that were opened, by where these stand.
pub(crate) type Signatures = HashMap<PartPath, Vec<Signature>>;

/// The cards of what is attached; `path` is that of the message's page.
pub(crate) fn cards(shown: &Shown, signatures: &Signatures, path: &str, l: Language) -> Vec<Card> {
    let listed = shown.attachments.iter().filter(|attachment| !attachment.inline);
    listed.map(|attachment| card(attachment, signatures.get(&attachment.path), path, l)).collect()
}

fn card(attachment: &Attachment, signatures: Option<&Vec<Signature>>, path: &str, l: Language) -> Card {
    let (icon, kind) = match attachment.preview {
        Preview::Picture(_) => ("file", l.of("immagine", "picture")),
        Preview::Pdf => ("file-pdf", "PDF"),
        Preview::Text => ("file", l.of("testo", "text")),
        Preview::Message => ("mail", l.of("messaggio", "message")),
        Preview::Signed => ("file-signed", l.of("firmato", "signed")),
        Preview::Archive => ("file", l.of("archivio", "archive")),
        Preview::Invoice => ("file", l.of("fattura elettronica", "electronic invoice")),
        Preview::Segnatura => ("file", l.of("segnatura di protocollo", "registry data")),
        Preview::None => ("file", l.of("file", "file")),
    };
    let disguised = l.of(
        "Attenzione: è un programma con il nome di un documento. Non aprirlo.",
        "Beware: it is a program with the name of a document. Do not open it.",
    );
    Card {
        name: attachment.name.clone(),
        icon,
        about: format!("{kind}, {}", size(attachment.length, l)),
        href: format!("{path}/a/{}", attachment.path),
        opens: shown_as(attachment.preview).is_some(),
        has_page: matches!(
            attachment.preview,
            Preview::Signed | Preview::Invoice | Preview::Archive | Preview::Message
        ),
        signed: signatures.map(|signatures| summary(signatures, l)),
        warning: attachment.is_disguised().then_some(disguised),
    }
}

/// As what a browser shows it, whatever the message says that it is; `None`: it is only downloaded.
pub(crate) fn shown_as(preview: Preview) -> Option<&'static str> {
    match preview {
        Preview::Picture(kind) => Some(Picture::media(kind)),
        Preview::Pdf => Some("application/pdf"),
        Preview::Text | Preview::Segnatura => Some("text/plain; charset=utf-8"),
        _ => None,
    }
}
