//! Replies: code, enhanced code (RFC 2034, RFC 3463), text.

use std::fmt;

/// One reply of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Three digits, e.g. 250.
    pub code: u16,
    /// Enhanced code, e.g. `2.1.0`; none on 220, 221-less greetings, 334, 354 and EHLO.
    pub enhanced: Option<String>,
    /// Lines of text, ASCII, at least one.
    pub lines: Vec<String>,
}

/// Longest reply line written, without its end (RFC 5321 §4.5.3.1.5: 512 octets with code and CRLF).
const LINE: usize = 500;
/// Longest reply line read: some peers say more than the standard allows.
const LINE_READ: usize = 4096;
/// Most lines of one reply that are read.
const LINES_READ: usize = 200;

impl Reply {
    /// A reply of one line with an enhanced code; `enhanced` may be empty.
    pub fn new(code: u16, enhanced: &str, text: impl Into<String>) -> Self {
        let enhanced = (!enhanced.is_empty()).then(|| enhanced.to_owned());
        Self { code, enhanced, lines: vec![text.into()] }
    }

    /// 2yz.
    pub fn is_positive(&self) -> bool {
        self.code / 100 == 2
    }

    /// 4yz: the same may work later.
    pub fn is_transient(&self) -> bool {
        self.code / 100 == 4
    }

    /// 5yz: never try the same again.
    pub fn is_permanent(&self) -> bool {
        self.code / 100 == 5
    }

    /// The reply as it goes over the wire. Control characters and octets beyond ASCII in the text become `?`, long
    /// lines are cut: a service's text can never break the dialogue. A code outside 200-599 goes out as 451.
    pub fn write(&self, out: &mut Vec<u8>) {
        let code = if (200..600).contains(&self.code) { self.code } else { 451 };
        let last = self.lines.len().saturating_sub(1);
        let empty = String::new();
        for (i, line) in self.lines.iter().chain(self.lines.is_empty().then_some(&empty)).enumerate() {
            out.extend_from_slice(code.to_string().as_bytes());
            out.push(if i < last { b'-' } else { b' ' });
            if let Some(enhanced) = &self.enhanced {
                out.extend(printable(enhanced, 12));
                out.push(b' ');
            }
            out.extend(printable(line, LINE - 20));
            out.extend_from_slice(b"\r\n");
        }
    }

    /// Code and texts in one line, printable ASCII, at most `limit` characters: for receipts, logs and evidence.
    pub fn summary(&self, limit: usize) -> String {
        let text = self.to_string();
        printable(&text, limit).map(char::from).collect()
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some(enhanced) = &self.enhanced {
            write!(f, " {enhanced}")?;
        }
        self.lines.iter().filter(|line| !line.is_empty()).try_for_each(|line| write!(f, " {line}"))
    }
}

fn printable(text: &str, limit: usize) -> impl Iterator<Item = u8> + '_ {
    text.chars().take(limit).map(|c| if matches!(c, ' '..='~') { c as u8 } else { b'?' })
}

