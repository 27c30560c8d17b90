//! `[evidence.publish]`: what strangers see, and how much they are given.

use super::*;

#[test]
fn the_door_of_the_evidence_has_the_defaults_that_the_manual_states() {
    const TABLE: &str = "evidence.publish";
    const KEYS: [&str; 7] = ["tiles", "sessions", "sessions_per_peer", "idle", "lifetime", "put_off", "answers"];
    let door = |more: &str| {
        let desk = Desk::new().and(&format!("\n[{TABLE}]\nlisten = [\"127.0.0.1:0\"]\n{more}"));
        desk.load().unwrap().evidence.publish.unwrap()
    };
    let stated: String = KEYS.iter().map(|key| format!("{key} = {}\n", stated_default(TABLE, key))).collect();
    let found = door("");
    assert_eq!(format!("{:?}", door(&stated)), format!("{found:?}"));
    // Everything but rows is shown to whoever asks, unless the file says otherwise.
    assert!(found.tiles && !door("tiles = false\n").tiles);
    assert_eq!(door("put_off = 0\nidle = \"5s\"\n").put_off, Duration::ZERO);
}
