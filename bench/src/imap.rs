//! Mailboxes as mail clients use them, at ours and at Debian's Dovecot in one run: the same messages on the same disk, the
//! same client, each measurement in turn at one and at the other. It tells figures and their ratio, and judges nothing: the
//! machine may be busy with anything.

mod client;
mod dovecot;
mod filling;
mod measures;
mod messages;
mod options;
mod server;
mod table;
mod usage;

use std::io;

pub use options::Options;

use measures::{Measure, Tries};
use server::Server;
use table::{Row, Sample, head};

/// Fills both, measures, prints the table.
pub fn run(options: &Options) -> io::Result<()> {
    let wanted = wanted(&options.only)?;
    let files = harness::take_files();
    let needed = options.idle.max(options.idle_dovecot) as u64 + 256;
    if files < needed {
        let why = format!("this process may open {files} files, and needs {needed}: ask for fewer idle connections");
        return Err(io::Error::other(why));
    }
    let ours = Server::sigillo(options.sigillo.as_deref())?;
    let theirs = (!options.alone).then(|| Server::dovecot(&ours, &options.dovecot)).transpose()?;
    println!("{} messages, and {} in a folder of many; medians of {}", options.messages, options.many, options.rounds);
    for server in [Some(&ours), theirs.as_ref()].into_iter().flatten() {
        filling::fill(server, options)?;
        server.settled()?;
    }
    println!("{}", head());
    for measure in wanted {
        println!("{}", measured(&measure, &ours, theirs.as_ref(), options)?);
    }
    Ok(())
}

fn measured(measure: &Measure, ours: &Server, theirs: Option<&Server>, options: &Options) -> io::Result<Row> {
    let mut row =
        Row { what: measure.what.into(), unit: measure.unit, better: measure.better, ours: vec![], theirs: vec![] };
    let rounds = if measure.tries == Tries::Once { 1 } else { options.rounds };
    let at = |server: &Server| -> io::Result<Sample> {
        let failed =
            |error: io::Error| io::Error::new(error.kind(), format!("{}, {}: {error}", server.name, measure.what));
        (measure.run)(server, options).map_err(failed)
    };
    for _ in 0..rounds {
        row.ours.push(at(ours)?);
        if let Some(theirs) = theirs {
            row.theirs.push(at(theirs)?);
        }
    }
    Ok(row)
}

/// Those with these names; without any, all.
fn wanted(names: &[String]) -> io::Result<Vec<Measure>> {
    if let Some(unknown) = names.iter().find(|name| !measures::ALL.iter().any(|measure| measure.name == **name)) {
        let known = measures::ALL.map(|measure| measure.name).join(", ");
        return Err(io::Error::other(format!("nothing that is measured is called {unknown}; there are {known}")));
    }
    let named = |measure: &Measure| names.is_empty() || names.iter().any(|name| name == measure.name);
    Ok(measures::ALL.into_iter().filter(named).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_has_names_and_others_are_told_them() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let found: Vec<_> = wanted(&names(&["idle", "bodies"])).unwrap().iter().map(|measure| measure.name).collect();
        assert_eq!(found, ["bodies", "idle"]);
        assert_eq!(wanted(&[]).unwrap().len(), measures::ALL.len());
        let error = wanted(&names(&["bodis"])).err().unwrap().to_string();
        assert!(error.contains("bodis") && error.contains("bodies, search"), "{error}");
    }
}
