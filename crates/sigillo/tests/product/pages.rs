//! The pages in a real browser [R-6-a], where certified messages are told from others [R-I-sec-2].

use std::path::Path;
use std::process::Command;

use crate::house::{World, succeed};

/// A script of `crates/web/browser`, with what it is told.
fn browser(script: &str, world: &World) -> Command {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/browser");
    assert!(folder.join("node_modules").is_dir(), "the browser's driver is not there: run `make setup`");
    let mut node = Command::new("node");
    node.arg(folder.join(script)).current_dir(&folder);
    for (name, house) in [("ALFA", &world.alfa), ("BETA", &world.beta)] {
        node.env(name, format!("https://localhost:{}", house.ports().web));
    }
    node.env("ANNA", "anna.bianchi@alfa.example").env("ANNA_PASSWORD", world.alfa.password("anna.bianchi"));
    node.env("MARIO", "mario.rossi@beta.example").env("MARIO_PASSWORD", world.beta.password("mario.rossi"));
    if let Ok(pictures) = std::env::var("SIGILLO_PICTURES") {
        node.env("PICTURES", pictures);
    }
    node
}

#[test]
fn a_message_travels_in_a_browser_from_writing_to_its_folded_receipts() {
    let world = World::up();
    succeed(&mut browser("trip.mjs", &world));
}
