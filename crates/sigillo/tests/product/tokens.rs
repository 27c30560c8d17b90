//! A program that logs in with a token of the organisation's identity provider, at each door, with curl.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use provider::{Clock, SystemClock};

use crate::house::{World, eventually, letter, run, succeed};

const ANNA: &str = "anna.bianchi@alfa.example";

/// Signs tokens with a key of Ed25519, and publishes the key in a file.
struct IdentityProvider {
    folder: PathBuf,
}

impl IdentityProvider {
    fn new(folder: PathBuf) -> Self {
        fs::create_dir(&folder).unwrap();
        openssl(&folder, "genpkey -algorithm ed25519 -out key.pem");
        let public = openssl(&folder, "pkey -in key.pem -pubout -outform DER");
        let point = URL_SAFE_NO_PAD.encode(&public[public.len() - 32..]);
        let keys = format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"uno","use":"sig","x":"{point}"}}]}}"#);
        fs::write(folder.join("keys.json"), keys).unwrap();
        Self { folder }
    }

    /// A token about somebody that ends in so many seconds.
    fn token(&self, about: &str, ends: i64) -> String {
        let now = SystemClock.now().unix();
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"EdDSA","typ":"at+jwt","kid":"uno"}"#);
        let claims = URL_SAFE_NO_PAD.encode(format!(
            r#"{{"iss":"https://id.alfa.example","aud":"posta","preferred_username":"{about}","exp":{}}}"#,
            now + ends
        ));
        fs::write(self.folder.join("signed"), format!("{header}.{claims}")).unwrap();
        let signature = openssl(&self.folder, "pkeyutl -sign -rawin -inkey key.pem -in signed");
        format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn openssl(folder: &Path, words: &str) -> Vec<u8> {
    let output = harness::output(Command::new("openssl").current_dir(folder).args(words.split(' '))).unwrap();
    assert!(output.status.success(), "openssl {words}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn a_token_opens_every_door_and_a_bad_one_none() {
    let mut world = World::dark();
    let provider = IdentityProvider::new(world.scratch("identity"));
    let keys = provider.folder.join("keys.json");
    let table = format!(
        "[tokens]\nissuer = \"https://id.alfa.example\"\naudience = [\"posta\"]\nkeys = {:?}\n\n[relay]",
        keys.display().to_string()
    );
    world.alfa.edit("[relay]", &table);
    world.alfa.start();
    let ports = world.alfa.ports();
    let message = world.scratch("message.eml");
    let text = letter(ANNA, "con un token").replace("mario.rossi@alfa.example", ANNA);
    fs::write(&message, text).unwrap();
    let curl = |mechanism: &str, login: &str, token: &str, url: &str| {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--ssl-reqd", "--cacert"]).arg(&world.lab.tls_ca);
        curl.args(["--login-options", &format!("AUTH={mechanism}"), "--user", login, "--oauth2-bearer", token, url]);
        curl
    };
    let (imap, pop3) =
        (format!("imaps://localhost:{}/INBOX", ports.imap_tls), format!("pop3s://localhost:{}", ports.pop3_tls));
    let submission = format!("smtps://localhost:{}", ports.submission_tls);
    let good = provider.token(ANNA, 300);
    for mechanism in ["OAUTHBEARER", "XOAUTH2"] {
        let mut send = curl(mechanism, ANNA, &good, &submission);
        succeed(send.args(["--mail-from", ANNA, "--mail-rcpt", ANNA, "--upload-file"]).arg(&message));
        succeed(curl(mechanism, ANNA, &good, &imap).args(["--request", "STATUS INBOX (MESSAGES)"]));
        succeed(&mut curl(mechanism, ANNA, &good, &pop3));
    }
    world.alfa.wait(ANNA, "acceptance", 2);
    let late = provider.token(ANNA, -300);
    let others = provider.token("mario.rossi@alfa.example", 300);
    for url in [&submission, &imap, &pop3] {
        for token in [&late, &others] {
            let (status, _, said) = run(&mut curl("OAUTHBEARER", ANNA, token, url));
            assert_eq!(status.code(), Some(67), "{url}: {said}");
        }
    }
    eventually("the reason in the log", || {
        let log = world.alfa.log();
        (log.contains("it has expired") && log.contains("reason=\"wrong-password\"")).then_some(())
    });
}
