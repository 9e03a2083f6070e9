//! Which role may come to which door.

use crate::harness::{BASIC, TestService, V3, V4};
use certificates::ServiceRole;

#[actix_web::test]
async fn each_door_is_open_to_one_role() {
    let service = TestService::start().await;
    let doors = [
        ("/open-banking/v3.1/events".to_owned(), ServiceRole::Gateway),
        ("/open-banking/v4.0/events".to_owned(), ServiceRole::Gateway),
        (format!("{V3}/events"), ServiceRole::KeyManager),
        (format!("{V4}/create-events"), ServiceRole::KeyManager),
    ];
    for (path, allowed) in &doors {
        for role in ServiceRole::ALL {
            let request = service.as_role(Some(role)).post(format!("{}{path}", service.base));
            let status = request.header("authorization", BASIC).send().await.unwrap().status();
            assert_eq!(status != 403, role == *allowed, "{path} {role:?} {status}");
        }
        let request = service.as_role(None).post(format!("{}{path}", service.base));
        let refused = request.header("authorization", BASIC).send().await;
        assert!(refused.is_err() || refused.unwrap().status().is_client_error());
    }
}
