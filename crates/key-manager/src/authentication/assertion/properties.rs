//! For any assertion, the decision is that of a model written from the rules (RFC 7523 §3 and the
//! limits that `docs/decisions.md` adds) and from nothing of the code under test.

use super::tests::{ISSUER, NOW, client, rules};
use super::*;
use jose::SigningKey;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use serde_json::{Value, json};
use std::sync::LazyLock;
use test_kit::{ForgedSignature, forged_jws};

static KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::generate(Algorithm::Ps256).unwrap());
static RULES: LazyLock<AssertionRules> = LazyLock::new(rules);
static KEY_PEM: LazyLock<String> = LazyLock::new(|| KEY.to_pem().unwrap().to_string());

/// An assertion as somebody may write it: JSON texts of members, `None` for an absent one.
#[derive(Clone, Debug)]
struct Written {
    header: Vec<(&'static str, Option<String>)>,
    claims: Vec<(&'static str, Option<String>)>,
    /// Which member of header and claims together stands there twice.
    repeated: Option<usize>,
    signature: Signature,
}

/// What an assertion is signed with.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Signature {
    Ps256,
    Rs256,
    OfAnother,
}

/// What the client registered.
#[derive(Clone, Debug)]
struct Registered {
    algorithm: Option<Algorithm>,
    cap: Option<i64>,
    audience_array: bool,
}

// === What is written ===

fn text(value: impl Into<Value>) -> String {
    value.into().to_string()
}

/// Values that are not even of a type that some member has, and numbers that no clock shows.
fn foreign() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        Just(None),
        prop::sample::select(vec![
            "null",
            "true",
            "{}",
            "[]",
            "[1]",
            "\"\"",
            "0",
            "-1",
            "1.5",
            "1e300",
            "1767225660.0",
            "18446744073709551615",
            "9223372036854775807",
            "-9223372036854775808",
            "\"1767225660\"",
        ])
        .prop_map(|text| Some(text.to_owned())),
    ]
}

/// The good value often enough for whole assertions to be good.
fn mostly(
    good: impl Strategy<Value = String>,
    other: impl Strategy<Value = String>,
) -> impl Strategy<Value = Option<String>> {
    prop_oneof![24 => good.prop_map(Some), 2 => other.prop_map(Some), 1 => foreign()]
}

fn name() -> impl Strategy<Value = Option<String>> {
    let other = prop::sample::select(vec!["client-2", "CLIENT-1", "client-1 ", "client-1\0"]);
    mostly(Just(text("client-1")), other.prop_map(text))
}

fn audience() -> impl Strategy<Value = Option<String>> {
    let ours = prop::sample::select(vec![
        json!(ISSUER),
        json!([ISSUER]),
        json!("https://alias/oauth2/token"),
    ]);
    let one = prop::sample::select(vec![ISSUER, "https://alias/oauth2/token", "https://other", ""]);
    let several = vec(one, 0..4).prop_map(|audiences| json!(audiences));
    let other =
        prop_oneof![several, Just(json!("https://localhost:9446")), Just(json!([ISSUER, 1]))];
    mostly(ours.prop_map(text), other.prop_map(text))
}

fn time(around: i64) -> impl Strategy<Value = Option<String>> {
    let edge = prop::sample::select(vec![-31, -30, -29, 0, 29, 30, 31, 61]);
    let exact = edge.prop_map(move |seconds: i64| text(around + seconds));
    mostly((NOW - 20..NOW + 20).prop_map(text), prop_oneof![exact, any::<i64>().prop_map(text)])
}

fn expiry() -> impl Strategy<Value = Option<String>> {
    let edges = prop::sample::select(vec![-31, -30, -29, 90, 91, 3 * 86_400 + 30, 3 * 86_400 + 31]);
    let edge = edges.prop_map(|seconds: i64| text(NOW + seconds));
    mostly((NOW..NOW + 60).prop_map(text), prop_oneof![edge, any::<i64>().prop_map(text)])
}

fn jti() -> impl Strategy<Value = Option<String>> {
    let long = (250..260_usize).prop_map(|length| text("j".repeat(length)));
    let wide = (120..135_usize).prop_map(|length| text("é".repeat(length)));
    mostly("\\PC{1,40}".prop_map(text), prop_oneof![long, wide])
}

