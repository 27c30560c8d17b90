//! Signatures of the peer, made by openssl, in the shapes that real providers give them.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

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
    run(command.current_dir(folder.path()))
        .map_err(|error| io::Error::other(format!("signing with {}: {error}", keys.key.display())))?;
    std::fs::read(folder.path().join("signature"))
}

/// The same signature in BER, with indefinite lengths where the libraries of several providers write them (X.690
/// §8.1.3.6): around the content info, the signed data, the empty content and the certificates. `None` when it is no
/// such structure.
pub fn indefinite(der: &[u8]) -> Option<Vec<u8>> {
    let open = |tag: u8, content: &[u8]| [&[tag, 0x80], content, &[0, 0]].concat();
    let (0x30, info, []) = element(der)? else { return None };
    let (0x06, _, explicit) = element(info)? else { return None };
    let kind = info.get(..info.len() - explicit.len())?;
    let (0xa0, inner, []) = element(explicit)? else { return None };
    let (0x30, mut fields, []) = element(inner)? else { return None };
    let mut signed = Vec::new();
    while !fields.is_empty() {
        let (tag, content, rest) = element(fields)?;
        match tag {
            // The content without octets, and the certificates.
            0x30 | 0xa0 => signed.extend(open(tag, content)),
            _ => signed.extend_from_slice(fields.get(..fields.len() - rest.len())?),
        }
        fields = rest;
    }
    Some(open(0x30, &[kind, &open(0xa0, &open(0x30, &signed))].concat()))
}

/// The first element of a DER text: its tag, its content, and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        (octets.iter().try_fold(0_usize, |sum, octet| Some(sum.checked_mul(256)? + usize::from(*octet)))?, rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
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
    // It writes some line ends of this system; SMTP knows one kind.
    let lines = signed.split(|octet| *octet == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    Ok([header.as_bytes(), &lines.collect::<Vec<_>>().join(&b"\r\n"[..])].concat())
}

/// A key with a certificate of nobody's authority for this address.
pub fn foreign(folder: &Path, address: &str) -> io::Result<Keys> {
    let (key, certificates): (PathBuf, PathBuf) = (folder.join("foreign.key"), folder.join("foreign.pem"));
    let mut command = Command::new("openssl");
    command.args([
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "30",
        "-subj",
        "/C=IT/O=Nessuno/CN=Nessuno",
    ]);
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
    let output = harness::output(command)?;
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("openssl: {}", String::from_utf8_lossy(&output.stderr).trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openssl_reads_the_indefinite_form_of_a_signature_and_finds_it_good() {
        let folder = tempfile::tempdir().unwrap();
        let keys = foreign(folder.path(), "a@b.example").unwrap();
        let entity = b"Content-Type: text/plain\r\n\r\nciao\r\n";
        let der = signature(folder.path(), &keys, entity, &Style::default()).unwrap();
        let ber = indefinite(&der).unwrap();
        assert_eq!((&ber[..2], der[1] & 0x80), (&[0x30, 0x80][..], 0x80));
        let message = wrap("Subject: x\r\n", entity, &ber, &Style::default());
        let judges = crate::judges::Judges::new(Some(&keys.certificates)).unwrap();
        let judged = judges.signature(&message, None).unwrap();
        assert_eq!(judged.holds, Ok(()));
        assert_eq!(indefinite(b"\x30\x05abc"), None);
    }
}
