//! A TPP's receiver of pushed events: checks each SET as a receiver should, prints it and answers, or
//! plays a bad receiver.

use crate::api_client::{ApiClient, CallError};
use crate::output::print_line;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use jose::{KeyError, KeySet, UnverifiedJws};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// A receiver.
#[derive(Debug)]
pub struct EventReceiver {
    client: ApiClient,
    jwks_url: String,
    manner: Manner,
    memory: Mutex<Memory>,
    /// Told when as many events have come as were asked for.
    enough: Notify,
}

/// What the receiver wants and how it behaves.
#[derive(Clone, Debug)]
pub struct Manner {
    /// The client id that SETs must be for, where it is known.
    pub audience: Option<String>,
    /// The status of every answer, whatever came.
    pub answer: Option<StatusCode>,
    /// What passes before it.
    pub delay: Duration,
    /// After how many events it is done.
    pub count: Option<usize>,
    /// Prints JSON.
    pub json: bool,
}

#[derive(Debug, Default)]
struct Memory {
    keys: Option<Arc<KeySet>>,
    seen: HashSet<String>,
    events: usize,
}

/// What a receiver reads of a SET's claims (RFC 8417 §2.2).
#[derive(Deserialize)]
struct Claims {
    jti: String,
    aud: Option<Audience>,
    events: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Why a SET is refused.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("for another audience")]
    Audience,
    #[error("not verified: {0}")]
    Key(String),
    #[error("the keys cannot be read: {0}")]
    Keys(#[from] KeysError),
    #[error("not a SET: {0}")]
    Request(String),
}

#[derive(Debug, thiserror::Error)]
enum KeysError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl EventReceiver {
    /// A receiver that verifies with the keys at `jwks_url`, read by `client`.
    pub fn new(client: ApiClient, jwks_url: String, manner: Manner) -> Arc<Self> {
        let (memory, enough) = (Mutex::default(), Notify::new());
        Arc::new(Self { client, jwks_url, manner, memory, enough })
    }

    /// Its doors: every path is a callback URL.
    pub fn routes(self: &Arc<Self>) -> impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static {
        let receiver = web::Data::from(Arc::clone(self));
        move |config| {
            config.app_data(receiver.clone()).default_service(web::post().to(receive));
        }
    }

    /// Waits until as many events have come as were asked for; for ever where no number was.
    pub async fn enough(&self) {
        self.enough.notified().await;
    }

    async fn judge(&self, set: &str) -> Result<Claims, Refusal> {
        let claims = self.verified(set).await?;
        let wanted = self.manner.audience.as_deref();
        let is_for_us = match (&claims.aud, wanted) {
            (_, None) => true,
            (Some(Audience::One(audience)), Some(wanted)) => audience == wanted,
            (Some(Audience::Several(all)), Some(wanted)) => all.iter().any(|one| one == wanted),
            (None, Some(_)) => false,
        };
        if is_for_us { Ok(claims) } else { Err(Refusal::Audience) }
    }

    /// Keys change: what does not verify is tried once more with those published now.
    async fn verified(&self, set: &str) -> Result<Claims, Refusal> {
        let known = self.lock().keys.clone();
        let verified = match known {
            Some(keys) => parse(set)?.verify_with_set(&keys).ok(),
            None => None,
        };
        let verified = if let Some(verified) = verified {
            verified
        } else {
            let parsed = parse(set)?;
            let keys = self.fetch_keys().await?;
            parsed.verify_with_set(&keys).map_err(|error| Refusal::Key(error.to_string()))?
        };
        verified.claims().map_err(|error| Refusal::Request(error.to_string()))
    }

    async fn fetch_keys(&self) -> Result<Arc<KeySet>, KeysError> {
        let document = self.client.get(&self.jwks_url).await?.expect(200)?;
        let keys = Arc::new(KeySet::parse(&document.to_string())?);
        self.lock().keys = Some(Arc::clone(&keys));
        Ok(keys)
    }

    /// Tells when as many have come as were asked for.
    fn tell_enough(&self) {
        let events = self.lock().events;
        if self.manner.count.is_some_and(|count| events >= count) {
            self.enough.notify_one();
        }
    }

