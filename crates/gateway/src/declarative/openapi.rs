//! What the gateway reads in an OpenAPI file: the operations.

use super::problem::DefinitionProblem;
use actix_web::http::Method;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::Spanned;
use std::marker::PhantomData;
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
    paths: Members<Members<IgnoredAny>>,
}

/// The members of a mapping, keys with their lines.
struct Members<T>(Vec<(Spanned<String>, T)>);

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
    for (template, item) in &parsed.paths.0 {
        for (key, _) in &item.0 {
            if key.value == "$ref" {
                let message = format!("path {} is a $ref, which is not supported", template.value);
                return Err(DefinitionProblem::new(file, line(key), message));
            }
            let template = template.value.clone();
            operations.extend(method(&key.value).map(|method| OpenApiOperation {
                method,
                template,
                line: line(key),
            }));
        }
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
    let text = text.lines().next().unwrap_or_default();
    // It begins with `error: line 1 column 2: `, which the problem says in its own way.
    let message = text.split_once(" column ").and_then(|(_, rest)| rest.split_once(": "));
    DefinitionProblem::new(file, line, message.map_or(text, |(_, message)| message))
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Members<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor(PhantomData))
    }
}

struct MembersVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for MembersVisitor<T> {
    type Value = Members<T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a mapping")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}
