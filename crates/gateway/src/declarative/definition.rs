//! An API as it is published: `api.toml` and `openapi.yaml` read, checked and joined.

use super::api_toml::{ApiToml, OperationToml, UpstreamToml};
use super::openapi::{self, OpenApiOperation};
use super::problem::DefinitionProblem;
use crate::path::NormalPath;
use actix_web::http::Method;
use serde::Deserialize;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::Spanned;

/// The bodies of the gateway's own refusals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ErrorFormat {
    /// `OBErrorResponse1` with `UK.OBIE` codes.
    Obie,
    /// The toolkit's codes, `900901` and so on.
    #[default]
    Wso2,
}

/// What an operation asks of its callers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Security {
    /// A trusted client certificate, and no token.
    Certificate,
    /// An access token that is bound to the client certificate.
    #[default]
    Token,
}

/// One operation of an API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) method: Method,
    /// Below the context, as the OpenAPI file writes it.
    pub(crate) template: String,
    pub(crate) security: Security,
    /// Its line in the OpenAPI file.
    pub(crate) line: Option<usize>,
}

/// An API that can be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiDefinition {
    pub(crate) name: String,
    /// With the version in its place: `/open-banking/v3.1`.
    pub(crate) context: String,
    pub(crate) version: String,
    pub(crate) plan: String,
    pub(crate) error_format: ErrorFormat,
    /// Any one suffices; with none, every token does.
    pub(crate) scopes: Vec<String>,
    /// Whether a client needs a subscription.
    pub(crate) subscription_required: bool,
    /// Whether the upstream is shown the token.
    pub(crate) forward_authorization: bool,
    /// Whether the upstream is shown the client's certificate.
    pub(crate) forward_certificate: bool,
    pub(crate) timeout: Duration,
    /// Scheme, authority and path that stand for the context at the upstream; no slash at the end.
    pub(crate) upstream: String,
    pub(crate) operations: Vec<Operation>,
    /// The OpenAPI file, for messages.
    pub(crate) file: PathBuf,
}

/// The two files of an API with their content.
#[derive(Debug)]
pub(super) struct ApiFiles<'a> {
    pub(super) toml_file: &'a Path,
    pub(super) toml: &'a str,
    pub(super) openapi_file: &'a Path,
    pub(super) openapi: &'a str,
}

impl ApiDefinition {
    /// Reads and checks both files; `peers` are the upstreams that may be named.
    pub(super) fn read(
        files: &ApiFiles<'_>,
        peers: &BTreeMap<String, String>,
    ) -> Result<Self, DefinitionProblem> {
        let parsed: ApiToml = toml::from_str(files.toml)
            .map_err(|error| DefinitionProblem::toml(files.toml_file, files.toml, &error))?;
        let version = files.checked(&parsed.version, |text| version(text))?;
        Ok(Self {
            name: files.checked(&parsed.name, |name| name_of(name))?,
            context: files.checked(&parsed.context, |template| context(template, &version))?,
            version,
            plan: parsed.plan,
            error_format: parsed.error_format,
            scopes: files.checked(&parsed.scopes, |names| scopes(names))?,
            subscription_required: parsed.subscription_required,
            forward_authorization: parsed.forward_authorization,
            forward_certificate: parsed.forward_certificate,
            timeout: files.checked(&parsed.timeout_seconds, |seconds| timeout(*seconds))?,
            upstream: files.upstream(&parsed.upstream, peers)?,
            operations: files.operations(&parsed.operation)?,
            file: files.openapi_file.to_owned(),
        })
    }
}