fn header() -> impl Strategy<Value = Vec<(&'static str, Option<String>)>> {
    let algorithm = prop::sample::select(vec!["RS256", "ES256", "none", "HS256", "ps256"]);
    let token_type =
        prop::sample::select(vec!["JWT", "jwt", "client-authentication+jwt", "at+jwt", "", "JWT "]);
    let critical = prop::sample::select(vec!["[]", "[\"exp\"]", "null"]);
    (
        mostly(Just(text("PS256")), algorithm.prop_map(text)),
        prop_oneof![3 => Just(None), 2 => token_type.prop_map(|name| Some(text(name))), 1 => foreign()],
        prop_oneof![4 => Just(Some(text(KEY.key_id()))), 4 => Just(None), 1 => foreign()],
        prop_oneof![30 => Just(None), 1 => critical.prop_map(|text| Some(text.to_owned()))],
        prop_oneof![9 => Just(None), 1 => Just(Some("{\"kty\":\"oct\"}".to_owned()))],
    )
        .prop_map(|(alg, typ, kid, crit, jwk)| {
            vec![("alg", alg), ("typ", typ), ("kid", kid), ("crit", crit), ("jwk", jwk)]
        })
}

fn written() -> impl Strategy<Value = Written> {
    let maybe = |time| prop_oneof![1 => Just(None), 3 => time];
    let claims = (name(), name(), audience(), expiry(), maybe(time(NOW)), maybe(time(NOW)), jti());
    let signature = prop_oneof![
        12 => Just(Signature::Ps256), 1 => Just(Signature::Rs256), 1 => Just(Signature::OfAnother)
    ];
    let repeated = prop_oneof![24 => Just(None), 1 => (0..12_usize).prop_map(Some)];
    (header(), claims, repeated, signature).prop_map(|(header, claims, repeated, signature)| {
        let (iss, sub, aud, exp, iat, nbf, jti) = claims;
        let names = ["iss", "sub", "aud", "exp", "iat", "nbf", "jti"];
        let claims = names.into_iter().zip([iss, sub, aud, exp, iat, nbf, jti]).collect();
        Written { header, claims, repeated, signature }
    })
}

fn registered() -> impl Strategy<Value = Registered> {
    let algorithm = option::of(prop::sample::select(vec![Algorithm::Ps256, Algorithm::Es256]));
    let algorithm = prop_oneof![3 => Just(Some(Algorithm::Ps256)), 2 => algorithm];
    (algorithm, option::of(Just(60)), any::<bool>())
        .prop_map(|(algorithm, cap, audience_array)| Registered { algorithm, cap, audience_array })
}

impl Written {
    fn compact(&self) -> String {
        let header = object(&self.header, self.repeated);
        let claims = object(&self.claims, self.repeated.and_then(|at| at.checked_sub(5)));
        let other;
        let signature = match self.signature {
            Signature::Ps256 => ForgedSignature::Ps256(&KEY_PEM),
            Signature::Rs256 => ForgedSignature::Rs256(&KEY_PEM),
            Signature::OfAnother => {
                other = vec![0x5a; 256];
                ForgedSignature::Bytes(&other)
            }
        };
        forged_jws(&header, claims, signature)
    }

    fn member(&self, name: &str) -> Option<Value> {
        let members = self.header.iter().chain(&self.claims);
        let (_, text) = members.into_iter().find(|(member, _)| *member == name).unwrap();
        text.as_ref().map(|text| serde_json::from_str(text).unwrap())
    }

    fn repeats_a_member(&self) -> bool {
        let mut members = self.header.iter().chain(&self.claims);
        self.repeated.is_some_and(|at| members.nth(at).unwrap().1.is_some())
    }
}

fn object(members: &[(&str, Option<String>)], repeated: Option<usize>) -> String {
    let mut texts = Vec::new();
    for (at, (name, value)) in members.iter().enumerate() {
        let times = if repeated == Some(at) { 2 } else { 1 };
        texts.extend(
            value
                .iter()
                .map(|value| format!("\"{name}\":{value}"))
                .cycle()
                .take(if value.is_some() { times } else { 0 }),
        );
    }
    format!("{{{}}}", texts.join(","))
}

// === The model ===

/// Whether the assertion must be accepted at [`NOW`].
fn model(written: &Written, registered: &Registered) -> bool {
    header_is_good(written, registered)
        && !written.repeats_a_member()
        && ["iss", "sub"].iter().all(|name| written.member(name) == Some(json!("client-1")))
        && audience_is_good(written.member("aud"), registered)
        && times_are_good(written, registered)
        && matches!(written.member("jti"), Some(Value::String(jti)) if (1..=255).contains(&jti.len()))
}