/// What came from a server is not a reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the peer's answer is not an SMTP reply: {0}")]
pub struct NotAReply(pub &'static str);

/// Takes one whole reply from the front of `input`. `Ok(None)`: more octets are needed. Gives the reply and how many
/// octets it took. A bare LF as line end is tolerated in replies, where nothing can be smuggled.
pub fn parse(input: &[u8]) -> Result<Option<(Reply, usize)>, NotAReply> {
    let mut reply: Option<Reply> = None;
    let mut at = 0;
    loop {
        let rest = input.get(at..).unwrap_or_default();
        let Some(end) = rest.iter().take(LINE_READ).position(|b| *b == b'\n') else {
            return if rest.len() >= LINE_READ { Err(NotAReply("a line is too long")) } else { early(rest) };
        };
        at += end + 1;
        let line = rest.get(..end).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let code = code(line).ok_or(NotAReply("no three-digit code"))?;
        let more = match line.get(3) {
            None | Some(b' ') => false,
            Some(b'-') => true,
            Some(_) => return Err(NotAReply("no space or hyphen after the code")),
        };
        let text = String::from_utf8_lossy(line.get(4..).unwrap_or_default()).into_owned();
        let (enhanced, text) = split_enhanced(code, text);
        let reply = reply.get_or_insert_with(|| Reply { code, enhanced: enhanced.clone(), lines: Vec::new() });
        if reply.code != code {
            return Err(NotAReply("the lines of one reply have different codes"));
        }
        if reply.lines.len() >= LINES_READ {
            return Err(NotAReply("too many lines"));
        }
        reply.lines.push(text);
        if !more {
            return Ok(Some((reply.clone(), at)));
        }
    }
}

/// A beginning that can never become a reply is known before its line ends.
fn early(rest: &[u8]) -> Result<Option<(Reply, usize)>, NotAReply> {
    if rest.iter().take(3).all(u8::is_ascii_digit) { Ok(None) } else { Err(NotAReply("no three-digit code")) }
}

fn code(line: &[u8]) -> Option<u16> {
    let digits = line.get(..3)?;
    let text = std::str::from_utf8(digits).ok().filter(|t| t.bytes().all(|b| b.is_ascii_digit()))?;
    text.parse().ok().filter(|code| (200..600).contains(code))
}

/// Splits `5.1.1 text`; the class of the enhanced code must be that of the reply.
fn split_enhanced(code: u16, text: String) -> (Option<String>, String) {
    let (first, rest) = text.split_once(' ').unwrap_or((&text, ""));
    let parts: Vec<&str> = first.split('.').collect();
    let number = |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let class = parts.first().and_then(|class| class.parse::<u16>().ok());
    if parts.len() == 3 && parts.iter().all(number) && class == Some(code / 100) && matches!(class, Some(2 | 4 | 5)) {
        (Some(first.to_owned()), rest.to_owned())
    } else {
        (None, text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_reply_of_several_lines_is_read_whole_or_not_at_all() {
        let wire = b"250-mx.example.it\r\n250-SIZE 100\r\n250 PIPELINING\r\nrest";
        let (reply, taken) = parse(wire).unwrap().unwrap();
        assert_eq!(reply.lines, ["mx.example.it", "SIZE 100", "PIPELINING"]);
        assert_eq!(&wire[taken..], b"rest");
        assert_eq!(parse(&wire[..taken - 1]), Ok(None));
    }

    #[test]
    fn the_enhanced_code_is_told_from_the_text() {
        let (reply, _) = parse(b"550 5.1.1 no such mailbox\r\n").unwrap().unwrap();
        assert_eq!((reply.enhanced.as_deref(), reply.lines[0].as_str()), (Some("5.1.1"), "no such mailbox"));
        let (reply, _) = parse(b"550 2.1.1 of another class\r\n").unwrap().unwrap();
        assert_eq!(reply.enhanced, None);
        assert_eq!(parse(b"250\r\n").unwrap().unwrap().0.lines, [""]);
    }

    #[test]
    fn what_is_no_reply_is_refused_early() {
        for bad in [&b"HTTP/1.1 400 Bad Request\r\n"[..], b"SSH-", b"250_x\r\n", b"999 x\r\n", b"250-a\r\n251 b\r\n"] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
        assert!(parse(&[b"2".repeat(3), b"x".repeat(5000)].concat()).is_err());
    }

    #[test]
    fn a_text_cannot_break_the_dialogue() {
        let mut out = Vec::new();
        Reply::new(550, "5.1.1", "a\r\n250 ok è").write(&mut out);
        assert_eq!(out, b"550 5.1.1 a??250 ok ?\r\n");
    }

    proptest! {
        #[test]
        fn reading_replies_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn what_is_written_is_read_back(
            code in 200u16..600,
            lines in proptest::collection::vec("[a-zA-Z][ -~]{0,60}", 1..5),
        ) {
            let reply = Reply { code, enhanced: None, lines };
            let mut out = Vec::new();
            reply.write(&mut out);
            let taken = out.len();
            prop_assert_eq!(parse(&out), Ok(Some((reply, taken))));
        }
    }
}
