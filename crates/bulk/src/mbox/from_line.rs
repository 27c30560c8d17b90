//! The line before a message: `From anna@alfa.example Sat Nov 28 10:00:00 2026`.

use pec::Moment;

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// No line is longer.
const LONGEST: usize = 1000;

/// The instant in such a line, which has no zone most of the time: then it is UTC, as RFC 4155 wants it. `None`: the line is
/// another one. That a line begins with `From ` is not enough: programs have written mbox files without quoting.
pub(super) fn read(line: &[u8]) -> Option<Moment> {
    let rest = line.strip_prefix(b"From ").filter(|rest| rest.len() <= LONGEST)?;
    let text = String::from_utf8_lossy(rest);
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    // The sender's address may hold anything, blanks too.
    let from = words.iter().rposition(|word| DAYS.contains(word))?;
    let [_, month, day, time, more @ ..] = words.get(from..)? else { return None };
    let month = MONTHS.iter().position(|name| name == month)? + 1;
    let day: u8 = day.parse().ok()?;
    let time = if time.matches(':').count() == 1 { format!("{time}:00") } else { (*time).to_owned() };
    // `2026`, `+0100 2026`, `CET 2026`, `2026 +0100`
    let year = more.iter().take(2).find(|word| word.len() == 4 && word.bytes().all(|octet| octet.is_ascii_digit()))?;
    let zone = more.iter().take(2).find(|word| word.len() == 5 && word.starts_with(['+', '-']));
    Moment::read(&format!("{day:02}/{month:02}/{year}"), &time, zone.unwrap_or(&"+0000"))
}

/// Such a line for a message that came then. There is no sender in it that anybody would believe.
pub(super) fn write(at: Moment) -> String {
    // `Thu, 05 Dec 2024 11:30:30 +0100`: in Italian legal time, and said so.
    let text = at.rfc5322();
    let words: Vec<&str> = text.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    match words.as_slice() {
        [weekday, day, month, year, time, zone] => format!("From - {weekday} {month} {day} {time} {zone} {year}\n"),
        _ => "From - Thu Jan 01 00:00:00 +0000 1970\n".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_many_programs_are_known_and_sentences_are_not() {
        for line in [
            "From anna@alfa.example Wed Oct 14 08:00:00 2026\n",
            "From - Wed Oct 14 08:00:00 2026\r\n",
            "From MAILER-DAEMON Wed Oct 14 08:00 2026\n",
            "From \"anna bianchi\"@alfa.example  Wed Oct 14 10:00:00 +0200 2026\n",
            "From 17@xxx Wed Oct 14 08:00:00 +0000 2026\n",
            "From anna Wed Oct 14 10:00:00 2026 +0200\n",
            "From a@b.example Wed Oct 14 08:00:00 UTC 2026\n",
        ] {
            assert_eq!(read(line.as_bytes()).map(Moment::unix), Some(1_791_964_800), "{line}");
        }
        for line in [
            "From here on Wed is free\n",
            "From\n",
            "From: anna@alfa.example\n",
            ">From anna Wed Oct 14 08:00:00 2026\n",
            "From anna Wed Oct 44 08:00:00 2026\n",
            "from anna Wed Oct 14 08:00:00 2026\n",
        ] {
            assert_eq!(read(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for unix in [0, 1_795_770_000, 1_782_000_000] {
            let at = Moment::from_unix(unix);
            assert_eq!(read(write(at).as_bytes()), Some(at), "{}", write(at));
        }
    }
}
