//! Database URLs.

/// Which database a URL names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// PostgreSQL.
    Postgres,
    /// SQLite.
    Sqlite,
}

/// A checked `sqlite://PATH` or `postgres://…` URL; shown without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

/// Any other URL.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a database URL starts with sqlite:// or postgres://")]
pub struct InvalidDatabaseUrl;

impl DatabaseUrl {
    /// Which database it names.
    #[must_use]
    pub fn backend(&self) -> Backend {
        todo!()
    }
}

impl std::str::FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let _ = Self(text.to_owned());
        todo!()
    }
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let _ = &self.0;
        f.write_str("DatabaseUrl")
    }
}
