//! Unknown keys and wrong types, found before anything is loaded, all of them at once.

use super::schema::{Kind, Node, SchemaDocument};
use std::{collections::BTreeMap, ops::Range, path::PathBuf};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// Where a TOML text comes from.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// A file; problems name its lines.
    File(PathBuf),
    /// An environment variable or a flag.
    Named(String),
}

/// A TOML text, what is wrong with it, and where its keys are.
pub(super) struct Checked {
    pub(super) text: String,
    pub(super) problems: Vec<String>,
    places: BTreeMap<String, String>,
}

/// Checks `text` against `schema`.
pub(super) fn check(schema: &SchemaDocument, place: Place, text: String) -> Checked {
    let mut checker = Checker {
        place,
        text: &text,
        known: known_keys(schema.root(), ""),
        problems: Vec::new(),
        places: BTreeMap::new(),
    };
    let (document, errors) = DeTable::parse_recoverable(&text);
    for error in errors {
        let place = checker.locate(&error.span().unwrap_or(0..0));
        checker.problems.push(format!("{place}: {}", error.message()));
    }
    if checker.problems.is_empty() {
        checker.table(schema.root(), document.get_ref(), "");
    }
    let Checker { problems, places, .. } = checker;
    Checked { text, problems, places }
}

impl Checked {
    pub(super) fn unreadable(problem: String) -> Self {
        Self { text: String::new(), problems: vec![problem], places: BTreeMap::new() }
    }

    /// The file and line of `key` or of the nearest table above it.
    pub(super) fn place_of(&self, key: &str) -> Option<String> {
        let mut key = key;
        loop {
            if let Some(place) = self.places.get(key) {
                return Some(place.clone());
            }
            key = &key[..key.rfind(['.', '['])?];
        }
    }
}

/// The unknown `key` with the known one that looks most like it.
pub(super) fn unknown_key(key: &str, siblings: &[&str], known: &[String]) -> String {
    let (parent, name) = key.rsplit_once('.').map_or(("", key), |(parent, name)| (parent, name));
    let sibling = nearest(name, siblings.iter().copied());
    let suggestion = match sibling {
        Some((sibling, likeness)) if likeness >= LIKELY => Some(joined(parent, sibling)),
        _ => nearest(key, known.iter().map(String::as_str)).map(|(key, _)| key.to_owned()),
    };
    match suggestion {
        Some(suggestion) => format!("unknown key `{key}`; did you mean `{suggestion}`?"),
        None => format!("unknown key `{key}`"),
    }
}

/// Every key of a configuration, dotted.
pub(super) fn known_keys(node: Node<'_>, prefix: &str) -> Vec<String> {
    let mut keys = Vec::new();
    for (name, property) in node.properties() {
        let key = joined(prefix, name);
        let inner = property.items().unwrap_or(property);
        keys.extend(known_keys(inner, &key));
        keys.push(key);
    }
    keys
}

pub(super) fn joined(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") }
}

struct Checker<'a> {
    place: Place,
    text: &'a str,
    known: Vec<String>,
    problems: Vec<String>,
    places: BTreeMap<String, String>,
}

