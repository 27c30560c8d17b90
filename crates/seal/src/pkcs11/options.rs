//! Which device, which key in it, and how it is opened.

use std::fmt;
use std::path::PathBuf;

/// A PIN: not printed, and wiped when dropped. Made by `Pin::from("1234".to_owned())`; it is `secrecy::SecretString`.
pub use cryptoki::types::AuthPin as Pin;

/// Which of the module's tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// By its label, which must be there once. Survives restarts of the module and should be preferred.
    Label(String),
    /// By the number of its slot.
    Slot(u64),
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label(label) => write!(f, "the token {label:?}"),
            Self::Slot(slot) => write!(f, "the token in slot {slot}"),
        }
    }
}

/// Where the key is.
#[derive(Clone, Debug)]
pub struct Pkcs11Options {
    /// The maker's shared library.
    pub module: PathBuf,
    /// The token that holds the key.
    pub token: Token,
    /// The user's PIN.
    pub pin: Pin,
    /// CKA_LABEL of the private key; `None`: any.
    pub key_label: Option<String>,
    /// CKA_ID of the private key; `None`: any. With neither label nor id, the key that fits the certificate.
    pub key_id: Option<Vec<u8>>,
    /// PEM text: the signing certificate and its issuers, in any order. `None`: the certificates in the token. Issuers
    /// that the text lacks are taken from the token too.
    pub certificates: Option<Vec<u8>>,
    /// Sessions at most, and so signatures at once; 0 counts as 1. What the device computes in parallel, 4 as a rule.
    pub sessions: usize,
}
