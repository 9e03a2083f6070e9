//! Revocation lists of TPP certificates, fetched again and again while the process serves.

use super::binding::BoundListeners;
use super::material::Material;
use super::outbound::{directory_url, guarded_client};
use super::{ProcessOptions, StartError};
use crate::configuration::{Configuration, Mode};
use service_kit::TrustStore;
use service_kit::health::{Gate, Readiness};
use service_kit::outbound::{GuardedClient, GuardedError};
use service_kit::shutdown::StopSignal;
use service_kit::trust_store::TrustStoreError;
use std::time::Duration;

/// Fetches the lists of `urls` and puts them into the trust store. A list that cannot be had, or not
/// be used, leaves the one before in force, until that is due again: from then on nobody knows what
/// is revoked, and certificates of its issuer are refused. Before the first list nobody knows either:
/// a production is not ready until it has every one.
#[derive(Debug)]
pub(super) struct RevocationFetcher {
    client: GuardedClient,
    trust: TrustStore,
    urls: Vec<String>,
    refresh: Duration,
    /// Closed until every list was had once; a sandbox serves without.
    gate: Option<Gate>,
}

/// Why a list was not taken in.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error(transparent)]
    Call(#[from] GuardedError),
    #[error("the answer was {0}")]
    Status(u16),
    #[error(transparent)]
    Unusable(#[from] TrustStoreError),
}

impl RevocationFetcher {
    /// What `options` ask for; nothing where the process serves no TPPs, or no list is named.
    pub(super) fn new(
        options: &ProcessOptions,
        material: &Material,
        listeners: &BoundListeners,
        readiness: &Readiness,
    ) -> Result<Option<Self>, StartError> {
        let ProcessOptions { configuration, directory, .. } = options;
        let own = listeners.directory.as_ref();
        let directory_url = directory_url(configuration, own);
        let urls = urls(configuration, own.is_some(), &directory_url);
        let serves_tpps = listeners.identity.is_some() || listeners.api.is_some();
        if urls.is_empty() || !serves_tpps {
            return Ok(None);
        }
        let refresh = configuration.certificates.tpp_revocation_refresh_seconds.max(1);
        Ok(Some(Self {
            client: guarded_client(configuration, directory, &directory_url)?,
            trust: material.tpp_trust().clone(),
            urls,
            refresh: Duration::from_secs(refresh.into()),
            gate: (configuration.mode == Mode::Production).then(|| readiness.gate(GATE)),
        }))
    }

    /// Fetches until stopping begins; the first time at once, and sooner again while one is missing.
    pub(super) async fn run(self, mut stop: StopSignal) {
        let mut retry = FIRST_RETRY;
        loop {
            let fetched = tokio::select! {
                () = stop.stopped() => return,
                fetched = self.fetch_all(retry > QUIET_RETRY) => fetched,
            };
            self.tell_readiness();
            let pause = if fetched { self.refresh } else { retry.min(self.refresh) };
            retry = if fetched { FIRST_RETRY } else { (retry * 2).min(LAST_RETRY) };
            tokio::select! {
                () = stop.stopped() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Whether all were taken in.
    async fn fetch_all(&self, tell: bool) -> bool {
        let mut all = true;
        for url in &self.urls {
            let outcome = match self.fetch(url).await {
                Ok(()) => "fetched",
                Err(error) => {
                    all = false;
                    // At first the directory may merely be starting beside us.
                    if tell {
                        let due = self.trust.fetched_list_due(url).map(|due| due.to_string());
                        tracing::warn!(url, %error, in_force_until = due, "a revocation list was not taken in");
                    }
                    "failed"
                }
            };
            metrics::counter!("lombard_revocation_list_fetches_total", "outcome" => outcome)
                .increment(1);
        }
        all
    }

    /// Later failures close nothing: the trust store refuses by itself what a list past its time leaves
    /// unknown.
    fn tell_readiness(&self) {
        let Some(gate) = &self.gate else { return };
        let never_had = |url: &&String| self.trust.fetched_list_due(url).is_none();
        match self.urls.iter().find(never_had) {
            Some(url) => gate.close(format!("no revocation list from {url} yet")),
            None => gate.open(),
        }
    }

    async fn fetch(&self, url: &str) -> Result<(), FetchError> {
        let answer = self.client.get(url, "application/pkix-crl").await?;
        if answer.status != 200 {
            return Err(FetchError::Status(answer.status));
        }
        Ok(self.trust.replace_fetched_list(url, &answer.body)?)
    }
}

/// The lists to fetch: the configured ones, and that of a sandbox's directory, wherever it is served,
/// where there is one.
fn urls(configuration: &Configuration, is_served_here: bool, directory_url: &str) -> Vec<String> {
    let mut urls = configuration.certificates.tpp_revocation_urls.clone();
    let is_elsewhere = configuration.listeners.directory.public_url.is_some();
    if is_served_here || configuration.mode == Mode::Sandbox && is_elsewhere {
        urls.push(format!("{directory_url}{DIRECTORY_LIST}"));
    }
    urls
}

/// The gate's name.
const GATE: &str = "revocation-lists";
/// Path of the sandbox directory's list.
const DIRECTORY_LIST: &str = "/crl/issuing.crl";
/// The first pause after a failure.
const FIRST_RETRY: Duration = Duration::from_millis(100);
/// Failures before this pause are not worth a line.
const QUIET_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://directory:9448";

    #[test]
    fn the_list_of_a_directory_in_another_container_is_fetched_too() {
        let mut configuration = Configuration::default();
        assert_eq!(urls(&configuration, false, URL), Vec::<String>::new());
        configuration.listeners.directory.public_url = Some(URL.to_owned());
        assert_eq!(urls(&configuration, false, URL), ["https://directory:9448/crl/issuing.crl"]);
    }

    #[test]
    fn a_production_fetches_what_it_is_told_and_nothing_else() {
        let mut configuration = Configuration { mode: Mode::Production, ..Default::default() };
        configuration.listeners.directory.public_url = Some(URL.to_owned());
        configuration.certificates.tpp_revocation_urls =
            vec!["https://ca.example/1.crl".to_owned()];
        assert_eq!(urls(&configuration, false, URL), ["https://ca.example/1.crl"]);
    }
}
