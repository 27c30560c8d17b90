//! Commands said as a client says them: what was read, said and read again, is the same.

use std::fmt::Display;

use super::*;
use crate::flag::Flag;
use crate::name;
use crate::sequence::SeqNumber;
use crate::{Dialect, Secret};

impl Request {
    /// The command with its literals (`{n+}`) and its line end.
    pub fn say(&self, dialect: Dialect) -> Vec<u8> {
        let mut said = Said { out: Vec::new(), dialect };
        said.show(&self.tag).raw(" ").command(&self.command).raw("\r\n");
        said.out
    }
}

struct Said {
    out: Vec<u8>,
    dialect: Dialect,
}

impl Said {
    fn raw(&mut self, text: &str) -> &mut Self {
        self.out.extend_from_slice(text.as_bytes());
        self
    }

    fn show(&mut self, value: impl Display) -> &mut Self {
        self.raw(&value.to_string())
    }

    fn string(&mut self, octets: &[u8]) -> &mut Self {
        if octets.contains(&0) {
            self.raw("~");
        }
        let plain = |octet: &u8| matches!(octet, b' '..=b'~') && !matches!(octet, b'"' | b'\\');
        if octets.iter().all(plain) {
            self.raw("\"");
            self.out.extend_from_slice(octets);
            return self.raw("\"");
        }
        self.show(format_args!("{{{}+}}\r\n", octets.len()));
        self.out.extend_from_slice(octets);
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.string(text.as_bytes())
    }

    fn secret(&mut self, secret: &Secret) -> &mut Self {
        self.string(&secret.0)
    }

    fn mailbox(&mut self, name: &str) -> &mut Self {
        let name = name::encode(name, self.dialect);
        self.text(&name)
    }

    fn list<T>(&mut self, items: &[T], mut item: impl FnMut(&mut Self, &T)) -> &mut Self {
        self.raw("(");
        for (at, value) in items.iter().enumerate() {
            if at > 0 {
                self.raw(" ");
            }
            item(self, value);
        }
        self.raw(")")
    }

    fn set(&mut self, set: &SequenceSet) -> &mut Self {
        let SequenceSet::Ranges(ranges) = set else { return self.raw("$") };
        for (at, (from, to)) in ranges.iter().enumerate() {
            self.raw(if at > 0 { "," } else { "" }).number(*from);
            if from != to {
                self.raw(":").number(*to);
            }
        }
        self
    }

    fn number(&mut self, number: SeqNumber) -> &mut Self {
        match number {
            SeqNumber::Number(number) => self.show(number),
            SeqNumber::Last => self.raw("*"),
        }
    }

    fn flags(&mut self, flags: &[Flag]) -> &mut Self {
        self.list(flags, |said, flag| {
            said.show(flag);
        })
    }

