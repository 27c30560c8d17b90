//! Time stamps of heads, from `docs/evidence-format.md` alone: openssl judges the signature, and what was stamped is read here.

use std::path::Path;
use std::process::Command;

use sha2::{Digest, Sha256};

/// Verifies that a stamp is of this signature; since when it is there, as the authority wrote it. Without `tsa` the authority
/// is not judged, only that the stamp is intact.
pub(super) fn verify(stamp: &[u8], signature: &[u8], tsa: Option<&Path>) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("openssl: {error}");
    let folder = tempfile::tempdir().map_err(failed)?;
    let place = |name: &str| folder.path().join(name);
    std::fs::write(place("stamp"), stamp).and_then(|()| std::fs::write(place("data"), signature)).map_err(failed)?;
    // A stamp is a CMS signature with what it says inside.
    let mut command = Command::new("openssl");
    command.args(["cms", "-verify", "-binary", "-noverify", "-purpose", "any", "-inform", "DER", "-in"]);
    openssl(command.arg(place("stamp")).arg("-out").arg(place("info")))?;
    let info = std::fs::read(place("info")).map_err(failed)?;
    let (digest, time) = info_of(&info).ok_or("a time stamp of another form")?;
    if *digest != Sha256::digest(signature)[..] {
        return Err("a time stamp of something else than the head's signature".into());
    }
    if let Some(tsa) = tsa {
        let mut command = Command::new("openssl");
        command.args(["ts", "-verify", "-token_in", "-in"]).arg(place("stamp")).arg("-data").arg(place("data"));
        openssl(command.arg("-CAfile").arg(tsa))?;
    }
    Ok(time)
}

fn openssl(command: &mut Command) -> Result<(), String> {
    let output = harness::output(command).map_err(|error| format!("openssl: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("the time stamp does not hold: {}", String::from_utf8_lossy(&output.stderr).trim())),
    }
}

/// The digest and the time in a TSTInfo: version, policy, imprint (algorithm, digest), number, time.
fn info_of(info: &[u8]) -> Option<(&[u8], String)> {
    let (fields, _) = element(info, 0x30)?;
    let (version, fields) = element(fields, 0x02)?;
    let (_policy, fields) = element(fields, 0x06)?;
    let (imprint, fields) = element(fields, 0x30)?;
    let (algorithm, imprint) = element(imprint, 0x30)?;
    let (name, _) = element(algorithm, 0x06)?;
    let (digest, _) = element(imprint, 0x04)?;
    let (_number, fields) = element(fields, 0x02)?;
    let (time, _) = element(fields, 0x18)?;
    // 2.16.840.1.101.3.4.2.1
    let is_sha256 = name == [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
    (version == [1] && is_sha256).then_some((digest, String::from_utf8(time.to_vec()).ok()?))
}

/// The content of an element of DER with this tag, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (_, rest) = der.split_first().filter(|(first, _)| **first == tag)?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        short @ 0..=0x7f => (usize::from(*short), rest),
        0x81 => (usize::from(*rest.first()?), rest.get(1..)?),
        0x82 => (usize::from(*rest.first()?) << 8 | usize::from(*rest.get(1)?), rest.get(2..)?),
        _ => return None,
    };
    rest.split_at_checked(length)
}
