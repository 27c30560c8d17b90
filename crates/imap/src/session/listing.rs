//! LIST and LSUB (RFC 9051 §6.3.9; RFC 5258, 5819, 6154).

use std::collections::{BTreeMap, BTreeSet};

use holder::Folder;
use pec::Address;

use super::end::Stop;
use super::spelling::is_spelt_otherwise;
use super::state::Session;
use crate::command::{List, ListReturn, ListSelection, StatusItem};
use crate::pattern::Pattern;
use crate::response::ListEntry;
use crate::tag::Tag;

/// A name and what is known of it.
#[derive(Default)]
struct Known {
    folder: Option<Folder>,
    /// Whose folder it is: a user reaches several mailboxes.
    mailbox: Option<Address>,
    subscribed: bool,
    /// Only a level of the names of other people's mailboxes.
    level: bool,
}

/// All names: of folders, and those that are only subscribed.
struct Names(BTreeMap<String, Known>);

impl Names {
    /// Those of one mailbox, each after the prefix.
    fn add(&mut self, prefix: &str, mailbox: Option<&Address>, folders: Vec<Folder>, subscribed: Vec<String>) {
        for folder in folders {
            let known = Known { folder: Some(folder.clone()), mailbox: mailbox.cloned(), ..Known::default() };
            self.0.insert(format!("{prefix}{}", folder.name), known);
        }
        let subscribed = subscribed.into_iter().map(|name| format!("{prefix}{name}"));
        subscribed.for_each(|name| self.0.entry(name).or_default().subscribed = true);
    }

    /// What stands above a mailbox of somebody else, without being one.
    fn add_levels(&mut self, prefix: &str) {
        for (end, _) in prefix.match_indices('/') {
            let level = prefix.get(..end).unwrap_or_default();
            self.0.entry(level.to_owned()).or_default().level = true;
        }
    }

    /// The names below one.
    fn below<'a>(&'a self, name: &str) -> impl Iterator<Item = (&'a String, &'a Known)> + use<'a> {
        let prefix = format!("{name}/");
        let from = self.0.range(prefix.clone()..);
        from.take_while(move |(below, _)| below.starts_with(&prefix))
    }

    fn has_children(&self, name: &str) -> bool {
        self.below(name).any(|(_, known)| known.folder.is_some())
    }
}

