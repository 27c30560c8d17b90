//! Files that prove rows of a provider's trace, verified from `docs/evidence-format.md` alone: a second reader, which shares
//! nothing with the program that writes them. Signatures and time stamps are left to openssl.

mod stamp;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};

type Node = [u8; 32];

/// What a head says that is needed here.
#[derive(Debug)]
struct Head {
    domain: String,
    log: u64,
    first: u64,
    size: u64,
    root: Node,
    instant: String,
    /// What an authority says since when it is there.
    stamped: Option<String>,
}

/// Verifies a file; a line for each row that is proved, or the first thing that is wrong. Without `ca` the signer's
/// authority is not judged, only that the signature is one, and so it is with `tsa` and time stamps.
pub fn verify(file: &[u8], ca: Option<&Path>, tsa: Option<&Path>) -> Result<Vec<String>, String> {
    let file: Value = serde_json::from_slice(file).map_err(|error| format!("no JSON: {error}"))?;
    members(&file, &["form", "heads", "subjects", "rows"])?;
    if file["form"] != "sigillo-proof 1" {
        return Err(format!("another form: {}", file["form"]));
    }
    let heads = list(&file["heads"])?.iter().map(|head| signed(head, ca, tsa)).collect::<Result<Vec<_>, _>>()?;
    let subjects = list(&file["subjects"])?.iter().map(octets).collect::<Result<Vec<_>, _>>()?;
    let rows = list(&file["rows"])?;
    if rows.is_empty() {
        return Err("no rows: nothing is proved".into());
    }
    for (at, head) in heads.iter().enumerate() {
        if head.domain != heads[0].domain {
            return Err(format!("head {at} is of another provider than head 0"));
        }
        if !rows.iter().any(|row| row["head"].as_u64() == Some(at as u64)) {
            return Err(format!("no row leads to head {at}"));
        }
    }
    let place = |row: &Value| {
        let head = row["head"].as_u64().and_then(|at| heads.get(usize::try_from(at).ok()?));
        (head.map(|head| head.log), row["number"].as_u64())
    };
    if let Some(pair) = rows.windows(2).find(|pair| place(&pair[0]) >= place(&pair[1])) {
        return Err(format!("row {} does not stand behind the one before it", pair[1]["number"]));
    }
    rows.iter().map(|row| proved(row, &heads, &subjects)).collect()
}

fn proved(row: &Value, heads: &[Head], subjects: &[Vec<u8>]) -> Result<String, String> {
    members(row, &["head", "number", "row", "path"])?;
    let number = row["number"].as_u64().ok_or("a row without a number")?;
    let which = row["head"].as_u64().and_then(|at| usize::try_from(at).ok()).unwrap_or(usize::MAX);
    let head = heads.get(which).ok_or_else(|| format!("row {number} leads to no head"))?;
    let place = number.checked_sub(head.first).filter(|place| *place < head.size);
    let place = place.ok_or_else(|| format!("row {number} is not under its head"))?;
    let bytes = octets(&row["row"])?;
    let path = list(&row["path"])?.iter().map(node).collect::<Result<Vec<_>, _>>()?;
    let root = climb(hash(&[&[0], &bytes]), place, head.size, &path);
    if root != Some(head.root) {
        return Err(format!("row {number} does not lead to the root that was signed"));
    }
    let mut rest = bytes.as_slice();
    let Item::Array(items) = item(&mut rest, 0)? else { return Err(format!("row {number} is no array")) };
    let [Item::Unsigned(1), Item::Unsigned(at), Item::Unsigned(event), _, about, .., last] = items.as_slice() else {
        return Err(format!("row {number} has not the items of version 1"));
    };
    if items.len() != 11 || !rest.is_empty() {
        return Err(format!("row {number} has not eleven items"));
    }
    if !matches!(last, Item::Bytes(salt) if salt.len() == 16) {
        return Err(format!("row {number} does not end with a salt of 16 octets"));
    }
    let subject = match about {
        Item::Null => "no message".to_owned(),
        Item::Bytes(digest) => {
            let subject = subjects.iter().find(|bytes| hash(&[bytes])[..] == digest[..]);
            identifier(subject.ok_or_else(|| format!("what row {number} is about is not in the file"))?)?
        }
        _ => return Err(format!("row {number} is about nothing that can be named")),
    };
    let stamped = match &head.stamped {
        Some(time) => format!("stamped at {time}"),
        None => "without a time stamp".to_owned(),
    };
    Ok(format!(
        "row {number} of log {}: event {event} at {at}, about {subject}; under a head of {} of {}, {stamped}",
        head.log, head.instant, head.domain
    ))
}

