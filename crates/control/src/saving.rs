//! Messages saved as files.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use crate::refused::{Fault, Refused};

/// Writes a file of these pieces into a folder that is made when missing. Blocks.
///
/// # Errors
///
/// [`Fault::Unwritten`], with the file's path.
pub fn save(folder: &Path, name: &str, pieces: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Result<(), Refused> {
    let path = folder.join(name);
    let write = || {
        fs::create_dir_all(folder)?;
        let mut file = File::create(&path)?;
        pieces.into_iter().try_for_each(|piece| file.write_all(piece.as_ref()))
    };
    let written: std::io::Result<()> = write();
    written.map_err(|error| Refused::new(Fault::Unwritten, format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_its_pieces_in_a_folder_that_is_made_and_one_that_cannot_be_written_is_named() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("a/b");
        save(&folder, "1.eml", ["Subject: x\r\n", "\r\n"]).unwrap();
        assert_eq!(fs::read(folder.join("1.eml")).unwrap(), b"Subject: x\r\n\r\n");
        let refused = save(&folder.join("1.eml"), "2.eml", ["x"]).unwrap_err();
        assert_eq!(refused.fault, Fault::Unwritten);
        assert!(refused.what.starts_with(&folder.join("1.eml/2.eml").display().to_string()), "{refused}");
    }
}
