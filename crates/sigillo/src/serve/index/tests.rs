use super::*;
use crate::config::Fetching;
use crate::lab::{self, Lab, LabPlan};

const BORN: i64 = 1_780_000_000;

/// A laboratory and the configuration of somebody who fetches its index.
fn desk(folder: &Path) -> (Lab, config::Directory) {
    let plan = LabPlan::two(Moment::from_unix(BORN), 25_100).unwrap();
    let lab = lab::create(&folder.join("lab"), &plan).unwrap();
    let fetching = Fetching { tls_roots: Some(lab.tls_ca.clone()), ..Fetching::default() };
    let config = config::Directory {
        file: lab.directory.clone(),
        signer: lab.operator.clone(),
        reload: Duration::from_secs(3600),
        alarm_after: Duration::from_secs(26 * 3600),
        refuse_after: Some(Duration::from_secs(72 * 3600)),
        source: Some(IndexSource { url: "https://indice.example/".into(), fetching }),
        publish: None,
    };
    (lab, config)
}

fn after(hours: i64) -> Moment {
    Moment::from_unix(BORN).plus(hours * 3600)
}

/// [R-4.5-e] [R-I-dir-1] Q-15
#[test]
fn a_copy_is_as_old_as_the_last_good_fetch_but_its_signature_cannot_be_old_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let (_lab, config) = desk(folder.path());
    let fresh = Fresh::read(&config).unwrap();
    assert_eq!(fresh.age(after(3)), 3 * 3600);
    assert!(!fresh.is_old(after(26)) && fresh.is_old(after(27)), "nobody has confirmed it yet");
    fresh.state().fetches.good = Some(after(20));
    assert!(!fresh.is_old(after(46)), "confirmed 26 hours ago");
    assert!(fresh.is_old(after(47)));
    fresh.state().fetches.good = Some(after(60));
    assert!(fresh.is_old(after(60)), "the operator signs daily: this server plays an old file");
    assert!(!fresh.is_too_old(after(96)) && fresh.is_too_old(after(97)));

    let by_hand = Fresh::read(&config::Directory { source: None, ..config }).unwrap();
    by_hand.state().fetches.good = Some(after(20));
    assert!(!by_hand.is_old(after(26)) && by_hand.is_old(after(27)), "the signature alone counts");
    assert!(by_hand.fetches().is_none());
}

/// [R-I-dir-1]
#[test]
fn what_is_not_taken_is_not_written_and_what_cannot_be_written_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let (lab, config) = desk(folder.path());
    let fresh = Fresh::read(&config).unwrap();
    let key = lab.folder.join("authority/operator.key");
    let signer = seal::FileSigner::from_pem_files(&key, &lab.operator).unwrap();
    let ldif = std::fs::read_to_string(&lab.ldif).unwrap();
    let copy = |ldif: &str, at: i64| {
        let file = seal::p7m::seal_file(ldif.as_bytes(), at, &signer).unwrap();
        Copy::open(file.into(), &Pinned::read(&lab.operator).unwrap()).unwrap()
    };
    let other = ldif.replace("Gestore di prova", "Altro");
    let unwritten = |_: &Copy| -> Result<(), String> { panic!("it was written") };
    let now = after(1);
    assert_eq!(fresh.take(copy(&ldif, BORN), now, unwritten), Ok(false));
    let older = fresh.take(copy(&other, BORN - 1), now, unwritten).unwrap_err();
    assert!(older.contains("before the copy in use"), "{older}");
    let empty = fresh.take(copy("", BORN + 1), now, unwritten).unwrap_err();
    assert!(empty.contains("0 records where 2 are held"), "{empty}");
    let coming = fresh.take(copy(&other, BORN + 2 * 3600 + 1), now, unwritten).unwrap_err();
    assert!(coming.contains("still to come"), "{coming}");
    let full = fresh.take(copy(&other, BORN + 1), now, |_| Err("the disk is full".into())).unwrap_err();
    assert_eq!(full, "the disk is full");
    assert_eq!(fresh.age(now), 3600, "the first copy is in use");
    assert_eq!(fresh.take(copy(&other, BORN + 1), now, |_| Ok(())), Ok(true));
    assert_eq!(fresh.age(now), 3599);
    assert_eq!(fresh.by_domain("alfa.example").unwrap().description.as_deref(), Some("Altro"));
}
