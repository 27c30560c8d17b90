//! The files of the supervisor (record layouts 1.1 of 2 October 2019) [R-L-ST-1]: P01, what was carried; P02, when the provider was
//! not there.

use pec::Moment;
use store::{Outage, OutageCause};

use crate::code::ProviderCode;
use crate::counter::What;
use crate::period::Period;
use crate::service::{Service, seconds};

/// A field of a layout.
struct Field {
    name: &'static str,
    form: Form,
}

/// What a field may hold.
enum Form {
    /// `CodGestPEC`
    Code,
    /// A number, from and to.
    Number(u64, u64),
    /// One of these.
    OneOf(&'static [&'static str]),
}

const fn field(name: &'static str, form: Form) -> Field {
    Field { name, form }
}

const ANY: Form = Form::Number(0, u64::MAX);

/// A layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Track {
    /// What was carried.
    P01,
    /// When the provider was not there.
    P02,
}

const P01: &[Field] = &[
    field("CodGestPEC", Form::Code),
    field("Quadrimestre", Form::Number(1, 3)),
    field("Anno", Form::Number(1000, 9999)),
    field("NumDomini", ANY),
    field("NumCaselle", ANY),
    field("MsgUscita", ANY),
    field("MsgIngresso", ANY),
    field("VirusIngresso", ANY),
    field("VirusUscita", ANY),
];

const P02: &[Field] = &[
    field("CodGestPEC", Form::Code),
    field("Quadrimestre", Form::Number(1, 3)),
    field("Giorno", Form::Number(1, 366)),
    field("Anno", Form::Number(1000, 9999)),
    field("TipoDisservizio", Form::OneOf(&["01", "02", "03"])),
    field("Durata", Form::Number(1, 24 * 60 + 60)),
    field("SLA", Form::OneOf(&["S", "N"])),
];

/// What P01 says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// `NumDomini`
    pub domains: u64,
    /// `NumCaselle`
    pub mailboxes: u64,
    /// `MsgUscita`
    pub accepted: u64,
    /// `MsgIngresso`
    pub taken_in_charge: u64,
    /// `VirusIngresso`
    pub viruses_in: u64,
    /// `VirusUscita`
    pub viruses_out: u64,
}

impl Carried {
    /// From what is kept of the days, and what was hosted at their end.
    pub fn of(sums: &[store::Sum], domains: u64, mailboxes: u64) -> Self {
        let of = |what: What| {
            let name = what.name();
            sums.iter().filter(|sum| sum.what == name).map(|sum| sum.value).sum()
        };
        Self {
            domains,
            mailboxes,
            accepted: of(What::Accepted),
            taken_in_charge: of(What::TakenInCharge),
            viruses_in: of(What::VirusesIn),
            viruses_out: of(What::VirusesOut),
        }
    }
}

impl Track {
    fn fields(self) -> &'static [Field] {
        match self {
            Self::P01 => P01,
            Self::P02 => P02,
        }
    }

    /// The name of its file for a period.
    pub fn file(self, period: Period) -> String {
        let name = match self {
            Self::P01 => "P01",
            Self::P02 => "P02",
        };
        format!("{name}_{}_{}.csv", period.year, period.third)
    }

    /// Holds a text to the layout; how many records it has.
    pub fn validate(self, text: &str) -> Result<usize, String> {
        let mut lines = text.split_terminator("\r\n");
        let names: Vec<&str> = self.fields().iter().map(|field| field.name).collect();
        if lines.next() != Some(names.join(",").as_str()) || !text.ends_with("\r\n") {
            return Err(format!("line 1: expected {}", names.join(",")));
        }
        let mut records = 0;
        for (at, line) in lines.enumerate() {
            let values: Vec<&str> = line.split(',').collect();
            if values.len() != names.len() {
                return Err(format!("line {}: expected {} fields, found {}", at + 2, names.len(), values.len()));
            }
            for (field, value) in self.fields().iter().zip(values) {
                field.check(value).map_err(|what| format!("line {}: {}: {what}", at + 2, field.name))?;
            }
            records += 1;
        }
        Ok(records)
    }

    fn text(self, records: &[Vec<String>]) -> String {
        let names: Vec<&str> = self.fields().iter().map(|field| field.name).collect();
        let lines = std::iter::once(names.join(",")).chain(records.iter().map(|record| record.join(",")));
        lines.map(|line| line + "\r\n").collect()
    }
}

impl Field {
    fn check(&self, value: &str) -> Result<(), String> {
        let holds = match self.form {
            Form::Code => return value.parse::<ProviderCode>().map(drop),
            Form::Number(least, most) => {
                let number = value.parse::<u64>().ok().filter(|number| number.to_string() == value);
                number.is_some_and(|number| (least..=most).contains(&number))
            }
            Form::OneOf(all) => all.contains(&value),
        };
        if holds { Ok(()) } else { Err(format!("{value:?} is not what the layout has")) }
    }
}

/// P01 of a period.
pub fn p01(code: &ProviderCode, period: Period, carried: Carried) -> String {
    let Carried { domains, mailboxes, accepted, taken_in_charge, viruses_in, viruses_out } = carried;
    let numbers = [domains, mailboxes, accepted, taken_in_charge, viruses_in, viruses_out];
    let mut record = vec![code.to_string(), period.third.to_string(), period.year.to_string()];
    record.extend(numbers.map(|number| number.to_string()));
    Track::P01.text(&[record])
}

