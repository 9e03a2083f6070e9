//! Callback URLs: where TPPs have events pushed to.

use service_kit::outbound::GuardedClient;
use url::Url;

/// A URL that may be called, as far as can be said before its name is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CallbackUrl(String);

/// A URL that may not be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a callback URL that is refused")]
pub(crate) struct RefusedCallbackUrl;

impl CallbackUrl {
    /// Checks a URL that is being registered.
    ///
    /// Readers of URLs differ on spaces, control characters, backslashes and letters beyond ASCII,
    /// so that none of them is taken.
    pub(crate) fn registered(
        text: String,
        outbound: &GuardedClient,
    ) -> Result<Self, RefusedCallbackUrl> {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        match outbound.check(&text) {
            Ok(()) if is_plain => Ok(Self(text)),
            _ => Err(RefusedCallbackUrl),
        }
    }

    /// A URL that was checked when it was registered.
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }

    /// The URL as it was registered.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it ends as OBIE demands: the version of the API, then `event-notifications`.
    pub(crate) fn names_event_notifications(&self) -> bool {
        let Ok(url) = Url::parse(&self.0) else { return false };
        let mut segments = url.path().rsplit('/');
        url.query().is_none()
            && url.fragment().is_none()
            && segments.next() == Some("event-notifications")
            && segments.next().is_some_and(is_version)
    }
}

/// `v3.1`, `v4`, `v3.1.10`.
fn is_version(segment: &str) -> bool {
    let Some(numbers) = segment.strip_prefix('v') else { return false };
    let mut count = 0;
    numbers.split('.').all(|number| {
        count += 1;
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    }) && count <= 3
}

#[cfg(test)]
mod tests {
    use super::CallbackUrl;

    fn ends_well(url: &str) -> bool {
        CallbackUrl::stored(url.to_owned()).names_event_notifications()
    }

    #[test]
    fn ev_31_a_url_that_does_not_end_in_version_and_event_notifications_is_refused() {
        for url in [
            "https://tpp.example/",
            "https://tpp.example/event-notifications",
            "https://tpp.example/open-banking/event-notifications",
            "https://tpp.example/open-banking/v/event-notifications",
            "https://tpp.example/open-banking/3.1/event-notifications",
            "https://tpp.example/open-banking/v3.1.10.1/event-notifications",
            "https://tpp.example/open-banking/v3./event-notifications",
            "https://tpp.example/open-banking/vX/event-notifications",
            "https://tpp.example/open-banking/v3.1/event-notification",
            "https://tpp.example/open-banking/v3.1/event-notifications/",
            "https://tpp.example/open-banking/v3.1/event-notifications/x",
            "https://tpp.example/open-banking/v3.1/event-notifications?a=b",
            "https://tpp.example/open-banking/v3.1/event-notifications?",
            "https://tpp.example/open-banking/v3.1/event-notifications#a",
            "https://tpp.example/?x=/v3.1/event-notifications",
            "https://tpp.example/open-banking/v3.1/Event-Notifications",
            "https://tpp.example/v3.1/%65vent-notifications",
        ] {
            assert!(!ends_well(url), "{url}");
        }
        for url in [
            "https://tpp.example/open-banking/v3.1/event-notifications",
            "https://tpp.example/open-banking/v4.0/event-notifications",
            "https://tpp.example/v4/event-notifications",
            "https://tpp.example/a/b/v3.1.10/event-notifications",
        ] {
            assert!(ends_well(url), "{url}");
        }
    }
}
