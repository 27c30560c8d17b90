//! A file of a source opened: only one that is a file.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

/// Opens a regular file. What a link leads to stands elsewhere, where whoever made the link may read nothing; and a pipe would
/// have everything wait for who writes into it.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(Errno::LOOP) => return Err(io::Error::other("it is a symbolic link, and links are not followed")),
        Err(error) => return Err(error.into()),
    };
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is no file")) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use rustix::fs::{FileType, Mode};

    use super::*;

    #[test]
    fn links_pipes_and_folders_are_not_opened() {
        let place = tempfile::tempdir().unwrap();
        let path = |name: &str| place.path().join(name);
        std::fs::write(path("file"), "x").unwrap();
        symlink(path("file"), path("link")).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, path("pipe"), FileType::Fifo, Mode::RUSR, 0).unwrap();
        assert!(open(&path("file")).is_ok());
        for (name, why) in [("link", "symbolic link"), ("pipe", "no file"), (".", "no file"), ("none", "No such file")]
        {
            let said = open(&path(name)).unwrap_err().to_string();
            assert!(said.contains(why), "{name}: {said}");
        }
    }
}