impl Checker<'_> {
    fn table(&mut self, node: Node<'_>, table: &DeTable<'_>, prefix: &str) {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            let dotted = joined(prefix, key.get_ref());
            let place = self.locate(&key.span());
            match node.property(key.get_ref()).or_else(|| node.entries()) {
                Some(property) => {
                    self.places.insert(dotted.clone(), place);
                    self.value(property, value, &dotted);
                }
                // A table of which nothing is known takes anything.
                None if node.properties().is_empty() && node.kind() == Kind::Any => {}
                None => {
                    let siblings: Vec<&str> =
                        node.properties().iter().map(|(key, _)| *key).collect();
                    let problem = unknown_key(&dotted, &siblings, &self.known);
                    self.problems.push(format!("{place}: {problem}"));
                }
            }
        }
    }

    fn value(&mut self, node: Node<'_>, value: &Spanned<DeValue<'_>>, key: &str) {
        let kind = node.kind();
        if kind == Kind::Any {
            self.one_of(node, value, key);
            return;
        }
        match (kind, value.get_ref()) {
            (Kind::Table, DeValue::Table(table)) => self.table(node, table, key),
            (Kind::Array, DeValue::Array(array)) => {
                for (index, element) in array.iter().enumerate() {
                    if let Some(items) = node.items() {
                        self.value(items, element, &format!("{key}[{index}]"));
                    }
                }
            }
            (Kind::String, DeValue::String(text))
                if node.choices().is_none_or(|choices| choices.contains(&text.as_ref())) => {}
            (Kind::Integer, DeValue::Integer(integer))
                if is_within(node, integer.as_str(), integer.radix()) => {}
            (Kind::Boolean, DeValue::Boolean(_))
            | (Kind::Number, DeValue::Integer(_) | DeValue::Float(_)) => {}
            (_, found) => {
                let place = self.locate(&value.span());
                let (expected, found) = (expectation(node), described(found));
                self.problems.push(format!("{place}: `{key}`: expected {expected}, found {found}"));
            }
        }
    }

    /// A value that may take several forms: the problems of the form that fits best.
    fn one_of(&mut self, node: Node<'_>, value: &Spanned<DeValue<'_>>, key: &str) {
        let before = self.problems.len();
        let mut fewest: Option<Vec<String>> = None;
        for alternative in node.alternatives() {
            self.value(alternative, value, key);
            let problems = self.problems.split_off(before);
            if fewest.as_ref().is_none_or(|fewest| problems.len() < fewest.len()) {
                fewest = Some(problems);
            }
        }
        self.problems.extend(fewest.unwrap_or_default());
    }

    fn locate(&self, span: &Range<usize>) -> String {
        match &self.place {
            Place::File(path) => {
                let before = self.text.get(..span.start).unwrap_or(self.text);
                let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
                format!("{}:{line}", path.display())
            }
            Place::Named(name) => name.clone(),
        }
    }
}

fn is_within(node: Node<'_>, digits: &str, radix: u32) -> bool {
    let (minimum, maximum) = node.bounds();
    i64::from_str_radix(digits, radix).is_ok_and(|integer| {
        minimum.is_none_or(|minimum| integer >= minimum)
            && maximum.is_none_or(|maximum| integer <= maximum)
    })
}

/// What a key takes, in words.
fn expectation(node: Node<'_>) -> String {
    if let Some(choices) = node.choices() {
        let choices: Vec<String> = choices.iter().map(|choice| format!("\"{choice}\"")).collect();
        return format!("one of {}", choices.join(", "));
    }
    match node.kind() {
        Kind::Any => "another value".to_owned(),
        Kind::Array => "a list".to_owned(),
        Kind::Boolean => "true or false".to_owned(),
        Kind::Integer => match node.bounds() {
            (Some(minimum), Some(maximum)) => format!("an integer from {minimum} to {maximum}"),
            (Some(minimum), None) => format!("an integer of {minimum} or more"),
            _ => "an integer".to_owned(),
        },
        Kind::Number => "a number".to_owned(),
        Kind::String => "a string".to_owned(),
        Kind::Table => "a table".to_owned(),
    }
}

/// What was found, without its text, which may be a secret.
fn described(value: &DeValue<'_>) -> String {
    match value {
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Boolean(value) => value.to_string(),
        DeValue::Datetime(_) => "a date".to_owned(),
        DeValue::Float(value) => value.as_str().to_owned(),
        DeValue::Integer(value) => value.as_str().to_owned(),
        DeValue::String(_) => "a string".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<(&'a str, f64)> {
    known
        .map(|known| (known, strsim::normalized_damerau_levenshtein(name, known)))
        .max_by(|(_, one), (_, other)| one.total_cmp(other))
}

/// Below this likeness a key elsewhere may be meant.
const LIKELY: f64 = 0.5;
