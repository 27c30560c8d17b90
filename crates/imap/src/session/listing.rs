//! LIST and LSUB (RFC 9051 §6.3.9; RFC 5258, 5819, 6154).

use std::collections::{BTreeMap, BTreeSet};

use holder::{Folder, Listing};

use super::caselle::CASELLE;
use super::end::Stop;
use super::reach::Listed;
use super::spelling::{INBOX, is_spelt_otherwise};
use super::state::Session;
use super::status::look_into;
use crate::command::{List, ListReturn, ListSelection, StatusItem};
use crate::pattern::Pattern;
use crate::response::ListEntry;
use crate::tag::Tag;

/// A name and what is known of it.
#[derive(Default)]
struct Known {
    folder: Option<Folder>,
    subscribed: bool,
    /// Only a level of the names of other people's mailboxes.
    level: bool,
}

/// The names of one mailbox: of folders, those that are only subscribed, and that under which they stand.
struct Names {
    of: BTreeMap<String, Known>,
}

impl Names {
    fn new(listed: Listed) -> Self {
        let Listed { prefix, listing: Listing { folders, subscribed } } = listed;
        let mut of: BTreeMap<String, Known> = BTreeMap::new();
        if let Some(level) = prefix.strip_suffix('/') {
            of.entry(level.to_owned()).or_default().level = true;
        }
        for folder in folders {
            let name = format!("{prefix}{}", folder.name);
            of.insert(name, Known { folder: Some(folder), ..Known::default() });
        }
        for name in subscribed {
            of.entry(format!("{prefix}{name}")).or_default().subscribed = true;
        }
        Self { of }
    }

    /// `INBOX` comes first, as people look for it.
    fn in_order(&self) -> impl Iterator<Item = (&String, &Known)> {
        let first = self.of.get_key_value(INBOX);
        first.into_iter().chain(self.of.iter().filter(|(name, _)| *name != INBOX))
    }

    /// The names below one.
    fn below<'a>(&'a self, name: &str) -> impl Iterator<Item = (&'a String, &'a Known)> + use<'a> {
        let prefix = format!("{name}/");
        let from = self.of.range(prefix.clone()..);
        from.take_while(move |(below, _)| below.starts_with(&prefix))
    }

    fn has_children(&self, name: &str) -> bool {
        self.below(name).any(|(_, known)| known.folder.is_some())
    }
}

/// What a LIST asks for.
struct Wanted {
    patterns: Vec<Pattern>,
    only_subscribed: bool,
    only_special: bool,
    recursive: bool,
    /// Whether it is told of a name that it is subscribed.
    tells_subscribed: bool,
    status: Option<Vec<StatusItem>>,
}

impl Wanted {
    fn names(&self, name: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(name))
    }

    fn reaches(&self, beginning: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.reaches(beginning))
    }

    fn fits(&self, known: &Known) -> bool {
        let special = known.folder.as_ref().is_some_and(|folder| folder.special.is_some());
        (!self.only_subscribed || known.subscribed)
            && (!self.only_special || special)
            && (self.only_subscribed || known.folder.is_some() || known.level)
    }

    /// Whether something below this name fits that is not named itself (RFC 5258 §3.5).
    fn child_info(&self, names: &Names, name: &str) -> bool {
        self.recursive && names.below(name).any(|(below, known)| self.fits(known) && !self.names(below))
    }

    /// Whether the folders of the mailbox that stands there say something.
    fn looks_into(&self, prefix: &str) -> bool {
        self.reaches(prefix) || (self.recursive && levels(prefix).any(|level| self.names(level)))
    }
}

/// The levels of a prefix that is ended by `/`, from the top.
fn levels(prefix: &str) -> impl DoubleEndedIterator<Item = &str> {
    prefix.match_indices('/').filter_map(|(end, _)| prefix.get(..end))
}

/// How the addresses of those mailboxes begin that names of these patterns can stand in: what `listed` is asked for.
fn addresses(patterns: &[Pattern]) -> &str {
    let [pattern] = patterns else { return "" };
    let below = pattern.beginning().strip_prefix(CASELLE).and_then(|rest| rest.strip_prefix('/')).unwrap_or_default();
    // What is written otherwise in a name is not looked for in addresses.
    below.split(['/', '=']).next().unwrap_or_default()
}

