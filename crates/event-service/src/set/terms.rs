//! What every SET of a deployment says of its issuer.

use crate::config::SetConfig;
use url::Url;

/// The issuer under its names, and where its resources are.
#[derive(Clone, Debug)]
pub(crate) struct SetTerms {
    /// `iss` in profile `wso2`.
    pub(super) issuer: String,
    /// `iss` in the other profiles.
    pub(super) issuer_url: String,
    /// `http://openbanking.org.uk/iss`.
    pub(super) organisation_id: String,
    /// `http://openbanking.org.uk/tan`.
    pub(super) trust_anchor: String,
    resource_url: Url,
}

/// Why the configuration gives no terms.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTerms {
    /// An address that is none.
    #[error("set.{0} must be an https:// URL without a query or fragment")]
    Address(&'static str),
    /// Signatures by Open Banking's rules name the organisation.
    #[error("set.organisation_id must be set, at most 35 characters, where profile obie is used")]
    Organisation,
}

impl SetTerms {
    /// The terms of `config`, `identity_url` being the issuer's address where it names none.
    pub(crate) fn new(
        config: &SetConfig,
        identity_url: &str,
        needs_organisation: bool,
    ) -> Result<Self, InvalidTerms> {
        let issuer_url = config.issuer_url.clone().unwrap_or_else(|| identity_url.to_owned());
        address(&issuer_url).ok_or(InvalidTerms::Address("issuer_url"))?;
        let resource_url = match &config.resource_url {
            Some(text) => text.clone(),
            None => format!("{}/resources", issuer_url.trim_end_matches('/')),
        };
        let resource_url = address(&resource_url).ok_or(InvalidTerms::Address("resource_url"))?;
        let organisation_id = config.organisation_id.clone().unwrap_or_default();
        if needs_organisation && !(1..=ORGANISATION_CHARACTERS).contains(&organisation_id.len()) {
            return Err(InvalidTerms::Organisation);
        }
        Ok(Self {
            issuer: config.issuer.clone(),
            issuer_url,
            organisation_id,
            trust_anchor: config.trust_anchor.clone(),
            resource_url,
        })
    }

    /// The address of the resource `id`, which may be one already.
    pub(super) fn resource(&self, id: &str) -> String {
        if is_address(id) {
            return id.to_owned();
        }
        let mut url = self.resource_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push(id);
        }
        url.into()
    }
}

/// Whether a resource id is an address itself.
pub(super) fn is_address(id: &str) -> bool {
    id.starts_with("https://") && Url::parse(id).is_ok()
}

fn address(text: &str) -> Option<Url> {
    Url::parse(text)
        .ok()
        .filter(|url| url.scheme() == "https" && url.query().is_none() && url.fragment().is_none())
}

/// Open Banking's organisation ids are not longer.
const ORGANISATION_CHARACTERS: usize = 35;

#[cfg(test)]
mod tests {
    use super::{InvalidTerms, SetTerms};
    use crate::config::SetConfig;

    fn terms(config: &SetConfig) -> Result<SetTerms, InvalidTerms> {
        SetTerms::new(config, "https://localhost:9446", true)
    }

    fn organised() -> SetConfig {
        SetConfig { organisation_id: Some("0015800001".to_owned()), ..SetConfig::default() }
    }

    #[test]
    fn an_organisation_is_named_where_a_signature_says_it() {
        for organisation_id in [None, Some(String::new()), Some("x".repeat(36))] {
            let config = SetConfig { organisation_id, ..SetConfig::default() };
            assert!(matches!(terms(&config), Err(InvalidTerms::Organisation)));
            assert!(SetTerms::new(&config, "https://localhost:9446", false).is_ok());
        }
        assert!(terms(&organised()).is_ok());
    }

    #[test]
    fn addresses_are_https_without_query_and_fragment() {
        for url in ["", "localhost", "http://bank", "https://bank?x", "https://bank#x", "urn:x:y"] {
            let url = Some(url.to_owned());
            let issuer = SetConfig { issuer_url: url.clone(), ..organised() };
            assert!(matches!(terms(&issuer), Err(InvalidTerms::Address("issuer_url"))), "{url:?}");
            let resource = SetConfig { resource_url: url.clone(), ..organised() };
            let refused = terms(&resource);
            assert!(matches!(refused, Err(InvalidTerms::Address("resource_url"))), "{url:?}");
        }
    }

    #[test]
    fn a_resource_is_an_address_below_the_configured_one_unless_it_is_one_itself() {
        let configured = |url: &str| {
            terms(&SetConfig { resource_url: Some(url.to_owned()), ..organised() }).unwrap()
        };
        for base in ["https://bank/consents", "https://bank/consents/"] {
            assert_eq!(configured(base).resource("a-1"), "https://bank/consents/a-1");
            assert_eq!(configured(base).resource("a b/c?d"), "https://bank/consents/a%20b%2Fc%3Fd");
        }
        let own = "https://other/open-banking/v4.0/domestic-vrp-consents/7";
        assert_eq!(configured("https://bank").resource(own), own);
        let default = terms(&organised()).unwrap().resource("x");
        assert_eq!(default, "https://localhost:9446/resources/x");
    }
}