/// The identifier of a subject.
fn identifier(bytes: &[u8]) -> Result<String, String> {
    let mut rest = bytes;
    match item(&mut rest, 0)? {
        Item::Array(items) if items.len() == 7 && rest.is_empty() => match items.get(1) {
            Some(Item::Text(identifier)) => Ok(identifier.clone()),
            _ => Err("a subject without an identifier".into()),
        },
        _ => Err("a subject that has not seven items".into()),
    }
}

/// The root over `size` leaves of which this one is number `place`: from the definition of the tree downwards, the last
/// node of the path being the half beside.
fn climb(leaf: Node, place: u64, size: u64, path: &[Node]) -> Option<Node> {
    if size == 1 {
        return path.is_empty().then_some(leaf);
    }
    let (beside, below) = path.split_last()?;
    // The largest power of two that is less than the size.
    let left = 1u64 << (size - 1).ilog2();
    Some(if place < left {
        hash(&[&[1], &climb(leaf, place, left, below)?, beside])
    } else {
        hash(&[&[1], beside, &climb(leaf, place - left, size - left, below)?])
    })
}

fn hash(parts: &[&[u8]]) -> Node {
    parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update(part)).finalize().into()
}

/// A head whose signature holds, and whose time stamp, where it has one.
fn signed(head: &Value, ca: Option<&Path>, tsa: Option<&Path>) -> Result<Head, String> {
    members(head, &["text", "signature", "stamp"])?;
    let (text, signature) = (octets(&head["text"])?, octets(&head["signature"])?);
    let mut read = read(std::str::from_utf8(&text).map_err(|_| "a head that is no text")?)?;
    let signers = openssl(&text, &signature, ca)?;
    if signers.iter().any(|address| address.rsplit_once('@').is_some_and(|(_, domain)| domain == read.domain)) {
        if !head["stamp"].is_null() {
            read.stamped = Some(stamp::verify(&octets(&head["stamp"])?, &signature, tsa)?);
        }
        return Ok(read);
    }
    Err(format!("the head of {} is signed by {signers:?}", read.domain))
}

