//! What the gateway reads in an OpenAPI file: the operations.

use super::problem::DefinitionProblem;
use actix_web::http::Method;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_saphyr::Spanned;
use std::collections::BTreeMap;
use std::path::Path;

/// Method, path template and line of one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OpenApiOperation {
    pub(super) method: Method,
    pub(super) template: String,
    pub(super) line: Option<usize>,
}

#[derive(Deserialize)]
struct OpenApiFile {
    openapi: Spanned<String>,
    paths: BTreeMap<String, BTreeMap<String, Spanned<IgnoredAny>>>,
}

/// The operations of an OpenAPI 3 file. Its `security` is not read: the scopes of an API stand in
/// its `api.toml`, where any one of them suffices.
pub(super) fn operations(
    file: &Path,
    text: &str,
) -> Result<Vec<OpenApiOperation>, DefinitionProblem> {
    let parsed: OpenApiFile =
        serde_saphyr::from_str(text).map_err(|error| unreadable(file, &error))?;
    if !parsed.openapi.value.starts_with("3.") {
        let message = format!("OpenAPI {} is not supported, only 3.x", parsed.openapi.value);
        return Err(DefinitionProblem::new(file, line(&parsed.openapi), message));
    }
    let mut operations = Vec::new();
    for (template, item) in &parsed.paths {
        if let Some(reference) = item.get("$ref") {
            let message = format!("path {template} is a $ref, which is not supported");
            return Err(DefinitionProblem::new(file, line(reference), message));
        }
        operations.extend(item.iter().filter_map(|(key, value)| {
            let method = method(key)?;
            Some(OpenApiOperation { method, template: template.clone(), line: line(value) })
        }));
    }
    Ok(operations)
}

/// The method of a path item's member; the other members (`parameters`, `summary`, …) have none.
fn method(key: &str) -> Option<Method> {
    Some(match key {
        "delete" => Method::DELETE,
        "get" => Method::GET,
        "head" => Method::HEAD,
        "options" => Method::OPTIONS,
        "patch" => Method::PATCH,
        "post" => Method::POST,
        "put" => Method::PUT,
        _ => return None,
    })
}

fn line<T>(spanned: &Spanned<T>) -> Option<usize> {
    usize::try_from(spanned.referenced.line()).ok().filter(|line| *line > 0)
}

fn unreadable(file: &Path, error: &serde_saphyr::Error) -> DefinitionProblem {
    let line = error.location().and_then(|location| usize::try_from(location.line()).ok());
    let text = error.to_string();
    DefinitionProblem::new(file, line, text.lines().next().unwrap_or_default())
}