fn header_is_good(written: &Written, registered: &Registered) -> bool {
    let named = written.member("alg") == Some(json!("PS256"));
    let allowed = registered.algorithm.is_none_or(|algorithm| algorithm == Algorithm::Ps256);
    let token_type = match written.member("typ") {
        None => true,
        Some(Value::String(name)) => {
            ["jwt", "client-authentication+jwt"].contains(&name.to_lowercase().as_str())
        }
        Some(_) => false,
    };
    let key = written.member("kid").is_none_or(|kid| kid == json!(KEY.key_id()));
    let critical = written.member("crit").is_some();
    named && allowed && token_type && key && !critical && written.signature == Signature::Ps256
}

fn audience_is_good(audience: Option<Value>, registered: &Registered) -> bool {
    let ours = |text: &str| [ISSUER, "https://alias/oauth2/token"].contains(&text);
    match audience {
        Some(Value::String(one)) => ours(&one),
        Some(Value::Array(several)) => {
            let texts: Vec<&str> = several.iter().filter_map(Value::as_str).collect();
            texts.len() == several.len()
                && (texts.len() == 1 || registered.audience_array)
                && texts.into_iter().any(ours)
        }
        _ => false,
    }
}

fn times_are_good(written: &Written, registered: &Registered) -> bool {
    let now = i128::from(NOW);
    let cap = i128::from(registered.cap.unwrap_or(3 * 86_400));
    let second = |value: Value| value.as_i64().map(i128::from);
    let Some(exp) = written.member("exp").and_then(second) else { return false };
    let begun = ["iat", "nbf"].into_iter().filter_map(|name| written.member(name));
    let begun = begun.map(second).all(|at| at.is_some_and(|at| at <= now + 30));
    begun && now < exp + 30 && exp - now <= cap + 30
}

// === The code under test ===

fn decide(
    compact: &str,
    registered: &Registered,
) -> Result<VerifiedAssertion, AuthenticationFailure> {
    let client = Client {
        assertion_algorithm: registered.algorithm,
        assertion_lifetime_cap_seconds: registered.cap,
        allow_audience_array: registered.audience_array,
        ..client()
    };
    let (rules, now) = (&*RULES, Timestamp::from_second(NOW).unwrap());
    let keys = KeySet::new(vec![KEY.verification_key()]);
    UncheckedAssertion::parse(compact)?.check(&client, rules, now)?.verify(&keys, rules)
}

fn good() -> Written {
    Written {
        header: vec![("alg", Some(text("PS256")))],
        claims: vec![
            ("iss", Some(text("client-1"))),
            ("sub", Some(text("client-1"))),
            ("aud", Some(text(ISSUER))),
            ("exp", Some(text(NOW + 60))),
            ("jti", Some(text("1"))),
        ],
        repeated: None,
        signature: Signature::Ps256,
    }
}

const ANYTHING: Registered = Registered { algorithm: None, cap: None, audience_array: false };

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn the_decision_is_the_models(written in written(), registered in registered()) {
        let decision = decide(&written.compact(), &registered);
        prop_assert_eq!(decision.is_ok(), model(&written, &registered), "{:?}", decision.err());
    }

    #[test]
    fn an_id_is_kept_byte_by_byte(jti in "\\PC{1,60}") {
        let mut written = good();
        written.claims[4].1 = Some(text(jti.as_str()));
        prop_assert_eq!(decide(&written.compact(), &ANYTHING).unwrap().jti, jti);
    }

    #[test]
    fn no_other_signature_verifies(
        at in any::<prop::sample::Index>(),
        with in 1..=255_u8,
        cut in option::of(0..256_usize),
        more in vec(any::<u8>(), 0..3),
    ) {
        let compact = good().compact();
        let (input, signature) = compact.rsplit_once('.').unwrap();
        let jws = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, signature);
        let mut bytes = jws.unwrap();
        if let Some(length) = cut {
            bytes.truncate(length);
        }
        if !bytes.is_empty() && (cut.is_none() && more.is_empty()) {
            let at = at.index(bytes.len());
            bytes[at] ^= with;
        }
        bytes.extend(&more);
        let forged = format!("{input}.{}", test_kit::base64url(&bytes));
        prop_assert!(decide(&forged, &ANYTHING).is_err());
    }
}

#[test]
fn the_model_accepts_often_enough_to_mean_something() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let accepted = (0..1000).filter(|_| {
        let tree = (written(), registered()).new_tree(&mut runner).unwrap();
        let (written, registered) = tree.current();
        model(&written, &registered)
    });
    let accepted = accepted.count();
    assert!((100..900).contains(&accepted), "{accepted} of 1000");
}
