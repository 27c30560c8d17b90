//! A process group and its leader.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};

use crate::warden;

/// A program that leads a process group of its own. When the leader has ended, or the value is dropped, the rest of the
/// group ends too.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) child: Child,
    id: Pid,
    ended: Option<ExitStatus>,
}

impl Group {
    pub(crate) fn spawn(command: &mut Command) -> io::Result<Self> {
        warden::ready()?;
        let child = command.process_group(0).spawn().map_err(|error| {
            io::Error::new(error.kind(), format!("{} was not started: {error}", command.get_program().display()))
        })?;
        // From here on a failure drops the value, and so ends the process.
        let group = Self { id: Pid::from_child(&child), child, ended: None };
        warden::watch(group.id)?;
        Ok(group)
    }

    /// How the leader ended; `None` while it lives.
    pub(crate) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        let leader = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        if self.ended.is_none() && waitid(WaitId::Pid(self.id), leader)?.is_some() {
            self.end()?;
        }
        Ok(self.ended)
    }

    /// Ends all that still live (SIGKILL), and says how the leader ended.
    pub(crate) fn end(&mut self) -> io::Result<ExitStatus> {
        if let Some(status) = self.ended {
            return Ok(status);
        }
        // Before the leader is waited for: until then nobody else can have its number, which is the group's. A group
        // of which only that leader is left, ended already, is as good.
        let _ = kill_process_group(self.id, Signal::KILL);
        let status = self.child.wait()?;
        warden::forget(self.id);
        self.ended = Some(status);
        Ok(status)
    }

    /// Sends the leader SIGTERM; nothing happens when it has ended.
    pub(crate) fn terminate(&self) -> io::Result<()> {
        if self.ended.is_some() { Ok(()) } else { Ok(kill_process(self.id, Signal::TERM)?) }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = self.end();
    }
}
