//! Whether the resource that an event is about exists: consents are the bank's, and who knows them is
//! configured.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use service_kit::outbound::{GuardedClient, GuardedError};
use std::collections::HashSet;
use std::time::Duration;

/// Section `[event_service.resource_check]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ResourceCheckConfig {
    /// Who knows whether the resource of an event exists: nobody (`off`), an address that is asked (`http`), or the list `resources` (`static`).
    pub mode: ResourceCheckMode,
    /// For `http`: what is asked by GET, with `{resource_id}` and `{client_id}` in their places; 2xx means that the resource exists, 404 and 410 that it does not. Its origin must be public or in `outbound.allowed_origins`.
    pub url: String,
    /// For `http`: milliseconds until there must be an answer.
    pub timeout_milliseconds: u32,
    /// For `http`: whether an event is created where there is no usable answer; otherwise its creation gets 503.
    pub accept_unanswered: bool,
    /// For `static`: the ids of the resources that exist.
    pub resources: Vec<String>,
}

/// Who knows whether a resource exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ResourceCheckMode {
    /// An address that is asked.
    Http,
    /// Nobody.
    #[default]
    Off,
    /// A list.
    Static,
}

/// A check that cannot be done as configured.
#[derive(Debug, thiserror::Error)]
#[error("resource_check.{0}")]
pub struct InvalidResourceCheck(String);

/// The configured check.
#[derive(Debug)]
pub(crate) enum ResourceCheck {
    Http(ResourceQuestion),
    Off,
    Static(HashSet<String>),
}

/// How somebody is asked.
#[derive(Debug)]
pub(crate) struct ResourceQuestion {
    client: GuardedClient,
    url: String,
    timeout: Duration,
    accept_unanswered: bool,
}

/// Why a resource is not known to exist.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResourceFault {
    /// It does not.
    #[error("no such resource")]
    NotFound,
    /// Nobody said.
    #[error("nobody said whether the resource exists: {0}")]
    Unanswered(String),
}

impl ResourceCheck {
    /// The check that `config` describes; it asks by `client`.
    pub(crate) fn new(
        config: &ResourceCheckConfig,
        client: GuardedClient,
    ) -> Result<Self, InvalidResourceCheck> {
        let invalid = |text: &str| InvalidResourceCheck(text.to_owned());
        match config.mode {
            ResourceCheckMode::Off => Ok(Self::Off),
            ResourceCheckMode::Static if config.resources.is_empty() => {
                Err(invalid("resources must name the resources that exist"))
            }
            ResourceCheckMode::Static => {
                Ok(Self::Static(config.resources.iter().cloned().collect()))
            }
            ResourceCheckMode::Http if !config.url.contains(RESOURCE_ID) => {
                Err(invalid("url must contain {resource_id}"))
            }
            ResourceCheckMode::Http if config.timeout_milliseconds == 0 => {
                Err(invalid("timeout_milliseconds must be at least 1"))
            }
            ResourceCheckMode::Http => {
                let question = ResourceQuestion {
                    client,
                    url: config.url.clone(),
                    timeout: Duration::from_millis(config.timeout_milliseconds.into()),
                    accept_unanswered: config.accept_unanswered,
                };
                question.client.check(&question.url_of("x", "x")).map_err(|error| {
                    InvalidResourceCheck(format!("url {error}; see outbound.allowed_origins"))
                })?;
                Ok(Self::Http(question))
            }
        }
    }

    /// The resource of an event of `client_id`, if it exists as far as can be known.
    pub(crate) async fn existing(
        &self,
        resource_id: String,
        client_id: &str,
    ) -> Result<String, ResourceFault> {
        match self {
            Self::Off => Ok(resource_id),
            Self::Static(known) if known.contains(&resource_id) => Ok(resource_id),
            Self::Static(_) => Err(ResourceFault::NotFound),
            Self::Http(question) => match question.ask(&resource_id, client_id).await {
                Ok(()) => Ok(resource_id),
                Err(ResourceFault::Unanswered(reason)) if question.accept_unanswered => {
                    tracing::warn!(%reason, "an event is created whose resource nobody has confirmed");
                    Ok(resource_id)
                }
                Err(fault) => Err(fault),
            },
        }
    }
}

impl ResourceQuestion {
    async fn ask(&self, resource_id: &str, client_id: &str) -> Result<(), ResourceFault> {
        let url = self.url_of(resource_id, client_id);
        let answer = tokio::time::timeout(self.timeout, self.client.get(&url, "*/*")).await;
        let answer = answer.map_err(|_| unanswered("no answer in time"))?;
        match answer.map_err(|error: GuardedError| unanswered(&error.to_string()))?.status {
            200..=299 => Ok(()),
            404 | 410 => Err(ResourceFault::NotFound),
            status => Err(unanswered(&format!("status {status}"))),
        }
    }

    fn url_of(&self, resource_id: &str, client_id: &str) -> String {
        let encoded = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        self.url.replace(CLIENT_ID, &encoded(client_id)).replace(RESOURCE_ID, &encoded(resource_id))
    }
}

fn unanswered(reason: &str) -> ResourceFault {
    ResourceFault::Unanswered(reason.to_owned())
}

impl Default for ResourceCheckConfig {
    fn default() -> Self {
        Self {
            mode: ResourceCheckMode::Off,
            url: String::new(),
            timeout_milliseconds: 2000,
            accept_unanswered: false,
            resources: Vec::new(),
        }
    }
}

const RESOURCE_ID: &str = "{resource_id}";
const CLIENT_ID: &str = "{client_id}";
