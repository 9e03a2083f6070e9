//! The store on both databases.

use super::*;
use database::{AnyConnection, Database, DatabaseError, DatabaseOptions, UtcMicros};
use test_kit::TestDatabase;

const NOW: UtcMicros = UtcMicros(1_767_225_600_000_000);
const LATER: UtcMicros = UtcMicros(NOW.0 + 60_000_000);

async fn open(database: &TestDatabase) -> Database {
    let url = database.url().parse().unwrap();
    let database = Database::open(&url, DatabaseOptions::default()).unwrap();
    database.migrate(&MIGRATIONS).await.unwrap();
    database
}

async fn write<T: Send + 'static>(
    database: &Database,
    mut work: impl FnMut(&mut AnyConnection) -> Result<T, diesel::result::Error> + Send + 'static,
) -> T {
    database.write(move |connection| Ok::<_, DatabaseError>(work(connection)?)).await.unwrap()
}

fn organisation(id: &str) -> OrganisationRecord {
    OrganisationRecord { organisation_id: id.to_owned(), details: "{}".to_owned(), created_at: NOW }
}

fn software(id: &str, organisation_id: &str) -> SoftwareStatementRecord {
    SoftwareStatementRecord {
        software_id: id.to_owned(),
        organisation_id: organisation_id.to_owned(),
        details: "{}".to_owned(),
        created_at: NOW,
    }
}

fn certificate(serial: &str, software_id: &str) -> CertificateRecord {
    CertificateRecord {
        serial: serial.to_owned(),
        software_id: software_id.to_owned(),
        kind: "ob-signing".to_owned(),
        defect: None,
        kid: format!("kid-{serial}"),
        chain_pem: "PEM".to_owned(),
        jwk: Some(format!("jwk-{serial}")),
        not_before: NOW,
        not_after: LATER,
        revoked_at: None,
        created_at: NOW,
    }
}

fn ssa_key(kid: &str) -> SsaKeyRecord {
    SsaKeyRecord {
        kid: kid.to_owned(),
        public_jwk: "{}".to_owned(),
        certificate: vec![0, 255],
        sealed_private_key: vec![1],
        created_at: NOW,
    }
}

async fn holders(database: &Database) {
    write(database, |connection| {
        organisation("org").insert(connection)?;
        organisation("other").insert(connection)?;
        software("one", "org").insert(connection)?;
        software("two", "org").insert(connection)?;
        software("three", "other").insert(connection)
    })
    .await;
}

async fn keys(database: &Database, holder: Holder, state: KeyState) -> Vec<String> {
    write(database, move |connection| CertificateRecord::keys(connection, &holder, state)).await
}

test_kit::on_both_databases! {
    async fn an_id_is_given_once(database: TestDatabase) {
        let database = open(&database).await;
        let taken = write(&database, |connection| {
            assert!(organisation("org").insert(connection)?);
            assert!(software("one", "org").insert(connection)?);
            assert!(organisation("Org").insert(connection)?);
            Ok((organisation("org").insert(connection)?, software("one", "Org").insert(connection)?))
        })
        .await;
        assert_eq!(taken, (false, false));
    }

    async fn a_software_statement_is_found_under_its_own_organisation_only(database: TestDatabase) {
        let database = open(&database).await;
        holders(&database).await;
        write(&database, |connection| {
            let find = SoftwareStatementRecord::find;
            assert_eq!(find(connection, "org", "one")?, Some(software("one", "org")));
            assert_eq!(find(connection, "other", "one")?, None);
            assert_eq!(find(connection, "org", "ONE")?, None);
            let page = SoftwareStatementRecord::page(connection, "org", "one", 5)?;
            assert_eq!(page, [software("two", "org")]);
            Ok(())
        })
        .await;
    }

    async fn a_key_set_has_the_keys_of_good_certificates(database: TestDatabase) {
        let database = open(&database).await;
        holders(&database).await;
        write(&database, |connection| {
            certificate("a", "one").insert(connection)?;
            CertificateRecord { not_before: LATER, ..certificate("b", "one") }.insert(connection)?;
            CertificateRecord { not_after: NOW, ..certificate("c", "one") }.insert(connection)?;
            CertificateRecord { revoked_at: Some(NOW), ..certificate("d", "one") }
                .insert(connection)?;
            CertificateRecord { jwk: None, ..certificate("e", "one") }.insert(connection)?;
            certificate("f", "two").insert(connection)?;
            certificate("g", "three").insert(connection)
        })
        .await;
        let (one, org) = (Holder::Software("one".into()), Holder::Organisation("org".into()));
        assert_eq!(keys(&database, one.clone(), KeyState::Good(NOW)).await, ["jwk-a"]);
        assert_eq!(keys(&database, org.clone(), KeyState::Good(NOW)).await, ["jwk-a", "jwk-f"]);
        assert_eq!(keys(&database, one, KeyState::Revoked).await, ["jwk-d"]);
        assert_eq!(keys(&database, org, KeyState::Revoked).await, ["jwk-d"]);
    }

    async fn a_certificate_is_revoked_once_and_stays_so(database: TestDatabase) {
        let database = open(&database).await;
        holders(&database).await;
        write(&database, |connection| {
            certificate("a", "one").insert(connection)?;
            CertificateRecord { defect: Some("wrong-issuer".into()), ..certificate("b", "one") }
                .insert(connection)?;
            let revoke = CertificateRecord::revoke;
            let by_kid = Named::Key("kid-a".into());
            assert_eq!(revoke(connection, "two", &by_kid, NOW)?, None);
            let first = revoke(connection, "one", &by_kid, NOW)?;
            assert_eq!(first.and_then(|record| record.revoked_at), Some(NOW));
            let again = revoke(connection, "one", &Named::Serial("a".into()), LATER)?;
            assert_eq!(again.and_then(|record| record.revoked_at), Some(NOW));
            revoke(connection, "one", &Named::Serial("b".into()), NOW)?;
            assert_eq!(CertificateRecord::revoked(connection, NOW)?, [("a".to_owned(), NOW)]);
            assert_eq!(CertificateRecord::revoked(connection, LATER)?, []);
            Ok(())
        })
        .await;
    }

    async fn one_key_signs_for_all_processes(database: TestDatabase) {
        let database = open(&database).await;
        let found = write(&database, |connection| {
            assert!(ssa_key("first").insert_if_first(connection)?);
            assert!(!ssa_key("second").insert_if_first(connection)?);
            SsaKeyRecord::all(connection)
        })
        .await;
        let kids: Vec<_> = found.into_iter().map(|record| record.kid).collect();
        assert_eq!(kids, ["first"]);
    }
}
