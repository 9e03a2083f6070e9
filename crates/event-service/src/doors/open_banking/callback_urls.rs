//! `/callback-urls`: where resource updates are pushed to, for clients without a subscription.

use super::Version;
use super::resource::{Proposal, Resource};
use crate::subscriptions::{self, Origin, ProposedContent, Subscription};
use open_banking_types::event_subscriptions::{CallbackUrl, CallbackUrlRequest};
use open_banking_types::fields::InvalidField;
use serde::Serialize;
use serde_json::Value;

/// `OBCallbackUrl1`.
pub(super) struct CallbackUrls;

/// `Data` of `OBCallbackUrlsResponse1`.
#[derive(Serialize)]
pub(super) struct CallbackUrlList {
    #[serde(rename = "CallbackUrl")]
    all: Vec<CallbackUrl>,
}

impl Resource for CallbackUrls {
    const PATH: &'static str = "/callback-urls";
    const DOOR: &'static str = "callback_urls";
    const ORIGIN: Origin = Origin::CallbackUrl;
    const ORIGINS: &'static [Origin] = Origin::CALLBACK_URLS;
    const ID_FIELD: &'static str = "Data.CallbackUrlId";
    const URL_FIELD: &'static str = "Data.Url";
    type Data = CallbackUrl;
    type List = CallbackUrlList;

    fn read_new(document: &Value) -> Result<Proposal, InvalidField> {
        CallbackUrlRequest::read_new(document).map(Proposal::from)
    }

    fn read_change(document: &Value) -> Result<Proposal, InvalidField> {
        CallbackUrlRequest::read_change(document).map(Proposal::from)
    }

    fn data(subscription: &Subscription, version: Version) -> CallbackUrl {
        let url = subscription.content.callback_url.as_ref();
        CallbackUrl {
            callback_url_id: subscription.id.to_string(),
            url: url.map(subscriptions::CallbackUrl::as_str).unwrap_or_default().to_owned(),
            version: version.of(subscription),
        }
    }

    fn list(all: Vec<CallbackUrl>) -> CallbackUrlList {
        CallbackUrlList { all }
    }
}

impl From<CallbackUrlRequest> for Proposal {
    fn from(request: CallbackUrlRequest) -> Self {
        Self {
            id: request.id,
            content: ProposedContent {
                callback_url: Some(request.url),
                version: request.version,
                event_types: None,
            },
        }
    }
}
