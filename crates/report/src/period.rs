//! Four months [R-L-12-4].

use pec::Moment;

/// A third of a year, as the supervisor counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The year.
    pub year: u16,
    /// 1, 2 or 3.
    pub third: u8,
}

impl Period {
    /// The third of a year; `None`: there is none of this number.
    pub fn new(year: u16, third: u8) -> Option<Self> {
        ((1..=3).contains(&third) && (2005..=9998).contains(&year)).then_some(Self { year, third })
    }

    /// The one in which this moment is.
    pub fn of(at: Moment) -> Option<Self> {
        let date = at.date();
        let mut parts = date.split('-');
        let (year, month) = (parts.next()?.parse().ok()?, parts.next()?.parse::<u8>().ok()?);
        Self::new(year, month.checked_sub(1)? / 4 + 1)
    }

    /// Its first day, `yyyy-mm-dd`.
    pub fn first(&self) -> String {
        format!("{}-{:02}-01", self.year, (self.third - 1) * 4 + 1)
    }

    /// Its last day.
    pub fn last(&self) -> String {
        let end = ["04-30", "08-31", "12-31"].get(usize::from(self.third) - 1).copied().unwrap_or_default();
        format!("{}-{end}", self.year)
    }

    /// Its first instant, and that of the next one.
    pub fn bounds(&self) -> (Moment, Moment) {
        let next = match self.third {
            3 => Self { year: self.year + 1, third: 1 },
            third => Self { third: third + 1, ..*self },
        };
        let begin = |period: &Self| Moment::midnight(&period.first()).unwrap_or(Moment::from_unix(0));
        (begin(self), begin(&next))
    }

    /// When its statistics must have been sent [R-L-ST-1]: the last day of the month after it.
    pub fn due(&self) -> String {
        match self.third {
            1 => format!("{}-05-31", self.year),
            2 => format!("{}-09-30", self.year),
            _ => format!("{}-01-31", self.year + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// [R-L-ST-1] [R-L-12-4]
    #[test]
    fn a_year_has_three() {
        let all = [1, 2, 3].map(|third| Period::new(2026, third).unwrap());
        assert_eq!(all.map(|period| period.first()), ["2026-01-01", "2026-05-01", "2026-09-01"]);
        assert_eq!(all.map(|period| period.last()), ["2026-04-30", "2026-08-31", "2026-12-31"]);
        assert_eq!(all.map(|period| period.due()), ["2026-05-31", "2026-09-30", "2027-01-31"]);
        assert_eq!(all[0].bounds().1, all[1].bounds().0);
        assert_eq!(all[2].bounds().1.date(), "2027-01-01");
        let (begin, end) = all[0].bounds();
        // An hour is missing at the end of March.
        assert_eq!(end.unix() - begin.unix(), 120 * 86_400 - 3600);
        assert_eq!(Period::of(begin.plus(-1)), Period::new(2025, 3));
        assert_eq!(Period::of(begin), Some(all[0]));
        assert_eq!((Period::new(2026, 0), Period::new(2026, 4)), (None, None));
    }
}
