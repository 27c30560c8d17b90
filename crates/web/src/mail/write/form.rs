//! What the form of a message says.

use axum::extract::Multipart;
use pec::ReceiptType;

use crate::letter::{File, Letter};
use crate::trouble::Trouble;

/// Octets of a form with all its files.
pub(crate) const MOST: usize = 150 << 20;
/// Files of one form.
const FILES: usize = 200;

/// A form as it was sent.
#[derive(Debug, Default)]
pub(super) struct Form {
    pub(super) to: String,
    pub(super) cc: String,
    pub(super) subject: String,
    pub(super) body: String,
    pub(super) receipt: Option<ReceiptType>,
    /// The draft of which the form was made; 0: none.
    pub(super) version: u32,
    /// The window in which it stands.
    pub(super) window: String,
    /// `send`, `save`, `attach`, `discard`.
    pub(super) act: String,
    /// Whether it was asked about a forgotten file before.
    pub(super) asked: bool,
    /// A message that is passed on: `folder.uid`.
    pub(super) forwards: Option<String>,
    in_reply_to: String,
    references: String,
    removes: Option<usize>,
    files: Vec<File>,
}

/// A place written as `folder.uid`.
pub(super) fn place(text: &str) -> Option<(i64, u32)> {
    let (folder, uid) = text.split_once('.')?;
    Some((folder.parse().ok()?, uid.parse().ok()?))
}

impl Form {
    pub(super) async fn read(mut multipart: Multipart) -> Result<Self, Trouble> {
        let mut form = Self::default();
        let failed = |error: axum::extract::multipart::MultipartError| match error.status().as_u16() {
            413 => Trouble::TooLarge,
            _ => Trouble::Wrong,
        };
        while let Some(field) = multipart.next_field().await.map_err(failed)? {
            let name = field.name().unwrap_or_default().to_owned();
            if name == "file" {
                // A browser sends one without a name where no file was chosen.
                let Some(called) = field.file_name().filter(|called| !called.is_empty()).map(safe) else { continue };
                let media = field.content_type().and_then(media).unwrap_or("application/octet-stream").to_owned();
                let octets = field.bytes().await.map_err(failed)?;
                if form.files.len() == FILES {
                    return Err(Trouble::TooLarge);
                }
                form.files.push(File { name: called, media, octets });
                continue;
            }
            form.take(&name, field.text().await.map_err(failed)?);
        }
        Ok(form)
    }

    /// The same without files, as a script sends it.
    pub(super) fn read_words(words: &[u8]) -> Self {
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(words) {
            form.take(&name, value.into_owned());
        }
        form
    }

    fn take(&mut self, name: &str, value: String) {
        match name {
            "to" => join(&mut self.to, &value),
            "cc" => join(&mut self.cc, &value),
            "subject" => self.subject = value.replace(['\r', '\n'], " "),
            "body" => self.body = value,
            "receipt" => self.receipt = ReceiptType::from_wire(&value),
            "version" => self.version = value.parse().unwrap_or_default(),
            "window" => self.window = value.chars().filter(char::is_ascii_hexdigit).take(64).collect(),
            "do" => self.act = value,
            "asked" => self.asked = !value.is_empty(),
            "inoltra" => self.forwards = Some(value),
            "in_reply_to" => self.in_reply_to = value,
            "references" => self.references = value,
            "remove" => self.removes = value.parse().ok(),
            _ => {}
        }
    }

    /// What it says, in place of what the draft said.
    pub(super) fn apply(&self, letter: &mut Letter) {
        letter.window.clone_from(&self.window);
        letter.to.clone_from(&self.to);
        letter.cc.clone_from(&self.cc);
        letter.subject.clone_from(&self.subject);
        letter.body = self.body.replace("\r\n", "\n");
        letter.receipt = self.receipt.unwrap_or(letter.receipt);
        let id = |text: &str| text.bytes().all(|octet| octet.is_ascii_graphic()) && text.len() < 500;
        letter.in_reply_to = Some(self.in_reply_to.clone()).filter(|answered| !answered.is_empty() && id(answered));
        letter.references =
            self.references.split_whitespace().filter(|one| id(one)).take(50).map(str::to_owned).collect();
        if let Some(at) = self.removes.filter(|at| *at < letter.files.len()) {
            letter.files.remove(at);
        }
        self.attach(letter);
    }

    /// Adds its files, and changes nothing else.
    pub(super) fn attach(&self, letter: &mut Letter) {
        letter.files.extend(self.files.iter().cloned());
    }
}

/// Recipients come in the field and, of a script, one by one.
fn join(all: &mut String, value: &str) {
    let value = value.replace("\r\n", ",").replace(['\r', '\n'], ",");
    let value = value.trim().trim_matches(',');
    if !value.is_empty() {
        if !all.is_empty() {
            all.push_str(", ");
        }
        all.push_str(value);
    }
}

/// The name of a file, without its folders and without what no name has.
fn safe(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
    let name = name.trim().trim_start_matches('.');
    if name.is_empty() { "allegato".to_owned() } else { name.to_owned() }
}

/// What a browser says that a file is, where it is a plain name of a type that is no container.
fn media(said: &str) -> Option<&str> {
    let said = said.split(';').next().unwrap_or_default().trim();
    let (main, sub) = said.split_once('/')?;
    let is_token =
        |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_alphanumeric() || b"-+._".contains(&c));
    (is_token(main) && is_token(sub) && !["multipart", "message"].contains(&main)).then_some(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_types_of_files_are_those_of_files() {
        assert_eq!(safe("C:\\Documenti\\è.pdf"), "è.pdf");
        assert_eq!(safe("../../etc/passwd"), "passwd");
        assert_eq!((safe("a\r\nb"), safe(".."), safe("")), ("ab".into(), "allegato".into(), "allegato".into()));
        assert_eq!(
            (media("application/pdf; x=y"), media("message/rfc822"), media("x")),
            (Some("application/pdf"), None, None)
        );
    }

    #[test]
    fn recipients_come_together() {
        let mut all = String::new();
        ["a@b.example,", "", "c@d.example\r\ne@f.example"].iter().for_each(|value| join(&mut all, value));
        assert_eq!(all, "a@b.example, c@d.example,e@f.example");
        assert_eq!(place("7.12"), Some((7, 12)));
    }
}
