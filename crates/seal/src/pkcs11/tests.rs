//! With SoftHSM. Its configuration is in the environment, which belongs to the whole process: each test runs in a
//! child of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;
use crate::testing::*;

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
const PIN: &str = "271828";

/// A token in a folder of its own.
struct Home(PathBuf);

impl Home {
    fn options(&self) -> Pkcs11Options {
        Pkcs11Options {
            module: MODULE.into(),
            token: Token::Label("sigillo".into()),
            pin: Pin::from(PIN.to_owned()),
            key_label: Some("posta".into()),
            key_id: Some(vec![1]),
            certificates: Some(network().chain_pem.clone().into_bytes()),
            sessions: 4,
        }
    }

    fn run(&self, tool: &str, arguments: &str) {
        let mut command = Command::new(tool);
        command.args(arguments.split(' ')).current_dir(&self.0).env("SOFTHSM2_CONF", self.0.join("softhsm2.conf"));
        let output = harness::output(&mut command).unwrap();
        assert!(output.status.success(), "{tool} {arguments}: {output:?}");
    }

    fn take_out(&self) {
        std::fs::rename(self.0.join("tokens"), self.0.join("away")).unwrap();
        std::fs::create_dir(self.0.join("tokens")).unwrap();
    }

    fn put_back(&self) {
        std::fs::remove_dir(self.0.join("tokens")).unwrap();
        std::fs::rename(self.0.join("away"), self.0.join("tokens")).unwrap();
    }
}

/// Runs `body` of the test `name` in a child of its own, with a token that offers `mechanisms`.
fn alone(name: &str, mechanisms: &str, body: impl FnOnce(&Home)) {
    if let Some(home) = std::env::var_os("SEAL_TEST_TOKEN") {
        return body(&Home(home.into()));
    }
    let folder = tempfile::tempdir().unwrap();
    let home = Home(folder.path().to_owned());
    std::fs::create_dir(home.0.join("tokens")).unwrap();
    let configuration = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\nslots.mechanisms = {mechanisms}\n",
        home.0.join("tokens").display()
    );
    std::fs::write(home.0.join("softhsm2.conf"), configuration).unwrap();
    home.run("softhsm2-util", &format!("--init-token --free --label sigillo --pin {PIN} --so-pin 31415926"));
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args([&format!("pkcs11::tests::{name}"), "--exact", "--nocapture"]);
    again.env("SOFTHSM2_CONF", home.0.join("softhsm2.conf")).env("SEAL_TEST_TOKEN", &home.0);
    let child = harness::output(&mut again).unwrap();
    let printed = String::from_utf8_lossy(&child.stdout);
    assert!(
        child.status.success() && printed.contains("1 passed"),
        "{printed}{}",
        String::from_utf8_lossy(&child.stderr)
    );
}

/// Puts the network's key, as made in this process, into the token.
fn import(home: &Home) {
    std::fs::write(home.0.join("key.pem"), &network().key_pem).unwrap();
    home.run("softhsm2-util", &format!("--import key.pem --token sigillo --label posta --id 01 --pin {PIN}"));
}

/// Ends all sessions, as when the device was away.
fn restart(signer: &Pkcs11Signer) {
    let seen = *signer.module.running();
    signer.module.restart(seen).unwrap();
}

/// Asks OpenSSL whether a signature made by the device fits.
fn judge(signer: &Pkcs11Signer, folder: &Path) {
    let message = crate::seal(&draft(ORIGINAL), signer).unwrap();
    std::fs::write(folder.join("message.eml"), message.to_bytes()).unwrap();
    std::fs::write(folder.join("root.pem"), network().root.to_pem()).unwrap();
    openssl_ok(folder, &["cms", "-verify", "-in", "message.eml", "-CAfile", "root.pem", "-out", "/dev/null"]);
}

#[test]
fn a_device_signs_what_openssl_verifies() {
    alone("a_device_signs_what_openssl_verifies", "ALL", |home| {
        import(home);
        let signer = Pkcs11Signer::open(home.options()).unwrap();
        assert_eq!(signer.certificate(), network().signer.certificate());
        assert_eq!(signer.issuers(), [network().authority.clone()], "no root");
        judge(&signer, &home.0);
        assert_eq!(signer.sign(b"data").unwrap(), network().signer.sign(b"data").unwrap());
        let printed = format!("{signer:?} {:?}", home.options());
        assert!(printed.contains("Posta Certificata") && !printed.contains(PIN), "{printed}");
    });
}

#[test]
fn a_device_that_cannot_digest_signs_the_digest() {
    alone("a_device_that_cannot_digest_signs_the_digest", "CKM_RSA_PKCS,CKM_RSA_PKCS_KEY_PAIR_GEN", |home| {
        import(home);
        let signer = Pkcs11Signer::open(home.options()).unwrap();
        judge(&signer, &home.0);
    });
}

