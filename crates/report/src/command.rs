//! `sigillo statistics`: numbers of a period, from what is kept, beside a provider that runs or not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use control::command::{Common, Ended};
use control::{Fault, Refused};
use pec::{Clock, Moment};
use serde_json::json;
use store::{Embedded, OutageCause, StoreError, Sum, Sums as _};

use crate::code::ProviderCode;
use crate::form::{Report, SENT_TO};
use crate::keeping::{Recount, is_behind, recount};
use crate::period::Period;
use crate::service::{Service, seconds};
use crate::tracks::{self, Carried, Track};

/// `sigillo statistics`
#[derive(Clone, Debug, Subcommand)]
pub enum StatisticsCommand {
    /// Count all rows of evidence anew, and compare with what is kept of their days
    Check {
        /// What every command takes.
        #[command(flatten)]
        common: Common,
    },
    /// Write the form on which a serious malfunction is reported to the supervisor
    Form(FormOptions),
    /// Say how a period was: availability, times without service, how long deliveries take
    Show {
        /// Which.
        #[command(flatten)]
        of: Of,
    },
    /// Write the files of the supervisor, P01 and P02, of a period that has ended
    Write {
        /// Which.
        #[command(flatten)]
        of: Of,
        /// The folder to write into; what is there is not replaced
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

/// A period.
#[derive(Args, Clone, Debug)]
pub struct Of {
    /// What every command takes.
    #[command(flatten)]
    pub common: Common,
    /// The year
    #[arg(long)]
    pub year: u16,
    /// Which four months of it: 1, 2 or 3
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=3))]
    pub period: u8,
}

/// `sigillo statistics form`
#[derive(Args, Clone, Debug)]
pub struct FormOptions {
    /// What every command takes.
    #[command(flatten)]
    pub common: Common,
    /// When it began, as `show` says
    pub began: String,
    /// Which report of its four months
    #[arg(long)]
    pub number: u32,
    /// The folder to write into; what is there is not replaced
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// Whose numbers they are.
#[derive(Clone, Debug)]
pub struct Whose {
    /// The provider's name.
    pub name: String,
    /// What the supervisor calls it, where that is configured.
    pub code: Option<ProviderCode>,
}

impl StatisticsCommand {
    /// What every command takes.
    pub fn common(&self) -> &Common {
        match self {
            Self::Check { common } => common,
            Self::Form(options) => &options.common,
            Self::Show { of } | Self::Write { of, .. } => &of.common,
        }
    }

