//! One event, one line: control characters escaped, long values cut.

use serde_json::{Number, Value};
use std::fmt::{self, Debug, Write};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    field::RecordFields,
    fmt::{
        FmtContext, FormatEvent, FormatFields, FormattedFields,
        format::Writer,
        time::{FormatTime, SystemTime},
    },
    registry::{LookupSpan, Scope},
};

/// Writes events as text or JSON.
pub(super) struct LineFormat {
    pub(super) json: bool,
}

/// Writes the fields of spans as text, in both formats.
pub(super) struct SpanFields;

impl<S, N> FormatEvent<S, N> for LineFormat
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let line = Line { spans: spans(context)?, event, fields };
        if self.json { line.write_json(writer) } else { line.write_text(writer) }
    }
}

impl<'writer> FormatFields<'writer> for SpanFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut recorded = Fields::default();
        fields.record(&mut recorded);
        write_pairs(writer, &recorded.pairs, "")
    }
}

struct Line<'a, 'event> {
    spans: String,
    event: &'a Event<'event>,
    fields: Fields,
}

impl Line<'_, '_> {
    fn write_text(&self, mut writer: Writer<'_>) -> fmt::Result {
        let metadata = self.event.metadata();
        SystemTime.format_time(&mut writer)?;
        write!(writer, " {:>5} {}:", metadata.level(), metadata.target())?;
        if !self.spans.is_empty() {
            write!(writer, " {}:", self.spans)?;
        }
        if let Some(message) = &self.fields.message {
            write!(writer, " {}", Escaped(message))?;
        }
        write_pairs(writer.by_ref(), &self.fields.pairs, " ")?;
        writeln!(writer)
    }

    /// Written piece by piece: every token leaves a line, and a map of its members would cost more
    /// than the line.
    fn write_json(&self, mut writer: Writer<'_>) -> fmt::Result {
        let metadata = self.event.metadata();
        writer.write_str("{\"time\":\"")?;
        SystemTime.format_time(&mut writer)?;
        write!(writer, "\",\"level\":\"{}\"", metadata.level())?;
        write_member(&mut writer, "target", metadata.target())?;
        if let Some(message) = &self.fields.message {
            write_member(&mut writer, "message", message)?;
        }
        if !self.spans.is_empty() {
            write_member(&mut writer, "spans", &self.spans)?;
        }
        for (name, value) in &self.fields.pairs {
            // A field must not pass for what the line itself says, nor stand there twice.
            let prefix = if OWN_MEMBERS.contains(name) { "field." } else { "" };
            match value {
                Value::String(text) => {
                    write!(writer, ",\"{prefix}{name}\":")?;
                    write_json_text(&mut writer, text)?;
                }
                value => write!(writer, ",\"{prefix}{name}\":{value}")?,
            }
        }
        writer.write_str("}\n")
    }
}

fn write_member(writer: &mut Writer<'_>, name: &str, text: &str) -> fmt::Result {
    write!(writer, ",\"{name}\":")?;
    write_json_text(writer, text)
}

/// A JSON string.
fn write_json_text(writer: &mut Writer<'_>, text: &str) -> fmt::Result {
    if text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
        writer.write_char('"')?;
        writer.write_str(text)?;
        writer.write_char('"')
    } else {
        write!(writer, "{}", Value::from(text))
    }
}

/// What an event or a span recorded.
#[derive(Default)]
struct Fields {
    message: Option<String>,
    pairs: Vec<(&'static str, Value)>,
}

impl Fields {
    fn push(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(message)) => self.message = Some(message),
            (name, value) => self.pairs.push((name, value)),
        }
    }
}

impl Visit for Fields {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.push(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.push(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.push(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.push(field, Number::from_f64(value).map_or(Value::Null, Value::Number));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        // Plain ASCII needs no look at each character.
        if value.len() <= LONGEST_VALUE && value.bytes().all(|byte| byte < 0x7f) {
            self.push(field, value.into());
        } else {
            self.record_debug(field, &format_args!("{value}"));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = BoundedText::default();
        // An error means that the text is full, and it says so itself.
        let _ = write!(text, "{value:?}");
        self.push(field, text.0.into());
    }
}

/// Text of at most [`LONGEST_VALUE`] bytes without the characters that JSON does not escape and that
/// a terminal or a reader may take for something else.
#[derive(Default)]
struct BoundedText(String);

impl Write for BoundedText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            if self.0.len() >= LONGEST_VALUE {
                self.0.push_str(CUT);
                return Err(fmt::Error);
            }
            if is_deceptive(character) {
                write!(self.0, "{}", character.escape_unicode())?;
            } else {
                self.0.push(character);
            }
        }
        Ok(())
    }
}

/// Delete, C1 controls, line and paragraph separators, and marks that change the direction of text.
fn is_deceptive(character: char) -> bool {
    matches!(character, '\u{7f}'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The remaining control characters escaped, for text.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            if character.is_control() {
                write!(f, "{}", character.escape_default())?;
            } else {
                f.write_char(character)?;
            }
        }
        Ok(())
    }
}

/// `key=value` pairs; texts that could be taken for further pairs are quoted.
fn write_pairs(
    mut writer: Writer<'_>,
    pairs: &[(&'static str, Value)],
    mut separator: &str,
) -> fmt::Result {
    for (name, value) in pairs {
        write!(writer, "{separator}{name}=")?;
        match value {
            Value::String(text) if is_plain(text) => writer.write_str(text)?,
            // JSON's own quoting escapes quotes, backslashes and control characters.
            value => write!(writer, "{value}")?,
        }
        separator = " ";
    }
    Ok(())
}

fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|character| {
            !character.is_control() && !character.is_whitespace() && !matches!(character, '=' | '"')
        })
}

/// The spans around an event, outermost first, with their fields.
fn spans<S, N>(context: &FmtContext<'_, S, N>) -> Result<String, fmt::Error>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    let mut text = String::new();
    for span in context.event_scope().into_iter().flat_map(Scope::from_root) {
        if !text.is_empty() {
            text.push(':');
        }
        text.push_str(span.name());
        let extensions = span.extensions();
        match extensions.get::<FormattedFields<N>>() {
            Some(fields) if !fields.is_empty() => write!(text, "{{{}}}", fields.fields)?,
            _ => {}
        }
    }
    Ok(text)
}

const LONGEST_VALUE: usize = 2048;
const OWN_MEMBERS: [&str; 5] = ["time", "level", "target", "message", "spans"];
const CUT: &str = "…(cut)";
