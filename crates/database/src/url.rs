//! Database URLs.

use std::fmt;
use std::path::{Path, PathBuf};

/// Which database a URL names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// PostgreSQL.
    Postgres,
    /// SQLite.
    Sqlite,
}

impl Backend {
    /// The name in logs and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Postgres => "postgresql",
            Self::Sqlite => "sqlite",
        }
    }
}

/// A checked `sqlite://PATH` or `postgres://…` URL; shown without its password.
///
/// The scheme alone decides which database is opened, so that a mistyped PostgreSQL URL never
/// becomes an empty SQLite file. `sqlite://a.db` is relative to the working directory,
/// `sqlite:///var/lib/a.db` absolute; an SQLite URL has no parameters.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    backend: Backend,
    text: String,
}

/// Any other URL.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a database URL is sqlite://PATH or postgres://USER@HOST/DATABASE")]
pub struct InvalidDatabaseUrl;

impl DatabaseUrl {
    /// Which database it names.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// The name of the database, or the file's without its extension: for metrics.
    #[must_use]
    pub fn name(&self) -> String {
        let rest = after_scheme(&self.text);
        let name = match self.backend {
            Backend::Postgres => {
                // Credentials first: without a path, what is left must not be them.
                let after_user = rest.rsplit_once('@').map_or(rest, |(_, after)| after);
                let path = after_user.split_once('/').map_or("", |(_, path)| path);
                without_parameters(path)
            }
            Backend::Sqlite => {
                let file = rest.rsplit_once('/').map_or(rest, |(_, file)| file);
                file.strip_suffix(".db").unwrap_or(file)
            }
        };
        name.to_owned()
    }

    /// The URL as libpq takes it, password included.
    pub(crate) fn secret_text(&self) -> &str {
        &self.text
    }

    /// The SQLite file. A relative one starts with `./`, because SQLite gives names like `file:…`
    /// and `:memory:` a meaning of their own.
    pub(crate) fn sqlite_path(&self) -> PathBuf {
        let path = Path::new(after_scheme(&self.text));
        if path.is_absolute() { path.to_owned() } else { Path::new(".").join(path) }
    }
}

impl std::str::FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let backend = match text.split_once("://") {
            Some(("sqlite", path)) if is_file_path(path) => Backend::Sqlite,
            Some(("postgres" | "postgresql", rest)) if !rest.contains('\0') => Backend::Postgres,
            _ => return Err(InvalidDatabaseUrl),
        };
        Ok(Self { backend, text: text.to_owned() })
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = &self.text;
        match (self.backend, credentials(text)) {
            (Backend::Postgres, Some((scheme, user, rest))) => {
                write!(f, "{scheme}://{user}:***@{}", without_parameters(rest))
            }
            (Backend::Postgres, None) => f.write_str(without_parameters(text)),
            (Backend::Sqlite, _) => f.write_str(text),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

fn after_scheme(text: &str) -> &str {
    text.split_once("://").map_or(text, |(_, rest)| rest)
}

fn is_file_path(path: &str) -> bool {
    !path.is_empty()
        && path != ":memory:"
        && !path.ends_with('/')
        && !path.contains(['?', '#', '\0'])
}

/// Scheme, user and what follows the password, where there is one. The last `@` ends the
/// credentials: a password with an unescaped `@` must not end up half in a log.
fn credentials(text: &str) -> Option<(&str, &str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let (before, after) = rest.rsplit_once('@')?;
    let (user, _) = before.split_once(':')?;
    Some((scheme, user, after))
}

/// Parameters are left out because libpq takes `?password=` there too.
fn without_parameters(text: &str) -> &str {
    text.split('?').next().unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_schemes_and_bare_paths_are_refused() {
        for text in [
            "",
            "key-manager.db",
            "mysql://localhost/x",
            "postgress://localhost/x",
            "SQLITE://x.db",
            "sqlite:x.db",
            "sqlite://",
            "sqlite://:memory:",
            "sqlite://x.db?mode=ro",
            "sqlite://x/",
            "sqlite://a\0b",
            "postgres:localhost",
            "file:x.db",
        ] {
            assert_eq!(text.parse::<DatabaseUrl>(), Err(InvalidDatabaseUrl), "{text}");
        }
    }

    #[test]
    fn the_scheme_alone_names_the_backend() {
        for (text, backend) in [
            ("sqlite://x.db", Backend::Sqlite),
            ("sqlite:///var/lib/x.db", Backend::Sqlite),
            ("postgres://localhost/x", Backend::Postgres),
            ("postgresql:///x?host=/run/postgresql", Backend::Postgres),
        ] {
            assert_eq!(text.parse::<DatabaseUrl>().unwrap().backend(), backend, "{text}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        for text in [
            "postgres://u:hunter2@localhost:5432/events?sslmode=verify-full",
            "postgres://u:hun@ter2@localhost/events",
            "postgres://u@localhost/events?password=hunter2",
            "postgresql://localhost/events?password=hunter2",
        ] {
            let url: DatabaseUrl = text.parse().unwrap();
            let shown = format!("{url} {url:?}");
            assert!(!shown.contains("ter2"), "{shown}");
            assert!(shown.contains("localhost") && shown.contains("/events"), "{shown}");
        }
    }

    #[test]
    fn relative_paths_never_look_like_sqlite_uris() {
        for (text, path) in [
            ("sqlite://x.db", "./x.db"),
            ("sqlite://data/x.db", "./data/x.db"),
            ("sqlite://file:x.db", "./file:x.db"),
            ("sqlite:///srv/x.db", "/srv/x.db"),
        ] {
            let url: DatabaseUrl = text.parse().unwrap();
            assert_eq!(url.sqlite_path(), Path::new(path), "{text}");
        }
    }

    #[test]
    fn the_name_is_that_of_the_database_or_file() {
        for (text, name) in [
            ("sqlite:///srv/key-manager.db", "key-manager"),
            ("sqlite://events.db", "events"),
            ("postgres://u:p@localhost/events?connect_timeout=3", "events"),
            ("postgresql:///events?host=/run/postgresql", "events"),
            ("postgres://u:hunter2@localhost:5432", ""),
            ("postgres://u:hun/ter2@localhost", ""),
        ] {
            assert_eq!(text.parse::<DatabaseUrl>().unwrap().name(), name, "{text}");
        }
    }
}
