//! Signed messages at the Open Banking doors, both versions, over TLS.

use crate::harness::{Answer, CLIENT, OTHER_CLIENT, Setup, TestService, part, read_set};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use certificates::ServiceRole;
use event_service::MessageSigningConfig;
use jiff::SignedDuration;
use jose::{Algorithm, SigningKey};
use serde_json::{Map, Value, json};
use test_kit::TestDatabase;

const BODY: &str = r#"{ "Data" : {"Version":"3.1"} }"#;
const NOW: i64 = 1_767_225_600;
const IAT: &str = "http://openbanking.org.uk/iat";
const ISS: &str = "http://openbanking.org.uk/iss";
const TAN: &str = "http://openbanking.org.uk/tan";
const SIGNATURE: &str = "x-jws-signature";

/// A client that signs.
struct Signer {
    key: SigningKey,
}

/// A service where subscriptions and callback URLs must be signed, with a client's key.
async fn signing(database: TestDatabase) -> (TestService, Signer) {
    let mut setup = Setup::new(database);
    setup.config.message_signing = MessageSigningConfig {
        event_subscriptions: true,
        callback_urls: true,
        ..MessageSigningConfig::default()
    };
    let service = TestService::with(&setup).await;
    let signer = Signer::new("of-acme");
    service.key_manager.set_signer(CLIENT, ("org", "acme"), signer.jwks());
    let other = Signer::new("of-other").jwks();
    service.key_manager.set_signer(OTHER_CLIENT, ("org", "other"), other);
    (service, signer)
}

impl Signer {
    fn new(kid: &str) -> Self {
        Self { key: SigningKey::generate(Algorithm::Ps256).unwrap().with_key_id(kid) }
    }

    fn jwks(&self) -> Value {
        json!({"keys": [self.key.public_jwk(None)]})
    }

