//! Who ends the groups of a process that cannot do it any more.

use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use rustix::process::Pid;

/// Hears which groups live, until the pipe closes; then ends those that are left. It leads a group of its own, so that
/// the terminal's signals do not reach it.
const SCRIPT: &str = r#"
groups=' '
while read -r sign group; do
    case $sign in
    +) groups="$groups$group " ;;
    -) groups="${groups%% $group *} ${groups#* $group }" ;;
    esac
done
for group in $groups; do
    kill -s KILL -- "-$group"
done
"#;

/// The pipe to the warden of this process, which is never closed before the process ends.
static WARDEN: Mutex<Option<ChildStdin>> = Mutex::new(None);

/// The warden is there: to be called before a group begins, so that it is unwatched only for the moment between its
/// beginning and [`watch`].
pub(crate) fn ready() -> io::Result<()> {
    let mut warden = WARDEN.lock().unwrap_or_else(PoisonError::into_inner);
    if warden.is_none() {
        *warden = Some(start()?);
    }
    Ok(())
}

/// From now on the group does not outlive this process.
pub(crate) fn watch(group: Pid) -> io::Result<()> {
    let mut warden = WARDEN.lock().unwrap_or_else(PoisonError::into_inner);
    let pipe = match &mut *warden {
        Some(pipe) => pipe,
        none => none.insert(start()?),
    };
    writeln!(pipe, "+ {}", group.as_raw_pid())
}

/// The group has ended.
pub(crate) fn forget(group: Pid) {
    if let Some(pipe) = &mut *WARDEN.lock().unwrap_or_else(PoisonError::into_inner) {
        // Without a warden nobody ends what has ended.
        let _ = writeln!(pipe, "- {}", group.as_raw_pid());
    }
}

fn start() -> io::Result<ChildStdin> {
    let mut shell = Command::new("sh");
    shell.args(["-c", SCRIPT]).current_dir("/").process_group(0);
    let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    shell.stdin.take().ok_or_else(|| io::Error::other("the warden has no pipe"))
}
