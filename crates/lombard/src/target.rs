//! Where the command line's calls go: to the process of the data directory, or to what a target
//! file describes (containers, another machine).

use crate::data_directory::DataDirectory;
use crate::files::{FileError, read_text, read_text_if_present};
use crate::ready_file::ReadyUrls;
use crate::sandbox::{BANK_PASSWORD, BANK_USER};
use certificates::ServiceRole;
use serde::Deserialize;
use service_kit::outbound::ServiceIdentity;
use std::path::{Path, PathBuf};

/// A running deployment and what is needed to call it.
///
/// In a target file the keys have these names; paths are relative to the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Base URL of the identity server.
    pub identity: String,
    /// Base URL of the gateway.
    pub api: String,
    /// Base URL of the key manager's internal listener.
    pub key_manager_internal: String,
    /// Base URL of the event service's internal listener; only `keys rotate` needs it.
    pub events: Option<String>,
    /// The authority of the public server certificates, PEM.
    pub ca: PathBuf,
    /// The authority of the service certificates, PEM.
    pub internal_ca: PathBuf,
    /// The operator's service certificate, PEM.
    pub operator_certificate: PathBuf,
    /// Its key.
    pub operator_key: PathBuf,
    /// The bank's user for events.
    #[serde(default = "default_bank_user")]
    pub bank_user: String,
    /// Its password.
    #[serde(default = "default_bank_password")]
    pub bank_password: String,
    /// The gateway's declarative files; without it, registering does not subscribe.
    pub gateway_directory: Option<PathBuf>,
    /// Where the TPPs' files are; without it, `tpp` in the data directory.
    #[serde(default)]
    pub tpp_directory: PathBuf,
    /// Base URL of the sandbox directory, for new TPPs.
    pub directory: Option<String>,
}

/// Why there is nothing to call.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The target file is not what it should be.
    #[error("{}: {reason}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// It is not said where the event service is.
    #[error("where the event service is (`events`) is not known")]
    NoEvents,
    /// No sandbox directory belongs to it.
    #[error(
        "this deployment has no sandbox directory: serve the role `directory` too, \
         or name its base URL as `directory` in the target file"
    )]
    NoDirectory,
    /// Nothing runs on the data directory.
    #[error(
        "nothing is running on {0}: start it with `lombard serve --data-dir {0}`, \
         or name a deployment with --target FILE"
    )]
    NotRunning(String),
    /// What runs there serves other roles only.
    #[error("the process on {directory} does not serve {what}: use --target FILE")]
    NotServed {
        /// The data directory.
        directory: String,
        /// The missing base URL.
        what: &'static str,
    },
}

impl Target {
    /// What `file` describes, or, without one, the process that runs on `directory`.
    pub fn find(directory: &DataDirectory, file: Option<&Path>) -> Result<Self, TargetError> {
        match file {
            Some(file) => Self::from_file(file, &directory.tpps()),
            None => Self::from_data_directory(directory),
        }
    }

    /// The process that runs on `directory`, by its `run/ready.json`.
    pub fn from_data_directory(directory: &DataDirectory) -> Result<Self, TargetError> {
        let shown = directory.root().display().to_string();
        let path = directory.ready_file();
        let Some(text) = read_text_if_present(&path)? else {
            return Err(TargetError::NotRunning(shown));
        };
        let urls: ReadyUrls = serde_json::from_str(&text)
            .map_err(|error| TargetError::Invalid { path, reason: error.to_string() })?;
        let served = |url: Option<String>, what| {
            url.ok_or(TargetError::NotServed { directory: shown.clone(), what })
        };
        let certificates = directory.certificates();
        let (operator_certificate, operator_key) =
            certificates.service_files(ServiceRole::Operator);
        Ok(Self {
            identity: served(urls.identity, "the identity listener")?,
            api: served(urls.api, "the api listener")?,
            key_manager_internal: served(
                urls.key_manager_internal,
                "the key manager's internal listener",
            )?,
            events: urls.events,
            ca: certificates.public_ca(),
            internal_ca: certificates.internal_ca(),
            operator_certificate,
            operator_key,
            bank_user: default_bank_user(),
            bank_password: default_bank_password(),
            gateway_directory: Some(directory.gateway()),
            tpp_directory: directory.tpps(),
            directory: urls.directory,
        })
    }

    /// What `file` describes; TPPs are in `tpps` unless it says otherwise.
    pub fn from_file(file: &Path, tpps: &Path) -> Result<Self, TargetError> {
        let text = read_text(file)?;
        let mut target: Self = toml::from_str(&text).map_err(|error| TargetError::Invalid {
            path: file.to_owned(),
            reason: error.to_string(),
        })?;
        if target.tpp_directory.as_os_str().is_empty() {
            tpps.clone_into(&mut target.tpp_directory);
        }
        target.resolve_below(&std::path::absolute(file).unwrap_or_else(|_| file.to_owned()));
        Ok(target)
    }