    /// Counts an event and says whether it has come before.
    fn note(&self, jti: &str) -> bool {
        let mut memory = self.lock();
        memory.events += 1;
        !memory.seen.insert(jti.to_owned())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn print(&self, set: &str, judged: &Result<(Claims, bool), Refusal>, told: Told<'_>) {
        let Told { interaction_id, content_type, status } = told;
        let line = match judged {
            Ok((claims, is_repeat)) if self.manner.json => json!({
                "jti": claims.jti, "repeat": is_repeat, "events": claims.events, "set": set,
                "content_type": content_type, "interaction_id": interaction_id, "answer": status,
            })
            .to_string(),
            Ok((claims, is_repeat)) => {
                let types: Vec<_> = claims.events.keys().map(String::as_str).collect();
                let again = if *is_repeat { " again" } else { "" };
                format!("{}{again} {} -> {status}", claims.jti, types.join(" "))
            }
            Err(refusal) if self.manner.json => json!({
                "refused": refusal.to_string(), "set": set, "content_type": content_type,
                "interaction_id": interaction_id, "answer": status,
            })
            .to_string(),
            Err(refusal) => format!("refused, {refusal} -> {status}"),
        };
        // Whoever reads has left: the deliveries go on being answered.
        let _ = print_line(&line);
    }
}

/// What is printed beside the event.
#[derive(Clone, Copy)]
struct Told<'a> {
    interaction_id: &'a str,
    content_type: &'a str,
    status: u16,
}

async fn receive(
    request: HttpRequest,
    receiver: web::Data<EventReceiver>,
    body: String,
) -> HttpResponse {
    let header = |name: &str| {
        request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    };
    let (content_type, interaction_id) = (header("content-type"), header("x-fapi-interaction-id"));
    let set = set_of(content_type, &body);
    let judged = receiver.judge(&set).await.map(|claims| {
        let is_repeat = receiver.note(&claims.jti);
        (claims, is_repeat)
    });
    tokio::time::sleep(receiver.manner.delay).await;
    let answer = match (&judged, receiver.manner.answer) {
        (_, Some(status)) => HttpResponse::build(status).finish(),
        (Ok(_), None) => HttpResponse::Accepted().finish(),
        (Err(refusal), None) => refusal.answer(),
    };
    let status = answer.status().as_u16();
    receiver.print(&set, &judged, Told { interaction_id, content_type, status });
    receiver.tell_enough();
    answer
}

/// The SET itself, or that of WSO2's JSON.
fn set_of(content_type: &str, body: &str) -> String {
    let json = content_type.starts_with("application/json");
    let document: Option<Value> = json.then(|| serde_json::from_str(body).ok()).flatten();
    let set = document.and_then(|document| document["SET"].as_str().map(str::to_owned));
    set.unwrap_or_else(|| body.trim().to_owned())
}

fn parse(set: &str) -> Result<UnverifiedJws, Refusal> {
    UnverifiedJws::parse_understanding(set, MOST_BYTES, OPEN_BANKING_HEADERS)
        .map_err(|error| Refusal::Request(error.to_string()))
}

impl Refusal {
    /// RFC 8935 §2.3.
    fn answer(&self) -> HttpResponse {
        let err = match self {
            Self::Audience => "invalid_audience",
            Self::Key(_) => "invalid_key",
            // Nothing is wrong with the SET: it is welcome later.
            Self::Keys(_) => return HttpResponse::ServiceUnavailable().finish(),
            Self::Request(_) => "invalid_request",
        };
        HttpResponse::BadRequest()
            .insert_header(("content-language", "en"))
            .json(json!({ "err": err, "description": self.to_string() }))
    }
}

const MOST_BYTES: usize = 64 * 1024;
/// The critical headers of Open Banking's signing profile.
const OPEN_BANKING_HEADERS: &[&str] = &[
    "http://openbanking.org.uk/iat",
    "http://openbanking.org.uk/iss",
    "http://openbanking.org.uk/tan",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_comes_alone_or_in_wso2s_json() {
        assert_eq!(set_of("application/jwt", "a.b.c\n"), "a.b.c");
        let json = r#"{"notificationId":"1","SET":"a.b.c"}"#;
        assert_eq!(set_of("application/json; charset=UTF-8", json), "a.b.c");
        assert_eq!(set_of("application/json", "no JSON"), "no JSON");
    }

    #[test]
    fn what_is_no_jws_is_an_invalid_request_and_not_a_matter_of_keys() {
        let refusal = parse("no jws").err().unwrap();
        assert!(matches!(refusal, Refusal::Request(_)), "{refusal}");
        assert_eq!(refusal.answer().status(), 400);
    }
}
