//! A real virus scanner, without a network and without other people's signatures.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::{Running, output};

/// The longest that its start may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const GLANCE: Duration = Duration::from_millis(20);

/// A clamd that knows one signature. It ends, with its folder, when this is dropped.
#[derive(Debug)]
pub struct Clamd {
    // Before the folder, in which it works.
    daemon: Running,
    folder: TempDir,
}

impl Clamd {
    /// Starts one that finds `marker` and names it `signature` (clamd adds `.UNOFFICIAL`), with these lines more in its
    /// configuration, and waits until it answers.
    pub fn start(signature: &str, marker: &str, lines: &str) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        // Under root, clamd may become the user that it is told; the folder is for whoever that is.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("signatures"))?;
        let hex: String = marker.bytes().map(|byte| format!("{byte:02x}")).collect();
        fs::write(at("signatures/test.ndb"), format!("{signature}:0:*:{hex}\n"))?;
        let user = output(Command::new("id").arg("-un"))?;
        let text = format!(
            "Foreground yes\nLocalSocket {}\nDatabaseDirectory {}\nTemporaryDirectory {}\nUser {}SelfCheck 0\n\
             AlertExceedsMax yes\n{lines}\n",
            at("clamd.ctl").display(),
            at("signatures").display(),
            folder.path().display(),
            String::from_utf8_lossy(&user.stdout),
        );
        fs::write(at("clamd.conf"), text)?;
        // Debian keeps daemons where not every PATH looks.
        let places = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/usr/local/sbin";
        let log = fs::File::create(at("clamd.log"))?;
        let mut clamd = Command::new("clamd");
        clamd.env("PATH", places).arg("--config-file").arg(at("clamd.conf"));
        clamd.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let daemon = Running::start(&mut clamd)
            .map_err(|error| io::Error::new(error.kind(), format!("clamd is needed (make setup): {error}")))?;
        let clamd = Self { daemon, folder };
        let started = Instant::now();
        while !clamd.answers() {
            if clamd.daemon.ended()?.is_some() || started.elapsed() > PATIENCE {
                let log = fs::read_to_string(clamd.folder.path().join("clamd.log")).unwrap_or_default();
                return Err(io::Error::other(format!("clamd did not start: {log}")));
            }
            thread::park_timeout(GLANCE);
        }
        Ok(clamd)
    }

    /// Its socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("clamd.ctl")
    }

    fn answers(&self) -> bool {
        let ask = || -> io::Result<bool> {
            let mut socket = UnixStream::connect(self.socket())?;
            socket.set_read_timeout(Some(PATIENCE))?;
            socket.write_all(b"zPING\0")?;
            let mut said = String::new();
            socket.read_to_string(&mut said)?;
            Ok(said.starts_with("PONG"))
        };
        ask().unwrap_or(false)
    }
}
