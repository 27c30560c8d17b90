//! What can be wrong with a key or a certificate.

/// What is wrong with a key or certificate, in words for the operator.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct KeyError(pub String);
