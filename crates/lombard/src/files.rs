//! Files: read with a message that names them, written whole or not at all, keys for their owner only.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A file that could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}: {source}", path.display())]
pub struct FileError {
    action: &'static str,
    path: PathBuf,
    source: io::Error,
}

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Everybody (0644): certificates.
    Public,
    /// Its owner (0600): keys, passwords.
    Secret,
}

/// The text of `path`.
pub fn read_text(path: &Path) -> Result<String, FileError> {
    fs::read_to_string(path).map_err(|source| FileError::new("read", path, source))
}

/// The text of `path`, `None` where there is no such file.
pub fn read_text_if_present(path: &Path) -> Result<Option<String>, FileError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(FileError::new("read", path, source)),
    }
}

/// Writes `content` to `path` so that a reader sees the old content or all of the new.
pub fn write(path: &Path, content: &[u8], visibility: Visibility) -> Result<(), FileError> {
    if let Some(parent) = path.parent() {
        create_directory(parent)?;
    }
    let unfinished = unfinished_name(path);
    write_and_sync(&unfinished, content, visibility)
        .and_then(|()| fs::rename(&unfinished, path))
        .map_err(|source| FileError::new("write", path, source))
}

/// Writes `content` unless `path` exists; says whether it did.
pub fn write_if_absent(
    path: &Path,
    content: &[u8],
    visibility: Visibility,
) -> Result<bool, FileError> {
    if path.exists() {
        return Ok(false);
    }
    write(path, content, visibility)?;
    Ok(true)
}

/// Creates `path` and its parents; new directories are for their owner only.
pub fn create_directory(path: &Path) -> Result<(), FileError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| FileError::new("create", path, source))
}

/// Removes `path` where it exists.
pub fn remove_if_present(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(FileError::new("remove", path, error))
        }
        _ => Ok(()),
    }
}

fn write_and_sync(path: &Path, content: &[u8], visibility: Visibility) -> io::Result<()> {
    // A leftover of a killed process may have other permissions.
    let _ = fs::remove_file(path);
    let mode = match visibility {
        Visibility::Public => 0o644,
        Visibility::Secret => 0o600,
    };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

fn unfinished_name(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.unfinished", std::process::id()));
    path.with_file_name(name)
}

impl FileError {
    /// `action` (a verb) on `path` failed with `source`.
    pub fn new(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self { action, path: path.to_owned(), source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_secret_is_readable_by_its_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys/master.key");
        write(&path, b"secret", Visibility::Secret).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let parent = fs::metadata(path.parent().unwrap()).unwrap();
        assert_eq!(parent.permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn an_existing_file_is_not_overwritten_where_it_must_be_absent() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("password");
        assert!(write_if_absent(&path, b"first", Visibility::Secret).unwrap());
        assert!(!write_if_absent(&path, b"second", Visibility::Secret).unwrap());
        assert_eq!(read_text(&path).unwrap(), "first");
    }

    #[test]
    fn a_missing_file_is_named_in_the_message() {
        let error = read_text(Path::new("/nowhere/lombard.toml")).unwrap_err();
        assert!(error.to_string().starts_with("cannot read /nowhere/lombard.toml: "));
    }

    #[test]
    fn nothing_unfinished_is_left_behind() {
        let directory = tempfile::tempdir().unwrap();
        write(&directory.path().join("a"), b"x", Visibility::Public).unwrap();
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
