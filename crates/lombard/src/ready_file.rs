//! `run/ready.json`: the base URLs of a running process, for scripts and for the command line itself.

use crate::data_directory::DataDirectory;
use crate::files::{self, FileError, Visibility};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The base URLs that a process serves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct ReadyUrls {
    /// The key manager's public listener.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// The gateway's public listener.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
    /// The event service's internal listener.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<String>,
    /// The directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// The key manager's internal listener.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_manager_internal: Option<String>,
    /// The operations listener.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operations: Option<String>,
}

/// The file while the process is ready; removed when dropped.
#[derive(Debug)]
pub struct ReadyFile {
    path: PathBuf,
}

impl ReadyFile {
    /// Writes `urls`, whole or not at all.
    pub fn publish(directory: &DataDirectory, urls: &ReadyUrls) -> Result<Self, FileError> {
        let path = directory.ready_file();
        let json = serde_json::to_vec_pretty(urls).unwrap_or_default();
        files::write(&path, &json, Visibility::Public)?;
        Ok(Self { path })
    }
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        if let Err(error) = files::remove_if_present(&self.path) {
            tracing::warn!(%error, "ready.json is left behind");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_file_is_there_while_the_process_is_ready() {
        let temporary = tempfile::tempdir().unwrap();
        let directory = DataDirectory::new(temporary.path());
        let identity = Some("https://localhost:9446".to_owned());
        let urls = ReadyUrls { identity, ..ReadyUrls::default() };
        let file = ReadyFile::publish(&directory, &urls).unwrap();
        let text = files::read_text(&directory.ready_file()).unwrap();
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).unwrap(),
            serde_json::json!({"identity": "https://localhost:9446"})
        );
        drop(file);
        assert!(!Path::new(&directory.ready_file()).exists());
    }
}
