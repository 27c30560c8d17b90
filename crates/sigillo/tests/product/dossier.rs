//! What a court may be given: one archive that explains itself, opened and verified by programs of others.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::house::{House, World, eventually, letter, run, sigillo, succeed};
use crate::lost::{empty, first_identifier, openssl_verifies};
use crate::proved::{checked, sealing};

const ANNA: &str = "anna.bianchi@beta.example";

fn dossier(house: &House, arguments: &[&str], out: &Path) -> (Option<i32>, String, String) {
    let mut command = sigillo();
    command.args(["dossier", "--config"]).arg(&house.provider.config).args(arguments).arg("--out").arg(out);
    let (status, said, wrong) = run(&mut command);
    (status.code(), said, wrong)
}

/// Unpacks by the program that people have.
fn unpacked(world: &World, archive: &Path, name: &str) -> PathBuf {
    let folder = world.scratch(name);
    succeed(Command::new("unzip").arg("-q").arg(archive).arg("-d").arg(&folder));
    succeed(Command::new("sha256sum").args(["--check", "--strict", "--quiet", "SHA256SUMS"]).current_dir(&folder));
    folder
}

/// The files in a folder and below it, by their names in it.
fn files(folder: &Path) -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// A document as programs for people read it.
fn text_of(pdf: &Path) -> String {
    succeed(Command::new("qpdf").arg("--check").arg(pdf));
    let octets = fs::read(pdf).unwrap();
    let octets = String::from_utf8_lossy(&octets);
    assert!(octets.contains("<pdfaid:part>3</pdfaid:part>") && octets.contains("GTS_PDFA1"), "{}", pdf.display());
    assert!(succeed(Command::new("pdfdetach").arg("-list").arg(pdf)).contains("prova.json"), "{}", pdf.display());
    let fonts = succeed(Command::new("pdffonts").arg(pdf));
    let of_letters: Vec<&str> = fonts.lines().skip(2).collect();
    // Embedded, a part of the letters, with what they mean.
    assert!(!of_letters.is_empty() && of_letters.iter().all(|line| line.contains("yes yes yes")), "{fonts}");
    succeed(Command::new("pdftotext").arg(pdf).arg("-"))
}

#[test]
fn a_dossier_has_everything_and_others_verify_it() {
    let world = sealing();
    world.submit(&[ANNA], letter(ANNA, "Prova <b> & co")).unwrap();
    world.settle();
    let alfa = &world.alfa;
    let identifier = first_identifier(alfa);
    eventually("everything to be sealed", || (checked(alfa)["unsealed"] == 0).then_some(()));
    let archive = world.scratch("dossier.zip");
    let (code, said, wrong) = dossier(alfa, &[&identifier, "--reason", "RG 4711/2026"], &archive);
    assert_eq!(code, Some(0), "{said}{wrong}");
    let folder = unpacked(&world, &archive, "unpacked");
    let files = files(&folder);
    let named = |part: &str| -> PathBuf {
        let found = files.iter().find(|name| name.contains(part)).unwrap_or_else(|| panic!("no {part}: {files:#?}"));
        folder.join(found)
    };
    // The envelope is not kept by default, and beta has it; the original stands in the delivery receipt.
    assert!(said.contains("1 pieces are missing"), "{said}");
    let readme = fs::read_to_string(named("LEGGIMI.txt")).unwrap();
    assert!(readme.contains("Manca: busta di trasporto") && readme.contains("Missing: transport envelope"), "{readme}");
    assert!(
        readme.starts_with("FASCICOLO DI POSTA CERTIFICATA\r\n")
            && readme.contains("How to verify".to_uppercase().as_str())
    );

    // Signatures: by openssl, and by the program, which has the authority in the archive.
    let authorities = named("authorities/authorities.pem");
    let mut judged = 0;
    for name in files.iter().filter(|name| name.starts_with("messages/")) {
        let file = folder.join(name);
        openssl_verifies(&file, &authorities);
        let index = named("directory/");
        let mut verify = sigillo();
        verify.arg("verify").arg("--ca").arg(&authorities).arg("--directory").arg(index).arg(&file);
        let said = succeed(verify.arg("--proof").arg(named("evidence/proof.json")));
        assert!(said.contains("The provider's trace says the same"), "{name}: {said}");
        judged += 1;
    }
    assert_eq!(judged, 3, "{files:#?}");
    let original = fs::read_to_string(named("original.eml")).unwrap();
    assert!(original.contains("From: ") && !original.contains("multipart/signed"), "{original}");

    // The proof: by the program, and by the second verifier.
    let proof = named("evidence/proof.json");
    succeed(sigillo().arg("verify").arg("--ca").arg(&authorities).arg(&proof));
    let proved = conformance::proof::verify(&fs::read(&proof).unwrap(), Some(&authorities), None).unwrap();
    assert!(proved.len() > 4 && proved.iter().all(|row| row.contains(&identifier)), "{proved:#?}");

    // For people.
    let report = text_of(&named("verification.pdf"));
    assert!(report.contains("Rapporto di verifica") && report.contains("Verification report"), "{report}");
    assert!(report.contains("Autentico: ") && report.contains("Authentic: "), "{report}");
    let page = fs::read_to_string(named("verification.html")).unwrap();
    assert!(page.contains("Prova &lt;b&gt; &amp; co") && !page.contains("<b>"), "{page}");
    let index = fs::read_to_string(named("index.html")).unwrap();
    assert!(index.contains("<a href=\"evidence/proof.json\">") && index.contains("<html lang=\"it\">"), "{index}");

    // Who read is on record; nothing is replaced.
    let history = alfa.administer(&["message", "show", &identifier]);
    assert!(history.contains("message dossier: RG 4711/2026"), "{history}");
    let (code, _, wrong) = dossier(alfa, &[&identifier], &archive);
    assert!(code == Some(73) && wrong.contains("is there already"), "{wrong}");
}

