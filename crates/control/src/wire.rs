//! What travels over the socket: lines of JSON. The client writes one [`Call`] and reads [`Reply`] after [`Reply`] until one
//! ends it; one connection serves one call.

use std::io;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

use crate::item::Item;
use crate::refused::Refused;
use crate::request::Request;

/// The version of this form. Both ends are the same program most of the time; right after an upgrade they are not.
pub const VERSION: u32 = 1;

/// What is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Call {
    /// [`VERSION`]
    pub sigillo: u32,
    /// The operation.
    pub request: Request,
}

/// The version of a call, whatever else stands in it.
#[derive(Debug, Deserialize)]
pub(crate) struct CallVersion {
    pub sigillo: u32,
}

/// A line of the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// It takes long, and goes on.
    Alive,
    /// All is done and said.
    End,
    /// An item of the answer.
    Item(Box<Item>),
    /// It was not done, or not to its end; the last line.
    Refused(Refused),
}

/// A line of at most `most` octets, without its end; `None` when the other side is done.
///
/// # Errors
///
/// `InvalidData` when it is longer, `UnexpectedEof` when it does not end.
pub(crate) async fn line(from: &mut (impl AsyncBufRead + Unpin), most: usize) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let bound = most as u64 + 1;
    if from.take(bound).read_until(b'\n', &mut line).await? == 0 {
        return Ok(None);
    }
    if line.pop_if(|last| *last == b'\n').is_some() {
        return Ok(Some(line));
    }
    Err(if line.len() > most { io::ErrorKind::InvalidData.into() } else { io::ErrorKind::UnexpectedEof.into() })
}

/// A value as a line.
pub(crate) fn to_line(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_line_is_bounded_and_must_end() {
        let mut from = &b"one\n\ntwo\nthr"[..];
        assert_eq!(line(&mut from, 3).await.unwrap(), Some(b"one".to_vec()));
        assert_eq!(line(&mut from, 3).await.unwrap(), Some(Vec::new()));
        assert_eq!(line(&mut &b"long\n"[..], 3).await.unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(line(&mut from, 3).await.unwrap(), Some(b"two".to_vec()));
        assert_eq!(line(&mut from, 10).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(line(&mut from, 10).await.unwrap(), None);
    }

    #[test]
    fn replies_have_a_form_that_is_kept() {
        let text = |reply: &Reply| String::from_utf8(to_line(reply).unwrap()).unwrap();
        assert_eq!(text(&Reply::End), "\"end\"\n");
        assert_eq!(text(&Reply::Alive), "\"alive\"\n");
        assert_eq!(text(&Reply::Item(Box::new(Item::done("x")))), "{\"item\":{\"type\":\"done\",\"what\":\"x\"}}\n");
        let refused = Reply::Refused(Refused::missing("no mailbox"));
        assert_eq!(text(&refused), "{\"refused\":{\"fault\":\"missing\",\"what\":\"no mailbox\"}}\n");
        assert_eq!(serde_json::from_str::<Reply>(&text(&refused)).unwrap(), refused);
    }
}
