//! Reading the gateway's directory.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The content of a file, or why there is none.
pub(super) type Content = Result<String, String>;

/// What the directory holds at one moment; what cannot be read is part of it.
#[derive(Debug)]
pub(super) struct Listing {
    /// By directory name below `apis/`.
    pub(super) apis: Result<BTreeMap<String, ApiSource>, String>,
    /// `subscriptions.toml`, where there is one.
    pub(super) subscriptions: Option<Content>,
}

/// The two files of one API.
#[derive(Debug, Hash)]
pub(super) struct ApiSource {
    pub(super) toml_file: PathBuf,
    pub(super) toml: Content,
    pub(super) openapi_file: PathBuf,
    pub(super) openapi: Content,
}

impl Listing {
    /// Reads the directory.
    pub(super) fn read(directory: &Path) -> Self {
        Self {
            apis: api_sources(&apis_directory(directory)).map_err(|error| unreadable(&error)),
            subscriptions: match read_file(&subscriptions_file(directory)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                content => Some(content.map_err(|error| unreadable(&error))),
            },
        }
    }
}

/// Where the definitions are.
pub(super) fn apis_directory(directory: &Path) -> PathBuf {
    directory.join("apis")
}

/// Where the subscriptions are.
pub(super) fn subscriptions_file(directory: &Path) -> PathBuf {
    directory.join("subscriptions.toml")
}

/// Directories whose name begins with a dot are an editor's or a file system's own.
fn api_sources(directory: &Path) -> io::Result<BTreeMap<String, ApiSource>> {
    let mut sources = BTreeMap::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && entry.path().is_dir() {
            sources.insert(name, api_source(&entry.path()));
        }
    }
    Ok(sources)
}

fn api_source(directory: &Path) -> ApiSource {
    let toml_file = directory.join("api.toml");
    let openapi_file = directory.join("openapi.yaml");
    let content = |file| read_file(file).map_err(|error| unreadable(&error));
    ApiSource {
        toml: content(&toml_file),
        openapi: content(&openapi_file),
        toml_file,
        openapi_file,
    }
}

fn read_file(file: &Path) -> io::Result<String> {
    const MOST_BYTES: u64 = 8 * 1024 * 1024;
    let mut text = String::new();
    File::open(file)?.take(MOST_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MOST_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 8 MiB"));
    }
    Ok(text)
}

fn unreadable(error: &io::Error) -> String {
    format!("cannot be read: {error}")
}
