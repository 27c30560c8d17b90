use std::net::IpAddr;

use super::*;

const ANNA: &str = "anna@alfa.example";
const BOB: &str = "bob@alfa.example";

/// A day at the doors.
struct Day {
    logins: Arc<Logins>,
    now: Instant,
}

impl Day {
    fn new(throttle: Throttle) -> Self {
        Self { logins: Logins::new(throttle), now: Instant::now() }
    }

    fn pass(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }

    fn begin(&self, login: &str, address: &str) -> Result<Attempt, Wait> {
        self.logins.begin(login, Peer::from(address.parse::<IpAddr>().unwrap()), self.now)
    }

    /// A wrong password; how long it was held back, or why it was refused.
    fn guess(&self, login: &str, address: &str) -> Result<Duration, Wait> {
        let attempt = self.begin(login, address)?;
        let held_back = attempt.held_back();
        attempt.failed(self.now);
        Ok(held_back)
    }

    /// A right password.
    fn enter(&self, login: &str, address: &str) -> Result<Duration, Wait> {
        let attempt = self.begin(login, address)?;
        let held_back = attempt.held_back();
        attempt.succeeded(self.now);
        Ok(held_back)
    }
}

#[test]
fn guesses_at_one_login_from_one_address_become_few() {
    let mut day = Day::new(Throttle::default());
    let mut looked_at = 0;
    for _ in 0..3600 {
        looked_at += usize::from(day.guess(ANNA, "192.0.2.1").is_ok());
        day.pass(1);
    }
    assert!((10..=20).contains(&looked_at), "{looked_at}");
    assert!(matches!(day.guess(ANNA, "192.0.2.1"), Err(Wait { cause: Cause::Login, .. })));
    assert!(day.guess(ANNA, "192.0.2.2").is_ok(), "another address is not refused");
}

#[test]
fn the_delay_doubles_and_ends_at_its_most() {
    let throttle = Throttle::default();
    let seconds = [0, 5, 6, 7, 8, 16, 100].map(|count| throttle.delay(count).as_secs());
    assert_eq!(seconds, [0, 0, 1, 2, 4, 900, 900]);
}

#[test]
fn one_password_for_many_logins_is_found_by_the_address() {
    let mut day = Day::new(Throttle::default());
    let mut looked_at = 0;
    for n in 0..1000 {
        looked_at += usize::from(day.guess(&format!("user{n}@alfa.example"), "2001:db8::1").is_ok());
        day.pass(1);
    }
    assert!(looked_at < 20, "{looked_at}");
    // Another address of the same /64 is the same peer, one of the next is not.
    assert!(matches!(day.guess(BOB, "2001:db8::ffff:1"), Err(Wait { cause: Cause::Peer, .. })));
    assert!(day.guess(BOB, "2001:db8:0:1::1").is_ok());
}

#[test]
fn strangers_with_many_addresses_never_lock_a_holder_out() {
    let mut day = Day::new(Throttle::default());
    for n in 0..2000u16 {
        let [high, low] = n.to_be_bytes();
        let _ = day.guess(ANNA, &format!("198.51.{high}.{low}"));
        day.pass(1);
    }
    // From a place where she never was, she waits some seconds; after that, there, not at all.
    assert_eq!(day.enter(ANNA, "192.0.2.1"), Ok(Duration::from_secs(10)));
    assert_eq!(day.enter(ANNA, "192.0.2.1"), Ok(Duration::ZERO));
    assert_eq!(day.enter(BOB, "192.0.2.1"), Ok(Duration::ZERO));
}

#[test]
fn who_is_known_at_an_address_is_not_delayed_by_what_others_do_there() {
    let mut day = Day::new(Throttle::default());
    assert!(day.enter(ANNA, "192.0.2.1").is_ok());
    for n in 0..100 {
        let _ = day.guess(&format!("user{n}@alfa.example"), "192.0.2.1");
        day.pass(1);
    }
    assert_eq!(day.enter(ANNA, "192.0.2.1"), Ok(Duration::ZERO));
    assert!(matches!(day.enter(BOB, "192.0.2.1"), Err(Wait { cause: Cause::Peer, .. })));
}

