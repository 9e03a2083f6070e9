//! The certificates of a sandbox or of a set of containers: three authorities that never mix, and
//! what they issue.
//!
//! ```text
//! ca.crt ca.key                        public server certificates: what a client of the APIs trusts
//! server.crt server.key                RSA, for `localhost`, 127.0.0.1, ::1 and the names asked for
//! server-ecdsa.crt server-ecdsa.key    its ECDSA twin
//! tpp/{root,issuing}.{crt,key}         stands in for the Open Banking Directory's authorities
//! internal/ca.{crt,key}                service certificates: mutual TLS between the roles
//! internal/ROLE.{crt,key}              key-manager, gateway, event-service, directory; operator for the command line
//! ```
//!
//! With [`Plan::containers`] (`lombard certs new --containers`) also what a set of containers needs
//! beside; each container is given its own files only:
//!
//! ```text
//! ROLE/master.key                      key-manager, event-service, directory: `keys.master_key_file`
//! ROLE/pgpass                          the same: libpq's `passfile=` for its database, user ROLE with `_` for `-`
//! directory/server{,-ecdsa}.{crt,key}  for `directory` and `localhost`; issuer ca.crt
//! postgres/server.{crt,key}            for `postgres` and `localhost`; issuer internal/ca.crt (`sslrootcert=`)
//! postgres/ROLE.password               the roles' passwords, for the script that creates their databases
//! ```
//!
//! Every key and password is 0600. Making the tree again keeps what is there and renews only
//! certificates that end within 30 days; authorities are made for ten years and never replaced.

mod authority;
mod containers;
mod leaf;

pub use authority::Authority;

use crate::files::{FileError, Visibility, write};
use certificates::{IssueError, KeyKind, LeafProfile, ServiceRole};
use jiff::{SignedDuration, Timestamp};
use leaf::Leaf;
use std::path::{Path, PathBuf};

/// How long a certificate lasts that is kept nowhere.
const RECEIVER_DAYS: i64 = 30;
/// The roles whose service certificates the tree holds.
pub const SERVICE_ROLES: [ServiceRole; 5] = [
    ServiceRole::Directory,
    ServiceRole::EventService,
    ServiceRole::Gateway,
    ServiceRole::KeyManager,
    ServiceRole::Operator,
];

/// A tree of certificates, existing or not.
#[derive(Clone, Debug)]
pub struct CertificateTree {
    directory: PathBuf,
}

/// What to make.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Names of the public servers beside `localhost`.
    pub dns_names: Vec<String>,
    /// Also what containers need.
    pub containers: bool,
    /// The time from which the certificates are valid.
    pub now: Timestamp,
}

/// Why the tree could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A certificate cannot be read or issued.
    #[error("{}: {reason}", path.display())]
    Certificate {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: IssueError,
    },
}

/// Writes files and remembers which.
#[derive(Debug)]
struct Maker {
    now: Timestamp,
    made: Vec<PathBuf>,
}

impl CertificateTree {
    /// The tree in `directory`.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Makes what is missing, renews what ends soon, and says which files were written.
    pub fn create(&self, plan: &Plan) -> Result<Vec<PathBuf>, TreeError> {
        let mut maker = Maker { now: plan.now, made: Vec::new() };
        self.create_public(plan, &mut maker)?;
        Authority::tpp_issuing(&self.tpp_directory()).ensure(&mut maker)?;
        self.create_internal(&mut maker)?;
        if plan.containers {
            containers::create(self, &mut maker)?;
        }
        Ok(maker.made)
    }

    /// What a client of the public APIs trusts.
    pub fn public_ca(&self) -> PathBuf {
        self.directory.join("ca.crt")
    }

