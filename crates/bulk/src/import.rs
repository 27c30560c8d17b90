//! Messages carried in: what is new is found out first, then carried over.

mod survey;

use std::collections::BTreeSet;
use std::io::Read;

use control::command::Ended;
use control::transfer::form::{Heading, Likeness};
use control::{Carrier, Refused};
use pec::Address;
use store::FolderName;

use crate::progress::Progress;
use crate::report::{Line, Report};
use crate::source::{Fault, Found, Message, Origin, Pass, Source, SourceFolder, Wanted};
use crate::target::{TargetFolder, Targets};
use survey::{Sum, Survey, fits};

/// Messages compared, and carried over, at once.
const BATCH: usize = 64;
/// Octets of them after which no more are waited for; the provider takes twice that in one batch, or one larger message.
const BATCH_OCTETS: u64 = 4 << 20;
/// Octets sent at once.
const PIECE: usize = 64 << 10;

/// What of a source is imported, and how.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// The mailbox, for what is said.
    pub address: Address,
    /// Which folders of the source.
    pub wanted: Wanted,
    /// Everything goes to this folder and below it.
    pub into: Option<FolderName>,
    /// Only say what would change.
    pub dry_run: bool,
    /// Say it as JSON.
    pub json: bool,
}

struct Importing<'a> {
    source: &'a dyn Source,
    carrier: &'a mut Carrier,
    options: &'a ImportOptions,
    targets: Targets,
    report: Report,
    /// Folders of the mailbox that are known to be there.
    made: BTreeSet<String>,
}

/// Imports what a source has. What is there already, with the same octets in the same folder, is left as it is.
///
/// # Errors
///
/// When the mailbox has no room for what is new, before anything is imported, as far as the source says sizes; when the source
/// or the provider breaks off. What was imported stays, and the same command goes on from there.
pub async fn import(source: &dyn Source, carrier: &mut Carrier, options: &ImportOptions) -> Result<Ended, Refused> {
    let folders = carrier.folders().await?;
    let targets = Targets::new(&folders, options.into.clone());
    let made = folders.into_iter().map(|folder| folder.name).collect();
    let mut importing = Importing { source, carrier, options, targets, report: Report::new(options.json), made };
    let survey = importing.survey().await?;
    if options.dry_run {
        for (name, Sum { new, octets, there, .. }) in &survey.folders {
            importing.report.say(&Line::Folder { name, new: *new, new_octets: *octets, there: *there });
        }
        importing.told(survey.all, survey.passed_over);
    }
    fits(importing.carrier.room().await?, &survey.all, &options.address)?;
    if options.dry_run {
        return Ok(importing.report.ended());
    }
    let (done, passed_over) = importing.carry(survey.come).await?;
    importing.told(done, passed_over);
    Ok(importing.report.ended())
}

