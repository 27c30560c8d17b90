//! How many files a process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Takes as many open files as the system grants this process, and the programs that it starts from now on; how many that
/// are. What one is given at first is often 1024.
pub fn take_files() -> u64 {
    let granted = getrlimit(Resource::Nofile);
    // Where no bound is set the kernel has one, which it does not tell here: what there is then remains.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: granted.maximum, ..granted });
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}
