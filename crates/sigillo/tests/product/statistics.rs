//! What four months came to, by the real program: counted while it runs, asked for beside it, right after a kill.

use std::fs;

use provider::Clock as _;
use report::Period;
use serde_json::Value;

use crate::house::{World, eventually, letter, run};

const ANNA: &str = "anna.bianchi@beta.example";

/// [R-L-ST-1] [R-L-12-3]
#[test]
fn what_was_carried_is_counted_once_and_told_beside_the_provider() {
    let mut world = World::up();
    let period = Period::of(provider::SystemClock.now()).unwrap();
    let (year, third) = (period.year.to_string(), period.third.to_string());
    let asked = |house: &crate::house::House| -> Value {
        let said = house.administer(&["statistics", "show", "--json", "--year", &year, "--period", &third]);
        serde_json::from_str(&said).unwrap()
    };
    for subject in ["Una", "Due", "Tre"] {
        world.submit(&[ANNA], letter(ANNA, subject)).unwrap();
    }
    world.settle();
    // It counts when it starts, and then every minute.
    for house in [&mut world.alfa, &mut world.beta] {
        house.kill();
        house.start();
    }
    eventually("alfa to have counted", || (asked(&world.alfa)["deliveries"] == 3).then_some(()));
    eventually("beta to have counted", || (asked(&world.beta)["taken_in_charge"] == 3).then_some(()));
    let (alfa, beta) = (asked(&world.alfa), asked(&world.beta));
    assert_eq!((&alfa["accepted"], &alfa["taken_in_charge"]), (&3.into(), &0.into()), "{alfa:#}");
    assert_eq!((&beta["accepted"], &beta["deliveries"]), (&0.into(), &0.into()), "{beta:#}");
    assert_eq!((&alfa["kept"], &alfa["away"], &alfa["availability"]), (&true.into(), &0.into(), &"100.000".into()));
    assert_eq!(alfa["delivered"][4]["percent"], 100, "{alfa:#}");
    assert!(world.alfa.administer(&["statistics", "check"]).contains(" 0 differ"));
    let words = world.alfa.administer(&["statistics", "show", "--year", &year, "--period", &third]);
    assert!(words.contains("available 100.000 % of the time") && words.contains("3 messages accepted"), "{words}");

    // The supervisor's files need a name and an end.
    let out = world.scratch("out");
    fs::create_dir(&out).unwrap();
    let last = (period.year - 1).to_string();
    let write = |year: &str| {
        let mut command = world.alfa.command(&["statistics", "write", "--year", year, "--period", &third]);
        run(command.arg("--out").arg(&out))
    };
    let (status, _, wrong) = write(&last);
    assert!(status.code() == Some(69) && wrong.contains("expected provider.code"), "{wrong}");
    world.alfa.edit("[provider]\n", "[provider]\ncode = \"VAT-01234567890\"\n");
    let (status, _, wrong) = write(&year);
    assert!(status.code() == Some(69) && wrong.contains("the period goes on until"), "{wrong}");
    let (status, said, wrong) = write(&last);
    assert!(status.success() && said.contains("to be sent by"), "{said}{wrong}");
    let file = fs::read_to_string(out.join(format!("P01_{last}_{third}.csv"))).unwrap();
    assert_eq!(file.lines().nth(1), Some(format!("VAT-01234567890,{third},{last},0,0,0,0,0,0").as_str()));
}
