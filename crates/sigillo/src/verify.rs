//! `sigillo verify`: who certified what and when, in one sentence, and whether it holds (room `verify`).
//!
//! Exit codes: 0 authentic; 1 not authentic (changed, signed by somebody else, form wrong); 2 the signature is
//! intact and nothing says whether its maker is a certified-mail provider; 3 an authentic anomaly envelope, which certifies
//! nothing of its content; 4 the signed data are authentic and the header that mail programs show says something else; 64, 65,
//! 66 and 73 as in sysexits.

use std::process::ExitCode;
use std::sync::Arc;

use bytes::Bytes;
use proof::file::ProofFile;
use provider::{Clock, SystemClock};
use verify::{Authenticity, Authorities, Sources, chains_of, chains_of_proof, examine, examine_proof, read_index};

use crate::cli::VerifyOptions;
use crate::exit;

/// Runs the command.
pub async fn run(options: &VerifyOptions) -> ExitCode {
    let message = match std::fs::read(&options.file) {
        Ok(bytes) => Bytes::from(bytes),
        Err(error) => return exit::fail(exit::NO_INPUT, format!("{}: {error}", options.file.display())),
    };
    let authorities = match Authorities::read(&options.ca) {
        Ok(authorities) => authorities,
        Err(error) => return exit::fail(exit::DATA, error),
    };
    let index = match options.directory.as_deref().map(read_index).transpose() {
        Ok(index) => index,
        Err(error) => return exit::fail(exit::DATA, error),
    };
    let sources = match Sources::new(&options.crl, options.online.then(|| Arc::new(SystemClock) as Arc<dyn Clock>)) {
        Ok(sources) => sources,
        Err(error) => return exit::fail(exit::DATA, error),
    };
    if ProofFile::is_one(&message) {
        return proof(&message, &authorities, &sources, options).await;
    }
    for (path, at) in chains_of(&message, &authorities, options.at) {
        sources.ask(&path, at).await;
    }
    let (found, original) = examine(&message, &authorities, index.as_ref(), &sources, options.at);
    if let (Some(path), Some(original)) = (&options.original, &original)
        && let Err(error) = std::fs::write(path, original)
    {
        return exit::fail(exit::CANT_CREATE, format!("{}: {error}", path.display()));
    }
    if let Err(error) = tell(options.json, || serde_json::to_string_pretty(&found), || found.words()) {
        return exit::fail(exit::OS_ERROR, error);
    }
    if !options.json && options.original.is_some() && original.is_none() {
        output::say!("  This message carries no original.");
    }
    code(found.verdict)
}

/// A file that proves rows of a provider's trace.
async fn proof(file: &[u8], authorities: &Authorities, sources: &Sources, options: &VerifyOptions) -> ExitCode {
    for (path, at) in chains_of_proof(file, authorities, options.at) {
        sources.ask(&path, at).await;
    }
    let found = examine_proof(file, authorities, sources, options.at);
    match tell(options.json, || serde_json::to_string_pretty(&found), || found.words()) {
        Ok(()) => code(found.verdict),
        Err(error) => exit::fail(exit::OS_ERROR, error),
    }
}

/// Says what was found, as JSON or in words.
fn tell(
    as_json: bool,
    json: impl FnOnce() -> serde_json::Result<String>,
    words: impl FnOnce() -> String,
) -> serde_json::Result<()> {
    if as_json {
        output::say!("{}", json()?);
    } else {
        output::say_bytes(words().as_bytes());
    }
    Ok(())
}

fn code(verdict: Authenticity) -> ExitCode {
    match verdict {
        Authenticity::Authentic => ExitCode::SUCCESS,
        Authenticity::NotAuthentic => ExitCode::from(1),
        Authenticity::UnknownAuthority => ExitCode::from(2),
        Authenticity::Anomaly => ExitCode::from(3),
        Authenticity::AlteredHeader => ExitCode::from(4),
    }
}
