//! Clients and addresses that fail again and again.

use crate::support::{Setup, TestServer, Tpp};
use jiff::SignedDuration;

fn limited() -> Setup {
    let mut setup = Setup::sqlite();
    setup.config.failure_limit.per_minute = 100;
    setup
}

/// Sends `count` assertions with a wrong audience; how many were answered 401 and how many 429.
async fn wrong(server: &TestServer, tpp: &Tpp, count: usize) -> (usize, usize) {
    let (mut refused, mut slowed) = (0, 0);
    let assertion = tpp.assertion(server).claim("aud", "https://elsewhere.example").sign();
    for _ in 0..count {
        let answer = tpp.token(server, &assertion).await;
        match answer.status {
            401 => refused += 1,
            429 => {
                answer.assert_oauth_error(
                    429,
                    "slow_down",
                    "Too many failed attempts, try again later",
                );
                let wait: u32 = answer.header("retry-after").parse().unwrap();
                assert!((1..=60).contains(&wait), "{wait}");
                slowed += 1;
            }
            other => panic!("{other}: {}", answer.text),
        }
    }
    (refused, slowed)
}

/// AS-36.
#[actix_web::test]
async fn as_36_of_a_thousand_wrong_assertions_a_hundred_are_looked_at_and_others_are_served() {
    let server = limited().start().await;
    let tpp = server.tpp("client-1").await;
    let other = server.tpp("client-2").await;
    assert_eq!(wrong(&server, &tpp, 1000).await, (100, 900));
    // Not even a good one, from here.
    let good = tpp.assertion(&server).sign();
    assert_eq!(tpp.token(&server, &good).await.status, 429);
    // The same client from another address, and another client from this one.
    tpp.connecting_from("127.0.0.2", &server).token(&server, &good).await.assert_token();
    other.token(&server, &other.assertion(&server).sign()).await.assert_token();
    server.setup.clock.advance(SignedDuration::from_mins(1));
    tpp.token(&server, &tpp.assertion(&server).sign()).await.assert_token();
}

/// AS-36.
#[actix_web::test]
async fn as_36_successes_do_not_count() {
    let mut setup = limited();
    setup.config.failure_limit.per_minute = 5;
    let server = setup.start().await;
    let tpp = server.tpp("client-1").await;
    for _ in 0..20 {
        tpp.token(&server, &tpp.assertion(&server).sign()).await.assert_token();
    }
    assert_eq!(wrong(&server, &tpp, 6).await, (5, 1));
}

/// AS-36, the other way round.
#[actix_web::test]
async fn as_36_a_stranger_behind_the_same_address_locks_nobody_out() {
    let mut setup = limited();
    setup.config.failure_limit.per_minute = 5;
    let server = setup.start().await;
    let victim = server.tpp("client-1").await;
    let stranger = server.tpp("client-2").await;
    let assertion = stranger.assertion(&server).sign();
    let without_id: Vec<_> = victim.form(&assertion)[..5].to_vec();
    for form in [victim.form(&assertion), without_id.clone()] {
        let mut last = 0;
        for _ in 0..10 {
            last = stranger.post(&server, &form).await.status;
        }
        assert_eq!(last, 429);
    }
    victim.token(&server, &victim.assertion(&server).sign()).await.assert_token();
    let assertion = victim.assertion(&server).sign();
    let without_id: Vec<_> = victim.form(&assertion)[..5].to_vec();
    victim.post(&server, &without_id).await.assert_token();
}