impl Importing<'_> {
    fn told(&self, Sum { new, octets, there, .. }: Sum, passed_over: u64) {
        let (dry_run, faults) = (self.options.dry_run, self.report.faults());
        self.report.say(&Line::Import { dry_run, new, new_octets: octets, there, passed_over, faults });
    }

    /// Goes through the source to see what is new. Faults are told by the pass that is the last one.
    async fn survey(&mut self) -> Result<Survey, Refused> {
        let mut found = self.source.start(Pass::Survey, self.options.wanted.clone());
        let mut progress = Progress::new("comparing", None, self.report.quiet());
        let (mut survey, mut names) = (Survey::default(), Vec::new());
        let (mut target, mut likes) = (None, Vec::new());
        while let Some(found) = found.recv().await {
            match found {
                Found::Folder(folder) => {
                    self.compare(&target, &mut likes, &mut survey).await?;
                    names.push(folder.name());
                    target = self.target(&folder, self.options.dry_run);
                }
                Found::Message(message) => {
                    likes.push(Likeness { size: message.octets.size(), digest: Some(message.octets.digest()) });
                    progress.add(1, message.octets.size());
                }
                Found::Outline { size } => {
                    likes.push(Likeness { size, digest: None });
                    progress.add(1, size);
                }
                Found::Done => {
                    survey.all.there += 1;
                    if let Some(TargetFolder { name, .. }) = &target {
                        survey.folders.entry(name.clone()).or_default().there += 1;
                    }
                }
                Found::Fault(fault) => {
                    if self.options.dry_run {
                        progress.pause();
                        self.report.fault(&fault);
                    }
                }
                Found::Note(what) => {
                    if self.options.dry_run {
                        progress.pause();
                        self.report.say(&Line::Note { what: &what });
                    }
                }
                Found::Passed(_) => survey.passed_over += 1,
                Found::Broken(why) => return Err(broken(&why)),
                Found::Closed(refused) => return Err(refused),
            }
            if likes.len() >= BATCH {
                self.compare(&target, &mut likes, &mut survey).await?;
            }
        }
        self.compare(&target, &mut likes, &mut survey).await?;
        self.all_were_there(&names)?;
        survey.come = progress.done();
        Ok(survey)
    }

    /// Which folder of the mailbox it is; `None`: its messages are not imported.
    fn target(&mut self, folder: &SourceFolder, tell: bool) -> Option<TargetFolder> {
        if !self.options.wanted.takes(&folder.name()) {
            return None;
        }
        match self.targets.of(folder) {
            Ok(target) => Some(target),
            Err(what) => {
                if tell {
                    self.report.fault(&Fault { place: folder.name(), what });
                }
                None
            }
        }
    }

    fn all_were_there(&self, names: &[String]) -> Result<(), Refused> {
        let wanted = self.options.wanted.names().iter();
        match wanted.clone().find(|wanted| !names.iter().any(|name| crate::source::is_at_or_below(name, wanted))) {
            None => Ok(()),
            Some(missing) => {
                let has: Vec<String> = names.iter().map(|name| output::printable(name)).collect();
                let what = format!("{} has no folder {missing}; it has {}", self.source.name(), has.join(", "));
                Err(Refused::missing(what))
            }
        }
    }

    async fn compare(
        &mut self,
        target: &Option<TargetFolder>,
        likes: &mut Vec<Likeness>,
        survey: &mut Survey,
    ) -> Result<(), Refused> {
        let likes = std::mem::take(likes);
        let Some(TargetFolder { name, .. }) = target else { return Ok(()) };
        let sum = survey.folders.entry(name.clone()).or_default();
        if likes.is_empty() {
            return Ok(());
        }
        let there = self.carrier.compare(name, likes.clone()).await?;
        for (like, there) in likes.iter().zip(there) {
            sum.count(there, like.size);
            survey.all.count(there, like.size);
        }
        Ok(())
    }

    /// Carries over what is new.
    async fn carry(&mut self, come: (u64, u64)) -> Result<(Sum, u64), Refused> {
        self.carrier.begin().await?;
        let mut found = self.source.start(Pass::Import, self.options.wanted.clone());
        let mut progress = Progress::new("importing", Some(come), self.report.quiet());
        let (mut done, mut passed_over) = (Sum::default(), 0);
        let (mut target, mut batch, mut octets) = (None, Vec::new(), 0);
        let mut broke_off = None;
        while let Some(found) = found.recv().await {
            match found {
                Found::Folder(folder) => {
                    self.put(&target, &mut batch, &mut done, &mut progress).await?;
                    octets = 0;
                    target = self.target(&folder, true);
                    self.make(&target).await?;
                }
                Found::Message(message) => {
                    octets += message.octets.size();
                    batch.push(*message);
                }
                Found::Outline { .. } => {}
                Found::Done => done.there += 1,
                Found::Fault(fault) => {
                    progress.pause();
                    self.report.fault(&fault);
                }
                Found::Note(what) => {
                    progress.pause();
                    self.report.say(&Line::Note { what: &what });
                }
                Found::Passed(_) => passed_over += 1,
                Found::Broken(why) => {
                    broke_off = Some(why);
                    break;
                }
                Found::Closed(refused) => return Err(refused),
            }
            if batch.len() >= BATCH || octets >= BATCH_OCTETS {
                self.put(&target, &mut batch, &mut done, &mut progress).await?;
                octets = 0;
            }
        }
        self.put(&target, &mut batch, &mut done, &mut progress).await?;
        match broke_off {
            None => Ok((done, passed_over)),
            Some(why) => Err(broken(&format!("{why}; {} messages were imported before, and stay", done.new))),
        }
    }

    /// Makes a folder that is not there, also one that stays empty: a folder is something that a holder has made.
    async fn make(&mut self, target: &Option<TargetFolder>) -> Result<(), Refused> {
        if let Some(TargetFolder { name, special }) = target
            && !self.made.contains(name)
        {
            self.carrier.make(name, special.map(store::SpecialUse::name)).await?;
            self.made.insert(name.clone());
        }
        Ok(())
    }

    /// Puts in the mailbox what of the batch is new.
    async fn put(
        &mut self,
        target: &Option<TargetFolder>,
        batch: &mut Vec<Message>,
        done: &mut Sum,
        progress: &mut Progress,
    ) -> Result<(), Refused> {
        let batch = std::mem::take(batch);
        let Some(TargetFolder { name, .. }) = target.as_ref().filter(|_| !batch.is_empty()) else { return Ok(()) };
        let likes =
            batch.iter().map(|message| Likeness { size: message.octets.size(), digest: Some(message.octets.digest()) });
        let there = self.carrier.compare(name, likes.collect()).await?;
        let (mut weight, mut sum, mut origins) = (0, Sum::default(), Vec::new());
        for (message, there) in batch.into_iter().zip(there) {
            let size = message.octets.size();
            let (origin, fits) = (message.origin.clone(), weight + size <= 2 * BATCH_OCTETS);
            if !there {
                if !fits && weight > 0 {
                    self.commit(&mut sum, &mut origins, done, progress).await?;
                    weight = 0;
                }
                weight += size;
                self.send(name, message).await?;
            }
            sum.count(there, size);
            origins.extend(origin);
        }
        self.commit(&mut sum, &mut origins, done, progress).await
    }

    async fn commit(
        &mut self,
        sum: &mut Sum,
        origins: &mut Vec<Origin>,
        done: &mut Sum,
        progress: &mut Progress,
    ) -> Result<(), Refused> {
        if sum.new > 0 {
            self.carrier.commit().await?;
        }
        self.source.done(&std::mem::take(origins)).map_err(Refused::request)?;
        let Sum { new, octets, there, there_octets } = std::mem::take(sum);
        (done.new, done.octets, done.there) = (done.new + new, done.octets + octets, done.there + there);
        progress.add(new + there, octets + there_octets);
        Ok(())
    }

    async fn send(&mut self, folder: &str, mut message: Message) -> Result<(), Refused> {
        let heading = Heading {
            folder: folder.to_owned(),
            flags: std::mem::take(&mut message.marks),
            at: message.at,
            size: message.octets.size(),
            digest: message.octets.digest(),
        };
        self.carrier.append(heading).await?;
        let unread = |error: std::io::Error| broken(&format!("{}: {error}", message.place));
        // A temporary file of this process, just written: it lies in the machine's memory.
        let from = message.octets.rewind().map_err(unread)?;
        let mut piece = vec![0; PIECE];
        loop {
            let read = from.read(&mut piece).map_err(unread)?;
            match piece.get(..read) {
                None | Some([]) => return Ok(()),
                Some(octets) => self.carrier.octets(octets).await?,
            }
        }
    }
}

fn broken(why: &str) -> Refused {
    Refused::new(
        control::Fault::Unavailable,
        format!("the import broke off: {why}. Run the same command again: it goes on from there"),
    )
}
