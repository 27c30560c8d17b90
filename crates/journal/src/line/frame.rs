//! What a line begins with, and the lines that have no message: where a file opens and ends, what is missing in it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pec::Moment;
use proof::LogId;

use super::terms::{CLOSE, GOES_ON, MISSING, OPEN, UNREADABLE};
use super::text::value;
use crate::sheet::Sheet;

const MONTHS: [&str; 12] = ["gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"];

/// The first line of a file.
pub fn open(sheet: &Sheet, at: Moment) -> String {
    let Sheet { log, day, first, end, .. } = sheet;
    format!("{}: {OPEN}: giorno={day}: righe={first}-{}", begin(*log, *first, at), end - 1)
}

/// The last line of a file over a tree that has ended, or of one that grows.
pub fn close(sheet: &Sheet, at: Moment, lines: u64) -> String {
    let Sheet { log, end, root, closed, head, .. } = sheet;
    let word = if *closed { CLOSE } else { GOES_ON };
    let root = STANDARD.encode(root);
    format!("{}: {word}: eventi={lines}: testa={head}: radice={root}", begin(*log, end - 1, at))
}

/// The line that stands for rows that are not there any more.
pub fn missing(log: LogId, first: u64, last: u64, at: Moment) -> String {
    format!("{}: {MISSING}: righe={first}-{last}", begin(log, first, at))
}

/// The line that stands for a row that cannot be read.
pub fn unreadable(log: LogId, number: u64, what: &str, at: Moment) -> String {
    format!("{}: {UNREADABLE}: errore-esteso={}", begin(log, number, at), value(what))
}

/// `mag 10 11:04:46 2026 PEC1 sigillo [4711]`
pub(super) fn begin(log: LogId, number: u64, at: Moment) -> String {
    let (date, time) = (at.date(), at.time());
    let mut parts = date.splitn(3, '-');
    let (year, month, day) =
        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let month = month.parse::<usize>().ok().and_then(|month| MONTHS.get(month.checked_sub(1)?)).unwrap_or(&"");
    let day = day.trim_start_matches('0');
    format!("{month} {day:>2} {time} {year} PEC{} sigillo [{number}]", log.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opens_and_closes_a_file_says_which_rows_it_has() {
        let at = Moment::from_unix(1_772_877_600);
        let sheet = Sheet {
            log: LogId(2),
            head: 7,
            day: "2026-03-07".into(),
            first: 11,
            end: 21,
            root: proof::tree::empty(),
            closed: true,
            at,
            provider: "Alfa PEC".into(),
        };
        assert_eq!(open(&sheet, at), "mar  7 11:00:00 2026 PEC2 sigillo [11]: OPEN: giorno=2026-03-07: righe=11-20");
        assert!(
            close(&sheet, at, 3)
                .starts_with("mar  7 11:00:00 2026 PEC2 sigillo [20]: CLOSE: eventi=3: testa=7: radice=")
        );
        let grows = Sheet { closed: false, ..sheet };
        assert!(close(&grows, at, 3).contains("]: CONTINUA: eventi=3"));
        assert!(missing(LogId(2), 12, 13, at).ends_with("[12]: MANCANTI: righe=12-13"));
        assert!(unreadable(LogId(2), 12, "a\nb", at).ends_with("[12]: ILLEGGIBILE: errore-esteso=a b"));
    }
}
