//! `subscriptions.toml`: which client subscribed to which API.

use super::problem::DefinitionProblem;
use serde::Deserialize;
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

/// Subscriptions by client id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subscriptions {
    by_client: HashMap<String, Vec<Subscription>>,
}

/// One subscription of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub(crate) api: String,
    pub(crate) plan: String,
}

/// Why a subscription could not be added.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubscribeError {
    /// The file is not a subscriptions file; it is left as it is.
    #[error(transparent)]
    Definition(#[from] DefinitionProblem),
    /// The file, its lock or its replacement cannot be read or written.
    #[error("cannot change {file}: {source}")]
    File {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubscriptionsToml {
    #[serde(default)]
    subscription: Vec<SubscriptionToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubscriptionToml {
    client_id: String,
    api: String,
    plan: String,
}

/// Adds a subscription to the subscriptions file `file`, which is created where there is none.
///
/// A subscription of the same client to the same API stays as it is. Comments and layout are kept;
/// the file is replaced as a whole under a lock beside it, so that readers never see half of it
/// and concurrent writers lose nothing.
pub fn subscribe(
    file: &Path,
    client_id: &str,
    api: &str,
    plan: &str,
) -> Result<(), SubscribeError> {
    let failed = |source| SubscribeError::File { file: file.to_owned(), source };
    let lock = File::create(beside(file, "lock")).map_err(failed)?;
    lock.lock().map_err(failed)?;
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(failed(error)),
    };
    if Subscriptions::read(file, &text)?.find(client_id, api).is_some() {
        return Ok(());
    }
    let edited = with_subscription(file, &text, [client_id, api, plan])?;
    replace(file, &edited).map_err(failed)
}

impl Subscriptions {
    /// Reads the file's content.
    pub(super) fn read(file: &Path, text: &str) -> Result<Self, DefinitionProblem> {
        let parsed: SubscriptionsToml =
            toml::from_str(text).map_err(|error| DefinitionProblem::toml(file, text, &error))?;
        let mut subscriptions = Self::default();
        for SubscriptionToml { client_id, api, plan } in parsed.subscription {
            let of_client = subscriptions.by_client.entry(client_id).or_default();
            of_client.push(Subscription { api, plan });
        }
        Ok(subscriptions)
    }

    /// The subscription of a client to an API.
    pub(crate) fn find(&self, client_id: &str, api: &str) -> Option<&Subscription> {
        self.by_client.get(client_id)?.iter().find(|subscription| subscription.api == api)
    }
}

fn with_subscription(
    file: &Path,
    text: &str,
    [client_id, api, plan]: [&str; 3],
) -> Result<String, DefinitionProblem> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        DefinitionProblem::new(file, None, error.message())
    })?;
    let mut table = Table::new();
    table["client_id"] = value(client_id);
    table["api"] = value(api);
    table["plan"] = value(plan);
    if !text.trim().is_empty() {
        table.decor_mut().set_prefix("\n");
    }
    let tables =
        document.entry("subscription").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    let message = "subscription is not written as [[subscription]] tables";
    let tables = tables.as_array_of_tables_mut();
    tables.ok_or_else(|| DefinitionProblem::new(file, None, message))?.push(table);
    Ok(document.to_string())
}

/// Writes beside the file, then renames: what was there is either wholly old or wholly new.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    let temporary = beside(file, "new");
    let mut written = File::create(&temporary)?;
    written.write_all(text.as_bytes())?;
    written.sync_all()?;
    fs::rename(&temporary, file)
}

/// `subscriptions.toml` → `.subscriptions.toml.SUFFIX` in the same directory.
fn beside(file: &Path, suffix: &str) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!(".{name}.{suffix}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_member_is_refused_with_its_line() {
        let text = "[[subscription]]\nclient_id = \"a\"\napi = \"A\"\nplam = \"Gold\"\n";
        let problem = Subscriptions::read(Path::new("s.toml"), text).unwrap_err();
        assert_eq!(problem.line, Some(4));
    }

    #[test]
    fn a_broken_file_is_not_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("subscriptions.toml");
        fs::write(&file, "[[subscription]\n").unwrap();
        assert!(matches!(subscribe(&file, "a", "A", "P"), Err(SubscribeError::Definition(_))));
        assert_eq!(fs::read_to_string(&file).unwrap(), "[[subscription]\n");
    }

    #[test]
    fn subscribing_keeps_comments_and_adds_once() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("subscriptions.toml");
        let before = "# the first client\n[[subscription]]\nclient_id = \"a\" # ours\napi = \"A\"\nplan = \"P\"\n";
        fs::write(&file, before).unwrap();
        for _ in 0..2 {
            subscribe(&file, "b", "A", "Unlimited").unwrap();
            subscribe(&file, "a", "A", "Gold").unwrap();
        }
        insta::assert_snapshot!(fs::read_to_string(&file).unwrap(), @r#"
        # the first client
        [[subscription]]
        client_id = "a" # ours
        api = "A"
        plan = "P"

        [[subscription]]
        client_id = "b"
        api = "A"
        plan = "Unlimited"
        "#);
    }

    #[test]
    fn concurrent_subscribers_lose_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("subscriptions.toml");
        std::thread::scope(|scope| {
            for client in 0..8 {
                let file = &file;
                scope.spawn(move || subscribe(file, &format!("c{client}"), "A", "P").unwrap());
            }
        });
        let read = Subscriptions::read(&file, &fs::read_to_string(&file).unwrap()).unwrap();
        assert_eq!(read.by_client.len(), 8);
    }
}
