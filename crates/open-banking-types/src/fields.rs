//! Fields of a request, read one by one, with errors that name the one at fault.

use serde_json::{Map, Value};

/// What is wrong with a request, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidField {
    /// The kind of fault.
    pub fault: FieldFault,
    /// The field at fault, dotted (`Data.EventTypes[1]`); empty for the document itself.
    pub path: String,
}

/// The kinds of fault of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldFault {
    /// A mandatory field is not there.
    Missing,
    /// A field that the closed schema does not have.
    Unknown,
    /// The right type with a value out of bounds.
    Value,
    /// Not of the expected JSON type; `null` is none.
    WrongType,
}

impl FieldFault {
    /// This fault of the field at `path`.
    pub(crate) fn at(self, path: &str) -> InvalidField {
        InvalidField { fault: self, path: path.to_owned() }
    }
}

/// An object, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'v> {
    members: &'v Map<String, Value>,
    path: &'static str,
}

impl<'v> Fields<'v> {
    /// The members of `value`, which stands at `path`.
    pub(crate) fn of(value: &'v Value, path: &'static str) -> Result<Self, InvalidField> {
        let members = value.as_object().ok_or_else(|| FieldFault::WrongType.at(path))?;
        Ok(Self { members, path })
    }

    /// Refuses members other than `known`.
    pub(crate) fn closed(self, known: &[&str]) -> Result<Self, InvalidField> {
        match self.members.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(FieldFault::Unknown.at(&self.path_of(shown(name)))),
            None => Ok(self),
        }
    }

    /// A member that must be there.
    pub(crate) fn required(self, name: &str) -> Result<&'v Value, InvalidField> {
        self.members.get(name).ok_or_else(|| FieldFault::Missing.at(&self.path_of(name)))
    }

    /// A text of 1 to `most` characters that must be there.
    pub(crate) fn text(self, name: &str, most: usize) -> Result<String, InvalidField> {
        text(self.required(name)?, most, &self.path_of(name))
    }

    /// A text of 1 to `most` characters that may be absent.
    pub(crate) fn optional_text(
        self,
        name: &str,
        most: usize,
    ) -> Result<Option<String>, InvalidField> {
        let value = self.members.get(name);
        value.map(|value| text(value, most, &self.path_of(name))).transpose()
    }

    /// Up to `count` texts of 1 to `most` characters each, which may be absent.
    pub(crate) fn optional_texts(
        self,
        name: &str,
        count: usize,
        most: usize,
    ) -> Result<Option<Vec<String>>, InvalidField> {
        let Some(value) = self.members.get(name) else { return Ok(None) };
        let path = self.path_of(name);
        let items = value.as_array().ok_or_else(|| FieldFault::WrongType.at(&path))?;
        if items.len() > count {
            return Err(FieldFault::Value.at(&path));
        }
        let texts = items.iter().enumerate();
        texts
            .map(|(index, item)| text(item, most, &format!("{path}[{index}]")))
            .collect::<Result<_, _>>()
            .map(Some)
    }

    fn path_of(self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}

/// A NUL says nothing to anybody, and PostgreSQL keeps none in a text.
fn text(value: &Value, most: usize, path: &str) -> Result<String, InvalidField> {
    let text = value.as_str().ok_or_else(|| FieldFault::WrongType.at(path))?;
    let length = text.chars().take(most + 1).count();
    if (1..=most).contains(&length) && !text.contains('\0') {
        Ok(text.to_owned())
    } else {
        Err(FieldFault::Value.at(path))
    }
}

/// The beginning of a name, so that a path stays within the 500 characters of OBIE's `Path`.
fn shown(name: &str) -> &str {
    name.char_indices().nth(SHOWN).map_or(name, |(end, _)| &name[..end])
}

/// Characters of an unknown member's name that are shown.
const SHOWN: usize = 128;
