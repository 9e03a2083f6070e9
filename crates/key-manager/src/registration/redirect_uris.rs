//! Redirect URIs: those of the software statement, or some of them.

use super::error::RegisterError;
use open_banking_types::software_statement::SoftwareStatement;
use url::{Host, Url};

/// The URIs `requested`, else all of the statement's.
pub(super) fn narrow(
    requested: Option<Vec<String>>,
    statement: &SoftwareStatement,
) -> Result<Vec<String>, RegisterError> {
    let vouched = &statement.software_redirect_uris;
    let uris = requested.unwrap_or_else(|| vouched.clone());
    let acceptable = |uri: &String| vouched.contains(uri) && is_acceptable(uri);
    if uris.is_empty() || uris.len() > MAX_URIS || !uris.iter().all(acceptable) {
        return Err(RegisterError::RedirectUri);
    }
    Ok(uris)
}

/// OB DCR 3.3: https, not of this machine, at most 256 characters; RFC 6749 §3.1.2: no fragment.
fn is_acceptable(uri: &str) -> bool {
    let Ok(parsed) = Url::parse(uri) else { return false };
    uri.len() <= MAX_CHARACTERS
        && uri.bytes().all(|byte| byte.is_ascii_graphic())
        && !uri.contains(['*', '#', '\\'])
        && uri.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://"))
        && parsed.username().is_empty()
        && parsed.password().is_none()
        && parsed.host().is_some_and(|host| !is_this_machine(&host))
}

fn is_this_machine(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            name == "localhost" || name.ends_with(".localhost")
        }
        Host::Ipv4(address) => address.is_loopback() || address.is_unspecified(),
        Host::Ipv6(address) => {
            let address = address.to_canonical();
            address.is_loopback() || address.is_unspecified()
        }
    }
}

const MAX_URIS: usize = 256;
const MAX_CHARACTERS: usize = 256;

#[cfg(test)]
mod tests {
    use super::is_acceptable;

    #[test]
    fn a_redirect_uri_leads_to_an_exact_https_address_elsewhere() {
        let long = format!("https://tpp.example/{}", "a".repeat(237));
        for uri in [
            "",
            "http://tpp.example/cb",
            "https://localhost/cb",
            "https://LOCALHOST./cb",
            "https://a.localhost/cb",
            "https://127.0.0.1/cb",
            "https://2130706433/cb",
            "https://[::1]/cb",
            "https://[::ffff:127.0.0.1]/cb",
            "https://0.0.0.0/cb",
            "https://tpp.example/cb#part",
            "https://tpp.example/cb#",
            "https://*.tpp.example/cb",
            "https://tpp.example/*",
            "https://user@tpp.example/cb",
            "https://:secret@tpp.example/cb",
            "https:tpp.example/cb",
            "https:\\\\tpp.example/cb",
            "//tpp.example/cb",
            "/cb",
            "tpp://cb",
            "javascript:alert(1)",
            "https://tpp.example/c b",
            "https://tpp.example/c\u{e9}",
            " https://tpp.example/cb",
            "https://",
            &long,
        ] {
            assert!(!is_acceptable(uri), "{uri:?}");
        }
        assert!(is_acceptable(&long[..256]));
        assert!(is_acceptable("https://tpp.example/cb?a=b"));
    }
}
