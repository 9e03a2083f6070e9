//! What holds for one client instead of the deployment's setting.

use crate::long_poll::WhenAbsent;
use crate::set::SetProfile;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Section `[[event_service.client]]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientSettings {
    /// The client's id.
    pub client_id: String,
    /// The shape of its SETs, where it is not `set.profile`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<SetProfile>,
    /// What a poll of it without `returnImmediately` means, where it is not `long_poll.when_absent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub long_poll_when_absent: Option<WhenAbsent>,
}

/// The settings of all clients that have some of their own.
#[derive(Debug)]
pub(crate) struct SettingsByClient {
    by_id: HashMap<String, ClientSettings>,
    default_profile: SetProfile,
}

/// A client that is configured twice.
#[derive(Debug, thiserror::Error)]
#[error("event_service.client: {0:?} is there twice")]
pub struct RepeatedClient(String);

impl SettingsByClient {
    /// Takes `settings` in; clients without a profile of their own have `default_profile`.
    pub(crate) fn new(
        settings: &[ClientSettings],
        default_profile: SetProfile,
    ) -> Result<Self, RepeatedClient> {
        let mut by_id = HashMap::with_capacity(settings.len());
        for client in settings {
            if by_id.insert(client.client_id.clone(), client.clone()).is_some() {
                return Err(RepeatedClient(client.client_id.clone()));
            }
        }
        Ok(Self { by_id, default_profile })
    }

    /// The shape of the SETs of `client_id`.
    pub(crate) fn profile(&self, client_id: &str) -> SetProfile {
        self.by_id
            .get(client_id)
            .and_then(|settings| settings.profile)
            .unwrap_or(self.default_profile)
    }

    /// What a poll of `client_id` without `returnImmediately` means, where it has its own meaning.
    pub(crate) fn long_poll_when_absent(&self, client_id: &str) -> Option<WhenAbsent> {
        self.by_id.get(client_id)?.long_poll_when_absent
    }

    /// Whether any client's SETs have the shape `profile`.
    pub(crate) fn uses(&self, profile: SetProfile) -> bool {
        self.default_profile == profile
            || self.by_id.values().any(|settings| settings.profile == Some(profile))
    }
}

#[cfg(test)]
mod tests {
    use super::{ClientSettings, SettingsByClient};
    use crate::set::SetProfile;

    fn client(client_id: &str, profile: Option<SetProfile>) -> ClientSettings {
        ClientSettings { client_id: client_id.to_owned(), profile, ..ClientSettings::default() }
    }

    #[test]
    fn a_client_that_is_configured_twice_is_refused() {
        let twice = [client("a", None), client("b", None), client("a", Some(SetProfile::Obie))];
        let refused = SettingsByClient::new(&twice, SetProfile::Wso2).unwrap_err();
        assert_eq!(refused.to_string(), "event_service.client: \"a\" is there twice");
    }

    #[test]
    fn a_client_without_a_profile_of_its_own_has_the_deployments() {
        let clients = [client("a", Some(SetProfile::Obie)), client("b", None)];
        let settings = SettingsByClient::new(&clients, SetProfile::Ssf).unwrap();
        let profiles = ["a", "b", "c"].map(|id| settings.profile(id));
        assert_eq!(profiles, [SetProfile::Obie, SetProfile::Ssf, SetProfile::Ssf]);
        let used = [SetProfile::Obie, SetProfile::Ssf, SetProfile::Wso2].map(|p| settings.uses(p));
        assert_eq!(used, [true, true, false]);
    }
}
