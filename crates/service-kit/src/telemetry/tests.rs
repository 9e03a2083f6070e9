use super::{LogFormat, TelemetryConfig, subscriber};
use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("one writer").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What `log` writes in `format`.
fn written(format: LogFormat, log: impl FnOnce()) -> String {
    let captured = Captured::default();
    let writer = captured.clone();
    let config = TelemetryConfig { format, ..TelemetryConfig::default() };
    let subscriber = subscriber(&config, move || writer.clone()).expect("a valid filter");
    tracing::subscriber::with_default(subscriber, log);
    let bytes = captured.0.lock().expect("no writer left").clone();
    String::from_utf8(bytes).expect("lines are UTF-8")
}

const HOSTILE: &str = "x\r\n2026 INFO audit: forged=1 \u{1b}[2J\u{9b}1A\u{2028}\u{202e}\0";

#[test]
fn line_breaks_and_escapes_in_a_field_stay_inside_one_line_of_text() {
    let text = written(LogFormat::Text, || tracing::info!(client_id = HOSTILE, "{HOSTILE}"));
    assert_eq!(text.matches('\n').count(), 1, "{text:?}");
    assert!(text.ends_with('\n'));
    assert!(text.trim_end().chars().all(|character| !character.is_control()), "{text:?}");
    assert!(text.contains(r#"client_id="x\r\n2026 INFO audit: forged=1 \u001b[2J"#), "{text:?}");
    assert!(text.contains(r": x\r\n2026 INFO audit: forged=1 \u{1b}[2J\u{9b}1A\u{2028}\u{202e}"));
}

#[test]
fn line_breaks_and_escapes_in_a_field_stay_inside_one_json_object() {
    let text = written(LogFormat::Json, || tracing::info!(client_id = HOSTILE, "{HOSTILE}"));
    assert_eq!(text.matches('\n').count(), 1, "{text:?}");
    assert!(text.trim_end().chars().all(|character| !character.is_control()), "{text:?}");
    let object: serde_json::Value = serde_json::from_str(&text).expect("one JSON object");
    let client_id = object["client_id"].as_str().expect("a text");
    assert!(client_id.starts_with("x\r\n2026 INFO audit"), "{client_id:?}");
}

#[test]
fn a_field_of_a_megabyte_is_cut() {
    let long = "é".repeat(500_000);
    for format in [LogFormat::Text, LogFormat::Json] {
        let text = written(format, || tracing::info!(value = %long, debug = ?long, "{long}"));
        assert!(text.len() < 7_000, "{} bytes", text.len());
        assert_eq!(text.matches("…(cut)").count(), 3);
    }
}

#[test]
fn hostile_fields_of_spans_stay_inside_one_line() {
    for format in [LogFormat::Text, LogFormat::Json] {
        let text = written(format, || {
            tracing::info_span!("request", id = HOSTILE).in_scope(|| tracing::info!("inside"));
        });
        assert_eq!(text.matches('\n').count(), 1, "{text:?}");
        assert!(text.contains("request{id="), "{text:?}");
    }
}

#[test]
fn numbers_and_truth_values_keep_their_types_in_json() {
    let text = written(LogFormat::Json, || {
        tracing::warn!(target: "audit", count = 3, ok = true, reason = "why", "done");
    });
    let mut object: serde_json::Value = serde_json::from_str(&text).expect("one JSON object");
    object.as_object_mut().expect("an object").remove("time");
    assert_eq!(
        object,
        serde_json::json!({"level": "WARN", "target": "audit", "message": "done",
                           "count": 3, "ok": true, "reason": "why"})
    );
}

#[test]
fn the_filter_decides_what_is_written() {
    let text = written(LogFormat::Text, || tracing::debug!("not at info"));
    assert_eq!(text, "");
    let config = TelemetryConfig { filter: "a=b=c".to_owned(), ..TelemetryConfig::default() };
    assert!(subscriber(&config, io::stderr).is_err());
}
