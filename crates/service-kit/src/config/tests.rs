use super::{ConfigError, Secret, Sources, check, load, reference};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, io::Write, net::SocketAddr};
use tempfile::NamedTempFile;

/// Everything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct Example {
    /// What it is for.
    ///
    /// A second paragraph, which the reference leaves out.
    mode: Mode,
    /// Where it listens.
    listener: Listener,
    /// Seconds that a call
    /// may take.
    timeout_seconds: u32,
    /// Names to listen to.
    names: Vec<String>,
    /// Ports to listen on.
    ports: Vec<u16>,
    /// Who may call.
    user: Vec<User>,
    /// Other services: name and base URL.
    peers: BTreeMap<String, String>,
    /// The outside URL.
    public_url: Option<String>,
    /// A second listener.
    second: Option<Listener>,
    /// Whether to create what is missing.
    create: bool,
}

/// How it runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Mode {
    /// Loose.
    Sandbox,
    /// Strict.
    Production,
}

/// A listener.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct Listener {
    /// Address and port.
    bind: SocketAddr,
    /// The port to show.
    port: u16,
    /// The password to it.
    password: Secret,
}

/// A user.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct User {
    /// Who.
    name: String,
    /// How often at most.
    limit: Option<u32>,
}

impl Default for Example {
    fn default() -> Self {
        Self {
            mode: Mode::Sandbox,
            listener: Listener::default(),
            timeout_seconds: 65,
            names: vec!["a".to_owned(), "b".to_owned()],
            ports: Vec::new(),
            user: Vec::new(),
            peers: BTreeMap::from([("event-service".to_owned(), "https://localhost".to_owned())]),
            public_url: None,
            second: None,
            create: true,
        }
    }
}

impl Default for Listener {
    fn default() -> Self {
        let bind = "127.0.0.1:9446".parse().expect("an address");
        Self { bind, port: 9446, password: Secret::default() }
    }
}

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a temporary file");
    file.write_all(text.as_bytes()).expect("a writable file");
    file
}

fn load_file(text: &str) -> Result<Example, ConfigError> {
    load(&Sources { file: Some(file(text).path()), ..Sources::default() })
}

/// The problems of a file, its path left out.
fn problems(text: &str) -> Vec<String> {
    let file = file(text);
    let error = check::<Example>(file.path()).expect_err("a file with problems");
    let path = format!("{}:", file.path().display());
    error.problems().iter().map(|problem| problem.replace(&path, "")).collect()
}

