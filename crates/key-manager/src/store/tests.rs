//! The store on both databases.

use super::*;
use database::{AnyConnection, Database, DatabaseError, DatabaseOptions, UtcMicros};
use diesel::{ExpressionMethods, RunQueryDsl};
use test_kit::TestDatabase;

pub(super) const NOW: UtcMicros = UtcMicros(1_767_225_600_000_000);
pub(super) const LATER: UtcMicros = UtcMicros(NOW.0 + 60_000_000);

pub(super) async fn open(database: &TestDatabase) -> Database {
    let url = database.url().parse().unwrap();
    let database = Database::open(&url, DatabaseOptions::default()).unwrap();
    database.migrate(&MIGRATIONS).await.unwrap();
    database
}

pub(super) async fn write<T: Send + 'static>(
    database: &Database,
    mut work: impl FnMut(&mut AnyConnection) -> Result<T, diesel::result::Error> + Send + 'static,
) -> T {
    database.write(move |connection| Ok::<_, DatabaseError>(work(connection)?)).await.unwrap()
}

fn used(client_id: &str, jti: &str, expires_at: UtcMicros) -> UsedAssertion {
    UsedAssertion::new(client_id.to_owned(), jti.to_owned(), expires_at)
}

async fn is_first(database: &Database, used: UsedAssertion, now: UtcMicros) -> bool {
    write(database, move |connection| used.record(connection, OlderUses::Kept, now)).await
}

/// A whole sweep in steps of three; the rows of each.
async fn sweep(database: &Database, before: UtcMicros) -> Vec<usize> {
    let (mut rows, mut next) = (Vec::new(), Some(Vec::new()));
    while let Some(after) = next {
        let step = move |given: &mut AnyConnection| SweptUses::step(given, before, &after, 3);
        let swept = write(database, step).await;
        rows.push(swept.rows);
        next = swept.next;
    }
    rows
}

pub(super) fn client(id: &str) -> ClientRecord {
    ClientRecord {
        client_id: id.to_owned(),
        status: ClientStatus::Active,
        software_id: Some("software".to_owned()),
        organisation_id: None,
        roles: vec!["AISP".to_owned(), "PISP".to_owned()],
        scopes: vec!["accounts".to_owned(), "eventpolling".to_owned(), "payments".to_owned()],
        token_endpoint_auth_signing_alg: Some("PS256".to_owned()),
        tls_client_auth_subject_dn: None,
        jwks: r#"{"keys":[]}"#.to_owned(),
        assertion_lifetime_cap_seconds: Some(i64::MAX),
        allow_audience_array: true,
        created_at: NOW,
        token_endpoint_auth_method: "client_secret".to_owned(),
        jwks_uri: Some("https://tpp.example/jwks".to_owned()),
        client_secret_hash: Some("hash".to_owned()),
        resource_server: true,
    }
}

pub(super) async fn insert(database: &Database, record: ClientRecord) -> bool {
    write(database, move |connection| record.insert(connection)).await
}

async fn find(database: &Database, id: &'static str) -> Option<ClientRecord> {
    write(database, move |connection| ClientRecord::find(connection, id)).await
}

async fn page(database: &Database, after: &'static str, limit: i64) -> Vec<String> {
    write(database, move |connection| {
        let page = ClientRecord::page(connection, &ClientFilter::default(), after, limit)?;
        Ok(page.into_iter().map(|record| record.client_id).collect())
    })
    .await
}

fn token_key(kid: &str, alg: &str, created_at: UtcMicros) -> TokenKeyRecord {
    TokenKeyRecord {
        kid: kid.to_owned(),
        alg: alg.to_owned(),
        public_jwk: "{}".to_owned(),
        certificate: vec![0, 255],
        sealed_private_key: vec![1],
        created_at,
        activates_at: created_at,
        superseded_at: None,
    }
}

