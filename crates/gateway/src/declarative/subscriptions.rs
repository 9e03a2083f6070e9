//! `subscriptions.toml`: which client, and which role, subscribed to which API.

use super::problem::DefinitionProblem;
use crate::clients::{Role, Roles, UnknownRole};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

/// Who subscribed to what: clients one by one, and roles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subscriptions {
    by_client: HashMap<String, Vec<Subscription>>,
    by_role: Vec<RoleSubscription>,
}

/// A subscription to an API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub(crate) api: String,
    pub(crate) plan: String,
}

/// A subscription of all clients with a role, but for some.
#[derive(Clone, Debug, PartialEq, Eq)]
struct RoleSubscription {
    role: Role,
    except: HashSet<String>,
    subscription: Subscription,
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
    subscription: Vec<Spanned<SubscriptionToml>>,
}

/// Of one client, or of a role.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubscriptionToml {
    client_id: Option<String>,
    role: Option<Spanned<String>>,
    /// Client ids that the role's subscription is not for.
    except: Option<Spanned<Vec<String>>>,
    api: String,
    plan: String,
}

/// Adds a subscription of a client with `roles` to the subscriptions file `file`, which is created
/// where there is none.
///
/// Nothing is added where the client, or one of its roles, has a subscription to the API already.
/// Comments and layout are kept; the file is replaced as a whole under a lock beside it, so that
/// readers never see half of it and concurrent writers lose nothing.
pub fn subscribe(
    file: &Path,
    client_id: &str,
    roles: &[String],
    api: &str,
    plan: &str,
) -> Result<(), SubscribeError> {
    let roles = roles.iter().filter_map(|name| name.parse().ok()).collect();
    edit(file, |text| {
        if Subscriptions::read(file, text)?.find(client_id, roles, api).is_some() {
            return Ok(None);
        }
        with_subscription(file, text, [client_id, api, plan]).map(Some)
    })
}

/// Takes a client out of all subscriptions of roles in `file`; whether there was any to take it out
/// of. Subscriptions of its own stay.
pub fn except(file: &Path, client_id: &str) -> Result<bool, SubscribeError> {
    let mut is_needed = false;
    edit(file, |text| {
        let read = Subscriptions::read(file, text)?;
        is_needed = !read.by_role.is_empty();
        let is_done = read.by_role.iter().all(|role| role.except.contains(client_id));
        if is_done { Ok(None) } else { with_exception(file, text, client_id).map(Some) }
    })?;
    Ok(is_needed)
}

/// Takes out of `file` whatever names a client that is gone: its own subscriptions, and its id among
/// the exceptions of roles.
pub fn forget(file: &Path, client_id: &str) -> Result<(), SubscribeError> {
    edit(file, |text| {
        let read = Subscriptions::read(file, text)?;
        let is_named = read.by_client.contains_key(client_id)
            || read.by_role.iter().any(|role| role.except.contains(client_id));
        if is_named { without_client(file, text, client_id).map(Some) } else { Ok(None) }
    })
}

/// Replaces the file with what `change` makes of its text, if anything.
fn edit(
    file: &Path,
    change: impl FnOnce(&str) -> Result<Option<String>, DefinitionProblem>,
) -> Result<(), SubscribeError> {
    let failed = |source| SubscribeError::File { file: file.to_owned(), source };
    let lock = File::create(beside(file, "lock")).map_err(failed)?;
    lock.lock().map_err(failed)?;
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(failed(error)),
    };
    match change(&text)? {
        Some(edited) => replace(file, &edited).map_err(failed),
        None => Ok(()),
    }
}

impl Subscriptions {
    /// Reads the file's content.
    pub(super) fn read(file: &Path, text: &str) -> Result<Self, DefinitionProblem> {
        let parsed: SubscriptionsToml =
            toml::from_str(text).map_err(|error| DefinitionProblem::toml(file, text, &error))?;
        let mut subscriptions = Self::default();
        for entry in parsed.subscription {
            let at = entry.span().start;
            let added = subscriptions.add(entry.into_inner());
            added.map_err(|(place, message)| {
                DefinitionProblem::at(file, text, place.unwrap_or(at), message)
            })?;
        }
        Ok(subscriptions)
    }