impl Session<'_> {
    async fn names(&mut self) -> Result<Names, Stop> {
        let mut names = Names(BTreeMap::new());
        for mailbox in self.mailboxes()?.listed().await? {
            if !self.mailboxes()?.list(mailbox.as_ref()).await? {
                continue;
            }
            let (folders, prefix) = (self.opened()?.folders().await?, self.mailboxes()?.name(""));
            names.add_levels(&prefix);
            names.add(&prefix, mailbox.as_ref(), folders, self.opened()?.subscriptions().await?);
        }
        Ok(names)
    }

    pub(super) async fn list(&mut self, tag: &Tag, list: List) -> Result<(), Stop> {
        let List { selection, reference, patterns, returns, extended } = list;
        if !extended && patterns.iter().all(String::is_empty) {
            self.out.separator(false);
            return self.finish(tag, true, None, "done").await;
        }
        let patterns: Vec<Pattern> = patterns.iter().map(|pattern| Pattern::new(&reference, pattern)).collect();
        let names = self.names().await?;
        let only_subscribed = selection.contains(&ListSelection::Subscribed);
        let only_special = selection.contains(&ListSelection::SpecialUse);
        let recursive = selection.contains(&ListSelection::RecursiveMatch);
        let returns = returns.unwrap_or_default();
        let tells_subscribed = only_subscribed || returns.contains(&ListReturn::Subscribed);
        let status: Option<&[StatusItem]> = returns.iter().find_map(|wanted| match wanted {
            ListReturn::Status(items) => Some(items.as_slice()),
            _ => None,
        });
        let fits = |known: &Known| {
            let special = known.folder.as_ref().is_some_and(|folder| folder.special.is_some());
            (!only_subscribed || known.subscribed)
                && (!only_special || special)
                && (only_subscribed || known.folder.is_some() || known.level)
        };
        let is_named = |name: &str| patterns.iter().any(|pattern| pattern.matches(name));
        // INBOX comes first, as people look for it.
        let first = names.0.get_key_value("INBOX");
        for (name, known) in first.into_iter().chain(names.0.iter().filter(|(name, _)| *name != "INBOX")) {
            if !is_named(name) {
                continue;
            }
            // What is named itself is told itself (RFC 5258 §3.5).
            let child_info = recursive && names.below(name).any(|(below, known)| fits(known) && !is_named(below));
            if !fits(known) && !child_info {
                continue;
            }
            let attributes = attributes(&names, name, known, tells_subscribed);
            self.out.list_entry(&ListEntry { attributes: &attributes, name, child_info, old_name: None });
            if let (Some(folder), Some(items)) = (&known.folder, status)
                && self.mailboxes()?.list(known.mailbox.as_ref()).await?
            {
                self.tell_status(folder, items).await?;
            }
            self.relieve().await?;
        }
        self.finish(tag, true, None, "done").await
    }

    /// LIST of one folder by its name, with the one that the client knows it by where that is another (RFC 9051 §6.3.2,
    /// §6.3.9.7).
    pub(super) fn tell_name(&mut self, folder: &Folder, said: &str) -> Result<(), Stop> {
        // Whether something is below would be asked of all folders; who wants to know says LIST.
        let subscribed = folder.subscribed.then_some("\\Subscribed");
        let attributes: Vec<&str> =
            folder.special.map(holder::SpecialUse::name).into_iter().chain(subscribed).collect();
        let name = self.mailboxes()?.name(&folder.name);
        let old_name = is_spelt_otherwise(&name, said).then_some(said);
        self.out.list_entry(&ListEntry { attributes: &attributes, name: &name, child_info: false, old_name });
        Ok(())
    }

    /// What is subscribed; of a level that `%` does not reach, the name above it (RFC 3501 §6.3.9).
    pub(super) async fn lsub(&mut self, tag: &Tag, reference: &str, pattern: &str) -> Result<(), Stop> {
        if pattern.is_empty() {
            self.out.separator(true);
            return self.finish(tag, true, None, "done").await;
        }
        let ready = Pattern::new(reference, pattern);
        let names = self.names().await?;
        let mut told = BTreeSet::new();
        for (name, known) in names.0.iter().filter(|(_, known)| known.subscribed) {
            if ready.matches(name) {
                let attributes = attributes(&names, name, known, false);
                self.out.lsub_entry(&ListEntry { attributes: &attributes, name, child_info: false, old_name: None });
                told.insert(name.as_str());
            } else if pattern.ends_with('%') {
                let above = name.match_indices('/').filter_map(|(end, _)| name.get(..end));
                let above = above.rev().find(|above| ready.matches(above));
                let unsaid = above.filter(|above| !names.0.get(*above).is_some_and(|known| known.subscribed));
                if let Some(above) = unsaid.filter(|above| told.insert(above)) {
                    let attributes = ["\\Noselect"];
                    self.out.lsub_entry(&ListEntry {
                        attributes: &attributes,
                        name: above,
                        child_info: false,
                        old_name: None,
                    });
                }
            }
            self.relieve().await?;
        }
        self.finish(tag, true, None, "done").await
    }
}

/// Special uses and children are told whether or not the client asks: mail programs of Apple never do.
fn attributes(names: &Names, name: &str, known: &Known, subscribed: bool) -> Vec<&'static str> {
    let mut attributes = Vec::new();
    match &known.folder {
        None if known.level => attributes.extend(["\\NoSelect", "\\HasChildren"]),
        None => attributes.push("\\NonExistent"),
        Some(folder) => {
            attributes.push(if names.has_children(name) { "\\HasChildren" } else { "\\HasNoChildren" });
            attributes.extend(folder.special.map(holder::SpecialUse::name));
        }
    }
    if subscribed && known.subscribed {
        attributes.push("\\Subscribed");
    }
    attributes
}