    /// A server certificate for `host`, chain and key, which is kept nowhere: what trusts the public
    /// servers trusts it.
    pub fn issue_server(&self, host: &str, now: Timestamp) -> Result<(String, String), TreeError> {
        let authority = self.public_authority();
        let profile =
            LeafProfile::Server { dns_names: vec![host.to_owned()], ip_addresses: Vec::new() };
        let maker = Maker { now, made: Vec::new() };
        let issued = authority
            .load()?
            .issue(&profile, KeyKind::P256, maker.validity(RECEIVER_DAYS))
            .map_err(at(&self.public_ca()))?;
        let key = issued.key.to_pem().map_err(at(&self.public_ca()))?;
        Ok((issued.chain_pem, key.to_string()))
    }

    /// What the roles trust in each other.
    pub fn internal_ca(&self) -> PathBuf {
        self.directory.join("internal/ca.crt")
    }

    /// Certificate and key of `role`.
    pub fn service_files(&self, role: ServiceRole) -> (PathBuf, PathBuf) {
        pair(&self.directory.join("internal"), role.as_str())
    }

    /// Where the authorities of TPP certificates are.
    pub fn tpp_directory(&self) -> PathBuf {
        self.directory.join("tpp")
    }

    fn create_public(&self, plan: &Plan, maker: &mut Maker) -> Result<(), TreeError> {
        let authority = self.public_authority();
        authority.ensure(maker)?;
        let mut dns_names = vec!["localhost".to_owned()];
        for name in &plan.dns_names {
            if !dns_names.contains(name) {
                dns_names.push(name.clone());
            }
        }
        let ip_addresses = vec!["127.0.0.1".to_owned(), "::1".to_owned()];
        let profile = LeafProfile::Server { dns_names, ip_addresses };
        public_server(&self.directory, &profile, &authority, maker)
    }

    fn create_internal(&self, maker: &mut Maker) -> Result<(), TreeError> {
        let authority = self.internal_authority();
        authority.ensure(maker)?;
        for role in SERVICE_ROLES {
            let profile = LeafProfile::Service(role);
            Leaf { files: self.service_files(role), profile, kind: KeyKind::P256 }
                .ensure(&authority, maker)?;
        }
        Ok(())
    }

    fn public_authority(&self) -> Authority {
        Authority::root(&self.directory, "ca", "Lombard Sandbox Server CA")
    }

    fn internal_authority(&self) -> Authority {
        Authority::root(&self.directory.join("internal"), "ca", "Lombard Sandbox Service CA")
    }
}

impl Maker {
    fn write(
        &mut self,
        path: &Path,
        content: &[u8],
        visibility: Visibility,
    ) -> Result<(), TreeError> {
        write(path, content, visibility)?;
        self.made.push(path.to_owned());
        Ok(())
    }

    fn write_if_absent(
        &mut self,
        path: &Path,
        content: &[u8],
        visibility: Visibility,
    ) -> Result<(), TreeError> {
        if path.exists() { Ok(()) } else { self.write(path, content, visibility) }
    }

    fn validity(&self, days: i64) -> certificates::Validity {
        let after = |duration| self.now.saturating_add(duration).unwrap_or(Timestamp::MAX);
        certificates::Validity {
            // Clients whose clocks are a little behind must not find it "not yet valid".
            not_before: after(SignedDuration::from_hours(-1)),
            not_after: after(SignedDuration::from_hours(24 * days)),
        }
    }
}

/// A public server's certificates, RSA and ECDSA.
fn public_server(
    directory: &Path,
    profile: &LeafProfile,
    authority: &Authority,
    maker: &mut Maker,
) -> Result<(), TreeError> {
    for (name, kind) in [("server", KeyKind::Rsa2048), ("server-ecdsa", KeyKind::P256)] {
        Leaf { files: pair(directory, name), profile: profile.clone(), kind }
            .ensure(authority, maker)?;
    }
    Ok(())
}

fn pair(directory: &Path, name: &str) -> (PathBuf, PathBuf) {
    (directory.join(format!("{name}.crt")), directory.join(format!("{name}.key")))
}

fn at(path: &Path) -> impl Fn(IssueError) -> TreeError + '_ {
    move |reason| TreeError::Certificate { path: path.to_owned(), reason }
}

#[cfg(test)]
mod tests;
