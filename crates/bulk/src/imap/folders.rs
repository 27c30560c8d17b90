//! The folders of a server: how they are called here, and which are gone through.

use std::collections::BTreeMap;

use imap::answer::{Answer, Listed, Namespaces};
use store::SpecialUse;
use tokio::io::{AsyncRead, AsyncWrite};

use super::talk::{Talk, Trouble};
use crate::source::SourceFolder;

/// The most folders that are gone through.
const MOST: usize = 20_000;
/// Attributes of what holds no messages.
const NONE_IN: [&str; 2] = ["\\Noselect", "\\NonExistent"];
/// Attributes of folders that show messages of other folders once more.
const ONCE_MORE: [&str; 3] = ["\\All", "\\Flagged", "\\Important"];

/// A folder with messages in it.
#[derive(Debug)]
pub(super) struct ServerFolder {
    /// As the server lists it.
    pub(super) listed: Listed,
    /// How it is called here.
    pub(super) folder: SourceFolder,
    /// Why it is passed over by who does not ask for it.
    pub(super) aside: Option<&'static str>,
}

/// The folders that a server lists, each once, by the octets of their names.
pub(super) async fn list<S>(talk: &mut Talk<S>, capabilities: &[String]) -> Result<Vec<ServerFolder>, Trouble>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let has = |name: &str| capabilities.iter().any(|capability| capability == name);
    let mut namespaces = Namespaces::default();
    if has("NAMESPACE") {
        talk.command(b"NAMESPACE", |answer| {
            if let Answer::Namespace(its) = answer {
                namespaces = its;
            }
        })
        .await?;
    }
    let command: &[u8] = match has("SPECIAL-USE") && has("LIST-EXTENDED") {
        true => b"LIST \"\" \"*\" RETURN (SPECIAL-USE)",
        false => b"LIST \"\" \"*\"",
    };
    let mut listed = BTreeMap::new();
    let asked = talk.ask(command).await?;
    while let Some(answer) = talk.next(&asked, None).await? {
        if let Answer::List(one) = answer {
            listed.insert(one.raw.clone(), one);
        }
        if listed.len() > MOST {
            return Err(Trouble::Strange(format!("it lists more than {MOST} folders")));
        }
    }
    let with_messages = listed.into_values().filter(|listed| !has_any(listed, &NONE_IN));
    Ok(with_messages.map(|listed| ServerFolder::of(listed, &namespaces)).collect())
}

fn has_any(listed: &Listed, attributes: &[&str]) -> bool {
    let is = |attribute: &&str| listed.attributes.iter().any(|its| its.eq_ignore_ascii_case(attribute));
    attributes.iter().any(is)
}

impl ServerFolder {
    fn of(listed: Listed, namespaces: &Namespaces) -> Self {
        let begins = |prefix: &&String| !prefix.is_empty() && listed.name.starts_with(prefix.as_str());
        let aside = if has_any(&listed, &ONCE_MORE) {
            Some("whose messages stand in other folders too")
        } else if namespaces.others.iter().any(|prefix| begins(&prefix)) {
            Some("which is not of this account alone")
        } else {
            None
        };
        // What all names of an account begin with is no folder: people see it nowhere.
        let prefix = namespaces.own.iter().filter(begins).max_by_key(|prefix| prefix.len());
        let name = prefix.and_then(|prefix| listed.name.strip_prefix(prefix.as_str())).unwrap_or(&listed.name);
        let levels = match listed.delimiter {
            Some(delimiter) => name.split(delimiter).filter(|level| !level.is_empty()).map(str::to_owned).collect(),
            None => vec![name.to_owned()],
        };
        let special = listed.attributes.iter().find_map(|attribute| SpecialUse::from_name(attribute));
        let folder = SourceFolder { special, ..SourceFolder::of(levels) };
        Self { listed, folder, aside }
    }
}

/// The command that opens it without changing anything. Its name is said as the server has said it, in quotation marks.
pub(super) fn examine(listed: &Listed) -> Result<Vec<u8>, Trouble> {
    if listed.raw.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0)) {
        return Err(Trouble::Strange("the name of a folder has more than one line".into()));
    }
    let mut command = b"EXAMINE \"".to_vec();
    for octet in &listed.raw {
        if matches!(octet, b'"' | b'\\') {
            command.push(b'\\');
        }
        command.push(*octet);
    }
    command.push(b'"');
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::super::talk::scripted;
    use super::*;

    fn listed(name: &str, delimiter: Option<char>, attributes: &[&str]) -> Listed {
        let attributes = attributes.iter().map(|attribute| (*attribute).to_owned()).collect();
        Listed { attributes, delimiter, raw: name.as_bytes().to_vec(), name: name.into() }
    }

    #[test]
    fn folders_are_named_by_levels_whatever_separates_them() {
        let namespaces = Namespaces { own: vec![String::new(), "INBOX.".into()], others: vec!["shared.".into()] };
        let of = |name, delimiter, attributes: &[&str]| {
            let ServerFolder { folder, aside, .. } = ServerFolder::of(listed(name, delimiter, attributes), &namespaces);
            (folder.name(), folder.special, aside.is_some())
        };
        let sent = Some(SpecialUse::Sent);
        assert_eq!(of("Inbox", Some('.'), &[]), ("INBOX".into(), None, false));
        assert_eq!(of("INBOX.Sent.2025", Some('.'), &["\\sent"]), ("Sent/2025".into(), sent, false));
        assert_eq!(of("a/b.c", Some('/'), &[]), ("a/b.c".into(), None, false));
        assert_eq!(of("flat.name", None, &[]), ("flat.name".into(), None, false));
        assert_eq!(of("shared.Atti", Some('.'), &[]), ("shared/Atti".into(), None, true));
        assert_eq!(of("Alles", Some('/'), &["\\All"]), ("Alles".into(), None, true));
    }

    #[test]
    fn a_name_opens_its_folder_and_says_nothing_else() {
        assert_eq!(examine(&listed("a\"b\\c", None, &[])).unwrap(), b"EXAMINE \"a\\\"b\\\\c\"");
        assert!(examine(&listed("a\r\nx LOGOUT", None, &[])).is_err());
    }

    #[tokio::test]
    async fn each_folder_is_listed_once_and_only_so_many() {
        let namespace = "* NAMESPACE ((\"INBOX.\" \".\")) NIL NIL\r\ns1 OK done\r\n";
        let script =
            "* LIST () \".\" INBOX.a\r\n* LIST (\\Noselect) \".\" b\r\n* LIST () \".\" INBOX.a\r\ns2 OK done\r\n";
        let mut talk = scripted(vec![namespace.to_owned(), script.to_owned()]);
        let all = list(&mut talk, &["NAMESPACE".to_owned()]).await.unwrap();
        let seen: Vec<_> = all.iter().map(|one| (one.listed.name.as_str(), one.folder.name())).collect();
        assert_eq!(seen, [("INBOX.a", "a".to_owned())]);
        let endless: String = (0..=MOST).map(|number| format!("* LIST () \"/\" f{number}\r\n")).collect();
        let said = list(&mut scripted(vec![endless]), &[]).await.unwrap_err().to_string();
        assert!(said.contains("more than 20000 folders"), "{said}");
    }
}
