//! One command of an operator.

use std::io;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::timeout;

use crate::control::{Control, Out};
use crate::limits::Limits;
use crate::operator::{Operator, effective_uid};
use crate::refused::{Fault, Refused};
use crate::request::Request;
use crate::transfer;
use crate::wire::{Call, CallVersion, Reply, VERSION, line, to_line};

/// Serves one connection: one call. Without a `place` it says that there are too many.
pub(crate) async fn serve(
    mut stream: UnixStream,
    control: Control,
    limits: Limits,
    place: Option<OwnedSemaphorePermit>,
    stop: watch::Receiver<bool>,
) {
    let who = match caller(&stream) {
        Ok(who) => who,
        Err(refused) => return last_word(&mut stream, refused, limits).await,
    };
    if place.is_none() {
        let what = format!("{} commands are served already: try again when one has ended", limits.sessions);
        return last_word(&mut stream, Refused::new(Fault::NotNow, what), limits).await;
    }
    let request = match timeout(limits.time, read(&mut stream, limits)).await {
        Ok(Ok(Some(request))) => request,
        Ok(Ok(None)) => return,
        Ok(Err(refused)) => return last_word(&mut stream, refused, limits).await,
        Err(_) => {
            let what = format!("no request came within {} seconds", limits.time.as_secs());
            return last_word(&mut stream, Refused::request(what), limits).await;
        }
    };
    if let Request::Transfer(request) = request {
        return transfer::serve::serve(stream, control, request, who, limits, stop).await;
    }
    if let Err(error) = answer(&mut stream, control, request, who, limits).await {
        tracing::info!(event = "control-left", %error, "who asked did not wait for the answer");
    }
}

/// Who calls, if he may: the user that this process runs as, or root.
fn caller(stream: &UnixStream) -> Result<Operator, Refused> {
    let unknown = |error: io::Error| Refused::new(Fault::NotYou, format!("the system does not say who calls: {error}"));
    let uid = stream.peer_cred().map_err(unknown)?.uid();
    let owner = effective_uid();
    let who = Operator::from_uid(uid);
    if uid == owner || uid == 0 {
        return Ok(who);
    }
    tracing::warn!(event = "control-refused", operator = who.name(), "only the provider's own user and root may");
    let what = format!("the provider runs as {}: only that user and root administer it", Operator::from_uid(owner));
    Err(Refused::new(Fault::NotYou, what))
}

async fn read(stream: &mut UnixStream, limits: Limits) -> Result<Option<Request>, Refused> {
    let wrong = |error: io::Error| match error.kind() {
        io::ErrorKind::InvalidData => Refused::request(format!("a request has at most {} octets", limits.request)),
        _ => Refused::request(format!("the request did not come whole: {error}")),
    };
    let Some(bytes) = line(&mut BufReader::new(stream), limits.request).await.map_err(wrong)? else { return Ok(None) };
    // What serde says of a request may repeat a piece of it; what it says of the whole form does not.
    let no_request = |_| Refused::request("this is no request: expected one JSON object on one line");
    let CallVersion { sigillo } = serde_json::from_slice(&bytes).map_err(no_request)?;
    if sigillo != VERSION {
        let what = format!(
            "the provider that runs speaks version {VERSION} of the control socket and this command version {sigillo}: use the \
             program that the provider was started with, or restart the provider"
        );
        return Err(Refused::new(Fault::Version, what));
    }
    let call: Call = serde_json::from_slice(&bytes)
        .map_err(|error| Refused::request(format!("the request is not understood: {error}")))?;
    Ok(Some(call.request))
}

/// Executes and sends what comes; says now and then that it goes on.
async fn answer(
    stream: &mut UnixStream,
    control: Control,
    request: Request,
    who: Operator,
    limits: Limits,
) -> io::Result<()> {
    let (out, mut items) = Out::new();
    // A task of its own: what was begun is done to its end and leaves its evidence, also when nobody waits for the answer.
    let work = tokio::spawn(async move { control.execute(request, &who, &out).await });
    loop {
        match timeout(limits.alive, items.recv()).await {
            Ok(Some(item)) => send(stream, &Reply::Item(Box::new(item)), limits).await?,
            Ok(None) => break,
            Err(_) => send(stream, &Reply::Alive, limits).await?,
        }
    }
    let end = match work.await {
        Ok(Ok(())) => Reply::End,
        Ok(Err(refused)) => Reply::Refused(refused),
        Err(error) => Reply::Refused(error.into()),
    };
    send(stream, &end, limits).await
}

async fn send(stream: &mut UnixStream, reply: &Reply, limits: Limits) -> io::Result<()> {
    let line = to_line(reply)?;
    timeout(limits.time, stream.write_all(&line)).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

async fn last_word(stream: &mut UnixStream, refused: Refused, limits: Limits) {
    // Who does not listen has lost nothing that he could use.
    let _ = send(stream, &Reply::Refused(refused), limits).await;
}
