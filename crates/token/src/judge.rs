//! What a token must say, and by whose key.

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use pec::Moment;
use serde_json::{Map, Value};

use crate::settings::Issuer;

/// Seconds by which the clocks of the provider and of this machine may differ.
const SKEW: i64 = 60;
/// Octets of a token. What carries it at the doors is not much longer.
const LONGEST: usize = 8 << 10;
/// Octets of a login; an address has no more (RFC 5321 §4.5.3.1).
const LOGIN: usize = 320;

const OF_RSA: [Algorithm; 6] =
    [Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::PS256, Algorithm::PS384, Algorithm::PS512];
const OF_CURVES: [Algorithm; 2] = [Algorithm::ES256, Algorithm::ES384];

/// What is wrong with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is no signed JWT, or a claim has not the form that it should have.
    #[error("it is no signed JWT that can be read")]
    Form,
    /// It is signed with a secret that both sides know, or with nothing.
    #[error("its algorithm is not one of public keys")]
    Algorithm,
    /// No key of the provider has its `kid`.
    #[error("the identity provider publishes no such key")]
    UnknownKey,
    /// The signature is not by that key.
    #[error("its signature does not hold")]
    Signature,
    /// Another `iss`.
    #[error("it is of another issuer")]
    Issuer,
    /// It is for others.
    #[error("it is for another service (aud)")]
    Audience,
    /// `exp` is over.
    #[error("it has expired")]
    Expired,
    /// `nbf` is to come.
    #[error("it does not hold yet")]
    Early,
    /// It lacks the scope.
    #[error("it has not the scope that is asked for")]
    Scope,
    /// It has no login in the claim that should have it.
    #[error("it names no login in the claim that is configured")]
    Login,
}

impl Fault {
    /// For metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Fault::Form => "form",
            Fault::Algorithm => "algorithm",
            Fault::UnknownKey => "unknown-key",
            Fault::Signature => "signature",
            Fault::Issuer => "issuer",
            Fault::Audience => "audience",
            Fault::Expired => "expired",
            Fault::Early => "early",
            Fault::Scope => "scope",
            Fault::Login => "login",
        }
    }
}

/// The login that a token is about, when it is signed with one of `keys` and says at `now` what `issuer` asks for.
pub fn login(token: &str, keys: &JwkSet, issuer: &Issuer, now: Moment) -> Result<String, Fault> {
    if token.len() > LONGEST {
        return Err(Fault::Form);
    }
    let header = decode_header(token).map_err(|error| fault(error.kind()))?;
    let key = key(keys, header.kid.as_deref(), header.alg)?;
    let decoding = DecodingKey::from_jwk(key).map_err(|_| Fault::UnknownKey)?;
    let mut validation = Validation::new(header.alg);
    // By our clock, below, which is not the library's.
    validation.validate_exp = false;
    validation.set_issuer(&[&issuer.name]);
    validation.set_audience(&issuer.audience);
    validation.set_required_spec_claims(&["iss", "aud", "exp"]);
    let claims = decode::<Map<String, Value>>(token, &decoding, &validation).map_err(|error| fault(error.kind()))?;
    let claims = claims.claims;
    let seconds = |name: &str| claims.get(name).map(|value| value.as_f64().ok_or(Fault::Form)).transpose();
    let now = now.unix();
    if seconds("exp")?.ok_or(Fault::Form)? <= (now - SKEW) as f64 {
        return Err(Fault::Expired);
    }
    if seconds("nbf")?.is_some_and(|from| from > (now + SKEW) as f64) {
        return Err(Fault::Early);
    }
    if let Some(wanted) = &issuer.scope
        && !scopes(&claims).any(|scope| scope == wanted)
    {
        return Err(Fault::Scope);
    }
    match claims.get(&issuer.login) {
        Some(Value::String(login)) if !login.is_empty() && login.len() <= LOGIN => Ok(login.clone()),
        _ => Err(Fault::Login),
    }
}

/// The key of this name; without a name, the only one that can have signed so. Never a secret that both sides know: who can
/// read the keys could then sign with them.
fn key<'a>(keys: &'a JwkSet, name: Option<&str>, algorithm: Algorithm) -> Result<&'a Jwk, Fault> {
    let fits = |key: &Jwk| match &key.algorithm {
        AlgorithmParameters::RSA(_) => OF_RSA.contains(&algorithm),
        AlgorithmParameters::EllipticCurve(_) => OF_CURVES.contains(&algorithm),
        AlgorithmParameters::OctetKeyPair(_) => algorithm == Algorithm::EdDSA,
        _ => false,
    };
    if matches!(algorithm, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512) {
        return Err(Fault::Algorithm);
    }
    let signs = |key: &&Jwk| !matches!(key.common.public_key_use, Some(PublicKeyUse::Encryption)) && fits(key);
    let mut those = keys.keys.iter().filter(signs).filter(|key| name.is_none() || key.common.key_id.as_deref() == name);
    match (those.next(), those.next()) {
        (Some(key), None) => Ok(key),
        (Some(key), Some(_)) if name.is_some() => Ok(key),
        _ => Err(Fault::UnknownKey),
    }
}

/// A string of words (RFC 8693 §4.2), or a list as some providers write.
fn scopes(claims: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let of = |name: &str| claims.get(name);
    let found = of("scope").or_else(|| of("scp"));
    let words = found.and_then(Value::as_str).into_iter().flat_map(|text| text.split(' '));
    let list = found.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    words.chain(list)
}

fn fault(kind: &ErrorKind) -> Fault {
    match kind {
        ErrorKind::InvalidSignature => Fault::Signature,
        ErrorKind::InvalidIssuer => Fault::Issuer,
        ErrorKind::InvalidAudience => Fault::Audience,
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => Fault::Algorithm,
        ErrorKind::MissingRequiredClaim(name) if name == "iss" => Fault::Issuer,
        ErrorKind::MissingRequiredClaim(name) if name == "aud" => Fault::Audience,
        _ => Fault::Form,
    }
}
