//! `private_key_jwt` (RFC 7523 §2.2).

use super::assertion::{CheckedAssertion, UncheckedAssertion, VerifiedAssertion};
use super::certificate::TransportCertificate;
use super::client::{AuthenticatedClient, OwnCertificate};
use super::error::{AuthenticationError, AuthenticationFailure};
use crate::clients::{AuthenticationMethod, Client, ClientKeys};
use crate::key_manager::Server;
use crate::store::UsedAssertion;
use database::{DatabaseError, UtcMicros};
use jiff::Timestamp;

impl Server {
    /// Authenticates the client that signed `assertion`. The use of the assertion is recorded last,
    /// so that nobody but the client can use it up.
    pub(super) async fn by_assertion(
        &self,
        client_id: Option<&str>,
        assertion: &str,
        certificate: TransportCertificate,
    ) -> Result<AuthenticatedClient, AuthenticationError> {
        let now = self.clock.now();
        let assertion = UncheckedAssertion::parse(assertion)
            .map_err(|failure| AuthenticationError::refused(client_id, failure))?;
        let claimed = client_id.unwrap_or(assertion.subject()).to_owned();
        let refused = |failure| AuthenticationError::refused(Some(&claimed), failure);

        let client = match self.active_client(&claimed).await? {
            Ok(client) => client,
            Err(failure) => {
                return Err(refused(assertion.refuse(&self.assertion_rules, failure)));
            }
        };
        let assertion = assertion.check(&client, &self.assertion_rules, now).map_err(refused)?;
        let certificate = match OwnCertificate::of(&client, certificate) {
            Ok(certificate) => certificate,
            Err(failure) => {
                return Err(refused(assertion.refuse(&self.assertion_rules, failure)));
            }
        };
        let assertion = self.verified(assertion, &client).await.map_err(refused)?;
        if !self.is_first_use(&client, assertion, now).await? {
            return Err(refused(AuthenticationFailure::Replay));
        }
        Ok(AuthenticatedClient::new(client, certificate))
    }

    /// Verifies the signature with the client's keys, fetched where they are elsewhere.
    async fn verified(
        &self,
        assertion: CheckedAssertion,
        client: &Client,
    ) -> Result<VerifiedAssertion, AuthenticationFailure> {
        let rules = &self.assertion_rules;
        match &client.method {
            AuthenticationMethod::PrivateKeyJwt(ClientKeys::Registered(keys)) => {
                assertion.verify(keys, rules)
            }
            AuthenticationMethod::PrivateKeyJwt(ClientKeys::At(url)) => {
                match self.remote_keys.at(url, assertion.header()).await {
                    Ok(keys) => assertion.verify(&keys, rules),
                    Err(_) => Err(assertion.refuse(rules, AuthenticationFailure::KeySource)),
                }
            }
            _ => Err(assertion.refuse(rules, AuthenticationFailure::Method)),
        }
    }

    /// Records the use durably; false where the assertion was used before, here or on any replica.
    async fn is_first_use(
        &self,
        client: &Client,
        assertion: VerifiedAssertion,
        now: Timestamp,
    ) -> Result<bool, DatabaseError> {
        let expires_at = UtcMicros(assertion.refused_from.saturating_mul(1_000_000));
        let used = UsedAssertion::new(client.id.as_str().to_owned(), assertion.jti, expires_at);
        let (older, now) = (self.older_uses(), UtcMicros::from(now));
        self.database
            .write_batched(move |connection| Ok(used.record(connection, older, now)?))
            .await
    }
}
