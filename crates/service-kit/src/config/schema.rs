//! What a configuration's JSON schema says about its keys.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;

/// The schema of a whole configuration.
pub(super) struct SchemaDocument {
    root: Value,
}

/// One place in it, references resolved.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    document: &'a SchemaDocument,
    /// As written at the place: what it says goes before what the definition says.
    site: &'a Value,
    definition: &'a Value,
}

/// What kind of value a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Any,
    Array,
    Boolean,
    Integer,
    Number,
    String,
    Table,
}

impl SchemaDocument {
    pub(super) fn of<T: JsonSchema>() -> Self {
        let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
        Self { root: schema.to_value() }
    }

    pub(super) fn root(&self) -> Node<'_> {
        Node { document: self, site: &self.root, definition: &self.root }
    }

    fn resolve<'a>(&'a self, mut schema: &'a Value) -> &'a Value {
        while let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let target = reference.strip_prefix('#').and_then(|path| self.root.pointer(path));
            let Some(target) = target else { break };
            schema = target;
        }
        schema
    }
}

impl<'a> Node<'a> {
    fn at(self, site: &'a Value) -> Self {
        Self { document: self.document, site, definition: self.document.resolve(site) }
    }

    /// The node without the `null` that `Option` adds.
    pub(super) fn required(self) -> Self {
        let Some(alternatives) = self.definition.get("anyOf").and_then(Value::as_array) else {
            return self;
        };
        let mut present = alternatives.iter().filter(|schema| schema["type"] != "null");
        match (present.next(), present.next()) {
            (Some(only), None) => Self { site: self.site, ..self.at(only) },
            _ => self,
        }
    }

    /// The alternatives of an enum whose variants are tables or of different types.
    pub(super) fn alternatives(self) -> Vec<Self> {
        let alternatives = self.definition.get("oneOf").or_else(|| self.definition.get("anyOf"));
        let alternatives = alternatives.and_then(Value::as_array).map(Vec::as_slice);
        alternatives.unwrap_or_default().iter().map(|schema| self.at(schema)).collect()
    }

    /// The only strings it takes, if it is so limited.
    pub(super) fn choices(self) -> Option<Vec<&'a str>> {
        if let Some(values) = self.definition.get("enum").and_then(Value::as_array) {
            return values.iter().filter(|value| !value.is_null()).map(Value::as_str).collect();
        }
        if let Some(value) = self.definition.get("const") {
            return value.as_str().map(|value| vec![value]);
        }
        let alternatives = self.alternatives();
        if alternatives.is_empty() {
            return None;
        }
        let choices: Option<Vec<Vec<&str>>> = alternatives.into_iter().map(Self::choices).collect();
        choices.map(|choices| choices.concat())
    }

    pub(super) fn kind(self) -> Kind {
        let named = match &self.definition["type"] {
            Value::Array(types) => {
                types.iter().filter_map(Value::as_str).find(|name| *name != "null")
            }
            name => name.as_str(),
        };
        match named {
            Some("array") => Kind::Array,
            Some("boolean") => Kind::Boolean,
            Some("integer") => Kind::Integer,
            Some("number") => Kind::Number,
            Some("object") => Kind::Table,
            Some("string") => Kind::String,
            _ if self.choices().is_some() => Kind::String,
            _ => Kind::Any,
        }
    }

    /// The smallest and largest integer.
    pub(super) fn bounds(self) -> (Option<i64>, Option<i64>) {
        let bound = |name: &str| self.definition.get(name).and_then(Value::as_i64);
        let (minimum, maximum) = match self.definition["format"].as_str() {
            Some("uint8") => (Some(0), Some(i64::from(u8::MAX))),
            Some("uint16") => (Some(0), Some(i64::from(u16::MAX))),
            Some("uint32") => (Some(0), Some(i64::from(u32::MAX))),
            Some("uint" | "uint64") => (Some(0), None),
            Some("int32") => (Some(i64::from(i32::MIN)), Some(i64::from(i32::MAX))),
            _ => (None, None),
        };
        (bound("minimum").or(minimum), bound("maximum").or(maximum))
    }

    /// The known keys of a table, in the order of declaration.
    pub(super) fn properties(self) -> Vec<(&'a str, Self)> {
        let Some(properties) = self.definition.get("properties").and_then(Value::as_object) else {
            return Vec::new();
        };
        properties.iter().map(|(key, schema)| (key.as_str(), self.at(schema).required())).collect()
    }

    /// What a known key holds.
    pub(super) fn property(self, key: &str) -> Option<Self> {
        let schema = self.definition.get("properties")?.get(key)?;
        Some(self.at(schema).required())
    }

    /// What the entries of a map hold, whose keys are names.
    pub(super) fn entries(self) -> Option<Self> {
        let schema =
            self.definition.get("additionalProperties").filter(|schema| schema.is_object())?;
        Some(self.at(schema).required())
    }

    /// What the elements of an array hold.
    pub(super) fn items(self) -> Option<Self> {
        self.definition.get("items").map(|schema| self.at(schema).required())
    }

    /// The first paragraph of the documentation, in one line.
    pub(super) fn help(self) -> Option<String> {
        let text = self.site.get("description").or_else(|| self.definition.get("description"))?;
        let paragraph = text.as_str()?.split("\n\n").next().unwrap_or_default();
        Some(paragraph.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// What an absent table would hold here, were it there.
    pub(super) fn default(self) -> Option<toml::Value> {
        let default = self.site.get("default").filter(|default| !default.is_null())?;
        toml::Value::try_from(default).ok()
    }

    pub(super) fn is_secret(self) -> bool {
        self.definition["writeOnly"] == true
    }
}

/// Which key a late error is about, and what is wrong, without the value.
pub(super) fn key_and_reason(error: &::config::ConfigError) -> (Option<String>, String) {
    use ::config::ConfigError::{At, Type};
    match error {
        Type { key, expected, .. } => (key.clone(), format!("expected {expected}")),
        At { error, key, .. } => {
            let (inner, reason) = key_and_reason(error);
            (key.clone().or(inner), reason)
        }
        other => (None, other.to_string()),
    }
}
