//! Guessed passwords as the operator and Fail2Ban see them.

use std::path::Path;
use std::process::Command;

use crate::house::{World, eventually, run};
use crate::talk::{Talk, plain};

/// Lines of a log that the shipped filter takes for a wrong password, and the addresses in them.
fn banned(log: &Path) -> Vec<String> {
    let filter = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contrib/fail2ban/filter.d/sigillo.conf");
    let (_, out, err) = run(Command::new("fail2ban-regex").args(["--out", "ip"]).arg(log).arg(filter));
    assert!(err.is_empty(), "{err}");
    out.lines().map(str::to_owned).collect()
}

#[test]
fn each_wrong_password_is_a_line_that_fail2ban_reads_in_both_forms() {
    let mut world = World::up();
    for form in ["text", "json"] {
        if form == "json" {
            world.alfa.stop();
            world.alfa.edit("[relay]", "[log]\nformat = \"json\"\n\n[relay]");
            world.alfa.start();
        }
        let before = world.alfa.log().len();

        let mut talk = Talk::tls(&world);
        talk.say(&plain("mario.rossi@alfa.example", "sbagliata"), 535);
        // What a client says must not make a line of its own.
        talk.say(&plain("x\" peer=192.0.2.66 door=\"submission\" reason=\"wrong-password\" login=\"\n\"", "x"), 535);
        talk.say("QUIT", 221);
        eventually("the line of the session", || world.alfa.log()[before..].contains("SMTP session").then_some(()));

        let log = world.scratch("log.txt");
        std::fs::write(&log, &world.alfa.log()[before..]).unwrap();
        let text = std::fs::read_to_string(&log).unwrap();
        assert_eq!(text.matches("login-failed").count(), 2, "{text}");
        assert_eq!(text.starts_with('{'), form == "json", "{text}");
        assert!(text.contains("mario.rossi@alfa.example"), "{text}");
        assert_eq!(banned(&log), ["127.0.0.1", "127.0.0.1"], "{text}");
    }
}
