//! Response codes (RFC 9051 §7.1, RFC 5530 and what extensions add).

use std::ops::RangeInclusive;

/// What a status response says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// `OK`
    Ok,
    /// `NO`: understood, and not done.
    No,
    /// `BAD`: not understood.
    Bad,
    /// `BYE`, always untagged.
    Bye,
    /// `PREAUTH`, a greeting.
    PreAuth,
}

impl Condition {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::No => "NO",
            Self::Bad => "BAD",
            Self::Bye => "BYE",
            Self::PreAuth => "PREAUTH",
        }
    }
}

/// `resp-text-code`: what a program may act on. Sets are ascending ranges, as `SequenceSet::resolve` gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code<'a> {
    /// `ALERT`: the text is shown to the person.
    Alert,
    /// `ALREADYEXISTS`
    AlreadyExists,
    /// `APPENDUID`: UIDVALIDITY and the UIDs given, in the order of the messages.
    AppendUid(u32, &'a [RangeInclusive<u32>]),
    /// `AUTHENTICATIONFAILED`
    AuthenticationFailed,
    /// `AUTHORIZATIONFAILED`
    AuthorizationFailed,
    /// `BADCHARSET` with those that are known.
    BadCharset(&'a [&'a str]),
    /// `CANNOT`
    Cannot,
    /// `CAPABILITY`
    Capability(&'a [&'a str]),
    /// `CLIENTBUG`
    ClientBug,
    /// `CLOSED` (RFC 7162 §3.2.11): what follows is of the mailbox selected next.
    Closed,
    /// `COMPRESSIONACTIVE`
    CompressionActive,
    /// `CONTACTADMIN`
    ContactAdmin,
    /// `COPYUID`: UIDVALIDITY there, UIDs here and there. Both name UIDs one for one, so neither is sorted or joined.
    CopyUid(u32, &'a [(u32, u32)]),
    /// `CORRUPTION`
    Corruption,
    /// `EXPIRED`
    Expired,
    /// `EXPUNGEISSUED`
    ExpungeIssued,
    /// `HASCHILDREN`
    HasChildren,
    /// `HIGHESTMODSEQ`
    HighestModSeq(u64),
    /// `INUSE`
    InUse,
    /// `LIMIT`
    Limit,
    /// `MAILBOXID` (RFC 8474)
    MailboxId(&'a str),
    /// `METADATA LONGENTRIES`: the size of the largest that was left out.
    MetadataLongEntries(u64),
    /// `METADATA MAXSIZE`
    MetadataMaxSize(u64),
    /// `METADATA NOPRIVATE`
    MetadataNoPrivate,
    /// `METADATA TOOMANY`
    MetadataTooMany,
    /// `MODIFIED` (RFC 7162 §3.1.3)
    Modified(&'a [RangeInclusive<u32>]),
    /// `NOMODSEQ`
    NoModSeq,
    /// `NONEXISTENT`
    NonExistent,
    /// `NOPERM`
    NoPerm,
    /// `NOTSAVED` (RFC 5182)
    NotSaved,
    /// `OVERQUOTA`
    OverQuota,
    /// `PERMANENTFLAGS`
    PermanentFlags(&'a [&'a str]),
    /// `PRIVACYREQUIRED`
    PrivacyRequired,
    /// `READ-ONLY`
    ReadOnly,
    /// `READ-WRITE`
    ReadWrite,
    /// `SERVERBUG`
    ServerBug,
    /// `TOOBIG`
    TooBig,
    /// `TRYCREATE`
    TryCreate,
    /// `UIDNEXT`
    UidNext(u32),
    /// `UIDNOTSTICKY`
    UidNotSticky,
    /// `UIDVALIDITY`
    UidValidity(u32),
    /// `UNAVAILABLE`
    Unavailable,
    /// `UNKNOWN-CTE` (RFC 3516)
    UnknownCte,
    /// `UNSEEN` (RFC 3501)
    Unseen(u32),
    /// `USEATTR` (RFC 6154)
    UseAttr,
}

impl Code<'_> {
    /// Its name, with what always stands behind it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Alert => "ALERT",
            Self::AlreadyExists => "ALREADYEXISTS",
            Self::AppendUid(..) => "APPENDUID",
            Self::AuthenticationFailed => "AUTHENTICATIONFAILED",
            Self::AuthorizationFailed => "AUTHORIZATIONFAILED",
            Self::BadCharset(_) => "BADCHARSET",
            Self::Cannot => "CANNOT",
            Self::Capability(_) => "CAPABILITY",
            Self::ClientBug => "CLIENTBUG",
            Self::Closed => "CLOSED",
            Self::CompressionActive => "COMPRESSIONACTIVE",
            Self::ContactAdmin => "CONTACTADMIN",
            Self::CopyUid(..) => "COPYUID",
            Self::Corruption => "CORRUPTION",
            Self::Expired => "EXPIRED",
            Self::ExpungeIssued => "EXPUNGEISSUED",
            Self::HasChildren => "HASCHILDREN",
            Self::HighestModSeq(_) => "HIGHESTMODSEQ",
            Self::InUse => "INUSE",
            Self::Limit => "LIMIT",
            Self::MailboxId(_) => "MAILBOXID",
            Self::MetadataLongEntries(_) => "METADATA LONGENTRIES",
            Self::MetadataMaxSize(_) => "METADATA MAXSIZE",
            Self::MetadataNoPrivate => "METADATA NOPRIVATE",
            Self::MetadataTooMany => "METADATA TOOMANY",
            Self::Modified(_) => "MODIFIED",
            Self::NoModSeq => "NOMODSEQ",
            Self::NonExistent => "NONEXISTENT",
            Self::NoPerm => "NOPERM",
            Self::NotSaved => "NOTSAVED",
            Self::OverQuota => "OVERQUOTA",
            Self::PermanentFlags(_) => "PERMANENTFLAGS",
            Self::PrivacyRequired => "PRIVACYREQUIRED",
            Self::ReadOnly => "READ-ONLY",
            Self::ReadWrite => "READ-WRITE",
            Self::ServerBug => "SERVERBUG",
            Self::TooBig => "TOOBIG",
            Self::TryCreate => "TRYCREATE",
            Self::UidNext(_) => "UIDNEXT",
            Self::UidNotSticky => "UIDNOTSTICKY",
            Self::UidValidity(_) => "UIDVALIDITY",
            Self::Unavailable => "UNAVAILABLE",
            Self::UnknownCte => "UNKNOWN-CTE",
            Self::Unseen(_) => "UNSEEN",
            Self::UseAttr => "USEATTR",
        }
    }
}
