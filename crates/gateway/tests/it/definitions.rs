//! The shipped definition of the aggregated polling API.

use gateway::declarative::write_default_definitions;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const SHIPPED: &str = include_str!("../../definitions/aggregated-polling/openapi.yaml");
const STANDARD: &str = "v3.1.10/events-openapi.yaml";

/// The standard's file, from `OBIE_SPECS` or from `shared/specs/obie` beside the repository.
fn standard() -> Option<PathBuf> {
    let named = std::env::var_os("OBIE_SPECS").map(PathBuf::from);
    let ancestors = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let folders = named.into_iter().chain(ancestors.map(|folder| folder.join("shared/specs/obie")));
    folders.map(|folder| folder.join(STANDARD)).find(|file| file.is_file())
}

fn properties(document: &Value, schema: &str) -> BTreeSet<String> {
    let properties = &document["components"]["schemas"][schema]["properties"];
    properties.as_object().unwrap_or_else(|| panic!("{schema}")).keys().cloned().collect()
}

#[test]
fn the_shipped_file_is_the_aggregated_polling_api() {
    let document: Value = serde_saphyr::from_str(SHIPPED).unwrap();
    assert_eq!(document["info"]["title"], "Aggregated Polling API");
    assert!(document["paths"]["/events"]["post"].is_object());
    assert_eq!(
        properties(&document, "OBEventPolling1"),
        ["ack", "maxEvents", "returnImmediately", "setErrs"].map(String::from).into()
    );
    assert_eq!(
        properties(&document, "OBEventPollingResponse1"),
        ["moreAvailable", "sets"].map(String::from).into()
    );
    assert_eq!(
        properties(&document, "OBErrorResponse1"),
        ["Code", "Errors", "Id", "Message"].map(String::from).into()
    );
}

#[test]
fn the_shipped_file_has_the_standards_property_names() {
    let Some(file) = standard() else {
        eprintln!("SKIPPED: no OBIE files beside the repository (OBIE_SPECS names their folder)");
        return;
    };
    let standard = std::fs::read_to_string(file).unwrap();
    let standard: Value = serde_saphyr::from_str(&standard).unwrap();
    let shipped: Value = serde_saphyr::from_str(SHIPPED).unwrap();
    for schema in ["OBEventPolling1", "OBEventPollingResponse1", "OBErrorResponse1", "OBError1"] {
        assert_eq!(properties(&shipped, schema), properties(&standard, schema), "{schema}");
    }
}

#[test]
fn default_definitions_do_not_overwrite_what_is_there() {
    let directory = tempfile::tempdir().unwrap();
    write_default_definitions(directory.path()).unwrap();
    let api = directory.path().join("apis/aggregated-polling/api.toml");
    std::fs::write(&api, "mine").unwrap();
    write_default_definitions(directory.path()).unwrap();
    assert_eq!(std::fs::read_to_string(&api).unwrap(), "mine");
    assert!(Path::exists(&directory.path().join("subscriptions.toml")));
}
