use super::*;
use certificates::{
    CertificateAuthority, KeyKind, LeafExtras, LeafProfile, PrivateKey, SigningRequest,
    TppIdentity, Validity,
};
use std::os::unix::fs::PermissionsExt;

fn own(profile: fn(TppIdentity) -> LeafProfile) -> OwnCertificate {
    let at = |text: &str| text.parse().unwrap();
    let validity =
        Validity { not_before: at("2026-01-01T00:00:00Z"), not_after: at("2027-01-01T00:00:00Z") };
    let authority = CertificateAuthority::new_root("Test", KeyKind::P256, validity).unwrap();
    let key = PrivateKey::generate(KeyKind::Rsa2048).unwrap();
    let request = SigningRequest::make(&key, "app1").unwrap();
    let request = SigningRequest::from_pem(&request).unwrap();
    let identity =
        TppIdentity { software_id: "app1".to_owned(), organisation_id: "org1".to_owned() };
    let profile = profile(identity);
    let issued = authority.issue_for(&request, &profile, &LeafExtras::default(), validity).unwrap();
    OwnCertificate { chain_pem: issued.chain_pem, key_pem: key.to_pem().unwrap() }
}

fn record(kind: TppKind, organisation_name: &str) -> TppRecord {
    TppRecord {
        client_id: None,
        software_id: "app1".to_owned(),
        organisation_id: "org1".to_owned(),
        roles: vec!["AISP".to_owned()],
        kind,
        organisation_name: organisation_name.to_owned(),
        registration_id: None,
        token_endpoint_auth_method: AuthenticationMethod::default(),
        software_jwks_endpoint: None,
    }
}

fn new() -> NewTpp {
    NewTpp {
        record: record(TppKind::Legacy, "acme"),
        signing: own(LeafProfile::TppSigning),
        transport: own(LeafProfile::TppTransport),
        ssa: "a.b.c".to_owned(),
    }
}

fn new_tpp(tpps: &Path) -> TppFiles {
    let files = TppFiles::named(tpps, "acme").unwrap();
    files.create(&new()).unwrap();
    files
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
    let files = new_tpp(directory.path());
    let refused = files.create(&new());
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
    let files = new_tpp(directory.path());
    let message = files.client_id().unwrap_err().to_string();
    assert!(message.contains("lombard tpp register acme"), "{message}");
}

#[test]
fn the_key_id_is_the_sha_1_thumbprint_of_the_signing_certificate() {
    let directory = tempfile::tempdir().unwrap();
    let files = new_tpp(directory.path());
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
    let files = new_tpp(directory.path());
    for name in ["transport.key", "signing.key"] {
        let mode = std::fs::metadata(files.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn the_subject_is_that_of_the_certificates() {
    let legacy = record(TppKind::Legacy, "acme");
    assert_eq!(legacy.subject_dn(), "CN=app1,OU=org1,O=OpenBanking,C=GB");
    let eidas = record(TppKind::Eidas, " Acme, \"Sons\" ");
    assert_eq!(
        eidas.subject_dn(),
        r#"CN=org1,organizationIdentifier=PSDGB-OB-Unknownorg1,O=\ Acme\, \"Sons\"\ ,C=GB"#
    );
}