    fn sign(&self, header: &str, body: &str) -> String {
        let encoded = BASE64_URL_SAFE_NO_PAD.encode(header);
        let input = format!("{encoded}.{}", BASE64_URL_SAFE_NO_PAD.encode(body));
        let signature = self.key.signature(input.as_bytes()).unwrap();
        format!("{encoded}..{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    fn signed(&self) -> String {
        self.sign(&Value::Object(header()).to_string(), BODY)
    }

    /// With members replaced, or removed by `null` in `changes`.
    fn signed_with(&self, changes: &Value) -> String {
        let mut header = header();
        for (name, value) in changes.as_object().unwrap() {
            match value {
                Value::String(text) if text == "REMOVED" => drop(header.remove(name)),
                value => drop(header.insert(name.clone(), value.clone())),
            }
        }
        self.sign(&Value::Object(header).to_string(), BODY)
    }
}

fn header() -> Map<String, Value> {
    let header = json!({
        "alg": "PS256", "kid": "of-acme", "typ": "JOSE", "cty": "application/json",
        IAT: NOW, ISS: "org/acme", TAN: "openbanking.org.uk", "crit": [IAT, ISS, TAN],
    });
    header.as_object().unwrap().clone()
}

async fn send(
    service: &TestService,
    (method, path): (&str, &str),
    signatures: &[&str],
    body: &str,
) -> Answer {
    let gateway = service.as_role(Some(ServiceRole::Gateway));
    let mut request = gateway
        .request(method.parse().unwrap(), format!("{}/open-banking/{path}", service.base))
        .header("x-wso2-client-id", CLIENT)
        .header("content-type", "application/json")
        .body(body.to_owned());
    for signature in signatures {
        request = request.header(SIGNATURE, *signature);
    }
    Answer::read(request.send().await.unwrap()).await
}

/// The error is the one of `code`, about `path`, and signed.
#[track_caller]
fn assert_refused(
    service: &TestService,
    answer: &Answer,
    code: (&str, &str),
    path: &str,
    what: &str,
) {
    let error = &answer.json()["Errors"][0];
    assert_eq!(answer.status, 400, "{what} {answer:?}");
    assert!([code.0, code.1].contains(&error["ErrorCode"].as_str().unwrap()), "{what} {error}");
    assert_eq!(error["Path"], path, "{what}");
    assert_signed(service, answer);
}

/// The answer's signature is the bank's over the body, as another library reads it.
#[track_caller]
fn assert_signed(service: &TestService, answer: &Answer) {
    let whole = format!(".{}.", BASE64_URL_SAFE_NO_PAD.encode(&answer.body));
    let compact = answer.header(SIGNATURE).replacen("..", &whole, 1);
    let read = read_set(&compact, &service.key_manager.jwks()).unwrap();
    assert_eq!(read.text, answer.body);
    let kid = read.header["kid"].clone();
    assert_eq!(
        part(&compact, 0),
        json!({
            "alg": "PS256", "kid": kid, "typ": "JOSE", IAT: NOW, ISS: "0015800001041RbAAI",
            TAN: "openbanking.org.uk", "crit": [IAT, ISS, TAN],
        })
    );
}

/// Whatever the handler says, it was asked.
#[track_caller]
fn assert_handled(service: &TestService, answer: &Answer) {
    for (v3, v4) in [INVALID, INVALID_CLAIM, MISSING_CLAIM, MALFORMED, MISSING, UNEXPECTED] {
        assert!(!answer.body.contains(v3) && !answer.body.contains(v4), "{answer:?}");
    }
    assert_ne!(answer.status, 503, "{answer:?}");
    assert_signed(service, answer);
}

const INVALID: (&str, &str) = ("UK.OBIE.Signature.Invalid", "U015");
const INVALID_CLAIM: (&str, &str) = ("UK.OBIE.Signature.InvalidClaim", "U016");
const MISSING_CLAIM: (&str, &str) = ("UK.OBIE.Signature.MissingClaim", "U017");
const MALFORMED: (&str, &str) = ("UK.OBIE.Signature.Malformed", "U018");
const MISSING: (&str, &str) = ("UK.OBIE.Signature.Missing", "U019");
const UNEXPECTED: (&str, &str) = ("UK.OBIE.Signature.Unexpected", "U020");
const POST: [(&str, &str); 2] =
    [("POST", "v3.1/event-subscriptions"), ("POST", "v4.0/event-subscriptions")];

/// EV-33: members of the header.
#[actix_web::test]
async fn ev_33_a_header_with_a_wrong_member_is_refused_by_its_name() {
    let (service, signer) = signing(TestDatabase::sqlite()).await;
    let other_critical = json!([IAT, ISS, TAN, "x"]);
    let cases = [
        ("typ", json!("JWT")),
        ("typ", json!("jose")),
        ("typ", json!(1)),
        ("typ", json!(null)),
        ("cty", json!("text/plain")),
        ("cty", json!("JSON")),
        ("cty", json!([])),
        ("alg", json!("RS256")),
        ("alg", json!("PS512")),
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("alg", json!("ps256")),
        ("alg", json!(null)),
        ("alg", json!(["PS256"])),
        ("kid", json!("")),
        ("kid", json!("unknown")),
        ("kid", json!("of-other")),
        ("kid", json!(1)),
        ("kid", json!("x".repeat(256))),
        ("kid", json!("../of-acme")),
        (IAT, json!(NOW + 31)),
        (IAT, json!(NOW.to_string())),
        (IAT, json!(-1)),
        (IAT, json!(1.5)),
        (IAT, json!(null)),
        (IAT, json!(true)),
        (IAT, json!(u64::MAX)),
        (IAT, json!(NOW * 1000)),
        (ISS, json!("org")),
        (ISS, json!("org/other")),
        (ISS, json!("acme/org")),
        (ISS, json!("org/acme/")),
        (ISS, json!("ORG/acme")),
        (ISS, json!("")),
        (ISS, json!(null)),
        (TAN, json!("openbanking.org")),
        (TAN, json!("OPENBANKING.ORG.UK")),
        (TAN, json!("")),
        (TAN, json!(["openbanking.org.uk"])),
        ("crit", json!([])),
        ("crit", json!([IAT, ISS])),
        ("crit", json!([IAT, ISS, ISS])),
        ("crit", json!([IAT, ISS, TAN, TAN])),
        ("crit", other_critical),
        ("crit", json!(TAN)),
        ("crit", json!(null)),
        ("crit", json!([IAT, ISS, TAN, "b64"])),
        ("b64", json!(false)),
        ("b64", json!(true)),
        ("jku", json!("https://evil.example/jwks")),
        ("jwk", signer.jwks()["keys"][0].clone()),
        ("x5c", json!(["MII"])),
        ("x", json!(1)),
    ];
    assert!(cases.len() >= 40);
    for (name, value) in cases {
        let signature = signer.signed_with(&json!({name: value}));
        for place in POST {
            let answer = send(&service, place, &[&signature], BODY).await;
            assert_refused(&service, &answer, INVALID_CLAIM, name, &format!("{name} {value}"));
        }
    }
}

/// EV-33: members that are not there.
#[actix_web::test]
async fn ev_33_a_header_without_a_member_is_refused_by_its_name() {
    let (service, signer) = signing(TestDatabase::sqlite()).await;
    for names in [
        &["alg"][..],
        &["kid"],
        &[IAT],
        &[ISS],
        &[TAN],
        &["crit"],
        &["kid", TAN],
        &["alg", IAT, ISS, "crit"],
    ] {
        let removed: Map<String, Value> =
            names.iter().map(|name| ((*name).to_owned(), "REMOVED".into())).collect();
        let signature = signer.signed_with(&removed.into());
        for place in POST {
            let answer = send(&service, place, &[&signature], BODY).await;
            assert_refused(&service, &answer, MISSING_CLAIM, &names.join(", "), &names.join(" "));
        }
    }
    let empty = send(&service, POST[0], &[&signer.sign("{}", BODY)], BODY).await;
    let all = ["alg", "kid", IAT, ISS, TAN, "crit"].join(", ");
    assert_refused(&service, &empty, MISSING_CLAIM, &all, "{}");
}

/// EV-33: what is no detached JWS.
#[actix_web::test]
async fn ev_33_what_is_not_one_detached_jws_is_refused() {
    let (service, signer) = signing(TestDatabase::sqlite()).await;
    let good = signer.signed();
    let (head, tail) = good.split_once("..").unwrap();
    let long = signer.signed_with(&json!({"kid": "x".repeat(9000)}));
    let cases = [
        vec![String::new()],
        vec!["..".into()],
        vec![".".into()],
        vec!["undefined".into()],
        vec![head.into()],
        vec![format!("{head}.{tail}")],
        vec![format!("{head}..")],
        vec![format!("..{tail}")],
        vec![format!("{head}...{tail}")],
        vec![format!("{head}.{}.{tail}", BASE64_URL_SAFE_NO_PAD.encode(BODY))],
        vec![format!("{good}.")],
        vec![format!("{good}=")],
        vec![format!("{good}, {good}")],
        vec![format!("Bearer {good}")],
        vec![good.replace("..", ". .")],
        vec![signer.sign("[]", BODY)],
        vec![signer.sign("1", BODY)],
        vec![signer.sign("", BODY)],
        vec![signer.sign(r#"{"alg":"PS256","alg":"PS256"}"#, BODY)],
        vec![signer.sign("{'alg':'PS256'}", BODY)],
        vec![signer.sign("\u{feff}{}", BODY)],
        vec![long],
        vec![good.clone(), good.clone()],
    ];
    for signatures in cases {
        let signatures: Vec<&str> = signatures.iter().map(String::as_str).collect();
        for place in POST {
            let answer = send(&service, place, &signatures, BODY).await;
            assert_refused(&service, &answer, MALFORMED, SIGNATURE, signatures[0]);
        }
    }
    for place in POST {
        let answer = send(&service, place, &[], BODY).await;
        assert_refused(&service, &answer, MISSING, SIGNATURE, "none");
    }
}

/// EV-33: a signature of something else.
#[actix_web::test]
async fn ev_33_a_body_that_was_changed_by_one_byte_is_refused() {
    let (service, signer) = signing(TestDatabase::sqlite()).await;
    let good = signer.signed();
    let mut bodies: Vec<String> =
        (0..BODY.len()).map(|at| format!("{} {}", &BODY[..at], &BODY[at..])).collect();
    bodies.extend([
        format!("{BODY}\n"),
        String::new(),
        BODY.replace("3.1", "3.2"),
        BODY.replace(' ', ""),
    ]);
    for body in bodies {
        let answer = send(&service, POST[0], &[&good], &body).await;
        assert_refused(&service, &answer, INVALID, SIGNATURE, &body);
    }
    let (head, tail) = good.split_once("..").unwrap();
    let stranger = Signer::new("of-acme").signed();
    let pkcs1 =
        Signer { key: signer.key.clone().with_algorithm(Algorithm::Rs256).unwrap() }.signed();
    let other = if tail.starts_with('A') { "B" } else { "A" };
    for signature in [
        stranger,
        pkcs1,
        format!("{head}..{other}{}", &tail[1..]),
        format!("{head}..AAAA"),
        format!("{head}..{}", BASE64_URL_SAFE_NO_PAD.encode([0; 256])),
    ] {
        for place in POST {
            let answer = send(&service, place, &[&signature], BODY).await;
            assert_refused(&service, &answer, INVALID, SIGNATURE, &signature);
        }
    }
}

#[actix_web::test]
async fn a_request_without_a_body_must_not_be_signed() {
    let (service, signer) = signing(TestDatabase::sqlite()).await;
    let signature = signer.sign(&Value::Object(header()).to_string(), "");
    for path in ["v3.1/event-subscriptions", "v4.0/callback-urls"] {
        let signed = send(&service, ("GET", path), &[&signature], "").await;
        assert_refused(&service, &signed, UNEXPECTED, SIGNATURE, path);
        let answer = send(&service, ("GET", path), &[], "").await;
        assert_handled(&service, &answer);
    }
    let path = "v3.1/event-subscriptions/019b7661-8000-7000-8000-00000000abcd";
    let signed = send(&service, ("DELETE", path), &[&signature], "").await;
    assert_refused(&service, &signed, UNEXPECTED, SIGNATURE, path);
}

test_kit::on_both_databases! {
    async fn a_right_signature_reaches_the_handler_and_the_answer_is_signed(database: TestDatabase) {
        let (service, signer) = signing(database).await;
        let shortest = json!({"typ": "REMOVED", "cty": "REMOVED", IAT: NOW + 30, "crit": [TAN, ISS, IAT]});
        for place in [POST[0], POST[1], ("POST", "v3.1/callback-urls"), ("PUT", "v4.0/callback-urls/1")] {
            for signature in [signer.signed(), signer.signed_with(&shortest), signer.signed_with(&json!({"cty": "json", IAT: 0}))] {
                let answer = send(&service, place, &[&signature], BODY).await;
                assert_handled(&service, &answer);
            }
        }
    }
}

#[actix_web::test]
async fn a_new_key_of_the_client_is_found_and_an_old_one_is_not() {
    let (service, signer) = signing(TestDatabase::sqlite()).await;
    assert_handled(&service, &send(&service, POST[0], &[&signer.signed()], BODY).await);
    let new = Signer::new("new");
    service.key_manager.set_signer(CLIENT, ("org", "acme"), new.jwks());
    service.clock.advance(SignedDuration::from_secs(2));
    let signature = new.signed_with(&json!({"kid": "new"}));
    let answer = send(&service, POST[0], &[&signature], BODY).await;
    assert_ne!(answer.json()["Errors"][0]["Path"], "kid", "{answer:?}");
    service.clock.advance(SignedDuration::from_secs(2));
    let answer = send(&service, POST[0], &[&signer.signed()], BODY).await;
    assert_eq!(answer.json()["Errors"][0]["Path"], "kid", "{answer:?}");
}

#[actix_web::test]
async fn a_signature_is_not_judged_without_the_key_manager() {
    let (service, signer) = signing(TestDatabase::sqlite()).await;
    service.poll("{}").await;
    service.key_manager.set_away(true);
    let answer = send(&service, POST[0], &[&signer.signed()], BODY).await;
    assert_eq!(answer.status, 503);
    assert_signed(&service, &answer);
}

#[actix_web::test]
async fn nothing_is_verified_or_signed_where_signing_is_off() {
    let service = TestService::start().await;
    for signatures in [&[][..], &["nonsense"]] {
        let answer = send(&service, POST[0], signatures, BODY).await;
        assert!(!answer.body.contains("Signature"), "{answer:?}");
        assert!(!answer.headers.contains_key(SIGNATURE));
    }
}
