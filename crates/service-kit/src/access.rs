//! Who may call what on an internal listener: one table, role × path.

use crate::{
    ClientCertificate, PresentedCertificate, errors::problem::problem, listener::Connection,
};
use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    error::InternalError,
    http::{Method, StatusCode},
};
use std::rc::Rc;

/// A platform role as named by its service certificate's URI SAN `urn:lombard:role:NAME`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum CallerRole {
    ControlPlane,
    Directory,
    EventService,
    Gateway,
    KeyManager,
    Operator,
}

/// One line of the table: these roles may use this method on paths that equal `path`, or, where it
/// ends in `/`, start with it.
#[derive(Clone, Debug)]
pub struct AccessRule {
    /// The method.
    pub method: Method,
    /// The path, or its beginning.
    pub path: &'static str,
    /// Who may.
    pub callers: &'static [CallerRole],
}

/// The caller on an internal listener; an extractor, and the proof that the table allows the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    role: CallerRole,
}

/// Why a call on an internal listener was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AccessError {
    /// No certificate, or one that the service CA did not issue.
    #[error("a service certificate is required")]
    Unauthenticated,
    /// The table has no line for this caller, method and path.
    #[error("this caller may not make this call")]
    Forbidden,
}

impl CallerRole {
    /// The role's name in the URI SAN.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ControlPlane => "control-plane",
            Self::Directory => "directory",
            Self::EventService => "event-service",
            Self::Gateway => "gateway",
            Self::KeyManager => "key-manager",
            Self::Operator => "operator",
        }
    }

    const ALL: [Self; 6] = [
        Self::ControlPlane,
        Self::Directory,
        Self::EventService,
        Self::Gateway,
        Self::KeyManager,
        Self::Operator,
    ];

    /// The role that a trusted service certificate names; for listeners without a table of callers.
    #[must_use]
    pub fn of(certificate: &ClientCertificate) -> Option<Self> {
        Self::of_uris(certificate.uris())
    }

    /// The role of a certificate with exactly one URI SAN, which names it.
    fn of_uris(uris: &[String]) -> Option<Self> {
        let [uri] = uris else { return None };
        let name = uri.strip_prefix("urn:lombard:role:")?;
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

impl AccessRule {
    fn allows(&self, role: CallerRole, method: &Method, path: &str) -> bool {
        let same_path =
            if self.path.ends_with('/') { path.starts_with(self.path) } else { path == self.path };
        same_path && self.method == *method && self.callers.contains(&role)
    }
}

impl Caller {
    /// The caller's role.
    #[must_use]
    pub fn role(self) -> CallerRole {
        self.role
    }

    /// Looks the call up in `rules`; a path that climbs is in none of them.
    pub(crate) fn admit(
        rules: &[AccessRule],
        presented: &PresentedCertificate,
        method: &Method,
        path: &str,
    ) -> Result<Self, AccessError> {
        let PresentedCertificate::Trusted(certificate) = presented else {
            return Err(AccessError::Unauthenticated);
        };
        let role = CallerRole::of_uris(certificate.uris()).ok_or(AccessError::Forbidden)?;
        if climbs(path) || !rules.iter().any(|rule| rule.allows(role, method, path)) {
            return Err(AccessError::Forbidden);
        }
        Ok(Self { role })
    }
}

impl AccessError {
    /// `401` or `403` as problem details.
    pub(crate) fn answer(self) -> HttpResponse {
        match self {
            Self::Unauthenticated => {
                problem(StatusCode::UNAUTHORIZED, "unauthenticated", &self.to_string())
            }
            Self::Forbidden => problem(StatusCode::FORBIDDEN, "forbidden", &self.to_string()),
        }
    }
}

impl FromRequest for Caller {
    type Error = actix_web::Error;
    type Future = std::future::Ready<Result<Self, Self::Error>>;

    /// Fails on listeners without a table: there is nothing that would have been checked.
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let admitted = request
            .conn_data::<Rc<Connection>>()
            .ok_or(AccessError::Unauthenticated)
            .and_then(|connection| connection.admit(request.method(), request.path()));
        std::future::ready(
            admitted.map_err(|error| InternalError::from_response(error, error.answer()).into()),
        )
    }
}

/// Whether a segment is `.` or `..`, however it is written.
fn climbs(path: &str) -> bool {
    path.split('/').any(|segment| {
        let mut rest = segment;
        let mut dots = 0;
        while !rest.is_empty() {
            let Some(after) = strip_dot(rest) else { return false };
            rest = after;
            dots += 1;
        }
        dots == 1 || dots == 2
    })
}

fn strip_dot(text: &str) -> Option<&str> {
    text.strip_prefix('.').or_else(|| text.strip_prefix("%2e")).or_else(|| text.strip_prefix("%2E"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_needs_exactly_one_uri_that_names_it() {
        let role = |uris: &[&str]| {
            CallerRole::of_uris(&uris.iter().map(|uri| (*uri).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(role(&["urn:lombard:role:gateway"]), Some(CallerRole::Gateway));
        assert_eq!(role(&[]), None);
        assert_eq!(role(&["urn:lombard:role:root"]), None);
        assert_eq!(role(&["urn:lombard:role:"]), None);
        assert_eq!(role(&["https://example.com"]), None);
        assert_eq!(role(&["urn:lombard:role:gateway", "urn:lombard:role:operator"]), None);
        assert_eq!(role(&["urn:lombard:role:gateway", "https://example.com"]), None);
    }

    #[test]
    fn a_path_that_climbs_is_seen_however_it_is_written() {
        for path in ["/a/../b", "/a/.", "/a/%2e%2e/b", "/a/.%2E", "/..", "/%2e/"] {
            assert!(climbs(path), "{path}");
        }
        for path in ["/a/b", "/a/...", "/a/b.json", "/a//b", "/a/..b", "/"] {
            assert!(!climbs(path), "{path}");
        }
    }

    #[test]
    fn a_rule_without_a_slash_at_the_end_means_exactly_its_path() {
        let rule = AccessRule { method: Method::GET, path: "/a", callers: &[CallerRole::Gateway] };
        assert!(rule.allows(CallerRole::Gateway, &Method::GET, "/a"));
        assert!(!rule.allows(CallerRole::Gateway, &Method::GET, "/a/b"));
        assert!(!rule.allows(CallerRole::Gateway, &Method::POST, "/a"));
        assert!(!rule.allows(CallerRole::Operator, &Method::GET, "/a"));
        let beginning = AccessRule { path: "/a/", ..rule };
        assert!(beginning.allows(CallerRole::Gateway, &Method::GET, "/a/b"));
        assert!(!beginning.allows(CallerRole::Gateway, &Method::GET, "/a"));
    }
}