#[test]
fn key_and_certificates_are_found_in_the_token_alone() {
    alone("key_and_certificates_are_found_in_the_token_alone", "ALL", |home| {
        import(home);
        // Another key, and other certificates, in the same token.
        std::fs::write(home.0.join("other.pem"), key(3).serialize_pem()).unwrap();
        home.run("softhsm2-util", &format!("--import other.pem --token sigillo --label other --id 02 --pin {PIN}"));
        for (name, certificate) in
            [("root", &network().root), ("authority", &network().authority), ("leaf", network().signer.certificate())]
        {
            std::fs::write(home.0.join("in.der"), certificate.der()).unwrap();
            home.run(
                "pkcs11-tool",
                &format!("--module {MODULE} --token-label sigillo --login --pin {PIN} --write-object in.der --type cert --label {name}"),
            );
        }
        let options = Pkcs11Options { certificates: None, key_label: None, key_id: None, ..home.options() };
        let signer = Pkcs11Signer::open(options.clone()).unwrap();
        assert_eq!(signer.certificate(), network().signer.certificate());
        assert_eq!(signer.issuers(), [network().authority.clone()]);
        judge(&signer, &home.0);
        // The leaf alone given: its issuer comes from the token.
        let leaf = network().signer.certificate().to_pem().into_bytes();
        let signer = Pkcs11Signer::open(Pkcs11Options { certificates: Some(leaf), ..options.clone() }).unwrap();
        assert_eq!(signer.issuers(), [network().authority.clone()]);

        let refused = |options: Pkcs11Options, cause: &str| {
            let KeyError(text) = Pkcs11Signer::open(options).unwrap_err();
            assert!(text.contains(cause), "{text}");
        };
        let options = home.options();
        refused(
            Pkcs11Options { key_label: Some("other".into()), key_id: None, ..options.clone() },
            "none of the 1 keys",
        );
        refused(Pkcs11Options { key_label: Some("absent".into()), ..options.clone() }, "no RSA private key");
        refused(Pkcs11Options { token: Token::Label("absent".into()), ..options.clone() }, "the token is not there");
        refused(Pkcs11Options { token: Token::Slot(77_777), ..options.clone() }, "the token is not there");
        refused(Pkcs11Options { certificates: Some(vec![]), ..options.clone() }, "there is no certificate");
        refused(Pkcs11Options { module: "/nowhere/module.so".into(), ..options }, "/nowhere/module.so is not a usable");
    });
}

#[test]
fn eight_threads_sign_over_three_sessions() {
    alone("eight_threads_sign_over_three_sessions", "ALL", |home| {
        import(home);
        let signer = Pkcs11Signer::open(Pkcs11Options { sessions: 3, ..home.options() }).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let signer = &signer;
                scope.spawn(move || {
                    for number in 0..50 {
                        let data = format!("{thread} {number}");
                        let expected = network().signer.sign(data.as_bytes()).unwrap();
                        assert_eq!(signer.sign(data.as_bytes()).unwrap(), expected);
                    }
                });
            }
        });
        let pool = signer.pool();
        assert!((1..=3).contains(&pool.idle.len()) && pool.busy == 0, "{} sessions", pool.idle.len());
    });
}

#[test]
fn a_token_taken_out_and_put_back_signs_again() {
    alone("a_token_taken_out_and_put_back_signs_again", "ALL", |home| {
        import(home);
        let signer = Pkcs11Signer::open(home.options()).unwrap();
        // A second signer on the same module, whose sessions end when the first restarts it.
        let second = Pkcs11Signer::open(home.options()).unwrap();
        for _ in 0..2 {
            signer.sign(b"before").unwrap();
            second.sign(b"before").unwrap();
            home.take_out();
            for _ in 0..3 {
                let KeyError(text) = signer.sign(b"meanwhile").unwrap_err();
                assert!(text.contains("does not answer"), "{text}");
            }
            home.put_back();
            judge(&signer, &home.0);
            second.sign(b"after").unwrap();
        }
        // All threads at once meet sessions that ended.
        restart(&signer);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| signer.sign(b"after").unwrap());
            }
        });
    });
}

#[test]
fn a_wrong_pin_is_refused_and_offered_once() {
    alone("a_wrong_pin_is_refused_and_offered_once", "ALL", |home| {
        import(home);
        let KeyError(text) =
            Pkcs11Signer::open(Pkcs11Options { pin: Pin::from("99999".to_owned()), ..home.options() }).unwrap_err();
        assert!(text.contains("refuses the PIN") && !text.contains("99999"), "{text}");

        // Changed while the device was away: refused at the first login, and not offered again though it fits by then.
        let signer = Pkcs11Signer::open(home.options()).unwrap();
        let change = |from: &str, to: &str| {
            home.run(
                "pkcs11-tool",
                &format!("--module {MODULE} --token-label sigillo --login --pin {from} --change-pin --new-pin {to}"),
            );
        };
        change(PIN, "161803");
        restart(&signer);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| assert!(signer.sign(b"x").unwrap_err().to_string().contains("refuses the PIN")));
            }
        });
        change("161803", PIN);
        restart(&signer);
        assert!(signer.sign(b"x").unwrap_err().to_string().contains("refuses the PIN"), "not offered again");
        drop(signer);
        judge(&Pkcs11Signer::open(home.options()).unwrap(), &home.0);
    });
}
