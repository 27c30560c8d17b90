//! Comments between fields, addresses and parameters (RFC 5322 §3.2.2): nested, with quoted pairs.

/// The length of the comment that `text` begins with; `None` when it has no end.
pub(crate) fn comment(text: &[u8]) -> Option<usize> {
    let (mut depth, mut escaped) = (0usize, false);
    for (at, &byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}
