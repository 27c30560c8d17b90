//! A Dovecot of our own: its configuration, files, port and processes are this run's, whatever else the machine serves.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use harness::{Block, Running};

use super::client::Place;
use super::server::{SESSIONS, Server};
use crate::lab::pause;

/// Where Debian keeps daemons.
const PROGRAM: &str = "/usr/sbin/dovecot";

/// How its mailboxes are kept, and how it takes connections.
#[derive(Clone, Debug, clap::Args)]
pub struct DovecotOptions {
    /// Its format of mailboxes: maildir, sdbox.
    #[arg(long, default_value = "maildir")]
    dovecot_format: String,
    /// Few processes of it take all connections, in place of one for each, which is how Debian sets it up: faster, and less
    /// apart from each other.
    #[arg(long)]
    dovecot_shares_logins: bool,
}

impl Server {
    /// A Dovecot with the certificate and the login of `like`, which has both as long as it lives.
    pub fn dovecot(like: &Self, options: &DovecotOptions) -> io::Result<Self> {
        let (scratch, mut ports) = (tempfile::tempdir()?, Block::take()?);
        let folder = scratch.path();
        let port = ports.next().ok_or_else(|| io::Error::other("no port is free"))?;
        let user = User::ours()?;
        let Place { login, password, .. } = &like.place;
        fs::write(folder.join("users"), format!("{login}:{{PLAIN}}{password}\n"))?;
        fs::write(folder.join("dovecot.conf"), configuration(folder, &like.identity, port, &user, options))?;
        user.takes(folder)?;
        let log = fs::File::create(folder.join("start.log"))?;
        let mut dovecot = Command::new(PROGRAM);
        dovecot.arg("-F").arg("-c").arg(folder.join("dovecot.conf")).stdin(Stdio::null());
        let running = Running::start(dovecot.stdout(log.try_clone()?).stderr(log))
            .map_err(|error| io::Error::new(error.kind(), format!("{error}: install it with `.ci/setup imap`")))?;
        let place = Place { address: format!("127.0.0.1:{port}"), ..like.place.clone() };
        answers(&place, &running, folder)?;
        let identity = like.identity.clone();
        Ok(Self { name: "Dovecot", metrics: None, place, identity, running, _scratch: scratch, _ports: ports })
    }
}

/// Waits until it lets somebody in.
fn answers(place: &Place, running: &Running, folder: &Path) -> io::Result<()> {
    let limit = Instant::now() + Duration::from_secs(30);
    loop {
        let Err(error) = place.log_in() else { return Ok(()) };
        if running.ended()?.is_some() || Instant::now() > limit {
            let read = |name| fs::read_to_string(folder.join(name)).unwrap_or_default();
            return Err(io::Error::other(format!(
                "Dovecot does not serve: {error}\n{}{}",
                read("start.log"),
                read("dovecot.log")
            )));
        }
        pause();
    }
}

/// As whom its processes run: as root it has users of its own, which the package makes, and gives the mail to `nobody`;
/// started by anybody else it is all theirs.
enum User {
    Root,
    Other { name: String, group: String },
}

/// The number of `nobody` and `nogroup` in Debian (policy §9.2.2).
const NOBODY: u32 = 65_534;

impl User {
    fn ours() -> io::Result<Self> {
        let id = |what| -> io::Result<String> {
            let output = harness::output(Command::new("id").arg(what))?;
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        };
        Ok(if id("-u")? == "0" { Self::Root } else { Self::Other { name: id("-un")?, group: id("-gn")? } })
    }

    /// Makes the folder of the mail in the scratch folder, theirs.
    fn takes(&self, folder: &Path) -> io::Result<()> {
        let home = folder.join("home");
        fs::create_dir(&home)?;
        if let Self::Root = self {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o711))?;
            chown(&home, Some(NOBODY), Some(NOBODY))?;
        }
        Ok(())
    }

    fn settings(&self) -> String {
        match self {
            Self::Root => format!("mail_uid = {NOBODY}\nmail_gid = {NOBODY}\n"),
            Self::Other { name, group } => format!(
                "mail_uid = {name}\nmail_gid = {group}\ndefault_internal_user = {name}\n\
                 default_internal_group = {group}\ndefault_login_user = {name}\n\
                 service anvil {{\n  chroot =\n}}\nservice imap-login {{\n  chroot =\n}}\n"
            ),
        }
    }
}

/// What differs from Debian's own settings: where everything is, that everybody may come from one address, and that a
/// password is compared as it stands, which is about what a password proved a minute ago costs us.
fn configuration(folder: &Path, identity: &Path, port: u16, user: &User, options: &DovecotOptions) -> String {
    let at = |name: &str| PathBuf::from(folder).join(name).display().to_string();
    let identity = |name: &str| identity.join(name).display().to_string();
    let DovecotOptions { dovecot_format: format, dovecot_shares_logins: shares } = options;
    let logins = if *shares { "  service_count = 0\n  process_min_avail = 2\n  client_limit = 20000\n" } else { "" };
    format!(
        "base_dir = {base}\nstate_dir = {state}\nlog_path = {log}\nprotocols = imap\nlisten = 127.0.0.1\n\
         ssl = required\nssl_cert = <{certificate}\nssl_key = <{key}\n\
         auth_mechanisms = plain\nfirst_valid_uid = 1\n{settings}\
         passdb {{\n  driver = passwd-file\n  args = scheme=PLAIN username_format=%u {users}\n}}\n\
         userdb {{\n  driver = static\n  args = home={home}/%u\n}}\n\
         mail_location = {format}:~/mail\nnamespace inbox {{\n  inbox = yes\n}}\n\
         mail_max_userip_connections = {SESSIONS}\ndefault_process_limit = {SESSIONS}\n\
         default_client_limit = {clients}\n\
         service imap-login {{\n{logins}  inet_listener imap {{\n    port = 0\n  }}\n  \
         inet_listener imaps {{\n    port = {port}\n    ssl = yes\n  }}\n}}\n\
         service imap {{\n  process_limit = {SESSIONS}\n  vsz_limit = 4G\n}}\n",
        base = at("run"),
        state = at("state"),
        log = at("dovecot.log"),
        users = at("users"),
        home = at("home"),
        certificate = identity("tls.pem"),
        key = identity("tls.key"),
        settings = user.settings(),
        clients = 3 * SESSIONS,
    )
}
