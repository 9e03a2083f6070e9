//! `lombard keys`: the master key and the signing keys that it seals.

use crate::context::Context;
use crate::failure::Failure;
use crate::installation::ConfigurationArguments;
use crate::output::Output;
use crate::process::Role;
use crate::sandbox::create_master_key;
use crate::signing_keys::KeyMaker;
use crate::target::Target;
use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use service_kit::outbound::ServiceClient;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The master key and the signing keys that it seals.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make the master key, unless it exists, and a new signing key for each role
    ///
    /// A new signing key signs once it has been published for long enough, the first one at once; the
    /// ones before stay published.
    New(New),
    /// Have a running deployment make its next signing keys
    ///
    /// They are published at once and sign once every verifier has had the time to take them in;
    /// the ones before stay published as long as anything that they signed is in use.
    Rotate(Rotate),
}

/// `lombard keys new`.
#[derive(Args, Debug)]
pub struct New {
    /// Whose signing keys [default: everybody's]
    #[arg(value_name = "ROLE")]
    roles: Vec<Role>,
    #[command(flatten)]
    configuration: ConfigurationArguments,
    #[command(flatten)]
    output: Output,
}

/// `lombard keys rotate`.
#[derive(Args, Debug)]
pub struct Rotate {
    /// The keys that sign access tokens [default: both kinds]
    #[arg(long)]
    token: bool,
    /// The keys that sign SETs [default: both kinds]
    #[arg(long)]
    set: bool,
    /// Publish the new keys for N seconds before they sign, 5 to 86400, instead of the configured
    /// time; verifiers that cache keys for longer refuse what is signed in between
    #[arg(long, value_name = "N")]
    publication_seconds: Option<u32>,
    /// A deployment other than the data directory's, as a TOML file
    #[arg(long, value_name = "FILE")]
    target: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

/// A key that was made, as the roles answer.
#[derive(Debug, Deserialize, Serialize)]
struct NewKey {
    kid: String,
    /// From when it signs; not known while it is not published yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signs_from: Option<String>,
}

impl KeysCommand {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::New(new) => new.run(context).await,
            Self::Rotate(rotate) => rotate.run(context).await,
        }
    }
}

impl New {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let directory = context.data_directory();
        let configuration = self.configuration.load(&directory)?;
        let path = directory.resolve(&configuration.keys.master_key_file);
        let is_new = create_master_key(&path)?;
        let maker = KeyMaker {
            configuration: &configuration,
            directory: &directory,
            clock: &context.clock,
        };
        let mut signing_keys = Map::new();
        for role in Role::or_all(&self.roles, configuration.mode) {
            if let Some(kid) = maker.create(role).await? {
                signing_keys.insert(role.service().as_str().to_owned(), Value::String(kid));
            }
        }
        let value = json!({
            "master_key_file": path,
            "master_key_is_new": is_new,
            "signing_keys": signing_keys,
        });
        Ok(self.output.print(&value, || {
            let what = if is_new { "made" } else { "kept" };
            let mut lines = vec![format!("{what} {}", path.display())];
            lines.extend(signing_keys.iter().map(|(role, kid)| format!("{role}: new key {kid}")));
            lines.join("\n")
        })?)
    }
}

impl Rotate {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let target = Target::find(&context.data_directory(), self.target.as_deref())?;
        let operator = ServiceClient::new(&target.operator()?)?;
        let both = self.token == self.set;
        let mut bases = Vec::new();
        if both || self.token {
            bases.push(("token", format!("{}{TOKEN_KEYS}", target.key_manager_internal)));
        }
        if both || self.set {
            bases.push(("set", format!("{}{SET_KEYS}", target.events_internal()?)));
        }
        let order = match self.publication_seconds {
            Some(seconds) => json!({ "publication_seconds": seconds }),
            None => json!({}),
        };
        let mut made = BTreeMap::new();
        for (kind, url) in bases {
            let key: NewKey = operator.post(&url, &order).await?;
            made.insert(kind, key);
        }
        Ok(self.output.print(&made, || lines(&made))?)
    }
}

fn lines(made: &BTreeMap<&str, NewKey>) -> String {
    let line = |(kind, key): (&&str, &NewKey)| match &key.signs_from {
        Some(from) => format!("{kind}: key {} signs from {from}", key.kid),
        None => format!("{kind}: key {} signs once the key manager publishes it", key.kid),
    };
    made.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Where the key manager makes its next key.
const TOKEN_KEYS: &str = "/internal/v1/token-keys/rotate";
/// Where the event service makes its next key.
const SET_KEYS: &str = "/internal/v1/set-keys/rotate";
