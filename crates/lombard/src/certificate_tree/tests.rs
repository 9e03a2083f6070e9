use super::*;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

fn plan(now: &str) -> Plan {
    Plan { dns_names: vec!["key-manager".to_owned()], containers: true, now: now.parse().unwrap() }
}

fn content(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(content(&path));
        } else {
            files.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    files
}

#[test]
fn making_the_tree_again_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let tree = CertificateTree::new(directory.path().to_owned());
    let made = tree.create(&plan("2026-01-01T00:00:00Z")).unwrap();
    let before = content(directory.path());
    assert_eq!(made.len(), before.len());
    assert_eq!(tree.create(&plan("2026-06-01T00:00:00Z")).unwrap(), Vec::<PathBuf>::new());
    assert_eq!(content(directory.path()), before);
}

#[test]
fn certificates_about_to_end_are_renewed_and_authorities_are_kept() {
    let directory = tempfile::tempdir().unwrap();
    let tree = CertificateTree::new(directory.path().to_owned());
    tree.create(&plan("2026-01-01T00:00:00Z")).unwrap();
    let authority = fs::read(tree.public_ca()).unwrap();
    let renewed = tree.create(&plan("2026-12-15T00:00:00Z")).unwrap();
    assert!(renewed.contains(&directory.path().join("server.crt")));
    assert!(renewed.contains(&directory.path().join("internal/gateway.key")));
    assert!(!renewed.contains(&directory.path().join("postgres/key-manager.password")));
    assert_eq!(fs::read(tree.public_ca()).unwrap(), authority);
}

#[test]
fn every_key_and_password_is_for_its_owner_only() {
    let directory = tempfile::tempdir().unwrap();
    let tree = CertificateTree::new(directory.path().to_owned());
    tree.create(&plan("2026-01-01T00:00:00Z")).unwrap();
    for path in content(directory.path()).into_keys() {
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        let is_certificate = path.extension().is_some_and(|extension| extension == "crt");
        assert_eq!(mode, if is_certificate { 0o644 } else { 0o600 }, "{}", path.display());
    }
}

#[test]
fn a_role_finds_its_database_password_in_the_form_of_libpq() {
    let directory = tempfile::tempdir().unwrap();
    let tree = CertificateTree::new(directory.path().to_owned());
    tree.create(&plan("2026-01-01T00:00:00Z")).unwrap();
    let password =
        fs::read_to_string(directory.path().join("postgres/key-manager.password")).unwrap();
    let pgpass = fs::read_to_string(directory.path().join("key-manager/pgpass")).unwrap();
    assert_eq!(pgpass, format!("*:*:*:key_manager:{password}\n"));
}

/// The first certificate of a PEM file, DER.
fn leaf(path: &Path) -> Vec<u8> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let pem = fs::read_to_string(path).unwrap();
    let (_, rest) = pem.split_once("-----BEGIN CERTIFICATE-----").unwrap();
    let (body, _) = rest.split_once("-----END CERTIFICATE-----").unwrap();
    STANDARD.decode(body.split_whitespace().collect::<String>()).unwrap()
}

fn store_of(issuers: &[PathBuf]) -> service_kit::TrustStore {
    let issuers_pem = issuers.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let anchors = service_kit::trust_store::TrustAnchors { issuers_pem, ..Default::default() };
    service_kit::TrustStore::new(&anchors).unwrap()
}

#[test]
fn no_trust_store_accepts_the_leaf_of_another() {
    let directory = tempfile::tempdir().unwrap();
    let tree = CertificateTree::new(directory.path().to_owned());
    let now = "2026-01-01T00:00:00Z".parse().unwrap();
    tree.create(&plan("2026-01-01T00:00:00Z")).unwrap();
    let issuing = Authority::tpp_issuing(&tree.tpp_directory()).load().unwrap();
    let tpp = LeafProfile::TppTransport(certificates::TppIdentity {
        software_id: "app1".to_owned(),
        organisation_id: "org1".to_owned(),
    });
    let maker = Maker { now, made: Vec::new() };
    let tpp = issuing.issue(&tpp, KeyKind::P256, maker.validity(1)).unwrap();

    let stores = [
        store_of(&[
            tree.tpp_directory().join("root.crt"),
            tree.tpp_directory().join("issuing.crt"),
        ]),
        store_of(&[tree.internal_ca()]),
        store_of(&[tree.public_ca()]),
    ];
    let leaves = [
        tpp.certificate_der,
        leaf(&tree.service_files(ServiceRole::Gateway).0),
        leaf(&directory.path().join("server.crt")),
    ];
    for (of_store, store) in stores.iter().enumerate() {
        for (of_leaf, leaf) in leaves.iter().enumerate().filter(|(index, _)| *index != of_store) {
            let refused = store.verify(leaf, &[], now).unwrap_err();
            let expected = service_kit::CertificateRejection::UnknownIssuer;
            assert_eq!(refused, expected, "store {of_store}, leaf {of_leaf}");
        }
    }
    assert!(stores[0].verify(&leaves[0], &[], now).is_ok());
    assert!(stores[1].verify(&leaves[1], &[], now).is_ok());
}