fn load_environment(variables: &[(&str, &str)]) -> Result<Example, ConfigError> {
    let environment = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    load(&Sources { environment: environment.collect(), ..Sources::default() })
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_nearest_known_key() {
    assert_eq!(
        problems("create = true\n\n[listener]\nprot = 1\n"),
        ["4: unknown key `listener.prot`; did you mean `listener.port`?"]
    );
}

#[test]
fn an_unknown_key_that_belongs_elsewhere_is_sent_there() {
    assert_eq!(
        problems("listener_password = \"x\"\n"),
        ["1: unknown key `listener_password`; did you mean `listener.password`?"]
    );
}

#[test]
fn a_wrong_type_is_refused_with_key_line_and_what_was_expected() {
    let text = "mode = \"test\"\ntimeout_seconds = \"65\"\n[listener]\nport = 70000\n";
    assert_eq!(
        problems(text),
        [
            "1: `mode`: expected one of \"sandbox\", \"production\", found a string",
            "2: `timeout_seconds`: expected an integer from 0 to 4294967295, found a string",
            "4: `listener.port`: expected an integer from 0 to 65535, found 70000",
        ]
    );
}

#[test]
fn a_value_that_its_own_type_refuses_is_refused_with_its_line() {
    let problems = problems("create = true\n[listener]\nbind = \"nowhere\"\n");
    assert_eq!(problems.len(), 1);
    assert!(problems[0].starts_with("3: listener.bind: "), "{problems:?}");
}

#[test]
fn text_that_is_not_toml_is_refused_with_its_line() {
    let problems = problems("create = true\nport = = 1\n");
    assert!(problems[0].starts_with("2: "), "{problems:?}");
}

#[test]
fn problems_inside_lists_of_tables_name_the_element() {
    assert_eq!(
        problems("[[user]]\nname = \"a\"\n[[user]]\nnmae = \"b\"\nlimit = true\n"),
        [
            "4: unknown key `user[1].nmae`; did you mean `user[1].name`?",
            "5: `user[1].limit`: expected an integer from 0 to 4294967295, found true",
        ]
    );
}

#[test]
fn an_unknown_variable_is_refused_with_the_nearest_known_key() {
    let error = load_environment(&[("LOMBARD__LISTENER__PROT", "1")]).expect_err("unknown");
    assert_eq!(
        error.to_string(),
        "environment variable LOMBARD__LISTENER__PROT: unknown key `listener.prot`; did you mean \
         `listener.port`?"
    );
}

#[test]
fn a_variable_of_the_wrong_type_is_refused_without_its_value() {
    let error = load_environment(&[("LOMBARD__CREATE", "hunter2")]).expect_err("not a boolean");
    assert_eq!(
        error.to_string(),
        "environment variable LOMBARD__CREATE: `create`: expected true or false, found a string"
    );
}

#[test]
fn a_missing_file_is_an_error() {
    let sources =
        Sources { file: Some("/nonexistent/lombard.toml".as_ref()), ..Sources::default() };
    let error = load::<Example>(&sources).expect_err("no file");
    assert!(error.to_string().starts_with("/nonexistent/lombard.toml: "), "{error}");
}

#[test]
fn without_sources_the_defaults_hold() {
    assert_eq!(load::<Example>(&Sources::default()), Ok(Example::default()));
}

#[test]
fn each_layer_overrides_the_one_below() {
    let file = file(
        "timeout_seconds = 1\nnames = [\"c\"]\nmode = \"production\"\n[listener]\nport = 1\n\
         [peers]\nother = \"https://other\"\n[[user]]\nname = \"u\"\nlimit = 3\n",
    );
    let loaded: Example = load(&Sources {
        file: Some(file.path()),
        environment: vec![
            ("LOMBARD__LISTENER__PORT".into(), "2".into()),
            ("LOMBARD__TIMEOUT_SECONDS".into(), "2".into()),
            ("PATH".into(), "/bin".into()),
        ],
        overrides: vec![("timeout_seconds".into(), "3".into())],
    })
    .expect("valid layers");
    assert_eq!(loaded.timeout_seconds, 3);
    assert_eq!(loaded.listener, Listener { port: 2, ..Listener::default() });
    assert_eq!(loaded.names, ["c"]);
    assert_eq!(loaded.mode, Mode::Production);
    assert_eq!(loaded.user, [User { name: "u".into(), limit: Some(3) }]);
    assert_eq!(loaded.peers["event-service"], "https://localhost");
    assert_eq!(loaded.peers["other"], "https://other");
    assert!(loaded.create);
}

#[test]
fn variables_hold_strings_as_they_are_lists_by_commas_and_names_of_maps() {
    let loaded = load_environment(&[
        ("LOMBARD__PUBLIC_URL", "8243"),
        ("LOMBARD__NAMES", "x, y"),
        ("LOMBARD__PORTS", "[80, 443]"),
        ("LOMBARD__PEERS__EVENT_SERVICE", "https://events:9447"),
        ("LOMBARD__USER", "[{ name = \"u\" }]"),
        ("LOMBARD__LISTENER__PASSWORD", "p#\"w"),
        ("LOMBARD__SECOND__PORT", "1"),
    ])
    .expect("valid variables");
    assert_eq!(loaded.public_url.as_deref(), Some("8243"));
    assert_eq!(loaded.names, ["x", "y"]);
    assert_eq!(loaded.ports, [80, 443]);
    assert_eq!(loaded.peers["event-service"], "https://events:9447");
    assert_eq!(loaded.user, [User { name: "u".into(), limit: None }]);
    assert_eq!(loaded.listener.password.expose(), "p#\"w");
    assert_eq!(loaded.second, Some(Listener { port: 1, ..Listener::default() }));
}

#[test]
fn the_reference_lists_every_key_and_loads_as_the_defaults() {
    let page = reference::<Example>();
    assert_eq!(load_file(&page), Ok(Example::default()), "{page}");
    assert_eq!(page, REFERENCE);
}

#[test]
fn a_secret_is_never_shown_and_its_mask_is_not_a_secret() {
    let secret = Secret::new("hunter2");
    assert_eq!(format!("{secret:?}"), "[secret]");
    assert_eq!(serde_json::to_string(&secret).expect("serialises"), "\"[secret]\"");
    assert!(serde_json::from_str::<Secret>("\"[secret]\"").is_err());
}

const REFERENCE: &str = r#"# Every key with its default. A key can also be set in the environment: LOMBARD__SECTION__KEY,
# lists separated by commas. Keys that are commented out have no default.

# What it is for.
# One of "sandbox", "production".
mode = "sandbox"
# Seconds that a call may take.
timeout_seconds = 65
# Names to listen to.
names = ["a", "b"]
# Ports to listen on.
ports = []
# The outside URL.
#public_url = ""
# Whether to create what is missing.
create = true

# Where it listens.
[listener]
# Address and port.
bind = "127.0.0.1:9446"
# The port to show.
port = 9446
# The password to it.
#password = ""

# Who may call.
#[[user]]
# Who.
#name = ""
# How often at most.
#limit = 0

# Other services: name and base URL.
[peers]
event-service = "https://localhost"

# A second listener.
#[second]
# Address and port.
#bind = "127.0.0.1:9446"
# The port to show.
#port = 9446
# The password to it.
#password = ""
"#;
