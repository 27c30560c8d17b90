//! swaks and curl as clients.

use std::process::Command;
use std::sync::Arc;

use super::*;

async fn open(kind: Door, limits: Limits) -> (Server, Arc<Recorder>) {
    let recorder = Recorder::new();
    let mut config = door(kind, limits);
    config.tls = Some(certificate().0);
    (start(config, Arc::clone(&recorder)).await, recorder)
}

/// Exit code and everything printed.
async fn run(program: &str, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(program);
    command.args(arguments);
    let output = tokio::task::spawn_blocking(move || harness::output(&mut command)).await.unwrap().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&text).into_owned())
}

async fn swaks(server: &Server, more: &[&str]) -> (i32, String) {
    let address = server.address();
    let (host, port) = (address.ip().to_string(), address.port().to_string());
    let mut arguments = vec!["--server", &host, "--port", &port, "--from", "Mario.Rossi@pec.it", "--to", "Anna@pec.it"];
    arguments.extend_from_slice(&["--helo", "client.example", "--timeout", "20"]);
    arguments.extend_from_slice(more);
    run("swaks", &arguments).await
}

#[tokio::test(flavor = "multi_thread")]
async fn swaks_sends_over_587_with_starttls_and_each_mechanism() {
    let (server, recorder) = open(Door::Submission, limits()).await;
    for mechanism in ["PLAIN", "LOGIN"] {
        let (code, text) = swaks(&server, &["-tls", "-a", mechanism, "-au", "mario", "-ap", "segreto"]).await;
        assert_eq!(code, 0, "{text}");
    }
    let all = recorder.all();
    assert_eq!(all.len(), 2);
    let session = &all[0].session;
    assert_eq!(session.path.as_ref().unwrap().as_str(), "Mario.Rossi@pec.it");
    assert_eq!(session.recipients[0].as_str(), "Anna@pec.it");
    assert_eq!(session.login.as_ref().map(|holder| holder.login()), Some("mario"));
    let text = String::from_utf8_lossy(&all[0].message).into_owned();
    assert!(
        text.starts_with("Received: from client.example ([127.0.0.1])\r\n\tby mx.pec.it with ESMTPSA (TLSv1."),
        "{text}"
    );
    assert!(all[0].content().starts_with(b"Date: "), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn swaks_sends_over_465_with_implicit_tls() {
    let (server, recorder) = open(Door::SubmissionTls, limits()).await;
    let (code, text) = swaks(&server, &["-tlsc", "-a", "PLAIN", "-au", "mario", "-ap", "segreto"]).await;
    assert_eq!(code, 0, "{text}");
    assert_eq!(recorder.only().session.recipients.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn swaks_sends_to_25_in_clear_and_under_tls() {
    let (server, recorder) = open(Door::Incoming, limits()).await;
    for more in [&["--quit-after", "EHLO"][..], &[], &["-tls"], &["--pipeline"]] {
        let (code, text) = swaks(&server, more).await;
        assert_eq!(code, 0, "{text}");
    }
    let all = recorder.all();
    assert_eq!(all.len(), 3);
    assert!(all[0].session.tls.is_none() && all[1].session.tls.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn swaks_hears_why_it_is_refused() {
    let (server, recorder) = open(Door::Submission, limits()).await;
    let (code, text) = swaks(&server, &["-tls", "-a", "PLAIN", "-au", "mario", "-ap", "wrong"]).await;
    assert!(code != 0 && text.contains("535 5.7.8"), "{text}");
    let (code, text) = swaks(&server, &["-tls"]).await;
    assert!(code != 0 && text.contains("530 5.7.0"), "{text}");
    let (code, text) = swaks(&server, &[]).await;
    assert!(code != 0 && text.contains("530 5.7.0 must issue a STARTTLS"), "{text}");
    assert!(recorder.all().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn swaks_is_told_that_its_message_is_too_large() {
    let small = Limits { message: 20_000, ..limits() };
    let (server, recorder) = open(Door::Incoming, small).await;
    let body = "a line of text for a large message, again and again\n".repeat(1000);
    let (code, text) = swaks(&server, &["--body", &body]).await;
    assert!(code != 0 && text.contains("552 5.3.4"), "{text}");
    assert!(recorder.all().is_empty());
}

async fn curl(url: &str, file: &std::path::Path, more: &[&str]) -> (i32, String) {
    let file = file.to_string_lossy().into_owned();
    let mut arguments = vec!["-sS", "-v", "--max-time", "20", "-k", "--url", url, "--upload-file", &file];
    arguments.extend_from_slice(&["--mail-from", "mario@pec.it", "--mail-rcpt", "anna@pec.it", "--crlf"]);
    arguments.extend_from_slice(more);
    run("curl", &arguments).await
}

/// A file that goes with the test.
struct Draft(std::path::PathBuf);

impl Draft {
    fn new(name: &str, content: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("sigillo-smtp-{}-{name}", std::process::id()));
        std::fs::write(&path, content).unwrap();
        Self(path)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_sends_over_465_and_587_and_its_dots_and_8_bit_octets_arrive() {
    let content = "Subject: prova\n\n.\n..due\nperché no\n";
    let draft = Draft::new("draft", content.as_bytes());
    for (kind, scheme, tls) in [(Door::SubmissionTls, "smtps", None), (Door::Submission, "smtp", Some("--ssl-reqd"))] {
        let (server, recorder) = open(kind, limits()).await;
        let url = format!("{scheme}://{}/client.example", server.address());
        for option in ["AUTH=PLAIN", "AUTH=LOGIN"] {
            let mut more = vec!["--user", "mario:segreto", "--login-options", option];
            more.extend(tls);
            let (code, text) = curl(&url, &draft.0, &more).await;
            assert_eq!(code, 0, "{text}");
        }
        let all = recorder.all();
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].content(), content.replace('\n', "\r\n").as_bytes());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_is_refused_with_a_wrong_password() {
    let draft = Draft::new("wrong", b"Subject: x\n\nx\n");
    let (server, recorder) = open(Door::SubmissionTls, limits()).await;
    let url = format!("smtps://{}/client.example", server.address());
    let (code, text) = curl(&url, &draft.0, &["--user", "mario:falso"]).await;
    assert!(code == 67 && text.contains("535 5.7.8"), "{code} {text}");
    assert!(recorder.all().is_empty());
}
