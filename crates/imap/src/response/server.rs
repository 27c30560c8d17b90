//! What the server says of itself (RFC 9051 §7.2, RFC 2971).

use super::writer::Writer;

impl Writer {
    /// `* CAPABILITY …`
    pub fn capability(&mut self, names: &[&str]) {
        self.named("CAPABILITY", names);
    }

    /// `* ENABLED …`: those that were enabled by this command, maybe none.
    pub fn enabled(&mut self, names: &[&str]) {
        self.named("ENABLED", names);
    }

    fn named(&mut self, response: &str, names: &[&str]) {
        self.raw("* ").raw(response);
        names.iter().for_each(|name| {
            self.raw(" ").raw(name);
        });
        self.crlf();
    }

    /// `* ID (…)`; `NIL` where there is nothing to say.
    pub fn id(&mut self, fields: &[(&str, &str)]) {
        self.raw("* ID ");
        if fields.is_empty() {
            self.raw("NIL");
        } else {
            self.list(fields, |writer, (name, value)| {
                writer.string(name.as_bytes()).raw(" ").string(value.as_bytes());
            });
        }
        self.crlf();
    }
}
