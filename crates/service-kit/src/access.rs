//! Who may call what on an internal listener: one table, role × path.

use actix_web::http::Method;

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