impl ApiFiles<'_> {
    /// `check` of a value of `api.toml`; what it objects to gets the value's line.
    fn checked<T, U>(
        &self,
        value: &Spanned<T>,
        check: impl FnOnce(&T) -> Result<U, String>,
    ) -> Result<U, DefinitionProblem> {
        check(value.get_ref()).map_err(|message| {
            DefinitionProblem::at(self.toml_file, self.toml, value.span().start, message)
        })
    }

    fn upstream(
        &self,
        upstream: &UpstreamToml,
        peers: &BTreeMap<String, String>,
    ) -> Result<String, DefinitionProblem> {
        let base = self.checked(&upstream.peer, |name| {
            peers.get(name).ok_or_else(|| {
                let known = peers.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                format!("no peer {name:?} in [gateway.peers], which has: {known}")
            })
        })?;
        let path = self.checked(&upstream.path, |path| literal_path(path))?;
        Ok(format!("{}{}", base.trim_end_matches('/'), path.trim_end_matches('/')))
    }

    /// The operations of the OpenAPI file, with what `secured` says of some of them.
    fn operations(
        &self,
        secured: &[Spanned<OperationToml>],
    ) -> Result<Vec<Operation>, DefinitionProblem> {
        let found = openapi::operations(self.openapi_file, self.openapi)?;
        if found.is_empty() {
            return Err(DefinitionProblem::new(self.openapi_file, None, "no operation in paths"));
        }
        let mut operations =
            found.into_iter().map(|found| self.operation(found)).collect::<Result<Vec<_>, _>>()?;
        let mut named = HashSet::new();
        for entry in secured {
            let place = self.checked(entry, |entry| place(entry, &operations, &mut named))?;
            operations[place].security = entry.get_ref().security;
        }
        Ok(operations)
    }

    fn operation(&self, found: OpenApiOperation) -> Result<Operation, DefinitionProblem> {
        let OpenApiOperation { method, template, line } = found;
        match routable(&template) {
            Ok(()) => Ok(Operation { method, template, security: Security::default(), line }),
            Err(message) => Err(DefinitionProblem::new(self.openapi_file, line, message)),
        }
    }
}

/// Where the operation that `entry` names is; each may be named once.
fn place(
    entry: &OperationToml,
    operations: &[Operation],
    named: &mut HashSet<usize>,
) -> Result<usize, String> {
    let OperationToml { method, path, .. } = entry;
    let is_named = |known: &Operation| known.method.as_str() == method && known.template == *path;
    let place = operations
        .iter()
        .position(is_named)
        .ok_or_else(|| format!("{method} {path} is no operation of openapi.yaml"))?;
    if named.insert(place) { Ok(place) } else { Err(format!("{method} {path} is named twice")) }
}

fn name_of(name: &str) -> Result<String, String> {
    if name.trim().is_empty() { Err("an API needs a name".to_owned()) } else { Ok(name.to_owned()) }
}

/// One path segment of unreserved characters (RFC 3986 §2.3) that is not a dot segment.
fn version(text: &str) -> Result<String, String> {
    match literal_path(&format!("/{text}")) {
        Ok(_) if !text.is_empty() && !text.contains('/') => Ok(text.to_owned()),
        _ => Err(format!("version {text:?} is not a path segment")),
    }
}

/// The template with the version in place of `{version}`, verbatim; a template without the
/// placeholder has the version appended, as WSO2's has.
fn context(template: &str, version: &str) -> Result<String, String> {
    const PLACEHOLDER: &str = "{version}";
    let template = template.trim_end_matches('/');
    if template.is_empty() || template == "/{version}" {
        return Err("a context needs a name of its own beside the version".to_owned());
    }
    let context = if template.contains(PLACEHOLDER) {
        template.replace(PLACEHOLDER, version)
    } else {
        format!("{template}/{version}")
    };
    literal_path(&context)
}

/// A path that requests can have as it stands.
fn literal_path(path: &str) -> Result<String, String> {
    match NormalPath::parse(path) {
        Ok(normal) if normal.as_str() == path => Ok(path.to_owned()),
        _ => Err(format!("{path:?} is not a path in normal form")),
    }
}

fn scopes(names: &[String]) -> Result<Vec<String>, String> {
    let is_token = |name: &String| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
    };
    match names.iter().find(|name| !is_token(name)) {
        Some(name) => Err(format!("{name:?} is not a scope")),
        None => Ok(names.to_owned()),
    }
}

fn timeout(seconds: u32) -> Result<Duration, String> {
    match seconds {
        1..=600 => Ok(Duration::from_secs(u64::from(seconds))),
        _ => Err("timeout_seconds goes from 1 to 600".to_owned()),
    }
}

/// A template whose literal parts are in normal form, with at most one parameter in a segment.
fn routable(template: &str) -> Result<(), String> {
    let mut literal = String::with_capacity(template.len());
    for (index, piece) in template.split('{').enumerate() {
        let rest = match (index, piece.split_once('}')) {
            (0, None) => piece,
            (1.., Some((name, rest))) if !name.is_empty() && !name.contains(['/', '*']) => {
                literal.push('x');
                rest
            }
            _ => return Err(format!("path {template} has unbalanced or unusable braces")),
        };
        literal.push_str(rest);
    }
    literal_path(&literal).map(drop).map_err(|_| format!("path {template} is not in normal form"))
}
