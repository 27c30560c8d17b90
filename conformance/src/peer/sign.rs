//! Signatures of the peer, made by openssl, in the shapes that real providers give them.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::config::Keys;

/// How a signed message looks; the default is what RFC 6109 describes.
#[derive(Clone, Debug)]
pub struct Style {
    /// Digest, as `openssl cms -md` takes it.
    pub digest: &'static str,
    /// Further arguments of `openssl cms -sign`.
    pub arguments: &'static [&'static str],
    /// The `micalg` parameter as it stands, with its quotes.
    pub micalg: &'static str,
    /// Media type of the signature part and `protocol`.
    pub protocol: &'static str,
    /// What stands before the first boundary.
    pub preamble: &'static str,
    /// The boundary.
    pub boundary: &'static str,
}

impl Default for Style {
    fn default() -> Self {
        Style {
            digest: "sha256",
            arguments: &[],
            micalg: "sha-256",
            protocol: "application/pkcs7-signature",
            preamble: "",
            boundary: "----=_giudice",
        }
    }
}

/// The clear-signed form of an entity: header fields, then `multipart/signed` with a detached signature.
pub fn seal(scratch: &Path, keys: &Keys, header: &str, entity: &[u8], style: &Style) -> io::Result<Vec<u8>> {
    let signature = signature(scratch, keys, entity, style)?;
    Ok(wrap(header, entity, &signature, style))
}

/// The message around an entity and a signature of it, which need not fit.
pub fn wrap(header: &str, entity: &[u8], signature: &[u8], style: &Style) -> Vec<u8> {
    let Style { micalg, protocol, preamble, boundary, .. } = style;
    let mut out = format!(
        "{header}MIME-Version: 1.0\r\nContent-Type: multipart/signed; protocol=\"{protocol}\"; micalg={micalg};\r\n \
         boundary=\"{boundary}\"\r\n\r\n{preamble}--{boundary}\r\n"
    )
    .into_bytes();
    out.extend_from_slice(entity);
    let mut encoded = String::new();
    for line in STANDARD.encode(signature).as_bytes().chunks(64) {
        encoded.push_str(&String::from_utf8_lossy(line));
        encoded.push_str("\r\n");
    }
    out.extend_from_slice(
        format!(
            "\r\n--{boundary}\r\nContent-Type: {protocol}; name=\"smime.p7s\"\r\nContent-Transfer-Encoding: base64\r\n\
             Content-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n{encoded}\r\n--{boundary}--\r\n"
        )
        .as_bytes(),
    );
    out
}

/// The detached CMS of an entity.
pub fn signature(scratch: &Path, keys: &Keys, entity: &[u8], style: &Style) -> io::Result<Vec<u8>> {
    // A folder for each: tests sign at the same time.
    let folder = tempfile::tempdir_in(scratch)?;
    std::fs::write(folder.path().join("entity"), entity)?;
    let mut command = Command::new("openssl");
    command.args(["cms", "-sign", "-binary", "-in", "entity", "-outform", "DER", "-out", "signature"]);
    command.args(["-md", style.digest]).args(style.arguments);
    command.arg("-signer").arg(&keys.certificates).arg("-inkey").arg(&keys.key);
    with_issuers(&mut command, keys, folder.path())?;
    run(command.current_dir(folder.path()))?;
    std::fs::read(folder.path().join("signature"))
}

/// The whole message as `openssl smime -sign` writes it, the way of a large family of providers.
pub fn by_smime(scratch: &Path, keys: &Keys, header: &str, entity: &[u8]) -> io::Result<Vec<u8>> {
    let folder = tempfile::tempdir_in(scratch)?;
    std::fs::write(folder.path().join("entity"), entity)?;
    let mut command = Command::new("openssl");
    command.args(["smime", "-sign", "-crlfeol", "-in", "entity", "-out", "signed", "-md", "sha1"]);
    command.arg("-signer").arg(&keys.certificates).arg("-inkey").arg(&keys.key);
    with_issuers(&mut command, keys, folder.path())?;
    run(command.current_dir(folder.path()))?;
    let signed = std::fs::read(folder.path().join("signed"))?;
    Ok([header.as_bytes(), &signed].concat())
}

/// A key with a certificate of nobody's authority for this address.
pub fn foreign(folder: &Path, address: &str) -> io::Result<Keys> {
    let (key, certificates): (PathBuf, PathBuf) = (folder.join("foreign.key"), folder.join("foreign.pem"));
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/C=IT/O=Nessuno/CN=Nessuno"]);
    command.arg("-addext").arg(format!("subjectAltName=email:{address}"));
    command.args(["-addext", "keyUsage=critical,digitalSignature", "-addext", "basicConstraints=CA:FALSE"]);
    run(command.arg("-keyout").arg(&key).arg("-out").arg(&certificates))?;
    Ok(Keys { key, certificates })
}

/// The certificates below the signer's own travel too; openssl takes each only once.
fn with_issuers(command: &mut Command, keys: &Keys, folder: &Path) -> io::Result<()> {
    const END: &str = "-----END CERTIFICATE-----";
    let pem = std::fs::read_to_string(&keys.certificates)?;
    let issuers = pem.split_once(END).map_or("", |(_, issuers)| issuers);
    if issuers.contains(END) {
        std::fs::write(folder.join("issuers.pem"), issuers)?;
        command.args(["-certfile", "issuers.pem"]);
    }
    Ok(())
}

fn run(command: &mut Command) -> io::Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("openssl: {}", String::from_utf8_lossy(&output.stderr).trim())))
}
