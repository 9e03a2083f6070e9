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
    assert!(!renewed.contains(&directory.path().join("postgres/password")));
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
