//! Maildir with its subfolders: as Dovecot and Courier keep it (Maildir++, `.Sub.Folder`), as mbsync and OfflineIMAP do (a folder
//! in a folder), as Thunderbird does (`Sub.sbd`).

mod folders;
mod info;
mod read;
mod write;

pub use read::Maildir;
pub(crate) use write::MaildirWriter;
