//! The transport certificate at either door.

use super::Scene;
use crate::support::{Answer, JWT, Pki};
use certificates::{ServiceRole, Validity};
use service_kit::client_certificate::header;

const INVALID: &str =
    "Invalid transport certificate. Certificate passed through the request not valid";
const MISSING: &str = "Transport certificate not found in the request";

/// DC-06.
#[actix_web::test]
async fn dc_06_without_a_trusted_certificate_nothing_is_registered() {
    let scene = Scene::start().await;
    let (pki, software) = (&scene.server.setup.pki, &scene.software);
    let body = software.sign(&scene.directory, &scene.request());
    let url = scene.server.identity("/open-banking/v3.3.0/register");
    let expired = Validity {
        not_before: "2025-01-01T00:00:00Z".parse().unwrap(),
        not_after: "2025-12-31T00:00:00Z".parse().unwrap(),
    };
    let (id, organisation) = (&software.id, &software.organisation_id);
    let foreign = Pki::new().transport(id, organisation);
    let expired = pki.transport_during(id, organisation, expired);
    let service = pki.service(ServiceRole::Gateway);
    for (certificate, text) in [
        (None, MISSING),
        (Some(&foreign), INVALID),
        (Some(&expired), INVALID),
        (Some(&service), INVALID),
    ] {
        let http = pki.client(certificate);
        let post = http.post(&url).header("content-type", JWT).body(body.clone());
        Answer::of(post).await.assert_oauth_error(401, "invalid_client", text);
    }
    let requests = scene.directory.take_requests();
    assert!(requests.is_empty(), "{requests:?}");
    scene.assert_still_free().await;
}

/// DC-06, at the public door.
#[actix_web::test]
async fn a_certificate_header_of_the_callers_own_counts_for_nothing() {
    let scene = Scene::start().await;
    let good = header::format(&scene.software.transport.certificate_der);
    let body = scene.software.sign(&scene.directory, &scene.request());
    let post = scene
        .server
        .setup
        .pki
        .client(None)
        .post(scene.server.identity("/open-banking/v3.3.0/register"))
        .header("content-type", JWT)
        .header(header::NAME, good)
        .body(body);
    Answer::of(post).await.assert_oauth_error(401, "invalid_client", MISSING);
}

/// DC-06, at the gateway's door.
#[actix_web::test]
async fn what_the_gateway_passes_on_is_verified_again() {
    let scene = Scene::start().await;
    let (pki, software) = (&scene.server.setup.pki, &scene.software);
    let body = software.sign(&scene.directory, &scene.request());
    let url = scene.server.internal("/open-banking/v3.3.0/register");
    let good = header::format(&software.transport.certificate_der);
    let foreign = Pki::new().transport(&software.id, &software.organisation_id);
    let gateway = scene.server.role(ServiceRole::Gateway);
    let post = |headers: &[&str]| {
        let post = gateway.post(&url).header("content-type", JWT).body(body.clone());
        headers.iter().fold(post, |post, value| post.header(header::NAME, *value))
    };
    for (headers, text) in [
        (vec![], MISSING),
        (vec![":MAA=:"], INVALID),
        (vec!["not a byte sequence"], INVALID),
        (vec![good.as_str(), good.as_str()], INVALID),
        (vec![header::format(&foreign.certificate_der).as_str()], INVALID),
        (
            vec![header::format(&pki.service(ServiceRole::Gateway).certificate_der).as_str()],
            INVALID,
        ),
    ] {
        Answer::of(post(&headers)).await.assert_oauth_error(401, "invalid_client", text);
    }
    let answer = Answer::of(post(&[&good])).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
}

#[actix_web::test]
async fn nobody_but_the_gateway_may_use_its_door() {
    let scene = Scene::start().await;
    let good = header::format(&scene.software.transport.certificate_der);
    let body = scene.software.sign(&scene.directory, &scene.request());
    let url = scene.server.internal("/open-banking/v3.3.0/register");
    for role in [ServiceRole::EventService, ServiceRole::Operator, ServiceRole::KeyManager] {
        let post = scene.server.role(role).post(&url).header("content-type", JWT);
        let post = post.header(header::NAME, &good).body(body.clone());
        Answer::of(post).await.assert_problem(403, "forbidden");
    }
    scene.assert_still_free().await;
}
