//! Steps that several parts of the suite take.

use std::sync::Arc;

use super::outcome::{Fault, Outcome};
use super::stage::{Letter, Stage, ensure, same, seen};
use crate::mailbox::Mail;
use crate::peer::server::Taken;
use crate::xml::texts;

/// Sends a letter to the peer alone; gives the envelope, answered.
pub(super) fn sent(stage: &Stage<'_>, letter: &Letter) -> Result<Arc<Taken>, Fault> {
    stage.accepted(letter)?;
    let envelope = stage.taken(&letter.token, "posta-certificata")?;
    stage.answer(&envelope)?;
    Ok(envelope)
}

/// A letter with an attachment that asks for this receipt.
pub(super) fn with_attachment(stage: &Stage<'_>, recipients: &[&str], receipt: &str) -> Letter {
    let letter = stage.letter(recipients).set("X-TipoRicevuta", Some(receipt));
    let mut letter = letter.set("Content-Type", Some("multipart/mixed; boundary=b"));
    letter.body = b"--b\r\nContent-Type: text/plain\r\n\r\nTesto.\r\n--b\r\nContent-Type: application/octet-stream; \
        name=\"dati.bin\"\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAwQ=\r\n--b--\r\n"
        .to_vec();
    letter
}

/// A non-delivery about one recipient with its code.
pub(super) fn coded(stage: &Stage<'_>, notice: &Mail, recipient: &str) -> Outcome {
    let data = stage.data(notice)?;
    same("consegna", &texts(&data, "consegna").concat().to_lowercase(), &recipient.to_lowercase())?;
    let fault = data.last().and_then(|root| root.attribute("errore")).unwrap_or("nessuno");
    ensure(matches!(fault, "no-dest" | "no-dominio" | "altro"), || format!("errore {fault:?}"))?;
    let reason = texts(&data, "errore-esteso").concat();
    let code = reason.split(" - ").next().unwrap_or_default();
    let numbers = code.split('.').filter(|number| number.parse::<u16>().is_ok()).count();
    ensure(numbers == 3, || format!("errore-esteso {reason:?} does not begin with a code"))?;
    seen(format!("{fault}: {reason}"))
}

/// Waits until this many of a kind about a token are at the peer, and gives them.
pub(super) fn several(stage: &Stage<'_>, token: &str, said: &str, count: usize) -> Result<Vec<Arc<Taken>>, Fault> {
    stage.until(&format!("{count} × {said}"), stage.patience(), || {
        let mut taken = stage.taken_about(token)?;
        taken.retain(|taken| taken.mail.said == said);
        Ok((taken.len() >= count).then_some(taken))
    })
}

/// What stands below the trace fields that each transmission adds.
pub(super) fn untraced<'a>(bytes: &'a [u8], first: &str) -> &'a [u8] {
    let mark = format!("\n{first}");
    let at = bytes.windows(mark.len()).position(|window| window.eq_ignore_ascii_case(mark.as_bytes()));
    if bytes.get(..first.len()).is_some_and(|start| start.eq_ignore_ascii_case(first.as_bytes())) {
        return bytes;
    }
    at.and_then(|at| bytes.get(at + 1..)).unwrap_or(bytes)
}

/// The name of a message's first field with its colon.
pub(super) fn first_field(bytes: &[u8]) -> String {
    let line = bytes.split(|octet| *octet == b':').next().unwrap_or_default();
    format!("{}:", String::from_utf8_lossy(line))
}

/// The test file of EICAR, put together here so that no scanner finds it in this program.
pub(super) fn eicar() -> String {
    ["X5O!P%@AP[4\\PZX54(P^)7CC)7}", "$EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!", "$H+H*"].concat()
}
