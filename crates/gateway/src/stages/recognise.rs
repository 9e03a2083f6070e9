//! Whether the token's client may still use it.

use super::authenticate::Authenticated;
use super::route::Call;
use crate::clients::{Clients, KnownClient};
use crate::refusal::Refusal;
use crate::token::VerifiedToken;

/// An authenticated call of a client that is known and active, with a token that is not revoked.
#[derive(Debug)]
pub(crate) struct Recognised<'c> {
    authenticated: Authenticated<'c>,
    client: KnownClient,
}

/// Looks up the token and its client in what the key manager has told.
pub(crate) async fn recognise<'c>(
    authenticated: Authenticated<'c>,
    clients: &Clients,
) -> Result<Recognised<'c>, Refusal> {
    let client = clients.recognise(authenticated.token()).await?;
    Ok(Recognised { authenticated, client })
}

impl<'c> Recognised<'c> {
    /// The call.
    pub(crate) fn call(&self) -> &Call<'c> {
        self.authenticated.call()
    }

    /// The token.
    pub(crate) fn token(&self) -> &VerifiedToken {
        self.authenticated.token()
    }

    /// The token's client.
    pub(crate) fn client(&self) -> &KnownClient {
        &self.client
    }
}