    fn command(&mut self, command: &Command) -> &mut Self {
        let uid = |uid: &bool| if *uid { "UID " } else { "" };
        match command {
            Command::Capability => self.raw("CAPABILITY"),
            Command::Noop => self.raw("NOOP"),
            Command::Logout => self.raw("LOGOUT"),
            Command::Id(None) => self.raw("ID NIL"),
            Command::Id(Some(pairs)) => self.raw("ID ").list(pairs, |said, (name, value)| {
                said.text(name).raw(" ");
                match value {
                    Some(value) => said.text(value),
                    None => said.raw("NIL"),
                };
            }),
            Command::StartTls => self.raw("STARTTLS"),
            Command::Authenticate { mechanism, initial } => {
                self.raw("AUTHENTICATE ").raw(mechanism);
                if let Some(Secret(initial)) = initial {
                    self.raw(" ").out.extend_from_slice(initial);
                }
                self
            }
            Command::Login { user, password } => self.raw("LOGIN ").string(user).raw(" ").secret(password),
            Command::Compress(name) => self.raw("COMPRESS ").raw(name),
            Command::Enable(names) => self.raw("ENABLE ").raw(&names.join(" ")),
            Command::Select(select) => self.raw("SELECT ").select(select),
            Command::Examine(select) => self.raw("EXAMINE ").select(select),
            Command::Create { mailbox, special_use } => {
                self.raw("CREATE ").mailbox(mailbox);
                if !special_use.is_empty() {
                    self.raw(" (USE (").raw(&special_use.join(" ")).raw("))");
                }
                self
            }
            Command::Delete(mailbox) => self.raw("DELETE ").mailbox(mailbox),
            Command::Rename { from, to } => self.raw("RENAME ").mailbox(from).raw(" ").mailbox(to),
            Command::Subscribe(mailbox) => self.raw("SUBSCRIBE ").mailbox(mailbox),
            Command::Unsubscribe(mailbox) => self.raw("UNSUBSCRIBE ").mailbox(mailbox),
            Command::List(list) => self.raw("LIST ").list_command(list),
            Command::Lsub { reference, pattern } => self.raw("LSUB ").mailbox(reference).raw(" ").mailbox(pattern),
            Command::Namespace => self.raw("NAMESPACE"),
            Command::Status { mailbox, items } => self.raw("STATUS ").mailbox(mailbox).raw(" ").items(items),
            Command::Idle => self.raw("IDLE"),
            Command::Check => self.raw("CHECK"),
            Command::Close => self.raw("CLOSE"),
            Command::Unselect => self.raw("UNSELECT"),
            Command::Expunge(None) => self.raw("EXPUNGE"),
            Command::Expunge(Some(set)) => self.raw("UID EXPUNGE ").set(set),
            Command::Search { uid: by, search } => {
                self.raw(uid(by)).raw("SEARCH ").returns(search.returns.as_deref()).keys(&search.keys)
            }
            Command::Sort { uid: by, sort } => {
                self.raw(uid(by)).raw("SORT ").returns(sort.returns.as_deref());
                self.list(&sort.criteria, |said, criterion| {
                    said.raw(if criterion.reverse { "REVERSE " } else { "" });
                    said.raw(&format!("{:?}", criterion.key).to_uppercase());
                });
                self.raw(" UTF-8 ").keys(&sort.keys)
            }
            Command::Thread { uid: by, thread } => {
                let algorithm = format!("{:?}", thread.algorithm).to_uppercase();
                self.raw(uid(by)).raw("THREAD ").raw(&algorithm).raw(" UTF-8 ").keys(&thread.keys)
            }
            Command::Fetch { uid: by, fetch } => self.raw(uid(by)).raw("FETCH ").fetch(fetch),
            Command::Store { uid: by, store } => self.raw(uid(by)).raw("STORE ").store(store),
            Command::Copy { uid: by, set, mailbox } => {
                self.raw(uid(by)).raw("COPY ").set(set).raw(" ").mailbox(mailbox)
            }
            Command::Move { uid: by, set, mailbox } => {
                self.raw(uid(by)).raw("MOVE ").set(set).raw(" ").mailbox(mailbox)
            }
            Command::GetQuota(root) => self.raw("GETQUOTA ").text(root),
            Command::GetQuotaRoot(mailbox) => self.raw("GETQUOTAROOT ").mailbox(mailbox),
            Command::SetQuota { root, limits } => {
                self.raw("SETQUOTA ").text(root).raw(" ").list(limits, |said, (name, limit)| {
                    said.raw(name).raw(" ").show(limit);
                })
            }
            Command::GetAcl(mailbox) => self.raw("GETACL ").mailbox(mailbox),
            Command::SetAcl(ModRights { of, change, rights }) => {
                let sign = match change {
                    RightsChange::Replace => "",
                    RightsChange::Add => "+",
                    RightsChange::Remove => "-",
                };
                self.raw("SETACL ").rights(of).raw(" ").text(&format!("{sign}{rights}"))
            }
            Command::DeleteAcl(of) => self.raw("DELETEACL ").rights(of),
            Command::ListRights(of) => self.raw("LISTRIGHTS ").rights(of),
            Command::MyRights(mailbox) => self.raw("MYRIGHTS ").mailbox(mailbox),
            Command::GetMetadata(get) => {
                self.raw("GETMETADATA (DEPTH ");
                self.raw(match get.depth {
                    MetadataDepth::Zero => "0",
                    MetadataDepth::One => "1",
                    MetadataDepth::Infinity => "infinity",
                });
                if let Some(size) = get.max_size {
                    self.raw(" MAXSIZE ").show(size);
                }
                self.raw(") ").mailbox(&get.mailbox).raw(" ").list(&get.entries, |said, name| {
                    said.text(name);
                })
            }
            Command::SetMetadata { mailbox, entries } => {
                self.raw("SETMETADATA ").mailbox(mailbox).raw(" ").list(entries, |said, (name, value)| {
                    said.text(name).raw(" ");
                    match value {
                        Some(value) => said.string(value),
                        None => said.raw("NIL"),
                    };
                })
            }
        }
    }