/// P02 of a period: a record for each day of each time without service.
pub fn p02(code: &ProviderCode, period: Period, service: &Service) -> String {
    let mut records = Vec::new();
    for (outage, kept) in &service.outages {
        for (day, minutes) in days(outage) {
            let cause = match outage.cause {
                OutageCause::Planned => "01",
                OutageCause::Incident => "02",
                OutageCause::Malfunction => "03",
            };
            let sla = if *kept { "S" } else { "N" };
            records.push(vec![
                code.to_string(),
                period.third.to_string(),
                day.to_string(),
                period.year.to_string(),
                cause.to_owned(),
                minutes.to_string(),
                sla.to_owned(),
            ]);
        }
    }
    Track::P02.text(&records)
}

/// The days of the year on which a provider was not there, and for how many minutes, each begun one whole.
fn days(outage: &Outage) -> Vec<(u64, u64)> {
    let (mut found, mut at) = (Vec::new(), outage.began);
    while at < outage.ended {
        let date = at.date();
        let next = tomorrow(&date).unwrap_or(outage.ended).min(outage.ended);
        let part = Outage { began: at, ended: next, ..outage.clone() };
        if let Some(day) = day_of_year(&date) {
            found.push((day, seconds(&part).div_ceil(60)));
        }
        // A calendar that gives no later day would turn in circles.
        at = if next > at { next } else { outage.ended };
    }
    found
}

/// The first instant of the day after.
fn tomorrow(date: &str) -> Option<Moment> {
    let midnight = Moment::midnight(date)?;
    // A day has 25 hours at most.
    Moment::midnight(&midnight.plus(26 * 3600).date())
}

fn day_of_year(date: &str) -> Option<u64> {
    let first = Moment::midnight(&format!("{}-01-01", date.get(..4)?))?;
    let at = Moment::midnight(date)?;
    // Days of 23 and 25 hours are less than half a day from a whole number.
    u64::try_from((at.unix() - first.unix() + 43_200) / 86_400 + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code() -> ProviderCode {
        "VAT-01234567890".parse().unwrap()
    }

    /// [R-L-ST-1]
    #[test]
    fn p01_is_as_the_layout_has_it() {
        let period = Period::new(2026, 3).unwrap();
        let carried =
            Carried { domains: 2, mailboxes: 30, accepted: 400, taken_in_charge: 5000, viruses_in: 6, viruses_out: 0 };
        let text = p01(&code(), period, carried);
        assert_eq!(
            text,
            "CodGestPEC,Quadrimestre,Anno,NumDomini,NumCaselle,MsgUscita,MsgIngresso,VirusIngresso,VirusUscita\r\n\
             VAT-01234567890,3,2026,2,30,400,5000,6,0\r\n"
        );
        assert_eq!((Track::P01.validate(&text), Track::P01.file(period)), (Ok(1), "P01_2026_3.csv".to_owned()));
        for (from, to, wrong) in [
            (",3,", ",4,", "line 2: Quadrimestre: \"4\""),
            (",2026,", ",26,", "line 2: Anno"),
            (",400,", ",0400,", "line 2: MsgUscita"),
            (",400,", ",-1,", "line 2: MsgUscita"),
            ("VAT-0", "VAT-", "line 2: CodGestPEC"),
            (",0\r\n", "\r\n", "line 2: expected 9 fields, found 8"),
            ("NumDomini", "Domini", "line 1"),
            ("\r\n", "\n", "line 1"),
        ] {
            let error = Track::P01.validate(&text.replace(from, to)).unwrap_err();
            assert!(error.contains(wrong), "{to}: {error}");
        }
    }

    #[test]
    fn p02_has_a_record_for_each_day_and_time_without_service() {
        let period = Period::new(2028, 1).unwrap();
        let at = |text: &str| Moment::from_utc(text).unwrap();
        let outage =
            |began: &str, ended: &str, cause| Outage { began: at(began), ended: at(ended), cause, note: String::new() };
        let outages = vec![
            outage("2028-02-29T10:00:00Z", "2028-02-29T10:01:01Z", OutageCause::Planned),
            // Over midnight of Italian legal time.
            outage("2028-03-01T22:30:00Z", "2028-03-01T23:10:00Z", OutageCause::Incident),
            // The day on which summer begins, whole, and too long.
            outage("2028-03-25T23:00:00Z", "2028-03-26T22:00:00Z", OutageCause::Malfunction),
        ];
        let service = Service::of(period, &[], outages);
        let text = p02(&code(), period, &service);
        let lines: Vec<&str> = text.lines().skip(1).map(|line| line.trim_start_matches("VAT-01234567890,1,")).collect();
        assert_eq!(lines, ["60,2028,01,2,S", "61,2028,02,30,S", "62,2028,02,10,S", "86,2028,03,1380,N"]);
        assert_eq!(Track::P02.validate(&text), Ok(4));
        assert_eq!(Track::P02.validate(&p02(&code(), period, &Service::of(period, &[], Vec::new()))), Ok(0));
        assert!(Track::P02.validate(&text.replace(",01,", ",04,")).is_err());
    }
}