impl Session<'_> {
    pub(super) async fn list(&mut self, tag: &Tag, list: List) -> Result<(), Stop> {
        let List { selection, reference, patterns, returns, extended } = list;
        if !extended && patterns.iter().all(String::is_empty) {
            self.out.separator(false);
            return self.finish(tag, true, None, "done").await;
        }
        let returns = returns.unwrap_or_default();
        let only_subscribed = selection.contains(&ListSelection::Subscribed);
        let wanted = Wanted {
            patterns: patterns.iter().map(|pattern| Pattern::new(&reference, pattern)).collect(),
            only_subscribed,
            only_special: selection.contains(&ListSelection::SpecialUse),
            recursive: selection.contains(&ListSelection::RecursiveMatch),
            tells_subscribed: only_subscribed || returns.contains(&ListReturn::Subscribed),
            status: returns.into_iter().find_map(|wanted| match wanted {
                ListReturn::Status(items) => Some(items),
                _ => None,
            }),
        };
        self.mailboxes()?.look().await?;
        // Above the mailboxes of a user stands a level that is no folder of any.
        let top = Known { level: true, ..Known::default() };
        let above = !self.mailboxes()?.is_one() && wanted.names(CASELLE);
        let (mut told, mut after) = (false, None);
        loop {
            let looks_into = |prefix: &str| wanted.looks_into(prefix);
            let page = self.mailboxes()?.listed(addresses(&wanted.patterns), looks_into, after.as_ref()).await?;
            for listed in page.mailboxes {
                let names = Names::new(listed);
                if above && !told {
                    let child_info = wanted.child_info(&names, CASELLE);
                    told = wanted.fits(&top) || child_info;
                    if told {
                        self.tell_listed(&wanted, &names, CASELLE, &top, child_info);
                    }
                }
                self.list_one(&wanted, &names).await?;
            }
            let done = !self.mailboxes()?.is_one() && !wanted.reaches(&format!("{CASELLE}/"));
            after = page.next;
            if after.is_none() || (done && (told || !above)) {
                break;
            }
        }
        self.finish(tag, true, None, "done").await
    }

    /// LIST of the names of one mailbox.
    async fn list_one(&mut self, wanted: &Wanted, names: &Names) -> Result<(), Stop> {
        for (name, known) in names.in_order() {
            if !wanted.names(name) {
                continue;
            }
            // What is named itself is told itself (RFC 5258 §3.5).
            let child_info = wanted.child_info(names, name);
            if !wanted.fits(known) && !child_info {
                continue;
            }
            self.tell_listed(wanted, names, name, known, child_info);
            if let (Some(folder), Some(items)) = (&known.folder, &wanted.status)
                && (!look_into(items, folder) || self.is_located(name).await?)
            {
                self.tell_status(name, folder, items).await?;
            }
            self.relieve().await?;
        }
        Ok(())
    }

    fn tell_listed(&mut self, wanted: &Wanted, names: &Names, name: &str, known: &Known, child_info: bool) {
        let attributes = attributes(names, name, known, wanted.tells_subscribed);
        self.out.list_entry(&ListEntry { attributes: &attributes, name, child_info, old_name: None });
    }

    /// Puts the mailbox of this name at hand; `false`: it is not granted any more.
    async fn is_located(&mut self, name: &str) -> Result<bool, Stop> {
        match self.mailboxes()?.locate(name).await {
            Ok(_) => Ok(true),
            Err(Stop::Refused(..)) => Ok(false),
            Err(stop) => Err(stop),
        }
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
        let parents = pattern.ends_with('%');
        let looks_into =
            |prefix: &str| ready.reaches(prefix) || (parents && levels(prefix).any(|level| ready.matches(level)));
        self.mailboxes()?.look().await?;
        let (mut told, mut after) = (BTreeSet::new(), None);
        loop {
            let beginning = addresses(std::slice::from_ref(&ready));
            let page = self.mailboxes()?.listed(beginning, looks_into, after.as_ref()).await?;
            for listed in page.mailboxes {
                let names = Names::new(listed);
                for (name, known) in names.of.iter().filter(|(_, known)| known.subscribed) {
                    let above = match ready.matches(name) {
                        true => {
                            let attributes = attributes(&names, name, known, false);
                            self.tell_lsub(&attributes, name);
                            continue;
                        }
                        false if parents => levels(name).rev().find(|above| ready.matches(above)),
                        false => None,
                    };
                    let unsaid = above.filter(|above| !names.of.get(*above).is_some_and(|known| known.subscribed));
                    if let Some(above) = unsaid.filter(|above| told.insert((*above).to_owned())) {
                        self.tell_lsub(&["\\Noselect"], above);
                    }
                    self.relieve().await?;
                }
                // Only the level above all mailboxes is met again in the next one.
                if !self.mailboxes()?.is_one() {
                    told.retain(|name| name == CASELLE);
                }
            }
            let done = told.contains(CASELLE) && !ready.reaches(&format!("{CASELLE}/"));
            after = page.next.filter(|_| !done);
            if after.is_none() {
                break;
            }
        }
        self.finish(tag, true, None, "done").await
    }

    fn tell_lsub(&mut self, attributes: &[&str], name: &str) {
        self.out.lsub_entry(&ListEntry { attributes, name, child_info: false, old_name: None });
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
