//! In which folder of the mailbox the messages of a source's folder go.

use control::transfer::form::FolderTold;
use store::{FolderName, SpecialUse};

use crate::source::SourceFolder;

/// What folders are called that no server says a use of, in lower case.
const WELL_KNOWN: [(SpecialUse, &[&str]); 5] = [
    (SpecialUse::Archive, &["archive", "archives", "archivio", "archivi"]),
    (SpecialUse::Drafts, &["bozze", "drafts", "draft"]),
    (SpecialUse::Junk, &["junk", "junk e-mail", "posta indesiderata", "spam"]),
    (
        SpecialUse::Sent,
        &["inviata", "inviate", "inviati", "posta inviata", "sent", "sent items", "sent messages", "sent mail"],
    ),
    (SpecialUse::Trash, &["cestino", "deleted items", "deleted messages", "posta eliminata", "trash"]),
];

/// A folder of the mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TargetFolder {
    /// Its name.
    pub name: String,
    /// What it is for, where it is to be made.
    pub special: Option<SpecialUse>,
}

/// Says which folder it is.
#[derive(Clone, Debug)]
pub(crate) struct Targets {
    /// The mailbox's own folder for each use.
    special: Vec<(SpecialUse, String)>,
    into: Option<FolderName>,
}

impl Targets {
    /// By the folders that the mailbox has; with `into`, everything goes to that folder and below it.
    pub(crate) fn new(folders: &[FolderTold], into: Option<FolderName>) -> Self {
        let special = folders.iter().filter_map(|folder| {
            let special = SpecialUse::from_name(folder.special.as_deref()?)?;
            Some((special, folder.name.clone()))
        });
        Self { special: special.collect(), into }
    }

    /// The folder; why there can be none.
    pub(crate) fn of(&self, source: &SourceFolder) -> Result<TargetFolder, String> {
        if let Some(into) = &self.into {
            let levels = std::iter::once(into.as_str()).chain(source.levels.iter().map(String::as_str));
            return named(levels.collect::<Vec<_>>().join("/"), None);
        }
        if source.levels.is_empty() {
            return named(FolderName::inbox().as_str().to_owned(), None);
        }
        let special = source.special.or_else(|| well_known(&source.levels));
        let own = special.and_then(|special| self.special.iter().find(|(own, _)| *own == special));
        match own {
            Some((_, name)) => named(name.clone(), None),
            None => named(source.levels.join("/"), special),
        }
    }
}

fn named(name: String, special: Option<SpecialUse>) -> Result<TargetFolder, String> {
    match FolderName::parse(&name) {
        Ok(name) => Ok(TargetFolder { name: name.as_str().to_owned(), special }),
        Err(error) => Err(format!("{}; import it with --folder and --into NAME", error.what)),
    }
}

fn well_known(levels: &[String]) -> Option<SpecialUse> {
    let [only] = levels else { return None };
    let name = only.to_lowercase();
    WELL_KNOWN.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(special, _)| *special)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str, special: Option<&str>) -> FolderTold {
        FolderTold { name: name.into(), special: special.map(str::to_owned), messages: 0, octets: 0 }
    }

    fn source(name: &str, special: Option<SpecialUse>) -> SourceFolder {
        SourceFolder { special, ..SourceFolder::of(name.split('/').map(str::to_owned).collect()) }
    }

    #[test]
    fn what_is_for_the_same_goes_to_the_same_folder_however_it_is_called() {
        let has = [folder("INBOX", None), folder("Inviata", Some("\\Sent")), folder("Cestino", Some("\\Trash"))];
        let targets = Targets::new(&has, None);
        for (from, special, to) in [
            ("inbox", None, "INBOX"),
            ("Sent Items", None, "Inviata"),
            ("Gesendet", Some(SpecialUse::Sent), "Inviata"),
            ("Clienti/Sent", None, "Clienti/Sent"),
            ("Deleted Messages", None, "Cestino"),
            ("Pratiche 2024/Rossi", None, "Pratiche 2024/Rossi"),
        ] {
            assert_eq!(targets.of(&source(from, special)).unwrap(), TargetFolder { name: to.into(), special: None });
        }
        let made = targets.of(&source("Spam", None)).unwrap();
        assert_eq!(made, TargetFolder { name: "Spam".into(), special: Some(SpecialUse::Junk) });
    }

    #[test]
    fn with_a_folder_named_everything_goes_there_and_below() {
        let into = Some(FolderName::parse("Vecchia casella").unwrap());
        let targets = Targets::new(&[folder("Inviata", Some("\\Sent"))], into);
        let name = |from: &str| targets.of(&source(from, None)).unwrap().name;
        assert_eq!(name("INBOX"), "Vecchia casella");
        assert_eq!(name("Sent"), "Vecchia casella/Sent");
    }

    #[test]
    fn a_name_that_no_folder_may_have_is_refused_with_what_to_do() {
        let refused = Targets::new(&[], None).of(&SourceFolder::of(vec!["a\u{1}b".into()])).unwrap_err();
        assert!(refused.contains("U+0001") && refused.contains("--into"), "{refused}");
    }
}