    /// The subscription of a client with `roles` to an API; its own before a role's.
    pub(crate) fn find(&self, client_id: &str, roles: Roles, api: &str) -> Option<&Subscription> {
        let own = self.by_client.get(client_id);
        own.and_then(|own| own.iter().find(|own| own.api == api)).or_else(|| {
            let of_role = self.by_role.iter().find(|entry| {
                roles.contains(entry.role)
                    && entry.subscription.api == api
                    && !entry.except.contains(client_id)
            });
            of_role.map(|entry| &entry.subscription)
        })
    }

    /// Takes an entry in; what is wrong with it, with its place where that is known better than
    /// the entry's.
    fn add(&mut self, entry: SubscriptionToml) -> Result<(), (Option<usize>, String)> {
        let SubscriptionToml { client_id, role, except, api, plan } = entry;
        let subscription = Subscription { api, plan };
        match (client_id, role, except) {
            (Some(client_id), None, None) => {
                self.by_client.entry(client_id).or_default().push(subscription);
                Ok(())
            }
            (None, Some(role), except) => {
                let place = role.span().start;
                let role: Role = role.get_ref().parse().map_err(|error: UnknownRole| {
                    (Some(place), format!("no role {:?}: {error}", role.get_ref()))
                })?;
                let except = except.map(Spanned::into_inner).unwrap_or_default();
                let except = except.into_iter().collect();
                self.by_role.push(RoleSubscription { role, except, subscription });
                Ok(())
            }
            (Some(_), None, Some(except)) => {
                Err((Some(except.span().start), "except goes with a role".to_owned()))
            }
            _ => Err((None, "a subscription names either client_id or role".to_owned())),
        }
    }
}

fn with_subscription(
    file: &Path,
    text: &str,
    [client_id, api, plan]: [&str; 3],
) -> Result<String, DefinitionProblem> {
    let mut document = parse(file, text)?;
    let mut table = Table::new();
    table["client_id"] = value(client_id);
    table["api"] = value(api);
    table["plan"] = value(plan);
    if !text.trim().is_empty() {
        table.decor_mut().set_prefix("\n");
    }
    tables(file, &mut document)?.push(table);
    Ok(document.to_string())
}

fn with_exception(file: &Path, text: &str, client_id: &str) -> Result<String, DefinitionProblem> {
    let mut document = parse(file, text)?;
    let tables = tables(file, &mut document)?;
    for table in tables.iter_mut().filter(|table| table.contains_key("role")) {
        let except = table.entry("except").or_insert(value(Array::new()));
        let message = "except is not written as an array";
        let except =
            except.as_array_mut().ok_or_else(|| DefinitionProblem::new(file, None, message))?;
        if !except.iter().any(|each| each.as_str() == Some(client_id)) {
            except.push(client_id);
        }
    }
    Ok(document.to_string())
}

fn without_client(file: &Path, text: &str, client_id: &str) -> Result<String, DefinitionProblem> {
    let mut document = parse(file, text)?;
    let tables = tables(file, &mut document)?;
    let names_it = |item: Option<&Item>| item.and_then(Item::as_str) == Some(client_id);
    tables.retain(|table| !names_it(table.get("client_id")));
    for table in tables.iter_mut() {
        let Some(except) = table.get_mut("except").and_then(Item::as_array_mut) else { continue };
        except.retain(|each| each.as_str() != Some(client_id));
        if except.is_empty() {
            table.remove("except");
        }
    }
    Ok(document.to_string())
}

fn parse(file: &Path, text: &str) -> Result<DocumentMut, DefinitionProblem> {
    text.parse()
        .map_err(|error: toml_edit::TomlError| DefinitionProblem::new(file, None, error.message()))
}

fn tables<'d>(
    file: &Path,
    document: &'d mut DocumentMut,
) -> Result<&'d mut ArrayOfTables, DefinitionProblem> {
    let tables =
        document.entry("subscription").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    let message = "subscription is not written as [[subscription]] tables";
    tables.as_array_of_tables_mut().ok_or_else(|| DefinitionProblem::new(file, None, message))
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
#[path = "subscriptions_tests.rs"]
mod tests;
