//! A TPP's files: `tpp/NAME/{transport,signing}.{crt,key}`, `jwks.json`, `ssa.jwt`, `tpp.json`.

use crate::files::{self, FileError, Visibility, read_text, read_text_if_present};
use certificates::{IssueError, leaf_der};
use clap::ValueEnum;
use jose::{Algorithm, KeyError, PublicJwk, SigningKey};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

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
    /// The form of its certificates.
    #[serde(default)]
    pub kind: TppKind,
    /// The organisation's name, which the PSD2 form has in the subject.
    #[serde(default)]
    pub organisation_name: String,
    /// Its number at the competent authority, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration_id: Option<String>,
    /// How it authenticates, once registered.
    #[serde(default)]
    pub token_endpoint_auth_method: AuthenticationMethod,
    /// Where the directory publishes its keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software_jwks_endpoint: Option<String>,
}

/// The form of a TPP's certificates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum TppKind {
    /// OBWAC and OBSEAL, in the form of PSD2.
    Eidas,
    /// OB Transport and OB Signing, the directory's own.
    #[default]
    Legacy,
}

/// How a TPP authenticates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum AuthenticationMethod {
    /// With signed assertions (RFC 7523).
    #[default]
    PrivateKeyJwt,
    /// With its transport certificate alone (RFC 8705 §2.1).
    TlsClientAuth,
}

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateUse {
    /// Assertions and requests.
    Signing,
    /// TLS.
    Transport,
}

/// A certificate with its key.
#[derive(Debug)]
pub struct OwnCertificate {
    /// The chain, leaf first, PEM.
    pub chain_pem: String,
    /// The key, PKCS#8 PEM.
    pub key_pem: Zeroizing<String>,
}

/// Everything of a new TPP.
#[derive(Debug)]
pub struct NewTpp {
    /// `tpp.json`.
    pub record: TppRecord,
    /// `signing.{crt,key}`, from which follows `jwks.json`.
    pub signing: OwnCertificate,
    /// `transport.{crt,key}`.
    pub transport: OwnCertificate,
    /// `ssa.jwt`.
    pub ssa: String,
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
    /// A certificate cannot be read.
    #[error("cannot use the certificate: {0}")]
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

    /// Refuses a name that is taken.
    pub fn check_new(&self) -> Result<(), TppFilesError> {
        if self.directory.exists() {
            Err(TppFilesError::Exists(self.directory.clone()))
        } else {
            Ok(())
        }
    }

    /// Writes the files of a new TPP.
    pub fn create(&self, new: &NewTpp) -> Result<(), TppFilesError> {
        self.check_new()?;
        self.write_certificate(CertificateUse::Transport, &new.transport)?;
        self.write_certificate(CertificateUse::Signing, &new.signing)?;
        self.write_ssa(&new.ssa)?;
        self.save(&new.record)
    }

    /// Writes a certificate with its key; for signing, also `jwks.json`.
    pub fn write_certificate(
        &self,
        purpose: CertificateUse,
        own: &OwnCertificate,
    ) -> Result<(), TppFilesError> {
        let name = purpose.as_str();
        let key = self.path(&format!("{name}.key"));
        files::write(&key, own.key_pem.as_bytes(), Visibility::Secret)?;
        let certificate = self.path(&format!("{name}.crt"));
        files::write(&certificate, own.chain_pem.as_bytes(), Visibility::Public)?;
        if purpose == CertificateUse::Signing {
            // Under the thumbprint of its certificate, as the toolkit's users name it.
            let key = PublicJwk::of_certificate(&leaf_der(&own.chain_pem)?)?;
            self.write_json("jwks.json", &Jwks { keys: vec![key] })?;
        }
        Ok(())
    }

    /// Writes `ssa.jwt`.
    pub fn write_ssa(&self, ssa: &str) -> Result<(), TppFilesError> {
        Ok(files::write(&self.path("ssa.jwt"), ssa.as_bytes(), Visibility::Public)?)
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
        let Self { software_id, organisation_id, .. } = self;
        match self.kind {
            TppKind::Eidas => {
                let registration = match &self.registration_id {
                    Some(id) => format!("PSDGB-FCA-{id}"),
                    None => format!("PSDGB-OB-Unknown{organisation_id}"),
                };
                let name = escaped(&self.organisation_name);
                format!("CN={organisation_id},organizationIdentifier={registration},O={name},C=GB")
            }
            TppKind::Legacy => {
                format!("CN={software_id},OU={organisation_id},O=OpenBanking,C=GB")
            }
        }
    }
}

impl AuthenticationMethod {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::TlsClientAuth => "tls_client_auth",
        }
    }
}

impl CertificateUse {
    /// The name of the files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::Transport => "transport",
        }
    }
}

/// `value` as RFC 4514 §2.4 writes it.
fn escaped(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    let mut text = String::with_capacity(value.len());
    for (index, character) in value.chars().enumerate() {
        let special = match character {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => true,
            '#' => index == 0,
            ' ' => index == 0 || index == last,
            _ => false,
        };
        if special {
            text.push('\\');
        }
        text.push(character);
    }
    text
}

#[cfg(test)]
mod tests;