/// Has openssl verify a signature; the addresses in the signer's certificate.
fn openssl(text: &[u8], signature: &[u8], ca: Option<&Path>) -> Result<Vec<String>, String> {
    let failed = |error: std::io::Error| format!("openssl: {error}");
    let folder = tempfile::tempdir().map_err(failed)?;
    let (content, cms, signer) = (folder.path().join("text"), folder.path().join("cms"), folder.path().join("signer"));
    std::fs::write(&content, text).and_then(|()| std::fs::write(&cms, signature)).map_err(failed)?;
    let mut command = Command::new("openssl");
    command.args(["cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any", "-out", "/dev/null", "-in"]);
    command.arg(&cms).arg("-content").arg(&content).arg("-signer").arg(&signer);
    match ca {
        Some(ca) => command.arg("-CAfile").arg(ca),
        None => command.arg("-noverify"),
    };
    let output = harness::output(&mut command).map_err(failed)?;
    if !output.status.success() {
        return Err(format!("the signature does not hold: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    let mut command = Command::new("openssl");
    command.args(["x509", "-noout", "-email", "-in"]).arg(&signer);
    let output = harness::output(&mut command).map_err(failed)?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

/// The ten lines of a head.
fn read(text: &str) -> Result<Head, String> {
    let lines: Vec<&str> = text.strip_suffix('\n').ok_or("a head without its last line's end")?.split('\n').collect();
    let [origin, size, root, "sigillo-head 1", head, day, instant, previous, state, provider] = lines.as_slice() else {
        return Err("a head that has not the ten lines of its form".into());
    };
    for (line, name) in [(head, "head "), (day, "day "), (previous, "previous "), (provider, "provider ")] {
        if !line.starts_with(name) {
            return Err(format!("expected {name}, found {line}"));
        }
    }
    if !["state open", "state closed"].contains(state) {
        return Err(format!("expected a state, found {state}"));
    }
    let (domain, place) = origin.split_once("/evidence/").ok_or("a head without origin")?;
    let (log, first) = place.split_once('/').ok_or("an origin without log and row")?;
    let number = |text: &str| text.parse::<u64>().map_err(|_| format!("{text} is no number"));
    Ok(Head {
        domain: domain.to_owned(),
        log: number(log)?,
        first: number(first)?,
        size: number(size)?,
        root: node(&Value::String((*root).to_owned()))?,
        instant: instant.strip_prefix("instant ").ok_or("a head without instant")?.to_owned(),
        stamped: None,
    })
}

fn members(object: &Value, names: &[&str]) -> Result<(), String> {
    let object = object.as_object().ok_or("expected an object")?;
    let unknown = object.keys().find(|key| !names.contains(&key.as_str()));
    match (unknown, names.iter().find(|name| !object.contains_key(**name))) {
        (Some(key), _) => Err(format!("a member {key} that is not of the form")),
        (None, Some(name)) => Err(format!("no member {name}")),
        (None, None) => Ok(()),
    }
}

fn list(value: &Value) -> Result<&Vec<Value>, String> {
    value.as_array().ok_or_else(|| "expected an array".into())
}

fn octets(value: &Value) -> Result<Vec<u8>, String> {
    let text = value.as_str().ok_or("expected base64")?;
    STANDARD.decode(text).map_err(|error| format!("no base64: {error}"))
}

fn node(value: &Value) -> Result<Node, String> {
    octets(value)?.try_into().map_err(|_| "a node that has not 32 octets".into())
}

/// An item of CBOR, as far as evidence has them.
#[derive(Debug)]
enum Item {
    Unsigned(u64),
    Negative,
    Bytes(Vec<u8>),
    Text(String),
    Array(Vec<Item>),
    Null,
}

/// Reads the next item.
fn item(rest: &mut &[u8], depth: u8) -> Result<Item, String> {
    let mut take = |count: usize| -> Result<&[u8], String> {
        let (taken, after) = rest.split_at_checked(count).ok_or("evidence that ends early")?;
        *rest = after;
        Ok(taken)
    };
    let first = take(1)?.first().copied().unwrap_or_default();
    if first == 0xf6 {
        return Ok(Item::Null);
    }
    let value = match first & 31 {
        small @ 0..24 => u64::from(small),
        width @ 24..28 => take(1 << (width - 24))?.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)),
        _ => return Err("a length that is not definite".into()),
    };
    let length = usize::try_from(value).map_err(|_| "too long")?;
    match first >> 5 {
        0 => Ok(Item::Unsigned(value)),
        1 => Ok(Item::Negative),
        2 => take(length).map(|bytes| Item::Bytes(bytes.to_vec())),
        3 => String::from_utf8(take(length)?.to_vec()).map(Item::Text).map_err(|_| "a text not in UTF-8".into()),
        4 if depth < 4 => (0..length).map(|_| item(rest, depth + 1)).collect::<Result<_, _>>().map(Item::Array),
        major => Err(format!("an item of major type {major}")),
    }
}
