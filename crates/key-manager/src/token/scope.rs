//! Scopes (RFC 6749 §3.3): never more than registered.

use super::authenticate::AuthenticatedClient;
use super::error::TokenError;
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
