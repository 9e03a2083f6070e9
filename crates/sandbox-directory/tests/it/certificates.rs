//! Certificates, judged by OpenSSL against the authority.

use crate::support::{PUBLIC_URL, TestServer};
use jiff::SignedDuration;
use serde_json::{Value, json};
use service_kit::Clock;
use test_kit::{TestPurpose, certificate_text, revoked_serials, verify_chain};

/// Whether the certificate of `issued` serves `purpose`, by everything that the directory publishes.
async fn verify(server: &TestServer, issued: &Value, purpose: TestPurpose) -> Result<(), String> {
    let root = server.get("/certificates/root.crt").await.expect(200).text();
    let list = server.get("/crl/issuing.crl").await.expect(200).body;
    let now = server.setup.clock.now().as_second();
    verify_chain(issued["certificate"].as_str().unwrap(), &root, purpose, now, Some(&list))
}

fn text(issued: &Value) -> String {
    certificate_text(issued["certificate"].as_str().unwrap())
}

test_kit::on_both_databases! {
    async fn transport_certificates_serve_both_ends_of_tls(database: TestDatabase) {
        let server = TestServer::on(&database).await;
        let app = server.app().await;
        for kind in ["ob-transport", "obwac"] {
            let issued = server.certificate(&app, kind, None).await;
            for purpose in [TestPurpose::TlsClient, TestPurpose::TlsServer] {
                assert_eq!(verify(&server, &issued, purpose).await, Ok(()), "{kind}");
            }
            assert_eq!(text(&issued).matches(&format!("URI:{PUBLIC_URL}/crl/issuing.crl")).count(), 1);
        }
    }

    async fn signing_certificates_sign_and_have_no_extended_key_usage(database: TestDatabase) {
        let server = TestServer::on(&database).await;
        let app = server.app().await;
        for kind in ["ob-signing", "obseal"] {
            let issued = server.certificate(&app, kind, None).await;
            assert_eq!(verify(&server, &issued, TestPurpose::Any).await, Ok(()), "{kind}");
            let text = text(&issued);
            assert!(text.contains("Digital Signature, Non Repudiation"), "{text}");
            assert!(!text.contains("Extended Key Usage"), "{text}");
        }
    }

    async fn the_legacy_forms_name_software_and_organisation(database: TestDatabase) {
        let server = TestServer::on(&database).await;
        let app = server.app().await;
        for kind in ["ob-transport", "ob-signing"] {
            let text = text(&server.certificate(&app, kind, None).await);
            assert!(text.contains("Subject: C=GB, O=OpenBanking, OU=org1, CN=app1"), "{text}");
            assert!(!text.contains("qcStatements"), "{text}");
        }
    }

    async fn the_psd2_forms_name_the_organisation_and_its_registration(database: TestDatabase) {
        let server = TestServer::on(&database).await;
        let app = server.app().await;
        for kind in ["obwac", "obseal"] {
            let text = text(&server.certificate(&app, kind, None).await);
            let subject = "C=GB, O=Acme Limited/organizationIdentifier=PSDGB-OB-Unknownorg1, CN=org1";
            assert!(text.contains(&format!("Subject: {subject}")), "{text}");
            assert!(text.contains("qcStatements"), "{text}");
        }
        let registered = json!({ "organisation_id": "org2", "name": "Beta", "registration_id": "123456" });
        server.post("/api/v1/organisations", &registered).await.expect(201);
        let path = "/api/v1/organisations/org2/software-statements";
        server.post(path, &json!({ "software_id": "app2", "client_name": "B" })).await.expect(201);
        let text = text(&server.certificate(&format!("{path}/app2"), "obwac", None).await);
        assert!(text.contains("organizationIdentifier=PSDGB-FCA-123456, CN=org2"), "{text}");
    }

    async fn each_defect_is_the_one_that_was_asked_for(database: TestDatabase) {
        let server = TestServer::on(&database).await;
        let app = server.app().await;
        for kind in ["ob-transport", "obwac"] {
            for (defect, reason) in [
                ("expired", "certificate has expired"),
                ("not-yet-valid", "certificate is not yet valid or the system clock is incorrect"),
                ("revoked", "certificate revoked"),
                ("wrong-eku", "unsuitable certificate purpose"),
                ("wrong-issuer", "unable to get local issuer certificate"),
            ] {
                let issued = server.certificate(&app, kind, Some(defect)).await;
                assert_eq!(issued["defect"], defect);
                let verdict = verify(&server, &issued, TestPurpose::TlsClient).await;
                assert_eq!(verdict, Err(reason.to_owned()), "{kind} {defect}");
            }
        }
    }

    async fn a_revoked_certificate_is_on_the_list_at_once_and_the_list_is_signed(database: TestDatabase) {
        let server = TestServer::on(&database).await;
        let app = server.app().await;
        let issued = server.certificate(&app, "ob-transport", None).await;
        assert_eq!(verify(&server, &issued, TestPurpose::TlsClient).await, Ok(()));
        let serial = issued["serial"].as_str().unwrap().to_owned();
        let path = format!("{app}/certificates/{serial}/revoke");
        let revoked = server.post(&path, &json!({})).await.expect(200).json();
        assert!(revoked["revoked_at"].is_string());
        let refused = verify(&server, &issued, TestPurpose::TlsClient).await;
        assert_eq!(refused, Err("certificate revoked".to_owned()));
        let list = server.get("/crl/issuing.crl").await.expect(200);
        assert_eq!(list.header("content-type"), "application/pkix-crl");
        let issuing = server.get("/certificates/issuing.crt").await.expect(200).text();
        assert_eq!(revoked_serials(&list.body, &issuing), [serial]);
        // Asked again, it stays as it is.
        server.setup.clock.advance(SignedDuration::from_secs(60));
        let again = server.post(&path, &json!({})).await.expect(200).json();
        assert_eq!(again["revoked_at"], revoked["revoked_at"]);
    }

    async fn a_list_is_signed_anew_before_its_time_is_over(database: TestDatabase) {
        let server = TestServer::on(&database).await;
        let first = server.get("/crl/issuing.crl").await.expect(200).body;
        server.setup.clock.advance(SignedDuration::from_hours(11));
        assert_eq!(server.get("/crl/issuing.crl").await.expect(200).body, first);
        server.setup.clock.advance(SignedDuration::from_hours(1));
        assert_ne!(server.get("/crl/issuing.crl").await.expect(200).body, first);
    }

    async fn the_certificates_of_a_software_statement_are_listed(database: TestDatabase) {
        let server = TestServer::on(&database).await;
        let app = server.app().await;
        let one = server.certificate(&app, "obwac", None).await;
        let two = server.certificate(&app, "obseal", Some("expired")).await;
        let listed = server.look(&format!("{app}/certificates")).await.expect(200).json();
        let listed = listed["items"].as_array().unwrap();
        assert_eq!(listed.len(), 2);
        assert!(listed.contains(&one) && listed.contains(&two));
    }
}
