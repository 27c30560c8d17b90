//! Quotas (RFC 9208), rights (RFC 4314) and metadata (RFC 5464).

use super::writer::Writer;

impl Writer {
    /// `* QUOTAROOT mailbox root …`
    pub fn quota_root(&mut self, mailbox: &str, roots: &[&str]) {
        self.raw("* QUOTAROOT ").mailbox(mailbox);
        roots.iter().for_each(|root| {
            self.raw(" ").astring(root);
        });
        self.crlf();
    }

    /// `* QUOTA root (resource usage limit …)`; `STORAGE` counts units of 1,024 octets.
    pub fn quota(&mut self, root: &str, resources: &[(&str, u64, u64)]) {
        self.raw("* QUOTA ").astring(root).raw(" ");
        self.list(resources, |writer, (name, usage, limit)| {
            writer.show(format_args!("{name} {usage} {limit}"));
        });
        self.crlf();
    }

    /// `* ACL mailbox identifier rights …`
    pub fn acl(&mut self, mailbox: &str, entries: &[(&str, &str)]) {
        self.raw("* ACL ").mailbox(mailbox);
        entries.iter().for_each(|(identifier, rights)| {
            self.raw(" ").astring(identifier).raw(" ").astring(rights);
        });
        self.crlf();
    }

    /// `* LISTRIGHTS mailbox identifier required optional …`
    pub fn list_rights(&mut self, mailbox: &str, identifier: &str, required: &str, optional: &[&str]) {
        self.raw("* LISTRIGHTS ").mailbox(mailbox).raw(" ").astring(identifier).raw(" ").astring(required);
        optional.iter().for_each(|rights| {
            self.raw(" ").astring(rights);
        });
        self.crlf();
    }

    /// `* MYRIGHTS mailbox rights`
    pub fn my_rights(&mut self, mailbox: &str, rights: &str) {
        self.raw("* MYRIGHTS ").mailbox(mailbox).raw(" ").astring(rights).crlf();
    }

    /// `* METADATA mailbox (entry value …)`; a mailbox of no name is the server. `None` is `NIL`.
    pub fn metadata(&mut self, mailbox: &str, entries: &[(&str, Option<&[u8]>)]) {
        self.raw("* METADATA ").mailbox(mailbox).raw(" ");
        self.list(entries, |writer, (name, value)| {
            writer.astring(name).raw(" ");
            match value {
                Some(value) if value.contains(&0) => writer.binary(value),
                value => writer.nstring(*value),
            };
        });
        self.crlf();
    }

    /// `* METADATA mailbox entry …`: these changed.
    pub fn metadata_changed(&mut self, mailbox: &str, entries: &[&str]) {
        self.raw("* METADATA ").mailbox(mailbox);
        entries.iter().for_each(|name| {
            self.raw(" ").astring(name);
        });
        self.crlf();
    }
}
