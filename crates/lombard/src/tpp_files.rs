//! A TPP's files: `tpp/NAME/{transport,signing}.{crt,key}`, `jwks.json`, `tpp.json`.

use crate::files::{self, FileError, Visibility, read_text, read_text_if_present};
use crate::random_text::{organisation_id, software_id};
use certificates::{
    CertificateAuthority, IssueError, IssuedCertificate, KeyKind, LeafProfile, TppIdentity,
    Validity,
};
use jiff::{SignedDuration, Timestamp};
use jose::{Algorithm, KeyError, SigningKey, x5t};
use serde::{Deserialize, Serialize};
use service_kit::Random;
use std::path::{Path, PathBuf};

const CERTIFICATE_DAYS: i64 = 365;

/// The directory of one TPP.
#[derive(Clone, Debug)]
pub struct TppFiles {
    directory: PathBuf,
}

/// `tpp.json`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct TppRecord {
    /// The client id, once registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The software statement id, common name of the certificates.
    pub software_id: String,
    /// The organisation id, organisational unit of the certificates.
    pub organisation_id: String,
    /// What the TPP is authorised for.
    pub roles: Vec<String>,
}

/// `jwks.json`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Jwks {
    /// The signing key, public half.
    pub keys: Vec<jose::PublicJwk>,
}

/// Why a TPP's files are of no use.
#[derive(Debug, thiserror::Error)]
pub enum TppFilesError {
    /// A TPP of that name exists.
    #[error("{} exists already; choose another name or remove it", .0.display())]
    Exists(PathBuf),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A certificate cannot be issued.
    #[error("cannot issue the certificates: {0}")]
    Issue(#[from] IssueError),
    /// The signing key is of no use.
    #[error("cannot use the signing key: {0}")]
    Key(#[from] KeyError),
    /// A file is not JSON of the expected shape.
    #[error("{}: {reason}", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: serde_json::Error,
    },
    /// There is no such TPP.
    #[error("there is no TPP in {}: make one with `lombard tpp new {name}`", path.display())]
    Missing {
        /// Its directory.
        path: PathBuf,
        /// Its name.
        name: String,
    },
    /// The name would not do for a directory.
    #[error(
        "a TPP's name has 1 to 64 letters, digits, '-', '_' or '.', and starts with none of '-.'"
    )]
    Name,
    /// It has no client id.
    #[error("{0} is not registered yet: use `lombard tpp register {0}`")]
    Unregistered(String),
}

impl TppFiles {
    /// The files of `name` below `tpps`, existing or not.
    pub fn named(tpps: &Path, name: &str) -> Result<Self, TppFilesError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let well_formed = (1..=64).contains(&name.len())
            && name.bytes().all(allowed)
            && !name.starts_with(['-', '.']);
        if well_formed { Ok(Self { directory: tpps.join(name) }) } else { Err(TppFilesError::Name) }
    }

    /// Makes a TPP: identity, keys and certificates from `authority`.
    pub fn create(
        &self,
        authority: &CertificateAuthority,
        roles: &[String],
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<TppRecord, TppFilesError> {
        if self.directory.exists() {
            return Err(TppFilesError::Exists(self.directory.clone()));
        }
        let identity = TppIdentity {
            software_id: software_id(random),
            organisation_id: organisation_id(random),
        };
        let validity = validity(now);
        let issue = |profile| authority.issue(&profile, KeyKind::Rsa2048, validity);
        let transport = issue(LeafProfile::TppTransport(identity.clone()))?;
        let signing = issue(LeafProfile::TppSigning(identity.clone()))?;
        self.write_certificate("transport", &transport)?;
        self.write_certificate("signing", &signing)?;
        self.write_json("jwks.json", &jwks_of(&signing)?)?;
        let record = TppRecord {
            client_id: None,
            software_id: identity.software_id,
            organisation_id: identity.organisation_id,
            roles: roles.to_vec(),
        };
        self.save(&record)?;
        Ok(record)
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The TPP's name.
    pub fn name(&self) -> String {
        self.directory.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The file `name` of this TPP.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Reads `tpp.json`.
    pub fn record(&self) -> Result<TppRecord, TppFilesError> {
        let path = self.path("tpp.json");
        match read_text_if_present(&path)? {
            Some(text) => serde_json::from_str(&text)
                .map_err(|reason| TppFilesError::Malformed { path, reason }),
            None => Err(TppFilesError::Missing { path: self.directory.clone(), name: self.name() }),
        }
    }

    /// Writes `tpp.json`.
    pub fn save(&self, record: &TppRecord) -> Result<(), TppFilesError> {
        self.write_json("tpp.json", record)
    }

    /// The client id that registering brought.
    pub fn client_id(&self) -> Result<String, TppFilesError> {
        self.record()?.client_id.ok_or_else(|| TppFilesError::Unregistered(self.name()))
    }

    /// Reads `jwks.json`.
    pub fn jwks(&self) -> Result<Jwks, TppFilesError> {
        let path = self.path("jwks.json");
        let text = read_text(&path)?;
        serde_json::from_str(&text).map_err(|reason| TppFilesError::Malformed { path, reason })
    }

    /// The signing key under the `kid` that `jwks.json` gives it.
    pub fn signing_key(&self) -> Result<SigningKey, TppFilesError> {
        let key = SigningKey::from_pem(&read_text(&self.path("signing.key"))?, Algorithm::Ps256)?;
        match self.jwks()?.keys.first().and_then(jose::PublicJwk::key_id) {
            Some(key_id) => Ok(key.with_key_id(key_id)),
            None => Ok(key),
        }
    }

    fn write_certificate(
        &self,
        name: &str,
        issued: &IssuedCertificate,
    ) -> Result<(), TppFilesError> {
        let key = issued.key.to_pem()?;
        files::write(&self.path(&format!("{name}.key")), key.as_bytes(), Visibility::Secret)?;
        let certificate = self.path(&format!("{name}.crt"));
        files::write(&certificate, issued.chain_pem.as_bytes(), Visibility::Public)?;
        Ok(())
    }

    fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), TppFilesError> {
        let path = self.path(name);
        let mut json = serde_json::to_string_pretty(value)
            .map_err(|reason| TppFilesError::Malformed { path: path.clone(), reason })?;
        json.push('\n');
        Ok(files::write(&path, json.as_bytes(), Visibility::Public)?)
    }
}

impl TppRecord {
    /// The subject of the certificates (RFC 4514).
    pub fn subject_dn(&self) -> String {
        format!("CN={},OU={},O=OpenBanking,C=GB", self.software_id, self.organisation_id)
    }
}

/// The signing key under the thumbprint of its certificate, as the toolkit's users name it.
fn jwks_of(signing: &IssuedCertificate) -> Result<Jwks, TppFilesError> {
    let key = SigningKey::from_pem(&signing.key.to_pem()?, Algorithm::Ps256)?
        .with_key_id(x5t(&signing.certificate_der));
    Ok(Jwks { keys: vec![key.public_jwk(Some(&signing.certificate_der))] })
}

fn validity(now: Timestamp) -> Validity {
    let after =
        |hours| now.saturating_add(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MAX);
    Validity { not_before: after(-1), not_after: after(24 * CERTIFICATE_DAYS) }
}

#[cfg(test)]
mod tests;
