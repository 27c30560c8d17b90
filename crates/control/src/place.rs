//! Where the socket stands: in a folder that others cannot change, or anybody could put a socket of his own in its place and
//! be told passwords.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use crate::operator::{Operator, effective_uid};

/// Whether others can change what is in the folder of this path, or put another folder in its place; why, and what to do.
pub(crate) fn check(socket: &Path) -> Result<(), String> {
    let folder = socket.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let unreadable =
        |error: io::Error| format!("the folder {} of the control socket cannot be used: {error}", folder.display());
    let folder = folder.canonicalize().map_err(unreadable)?;
    let meta = fs::metadata(&folder).map_err(unreadable)?;
    let me = effective_uid();
    if meta.uid() != me && meta.uid() != 0 {
        return Err(format!(
            "the folder {} of the control socket belongs to {}, who could put another socket in its place: choose a folder of \
             {} (control.socket)",
            folder.display(),
            Operator::from_uid(meta.uid()),
            Operator::from_uid(me),
        ));
    }
    for ancestor in folder.ancestors() {
        let mode = fs::metadata(ancestor).map_err(unreadable)?.permissions().mode();
        // Where the sticky bit is set, as in /tmp, others cannot rename what is not theirs; the folder itself has no such excuse.
        let kept = ancestor != folder && mode & 0o1000 != 0;
        if mode & 0o022 != 0 && !kept {
            return Err(format!(
                "others can write in {} (mode {:04o}), so they could put another socket in the place of {}: run 'chmod go-w \
                 {}', or choose another folder (control.socket)",
                ancestor.display(),
                mode & 0o7777,
                socket.display(),
                ancestor.display(),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use super::*;

    #[test]
    fn a_folder_in_which_others_can_write_is_refused_with_what_to_do() {
        let place = tempfile::tempdir().unwrap();
        let socket = place.path().join("control.sock");
        assert_eq!(check(&socket), Ok(()));
        for mode in [0o777, 0o770, 0o702, 0o1777] {
            fs::set_permissions(place.path(), Permissions::from_mode(mode)).unwrap();
            let why = check(&socket).unwrap_err();
            assert!(why.contains("others can write in") && why.contains("chmod go-w"), "{why}");
        }
    }

    #[test]
    fn a_folder_above_it_in_which_others_can_write_is_refused_too() {
        let place = tempfile::tempdir().unwrap();
        let inner = place.path().join("inner");
        fs::create_dir(&inner).unwrap();
        fs::set_permissions(place.path(), Permissions::from_mode(0o777)).unwrap();
        assert!(check(&inner.join("control.sock")).is_err());
        // As /tmp is.
        fs::set_permissions(place.path(), Permissions::from_mode(0o1777)).unwrap();
        assert_eq!(check(&inner.join("control.sock")), Ok(()));
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let why = check(Path::new("/nowhere/at/all/control.sock")).unwrap_err();
        assert!(why.contains("/nowhere/at/all"), "{why}");
    }
}