async fn token_keys(database: &Database) -> Vec<String> {
    write(database, |connection| {
        Ok(TokenKeyRecord::all(connection)?.into_iter().map(|record| record.kid).collect())
    })
    .await
}

async fn publish(database: &Database, kid: &str, jwk: &str, until: UtcMicros) -> PublishOutcome {
    let key = PublishedKey { kid: kid.to_owned(), jwk: jwk.to_owned(), retain_until: until };
    write(database, move |connection| key.publish(connection)).await
}

fn registration(client_id: &str, issuer: &str) -> RegistrationRecord {
    RegistrationRecord {
        client_id: client_id.to_owned(),
        software_id: "software".to_owned(),
        software_issuer: issuer.to_owned(),
        issued_at: 1,
        document: "{}".to_owned(),
        is_only_one: true,
    }
}

test_kit::on_both_databases! {
    async fn a_registration_that_does_not_say_its_issuer_stands_for_every_one_until_it_does(database: TestDatabase) {
        let database = open(&database).await;
        let [old, same, other] = [("old", ""), ("same", "one"), ("other", "two")]
            .map(|(id, issuer)| registration(id, issuer));
        write(&database, move |connection| {
            for id in ["old", "same", "other"] {
                assert!(client(id).insert(connection)?);
            }
            assert!(old.insert(connection)?);
            assert!(same.has_client(connection)? && other.has_client(connection)?);
            assert!(old.is_of("one", "software") && old.is_of("two", "software"));
            assert!(!old.is_of("one", "another"));
            let known = RegistrationRecord { software_issuer: "one".to_owned(), ..old.clone() };
            assert!(known.replace(connection)?);
            assert_eq!(RegistrationRecord::find(connection, "old")?, Some(known.clone()));
            assert!(known.is_of("one", "software") && !known.is_of("two", "software"));
            assert!(same.has_client(connection)? && !other.has_client(connection)?);
            assert!(!same.insert(connection)? && other.insert(connection)?);
            Ok(())
        })
        .await;
    }

    async fn a_second_use_of_an_assertion_is_no_first_use(given: TestDatabase) {
        let database = open(&given).await;
        assert!(is_first(&database, used("c", "j", LATER), NOW).await);
        assert!(!is_first(&database, used("c", "j", LATER), NOW).await);
        assert!(!is_first(&database, used("c", "j", UtcMicros(LATER.0 + 1)), NOW).await);
    }

    async fn of_fifty_uses_at_once_one_is_the_first(given: TestDatabase) {
        let database = open(&given).await;
        let uses = (0..50).map(|_| {
            let database = database.clone();
            actix_web::rt::spawn(async move {
                is_first(&database, used("c", "j", LATER), NOW).await
            })
        });
        let mut firsts = 0;
        for outcome in uses.collect::<Vec<_>>() {
            firsts += usize::from(outcome.await.unwrap());
        }
        assert_eq!(firsts, 1);
    }

    async fn assertion_ids_are_compared_byte_by_byte_and_by_client(given: TestDatabase) {
        let database = open(&given).await;
        let ids = ["j", "J", "j ", "\u{e9}", "e\u{301}", "j\0", "\u{df}", "ss", "\u{131}", "i"];
        for jti in ids {
            assert!(is_first(&database, used("c", jti, LATER), NOW).await, "{jti:?}");
        }
        assert!(is_first(&database, used("C", "j", LATER), NOW).await);
        for jti in ids {
            assert!(!is_first(&database, used("c", jti, LATER), NOW).await, "{jti:?}");
        }
    }

    async fn an_expired_use_does_not_count_whether_or_not_it_was_swept(given: TestDatabase) {
        let database = open(&given).await;
        assert!(is_first(&database, used("c", "j", NOW), NOW).await);
        assert!(is_first(&database, used("c", "j", LATER), NOW).await);
        assert!(!is_first(&database, used("c", "j", LATER), NOW).await);
    }

    async fn a_use_that_an_earlier_version_recorded_counts_until_it_has_expired(given: TestDatabase) {
        let database = open(&given).await;
        write(&database, |connection| {
            diesel::insert_into(schema::used_assertion::table)
                .values((
                    schema::used_assertion::client_id.eq("c"),
                    schema::used_assertion::jti.eq(b"j".as_slice()),
                    schema::used_assertion::expires_at.eq(LATER),
                ))
                .execute(connection)
        })
        .await;
        assert!(!is_first(&database, used("c", "j", LATER), NOW).await);
        assert!(is_first(&database, used("c", "J", LATER), NOW).await);
        assert_eq!(write(&database, OlderUses::find).await, OlderUses::Kept);
        let after = UtcMicros(LATER.0 + 1);
        assert!(is_first(&database, used("c", "j", UtcMicros(after.0 + 1)), after).await);
        assert_eq!(write(&database, move |given| OlderUses::sweep(given, after, 3)).await, 1);
        assert_eq!(write(&database, OlderUses::find).await, OlderUses::Gone);
    }

    async fn client_and_jti_are_not_one_text(given: TestDatabase) {
        let database = open(&given).await;
        assert!(is_first(&database, used("ab", "c", LATER), NOW).await);
        assert!(is_first(&database, used("a", "bc", LATER), NOW).await);
    }

    async fn sweeping_takes_expired_uses_in_batches_and_no_others(given: TestDatabase) {
        let database = open(&given).await;
        for number in 0..5 {
            is_first(&database, used("c", &number.to_string(), NOW), UtcMicros(0)).await;
        }
        is_first(&database, used("c", "kept", LATER), UtcMicros(0)).await;
        assert_eq!(sweep(&database, NOW).await, vec![0, 0, 0]);
        assert_eq!(sweep(&database, LATER).await.iter().sum::<usize>(), 5);
        assert_eq!(sweep(&database, LATER).await, vec![0]);
        assert!(!is_first(&database, used("c", "kept", LATER), NOW).await);
    }

    async fn a_client_is_found_as_it_was_registered(given: TestDatabase) {
        let database = open(&given).await;
        assert!(insert(&database, client("c")).await);
        assert_eq!(find(&database, "c").await, Some(client("c")));
        let bare = ClientRecord {
            software_id: None,
            roles: Vec::new(),
            scopes: Vec::new(),
            token_endpoint_auth_signing_alg: None,
            assertion_lifetime_cap_seconds: None,
            allow_audience_array: false,
            token_endpoint_auth_method: "private_key_jwt".to_owned(),
            jwks_uri: None,
            client_secret_hash: None,
            resource_server: false,
            ..client("bare")
        };
        assert!(insert(&database, bare.clone()).await);
        assert_eq!(find(&database, "bare").await, Some(bare));
    }

    async fn client_ids_differ_by_case(given: TestDatabase) {
        let database = open(&given).await;
        assert!(insert(&database, client("Client")).await);
        assert_eq!(find(&database, "client").await, None);
        assert!(insert(&database, client("client")).await);
    }

    async fn a_taken_client_id_changes_nothing(given: TestDatabase) {
        let database = open(&given).await;
        assert!(insert(&database, client("c")).await);
        let other = ClientRecord { scopes: vec!["everything".to_owned()], ..client("c") };
        assert!(!insert(&database, other).await);
        assert_eq!(find(&database, "c").await, Some(client("c")));
    }

    async fn a_deleted_client_is_gone_with_its_grants_but_its_assertions_stay_used(
        given: TestDatabase
    ) {
        let database = open(&given).await;
        insert(&database, client("c")).await;
        is_first(&database, used("c", "j", LATER), NOW).await;
        assert!(write(&database, |connection| ClientRecord::delete(connection, "c")).await);
        assert!(!write(&database, |connection| ClientRecord::delete(connection, "c")).await);
        assert_eq!(find(&database, "c").await, None);
        let bare = ClientRecord { roles: Vec::new(), scopes: Vec::new(), ..client("c") };
        insert(&database, bare.clone()).await;
        assert_eq!(find(&database, "c").await, Some(bare));
        assert!(!is_first(&database, used("c", "j", LATER), NOW).await);
    }

    async fn clients_are_listed_in_the_byte_order_of_their_ids(given: TestDatabase) {
        let database = open(&given).await;
        for id in ["b", "a", "B", "_", "1"] {
            insert(&database, client(id)).await;
        }
        assert_eq!(page(&database, "", 3).await, ["1", "B", "_"]);
        assert_eq!(page(&database, "_", 3).await, ["a", "b"]);
        assert!(page(&database, "b", 3).await.is_empty());
    }

    async fn token_keys_are_listed_last_to_sign_first(given: TestDatabase) {
        let database = open(&given).await;
        write(&database, |connection| token_key("old", "RS256", NOW).insert(connection)).await;
        write(&database, |connection| token_key("new", "PS256", LATER).insert(connection)).await;
        assert_eq!(token_keys(&database).await, ["new", "old"]);
    }

    async fn only_the_first_of_an_algorithm_is_made_at_the_start(given: TestDatabase) {
        let database = open(&given).await;
        for (kid, alg) in [("one", "RS256"), ("two", "RS256"), ("three", "ES256")] {
            write(&database, move |connection| {
                token_key(kid, alg, NOW).insert_if_first(connection)
            })
            .await;
        }
        assert_eq!(token_keys(&database).await, ["one", "three"]);
    }

    async fn a_key_gets_one_successor_and_never_one_that_signs_before_it(given: TestDatabase) {
        let database = open(&given).await;
        let add = |kid: &'static str, made_by| {
            write(&database, move |connection| {
                token_key(kid, "RS256", NOW).insert_after_last(connection, made_by)
            })
        };
        assert_eq!(add("one", NOW).await, Some(NOW));
        assert_eq!(add("two", NOW).await, Some(UtcMicros(NOW.0 + 1)));
        let too_young = UtcMicros(NOW.0 - 1);
        assert_eq!(add("three", too_young).await, None);
        assert_eq!(add("three", NOW).await, Some(UtcMicros(NOW.0 + 2)));
        assert_eq!(token_keys(&database).await, ["three", "two", "one"]);
    }

    async fn superseded_token_keys_are_deleted_and_the_last_never_is(given: TestDatabase) {
        let database = open(&given).await;
        for kid in ["one", "two", "three"] {
            write(&database, move |connection| {
                token_key(kid, "RS256", NOW).insert_after_last(connection, LATER)
            })
            .await;
        }
        let delete = |before| {
            write(&database, move |connection| {
                TokenKeyRecord::delete_superseded(connection, UtcMicros(NOW.0 + before))
            })
        };
        assert!(delete(1).await.is_empty());
        assert_eq!(delete(2).await, ["one"]);
        assert_eq!(delete(1_000_000_000).await, ["two"]);
        assert_eq!(token_keys(&database).await, ["three"]);
    }

    async fn a_published_key_can_be_retained_longer_but_never_replaced(given: TestDatabase) {
        let database = open(&given).await;
        write(&database, |connection| token_key("token", "RS256", NOW).insert(connection)).await;
        assert_eq!(publish(&database, "k", "{}", NOW).await, PublishOutcome::Published);
        assert_eq!(publish(&database, "k", "{}", LATER).await, PublishOutcome::Published);
        assert_eq!(publish(&database, "k", "[]", NOW).await, PublishOutcome::KeyIdTaken);
        assert_eq!(publish(&database, "token", "{}", NOW).await, PublishOutcome::KeyIdTaken);
        let keys = write(&database, PublishedKey::all).await;
        let keys: Vec<_> = keys.iter().map(|key| (&*key.kid, &*key.jwk, key.retain_until)).collect();
        assert_eq!(keys, [("k", "{}", LATER)]);
    }
}