#[test]
fn an_old_password_in_one_program_shuts_out_nobody_beside_it() {
    let mut day = Day::new(Throttle::default());
    for _ in 0..500 {
        let _ = day.guess("printer@alfa.example", "192.0.2.1");
        day.pass(10);
    }
    assert_eq!(day.enter(ANNA, "192.0.2.1"), Ok(Duration::ZERO));
}

#[test]
fn a_holder_s_own_password_buys_no_guesses_at_others() {
    let mut day = Day::new(Throttle::default());
    let mut looked_at = 0;
    for n in 0..600 {
        let _ = day.enter(BOB, "192.0.2.1");
        looked_at += usize::from(day.guess(&format!("user{n}@alfa.example"), "192.0.2.1").is_ok());
        day.pass(1);
    }
    assert!(looked_at < 20, "{looked_at}");
}

#[test]
fn a_right_password_after_some_wrong_ones_begins_anew() {
    let day = Day::new(Throttle::default());
    for _ in 0..3 {
        for _ in 0..5 {
            assert_eq!(day.guess(ANNA, "192.0.2.1"), Ok(Duration::ZERO));
        }
        assert_eq!(day.enter(ANNA, "192.0.2.1"), Ok(Duration::ZERO));
    }
}

#[test]
fn failures_are_forgotten() {
    let mut day = Day::new(Throttle::default());
    for _ in 0..6 {
        assert!(day.guess(ANNA, "192.0.2.1").is_ok());
    }
    assert!(day.guess(ANNA, "192.0.2.1").is_err());
    day.pass(3601);
    for _ in 0..6 {
        assert!(day.guess(ANNA, "192.0.2.1").is_ok());
    }
}

#[test]
fn attempts_side_by_side_gain_nothing() {
    let day = Day::new(Throttle { at_once: 3, ..Throttle::default() });
    let attempts: Vec<_> = (0..3).map(|_| day.begin(ANNA, "192.0.2.1").ok().unwrap()).collect();
    let wait = day.begin(BOB, "192.0.2.1").err().unwrap();
    assert_eq!(wait.cause, Cause::AtOnce);
    assert!(day.begin(BOB, "192.0.2.2").is_ok());
    attempts.into_iter().for_each(|attempt| attempt.failed(day.now));
    assert!(day.begin(BOB, "192.0.2.1").is_ok());

    // Beyond the free failures each attempt takes the turn of the next.
    let mut day = Day::new(Throttle::default());
    for _ in 0..6 {
        assert!(day.guess(ANNA, "192.0.2.1").is_ok());
    }
    day.pass(1);
    let first = day.begin(ANNA, "192.0.2.1");
    assert!(first.is_ok() && day.begin(ANNA, "192.0.2.1").is_err());
}

#[test]
fn spellings_of_a_login_are_one() {
    let day = Day::new(Throttle::default());
    for login in ["Anna@ALFA.example", "\"anna\"@alfa.example", " anna@alfa.example ", ANNA, ANNA, ANNA] {
        assert!(day.guess(login, "192.0.2.1").is_ok());
    }
    assert!(day.guess(ANNA, "192.0.2.1").is_err());
}

#[test]
fn the_tables_are_bounded_and_strangers_drive_nobody_out_of_those_known() {
    let day = Day::new(Throttle { entries: 10, ..Throttle::default() });
    assert!(day.enter(ANNA, "192.0.2.1").is_ok());
    for n in 0..100u8 {
        let _ = day.guess(&format!("{}{n}", "x".repeat(5000)), &format!("198.51.100.{n}"));
        let _ = day.guess(ANNA, &format!("198.51.100.{n}"));
    }
    assert_eq!(day.enter(ANNA, "192.0.2.1"), Ok(Duration::ZERO));
    let tables = day.logins.tables();
    assert_eq!((tables.pairs.len(), tables.peers.len(), tables.known.len()), (10, 10, 1));
    assert!(tables.logins.len() <= 10 && tables.under_way.is_empty());
}
