use super::*;
use service_kit::SystemRandom;
use std::os::unix::fs::PermissionsExt;

fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn authority() -> CertificateAuthority {
    CertificateAuthority::new_root("Test TPP CA", KeyKind::P256, validity(now())).unwrap()
}

fn new_tpp(tpps: &Path) -> (TppFiles, TppRecord) {
    let files = TppFiles::named(tpps, "acme").unwrap();
    let roles = ["AISP".to_owned()];
    let record = files.create(&authority(), &roles, now(), &SystemRandom).unwrap();
    (files, record)
}

#[test]
fn a_name_cannot_leave_the_directory() {
    for name in ["", "..", ".hidden", "a/b", "-x", "a b", &"x".repeat(65)] {
        let refused = TppFiles::named(Path::new("/tpp"), name);
        assert!(matches!(refused, Err(TppFilesError::Name)), "{name}");
    }
}

#[test]
fn an_existing_tpp_is_not_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    let (files, _) = new_tpp(directory.path());
    let refused = files.create(&authority(), &[], now(), &SystemRandom);
    assert!(matches!(refused, Err(TppFilesError::Exists(_))));
}

#[test]
fn a_missing_tpp_says_how_to_make_one() {
    let files = TppFiles::named(Path::new("/nowhere"), "acme").unwrap();
    assert!(files.record().unwrap_err().to_string().contains("lombard tpp new acme"));
}

#[test]
fn an_unregistered_tpp_says_how_to_register() {
    let directory = tempfile::tempdir().unwrap();
    let (files, _) = new_tpp(directory.path());
    let message = files.client_id().unwrap_err().to_string();
    assert!(message.contains("lombard tpp register acme"), "{message}");
}

#[test]
fn the_key_id_is_the_sha_1_thumbprint_of_the_signing_certificate() {
    let directory = tempfile::tempdir().unwrap();
    let (files, _) = new_tpp(directory.path());
    let jwk = files.jwks().unwrap().keys.remove(0);
    assert!(jwk.key_id().is_some());
    assert_eq!(jwk.key_id(), jwk.x5t());
    assert_eq!(jwk.x5c().map(<[String]>::len), Some(1));
    assert!(jwk.x5t_s256().is_some());
    assert_eq!(Some(files.signing_key().unwrap().key_id()), jwk.key_id());
}

#[test]
fn keys_are_for_their_owner_only() {
    let directory = tempfile::tempdir().unwrap();
    let (files, _) = new_tpp(directory.path());
    for name in ["transport.key", "signing.key"] {
        let mode = std::fs::metadata(files.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn the_subject_is_the_legacy_form_of_the_directory() {
    let directory = tempfile::tempdir().unwrap();
    let (_, record) = new_tpp(directory.path());
    let expected =
        format!("CN={},OU={},O=OpenBanking,C=GB", record.software_id, record.organisation_id);
    assert_eq!(record.subject_dn(), expected);
}
