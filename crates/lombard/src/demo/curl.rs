//! The story as curl commands, for a terminal.

use super::story::Story;
use crate::target::Target;
use crate::tpp::TOOLKIT_SCOPE;
use std::path::Path;

/// The commands, to be pasted as they are; `target` is the file that `--target` named, if any.
pub fn commands(story: &Story, target_file: Option<&Path>) -> String {
    let Some(tpp) = &story.tpp else { return String::new() };
    let target = &story.target;
    let name = tpp.files().name();
    let client_id = tpp.client_id();
    let where_to = match target_file {
        Some(file) => format!("--target {}", quoted(&file.display().to_string())),
        // The data directory is the one that the TPPs' directory lies in.
        None => {
            let directory = target.tpp_directory.parent().unwrap_or(Path::new("."));
            format!("--data-dir {}", quoted(&directory.display().to_string()))
        }
    };
    let program = program();
    let scope = TOOLKIT_SCOPE.replace(' ', "%20");
    let certificate = format!(
        "--cert {} --key {}",
        quoted(&tpp.files().path("transport.crt").display().to_string()),
        quoted(&tpp.files().path("transport.key").display().to_string())
    );
    [
        format!("export CURL_CA_BUNDLE={}", quoted(&target.ca.display().to_string())),
        format!(
            "ASSERTION=$({program} tpp assertion {name} {where_to})\n\
             TOKEN=$(curl -s -X POST {} {certificate} \\\n  \
             -H 'Content-Type: application/x-www-form-urlencoded' \\\n  \
             -d \"grant_type=client_credentials&scope={scope}&client_assertion_type=\
             urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion=$ASSERTION\
             &redirect_uri=https://www.google.com/redirects/redirect1&client_id={client_id}\" \\\n  \
             | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')",
            target.token_endpoint()
        ),
        create(story, target, client_id),
        poll(target, &certificate, r#"{"maxEvents": 5, "returnImmediately": true}"#),
    ]
    .join("\n\n")
}

fn create(story: &Story, target: &Target, client_id: &str) -> String {
    use base64::Engine;
    let event = crate::bank::sample_event(&*story.random).to_string();
    let request = base64::engine::general_purpose::STANDARD.encode(event);
    format!(
        "curl -X POST {} \\\n  -u {} \\\n  \
         -H 'x-wso2-client_id: {client_id}' -H 'x-wso2-resource_id: {}' \\\n  \
         --data-urlencode 'request={request}'",
        target.create_events_url(),
        quoted(&format!("{}:{}", target.bank_user, target.bank_password)),
        story.random.uuid_v4(),
    )
}

fn poll(target: &Target, certificate: &str, body: &str) -> String {
    format!(
        "curl -X POST {} {certificate} \\\n  \
         -H \"Authorization: Bearer $TOKEN\" \\\n  \
         -H 'accept: application/json; charset=utf-8' \\\n  \
         -H 'Content-Type: application/json; charset=utf-8' \\\n  \
         -d '{body}'",
        target.events_url()
    )
}

fn program() -> String {
    let path = std::env::current_exe().unwrap_or_else(|_| "lombard".into());
    quoted(&path.display().to_string())
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
