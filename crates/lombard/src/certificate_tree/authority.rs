//! Authorities kept in files.

use super::{Maker, TreeError, at, pair};
use crate::files::{Visibility, read_text};
use certificates::{CertificateAuthority, KeyKind};
use std::path::{Path, PathBuf};

const AUTHORITY_DAYS: i64 = 3650;

/// An authority's files; its key is read only when there is something to issue.
#[derive(Clone, Debug)]
pub struct Authority {
    common_name: &'static str,
    certificate: PathBuf,
    key: PathBuf,
    kind: KeyKind,
    parent: Option<Box<Authority>>,
}

impl Authority {
    /// A root `NAME.{crt,key}` in `directory`.
    pub fn root(directory: &Path, name: &str, common_name: &'static str) -> Self {
        let (certificate, key) = pair(directory, name);
        Self { common_name, certificate, key, kind: KeyKind::P256, parent: None }
    }

    /// `issuing.{crt,key}` below `root.{crt,key}`, RSA as the Open Banking Directory's are.
    pub fn tpp_issuing(directory: &Path) -> Self {
        let root = Self {
            kind: KeyKind::Rsa2048,
            ..Self::root(directory, "root", "Lombard Sandbox TPP Root CA")
        };
        let (certificate, key) = pair(directory, "issuing");
        let common_name = "Lombard Sandbox TPP Issuing CA";
        Self { common_name, certificate, key, kind: KeyKind::Rsa2048, parent: Some(Box::new(root)) }
    }

    /// Reads certificate and key, those above included.
    pub fn load(&self) -> Result<CertificateAuthority, TreeError> {
        let mut chain = read_text(&self.certificate)?;
        let mut above = self.parent.as_deref();
        while let Some(authority) = above {
            chain.push_str(&read_text(&authority.certificate)?);
            above = authority.parent.as_deref();
        }
        let key = read_text(&self.key)?;
        CertificateAuthority::from_pem(&chain, &key).map_err(at(&self.certificate))
    }

    /// Makes the authority, and those above it, where it is missing.
    pub(super) fn ensure(&self, maker: &mut Maker) -> Result<(), TreeError> {
        if let Some(parent) = &self.parent {
            parent.ensure(maker)?;
        }
        if self.certificate.exists() {
            return Ok(());
        }
        let made = self.make(maker)?;
        let key = made.key().to_pem().map_err(at(&self.key))?;
        // The certificate last: it says that the authority is complete.
        maker.write(&self.key, key.as_bytes(), Visibility::Secret)?;
        maker.write(&self.certificate, made.certificate_pem().as_bytes(), Visibility::Public)
    }

    fn make(&self, maker: &Maker) -> Result<CertificateAuthority, TreeError> {
        let validity = maker.validity(AUTHORITY_DAYS);
        match &self.parent {
            Some(parent) => parent.load()?.new_issuing(self.common_name, self.kind, validity),
            None => CertificateAuthority::new_root(self.common_name, self.kind, validity),
        }
        .map_err(at(&self.certificate))
    }
}
