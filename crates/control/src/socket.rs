//! The provider's end: a Unix socket on which its owner administers it while it runs.
//!
//! It stands in a folder that others cannot write, has the mode 0600, and serves the user that the provider runs as and
//! root. The socket of a process that died is replaced; one that answers is never taken.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::control::Control;
use crate::limits::Limits;
use crate::{place, session};

/// Why there is no control socket.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SocketError(String);

/// A socket that listens; its file goes with it.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    path: PathBuf,
    /// Device and number of our file: another's in its place stays.
    file: (u64, u64),
}

impl Socket {
    /// Listens at this path. To be called within a runtime.
    pub async fn bind(path: &Path) -> Result<Self, SocketError> {
        place::check(path).map_err(SocketError)?;
        make_room(path).await?;
        let fault = |error: io::Error| SocketError(format!("the control socket {}: {}", path.display(), words(&error)));
        let listener = UnixListener::bind(path).map_err(fault)?;
        // Between the two lines nobody gets in either: who connects is asked for his user.
        fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(fault)?;
        let meta = fs::symlink_metadata(path).map_err(fault)?;
        Ok(Self { listener, path: path.to_owned(), file: (meta.dev(), meta.ino()) })
    }

    /// Where it listens.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Serves until `stop` becomes true; commands under way are finished, within their own deadlines.
    pub async fn serve(self, control: Control, limits: Limits, mut stop: watch::Receiver<bool>) {
        let places = Arc::new(Semaphore::new(limits.sessions));
        let mut sessions = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = async { let _ = stop.wait_for(|stop| *stop).await; } => break,
                Some(_) = sessions.join_next(), if !sessions.is_empty() => continue,
            };
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(event = "control-failed", %error);
                    // As when no file can be opened any more: it passes.
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    continue;
                }
            };
            let place = places.clone().try_acquire_owned().ok();
            sessions.spawn(session::serve(stream, control.clone(), limits, place, stop.clone()));
        }
        while sessions.join_next().await.is_some() {}
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let ours = fs::symlink_metadata(&self.path).is_ok_and(|meta| (meta.dev(), meta.ino()) == self.file);
        if ours {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes the socket of a process that died.
async fn make_room(path: &Path) -> Result<(), SocketError> {
    let fault = |what: String| Err(SocketError(format!("the control socket {}: {what}", path.display())));
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return fault(error.to_string()),
    };
    if !meta.file_type().is_socket() {
        return fault("something else has this name: remove it, or choose another path (control.socket)".into());
    }
    match UnixStream::connect(path).await {
        Ok(_) => fault("another process answers there: stop it, or choose another path (control.socket)".into()),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            fs::remove_file(path).or_else(|error| fault(format!("of a process that died cannot be removed: {error}")))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => fault(format!("it cannot be seen whether a process answers there: {error}")),
    }
}

/// What the operating system's words mean here.
pub(crate) fn words(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::InvalidInput {
        // The name of a socket has at most 107 octets on Linux.
        return "its path is too long for a socket: choose one of at most 107 octets (control.socket)".into();
    }
    error.to_string()
}
