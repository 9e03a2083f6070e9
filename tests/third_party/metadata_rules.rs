//! What RFC 8414 demands of the members of a metadata document.

use reqwest::Url;
use serde_json::Value;

/// Every rule of RFC 8414 §2, §3.2 and §3.3 that `document` breaks, `issuer` being the one whose
/// well-known address was asked.
pub fn violations(document: &Value, issuer: &str) -> Vec<String> {
    if !document.is_object() {
        return vec!["§3.2: the document is no JSON object".to_owned()];
    }
    let mut check = Check { document, violations: Vec::new() };
    check.issuer(issuer);
    check.required();
    check.types();
    check.authentication();
    check.violations
}

struct Check<'d> {
    document: &'d Value,
    violations: Vec<String>,
}

/// URLs of endpoints and of the key set, all of them https.
const ENDPOINTS: [&str; 6] = [
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "registration_endpoint",
    "revocation_endpoint",
    "introspection_endpoint",
];
/// URLs of pages for people.
const PAGES: [&str; 3] = ["service_documentation", "op_policy_uri", "op_tos_uri"];
/// Arrays of strings.
const LISTS: [&str; 12] = [
    "scopes_supported",
    "response_types_supported",
    "response_modes_supported",
    "grant_types_supported",
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "ui_locales_supported",
    "revocation_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_signing_alg_values_supported",
    "introspection_endpoint_auth_methods_supported",
    "introspection_endpoint_auth_signing_alg_values_supported",
    "code_challenge_methods_supported",
];

impl<'d> Check<'d> {
    fn issuer(&mut self, expected: &str) {
        let issuer = self.document["issuer"].as_str().unwrap_or_default();
        self.must(issuer == expected, "§3.3: issuer is not the one that was asked");
        let url = Url::parse(issuer);
        let plain = url.is_ok_and(|url| {
            url.scheme() == "https" && url.query().is_none() && url.fragment().is_none()
        });
        self.must(plain, "§2: issuer is no https URL without query and fragment");
    }

    fn required(&mut self) {
        let grants = self.list("grant_types_supported");
        let front = ["authorization_code", "implicit"];
        let grants = if grants.is_empty() { front.to_vec() } else { grants };
        self.must(self.has("response_types_supported"), "§2: response_types_supported is missing");
        let only_implicit = grants.iter().all(|grant| *grant == "implicit");
        self.must(self.has("token_endpoint") || only_implicit, "§2: token_endpoint is missing");
        let authorizes = grants.iter().any(|grant| front.contains(grant));
        self.must(
            self.has("authorization_endpoint") || !authorizes,
            "§2: a grant type needs authorization_endpoint, which is missing",
        );
    }

    fn types(&mut self) {
        for name in ENDPOINTS {
            self.url(name, &["https"]);
        }
        for name in PAGES {
            self.url(name, &["http", "https"]);
        }
        let document = self.document;
        for name in LISTS {
            if let Some(value) = document.get(name) {
                self.strings(name, value);
            }
        }
        for (name, value) in document.as_object().into_iter().flatten() {
            let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
            self.must(!empty, &format!("§3.2: {name} has no element and must be left out"));
        }
    }

    fn strings(&mut self, name: &str, value: &Value) {
        let values = value.as_array().map_or(&[][..], Vec::as_slice);
        let text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
        let strings = value.is_array() && values.iter().all(text);
        self.must(strings, &format!("§2: {name} is no array of strings"));
        let distinct = values.iter().enumerate().all(|(at, value)| !values[..at].contains(value));
        self.must(distinct, &format!("{name} names a value twice"));
    }

    fn authentication(&mut self) {
        for endpoint in ["token", "revocation", "introspection"] {
            let algorithms = format!("{endpoint}_endpoint_auth_signing_alg_values_supported");
            let by_jwt = self
                .list(&format!("{endpoint}_endpoint_auth_methods_supported"))
                .iter()
                .any(|method| ["private_key_jwt", "client_secret_jwt"].contains(method));
            self.must(
                !by_jwt || self.has(&algorithms),
                &format!("§2: {algorithms} is missing beside an authentication by JWT"),
            );
            let none = self.list(&algorithms).contains(&"none");
            self.must(!none, &format!("§2: {algorithms} names none"));
        }
    }

    fn url(&mut self, name: &str, schemes: &[&str]) {
        let value = &self.document[name];
        let url = value.as_str().and_then(|text| Url::parse(text).ok());
        let good =
            url.is_some_and(|url| schemes.contains(&url.scheme()) && url.fragment().is_none());
        self.must(value.is_null() || good, &format!("§2: {name} is no URL of {schemes:?}"));
    }

    fn list(&self, name: &str) -> Vec<&'d str> {
        self.document[name].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    fn has(&self, name: &str) -> bool {
        self.document.get(name).is_some()
    }

    fn must(&mut self, kept: bool, rule: &str) {
        if !kept {
            self.violations.push(rule.to_owned());
        }
    }
}

#[test]
fn every_broken_rule_is_found() {
    let issuer = "https://host/oauth2/token";
    let good = || {
        serde_json::json!({
            "issuer": issuer,
            "token_endpoint": issuer,
            "jwks_uri": "https://host/jwks",
            "response_types_supported": ["none"],
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["PS256"],
        })
    };
    assert_eq!(violations(&good(), issuer), Vec::<String>::new());
    assert_eq!(violations(&Value::Null, issuer).len(), 1);
    for (name, value) in [
        ("issuer", Some("https://host/oauth2/token/".into())),
        ("issuer", Some("http://host/oauth2/token".into())),
        ("issuer", None),
        ("token_endpoint", None),
        ("token_endpoint", Some("http://host/token".into())),
        ("jwks_uri", Some(1.into())),
        ("registration_endpoint", Some("/register".into())),
        ("response_types_supported", None),
        ("response_types_supported", Some(serde_json::json!([]))),
        ("response_types_supported", Some("none".into())),
        ("grant_types_supported", None),
        ("grant_types_supported", Some(serde_json::json!(["implicit"]))),
        ("scopes_supported", Some(serde_json::json!(["a", "a"]))),
        ("scopes_supported", Some(serde_json::json!(["a", 1]))),
        ("service_documentation", Some("help".into())),
        ("token_endpoint_auth_signing_alg_values_supported", None),
        ("token_endpoint_auth_signing_alg_values_supported", Some(serde_json::json!(["none"]))),
        (
            "revocation_endpoint_auth_methods_supported",
            Some(serde_json::json!(["private_key_jwt"])),
        ),
        ("op_tos_uri", Some(Value::Null)),
    ] {
        let mut document = good();
        match value {
            Some(value) => document[name] = value,
            None => drop(document.as_object_mut().expect("an object").remove(name)),
        }
        assert!(!violations(&document, issuer).is_empty(), "{name}: {document}");
    }
}