    /// Does it with the store in this folder, and says on standard output what came of it.
    pub async fn run(self, store: &Path, whose: Whose, clock: Arc<dyn Clock>) -> Result<Ended, Refused> {
        let path = store.to_owned();
        let store = tokio::task::spawn_blocking(move || Embedded::look(&path)).await??;
        match self {
            Self::Check { common } => check(&store, common.json).await,
            Self::Form(options) => form(&store, &whose, options).await,
            Self::Show { of } => show(&store, period(&of)?, of.common.json).await,
            Self::Write { of, out } => write(&store, &whose, period(&of)?, &out, clock.now()).await,
        }
    }
}

fn period(of: &Of) -> Result<Period, Refused> {
    let wrong = || Refused::new(Fault::Request, format!("there is no period {} of {}", of.period, of.year));
    Period::new(of.year, of.period).ok_or_else(wrong)
}

fn code(whose: &Whose) -> Result<&ProviderCode, Refused> {
    let what =
        "expected provider.code in the configuration: what the supervisor calls this provider, as \"VAT-01234567890\"";
    whose.code.as_ref().ok_or_else(|| Refused::new(Fault::Unavailable, what))
}

async fn kept(store: &Embedded, period: Period) -> Result<(Vec<Sum>, Service), StoreError> {
    let sums = store.sums(&period.first(), &period.last()).await?;
    let (from, to) = period.bounds();
    let service = Service::of(period, &sums, store.outages(from, to).await?);
    Ok((sums, service))
}

async fn write(store: &Embedded, whose: &Whose, period: Period, out: &Path, now: Moment) -> Result<Ended, Refused> {
    let code = code(whose)?;
    let end = period.bounds().1;
    if now < end {
        let what = format!("the period goes on until {}: its numbers are not final", period.last());
        return Err(Refused::new(Fault::NotNow, what));
    }
    if is_behind(store, store, end).await? {
        let what = "rows of this period are not counted yet: the provider counts them within minutes while it runs";
        return Err(Refused::new(Fault::NotNow, what));
    }
    let (sums, service) = kept(store, period).await?;
    let hosted =
        async |what: &str| store.last_sum(what, &period.last()).await.map(|sum| sum.map_or(0, |sum| sum.value));
    let carried = Carried::of(&sums, hosted("domains").await?, hosted("mailboxes").await?);
    let files = [(Track::P01, tracks::p01(code, period, carried)), (Track::P02, tracks::p02(code, period, &service))];
    for (track, text) in &files {
        // What is sent is held to the layout by who reads it back.
        track.validate(text).map_err(|what| Refused::new(Fault::Program, what))?;
    }
    for (track, text) in files {
        let path = out.join(track.file(period));
        save(&path, text.as_bytes())?;
        output::say!("{}", path.display());
    }
    output::say!("to be sent by {}", period.due());
    Ok(Ended::Well)
}

async fn show(store: &Embedded, period: Period, json: bool) -> Result<Ended, Refused> {
    let (sums, service) = kept(store, period).await?;
    let Service { length, allowed, outages, away, deliveries, percentiles } = &service;
    let carried = Carried::of(&sums, 0, 0);
    let (whole, part) = (service.availability() / 1000, service.availability() % 1000);
    if json {
        let one = |(outage, kept): &(store::Outage, bool)| {
            json!({
                "began": outage.began.to_string(), "ended": outage.ended.to_string(), "seconds": seconds(outage),
                "cause": outage.cause.name(), "note": outage.note, "kept": kept,
            })
        };
        let share = |(share, within): &(u8, Option<u64>)| json!({ "percent": share, "seconds": within });
        let item = json!({
            "type": "service", "from": period.first(), "to": period.last(), "seconds": length, "allowed": allowed, "away": away,
            "availability": format!("{whole}.{part:03}"), "kept": service.is_kept(),
            "outages": outages.iter().map(one).collect::<Vec<_>>(), "accepted": carried.accepted,
            "taken_in_charge": carried.taken_in_charge, "viruses_in": carried.viruses_in, "viruses_out": carried.viruses_out,
            "deliveries": deliveries, "delivered": percentiles.iter().map(share).collect::<Vec<_>>(),
        });
        output::say!("{item}");
        return Ok(Ended::Well);
    }
    output::say!("{} to {}: available {whole}.{part:03} % of the time", period.first(), period.last());
    let kept = if service.is_kept() { "within" } else { "beyond" };
    output::say!("{} minutes without service, {kept} the {} that the law allows", away.div_ceil(60), allowed / 60);
    for cause in OutageCause::ALL {
        output::say!("  {}: {} minutes", cause.name(), service.away_by(cause).div_ceil(60));
    }
    for (outage, kept) in outages {
        let beyond = if *kept { "" } else { ", beyond the law" };
        let (began, ended, cause) = (outage.began, outage.ended, outage.cause.name());
        output::say!("  from {began} to {ended}: {cause}: {}{beyond}", output::printable(&outage.note));
    }
    let Carried { accepted, taken_in_charge, viruses_in, viruses_out, .. } = carried;
    output::say!("{accepted} messages accepted, {taken_in_charge} taken in charge for other providers");
    output::say!("{viruses_in} infected messages came, {viruses_out} were not accepted");
    output::say!("{deliveries} deliveries of what holders sent");
    for (share, within) in percentiles {
        match within {
            Some(seconds) => output::say!("  {share} % within {seconds} seconds of the acceptance"),
            None => output::say!("  {share} % in more than a day"),
        }
    }
    Ok(Ended::Well)
}

async fn form(store: &Embedded, whose: &Whose, options: FormOptions) -> Result<Ended, Refused> {
    let code = code(whose)?;
    let outages = store.outages(Moment::from_unix(0), Moment::from_unix(i64::from(u32::MAX))).await?;
    let found = outages.iter().find(|outage| outage.began.to_string() == options.began);
    let none =
        || Refused::new(Fault::Missing, format!("no time without service began at {:?}: see show", options.began));
    let outage = found.ok_or_else(none)?;
    let period = Period::of(outage.began).ok_or_else(none)?;
    let (_, service) = kept(store, period).await?;
    let report = Report { provider: &whose.name, code, period, number: options.number, outage, service: &service };
    let path = options.out.join(report.file());
    let document = report.document().map_err(|error| Refused::new(Fault::Program, error.to_string()))?;
    save(&path, &document)?;
    let (to, subject) = SENT_TO;
    output::say!("{}", path.display());
    output::say!("complete it, sign it digitally, and send it by certified mail to {to}, subject: {subject}");
    Ok(Ended::Well)
}

/// Nothing that is there is replaced.
fn save(path: &Path, octets: &[u8]) -> Result<(), Refused> {
    use std::io::Write as _;

    let written = std::fs::OpenOptions::new().write(true).create_new(true).open(path).and_then(|mut file| {
        file.write_all(octets)?;
        file.sync_all()
    });
    written.map_err(|error| Refused::new(Fault::Unwritten, format!("{}: {error}", path.display())))
}

async fn check(store: &Embedded, json: bool) -> Result<Ended, Refused> {
    let Recount { sums: counted, whole_from } = recount(store, store).await?;
    let kept = store.sums(&whole_from, "9999-12-31").await?;
    // What is hosted is no row.
    let kept = kept.into_iter().filter(|sum| !["domains", "mailboxes"].contains(&sum.what.as_str()));
    let mut all: BTreeMap<(String, String), (u64, u64)> = BTreeMap::new();
    for Sum { day, what, value } in counted.into_iter().filter(|sum| sum.day >= whole_from) {
        all.entry((day, what)).or_default().0 = value;
    }
    for Sum { day, what, value } in kept {
        all.entry((day, what)).or_default().1 = value;
    }
    let mut wrong = 0;
    for ((day, what), (rows, sum)) in &all {
        if rows != sum {
            wrong += 1;
            match json {
                true => {
                    output::say!("{}", json!({ "type": "sum", "day": day, "what": what, "rows": rows, "kept": sum }))
                }
                false => output::say!("{day} {what}: {rows} by the rows, {sum} kept"),
            }
        }
    }
    let behind = is_behind(store, store, Moment::from_unix(i64::from(u32::MAX))).await?;
    if !json {
        let late = if behind { "; rows that came meanwhile are not counted yet" } else { "" };
        output::say!("{} sums of days compared, {wrong} differ{late}", all.len());
    }
    Ok(if wrong == 0 { Ended::Well } else { Ended::Faults })
}