    /// Where the keys that verify SETs are.
    pub fn key_set(&self) -> String {
        format!("{}/oauth2/jwks", self.identity)
    }

    /// The token endpoint, which is also the issuer and the audience of assertions.
    pub fn token_endpoint(&self) -> String {
        format!("{}/oauth2/token", self.identity)
    }

    /// Where access tokens are given back.
    pub fn revocation_endpoint(&self) -> String {
        format!("{}/oauth2/revoke", self.identity)
    }

    /// The aggregated polling API.
    pub fn events_url(&self) -> String {
        format!("{}/open-banking/v3.1/events", self.api)
    }

    /// Event subscriptions of `release`, such as `v3.1`.
    pub fn event_subscriptions_url(&self, release: &str) -> String {
        format!("{}/open-banking/{release}/event-subscriptions", self.api)
    }

    /// The Accelerator's door for new events.
    pub fn create_events_url(&self) -> String {
        format!("{}/api/openbanking/event-notifications/create-events", self.identity)
    }

    /// Base address of the bank's own API over events.
    pub fn bank_events_url(&self) -> String {
        format!("{}/api/lombard/events/v1", self.identity)
    }

    /// Base URL of the event service's internal listener, where it is known.
    pub fn events_internal(&self) -> Result<&str, TargetError> {
        self.events.as_deref().ok_or(TargetError::NoEvents)
    }

    /// The sandbox directory.
    pub fn directory(&self) -> Result<&str, TargetError> {
        self.directory.as_deref().ok_or(TargetError::NoDirectory)
    }

    /// The operator's identity for the internal listeners.
    pub fn operator(&self) -> Result<ServiceIdentity, TargetError> {
        Ok(ServiceIdentity {
            chain_pem: read_text(&self.operator_certificate)?,
            key_pem: read_text(&self.operator_key)?,
            ca_pem: read_text(&self.internal_ca)?,
        })
    }

    fn resolve_below(&mut self, file: &Path) {
        let base = file.parent().unwrap_or(Path::new("/"));
        let paths = [
            &mut self.ca,
            &mut self.internal_ca,
            &mut self.operator_certificate,
            &mut self.operator_key,
            &mut self.tpp_directory,
        ];
        for path in paths.into_iter().chain(self.gateway_directory.as_mut()) {
            *path = base.join(&*path);
        }
        let urls = [&mut self.identity, &mut self.api, &mut self.key_manager_internal];
        let optional = [&mut self.directory, &mut self.events];
        for url in urls.into_iter().chain(optional.into_iter().flatten()) {
            url.truncate(url.trim_end_matches('/').len());
        }
    }
}

fn default_bank_user() -> String {
    BANK_USER.to_owned()
}

fn default_bank_password() -> String {
    BANK_PASSWORD.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
        identity = "https://localhost:9446/"
        api = "https://localhost:8243"
        key_manager_internal = "https://localhost:9449"
        ca = "certs/ca.crt"
        internal_ca = "certs/internal/ca.crt"
        operator_certificate = "certs/internal/operator.crt"
        operator_key = "/run/secrets/operator.key"
        directory = "https://localhost:9448/"
    "#;

    fn read(text: &str) -> Result<Target, TargetError> {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("target.toml");
        std::fs::write(&file, text).unwrap();
        let mut target = Target::from_file(&file, Path::new("/data/tpp"))?;
        target.ca = target.ca.strip_prefix(directory.path()).unwrap().to_owned();
        Ok(target)
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let error = read(&format!("{FILE}\noperator_keys = \"x\"")).unwrap_err();
        assert!(error.to_string().contains("operator_keys"), "{error}");
    }

    #[test]
    fn a_data_directory_without_a_process_says_how_to_start_one() {
        let temporary = tempfile::tempdir().unwrap();
        let error = Target::from_data_directory(&DataDirectory::new(temporary.path()));
        assert!(error.unwrap_err().to_string().contains("lombard serve --data-dir"));
    }

    #[test]
    fn paths_are_relative_to_the_target_file() {
        let target = read(FILE).unwrap();
        assert_eq!(target.ca, Path::new("certs/ca.crt"));
        assert_eq!(target.operator_key, Path::new("/run/secrets/operator.key"));
    }

    #[test]
    fn tpps_are_in_the_data_directory_unless_the_file_says_otherwise() {
        assert_eq!(read(FILE).unwrap().tpp_directory, Path::new("/data/tpp"));
        let elsewhere = format!("{FILE}\ntpp_directory = \"/srv/tpp\"");
        assert_eq!(read(&elsewhere).unwrap().tpp_directory, Path::new("/srv/tpp"));
    }

    #[test]
    fn the_token_endpoint_has_one_slash() {
        assert_eq!(read(FILE).unwrap().token_endpoint(), "https://localhost:9446/oauth2/token");
    }
}
