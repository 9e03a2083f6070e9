//! Values given as text: environment variables and flags.

use super::{
    check::{Place, check, joined, known_keys, unknown_key},
    schema::{Kind, Node, SchemaDocument},
};
use toml::{Table, Value};

/// The variables that start with [`PREFIX`] as one TOML text, and what is wrong with them.
pub(super) fn variables(
    schema: &SchemaDocument,
    environment: &[(String, String)],
) -> (String, Vec<String>) {
    let mut named: Vec<Assignment<'_>> = environment
        .iter()
        .filter_map(|(name, text)| {
            let segments = name.strip_prefix(PREFIX)?.split("__").map(str::to_lowercase).collect();
            Some(Assignment { place: format!("environment variable {name}"), segments, text })
        })
        .collect();
    named.sort_by(|one, other| one.segments.cmp(&other.segments));
    layer(schema, &named)
}

/// Flags of dotted key and value as one TOML text, and what is wrong with them.
pub(super) fn overrides(
    schema: &SchemaDocument,
    overrides: &[(String, String)],
) -> (String, Vec<String>) {
    let named: Vec<Assignment<'_>> = overrides
        .iter()
        .map(|(key, text)| Assignment {
            place: format!("override {key}"),
            segments: key.split('.').map(str::to_owned).collect(),
            text,
        })
        .collect();
    layer(schema, &named)
}

struct Assignment<'a> {
    place: String,
    segments: Vec<String>,
    text: &'a str,
}

fn layer(schema: &SchemaDocument, assignments: &[Assignment<'_>]) -> (String, Vec<String>) {
    let mut layer = Table::new();
    let mut problems = Vec::new();
    for assignment in assignments {
        match resolve(schema, assignment) {
            Ok((path, value)) => {
                let single = nested(&path, value);
                let text = toml::to_string(&single).unwrap_or_default();
                let place = Place::Named(assignment.place.clone());
                problems.extend(check(schema, place, text).problems);
                merge(&mut layer, single);
            }
            Err(problem) => problems.push(format!("{}: {problem}", assignment.place)),
        }
    }
    (toml::to_string(&layer).unwrap_or_default(), problems)
}

/// The key as the schema spells it, and the value that its type makes of the text.
fn resolve(
    schema: &SchemaDocument,
    assignment: &Assignment<'_>,
) -> Result<(Vec<String>, Value), String> {
    let mut node = schema.root();
    let mut path: Vec<String> = Vec::new();
    for segment in &assignment.segments {
        let known = node.properties();
        if let Some(property) = node.property(segment) {
            node = property;
            path.push(segment.clone());
        } else if let Some(entries) = node.entries() {
            // Names in maps have hyphens, which a shell does not allow in a variable.
            node = entries;
            path.push(segment.replace('_', "-"));
        } else {
            let siblings: Vec<&str> = known.iter().map(|(key, _)| *key).collect();
            let key = joined(&path.join("."), segment);
            return Err(unknown_key(&key, &siblings, &known_keys(schema.root(), "")));
        }
    }
    Ok((path, value(node, assignment.text)))
}

/// `text` as a value of the node's type; text of another type stays text, which the check refuses.
fn value(node: Node<'_>, text: &str) -> Value {
    match node.kind() {
        Kind::String => match toml_value(text) {
            Some(Value::String(quoted)) => Value::String(quoted),
            _ => Value::String(text.to_owned()),
        },
        Kind::Array if !text.trim_start().starts_with('[') => {
            let elements = text.split(',').map(str::trim).filter(|element| !element.is_empty());
            let items = node.items();
            let element = |element| match items {
                Some(items) => value(items, element),
                None => Value::String(element.to_owned()),
            };
            Value::Array(elements.map(element).collect())
        }
        _ => toml_value(text).unwrap_or_else(|| Value::String(text.to_owned())),
    }
}

fn toml_value(text: &str) -> Option<Value> {
    let mut table: Table = toml::from_str(&format!("value = {text}")).ok()?;
    // A second line would be a second key.
    if table.len() == 1 { table.remove("value") } else { None }
}

fn nested(path: &[String], value: Value) -> Table {
    let mut inner = value;
    for segment in path.iter().skip(1).rev() {
        inner = Value::Table(Table::from_iter([(segment.clone(), inner)]));
    }
    path.first().map(|first| Table::from_iter([(first.clone(), inner)])).unwrap_or_default()
}

fn merge(into: &mut Table, from: Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Table(into)), Value::Table(from)) => merge(into, from),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

const PREFIX: &str = "LOMBARD__";
