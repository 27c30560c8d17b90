//! The other provider, played by the judge: a door that takes what the provider under test brings and answers as each
//! test wants, messages of its own making, and their signatures by openssl.

pub mod compose;
pub mod server;
pub mod sign;
