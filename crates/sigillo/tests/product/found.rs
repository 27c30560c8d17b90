//! Messages are found by what people know of them, beside the provider that runs and in the store of one that does not.

use serde_json::Value;

use crate::house::{House, World, letter};

const ANNA: &str = "anna.bianchi@beta.example";
const LUCA: &str = "luca.verdi@beta.example";
const MARIO: &str = "mario.rossi@alfa.example";

/// The identifiers of the messages that are found.
fn found(house: &House, question: &[&str]) -> Vec<String> {
    let answer = house.administer(&[&["evidence", "find", "--json"], question].concat());
    let items = answer.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    items.filter(|item| item["type"] == "found").map(|item| item["identifier"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_message_is_found_at_both_providers_while_they_run_and_when_they_do_not() {
    let mut world = World::up();
    for (to, subject) in
        [(ANNA, "Diffida-ad-adempiere"), (LUCA, "Convocazione-di-Foligno"), (ANNA, "Convocazione-di-Gubbio")]
    {
        world.submit(&[to], letter(to, subject)).unwrap();
        // They come to the other provider in the order in which they were sent only one by one.
        world.settle();
    }
    let all = found(&world.alfa, &[]);
    assert_eq!(all.len(), 3);
    let [gubbio, foligno, diffida] = all.as_slice() else { panic!("{all:?}") };
    for round in ["while they run", "when they do not"] {
        for house in [&world.alfa, &world.beta] {
            assert_eq!(found(house, &["--identifier", diffida]), [diffida.as_str()], "{round}");
            assert_eq!(found(house, &["CONVOCAZIONE"]), [gubbio.as_str(), foligno], "{round}");
            assert_eq!(found(house, &["--from", MARIO, "--to", ANNA]), [gubbio.as_str(), diffida], "{round}");
            assert_eq!(found(house, &["--to", LUCA, "--until", "2020-01-01"]), [] as [&str; 0], "{round}");
            assert_eq!(found(house, &["--limit", "1", "convocazione", "di"]), [gubbio.as_str()], "{round}");
        }
        let words = world.alfa.administer(&["evidence", "find", "fol*"]);
        assert!(words.contains(foligno.as_str()) && words.contains("  subject: Convocazione-di-Foligno"), "{words}");
        if round == "while they run" {
            world.alfa.stop();
            world.beta.stop();
        }
    }
}
