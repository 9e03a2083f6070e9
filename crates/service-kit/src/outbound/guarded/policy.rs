//! What can be said of a URL before its name is looked up.

use super::{GuardedError, OutboundConfig, address::is_public};
use std::{collections::BTreeSet, net::IpAddr};
use url::{Host, Url};

/// The rules of one configuration.
#[derive(Debug)]
pub(super) struct Policy {
    /// In the form `https://host:port`, the default port left out.
    allowed_origins: BTreeSet<String>,
    allowed_ports: Vec<u16>,
}

/// A URL that may be called.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) url: Url,
    /// Of an allowed origin: its address is not looked at.
    pub(super) is_exempt: bool,
}

impl Policy {
    pub(super) fn new(config: &OutboundConfig) -> Result<Self, GuardedError> {
        let origins = config.allowed_origins.iter().map(|origin| parse_origin(origin));
        Ok(Self {
            allowed_origins: origins.collect::<Result<_, _>>()?,
            allowed_ports: config.allowed_ports.clone(),
        })
    }

    pub(super) fn check(&self, url: &str) -> Result<Target, &'static str> {
        if url.len() > LONGEST_URL {
            return Err("URL too long");
        }
        let url = Url::parse(url).map_err(|_| "not a URL")?;
        if url.scheme() != "https" {
            return Err("not https");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("user information in the URL");
        }
        if self.allowed_origins.contains(&url.origin().ascii_serialization()) {
            return Ok(Target { url, is_exempt: true });
        }
        if !url.port_or_known_default().is_some_and(|port| self.allowed_ports.contains(&port)) {
            return Err("port not allowed");
        }
        check_host(url.host().as_ref())?;
        Ok(Target { url, is_exempt: false })
    }
}

/// The URL parser has turned every spelling of an IPv4 address into one by now.
fn check_host(host: Option<&Host<&str>>) -> Result<(), &'static str> {
    let address = match host {
        None => return Err("no host"),
        Some(Host::Domain(name)) => return check_name(name),
        Some(Host::Ipv4(address)) => IpAddr::V4(*address),
        Some(Host::Ipv6(address)) => IpAddr::V6(*address),
    };
    if is_public(address) { Ok(()) } else { Err("address not public") }
}

/// Names that only a local network or this machine gives a meaning (RFC 6761, RFC 6762, RFC 8375).
fn check_name(name: &str) -> Result<(), &'static str> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_local = !name.contains('.')
        || LOCAL_DOMAINS.contains(&last)
        || name == "home.arpa"
        || name.ends_with(".home.arpa");
    if is_local { Err("name not public") } else { Ok(()) }
}

fn parse_origin(text: &str) -> Result<String, GuardedError> {
    let refused =
        |reason| GuardedError::Configuration(format!("allowed_origins: \"{text}\" {reason}"));
    let url = Url::parse(text).map_err(|_| refused("is not a URL"))?;
    if url.scheme() != "https" {
        return Err(refused("is not https"));
    }
    let origin = url.origin().ascii_serialization();
    // Anything beyond the origin would be without effect, and taken for a limit.
    if url.as_str().strip_suffix('/') != Some(origin.as_str()) {
        return Err(refused("is more than an origin"));
    }
    Ok(origin)
}

const LONGEST_URL: usize = 2048;
const LOCAL_DOMAINS: &[&str] =
    &["internal", "invalid", "local", "localdomain", "localhost", "test"];

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(allowed_origins: &[&str]) -> Policy {
        let allowed_origins = allowed_origins.iter().map(|origin| (*origin).to_owned()).collect();
        Policy::new(&OutboundConfig { allowed_origins, ..OutboundConfig::default() })
            .expect("valid origins")
    }

    #[test]
    fn urls_that_lead_inwards_are_refused() {
        let long = format!("https://example.com/{}", "a".repeat(2048));
        for (url, reason) in [
            (long.as_str(), "URL too long"),
            ("example.com", "not a URL"),
            ("https://", "not a URL"),
            ("https://exa mple.com/", "not a URL"),
            ("https://[::1", "not a URL"),
            ("http://example.com/", "not https"),
            ("file:///etc/passwd", "not https"),
            ("gopher://example.com/", "not https"),
            ("https://user@example.com/", "user information in the URL"),
            ("https://:password@example.com/", "user information in the URL"),
            ("https://example.com@127.0.0.1/", "user information in the URL"),
            ("https://example.com:22/", "port not allowed"),
            ("https://example.com:80/", "port not allowed"),
            ("https://localhost/", "name not public"),
            ("https://LOCALHOST./", "name not public"),
            ("https://a.localhost/", "name not public"),
            ("https://intranet/", "name not public"),
            ("https://metadata.google.internal/", "name not public"),
            ("https://printer.local/", "name not public"),
            ("https://box.home.arpa/", "name not public"),
            ("https://127.0.0.1/", "address not public"),
            ("https://127.1/", "address not public"),
            ("https://2130706433/", "address not public"),
            ("https://0x7f000001/", "address not public"),
            ("https://0177.0.0.1/", "address not public"),
            ("https://%31%32%37.0.0.1/", "address not public"),
            ("https://１２７.0.0.1/", "address not public"),
            ("https://127.0.0.1./", "address not public"),
            ("https://0/", "address not public"),
            ("https://169.254.169.254/latest/meta-data/", "address not public"),
            ("https://[::1]/", "address not public"),
            ("https://[::ffff:127.0.0.1]/", "address not public"),
            ("https://[::ffff:7f00:1]/", "address not public"),
            ("https://[64:ff9b::7f00:1]/", "address not public"),
            ("https://[fe80::1]/", "address not public"),
        ] {
            assert_eq!(policy(&[]).check(url).expect_err(url), reason, "{url}");
        }
    }

    #[test]
    fn public_urls_are_accepted() {
        for url in [
            "https://example.com/callback",
            "https://example.com:8443/",
            "https://8.8.8.8/",
            "https://[2606:4700::1111]/",
        ] {
            assert!(!policy(&[]).check(url).expect(url).is_exempt);
        }
    }

    #[test]
    fn an_allowed_origin_is_exempt_and_nothing_beside_it() {
        let policy = policy(&["https://localhost:9448/", "https://10.0.0.1"]);
        for url in
            ["https://localhost:9448/jwks", "https://LOCALHOST:9448", "https://10.0.0.1:443/"]
        {
            assert!(policy.check(url).expect(url).is_exempt, "{url}");
        }
        for url in [
            "https://localhost:9449/",
            "https://localhost/",
            "https://10.0.0.1:8443/",
            "https://10.0.0.2/",
            "https://a.localhost:9448/",
            "http://localhost:9448/",
            "https://user@localhost:9448/",
        ] {
            policy.check(url).expect_err(url);
        }
    }

    #[test]
    fn an_origin_with_a_path_is_refused() {
        for origin in
            ["https://localhost:9448/jwks", "http://localhost", "localhost", "https://a@b"]
        {
            let allowed_origins = vec![origin.to_owned()];
            let config = OutboundConfig { allowed_origins, ..OutboundConfig::default() };
            Policy::new(&config).expect_err(origin);
        }
    }
}
