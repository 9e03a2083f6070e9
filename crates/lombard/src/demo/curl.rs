//! The story as curl commands, to be pasted into a terminal as they are.

use super::story::{StepError, Story};
use crate::bank::sample_event;
use crate::client_registration::{RegistrationDoor, RegistrationVersion};
use crate::tpp::{TOOLKIT_SCOPE, Tpp};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::path::Path;

/// A command with what it is for.
type Command = (&'static str, String);

/// The commands; `target_file` is what `--target` named, if anything.
pub fn commands(story: &Story, target_file: Option<&Path>) -> Result<String, StepError> {
    let tpp = story.tpp()?;
    let certificate = certificate_of(tpp);
    let poll = |body: &Value| poll(story, &certificate, body);
    let [sixth, seventh] = [5, 6].map(|index| story.created.get(index).cloned());
    let error = json!({ "err": "authentication_failed", "description": "The SET is not ours" });
    let commands: [Command; 12] = [
        ("curl trusts the deployment from now on", trust(story)),
        ("another TPP, and its registration request", request(story, tpp, target_file)),
        ("its registration, with its software statement", register(story, tpp)),
        ("a client assertion of the story's TPP", assertion(story, tpp, target_file)),
        ("a token, bound to the certificate", token(story, tpp, &certificate)),
        ("what is registered", read_registration(story, tpp, &certificate)),
        ("an event, from the bank", create(story, tpp)),
        ("a poll", poll(&json!({ "maxEvents": 5, "returnImmediately": true }))),
        (
            "a negative acknowledgement",
            poll(&json!({
                "maxEvents": 0,
                "setErrs": { sixth.clone().unwrap_or_default(): error },
            })),
        ),
        ("an acknowledgement and a poll", poll(&json!({ "ack": [seventh], "maxEvents": 2 }))),
        ("a poll through the Accelerator's door", accelerator_poll(story, tpp)),
        ("refused: without the certificate", self::poll(story, "", &json!({ "maxEvents": 0 }))),
    ];
    let commands = commands.map(|(purpose, command)| format!("# {purpose}\n{command}"));
    Ok(commands.join("\n\n"))
}

fn trust(story: &Story) -> String {
    format!("export CURL_CA_BUNDLE={}", path(&story.target.ca))
}

fn certificate_of(tpp: &Tpp) -> String {
    let [certificate, key] = ["transport.crt", "transport.key"].map(|name| tpp.files().path(name));
    format!(" \\\n  --cert {} --key {}", path(&certificate), path(&key))
}

fn request(story: &Story, tpp: &Tpp, target_file: Option<&Path>) -> String {
    let name = format!("{}-curl", tpp.files().name());
    let new = lombard_tpp(story, target_file, "new", &name);
    let request = lombard_tpp(story, target_file, "request", &name);
    format!("{new}\nREQUEST=$({request})")
}

fn register(story: &Story, tpp: &Tpp) -> String {
    let url = registration_url(story);
    let files = story.target.tpp_directory.join(format!("{}-curl", tpp.files().name()));
    let [certificate, key] = ["transport.crt", "transport.key"].map(|name| path(&files.join(name)));
    format!(
        "curl -X POST {url} \\\n  --cert {certificate} --key {key} \\\n  \
         -H 'Content-Type: application/jwt' -d \"$REQUEST\""
    )
}

fn read_registration(story: &Story, tpp: &Tpp, certificate: &str) -> String {
    let (url, client_id) = (registration_url(story), tpp.client_id());
    format!("curl {url}/{client_id}{certificate} \\\n  -H \"Authorization: Bearer $TOKEN\"")
}

fn registration_url(story: &Story) -> String {
    let version = RegistrationVersion::default();
    RegistrationDoor::of_gateway(&story.target, version).url().to_owned()
}

fn assertion(story: &Story, tpp: &Tpp, target_file: Option<&Path>) -> String {
    let command = lombard_tpp(story, target_file, "assertion", &tpp.files().name());
    format!("ASSERTION=$({command})")
}

/// `lombard tpp COMMAND NAME` with this program, on the deployment of the story.
fn lombard_tpp(story: &Story, target_file: Option<&Path>, command: &str, name: &str) -> String {
    let program = std::env::current_exe().unwrap_or_else(|_| "lombard".into());
    let tpps = &story.target.tpp_directory;
    // The TPPs' directory is `tpp` in the data directory.
    let directory = path(tpps.parent().unwrap_or(tpps));
    let target = target_file.map_or(String::new(), |file| format!(" --target {}", path(file)));
    let program = path(&program);
    format!("{program} --data-dir {directory} tpp {command} {name}{target}")
}

fn token(story: &Story, tpp: &Tpp, certificate: &str) -> String {
    let endpoint = story.target.token_endpoint();
    let scope = TOOLKIT_SCOPE.replace(' ', "%20");
    let client_id = tpp.client_id();
    format!(
        "TOKEN=$(curl -s -X POST {endpoint}{certificate} \\\n  \
         -H 'Content-Type: application/x-www-form-urlencoded' \\\n  \
         -d \"grant_type=client_credentials&scope={scope}\
         &client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer\
         &client_assertion=$ASSERTION&redirect_uri=https://tpp.example/redirect\
         &client_id={client_id}\" \\\n  \
         | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')"
    )
}

fn create(story: &Story, tpp: &Tpp) -> String {
    let resource = story.random.uuid_v4();
    let url = story.target.create_events_url();
    let header = format!("-H 'x-wso2-resource_id: {resource}' ");
    accelerator(story, tpp, &url, &header, &sample_event(&*story.random))
}

fn accelerator_poll(story: &Story, tpp: &Tpp) -> String {
    let url = format!("{}/api/openbanking/event-notifications/events", story.target.identity);
    accelerator(story, tpp, &url, "", &json!({ "maxEvents": 5, "returnImmediately": true }))
}

fn accelerator(story: &Story, tpp: &Tpp, url: &str, header: &str, request: &Value) -> String {
    let target = &story.target;
    let user = STANDARD.encode(format!("{}:{}", target.bank_user, target.bank_password));
    let client_id = tpp.client_id();
    let request = STANDARD.encode(request.to_string());
    format!(
        "curl -X POST {url} \\\n  \
         -H 'Authorization: Basic {user}' \\\n  \
         {header}-H 'x-wso2-client_id: {client_id}' \\\n  \
         --data-urlencode 'request={request}'"
    )
}

fn poll(story: &Story, certificate: &str, body: &Value) -> String {
    let url = story.target.events_url();
    let body = quoted(&body.to_string());
    format!(
        "curl -X POST {url}{certificate} \\\n  \
         -H \"Authorization: Bearer $TOKEN\" \\\n  \
         -H 'accept: application/json; charset=utf-8' \\\n  \
         -H 'Content-Type: application/json; charset=utf-8' \\\n  \
         -d {body}"
    )
}

fn path(path: &Path) -> String {
    quoted(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string())
}

/// `text` as one word of a POSIX shell.
fn quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-:@%+=,".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_with_a_quote_stays_one_word() {
        assert_eq!(quoted("it's here"), r"'it'\''s here'");
        assert_eq!(quoted("/tmp/a-b.crt"), "/tmp/a-b.crt");
        assert_eq!(quoted(""), "''");
    }
}
