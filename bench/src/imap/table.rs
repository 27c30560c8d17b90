//! What was measured, and how it is told.

use std::fmt;
use std::time::Duration;

/// What more of a figure means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Time, memory: less is better.
    Less,
    /// Work done in a second: more is better.
    More,
}

/// One measurement at one server.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// In the row's unit.
    pub figure: f64,
    /// What the server's processes spent on the processors, for each unit of work; `None` where no work was done.
    pub cpu: Option<Duration>,
}

impl From<f64> for Sample {
    fn from(figure: f64) -> Self {
        Self { figure, cpu: None }
    }
}

/// One measurement at both servers, some times in turn.
#[derive(Clone, Debug)]
pub struct Row {
    /// What was measured.
    pub what: String,
    /// In which unit.
    pub unit: &'static str,
    /// What more of it means.
    pub better: Better,
    /// Ours.
    pub ours: Vec<Sample>,
    /// Dovecot's; empty where it was not measured.
    pub theirs: Vec<Sample>,
}

impl Row {
    /// How far we are ahead by the medians: above 1 we are.
    fn ahead(&self) -> Option<f64> {
        let (ours, theirs) = (median(&figures(&self.ours))?, median(&figures(&self.theirs))?);
        let (more, less) = if self.better == Better::More { (ours, theirs) } else { (theirs, ours) };
        (less > 0.0).then(|| more / less)
    }
}

fn figures(samples: &[Sample]) -> Vec<f64> {
    samples.iter().map(|sample| sample.figure).collect()
}

fn cpu(samples: &[Sample]) -> Vec<f64> {
    samples.iter().filter_map(|sample| Some(sample.cpu?.as_secs_f64() * 1_000.0)).collect()
}

/// The middle of them; `None` of none.
fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        odd if odd % 2 == 1 => sorted.get(half).copied(),
        _ => Some((sorted.get(half - 1)? + sorted.get(half)?) / 2.0),
    }
}

/// The titles of the columns.
pub fn head() -> String {
    format!("{:<44} {:>12} {:>12} {:>8}   {:>18}", "", "Sigillo", "Dovecot", "ahead", "CPU, ms (S / D)")
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: Option<f64>| value.map_or_else(|| "-".into(), number);
        let [ours, theirs] = [&self.ours, &self.theirs].map(|samples| shown(median(&figures(samples))));
        let ahead = self.ahead().map_or_else(String::new, |ahead| format!("x {ahead:.2}"));
        write!(f, "{:<44} {ours:>12} {theirs:>12} {ahead:>8}", format!("{}, {}", self.what, self.unit))?;
        let [ours, theirs] = [&self.ours, &self.theirs].map(|samples| median(&cpu(samples)));
        match ours {
            Some(ours) => write!(f, "   {:>18}", format!("{} / {}", number(ours), shown(theirs))),
            None => Ok(()),
        }
    }
}

/// With about three digits that mean something.
fn number(value: f64) -> String {
    let digits = if value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(better: Better, ours: &[f64], theirs: &[f64]) -> Row {
        let samples = |figures: &[f64]| figures.iter().copied().map(Sample::from).collect();
        Row { what: "x".into(), unit: "ms", better, ours: samples(ours), theirs: samples(theirs) }
    }

    #[test]
    fn ahead_is_who_takes_less_time_or_does_more() {
        assert_eq!(row(Better::Less, &[9.0, 10.0, 50.0], &[20.0]).ahead(), Some(2.0));
        assert_eq!(row(Better::More, &[10.0, 20.0], &[30.0]).ahead(), Some(0.5));
        assert_eq!(row(Better::More, &[10.0], &[]).ahead(), None);
    }

    #[test]
    fn a_row_tells_medians_and_what_the_processors_did() {
        let mut row = row(Better::Less, &[12.0], &[36.0]);
        row.ours = vec![Sample { figure: 12.0, cpu: Some(Duration::from_millis(7)) }];
        let told = row.to_string();
        assert!(told.contains("12.0") && told.contains("x 3.00") && told.ends_with("7.00 / -"), "{told}");
    }
}
