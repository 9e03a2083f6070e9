//! Software statement assertions, verified with what the directory publishes.

use crate::support::{Answer, PUBLIC_URL, TestServer};
use jose::{KeySet, UnverifiedJws, VerificationError, VerifiedJws};
use serde_json::{Value, json};
use service_kit::Clock;

const LIMIT: usize = 64 * 1024;

async fn ssa(server: &TestServer, app: &str, body: &Value) -> String {
    let answer = server.post(&format!("{app}/ssa"), body).await.expect(200);
    assert_eq!(answer.header("content-type"), "application/jwt");
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.text()
}

async fn verify(server: &TestServer, ssa: &str) -> Result<VerifiedJws, VerificationError> {
    let keys = server.get("/keystore/openbanking.jwks").await.expect(200).text();
    UnverifiedJws::parse(ssa, LIMIT).unwrap().verify_with_set(&KeySet::parse(&keys).unwrap())
}

test_kit::on_both_databases! {
    async fn an_ssa_verifies_with_the_keystore_and_names_its_key_by_thumbprint(database: TestDatabase) {
        let server = TestServer::on(&database).await;
        let app = server.app().await;
        let verified = verify(&server, &ssa(&server, &app, &json!({})).await).await.unwrap();
        assert_eq!(verified.header().algorithm, jose::Algorithm::Ps256);
        assert_eq!(verified.header().token_type.as_deref(), Some("JWT"));
        let keys = server.get("/keystore/openbanking.jwks").await.expect(200).json();
        assert_eq!(verified.header().key_id.as_deref(), keys["keys"][0]["x5t"].as_str());
    }

    async fn an_ssa_has_the_claims_as_published(database: TestDatabase) {
        let server = TestServer::on(&database).await;
        let app = server.app().await;
        let verified = verify(&server, &ssa(&server, &app, &json!({})).await).await.unwrap();
        let mut claims: Value = verified.claims().unwrap();
        let jti = claims["jti"].take();
        assert_eq!(jti.as_str().unwrap().len(), 36);
        let base = format!("{PUBLIC_URL}/org1");
        assert_eq!(claims, json!({
            "iss": "OpenBanking Ltd",
            "iat": server.setup.clock.now().as_second(),
            "jti": null,
            "software_environment": "sandbox",
            "software_mode": "Live",
            "software_id": "app1",
            "software_client_id": "app1",
            "software_client_name": "Acme Accounts",
            "software_client_description": "Acme Accounts",
            "software_version": "1.0",
            "software_redirect_uris": ["https://acme.example/redirect"],
            "software_roles": ["AISP", "PISP"],
            "organisation_competent_authority_claims": {
                "authority_id": "FCAGBR",
                "registration_id": "Unknownorg1",
                "status": "Active",
                "authorisations": [{ "member_state": "GB", "roles": ["AISP", "PISP", "CBPII"] }],
            },
            "org_status": "Active",
            "org_id": "org1",
            "org_name": "Acme Limited",
            "org_contacts": [],
            "org_jwks_endpoint": format!("{base}/org1.jwks"),
            "org_jwks_revoked_endpoint": format!("{base}/revoked/org1.jwks"),
            "software_jwks_endpoint": format!("{base}/app1.jwks"),
            "software_jwks_revoked_endpoint": format!("{base}/revoked/app1.jwks"),
        }));
    }

    async fn hostile_text_comes_back_byte_for_byte(database: TestDatabase) {
        let server = TestServer::on(&database).await;
        let names = [
            "\"},{\"", "\\u0000\\", "'; DROP TABLE organisation; --", "\u{202e}txet", "e\u{301}", "\u{e9}",
            "<script>alert(1)</script>", "${jndi:ldap://x}", "%00%0d%0a", "🏦\u{10ffff}", "\u{feff}", " a ", "=1+1",
        ];
        for (number, name) in names.iter().enumerate() {
            let organisation = format!("org{number}");
            let body = json!({ "organisation_id": organisation, "name": name, "status": "Withdrawn" });
            server.post("/api/v1/organisations", &body).await.expect(201);
            let path = format!("/api/v1/organisations/{organisation}/software-statements");
            let software = format!("app{number}");
            let body = json!({ "software_id": software, "client_name": name, "on_behalf_of_org": name });
            let seen = server.post(&path, &body).await.expect(201).json();
            assert_eq!(seen["client_name"], *name);
            let ssa = ssa(&server, &format!("{path}/{software}"), &json!({})).await;
            let claims: Value = verify(&server, &ssa).await.unwrap().claims().unwrap();
            for claim in ["org_name", "software_client_name", "software_on_behalf_of_org"] {
                assert_eq!(claims[claim], *name, "{claim}");
            }
            assert_eq!(claims["org_status"], "Withdrawn");
        }
    }

    async fn each_defect_of_an_ssa_is_the_one_that_was_asked_for(database: TestDatabase) {
        let server = TestServer::on(&database).await;
        let app = server.app().await;
        let with = async |defect: &str| ssa(&server, &app, &json!({ "defect": defect })).await;
        let verdict = verify(&server, &with("wrong-signature").await).await;
        assert_eq!(verdict.unwrap_err(), VerificationError::Signature);
        let verdict = verify(&server, &with("unknown-key").await).await;
        assert_eq!(verdict.unwrap_err(), VerificationError::NoKey);
        for (defect, claim) in [
            ("foreign-jwks", "software_jwks_endpoint"),
            ("old", "iat"),
            ("other-organisation", "org_id"),
            ("wrong-issuer", "iss"),
        ] {
            let verified = verify(&server, &with(defect).await).await.unwrap();
            let claims: Value = verified.claims().unwrap();
            let good = verify(&server, &ssa(&server, &app, &json!({})).await).await.unwrap();
            let good: Value = good.claims().unwrap();
            assert_ne!(claims[claim], good[claim], "{defect}");
            assert_eq!(claims["software_id"], good["software_id"]);
        }
    }

    async fn an_ssa_is_asked_for_with_an_empty_body_too(database: TestDatabase) {
        let server = TestServer::on(&database).await;
        let app = server.app().await;
        let request = server.operator.post(server.url(&format!("{app}/ssa")));
        let answer = Answer::of(request).await.expect(200);
        assert!(verify(&server, &answer.text()).await.is_ok());
        let refused = server.post(&format!("{app}/ssa"), &json!({ "defect": "none" })).await;
        refused.assert_problem(400, "invalid_body");
    }
}
