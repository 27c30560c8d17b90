//! Line ends that a file system changed.

use bytes::Bytes;

/// A file saved with bare line feeds is the message with its line ends changed by the file system: undone here, since
/// the signature covers CRLF.
pub(crate) fn with_crlf(message: &Bytes) -> Bytes {
    let head = &message[..message.len().min(4096)];
    if head.windows(2).any(|pair| pair == b"\r\n") || !head.contains(&b'\n') {
        return message.clone();
    }
    let mut fixed = Vec::with_capacity(message.len() + message.len() / 40);
    for &byte in message.iter() {
        if byte == b'\n' {
            fixed.push(b'\r');
        }
        fixed.push(byte);
    }
    fixed.into()
}