    fn rights(&mut self, of: &MailboxRights) -> &mut Self {
        self.mailbox(&of.mailbox).raw(" ").text(&of.identifier)
    }

    fn select(&mut self, select: &Select) -> &mut Self {
        self.mailbox(&select.mailbox);
        let mut parameters = Vec::new();
        parameters.extend(select.condstore.then_some(None));
        parameters.extend(select.qresync.as_ref().map(Some));
        if parameters.is_empty() {
            return self;
        }
        self.raw(" ").list(&parameters, |said, parameter| {
            let Some(known) = parameter else {
                said.raw("CONDSTORE");
                return;
            };
            said.raw("QRESYNC (").show(known.uid_validity).raw(" ").show(known.mod_seq);
            if let Some(uids) = &known.known_uids {
                said.raw(" ").set(uids);
            }
            if let Some((numbers, uids)) = &known.seq_match {
                said.raw(" (").set(numbers).raw(" ").set(uids).raw(")");
            }
            said.raw(")");
        })
    }

    fn items(&mut self, items: &[StatusItem]) -> &mut Self {
        self.list(items, |said, item| {
            said.raw(item.name());
        })
    }

    fn list_command(&mut self, list: &List) -> &mut Self {
        if list.extended {
            self.list(&list.selection, |said, selection| {
                said.raw(match selection {
                    ListSelection::RecursiveMatch => "RECURSIVEMATCH",
                    ListSelection::Remote => "REMOTE",
                    ListSelection::SpecialUse => "SPECIAL-USE",
                    ListSelection::Subscribed => "SUBSCRIBED",
                });
            });
            self.raw(" ");
        }
        self.mailbox(&list.reference).raw(" ");
        match list.patterns.as_slice() {
            [one] => self.mailbox(one),
            several => self.list(several, |said, pattern| {
                said.mailbox(pattern);
            }),
        };
        if let Some(returns) = &list.returns {
            self.raw(" RETURN ").list(returns, |said, option| {
                match option {
                    ListReturn::Children => said.raw("CHILDREN"),
                    ListReturn::SpecialUse => said.raw("SPECIAL-USE"),
                    ListReturn::Status(items) => said.raw("STATUS ").items(items),
                    ListReturn::Subscribed => said.raw("SUBSCRIBED"),
                };
            });
        }
        self
    }

    fn returns(&mut self, returns: Option<&[SearchReturn]>) -> &mut Self {
        match returns {
            None => self,
            Some(returns) => self
                .raw("RETURN ")
                .list(returns, |said, option| {
                    said.raw(&format!("{option:?}").to_uppercase());
                })
                .raw(" "),
        }
    }

    fn keys(&mut self, keys: &[SearchKey]) -> &mut Self {
        for (at, key) in keys.iter().enumerate() {
            self.raw(if at > 0 { " " } else { "" }).key(key);
        }
        self
    }

