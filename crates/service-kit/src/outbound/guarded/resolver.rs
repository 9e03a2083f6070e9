//! Looking names up, without the addresses that must not be dialled.

use super::address::is_public;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::SocketAddr;

/// Gives the connector public addresses only. It dials what it is given, so a name cannot mean one
/// address when it is checked and another one when it is dialled.
pub(super) struct CheckedResolver;

/// No address that may be dialled.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct RefusedAddress(pub(super) &'static str);

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let addresses = public_only(found)?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

fn public_only(found: impl Iterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, RefusedAddress> {
    let public = found.filter(|address| is_public(address.ip())).take(MOST_ADDRESSES);
    let public: Vec<_> = public.collect();
    if public.is_empty() { Err(RefusedAddress("address not public")) } else { Ok(public) }
}

/// More would only lengthen the attempt.
const MOST_ADDRESSES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().expect("an address")).collect()
    }

    #[test]
    fn private_addresses_among_public_ones_are_not_dialled() {
        let found = addresses(&["127.0.0.1:0", "8.8.8.8:0", "[::ffff:10.0.0.1]:0"]);
        let public = public_only(found.into_iter()).expect("a public address");
        assert_eq!(public, addresses(&["8.8.8.8:0"]));
    }

    #[test]
    fn a_name_with_private_addresses_only_is_refused() {
        public_only(addresses(&["127.0.0.1:0", "[::1]:0"]).into_iter()).expect_err("private");
    }

    #[tokio::test]
    async fn a_name_that_the_system_resolves_to_loopback_is_refused() {
        let name = "localhost".parse().expect("a name");
        let error = CheckedResolver.resolve(name).await.err().expect("loopback");
        assert!(error.downcast_ref::<RefusedAddress>().is_some(), "{error}");
    }
}
