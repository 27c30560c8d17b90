use std::fs;
use std::io::Write as _;

use bulk::archive::Archive;
use control::command::Ended;

use crate::bench::{Bench, letter, python};

const MADE: &str = r#"
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as zip:
    for line in open(sys.argv[2], newline=''):
        name, _, text = line.rstrip('\n').partition('|')
        info = zipfile.ZipInfo(name, (2026, 10, 14, 8, 0, 0))
        zip.writestr(info, text.replace('~', '\r\n'))
"#;

/// A ZIP file of these names and texts, by Python's library.
fn zip(bench: &Bench, files: &[(&str, &str)]) -> Archive {
    let lines: String = files.iter().map(|(name, text)| format!("{name}|{}\n", text.replace("\r\n", "~"))).collect();
    let list = bench.file("list", lines);
    python(MADE, &[&bench.path("posta.zip"), &list]);
    Archive::new(&bench.path("posta.zip")).unwrap()
}

#[tokio::test]
async fn messages_go_to_the_folders_that_the_paths_name_and_paths_that_climb_go_nowhere() {
    let bench = Bench::new().await;
    let (one, plain) = (letter("uno", 2), "Subject: due\r\n\r\nsenza data\r\n");
    let source = zip(
        &bench,
        &[
            ("INBOX/1.eml", &one),
            ("Clienti/Rossi/2.EML", plain),
            ("../../etc/cron.d/3.eml", &letter("tre", 1)),
            ("/etc/4.eml", &letter("quattro", 1)),
            ("__MACOSX/INBOX/._1.eml", "x"),
            ("leggimi.txt", "x"),
            ("5.eml", ""),
        ],
    );
    assert_eq!(bench.import(&source).await.unwrap(), Ended::Faults);
    let inbox = bench.held("INBOX").await;
    assert_eq!(inbox.len(), 1);
    assert_eq!((inbox[0].octets.as_slice(), inbox[0].at), (one.as_bytes(), 1_791_964_807));
    let other = bench.held("Clienti/Rossi").await;
    assert_eq!((other.len(), other[0].at), (1, 1_791_964_800));
    assert_eq!(bench.folders().await.len(), 6);
    bench.import(&source).await.unwrap();
    assert_eq!(bench.held("INBOX").await.len(), 1);
}

#[tokio::test]
async fn a_bomb_is_defused_and_damage_is_told() {
    let bench = Bench::new().await;
    let program = r#"
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as zip:
    with zip.open('INBOX/bomb.eml', 'w') as bomb:
        for _ in range(200): bomb.write(bytes(1 << 20))
    zip.writestr('INBOX/good.eml', 'Subject: x\r\n\r\ny\r\n')
    zip.writestr('INBOX/bad.eml', 'Subject: damaged\r\n\r\n' + 'abcdefgh' * 100)
"#;
    let path = bench.path("bomb.zip");
    python(program, &[&path]);
    let mut octets = fs::read(&path).unwrap();
    let at = octets.windows(13).position(|window| window == b"INBOX/bad.eml").unwrap();
    octets[at + 13 + 5] ^= 0x55;
    fs::write(&path, &octets).unwrap();
    // What the archive says of the bomb's size is a lie too.
    let size = (200_u32 << 20).to_le_bytes();
    let lies: Vec<usize> = (0..octets.len() - 4).filter(|at| octets[*at..at + 4] == size).collect();
    assert!(!lies.is_empty());
    lies.into_iter().for_each(|at| octets[at..at + 4].copy_from_slice(&100_u32.to_le_bytes()));
    fs::write(&path, &octets).unwrap();
    assert_eq!(bench.import(&Archive::new(&path).unwrap()).await.unwrap(), Ended::Faults);
    let held = bench.held("INBOX").await;
    assert_eq!(held.len(), 1);
    assert_eq!(held[0].octets, b"Subject: x\r\n\r\ny\r\n");
}

#[tokio::test]
async fn an_archive_whose_files_overlap_or_that_is_none_is_refused() {
    let bench = Bench::new().await;
    let path = bench.file("no.zip", "no archive at all");
    let why = Archive::new(&path).unwrap_err();
    assert!(why.contains("no ZIP file that can be read"), "{why}");
    // Forty names for one and the same compressed kernel.
    let program = r#"
import io, struct, sys, zipfile, zlib
kernel = zlib.compress(bytes(1 << 20), 9)[2:-4]
out, central = io.BytesIO(), b''
name = b'a.eml'
crc, size = zlib.crc32(bytes(1 << 20)), 1 << 20
out.write(struct.pack('<4s5H3L2H', b'PK\3\4', 20, 0, 8, 0, 0, crc, len(kernel), size, len(name), 0) + name + kernel)
for number in range(40):
    central += struct.pack('<4s6H3L5H2L', b'PK\1\2', 20, 20, 0, 8, 0, 0, crc, len(kernel), size, len(name), 0, 0, 0, 0, 0, 0)
    central += b'%c.eml' % (97 + number % 26)
end = struct.pack('<4s4H2LH', b'PK\5\6', 0, 0, 40, 40, len(central), out.tell(), 0)
open(sys.argv[1], 'wb').write(out.getvalue() + central + end)
"#;
    let path = bench.path("overlap.zip");
    python(program, &[&path]);
    let why = Archive::new(&path).err();
    assert!(why.as_deref().is_some_and(|why| why.contains("overlap")), "{why:?}");
    let mut cut = fs::File::create(bench.path("cut.zip")).unwrap();
    zip(&bench, &[("1.eml", &letter("uno", 1))]);
    let whole = fs::read(bench.path("posta.zip")).unwrap();
    cut.write_all(&whole[..whole.len() - 30]).unwrap();
    assert!(Archive::new(&bench.path("cut.zip")).is_err());
}
