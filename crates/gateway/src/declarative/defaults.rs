//! The definitions that Lombard ships.

use std::fs;
use std::io;
use std::path::Path;

/// Directory name, `api.toml` and `openapi.yaml` of each shipped API.
const SHIPPED: [(&str, &str, &str); 9] = [
    (
        "aggregated-polling",
        include_str!("../../definitions/aggregated-polling/api.toml"),
        include_str!("../../definitions/aggregated-polling/openapi.yaml"),
    ),
    (
        "aggregated-polling-v4.0",
        include_str!("../../definitions/aggregated-polling-v4.0/api.toml"),
        include_str!("../../definitions/aggregated-polling-v4.0/openapi.yaml"),
    ),
    (
        "callback-urls",
        include_str!("../../definitions/callback-urls/api.toml"),
        include_str!("../../definitions/callback-urls/openapi.yaml"),
    ),
    (
        "callback-urls-v4.0",
        include_str!("../../definitions/callback-urls-v4.0/api.toml"),
        include_str!("../../definitions/callback-urls-v4.0/openapi.yaml"),
    ),
    (
        "dynamic-client-registration-v3.2.0",
        include_str!("../../definitions/dynamic-client-registration-v3.2.0/api.toml"),
        include_str!("../../definitions/dynamic-client-registration-v3.2.0/openapi.yaml"),
    ),
    (
        "dynamic-client-registration-v3.3.0",
        include_str!("../../definitions/dynamic-client-registration-v3.3.0/api.toml"),
        include_str!("../../definitions/dynamic-client-registration-v3.3.0/openapi.yaml"),
    ),
    (
        "dynamic-client-registration-v3.4.0",
        include_str!("../../definitions/dynamic-client-registration-v3.4.0/api.toml"),
        include_str!("../../definitions/dynamic-client-registration-v3.4.0/openapi.yaml"),
    ),
    (
        "event-subscriptions",
        include_str!("../../definitions/event-subscriptions/api.toml"),
        include_str!("../../definitions/event-subscriptions/openapi.yaml"),
    ),
    (
        "event-subscriptions-v4.0",
        include_str!("../../definitions/event-subscriptions-v4.0/api.toml"),
        include_str!("../../definitions/event-subscriptions-v4.0/openapi.yaml"),
    ),
];

/// Every TPP may poll for its events and subscribe to them.
const SUBSCRIPTIONS: &str = include_str!("../../definitions/subscriptions.toml");

/// Writes the shipped definitions below `directory` (`apis/NAME/…`) and `subscriptions.toml`, which
/// subscribes all roles to the event APIs. Files that exist are left as they are.
pub fn write_default_definitions(directory: &Path) -> io::Result<()> {
    for (name, toml, openapi) in SHIPPED {
        let api = directory.join("apis").join(name);
        fs::create_dir_all(&api)?;
        write_missing(&api.join("openapi.yaml"), openapi)?;
        write_missing(&api.join("api.toml"), toml)?;
    }
    write_missing(&directory.join("subscriptions.toml"), SUBSCRIPTIONS)
}

fn write_missing(file: &Path, text: &str) -> io::Result<()> {
    if file.exists() { Ok(()) } else { fs::write(file, text) }
}
