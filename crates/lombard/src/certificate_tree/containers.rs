//! What a set of containers needs beside certificates: passwords and master keys.

use super::leaf::Leaf;
use super::{CertificateTree, Maker, TreeError, pair, public_server};
use crate::files::{Visibility, read_text};
use certificates::{KeyKind, LeafProfile, ServiceRole};
use jose::MasterKey;
use service_kit::{SystemRandom, base62};
use std::path::Path;

const ROLES_WITH_DATABASE: [ServiceRole; 3] =
    [ServiceRole::KeyManager, ServiceRole::EventService, ServiceRole::Directory];
const PASSWORD_LENGTH: usize = 32;

pub(super) fn create(tree: &CertificateTree, maker: &mut Maker) -> Result<(), TreeError> {
    let postgres = tree.directory.join("postgres");
    database_server(tree, &postgres, maker)?;
    for role in ROLES_WITH_DATABASE {
        let own = tree.directory.join(role.as_str());
        let password = password(&postgres.join(format!("{}.password", role.as_str())), maker)?;
        let user = role.as_str().replace('-', "_");
        let pgpass = format!("*:*:*:{user}:{password}\n");
        maker.write_if_absent(&own.join("pgpass"), pgpass.as_bytes(), Visibility::Secret)?;
        master_key(&own.join("master.key"), maker)?;
    }
    directory_server(tree, maker)
}

/// A server certificate of its own, so that the directory's container holds no key of another.
fn directory_server(tree: &CertificateTree, maker: &mut Maker) -> Result<(), TreeError> {
    let name = ServiceRole::Directory.as_str();
    let dns_names = vec![name.to_owned(), "localhost".to_owned()];
    let profile = LeafProfile::Server { dns_names, ip_addresses: vec!["127.0.0.1".to_owned()] };
    public_server(&tree.directory.join(name), &profile, &tree.public_authority(), maker)
}

fn database_server(
    tree: &CertificateTree,
    directory: &Path,
    maker: &mut Maker,
) -> Result<(), TreeError> {
    let dns_names = vec!["postgres".to_owned(), "localhost".to_owned()];
    let profile = LeafProfile::Server { dns_names, ip_addresses: vec!["127.0.0.1".to_owned()] };
    Leaf { files: pair(directory, "server"), profile, kind: KeyKind::P256 }
        .ensure(&tree.internal_authority(), maker)
}

/// The password in `path`, made where it is missing. No line end: programs differ on whether one
/// belongs to a password.
fn password(path: &Path, maker: &mut Maker) -> Result<String, TreeError> {
    let fresh = base62(&SystemRandom, PASSWORD_LENGTH);
    maker.write_if_absent(path, fresh.as_bytes(), Visibility::Secret)?;
    Ok(read_text(path)?)
}

fn master_key(path: &Path, maker: &mut Maker) -> Result<(), TreeError> {
    if path.exists() {
        return Ok(());
    }
    let content = MasterKey::generate().to_hex();
    maker.write(path, content.as_bytes(), Visibility::Secret)
}
