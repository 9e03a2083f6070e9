//! Looking names up, without the addresses that must not be dialled.

use super::address::is_public;
use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::{fmt, io, net::IpAddr, net::SocketAddr, sync::Arc};

/// How a name is looked up: asked anew for each connection, and never trusted.
#[derive(Clone)]
pub struct NameLookup(
    Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>,
);

/// Gives the connector public addresses only. It dials what it is given, so a name cannot mean one
/// address when it is checked and another one when it is dialled.
pub(super) struct CheckedResolver(pub(super) NameLookup);

/// No address that may be dialled.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct RefusedAddress(pub(super) &'static str);

impl NameLookup {
    /// As the system looks names up.
    #[must_use]
    pub fn system() -> Self {
        Self::new(|name| {
            Box::pin(async move {
                let found = tokio::net::lookup_host((name, 0)).await?;
                Ok(found.map(|address| address.ip()).collect())
            })
        })
    }

    /// As `lookup` does, such as by a name server of one's own.
    #[must_use]
    pub fn new(
        lookup: impl Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(lookup))
    }
}

impl fmt::Debug for NameLookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NameLookup")
    }
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let found = (self.0.0)(name.as_str().to_owned());
        Box::pin(async move {
            let addresses = public_only(found.await?.into_iter())?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

fn public_only(found: impl Iterator<Item = IpAddr>) -> Result<Vec<SocketAddr>, RefusedAddress> {
    let public = found.filter(|address| is_public(*address)).take(MOST_ADDRESSES);
    // The connector puts the URL's port in place of 0.
    let public: Vec<_> = public.map(|address| SocketAddr::new(address, 0)).collect();
    if public.is_empty() { Err(RefusedAddress("address not public")) } else { Ok(public) }
}

/// More would only lengthen the attempt.
const MOST_ADDRESSES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().expect("an address")).collect()
    }

    #[test]
    fn private_addresses_among_public_ones_are_not_dialled() {
        let found = addresses(&["127.0.0.1", "8.8.8.8", "::ffff:10.0.0.1"]);
        let public = public_only(found.into_iter()).expect("a public address");
        assert_eq!(public, ["8.8.8.8:0".parse().expect("an address")]);
    }

    #[test]
    fn a_name_with_private_addresses_only_is_refused() {
        public_only(addresses(&["127.0.0.1", "::1"]).into_iter()).expect_err("private");
    }

    #[tokio::test]
    async fn a_name_that_the_system_resolves_to_loopback_is_refused() {
        let name = "localhost".parse().expect("a name");
        let resolver = CheckedResolver(NameLookup::system());
        let error = resolver.resolve(name).await.err().expect("loopback");
        assert!(error.downcast_ref::<RefusedAddress>().is_some(), "{error}");
    }
}
