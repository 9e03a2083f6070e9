//! The roles' databases: opened, and migrated or found up to date.

use super::role::{Role, Roles};
use crate::configuration::{Configuration, Mode};
use crate::data_directory::DataDirectory;
use database::{
    Backend, Database, DatabaseOptions, DatabaseUrl, InvalidDatabaseUrl, MigrationError,
    Migrations, OpenError, SchemaState,
};
use std::path::Path;

const SQLITE: &str = "sqlite://";

/// Why a database is of no use.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseProblem {
    /// Its schema is not this version's.
    #[error(
        "the database of {role} lacks {} migration(s), the first {}: run `lombard migrate {role}`",
        missing.len(),
        missing.first().map_or("", String::as_str)
    )]
    Behind {
        /// Whose.
        role: String,
        /// The names of the missing ones.
        missing: Vec<String>,
    },
    /// It could not be migrated.
    #[error("{key}.database_url: {reason}")]
    Migration {
        /// Whose: the section of the configuration.
        key: &'static str,
        /// Why.
        reason: MigrationError,
    },
    /// It cannot be opened.
    #[error("{key}.database_url: {reason}")]
    Open {
        /// Whose: the section of the configuration.
        key: &'static str,
        /// Why.
        reason: OpenError,
    },
    /// Its URL is none.
    #[error("{key}.database_url: {reason}")]
    Url {
        /// Which key.
        key: &'static str,
        /// Why.
        reason: InvalidDatabaseUrl,
    },
}

/// A role's database before it is opened.
pub struct RoleDatabase {
    key: &'static str,
    url: DatabaseUrl,
    options: DatabaseOptions,
    migrations: &'static Migrations,
}

impl RoleDatabase {
    /// The key manager's.
    pub fn key_manager(
        configuration: &Configuration,
        directory: &DataDirectory,
    ) -> Result<Self, DatabaseProblem> {
        let section = &configuration.key_manager;
        let url = below(directory, &section.database_url);
        let options = options(configuration, section.database_connections);
        Self::new("key_manager", &url, options, &key_manager::MIGRATIONS)
    }

    /// The event service's.
    pub fn event_service(
        configuration: &Configuration,
        directory: &DataDirectory,
    ) -> Result<Self, DatabaseProblem> {
        let section = &configuration.event_service;
        let url = below(directory, &section.database_url);
        let options = options(configuration, section.database_connections);
        Self::new("event_service", &url, options, &event_service::MIGRATIONS)
    }

    /// The directory's.
    pub fn directory(
        configuration: &Configuration,
        directory: &DataDirectory,
    ) -> Result<Self, DatabaseProblem> {
        let section = &configuration.directory;
        let url = below(directory, &section.database_url);
        let options = options(configuration, section.database_connections);
        Self::new("directory", &url, options, &sandbox_directory::MIGRATIONS)
    }

    /// Those of `roles`.
    pub fn of_roles(
        roles: &Roles,
        configuration: &Configuration,
        directory: &DataDirectory,
    ) -> Result<Vec<Self>, DatabaseProblem> {
        let of_role = |role: &Role| match role {
            Role::Directory => Some(Self::directory(configuration, directory)),
            Role::EventService => Some(Self::event_service(configuration, directory)),
            Role::KeyManager => Some(Self::key_manager(configuration, directory)),
            Role::Gateway => None,
        };
        roles.iter().filter_map(of_role).collect()
    }

    /// Whose it is: the role's name.
    pub fn role(&self) -> String {
        self.key.replace('_', "-")
    }

    /// Opens it with the schema of this version: SQLite is migrated, PostgreSQL must have been.
    pub async fn open_current(self) -> Result<Database, DatabaseProblem> {
        if self.url.backend() == Backend::Sqlite {
            return self.open_migrated().await;
        }
        let database = self.open()?;
        match database.schema_state(self.migrations).await {
            Ok(SchemaState::Current) => Ok(database),
            Ok(SchemaState::Behind { missing }) => {
                Err(DatabaseProblem::Behind { role: self.role(), missing })
            }
            Err(reason) => Err(DatabaseProblem::Migration { key: self.key, reason }),
        }
    }

    /// Opens it after running the missing migrations.
    pub async fn open_migrated(self) -> Result<Database, DatabaseProblem> {
        let database = self.open()?;
        match database.migrate(self.migrations).await {
            Ok(()) => Ok(database),
            Err(reason) => Err(DatabaseProblem::Migration { key: self.key, reason }),
        }
    }

    fn new(
        key: &'static str,
        url: &str,
        options: DatabaseOptions,
        migrations: &'static Migrations,
    ) -> Result<Self, DatabaseProblem> {
        let url = url.parse().map_err(|reason| DatabaseProblem::Url { key, reason })?;
        Ok(Self { key, url, options, migrations })
    }

    fn open(&self) -> Result<Database, DatabaseProblem> {
        Database::open(&self.url, self.options)
            .map_err(|reason| DatabaseProblem::Open { key: self.key, reason })
    }
}

fn options(configuration: &Configuration, connections: u32) -> DatabaseOptions {
    let require_durable = configuration.mode == Mode::Production;
    DatabaseOptions { connections, require_durable, ..DatabaseOptions::default() }
}

/// A relative SQLite file is one of the data directory.
fn below(directory: &DataDirectory, url: &str) -> String {
    match url.strip_prefix(SQLITE) {
        Some(path) => format!("{SQLITE}{}", directory.resolve(Path::new(path)).display()),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_sqlite_file_lies_in_the_data_directory() {
        let directory = DataDirectory::new(Path::new("/data"));
        assert_eq!(below(&directory, "sqlite://a.db"), "sqlite:///data/a.db");
        assert_eq!(below(&directory, "sqlite:///srv/a.db"), "sqlite:///srv/a.db");
        assert_eq!(below(&directory, "postgres://db/a"), "postgres://db/a");
    }
}
