//! Instants as the three places of a message print them: header, certification data, CMS.

/// An instant, with the wall clock and zone it was printed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Seconds since 1970 UTC.
    pub epoch: i64,
    /// `dd/mm/yyyy`
    pub day: String,
    /// `hh:mm:ss`
    pub time: String,
    /// `+hhmm`
    pub zone: String,
}

impl Moment {
    /// Reads a `Date` field (RFC 5322), with or without day name and comment.
    pub fn from_header(text: &str) -> Option<Self> {
        let text = text.split('(').next()?;
        let text = text.rsplit(',').next()?;
        let mut words = text.split_whitespace();
        let (day, month, year) = (words.next()?.parse().ok()?, month(words.next()?)?, words.next()?.parse().ok()?);
        let (time, zone) = (words.next()?, words.next()?);
        Self::new(year, month, day, time, if zone == "GMT" { "+0000" } else { zone })
    }

    /// Reads `giorno`, `ora` and `zona` of the certification data (§4.4).
    pub fn from_data(day: &str, time: &str, zone: &str) -> Option<Self> {
        let numbers: Vec<i64> = day.split('/').map(|number| number.parse().ok()).collect::<Option<_>>()?;
        let &[day_of_month, month, year] = numbers.as_slice() else { return None };
        let moment = Self::new(year, month, day_of_month, time, zone)?;
        (moment.day == day && moment.time == time).then_some(moment)
    }

    /// Reads a time as openssl prints it: `Dec 14 13:36:08 2021 GMT`.
    pub fn from_openssl(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let (month, day) = (month(words.next()?)?, words.next()?.parse().ok()?);
        let (time, year) = (words.next()?, words.next()?.parse().ok()?);
        Self::new(year, month, day, time, "+0000")
    }

    fn new(year: i64, month: i64, day: i64, time: &str, zone: &str) -> Option<Self> {
        let clock: Vec<i64> = time.split(':').map(|number| number.parse().ok()).collect::<Option<_>>()?;
        let &[hour, minute, second] = clock.as_slice() else { return None };
        let digits = zone.strip_prefix(['+', '-']).filter(|digits| digits.len() == 4)?;
        let offset: i64 = digits.parse().ok()?;
        let offset = (offset / 100 * 60 + offset % 100) * if zone.starts_with('-') { -60 } else { 60 };
        let fits = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 61;
        fits.then(|| Moment {
            epoch: days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset,
            day: format!("{day:02}/{month:02}/{year:04}"),
            time: format!("{hour:02}:{minute:02}:{second:02}"),
            zone: zone.to_owned(),
        })
    }
}

fn month(name: &str) -> Option<i64> {
    const NAMES: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    NAMES.iter().zip(1..).find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, number)| number)
}

/// Days from 1970-01-01 in the Gregorian calendar, years counted from March so that the leap day comes last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (month * 153 + 2) / 5 + day
        - 719_469
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_spellings_of_one_instant_agree() {
        let header = Moment::from_header("Tue, 14 Dec 2021 14:36:08 +0100 (CET)").unwrap();
        assert_eq!(header.epoch, 1_639_488_968);
        assert_eq!(Moment::from_data("14/12/2021", "14:36:08", "+0100"), Some(header.clone()));
        assert_eq!(Moment::from_openssl("Dec 14 13:36:08 2021 GMT").unwrap().epoch, header.epoch);
    }

    #[test]
    fn leap_days_and_century_rules_count() {
        assert_eq!(Moment::from_header("1 Jan 1970 00:00:00 +0000").unwrap().epoch, 0);
        assert_eq!(Moment::from_header("29 Feb 2000 12:00:00 -0030").unwrap().epoch, 951_827_400);
        assert_eq!(Moment::from_header("1 Mar 2100 00:00:00 +0000").unwrap().epoch, 4_107_542_400);
    }

    #[test]
    fn what_is_not_in_the_prescribed_form_is_refused() {
        for (day, time, zone) in
            [("4/1/2021", "14:36:08", "+0100"), ("14/12/2021", "14:36", "+0100"), ("14/12/2021", "14:36:08", "+01:00")]
        {
            assert_eq!(Moment::from_data(day, time, zone), None, "{day} {time} {zone}");
        }
    }
}
