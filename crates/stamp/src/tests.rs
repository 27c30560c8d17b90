//! Authorities that answer, fail and come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use fetch::Login;
use pec::{Clock, Moment};
use seal::stamping::{KeyKind, Making, OTHER_POLICY, StampAuthority};

use crate::settings::{AuthoritySettings, Settings};
use crate::stamps::{NoStamp, Stamps};
use crate::testing::{Mood, Served};

const DIGEST: [u8; 32] = [7; 32];

/// The machine's clock, and so many seconds.
#[derive(Default)]
struct Off(AtomicI64);

impl Clock for Off {
    #[allow(clippy::disallowed_methods, reason = "the authority's openssl has the machine's clock")]
    fn now(&self) -> Moment {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Moment::from_unix(since.as_secs() as i64 + self.0.load(Ordering::Relaxed))
    }
}

/// Asked again at once.
fn eager(authorities: Vec<AuthoritySettings>) -> Settings {
    let (retry_first, retry_max) = (Duration::ZERO, Duration::ZERO);
    Settings { authorities, retry_first, retry_max, ..Settings::default() }
}

fn stamps(settings: Settings) -> Stamps {
    Stamps::new(settings, Arc::new(Off::default())).unwrap()
}

async fn why(stamps: &Stamps) -> String {
    stamps.stamp(DIGEST).await.unwrap_err().0
}

#[tokio::test]
async fn the_first_authority_that_answers_well_is_the_one_that_counts() {
    let [first, second] =
        [Served::of(&Making { name: "First", key: KeyKind::P256, ..Making::default() }), Served::new()];
    let stamps = stamps(eager(vec![first.settings(), second.settings()]));
    let stamp = stamps.stamp(DIGEST).await.unwrap();
    assert!(stamp.is_of_sha256(&DIGEST) && stamp.signer() == &first.authority.signer);
    assert_eq!((first.asked(), second.asked()), (1, 0));
    first.set(Mood::Status(503));
    let stamp = stamps.stamp(DIGEST).await.unwrap();
    assert_eq!(stamp.signer(), &second.authority.signer);
    let [failing, well] = stamps.standing().try_into().unwrap();
    assert!(failing.failing.unwrap().1.contains("the server answered 503") && well.failing.is_none());
    first.set(Mood::Well);
    assert_eq!(stamps.stamp(DIGEST).await.unwrap().signer(), &first.authority.signer);
    assert!(stamps.standing().iter().all(|one| one.failing.is_none()));
}

#[tokio::test]
async fn each_way_to_give_no_stamp_has_its_reason_and_the_next_answer_may_be_good() {
    let served = Served::new();
    let other = Arc::new(StampAuthority::new(&Making { name: "Other", ..Making::default() }));
    let stamps = stamps(Settings { timeout: Duration::from_secs(2), ..eager(vec![served.settings()]) });
    for (mood, reason) in [
        (Mood::Status(500), "the server answered 500"),
        (Mood::Words(b""), "cannot be read"),
        (Mood::Words(b"<html>Please log in</html>"), "cannot be read"),
        // Rejected, without a word.
        (Mood::Words(&[0x30, 5, 0x30, 3, 2, 1, 2]), "the authority gives no time stamp: rejected"),
        (Mood::Words(&[b'0'; 70_000]), "larger than 65536 octets"),
        (Mood::OtherNonce, "another nonce"),
        (Mood::OtherData, "another digest"),
        (Mood::As(other), "not believed"),
        (Mood::Silent, "timed out"),
    ] {
        served.set(mood);
        let why = why(&stamps).await;
        assert!(why.contains(reason) && why.contains(&served.url), "{reason}: {why}");
    }
    served.set(Mood::Well);
    assert!(stamps.stamp(DIGEST).await.is_ok());
}

#[tokio::test]
async fn where_nobody_listens_the_reason_names_the_address() {
    let served = Served::new();
    let settings = served.settings();
    // The port is nobody's now; its file outlives it here.
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("root.pem");
    std::fs::copy(&settings.roots, &roots).unwrap();
    drop(served);
    let url = settings.url.clone();
    let why = why(&stamps(eager(vec![AuthoritySettings { roots, ..settings }]))).await;
    assert!(why.starts_with(&url), "{why}");
}

#[tokio::test]
async fn a_stamp_of_another_time_than_ours_is_refused_until_the_clocks_agree() {
    let served = Served::new();
    let clock = Arc::new(Off::default());
    let stamps = Stamps::new(eager(vec![served.settings()]), clock.clone()).unwrap();
    for (off, said) in [(3600, " seconds behind ours"), (-3600, " seconds ahead of ours")] {
        clock.0.store(off, Ordering::Relaxed);
        let NoStamp(why) = stamps.stamp(DIGEST).await.unwrap_err();
        assert!(why.contains("its time is 3") && why.contains(said), "{why}");
    }
    clock.0.store(0, Ordering::Relaxed);
    assert!(stamps.stamp(DIGEST).await.is_ok());
}

#[tokio::test]
async fn who_failed_is_left_alone_for_a_while_and_the_others_are_not() {
    let [first, second] = [Served::new(), Served::new()];
    let settings = Settings {
        retry_first: Duration::from_secs(3600),
        retry_max: Duration::from_secs(3600),
        ..eager(vec![first.settings(), second.settings()])
    };
    let stamps = stamps(settings);
    first.set(Mood::Status(503));
    for _ in 0..3 {
        stamps.stamp(DIGEST).await.unwrap();
    }
    assert_eq!((first.asked(), second.asked()), (1, 3));
    second.set(Mood::Status(502));
    for _ in 0..3 {
        let why = why(&stamps).await;
        assert!(why.contains("503") && why.contains("502"), "what each said is told while they rest: {why}");
    }
    assert_eq!((first.asked(), second.asked()), (1, 4));
    // The machine is older than an hour by its own count only when a test says so.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(3601)).await;
    tokio::time::resume();
    second.set(Mood::Well);
    stamps.stamp(DIGEST).await.unwrap();
    assert_eq!((first.asked(), second.asked()), (2, 5));
}

#[tokio::test]
async fn policy_and_login_are_those_of_the_operator() {
    let served = Served::new();
    let login = Login { user: "alfa".into(), password: "secret".into() };
    let (policy, login) = (Some(OTHER_POLICY.parse().unwrap()), Some(login));
    let named = AuthoritySettings { policy, login, ..served.settings() };
    let stamp = stamps(eager(vec![named])).stamp(DIGEST).await.unwrap();
    assert_eq!(stamp.policy(), OTHER_POLICY);
    assert_eq!(served.logins(), [Some("Basic YWxmYTpzZWNyZXQ=".to_owned())]);
}

#[test]
fn a_file_that_cannot_be_used_is_named() {
    let served = Served::new();
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("roots.pem");
    let new = |roots: std::path::PathBuf| {
        let settings = eager(vec![AuthoritySettings { roots, ..served.settings() }]);
        Stamps::new(settings, Arc::new(Off::default())).err().unwrap().to_string()
    };
    assert!(new(roots.clone()).contains("roots.pem"));
    std::fs::write(&roots, "no certificate").unwrap();
    assert!(new(roots.clone()).contains("roots.pem"));
}
