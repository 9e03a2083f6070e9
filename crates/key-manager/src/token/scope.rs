//! Scopes (RFC 6749 §3.3): never more than registered.

use super::error::TokenError;
use crate::authentication::AuthenticatedClient;
use crate::clients::Client;

/// Asks for an ID token, which has no place in a grant without a user.
const OPENID: &str = "openid";

/// At least one scope, each of them registered for the client.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct GrantedScopes(String);

impl GrantedScopes {
    /// Narrows `requested` to what is registered: scopes that are not are dropped, as the toolkit
    /// drops them; without a request, all are granted.
    pub(super) fn narrow(
        requested: Option<&str>,
        client: &AuthenticatedClient,
    ) -> Result<Self, TokenError> {
        let client = client.client();
        narrow(requested, client)
            .ok_or_else(|| TokenError::Scope { client_id: client.id.as_str().to_owned() })
    }

    /// Separated by spaces.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether `text` is one scope: `1*( %x21 / %x23-5B / %x5D-7E )`.
pub(crate) fn is_scope_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

fn narrow(requested: Option<&str>, client: &Client) -> Option<GrantedScopes> {
    let registered = client.scopes.iter().map(String::as_str).filter(|scope| *scope != OPENID);
    let mut granted: Vec<&str> = Vec::with_capacity(client.scopes.len());
    match requested {
        None => granted.extend(registered),
        Some(requested) => {
            for scope in requested.split(' ') {
                if !is_scope_token(scope) {
                    return None;
                }
                if registered.clone().any(|known| known == scope) && !granted.contains(&scope) {
                    granted.push(scope);
                }
            }
        }
    }
    (!granted.is_empty()).then(|| GrantedScopes(granted.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::narrow;
    use crate::clients::{AuthenticationMethod, CertificateOwner, Client};
    use crate::store::ClientStatus;
    use proptest::prelude::*;

    fn client(scopes: &[&str]) -> Client {
        Client {
            id: "client-1".parse().unwrap(),
            status: ClientStatus::Active,
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            method: AuthenticationMethod::TlsClientAuth,
            certificate_owner: CertificateOwner::Anyone,
            assertion_algorithm: None,
            assertion_lifetime_cap_seconds: None,
            allow_audience_array: false,
            resource_server: false,
            registered_at: 0,
        }
    }

    fn granted(requested: Option<&str>, scopes: &[&str]) -> Option<String> {
        narrow(requested, &client(scopes)).map(|granted| granted.as_str().to_owned())
    }

    #[test]
    fn nothing_left_and_bad_syntax_grant_nothing() {
        for requested in [
            "openid",
            "payments",
            "a\tb",
            "accounts\n",
            " accounts",
            "accounts  openid",
            "a\"b",
            "\u{e9}",
        ] {
            assert_eq!(granted(Some(requested), &["accounts", "openid"]), None, "{requested:?}");
        }
        assert_eq!(granted(None, &["openid"]), None);
        assert_eq!(granted(None, &[]), None);
    }

    #[test]
    fn unregistered_scopes_are_dropped_and_the_order_of_the_request_is_kept() {
        let registered = ["accounts", "eventpolling", "openid"];
        assert_eq!(
            granted(Some("eventpolling openid"), &registered).as_deref(),
            Some("eventpolling")
        );
        assert_eq!(
            granted(Some("x eventpolling accounts eventpolling"), &registered).as_deref(),
            Some("eventpolling accounts")
        );
        assert_eq!(granted(None, &registered).as_deref(), Some("accounts eventpolling"));
        assert_eq!(granted(Some("ACCOUNTS accounts"), &registered).as_deref(), Some("accounts"));
    }

    const KNOWN: &[&str] = &["a", "b", "accounts", "eventpolling", "openid"];

    proptest! {
        #[test]
        fn never_more_than_registered_is_granted(requested in "[ -~]{0,40}") {
            let registered = ["a", "b", "accounts"];
            if let Some(granted) = granted(Some(&requested), &registered) {
                prop_assert!(granted.split(' ').all(|scope| registered.contains(&scope)));
            }
        }

        /// AS-29.
        #[test]
        fn a_grant_is_what_was_asked_for_and_registered(
            registered in proptest::sample::subsequence(KNOWN, 0..=KNOWN.len()),
            requested in proptest::option::of(proptest::collection::vec(
                proptest::sample::select([KNOWN, &["ACCOUNTS", "c", "", "a\u{1}"]].concat()), 1..6,
            )),
        ) {
            let asked = requested.as_ref().map(|scopes| scopes.join(" "));
            let granted = granted(asked.as_deref(), &registered).unwrap_or_default();
            let malformed = |scope: &&str| scope.is_empty() || scope.contains('\u{1}');
            let mut expected = Vec::new();
            for scope in requested.as_ref().unwrap_or(&registered) {
                let good = registered.contains(scope) && *scope != "openid";
                if good && !expected.contains(scope) {
                    expected.push(*scope);
                }
            }
            if requested.iter().flatten().any(malformed) {
                expected.clear();
            }
            prop_assert_eq!(granted, expected.join(" "));
        }
    }
}
