//! Readers of what strangers send, for the fuzz targets; no part of the interface.

pub use crate::registration::fuzzing::{registration_request, software_statement};

use crate::form::Form;

/// The fields of a form, decoded and in their order; `None` where it is refused.
#[must_use]
pub fn form_fields(body: &[u8]) -> Option<Vec<(String, String)>> {
    let form = Form::parse(Some("application/x-www-form-urlencoded"), body).ok()?;
    Some(form.fields().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}
