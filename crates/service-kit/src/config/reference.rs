//! Every key with its default and help, as a TOML file.

use super::{
    check::joined,
    schema::{Kind, Node, SchemaDocument},
};
use std::fmt::Write;
use toml::{Table, Value};

/// Prints the configuration that `defaults` is.
pub(super) fn render(schema: &SchemaDocument, defaults: &Table) -> String {
    let mut page = String::from(HEADER);
    table(&mut page, schema.root(), Some(defaults), "");
    page
}

/// Prints the keys of a table, plain values first, as TOML wants them; commented out where the table
/// itself is absent by default.
fn table(page: &mut String, node: Node<'_>, defaults: Option<&Table>, prefix: &str) {
    let (tables, values): (Vec<_>, Vec<_>) =
        node.properties().into_iter().partition(|(_, property)| is_table(*property));
    for (key, property) in values {
        help(page, property);
        let default = defaults.and_then(|defaults| defaults.get(key));
        let shown = default.filter(|_| !property.is_secret());
        match shown {
            Some(default) => line(page, &format!("{key} = {default}"), true),
            None => line(page, &format!("{key} = {}", placeholder(property)), false),
        }
    }
    for (key, property) in tables {
        let default = defaults.and_then(|defaults| defaults.get(key));
        section(page, property, default, &joined(prefix, key));
    }
}

fn section(page: &mut String, node: Node<'_>, default: Option<&Value>, key: &str) {
    page.push('\n');
    help(page, node);
    if let Some(items) = node.items() {
        elements(page, items, default.and_then(Value::as_array), key);
    } else if node.entries().is_some() {
        entries(page, default.and_then(Value::as_table), key);
    } else {
        let default = default.and_then(Value::as_table);
        line(page, &format!("[{key}]"), default.is_some());
        table(page, node, default, key);
    }
}

/// A list of tables: the default's, or one commented out as an example.
fn elements(page: &mut String, items: Node<'_>, defaults: Option<&Vec<Value>>, key: &str) {
    let defaults = defaults.map(Vec::as_slice).unwrap_or_default();
    for default in defaults {
        line(page, &format!("[[{key}]]"), true);
        table(page, items, default.as_table(), key);
    }
    if defaults.is_empty() {
        line(page, &format!("[[{key}]]"), false);
        table(page, items, None, key);
    }
}

/// A map from names of the operator's choosing.
fn entries(page: &mut String, defaults: Option<&Table>, key: &str) {
    let defaults = defaults.filter(|defaults| !defaults.is_empty());
    line(page, &format!("[{key}]"), defaults.is_some());
    match defaults {
        Some(defaults) => {
            let entries = toml::to_string(defaults).unwrap_or_default();
            page.push_str(&entries);
        }
        None => line(page, "NAME = …", false),
    }
}

fn is_table(node: Node<'_>) -> bool {
    match node.kind() {
        Kind::Table => true,
        Kind::Array => node.items().is_some_and(|items| items.kind() == Kind::Table),
        _ => false,
    }
}

fn help(page: &mut String, node: Node<'_>) {
    if let Some(help) = node.help() {
        let _ = writeln!(page, "# {help}");
    }
    if let Some(choices) = node.choices() {
        let choices: Vec<String> = choices.iter().map(|choice| format!("\"{choice}\"")).collect();
        let _ = writeln!(page, "# One of {}.", choices.join(", "));
    }
}

fn line(page: &mut String, text: &str, in_force: bool) {
    let _ = if in_force { writeln!(page, "{text}") } else { writeln!(page, "#{text}") };
}

/// What a commented-out key could be set to.
fn placeholder(node: Node<'_>) -> String {
    if let Some(default) = node.default().filter(|_| !node.is_secret()) {
        return default.to_string();
    }
    let empty = match node.kind() {
        Kind::Any | Kind::String => "\"\"",
        Kind::Array => "[]",
        Kind::Boolean => "false",
        Kind::Integer => "0",
        Kind::Number => "0.0",
        Kind::Table => "{}",
    };
    empty.to_owned()
}

const HEADER: &str = "\
# Every key with its default. A key can also be set in the environment: LOMBARD__SECTION__KEY,
# lists separated by commas. Keys that are commented out have no default.

";
