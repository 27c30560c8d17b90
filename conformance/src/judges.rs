//! The foreign judges: openssl for signatures and certificates, xmllint for the DTD.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempDir;

use crate::moment::Moment;

const DTD: &str = include_str!("../daticert.dtd");

/// Where the judges work, and whom they trust.
#[derive(Debug)]
pub struct Judges {
    scratch: TempDir,
    authority: Option<PathBuf>,
    /// Certificates in PEM, with their words.
    signers: Arc<Mutex<HashMap<Vec<u8>, Option<String>>>>,
}

/// What openssl says of a signed message.
#[derive(Clone, Debug)]
pub struct Signature {
    /// Whether digest and signature hold, whoever signed; else what openssl said.
    pub holds: Result<(), String>,
    /// Whether the chain reaches the authority at the message's date; `None` without an authority.
    pub trusted: Option<Result<(), String>>,
    /// The signer's certificate as `openssl x509 -text` prints it; `None` when the CMS does not carry it.
    pub signer: Option<String>,
    /// `signingTime` of the signed attributes.
    pub signed_at: Option<Moment>,
    /// Digest algorithm of the signer, as openssl names it.
    pub digest: Option<String>,
}

impl Judges {
    /// Judges that trust the certificates in the PEM file `authority`; without one, chains are not judged. Fails
    /// when a tool is not installed.
    pub fn new(authority: Option<&Path>) -> io::Result<Self> {
        for (tool, package) in [("openssl", "openssl"), ("xmllint", "libxml2-utils")] {
            let version = if tool == "openssl" { "version" } else { "--version" };
            harness::output(Command::new(tool).arg(version))
                .map_err(|error| io::Error::new(error.kind(), format!("{tool} (package {package}): {error}")))?;
        }
        let authority = match authority {
            Some(path) => Some(
                path.canonicalize()
                    .map_err(|error| io::Error::new(error.kind(), format!("authority {}: {error}", path.display())))?,
            ),
            None => None,
        };
        let scratch = TempDir::new()?;
        std::fs::write(scratch.path().join("daticert.dtd"), DTD)?;
        Ok(Judges { scratch, authority, signers: Arc::default() })
    }

    /// The same judges at a place of their own, to work at the same time.
    pub fn again(&self) -> io::Result<Self> {
        let scratch = TempDir::new()?;
        std::fs::write(scratch.path().join("daticert.dtd"), DTD)?;
        Ok(Judges { scratch, authority: self.authority.clone(), signers: Arc::clone(&self.signers) })
    }

    /// Judges the signature of a whole `multipart/signed` message; the chain as of `at`.
    pub fn signature(&self, message: &[u8], at: Option<&Moment>) -> io::Result<Signature> {
        self.put("message.eml", message)?;
        std::fs::remove_file(self.scratch.path().join("signer.pem")).ok();
        let verify = ["cms", "-verify", "-inform", "SMIME", "-in", "message.eml", "-out", "content"];
        let signer = ["-signer", "signer.pem"];
        let trusted = match &self.authority {
            Some(authority) => {
                let authority = authority.to_string_lossy();
                let seconds = at.map(|at| at.epoch.to_string());
                let mut arguments =
                    [&verify[..], &signer, &["-CAfile", &authority, "-no-CApath", "-no-CAstore"]].concat();
                arguments.extend(seconds.iter().flat_map(|seconds| ["-attime", seconds.as_str()]));
                Some(said(&self.run("openssl", &arguments)?))
            }
            None => None,
        };
        // Who is trusted has signed well; of the others this is asked apart.
        let holds = if trusted == Some(Ok(())) {
            Ok(())
        } else {
            let anybody = [&verify[..], &signer, &["-noverify"]].concat();
            let holds = said(&self.run("openssl", &anybody)?);
            if holds.is_err() {
                // The certificate is judged all the same.
                self.run("openssl", &[&anybody[..], &["-nosigs", "-no_content_verify"]].concat())?;
            }
            holds
        };
        let signer = self.signer()?;
        let printed =
            self.run("openssl", &["cms", "-cmsout", "-print", "-noout", "-inform", "SMIME", "-in", "message.eml"])?;
        let printed = String::from_utf8_lossy(&printed.stdout).into_owned();
        let signer_info = printed.split_once("signerInfos:").map_or("", |(_, info)| info);
        Ok(Signature {
            holds,
            trusted,
            signer,
            signed_at: after(signer_info, "object: signingTime").and_then(|tail| {
                let time = tail.lines().find_map(|line| line.trim().split_once("TIME:").map(|(_, time)| time))?;
                Moment::from_openssl(time)
            }),
            digest: after(signer_info, "digestAlgorithm:")
                .and_then(|tail| Some(after(tail, "algorithm: ")?.split_whitespace().next()?.to_owned())),
        })
    }

    /// The certificate that was left by a verification, in words. One signer signs many messages: read once.
    fn signer(&self) -> io::Result<Option<String>> {
        let Ok(pem) = std::fs::read(self.scratch.path().join("signer.pem")) else { return Ok(None) };
        let mut known = self.signers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = known.get(&pem) {
            return Ok(text.clone());
        }
        let words = ["x509", "-in", "signer.pem", "-noout", "-text", "-nameopt", "utf8,sep_comma_plus"];
        let output = self.run("openssl", &words)?;
        let text = output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned());
        known.insert(pem, text.clone());
        Ok(text)
    }

    /// Judges certification data by the DTD and gives back its canonical form.
    pub fn certification_data(&self, xml: &[u8]) -> io::Result<Result<String, String>> {
        self.put("daticert.xml", xml)?;
        // A document type of its own could redefine what it is judged by, and none is ever sent.
        if xml.windows(9).any(|window| window.eq_ignore_ascii_case(b"<!doctype")) {
            return Ok(Err("a document type declaration stands in the file".into()));
        }
        let valid = self.run("xmllint", &["--noout", "--nonet", "--dtdvalid", "daticert.dtd", "daticert.xml"])?;
        if let Err(why) = said(&valid) {
            return Ok(Err(why));
        }
        let canonical = self.run("xmllint", &["--nonet", "--c14n", "daticert.xml"])?;
        Ok(said(&canonical).map(|()| String::from_utf8_lossy(&canonical.stdout).into_owned()))
    }

    fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        std::fs::write(self.scratch.path().join(name), bytes)
    }

    fn run(&self, tool: &str, arguments: &[&str]) -> io::Result<Output> {
        harness::output(Command::new(tool).args(arguments).current_dir(self.scratch.path()))
    }
}

fn after<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    text.split_once(mark).map(|(_, tail)| tail)
}

fn said(output: &Output) -> Result<(), String> {
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(said.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; "))
}
