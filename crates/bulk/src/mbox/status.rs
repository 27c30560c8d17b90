//! Flags that programs write into the header of a message in an mbox file: `Status` and `X-Status` (mutt, Dovecot, Pine),
//! `X-Keywords` (Dovecot), `X-Mozilla-Status` and `X-Mozilla-Keys` (Thunderbird). They are read, and stay where they are: the
//! octets of a message are never changed.

use bytes::Bytes;
use control::transfer::form::Marks;
use pec::header::Header;

/// Bits of `X-Mozilla-Status`.
const MOZILLA: [(u16, &str); 4] = [(1, "\\Seen"), (2, "\\Answered"), (4, "\\Flagged"), (0x1000, "$Forwarded")];
/// That of a message which was deleted, and is still in the file.
const MOZILLA_EXPUNGED: u16 = 8;

/// What a header says of its message.
pub(super) enum Status {
    /// Its flags.
    Marks(Marks),
    /// It is no message of anybody: what it is instead.
    NoMessage(&'static str),
}

pub(super) fn read(head: &[u8]) -> Status {
    let header = Header::parse(&Bytes::copy_from_slice(head));
    let value = |name: &str| header.value(name).unwrap_or_default().trim().to_owned();
    if header.count("X-IMAP") > 0 && value("Subject").starts_with("DON'T DELETE THIS MESSAGE") {
        return Status::NoMessage("notes of a mail program on the folder");
    }
    let mut marks = Vec::new();
    let mozilla = u16::from_str_radix(&value("X-Mozilla-Status"), 16).unwrap_or(0);
    if mozilla & MOZILLA_EXPUNGED != 0 {
        return Status::NoMessage("deleted, and still in a file that was not compacted");
    }
    marks.extend(MOZILLA.iter().filter(|(bit, _)| mozilla & bit != 0).map(|(_, flag)| (*flag).to_owned()));
    let letters = value("Status") + &value("X-Status");
    for (letter, flag) in
        [('R', "\\Seen"), ('A', "\\Answered"), ('F', "\\Flagged"), ('T', "\\Draft"), ('D', "\\Deleted")]
    {
        if letters.contains(letter) {
            marks.push(flag.to_owned());
        }
    }
    let keywords = format!("{} {}", value("X-Keywords"), value("X-Mozilla-Keys"));
    let atom = |octet: u8| octet.is_ascii_graphic() && !b"(){%*\"\\]".contains(&octet);
    marks.extend(keywords.split_ascii_whitespace().filter(|word| word.bytes().all(atom)).map(str::to_owned));
    marks.dedup();
    Status::Marks(Marks(marks))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(header: &str) -> Vec<String> {
        match read(format!("{header}Subject: x\r\n\r\n").as_bytes()) {
            Status::Marks(Marks(marks)) => marks,
            Status::NoMessage(what) => panic!("{what}"),
        }
    }

    #[test]
    fn flags_of_several_programs_are_read() {
        assert_eq!(marks("Status: RO\r\nX-Status: AF\r\n"), ["\\Seen", "\\Answered", "\\Flagged"]);
        assert_eq!(marks("Status: O\r\nX-Keywords: $Junk Pratica\r\n"), ["$Junk", "Pratica"]);
        assert_eq!(
            marks("X-Mozilla-Status: 1005\r\nX-Mozilla-Keys: $label1  \r\n"),
            ["\\Seen", "\\Flagged", "$Forwarded", "$label1"]
        );
        assert_eq!(marks(""), Vec::<String>::new());
    }

    #[test]
    fn what_is_no_message_is_known() {
        let deleted = read(b"X-Mozilla-Status: 0009\r\nSubject: x\r\n\r\n");
        assert!(matches!(deleted, Status::NoMessage(what) if what.contains("deleted")));
        let notes = read(b"Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\r\nX-IMAP: 1 2\r\n\r\n");
        assert!(matches!(notes, Status::NoMessage(what) if what.contains("notes")));
    }
}
