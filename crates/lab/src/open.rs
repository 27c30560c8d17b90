//! A laboratory found again.

use std::path::Path;

use config::read_filling;

use crate::described::{Lab, LabProvider};
use crate::error::LabError;
use crate::files::ACCOUNTS;
use crate::mark::{MARK, read_mark};

/// Describes the laboratory in `folder`. A provider whose file of accounts was removed has none here.
pub fn open(folder: &Path) -> Result<Lab, LabError> {
    let mut lab = Lab::at(folder);
    let (providers, guests) = read_mark(&folder.join(MARK))?;
    lab.guests = guests;
    for provider in providers {
        let home = folder.join(&provider.folder);
        let file = home.join(ACCOUNTS);
        let accounts = if file.exists() { read_filling(&file, &[])?.accounts } else { Vec::new() };
        lab.providers.push(LabProvider::described(folder, &provider, accounts));
    }
    Ok(lab)
}
