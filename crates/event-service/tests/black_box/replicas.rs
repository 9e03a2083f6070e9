//! Two replicas on one PostgreSQL.

use crate::harness::{Setup, TestService};
use futures_util::future::{join, join_all};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use test_kit::TestDatabase;

/// When acknowledgements were answered, as one growing count of steps.
#[derive(Default)]
struct Acknowledged(Mutex<BTreeSet<String>>);

impl Acknowledged {
    fn so_far(&self) -> BTreeSet<String> {
        self.0.lock().unwrap().clone()
    }

    fn add(&self, ids: Vec<String>) {
        self.0.lock().unwrap().extend(ids);
    }
}

/// Polls and acknowledges all of a page; what had been acknowledged before a poll began does not
/// come back, whoever acknowledged it and wherever.
async fn take(service: &TestService, acknowledged: &Acknowledged, polls: usize) {
    let mut page: Vec<String> = Vec::new();
    for _ in 0..polls {
        let before = acknowledged.so_far();
        let answer = service.poll(&json!({"ack": page, "maxEvents": 7}).to_string()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        acknowledged.add(std::mem::take(&mut page));
        page = answer.ids();
        let back: Vec<_> = page.iter().filter(|id| before.contains(*id)).collect();
        assert!(back.is_empty(), "{back:?} came back");
    }
    service.poll(&json!({"ack": page, "maxEvents": 0}).to_string()).await;
    acknowledged.add(page);
}

async fn create(service: &TestService, count: usize) -> Vec<String> {
    let mut created = Vec::new();
    for _ in 0..count {
        created.push(service.created().await);
    }
    created
}

/// F24, I1, I2.
#[actix_web::test]
async fn a_client_that_polls_at_two_replicas_loses_nothing_and_gets_nothing_back() {
    let Some(database) = TestDatabase::postgres() else { return };
    let setup = Setup::new(database);
    let services = [TestService::with(&setup).await, TestService::with(&setup).await];
    let acknowledged = Acknowledged::default();
    let creators = join_all(services.iter().map(|service| create(service, 60)));
    let takers = join_all((0..4).map(|n| take(&services[n % 2], &acknowledged, 30)));
    let (created, _) = join(creators, takers).await;
    while !services[0].poll("{}").await.ids().is_empty() {
        take(&services[1], &acknowledged, 5).await;
    }
    let created: BTreeSet<String> = created.into_iter().flatten().collect();
    assert_eq!(created.len(), 120);
    assert_eq!(acknowledged.so_far(), created);
}

/// Whichever replica an event was created at, both return the same bytes in the same order.
#[actix_web::test]
async fn both_replicas_return_the_same_page() {
    let Some(database) = TestDatabase::postgres() else { return };
    let setup = Setup::new(database);
    let services = [TestService::with(&setup).await, TestService::with(&setup).await];
    let mut created = BTreeMap::new();
    for n in 0..6 {
        created.insert(services[n % 2].created().await, n);
    }
    let pages = join_all(services.iter().map(|service| service.poll(r#"{"maxEvents":6}"#))).await;
    assert_eq!(pages[0].body, pages[1].body);
    assert!(pages[0].ids().iter().eq(created.keys()));
}
