//! Comparison of directory names (RFC 5280 §7.1).

use const_oid::ObjectIdentifier;
use x509_cert::der::Tag;
use x509_cert::der::Tagged;
use x509_cert::name::Name;

/// A directory name in a form in which equal names are equal: case, runs of spaces and the kind of string do not
/// count, since an authority re-issued by another tool may change them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DirectoryName(Vec<Vec<(ObjectIdentifier, Value)>>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Text(String),
    /// Not a string: the tag and the octets.
    Raw(u8, Vec<u8>),
}

impl DirectoryName {
    pub(crate) fn new(name: &Name) -> Self {
        Self(
            name.iter_rdn()
                .map(|rdn| {
                    let mut attributes: Vec<_> =
                        rdn.iter().map(|attribute| (attribute.oid, value(&attribute.value))).collect();
                    attributes.sort();
                    attributes
                })
                .collect(),
        )
    }

    /// Whether this name lies in the subtree of `base` (RFC 5280 §4.2.1.10).
    pub(crate) fn is_within(&self, base: &Self) -> bool {
        self.0.starts_with(&base.0)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The texts of every attribute of this type, as compared.
    pub(crate) fn texts(&self, kind: ObjectIdentifier) -> impl Iterator<Item = &str> {
        self.0.iter().flatten().filter_map(move |(oid, value)| match value {
            Value::Text(text) if *oid == kind => Some(text.as_str()),
            _ => None,
        })
    }
}

/// The texts of every attribute of this type, as written.
pub(crate) fn texts(name: &Name, kind: ObjectIdentifier) -> impl Iterator<Item = String> + '_ {
    name.iter_rdn().flat_map(|rdn| rdn.iter()).filter(move |one| one.oid == kind).filter_map(|one| text(&one.value))
}

fn value(any: &x509_cert::der::Any) -> Value {
    let raw = || Value::Raw(any.tag().number().value() as u8, any.value().to_vec());
    text(any).map_or_else(raw, |text| Value::Text(fold(&text)))
}

/// What a string says; `None`: it is none.
fn text(any: &x509_cert::der::Any) -> Option<String> {
    let bytes = any.value();
    match any.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String => String::from_utf8(bytes.to_vec()).ok(),
        // Written as ISO 8859-1 by everybody, whatever T.61 says.
        Tag::TeletexString => Some(bytes.iter().map(|b| char::from(*b)).collect()),
        Tag::BmpString => {
            let units: Vec<u16> =
                bytes.chunks(2).map(|pair| pair.iter().fold(0, |unit, b| unit << 8 | u16::from(*b))).collect();
            String::from_utf16(&units).ok()
        }
        _ => None,
    }
}

/// Text as it is compared: lower case, single spaces.
pub(crate) fn fold(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}
