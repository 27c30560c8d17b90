//! Tokens signed by openssl, and an identity provider that comes and goes.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use pec::Moment;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::settings::Place;

const NOW: i64 = 1_790_000_000;

fn base64(octets: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

/// An identity provider's key, made and used by openssl.
struct Key {
    folder: TempDir,
    /// What it publishes.
    public: Value,
    algorithm: &'static str,
}

impl Key {
    fn rsa(name: &str, algorithm: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        openssl(folder.path(), "genrsa -out key.pem 2048");
        let modulus = openssl(folder.path(), "rsa -in key.pem -noout -modulus");
        let modulus = String::from_utf8(modulus).unwrap();
        let hex = modulus.trim().strip_prefix("Modulus=").unwrap();
        let octets: Vec<u8> =
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
        let public = json!({"kty": "RSA", "kid": name, "use": "sig", "n": base64(&octets), "e": "AQAB"});
        Self { folder, public, algorithm }
    }

    fn edwards(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        openssl(folder.path(), "genpkey -algorithm ed25519 -out key.pem");
        let public = openssl(folder.path(), "pkey -in key.pem -pubout -outform DER");
        let point = &public[public.len() - 32..];
        let public = json!({"kty": "OKP", "crv": "Ed25519", "kid": name, "x": base64(point)});
        Self { folder, public, algorithm: "EdDSA" }
    }

    fn token(&self, claims: &Value) -> String {
        let header = json!({"typ": "at+jwt", "alg": self.algorithm, "kid": self.public["kid"]});
        let signed = format!("{}.{}", base64(header.to_string().as_bytes()), base64(claims.to_string().as_bytes()));
        fs::write(self.folder.path().join("signed"), &signed).unwrap();
        let how = match self.algorithm {
            "RS256" => "dgst -sha256 -sign key.pem signed",
            "PS256" => "dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest -sign key.pem signed",
            _ => "pkeyutl -sign -rawin -inkey key.pem -in signed",
        };
        format!("{signed}.{}", base64(&openssl(self.folder.path(), how)))
    }
}

fn openssl(folder: &Path, words: &str) -> Vec<u8> {
    let output = harness::output(Command::new("openssl").current_dir(folder).args(words.split(' '))).unwrap();
    assert!(output.status.success(), "openssl {words}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn set(keys: &[&Key]) -> JwkSet {
    serde_json::from_value(published(keys)).unwrap()
}

fn published(keys: &[&Key]) -> Value {
    json!({ "keys": keys.iter().map(|key| &key.public).collect::<Vec<_>>() })
}

fn issuer() -> Issuer {
    Issuer {
        name: "https://id.ente.example".into(),
        audience: vec!["pec".into(), "posta".into()],
        login: "preferred_username".into(),
        scope: Some("mail".into()),
    }
}

fn claims() -> Value {
    json!({
        "iss": "https://id.ente.example", "aud": ["posta", "altro"], "sub": "7", "preferred_username": "mario",
        "scope": "openid mail", "iat": NOW - 10, "nbf": NOW - 10, "exp": NOW + 300,
    })
}

fn judged(token: &str, keys: &JwkSet) -> Result<String, Fault> {
    judge::login(token, keys, &issuer(), Moment::from_unix(NOW))
}

#[test]
fn what_openssl_signed_is_judged_with_the_published_key() {
    let keys = [Key::rsa("a", "RS256"), Key::rsa("b", "PS256"), Key::edwards("c")];
    let all = set(&keys.each_ref());
    for key in &keys {
        assert_eq!(judged(&key.token(&claims()), &all).as_deref(), Ok("mario"), "{}", key.algorithm);
    }
    // A kind of key that nobody knows yet spoils no other.
    let mut with_new = published(&keys.each_ref());
    with_new["keys"].as_array_mut().unwrap().push(json!({"kty": "FUTURE", "kid": "d", "z": 1}));
    let with_new: JwkSet = serde_json::from_value(with_new).unwrap();
    assert_eq!(judged(&keys[0].token(&claims()), &with_new).as_deref(), Ok("mario"));
    assert_eq!(judged(&keys[0].token(&claims()), &set(&[&keys[1], &keys[2]])), Err(Fault::UnknownKey));
}

#[test]
fn each_claim_is_asked_for() {
    let key = Key::edwards("a");
    let keys = set(&[&key]);
    let with = |name: &str, value: Value| {
        let mut claims = claims();
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value,
        }
        judged(&key.token(&claims), &keys)
    };
    for (name, value, fault) in [
        ("iss", json!("https://id.altro.example"), Fault::Issuer),
        ("iss", Value::Null, Fault::Issuer),
        ("aud", json!("altro"), Fault::Audience),
        ("aud", Value::Null, Fault::Audience),
        ("exp", json!(NOW - 61), Fault::Expired),
        ("exp", json!("domani"), Fault::Form),
        ("exp", Value::Null, Fault::Form),
        ("nbf", json!(NOW + 61), Fault::Early),
        ("scope", json!("openid e-mail"), Fault::Scope),
        ("scope", Value::Null, Fault::Scope),
        ("preferred_username", json!(7), Fault::Login),
        ("preferred_username", json!(""), Fault::Login),
        ("preferred_username", Value::Null, Fault::Login),
    ] {
        assert_eq!(with(name, value.clone()), Err(fault), "{name} {value}");
    }
    for (name, value) in
        [("aud", json!("pec")), ("exp", json!(NOW as f64 - 30.5)), ("nbf", Value::Null), ("scope", json!(["mail"]))]
    {
        assert_eq!(with(name, value.clone()).as_deref(), Ok("mario"), "{name} {value}");
    }
}

#[test]
fn what_is_not_signed_by_the_provider_is_nothing() {
    let (key, other) = (Key::rsa("a", "RS256"), Key::rsa("a", "RS256"));
    let keys = set(&[&key]);
    let token = key.token(&claims());
    let parts: Vec<&str> = token.split('.').collect();
    let with_header =
        |header: Value, signature: &str| format!("{}.{}.{signature}", base64(header.to_string().as_bytes()), parts[1]);
    assert_eq!(judged(&other.token(&claims()), &keys), Err(Fault::Signature));
    let mut claims = claims();
    claims["preferred_username"] = json!("sindaco");
    let altered = base64(claims.to_string().as_bytes());
    assert_eq!(judged(&format!("{}.{altered}.{}", parts[0], parts[2]), &keys), Err(Fault::Signature));
    // The public key taken for a secret that both know, and no signature at all.
    assert_eq!(judged(&with_header(json!({"alg": "HS256", "kid": "a"}), parts[2]), &keys), Err(Fault::Algorithm));
    assert!(judged(&with_header(json!({"alg": "none", "kid": "a"}), ""), &keys).is_err());
    assert_eq!(judged(&with_header(json!({"alg": "EdDSA", "kid": "a"}), parts[2]), &keys), Err(Fault::UnknownKey));
    for rubbish in ["", ".", "..", "a.b.c", "ey.ey.ey", &"x".repeat(100_000)] {
        assert_eq!(judged(rubbish, &keys), Err(Fault::Form), "{:.20}", rubbish);
    }
}

/// An identity provider whose keys are a file, which is there or not.
struct House {
    place: TempDir,
    tokens: Tokens,
}

struct At(i64);

impl Clock for At {
    fn now(&self) -> Moment {
        Moment::from_unix(self.0)
    }
}

impl House {
    fn new(keys: &[&Key]) -> Self {
        let place = tempfile::tempdir().unwrap();
        let at = Place::File(place.path().join("keys.json"));
        let keys_of = KeySource {
            at,
            refresh: Duration::from_secs(3600),
            grace: Duration::from_secs(7200),
            timeout: Duration::from_secs(5),
            tls_roots: None,
        };
        let settings = Settings { issuer: issuer(), keys: keys_of };
        let house = Self { place, tokens: Tokens::new(settings, Arc::new(At(NOW))).unwrap() };
        house.publish(keys);
        house
    }

    fn publish(&self, keys: &[&Key]) {
        fs::write(self.place.path().join("keys.json"), published(keys).to_string()).unwrap();
    }

    fn go(&self) {
        fs::remove_file(self.place.path().join("keys.json")).unwrap();
    }

    async fn login(&self, key: &Key) -> Result<Option<String>, NotJudged> {
        self.tokens.login(&key.token(&claims())).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_key_is_asked_for_and_not_at_each_token() {
    let (old, new) = (Key::edwards("old"), Key::edwards("new"));
    let house = House::new(&[&old]);
    assert_eq!(house.login(&old).await.unwrap().as_deref(), Some("mario"));
    house.publish(&[&old, &new]);
    assert_eq!(house.login(&new).await.unwrap(), None, "asked a moment ago");
    tokio::time::advance(Duration::from_secs(31)).await;
    assert_eq!(house.login(&new).await.unwrap().as_deref(), Some("mario"));
    assert_eq!(house.login(&old).await.unwrap().as_deref(), Some("mario"));
}

#[tokio::test(start_paused = true)]
async fn keys_stay_in_use_while_the_provider_is_gone_and_not_for_ever() {
    let key = Key::edwards("a");
    let house = House::new(&[&key]);
    house.go();
    let why = house.login(&key).await.unwrap_err().to_string();
    assert!(why.contains("keys.json"), "{why}");
    assert!(house.tokens.trouble().is_some_and(|trouble| trouble.contains("keys.json")));
    tokio::time::advance(Duration::from_secs(31)).await;
    house.publish(&[&key]);
    assert!(house.login(&key).await.unwrap().is_some());
    assert_eq!(house.tokens.trouble(), None);
    house.go();
    tokio::time::advance(Duration::from_secs(3 * 3600 - 60)).await;
    assert!(house.login(&key).await.unwrap().is_some(), "the keys of three hours ago still hold");
    assert!(house.tokens.trouble().is_some());
    tokio::time::advance(Duration::from_secs(61)).await;
    assert!(house.login(&key).await.is_err());
}

#[tokio::test]
async fn many_tokens_at_once_ask_once() {
    let key = Key::edwards("a");
    let asked = Arc::new(AtomicUsize::new(0));
    let (count, keys) = (asked.clone(), published(&[&key]).to_string());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    let answer = async move || {
        count.fetch_add(1, Ordering::SeqCst);
        keys
    };
    let router = axum::Router::new().route("/keys", axum::routing::get(answer));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let source = KeySource {
        at: Place::Url(url),
        refresh: Duration::from_secs(3600),
        grace: Duration::ZERO,
        timeout: Duration::from_secs(5),
        tls_roots: None,
    };
    let tokens = Tokens::new(Settings { issuer: issuer(), keys: source }, Arc::new(At(NOW))).unwrap();
    let (tokens, token) = (Arc::new(tokens), key.token(&claims()));
    let logins = (0..20).map(|_| {
        let (tokens, token) = (tokens.clone(), token.clone());
        tokio::spawn(async move { tokens.login(&token).await.unwrap() })
    });
    for login in logins.collect::<Vec<_>>() {
        assert_eq!(login.await.unwrap().as_deref(), Some("mario"));
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}
