//! `[timestamps]`: whom to ask, with which password, and what cannot be meant.

use secrecy::ExposeSecret;

use super::Desk;

const HTTPS: &str = "[timestamps]\ntls_roots = \"ca.pem\"\n\
                     [[timestamps.authority]]\nurl = \"https://tsa.example/\"\nroots = \"ca.pem\"\n";
const HTTP: &str = "[timestamps]\n[[timestamps.authority]]\nurl = \"http://tsa.example/\"\nroots = \"ca.pem\"\n";

#[test]
fn authorities_stand_in_their_order_with_the_defaults_that_the_manual_states() {
    let desk = Desk::new().and(HTTPS).and(
        "login = \"alfa\"\npassword_file = \"password\"\npolicy = \"1.3.6.1.4.1.99999.1\"\n\
         [[timestamps.authority]]\nurl = \"http://other.example/tsr\"\nroots = \"operator.pem\"\n",
    );
    let config = desk.load().unwrap();
    let settings = &config.timestamps.as_ref().unwrap().settings;
    let urls: Vec<&str> = settings.authorities.iter().map(|authority| authority.url.as_str()).collect();
    assert_eq!(urls, ["https://tsa.example/", "http://other.example/tsr"]);
    let first = &settings.authorities[0];
    assert_eq!((&first.roots, first.policy.is_some()), (&desk.folder.path().join("ca.pem"), true));
    let login = first.login.as_ref().unwrap();
    assert_eq!((login.user.as_str(), login.password.expose_secret()), ("alfa", "segreta"));
    assert!(!format!("{config:?}").contains("segreta"));
    let times = [settings.timeout, settings.retry_first, settings.retry_max, settings.tolerance];
    assert_eq!(times.map(|time| time.as_secs()), [20, 60, 3600, 10]);
    assert!(config.secrets_open_to_all().iter().any(|file| file.ends_with("password")));
    assert!(Desk::new().load().unwrap().timestamps.is_none());
}

#[test]
fn what_cannot_be_meant_is_refused_at_its_key() {
    let url = "timestamps.authority.0.url";
    for (lines, more, key, part, what) in [
        ("[timestamps]\n", "", "timestamps", "[timestamps]", "expected from 1 to 8 tables"),
        (&HTTPS.replace("https:", "ftp:"), "", url, "\"ftp:", "begins with http:// or https://"),
        (&HTTPS.replace("//tsa", "//anna:secret@tsa"), "", url, "\"https:", "login and password_file"),
        (&HTTPS.replace("tls_roots = \"ca.pem\"\n", ""), "", url, "\"https:", "timestamps.tls_roots too"),
        (
            &HTTP.replace("\"ca.pem\"", "\"none.pem\""),
            "",
            "timestamps.authority.0.roots",
            "\"none.pem\"",
            "there is none",
        ),
        (HTTP, "policy = \"one\"\n", "timestamps.authority.0.policy", "\"one\"", "no object identifier"),
        (HTTP, "login = \"alfa\"\n", "timestamps.authority.0.login", "\"alfa\"", "password_file beside it"),
        (
            HTTP,
            "password_file = \"password\"\n",
            "timestamps.authority.0.password_file",
            "\"password\"",
            "login beside it",
        ),
        (
            HTTP,
            "login = \"alfa\"\npassword_file = \"password\"\n",
            "timestamps.authority.0.login",
            "\"alfa\"",
            "everybody on the way would read the password",
        ),
        (
            HTTPS,
            "login = \"al:fa\"\npassword_file = \"password\"\n",
            "timestamps.authority.0.login",
            "\"al:fa\"",
            "without a colon",
        ),
    ] {
        Desk::new().and(lines).and(more).refused(key, part, what);
    }
    for (key, value, what) in [
        ("timeout", "\"0s\"", "more than 0 seconds"),
        ("timeout", "\"2h\"", "at most 1 hours"),
        ("retry_first", "\"25h\"", "at most 24 hours"),
        ("retry_max", "\"1s\"", "no less than timestamps.retry_first"),
        ("clock_tolerance", "\"2h\"", "at most 1 hours"),
    ] {
        let line = format!("[timestamps]\n{key} = {value}\n");
        let part = format!("{value}\n");
        Desk::new().and(&HTTP.replace("[timestamps]\n", &line)).refused(&format!("timestamps.{key}"), &part, what);
    }
    let nine = HTTP.to_owned() + &HTTP.replace("[timestamps]\n", "").repeat(8);
    Desk::new().and(&nine).refused("timestamps", "[timestamps]", "found 9");
}