    fn key(&mut self, key: &SearchKey) -> &mut Self {
        use SearchKey as K;
        // Keys are called as they are written.
        let name = format!("{key:?}");
        let name = name.split(['(', ' ', '{']).next().unwrap_or_default().to_uppercase();
        match key {
            K::Sequence(set) => self.set(set),
            K::And(keys) => self.list(keys, |said, key| {
                said.key(key);
            }),
            K::Not(key) => self.raw("NOT ").key(key),
            K::Or(one, other) => self.raw("OR ").key(one).raw(" ").key(other),
            K::Keyword(flag) | K::Unkeyword(flag) => self.raw(&name).raw(" ").raw(flag),
            K::Bcc(text) | K::Body(text) | K::Cc(text) | K::From(text) | K::Subject(text) => {
                self.raw(&name).raw(" ").text(text)
            }
            K::EmailId(text) | K::Text(text) | K::ThreadId(text) | K::To(text) => self.raw(&name).raw(" ").text(text),
            K::Header(field, text) => self.raw("HEADER ").text(field).raw(" ").text(text),
            K::Before(date) | K::On(date) | K::SavedBefore(date) | K::SavedOn(date) | K::SavedSince(date) => {
                self.raw(&name).raw(" ").show(date)
            }
            K::SentBefore(date) | K::SentOn(date) | K::SentSince(date) | K::Since(date) => {
                self.raw(&name).raw(" ").show(date)
            }
            K::Larger(number) | K::Smaller(number) => self.raw(&name).raw(" ").show(number),
            K::Older(seconds) | K::Younger(seconds) => self.raw(&name).raw(" ").show(seconds),
            K::Uid(set) => self.raw("UID ").set(set),
            K::ModSeq { entry, least } => {
                self.raw("MODSEQ ");
                if let Some((entry, kind)) = entry {
                    let escaped = entry.replace('\\', "\\\\").replace('"', "\\\"");
                    self.raw("\"").raw(&escaped).raw(match kind {
                        EntryKind::All => "\" all ",
                        EntryKind::Private => "\" priv ",
                        EntryKind::Shared => "\" shared ",
                    });
                }
                self.show(least)
            }
            _ => self.raw(&name),
        }
    }

    fn fetch(&mut self, fetch: &Fetch) -> &mut Self {
        self.set(&fetch.set).raw(" ").list(&fetch.attributes, |said, attribute| {
            said.attribute(attribute);
        });
        let FetchModifiers { changed_since, vanished } = fetch.modifiers;
        if let Some(since) = changed_since {
            self.raw(" (CHANGEDSINCE ").show(since).raw(if vanished { " VANISHED)" } else { ")" });
        }
        self
    }

    fn attribute(&mut self, attribute: &FetchAttribute) -> &mut Self {
        use FetchAttribute as A;
        let peeked = |peek: &bool| if *peek { ".PEEK" } else { "" };
        match attribute {
            A::Binary { peek, part, partial } => {
                self.raw("BINARY").raw(peeked(peek)).raw("[").part(part).raw("]").partial(*partial)
            }
            A::BinarySize(part) => self.raw("BINARY.SIZE[").part(part).raw("]"),
            A::BodySection { peek, section, partial } => {
                self.raw("BODY").raw(peeked(peek)).raw("[").section(section).raw("]").partial(*partial)
            }
            A::Preview { lazy } => self.raw(if *lazy { "PREVIEW (LAZY)" } else { "PREVIEW" }),
            A::Rfc822Header => self.raw("RFC822.HEADER"),
            A::Rfc822Size => self.raw("RFC822.SIZE"),
            A::Rfc822Text => self.raw("RFC822.TEXT"),
            named => self.raw(&format!("{named:?}").to_uppercase()),
        }
    }

    fn part(&mut self, part: &[u32]) -> &mut Self {
        let numbers: Vec<String> = part.iter().map(u32::to_string).collect();
        self.raw(&numbers.join("."))
    }

    fn partial(&mut self, partial: Option<Partial>) -> &mut Self {
        match partial {
            None => self,
            Some(Partial { offset, octets }) => self.show(format_args!("<{offset}.{octets}>")),
        }
    }

    fn section(&mut self, section: &Section) -> &mut Self {
        self.part(&section.part);
        let Some(text) = &section.text else { return self };
        self.raw(if section.part.is_empty() { "" } else { "." });
        let names = |said: &mut Self, name: &Vec<u8>| {
            said.string(name);
        };
        match text {
            SectionText::Header => self.raw("HEADER"),
            SectionText::HeaderFields(fields) => self.raw("HEADER.FIELDS ").list(fields, names),
            SectionText::HeaderFieldsNot(fields) => self.raw("HEADER.FIELDS.NOT ").list(fields, names),
            SectionText::Text => self.raw("TEXT"),
            SectionText::Mime => self.raw("MIME"),
        }
    }

    fn store(&mut self, store: &Store) -> &mut Self {
        self.set(&store.set);
        if let Some(since) = store.unchanged_since {
            self.raw(" (UNCHANGEDSINCE ").show(since).raw(")");
        }
        self.raw(match store.action {
            StoreAction::Add => " +FLAGS",
            StoreAction::Remove => " -FLAGS",
            StoreAction::Replace => " FLAGS",
        });
        self.raw(if store.silent { ".SILENT " } else { " " }).flags(&store.flags)
    }
}
