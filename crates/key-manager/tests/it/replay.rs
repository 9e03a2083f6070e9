//! Assertions are good for one use.

use crate::support::{Answer, Setup};
use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::json;
use test_kit::TestDatabase;

fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

test_kit::on_both_databases! {
    /// AS-20.
    async fn as_20_an_assertion_is_good_for_one_use(database: TestDatabase) {
        let server = Setup::on(&database).start().await;
        let tpp = server.tpp("client-1").await;
        let assertion = tpp.assertion(&server).sign();
        tpp.token(&server, &assertion).await.assert_token();
        tpp.token(&server, &assertion).await.assert_invalid_client();
        let again = tpp.assertion(&server).claim("jti", claimed_id(&assertion)).sign();
        tpp.token(&server, &again).await.assert_invalid_client();
    }

    /// AS-22.
    async fn as_22_a_used_assertion_stays_used_across_a_restart(database: TestDatabase) {
        let setup = Setup::on(&database);
        let server = setup.start().await;
        let tpp = server.tpp("client-1").await;
        let assertion = tpp.assertion(&server).sign();
        tpp.token(&server, &assertion).await.assert_token();
        server.stop().await;
        let server = setup.start().await;
        tpp.token(&server, &assertion).await.assert_invalid_client();
        tpp.token(&server, &tpp.assertion(&server).sign()).await.assert_token();
    }

    /// AS-24.
    async fn as_24_one_clients_ids_are_not_anothers(database: TestDatabase) {
        let server = Setup::on(&database).start().await;
        let (one, two) = (server.tpp("client-1").await, server.tpp("client-2").await);
        for tpp in [&one, &two] {
            let assertion = tpp.assertion(&server).claim("jti", "1").sign();
            tpp.token(&server, &assertion).await.assert_token();
        }
    }

    /// AS-25.
    async fn as_25_a_forged_assertion_does_not_use_up_an_id(database: TestDatabase) {
        let server = Setup::on(&database).start().await;
        let (tpp, forger) = (server.tpp("client-1").await, server.tpp("client-2").await);
        let forged = forger.assertion(&server).claim("iss", "client-1").claim("sub", "client-1");
        tpp.token(&server, &forged.claim("jti", "x").sign()).await.assert_invalid_client();
        let other_audience = tpp.assertion(&server).claim("jti", "x").claim("aud", "https://x");
        tpp.token(&server, &other_audience.sign()).await.assert_invalid_client();
        let good = tpp.assertion(&server).claim("jti", "x").sign();
        tpp.token(&server, &good).await.assert_token();
    }

    /// AS-26.
    async fn as_26_ids_are_compared_byte_by_byte(database: TestDatabase) {
        let server = Setup::on(&database).start().await;
        let tpp = server.tpp("client-1").await;
        for jti in ["abc", "ABC", "\u{e9}", "e\u{301}", "abc ", "abc\0", "\u{df}", "ss"] {
            let assertion = tpp.assertion(&server).claim("jti", jti).sign();
            tpp.token(&server, &assertion).await.assert_token();
            tpp.token(&server, &assertion).await.assert_invalid_client();
        }
    }

    async fn an_assertion_is_remembered_until_it_would_be_refused_for_its_age(
        database: TestDatabase
    ) {
        let server = Setup::on(&database).start().await;
        let tpp = server.tpp("client-1").await;
        let assertion = tpp.assertion(&server).sign();
        tpp.token(&server, &assertion).await.assert_token();
        for seconds in [60, 29, 1, 600] {
            server.setup.clock.advance(SignedDuration::from_secs(seconds));
            tpp.token(&server, &assertion).await.assert_invalid_client();
        }
    }
}

/// AS-21.
#[test]
fn as_21_of_fifty_copies_at_once_over_two_replicas_one_gets_a_token() {
    let Some(database) = TestDatabase::postgres() else { return };
    test_kit::run_test(async move {
        let setup = Setup::on(&database);
        let replicas = [setup.start().await, setup.start().await];
        let tpp = replicas[0].tpp("client-1").await;
        for _ in 0..4 {
            let assertion = tpp.assertion(&replicas[0]).sign();
            let copies = (0..50).map(|copy| tpp.token(&replicas[copy % 2], &assertion));
            let answers = join_all(copies).await;
            assert_eq!((count(&answers, 200), count(&answers, 401)), (1, 49));
        }
    });
}

#[test]
fn without_its_database_nothing_is_issued_and_the_answer_says_so() {
    let Some(database) = TestDatabase::postgres() else { return };
    test_kit::run_test(async move {
        let setup = Setup::on(&database);
        let server = setup.start().await;
        let tpp = server.tpp("client-1").await;
        tpp.token(&server, &tpp.assertion(&server).sign()).await.assert_token();
        let known = server.get("/oauth2/jwks").await;
        database.take_away();
        let answer = tpp.token(&server, &tpp.assertion(&server).sign()).await;
        answer.assert_oauth_error(
            503,
            "temporarily_unavailable",
            "The server cannot authenticate clients at the moment",
        );
        assert_eq!(server.get("/oauth2/jwks").await.json(), known.json());
    });
}

fn claimed_id(assertion: &str) -> serde_json::Value {
    let jws = jose::UnverifiedJws::parse(assertion, 16 * 1024).unwrap();
    let claims: serde_json::Value = jws.unverified_claims().unwrap();
    json!(claims["jti"])
}
