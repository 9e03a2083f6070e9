//! Certificates kept in files.

use super::{Authority, Maker, TreeError, at};
use crate::files::{Visibility, read_text_if_present};
use certificates::{KeyKind, LeafProfile, validity_of};
use jiff::SignedDuration;
use std::path::PathBuf;

const LEAF_DAYS: i64 = 365;
const RENEWED_BEFORE_END: SignedDuration = SignedDuration::from_hours(24 * 30);

/// A certificate with its key, in files.
pub(super) struct Leaf {
    /// Certificate and key.
    pub(super) files: (PathBuf, PathBuf),
    /// What it is for.
    pub(super) profile: LeafProfile,
    /// Its key.
    pub(super) kind: KeyKind,
}

impl Leaf {
    /// Keeps the files while the certificate is good for a month; else issues them anew.
    pub(super) fn ensure(&self, authority: &Authority, maker: &mut Maker) -> Result<(), TreeError> {
        if self.is_good(maker)? {
            return Ok(());
        }
        let (certificate, key) = &self.files;
        let issued = authority
            .load()?
            .issue(&self.profile, self.kind, maker.validity(LEAF_DAYS))
            .map_err(at(certificate))?;
        let key_pem = issued.key.to_pem().map_err(at(key))?;
        maker.write(key, key_pem.as_bytes(), Visibility::Secret)?;
        maker.write(certificate, issued.chain_pem.as_bytes(), Visibility::Public)
    }

    fn is_good(&self, maker: &Maker) -> Result<bool, TreeError> {
        let (certificate, key) = &self.files;
        let Some(pem) = read_text_if_present(certificate)? else { return Ok(false) };
        let validity = validity_of(&pem).map_err(at(certificate))?;
        let remaining = validity.not_after.duration_since(maker.now);
        Ok(key.exists() && remaining > RENEWED_BEFORE_END)
    }
}