#[test]
fn a_dossier_of_days_has_each_message_and_says_what_is_missing_and_why() {
    let world = sealing();
    for subject in ["prima", "seconda"] {
        world.submit(&[ANNA], letter(ANNA, subject)).unwrap();
    }
    world.settle();
    empty(&world, "INBOX");
    empty(&world, "Inviata");
    let alfa = &world.alfa;
    eventually("everything to be sealed", || (checked(alfa)["unsealed"] == 0).then_some(()));
    let archive = world.scratch("days.zip");
    let days = ["--since", "2020-01-01", "--mailbox", "mario.rossi@alfa.example"];
    let (code, said, wrong) = dossier(alfa, &days, &archive);
    assert_eq!(code, Some(0), "{said}{wrong}");
    assert!(said.contains("2 messages") && said.contains("4 pieces are missing"), "{said}");
    let folder = unpacked(&world, &archive, "days");
    let files = files(&folder);
    for part in ["0001-", "0002-"] {
        let pdf = files.iter().find(|name| name.starts_with(part) && name.ends_with("/attestation.pdf")).unwrap();
        let text = text_of(&folder.join(pdf));
        assert!(text.contains("non è una ricevuta") && text.contains("no receipt of certified mail"), "{text}");
        let message = pdf.replace(".pdf", ".eml");
        openssl_verifies(&folder.join(message), &world.lab.ca);
    }
    // The other provider has what it was sent, and of days without mail there is nothing.
    let beta = world.scratch("beta.zip");
    let (code, said, wrong) = dossier(&world.beta, &["--since", "2020-01-01", "--mailbox", ANNA], &beta);
    assert!(code == Some(0) && said.contains("2 messages") && said.contains("0 pieces are missing"), "{said}{wrong}");
    let none = world.scratch("none.zip");
    let (code, _, wrong) = dossier(alfa, &["--since", "2020-01-01", "--until", "2020-01-02"], &none);
    assert!(code == Some(66) && wrong.contains("no such message") && !none.exists(), "{wrong}");
    // Beyond the size that was asked for a piece is named instead.
    let small = world.scratch("small.zip");
    let (code, said, wrong) = dossier(&world.beta, &["--since", "2020-01-01", "--limit", "1000"], &small);
    assert!(code == Some(0) && !said.contains("; 0 pieces"), "{said}{wrong}");
    let folder = unpacked(&world, &small, "small");
    assert!(fs::read_to_string(folder.join("LEGGIMI.txt")).unwrap().contains("--limit"));
}
