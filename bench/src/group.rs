//! A group of processes whose memory the kernel counts and limits (cgroups, version 2 or 1).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the kernel shows its groups: the file of the limit, and the mount in which it is looked for.
const KINDS: [(&str, &str); 2] = [("/sys/fs/cgroup", "memory.max"), ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")];

/// A group; it goes when this is dropped, its processes having ended.
#[derive(Debug)]
pub struct Group {
    folder: PathBuf,
}

impl Group {
    /// Makes a group that may hold so many octets, the cache of its files included. An error says why this machine lets
    /// nobody do so; it takes rights that root has.
    pub fn make(name: &str, octets: u64) -> io::Result<Self> {
        let mut why = io::Error::other("no mount of cgroups at /sys/fs/cgroup");
        for (mount, limit) in KINDS {
            match Self::make_at(&Path::new(mount).join(name), limit, octets) {
                Ok(group) => return Ok(group),
                Err(error) => why = io::Error::new(error.kind(), format!("{mount}: {error}")),
            }
        }
        Err(why)
    }

    fn make_at(folder: &Path, limit: &str, octets: u64) -> io::Result<Self> {
        if !folder.parent().is_some_and(|mount| mount.join("cgroup.procs").exists()) {
            return Err(io::Error::other("no cgroups are mounted here"));
        }
        fs::create_dir(folder)?;
        let group = Self { folder: folder.to_owned() };
        // What the kernel does not offer here has no file, and none can be made.
        fs::OpenOptions::new().write(true).open(folder.join(limit))?;
        fs::write(folder.join(limit), octets.to_string())?;
        Ok(group)
    }

    /// The same program, begun within the group.
    pub fn inside(&self, program: &Command) -> Command {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", "echo $$ > \"$0\" && exec \"$@\""]);
        shell.arg(self.folder.join("cgroup.procs")).arg(program.get_program()).args(program.get_args());
        shell
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Best effort: it goes only when its processes have.
        let _ = fs::remove_dir(&self.folder);
    }
}
