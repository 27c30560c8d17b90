//! The messages that both servers get: the same octets at every run.

/// What SEARCH looks for; in one message of a hundred.
pub const NEEDLE: &str = "mandragora";
/// The octets of a large message's attachment before its encoding.
const LARGE: usize = 22 << 20;

const WORDS: [&str; 24] = [
    "protocollo",
    "delibera",
    "comune",
    "ufficio",
    "allegato",
    "fattura",
    "istanza",
    "ricorso",
    "bando",
    "gara",
    "verbale",
    "diffida",
    "notifica",
    "scadenza",
    "pratica",
    "fascicolo",
    "contratto",
    "quota",
    "assemblea",
    "bilancio",
    "sentenza",
    "perito",
    "catasto",
    "visura",
];

/// A generator of numbers that nobody needs to be surprised by (Knuth's).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % below.max(1)
    }

    fn word(&mut self) -> &'static str {
        WORDS.get(self.next(WORDS.len())).copied().unwrap_or_default()
    }

    fn words(&mut self, count: usize) -> String {
        let words: Vec<_> = (0..count).map(|_| self.word()).collect();
        words.join(" ")
    }
}

/// A message as an office gets them: two parts, some kilobytes, one in eight with some ten. `number` decides all of it.
pub fn message(number: usize) -> Vec<u8> {
    let mut numbers = Numbers(number as u64);
    let (from, to) = (numbers.word(), numbers.word());
    let subject = match number % 4 {
        0 => format!("=?UTF-8?Q?POSTA_CERTIFICATA=3A_{}_=C3=A8_{number}?=", numbers.word()),
        _ => format!("POSTA CERTIFICATA: {} {number}", numbers.words(4)),
    };
    let cc = if number.is_multiple_of(3) {
        format!("Cc: <{}@comune.example>, \"Ufficio {}\" <u{number}@pec.example>\r\n", numbers.word(), numbers.word())
    } else {
        String::new()
    };
    let mut text = format!(
        "Received: from mx.pec.example (mx.pec.example [192.0.2.{}])\r\n\tby imap.example with ESMTPS id {number:08x};\r\n\tMon, 5 Jan 2026 10:00:00 +0100\r\n\
         From: \"Per conto di: {from}@pec.example\" <posta-certificata@pec.example>\r\nReply-To: {from}@pec.example\r\n\
         To: \"{to}\" <{to}@alfa.example>\r\n{cc}Subject: {subject}\r\n\
         Date: Mon, {} Jan 2026 {:02}:{:02}:00 +0100\r\nMessage-ID: <opec{number}.20260105@pec.example>\r\n\
         X-Riferimento-Message-ID: <{number}@client.example>\r\nX-Trasporto: posta-certificata\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"--=_p{number}\"\r\n\r\n\
         ----=_p{number}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
        numbers.next(250) + 1,
        numbers.next(28) + 1,
        numbers.next(24),
        numbers.next(60),
    );
    let lines = if number.is_multiple_of(8) { 400 + numbers.next(400) } else { 30 + numbers.next(60) };
    for line in 0..lines {
        text.push_str(&numbers.words(7));
        if line == 20 && number.is_multiple_of(100) {
            text.push(' ');
            text.push_str(NEEDLE);
        }
        text.push_str("\r\n");
    }
    text.push_str(&format!(
        "----=_p{number}\r\nContent-Type: application/xml; name=\"daticert.xml\"\r\n\
         Content-Disposition: attachment; filename=\"daticert.xml\"\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
    ));
    for _ in 0..20 {
        text.push_str(&format!("<dato>{}</dato>\r\n", numbers.words(3)));
    }
    text.push_str(&format!("----=_p{number}--\r\n"));
    text.into_bytes()
}

/// A message of thirty megabytes, nearly all of which is one attachment; its first part is a line of text.
pub fn large() -> Vec<u8> {
    let mut numbers = Numbers(30);
    let mut text = String::from(
        "From: <anna@pec.example>\r\nTo: <mario@alfa.example>\r\nSubject: planimetrie\r\n\
         Date: Mon, 5 Jan 2026 10:00:00 +0100\r\nMessage-ID: <grande@pec.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nIn allegato.\r\n\
         --b\r\nContent-Type: application/pdf; name=\"planimetrie.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n",
    );
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for _ in 0..LARGE / 57 {
        for _ in 0..19 {
            let four = numbers.next(1 << 24);
            for shift in [18, 12, 6, 0] {
                text.push(char::from(ALPHABET[(four >> shift) & 63]));
            }
        }
        text.push_str("\r\n");
    }
    text.push_str("--b--\r\n");
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_the_same_at_every_run_and_differ_from_each_other() {
        assert_eq!(message(7), message(7));
        assert_ne!(message(7), message(8));
        let needle = |number| String::from_utf8(message(number)).unwrap().contains(NEEDLE);
        assert_eq!((0..200).filter(|number| needle(*number)).collect::<Vec<_>>(), [0, 100]);
    }

    #[test]
    fn a_large_message_has_thirty_megabytes_in_lines_of_mail() {
        let message = large();
        assert!((29 << 20..32 << 20).contains(&message.len()), "{}", message.len());
        assert!(message.split(|octet| *octet == b'\n').all(|line| line.len() < 998));
    }
}
