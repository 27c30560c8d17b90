//! `sigillo evidence receipts`: what a holder lost, again.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use clap::Args;
use control::command::{Ended, quietly};
use control::{Disclosed, DisclosureRequest, Fault, Refused, Request};
use output::printable;
use pec::{Address, Identifier};
use sealing::{Trace, Wanted, prove};
use store::Content as _;

use super::{House, look, unknown};
use crate::attestation::{Attestation, why};
use crate::history::{History, Piece, Stored};
use crate::names;

/// `sigillo evidence receipts`
#[derive(Args, Clone, Debug)]
pub struct ReceiptsCommand {
    /// The provider's configuration
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// The message, by its PEC identifier
    #[arg(value_name = "IDENTIFIER")]
    identifier: String,
    /// Only what is about this recipient
    #[arg(long, value_name = "ADDRESS")]
    recipient: Option<Address>,
    /// The folder for the files; nothing that is there is replaced
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Why, for the evidence
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

impl ReceiptsCommand {
    /// Writes what is there octet for octet, and in place of the rest one signed attestation; says which on standard output.
    ///
    /// # Errors
    ///
    /// A message of which nothing is known, or no receipt for that recipient; an access that cannot be recorded; a key that
    /// does not sign; the store's; a file that is there already or cannot be written.
    pub async fn run(self, house: House) -> Result<Ended, Refused> {
        let identifier = Identifier::from(self.identifier.trim().trim_matches(['<', '>']).to_owned());
        let (folder, clock) = (house.place.folder.clone(), house.clock());
        let store = look(folder).await?;
        let history = History::read(&store, &identifier).await?.ok_or_else(|| unknown(&identifier))?;
        let wanted: Vec<&Piece> = history.receipts(self.recipient.as_ref()).collect();
        if wanted.is_empty() {
            let whose = self.recipient.as_ref().map(|whom| format!(" for {whom}")).unwrap_or_default();
            return Err(Refused::missing(format!("the trace has no receipt of {identifier}{whose}")));
        }
        let House { place, emitter, key, material: _ } = house;
        let request = DisclosureRequest {
            identifiers: vec![identifier.to_string()],
            what: Disclosed::Receipts,
            reason: self.reason,
        };
        quietly(Request::Disclose(request), place).await?;
        let (mut missing, out): (Vec<Piece>, _) = (Vec::new(), self.out.clone());
        for (number, piece) in (1..).zip(wanted) {
            let recipient = self.recipient.as_ref().map(Address::as_str).or(match &piece.concerns[..] {
                [one] => Some(one),
                _ => None,
            });
            let name = names::of(number, piece.kind.name(), recipient) + ".eml";
            let pieces = match piece.stored {
                Stored::Whole(message, _) => store.read(message).await?,
                Stored::WithoutOriginal(_) | Stored::Nowhere => None,
            };
            match pieces {
                Some(pieces) => {
                    let chunks: Vec<Bytes> = pieces.chunks().cloned().collect();
                    written(&out, &name, chunks).await?;
                    output::say!("{}: the receipt, octet for octet", printable(&out.join(&name).to_string_lossy()));
                }
                None => {
                    let piece = piece.without_octets();
                    let (id, why) = (printable(&piece.message_id), why(&piece.stored).english);
                    output::say!("{} {id}: {why}", piece.kind.name());
                    missing.push(piece);
                }
            }
        }
        if missing.is_empty() {
            return Ok(Ended::Well);
        }
        let proof = prove(&Trace::of(store.clone()), &Wanted::Message(identifier)).await?.file;
        let proof = proof.map(|file| file.to_json());
        let gone: Vec<&Piece> = missing.iter().collect();
        let attestation = Attestation::about(&history, &gone, proof, &emitter, clock.now());
        let signed = tokio::task::spawn_blocking(move || {
            let failed = |error: &dyn std::fmt::Display| Refused::new(Fault::Unavailable, error.to_string());
            let message = attestation.to_message(&emitter, key()?.as_ref()).map_err(|error| failed(&error))?;
            Ok::<_, Refused>((message, attestation.to_pdf().map_err(|error| failed(&error))?))
        });
        let (message, pdf) = signed.await??;
        written(&out, "attestation.eml", message.chunks().cloned().collect()).await?;
        written(&out, "attestation.pdf", vec![pdf.into()]).await?;
        let path = out.join("attestation.eml");
        output::say!(
            "{}, and attestation.pdf: no receipt, but a signed attestation of what the trace says, in place of {}",
            printable(&path.to_string_lossy()),
            missing.len()
        );
        Ok(Ended::Well)
    }
}

/// Writes a file that is not there yet, in a folder that is made where it is missing.
async fn written(folder: &Path, name: &str, chunks: Vec<Bytes>) -> Result<(), Refused> {
    let (folder, path) = (folder.to_owned(), folder.join(name));
    let shown = path.clone();
    let write = move || {
        std::fs::create_dir_all(folder)?;
        let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
        chunks.iter().try_for_each(|chunk| file.write_all(chunk))?;
        file.sync_all()
    };
    let written: std::io::Result<()> = tokio::task::spawn_blocking(write).await?;
    written.map_err(|error| Refused::new(Fault::Unwritten, format!("{}: {error}", shown.display())))
}
