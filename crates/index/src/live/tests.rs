use std::path::PathBuf;

use seal::Signer;
use seal::testing::{NOW as BORN, network};

use super::*;
use crate::settings::Fetching;

struct Hand;

impl Clock for Hand {
    fn now(&self) -> Moment {
        Moment::from_unix(BORN)
    }
}

/// The index of two providers.
fn ldif() -> String {
    let record = |name: &str| Record {
        name: name.into(),
        unit: None,
        certificates: vec![Bytes::copy_from_slice(name.as_bytes())],
        mail_receipt: pec::Address::parse(&format!("ricevute@{name}.example")).unwrap(),
        managed_domains: vec![format!("{name}.example")],
        location: Some(format!("https://{name}.example/x")),
        description: Some("Gestore di prova".into()),
    };
    let location = Some("https://indice.example/x".into());
    directory::Index::new(vec![record("alfa"), record("beta")], location).unwrap().to_ldif()
}

fn sealed(ldif: &str, at: i64) -> Vec<u8> {
    seal::p7m::seal_file(ldif.as_bytes(), at, &network().signer).unwrap()
}

/// A folder with the signed index and its signer, and the settings of somebody who fetches it.
fn fetched(folder: &Path) -> Settings {
    let file = |name: &str, content: &[u8]| -> PathBuf {
        std::fs::write(folder.join(name), content).unwrap();
        folder.join(name)
    };
    let roots = file("roots.pem", network().root.to_pem().as_bytes());
    let fetching = Fetching { tls_roots: Some(roots), ..Fetching::default() };
    Settings {
        file: file("directory.p7m", &sealed(&ldif(), BORN)),
        signer: file("operator.pem", network().signer.certificate().to_pem().as_bytes()),
        reload: Duration::from_secs(3600),
        alarm_after: Duration::from_secs(26 * 3600),
        refuse_after: Some(Duration::from_secs(72 * 3600)),
        source: Some(IndexSource { url: "https://indice.example/".into(), fetching }),
        history: 30,
        publish: None,
    }
}

fn after(hours: i64) -> Moment {
    Moment::from_unix(BORN).plus(hours * 3600)
}

/// [R-4.5-e] [R-I-dir-1] Q-15
#[test]
fn a_copy_is_as_old_as_the_last_good_fetch_but_its_signature_cannot_be_old_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let settings = fetched(folder.path());
    let live = LiveIndex::read(&settings, Arc::new(Hand)).unwrap();
    assert_eq!(live.age(after(3)), 3 * 3600);
    assert!(!live.is_old(after(26)) && live.is_old(after(27)), "nobody has confirmed it yet");
    live.state().fetches.good = Some(after(20));
    assert!(!live.is_old(after(46)), "confirmed 26 hours ago");
    assert!(live.is_old(after(47)));
    live.state().fetches.good = Some(after(60));
    assert!(live.is_old(after(60)), "the operator signs daily: this server plays an old file");
    assert!(!live.is_too_old(after(96)) && live.is_too_old(after(97)));

    let by_hand = LiveIndex::read(&Settings { source: None, ..settings }, Arc::new(Hand)).unwrap();
    by_hand.state().fetches.good = Some(after(20));
    assert!(!by_hand.is_old(after(26)) && by_hand.is_old(after(27)), "the signature alone counts");
    assert!(by_hand.fetches().is_none());
}

/// [R-I-dir-1]
#[test]
fn what_is_not_taken_is_not_written_and_what_cannot_be_written_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let settings = fetched(folder.path());
    let live = LiveIndex::read(&settings, Arc::new(Hand)).unwrap();
    let ldif = ldif();
    let pinned = Pinned::read(&settings.signer).unwrap();
    let copy = |ldif: &str, at: i64| Copy::open(sealed(ldif, at).into(), &pinned).unwrap();
    let other = ldif.replace("Gestore di prova", "Altro");
    let unwritten = |_: &Copy| -> Result<(), IndexError> { panic!("it was written") };
    let now = after(1);
    assert!(!live.take(copy(&ldif, BORN), now, unwritten).unwrap());
    let older = live.take(copy(&other, BORN - 1), now, unwritten).unwrap_err().to_string();
    assert!(older.contains("before the copy in use"), "{older}");
    let empty = live.take(copy("", BORN + 1), now, unwritten).unwrap_err().to_string();
    assert!(empty.contains("0 records where 2 are held"), "{empty}");
    let coming = live.take(copy(&other, BORN + 2 * 3600 + 1), now, unwritten).unwrap_err().to_string();
    assert!(coming.contains("still to come"), "{coming}");
    let full =
        live.take(copy(&other, BORN + 1), now, |_| Err(IndexError::Unwritten("the disk is full".into()))).unwrap_err();
    assert_eq!(full.to_string(), "the disk is full");
    assert_eq!(live.age(now), 3600, "the first copy is in use");
    assert!(live.take(copy(&other, BORN + 1), now, |_| Ok(())).unwrap());
    assert_eq!(live.age(now), 3599);
    assert_eq!(live.by_domain("alfa.example").unwrap().description.as_deref(), Some("Altro"));
}

#[test]
fn what_was_in_use_is_kept_each_content_once() {
    let folder = tempfile::tempdir().unwrap();
    let settings = fetched(folder.path());
    let live = LiveIndex::read(&settings, Arc::new(Hand)).unwrap();
    let history = History::beside(&settings.file);
    assert_eq!(history.of(after(0)), None);
    live.remember_first();
    let kept = history.of(after(0)).unwrap();
    assert_eq!(kept.read().unwrap(), std::fs::read(&settings.file).unwrap());
    // Signed anew with the same content, as every day: the one that is kept says the same.
    let pinned = Pinned::read(&settings.signer).unwrap();
    let again = Copy::open(sealed(&ldif(), BORN + 60).into(), &pinned).unwrap();
    assert!(live.take(again, after(1), |_| Ok(())).unwrap());
    assert_eq!(history.of(after(24 * 365)).unwrap(), kept);
    assert_eq!(std::fs::read_dir(folder.path().join("directory.history")).unwrap().count(), 2);
}
