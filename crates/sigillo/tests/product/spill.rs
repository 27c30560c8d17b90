//! Large messages while they arrive, on a disk that takes them and on one that does not.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::house::{World, get, letter, original};

const MARIO: &str = "mario.rossi@alfa.example";
const ANNA: &str = "anna.bianchi@beta.example";

#[test]
fn a_large_message_arrives_octet_by_octet_and_a_full_disk_puts_off_such_messages_alone() {
    let mut world = World::up();
    let text = "Una riga di un lungo allegato.\r\n.\r\n..\r\n".repeat(50_000);
    let large = letter(ANNA, "grande") + &text;
    world.submit(&[ANNA], large.clone()).unwrap();
    let delivered = original(&world.beta.one(ANNA, "transport-envelope"));
    assert!(delivered.ends_with(format!("\r\n\r\nBuongiorno.\r\n{text}").as_bytes()));
    world.judge(&world.alfa.one(MARIO, "delivery"), "delivery");
    let folder = world.alfa.provider.folder.join("store/arriving");
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    assert_eq!(world.alfa.metric("sigillo_spill_held_octets"), Some(0.0));

    world.alfa.stop();
    world.alfa.edit("[smtp.guard]", "[smtp.guard]\nspill_leave_free = \"1000000 GiB\"");
    world.alfa.start();
    for _ in 0..3 {
        let refusal = world.submit(&[ANNA], large.clone()).unwrap_err().to_string();
        assert!(refusal.contains("452 4.3.1"), "{refusal}");
    }
    world.submit(&[ANNA], letter(ANNA, "piccola")).unwrap();
    world.beta.wait(ANNA, "transport-envelope", 2);
    let health = get(world.alfa.ports().admin, "/health").unwrap();
    assert!(health.contains("warning: large messages cannot be kept on disk while they arrive"), "{health}");
    assert_eq!(world.alfa.log().matches("spill-failed").count(), 1);
    assert_eq!(world.alfa.metric("sigillo_spill_failing"), Some(1.0));
    assert_eq!(world.alfa.metric("sigillo_no_room_total"), Some(3.0));
}
