//! Pages of everybody.

pub(crate) mod verifier;
