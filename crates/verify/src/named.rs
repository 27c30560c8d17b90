//! Whether the data name the owner of the certificate as their emitter.

use directory::{Directory, Emitter, Index, Record};
use seal::Opened;

use crate::examination::{CheckName, CheckResult, Examination};
use crate::owner::Owner;

/// How the name in the data, `gestore-emittente`, stands to the owner.
pub(crate) enum Named {
    /// It is his, or nothing says that it is not.
    Owner,
    /// It is another name, of nobody in the index: what the data call him.
    Otherwise,
    /// It is the name of this other provider.
    Another(String),
}

/// Compares the name in the data with the index's, or, without one, with the certificate's: the data are the emitter's own
/// word.
pub(crate) fn compare(
    said: &str,
    opened: &Opened,
    index: Option<&Index>,
    record: Option<&Record>,
    examination: &mut Examination,
) -> Named {
    let owner = Owner::of(&opened.signer, record).name;
    let mut check = |result, detail| examination.check(CheckName::Provider, result, detail);
    match (index, record) {
        (Some(index), Some(record)) => match directory::emitter(said, record, index as &dyn Directory) {
            Emitter::Signer => {
                check(CheckResult::Ok, format!("the data say {said}, as the index calls the owner of the certificate"));
                Named::Owner
            }
            Emitter::Nobody => {
                let known = &record.name;
                check(CheckResult::NotChecked, format!("the data say {said}, the index calls the owner {known}"));
                Named::Otherwise
            }
            Emitter::Another(other) => {
                let (known, other) = (&record.name, &other.name);
                check(CheckResult::Failed, format!("the data say {other}, which is another provider than {known}"));
                Named::Another(other.clone())
            }
        },
        _ if opened.signer.owner_names().iter().any(|name| letters(name) == letters(said)) => {
            check(CheckResult::Ok, format!("the data say {said}, a name of the owner of the certificate"));
            Named::Owner
        }
        _ => {
            let detail = format!("the data say {said}, the certificate {owner} (--directory compares with the index)");
            check(CheckResult::NotChecked, detail);
            Named::Otherwise
        }
    }
}

/// Letters and figures alone: "SpA" is "S.p.A.".
fn letters(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
