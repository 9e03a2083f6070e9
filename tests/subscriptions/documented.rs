//! Every operation of the shipped OpenAPI files is routed, and answers as they say.

use super::{authorized, call};
use crate::harness::{Installation, Storage, Tpp};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const CALLBACK: &str = "https://tpp.example.com/open-banking/v3.1/event-notifications";
const UNKNOWN: &str = "5a1b8c7e-0000-4000-8000-000000000001";

/// A kind of resource with what it takes.
struct Kind {
    api: &'static str,
    path: &'static str,
    parameter: &'static str,
    data: Value,
}

fn kinds() -> [Kind; 2] {
    [
        Kind {
            api: "event-subscriptions",
            path: "/event-subscriptions",
            parameter: "EventSubscriptionId",
            data: json!({"Version": "3.1", "CallbackUrl": CALLBACK}),
        },
        Kind {
            api: "callback-urls",
            path: "/callback-urls",
            parameter: "CallbackUrlId",
            data: json!({"Version": "3.1", "Url": CALLBACK}),
        },
    ]
}

/// The statuses that the file of `api` has for each operation, `method path`.
struct Documented(Value);

impl Documented {
    fn read(installation: &Installation, api: &str) -> Self {
        let file = installation.path(&format!("gateway/apis/{api}/openapi.yaml"));
        Self(serde_saphyr::from_str(&std::fs::read_to_string(file).unwrap()).unwrap())
    }

    fn operations(&self) -> BTreeSet<String> {
        let paths = self.0["paths"].as_object().unwrap();
        let of = |(path, operations): (&String, &Value)| -> Vec<String> {
            operations
                .as_object()
                .unwrap()
                .keys()
                .map(|method| format!("{method} {path}"))
                .collect()
        };
        paths.iter().flat_map(of).collect()
    }

    #[track_caller]
    fn assert_has(&self, method: &Method, path: &str, status: u16) {
        let method = method.as_str().to_lowercase();
        let responses = &self.0["paths"][path][&method]["responses"];
        assert!(responses[status.to_string()].is_object(), "{method} {path} {status}: {responses}");
    }
}

/// What was called, and how it was answered.
struct Calls<'i> {
    installation: &'i Installation,
    base: String,
    documented: Documented,
    called: BTreeSet<String>,
}

impl Calls<'_> {
    /// Calls as `tpp`, expects `status`, and finds it documented.
    async fn expect(
        &mut self,
        status: u16,
        tpp: &Tpp,
        (method, template, id): (Method, &str, &str),
        body: Option<&Value>,
    ) -> Value {
        let path = match template.split_once('{') {
            Some((before, _)) => format!("{}{before}{id}", self.base),
            None => format!("{}{template}", self.base),
        };
        let target = (method.clone(), path.as_str());
        let (answered, json) = call(self.installation, tpp, target, body).await;
        assert_eq!(answered, status, "{method} {path}: {json}");
        self.documented.assert_has(&method, template, status);
        self.called.insert(format!("{} {template}", method.as_str().to_lowercase()));
        json
    }
}

async fn check(installation: &Installation, tpps: [&Tpp; 2], kind: &Kind, release: &str) {
    let api =
        if release == "v3.1" { kind.api.to_owned() } else { format!("{}-{release}", kind.api) };
    let mut calls = Calls {
        installation,
        base: format!("/open-banking/{release}"),
        documented: Documented::read(installation, &api),
        called: BTreeSet::new(),
    };
    let [tpp, other] = tpps;
    let one = format!("{}/{{{}}}", kind.path, kind.parameter);
    let data = json!({"Data": kind.data});
    let mut changed = data.clone();
    changed["Data"][kind.parameter] = UNKNOWN.into();
    let empty = json!({});

    calls.expect(400, tpp, (Method::POST, kind.path, ""), Some(&empty)).await;
    calls.expect(415, tpp, (Method::POST, kind.path, ""), None).await;
    let made = calls.expect(201, tpp, (Method::POST, kind.path, ""), Some(&data)).await;
    let id = made["Data"][kind.parameter].as_str().unwrap().to_owned();
    calls.expect(409, tpp, (Method::POST, kind.path, ""), Some(&data)).await;
    calls.expect(200, tpp, (Method::GET, kind.path, ""), None).await;
    calls.expect(400, tpp, (Method::PUT, &one, UNKNOWN), Some(&changed)).await;
    changed["Data"][kind.parameter] = id.as_str().into();
    calls.expect(200, tpp, (Method::PUT, &one, &id), Some(&changed)).await;
    calls.expect(415, tpp, (Method::PUT, &one, &id), None).await;
    calls.expect(403, other, (Method::PUT, &one, &id), Some(&changed)).await;
    calls.expect(403, other, (Method::DELETE, &one, &id), None).await;
    calls.expect(400, tpp, (Method::DELETE, &one, UNKNOWN), None).await;
    calls.expect(204, tpp, (Method::DELETE, &one, &id), None).await;
    assert_eq!(calls.called, calls.documented.operations(), "{api}");

    let path = format!("{}{}", calls.base, kind.path);
    let (status, refused) = call(installation, tpp, (Method::PATCH, &path), None).await;
    assert_eq!(status, 405, "{refused}");
    let bare = tpp.client().get(format!("{}{path}", installation.url("api")));
    assert_eq!(bare.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn every_documented_operation_is_routed_and_answers_its_documented_statuses() {
    let installation = Installation::start(Storage::Sqlite);
    let (tpp, other) =
        (authorized(&installation, "acme").await, authorized(&installation, "other").await);
    for kind in kinds() {
        for release in ["v3.1", "v4.0"] {
            check(&installation, [&tpp, &other], &kind, release).await;
        }
    }
    for (api, release) in [("aggregated-polling", "v3.1"), ("aggregated-polling-v4.0", "v4.0")] {
        let documented = Documented::read(&installation, api);
        let path = format!("/open-banking/{release}/events");
        for (body, status) in [
            (Some(json!({"maxEvents": 0})), 200),
            (Some(json!({"maxEvents": -1})), 400),
            (None, 415),
        ] {
            let target = (Method::POST, path.as_str());
            let (answered, json) = call(&installation, &tpp, target, body.as_ref()).await;
            assert_eq!(answered, status, "{json}");
            documented.assert_has(&Method::POST, "/events", status);
        }
    }
}
