//! What the histograms of a provider hold: what they are for, and nothing else (docs/monitoring.md).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use metrics::{Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit};

use crate::intruders::{bring, certified, envelope, signed};
use crate::world::{ANNA, MARIO, World};

/// How many values each histogram has got.
#[derive(Clone, Default)]
struct Counts(Arc<Mutex<BTreeMap<String, usize>>>);

struct One(Counts, String);

impl HistogramFn for One {
    fn record(&self, _: f64) {
        *self.0.0.lock().unwrap().entry(self.1.clone()).or_default() += 1;
    }
}

impl Recorder for Counts {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(Arc::new(One(self.clone(), key.name().to_owned())))
    }
}

impl Counts {
    /// Of acceptances, receptions and deliveries.
    fn now(&self) -> [usize; 3] {
        let counts = self.0.lock().unwrap();
        ["acceptance", "incoming", "delivery"]
            .map(|name| counts.get(&format!("sigillo_{name}_seconds")).copied().unwrap_or_default())
    }
}

#[tokio::test]
async fn each_histogram_holds_what_it_is_for() {
    let counts = Counts::default();
    let _recorder = metrics::set_default_local_recorder(&counts);
    let world = World::new().await;
    let key = world.alfa.key.as_ref();
    // Not accepted, for its form; then accepted.
    assert_eq!(world.submit(&[ANNA], &format!("From: {MARIO}\nSubject: prova\n\nciao\n")).await.code, 250);
    assert_eq!(counts.now(), [0, 0, 0]);
    assert_eq!(world.submit(&[ANNA], &format!("From: {MARIO}\nTo: {ANNA}\nSubject: prova\n\nciao\n")).await.code, 250);
    assert_eq!(counts.now(), [1, 0, 0]);
    // Refused; delivered; known already; not delivered; infected.
    assert_eq!(
        bring(&world, "x@ordinary.example", &[ANNA], "From: x@ordinary.example\r\n\r\nx\r\n".into()).await.code,
        550
    );
    assert_eq!(counts.now(), [1, 0, 0]);
    let nobody = "nessuno@beta.example";
    let about = |identifier: &str, to: &str| {
        let mut about = pec::compose::Certified { identifier: identifier.into(), ..certified() };
        about.recipients.iter_mut().for_each(|one| one.address = crate::world::address(to));
        signed(&envelope(&about), key)
    };
    for (message, to, expected) in [
        (about("1@alfa.example", ANNA), ANNA, [1, 1, 1]),
        (about("1@alfa.example", ANNA), ANNA, [1, 1, 1]),
        (about("2@alfa.example", nobody), nobody, [1, 2, 1]),
    ] {
        assert_eq!(bring(&world, MARIO, &[to], message).await.code, 250);
        assert_eq!(counts.now(), expected);
    }
    world.beta.scanner.finds("Prova-Virus");
    assert_eq!(bring(&world, MARIO, &[ANNA], about("3@alfa.example", ANNA)).await.code, 250);
    assert_eq!(counts.now(), [1, 3, 1]);
}
