use std::future::Future;
use std::net::IpAddr;
use std::task::{Context, Waker};

use proptest::prelude::*;

use super::*;

const SHARES: Shares = Shares { total: 100, reserve: 60, relay: 100, per_party: 0 };

fn peer(last: u8) -> Option<Party> {
    Some(Peer::from(IpAddr::from([192, 0, 2, last])).into())
}

fn waits(future: std::pin::Pin<&mut impl Future>) -> bool {
    future.poll(&mut Context::from_waker(Waker::noop())).is_pending()
}

#[test]
fn what_strangers_hold_never_takes_the_room_of_holders() {
    let budget = Budget::new(SHARES);
    let mut strangers: Vec<_> = (0..9).map(|n| budget.reservation(Class::Strangers, peer(n))).collect();
    let taken = strangers.iter_mut().filter_map(|one| one.try_grow(10).then_some(10)).sum::<usize>();
    // Four fit; a fifth passes over the budget, so that they never wait for each other for ever.
    assert_eq!(taken, 50);
    assert_eq!((budget.free(Class::Strangers), budget.free(Class::Holders)), (0, 60));
    let mut holder = budget.reservation(Class::Holders, peer(200));
    assert!(holder.try_grow(60));
    assert_eq!((budget.held(Class::Holders), budget.free(Class::Holders)), (60, 0));
    drop(strangers);
    assert!(holder.try_grow(40));
    assert_eq!(budget.free(Class::Strangers), 0, "holders may take what strangers do not hold");
}

#[tokio::test]
async fn beyond_the_budget_one_message_passes_and_the_others_wait_for_room() {
    let budget = Budget::new(Shares { reserve: 0, ..SHARES });
    let reservation = || budget.reservation(Class::Holders, None);
    let (mut a, mut b, mut c) = (reservation(), reservation(), reservation());
    a.grow(100).await;
    b.grow(500).await;
    let mut waiting = Box::pin(c.grow(1));
    assert!(waits(waiting.as_mut()));
    assert_eq!(budget.waiting(Class::Holders), 1);
    drop(a);
    assert!(waits(waiting.as_mut()), "the one that passed over holds more than all");
    drop(b);
    waiting.await;
    assert_eq!((budget.held(Class::Holders), budget.waiting(Class::Holders)), (1, 0));
    drop(c);
    assert_eq!(budget.free(Class::Holders), 100);
}

#[test]
fn one_address_has_its_cap_and_one_message_over_it() {
    let budget = Budget::new(Shares { per_party: 20, ..SHARES });
    let (mut a, mut b) = (budget.reservation(Class::Strangers, peer(1)), budget.reservation(Class::Strangers, peer(1)));
    assert!(a.try_grow(15) && b.try_grow(5));
    assert!(a.try_grow(1), "one goes on");
    assert!(!b.try_grow(1));
    let mut other = budget.reservation(Class::Strangers, peer(2));
    assert!(other.try_grow(10));
    drop(a);
    assert!(b.try_grow(15));
    drop((b, other));
    assert!(budget.0.held().parties.is_empty());
}

#[test]
fn a_sixteenth_is_one_address_s_and_few_addresses_leave_room_for_others() {
    let budget = Budget::new(Shares::of(1600));
    let mut strangers: Vec<_> = (0..4).map(|n| budget.reservation(Class::Strangers, peer(n))).collect();
    // One whole message of any size each, however small the cap.
    assert!(strangers.iter_mut().take(1).all(|one| one.try_grow(700)));
    let mut second = budget.reservation(Class::Strangers, peer(0));
    assert!(!second.try_grow(1));
    assert!(strangers.iter_mut().skip(1).all(|one| one.try_grow(30)));
    assert_eq!(budget.free(Class::Strangers), 10);
}

#[test]
fn what_is_not_whole_leaves_half_of_the_room_to_what_is() {
    let budget = Budget::new(Shares { total: 100, reserve: 60, relay: 0, per_party: 16 });
    let mut arriving: Vec<_> = (0..5).map(|n| budget.reservation(Class::Strangers, peer(n))).collect();
    assert!(!arriving[0].try_hold(9), "half of one party's");
    let held: Vec<bool> = arriving.iter_mut().map(|one| one.try_hold(8)).collect();
    assert_eq!(held, [true, true, false, false, false], "half of the class's forty");
    assert!(arriving[3].try_grow(15));
    arriving[0].clear();
    assert_eq!((arriving[0].octets(), budget.held(Class::Strangers)), (0, 23));
}

#[test]
fn what_the_relay_holds_takes_nothing_from_holders_and_ordinary_hosts_only_half_of_it() {
    let budget = Budget::new(Shares { total: 100, reserve: 50, relay: 40, per_party: 0 });
    let hop = |name: &str| Some(Party::Hop(name.into()));
    let mut ordinary: Vec<_> = ["a", "b", "c"].map(|name| budget.reservation(Class::Ordinary, hop(name))).into();
    // Two fit, the third passes over.
    assert!(ordinary.iter_mut().all(|one| one.try_grow(10)));
    assert!(!budget.reservation(Class::Ordinary, hop("d")).try_grow(1));
    assert_eq!((budget.free(Class::Relay), budget.free(Class::Holders), budget.free(Class::Strangers)), (20, 80, 50));
    let mut relay = budget.reservation(Class::Relay, hop("altra"));
    assert!(relay.try_grow(20));
    assert_eq!((budget.free(Class::Relay), budget.free(Class::Holders)), (0, 60));
    let mut holder = budget.reservation(Class::Holders, peer(1));
    assert!(holder.try_grow(60));
    drop((ordinary, relay));
    assert_eq!((budget.free(Class::Relay), budget.free(Class::Ordinary)), (40, 20));
}

#[test]
fn the_same_division_of_another_total() {
    let shares = Shares { total: 100, reserve: 60, relay: 25, per_party: 5 };
    assert_eq!(shares.scaled(800), Shares { total: 800, reserve: 480, relay: 200, per_party: 40 });
    assert_eq!(Shares::of(1 << 60).scaled(1600), Shares::of(1600));
}

proptest! {
    #[test]
    fn what_is_taken_is_given_back(steps in proptest::collection::vec((0usize..8, 1usize..40, 0u8..4), 0..60)) {
        let budget = Budget::new(Shares { per_party: 30, ..SHARES });
        let mut all: Vec<_> = (0..8).map(|n| {
            budget.reservation(Class::ALL[n % 4], peer((n / 4) as u8))
        }).collect();
        for (at, octets, how) in steps {
            match how {
                0 => all[at].clear(),
                1 => drop(all[at].try_hold(octets)),
                _ => drop(all[at].try_grow(octets)),
            }
            for class in Class::ALL {
                let of: usize = all.iter().filter(|one| one.class == class).map(Reservation::octets).sum();
                prop_assert_eq!(budget.held(class), of);
            }
        }
        drop(all);
        for class in Class::ALL {
            prop_assert_eq!(budget.held(class), 0);
            prop_assert!(!budget.0.held().of(class).over);
        }
        prop_assert!(budget.0.held().parties.is_empty());
    }
}
