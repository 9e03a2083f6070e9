//! The bank creates events; the TPP polls, reports errors and acknowledges: the four payloads of
//! the toolkit's page.

use super::report::Done;
use super::story::{StepError, Story, done};
use crate::api_client::{Answer, ApiClient};
use crate::bank::{NewEvent, create_event, sample_event};
use serde_json::{Value, json};

const CREATED: usize = 7;

/// Seven events, as the toolkit's page shows them.
pub async fn create(story: &mut Story) -> Result<Done, StepError> {
    let client = ApiClient::anonymous(&story.target.ca)?;
    let mut last = None;
    for _ in 0..CREATED {
        let information = sample_event(&*story.random);
        let resource = story.random.uuid_v4().to_string();
        let event = NewEvent {
            client_id: story.tpp()?.client_id(),
            information: &information,
            resource_id: &resource,
            fault: None,
            idempotency_key: None,
        };
        let answer = create_event(&client, &story.target, event).await?;
        let id = answer.json()["notificationsID"].as_str().map(str::to_owned);
        let (201, Some(id)) = (answer.status, id) else {
            return Err(StepError::unexpected(&answer, "event not created"));
        };
        story.created.push(id);
        last = Some(answer);
    }
    let last = last.ok_or(StepError::Untold("event"))?;
    Ok(done(&last, format!("{CREATED} events, the last {}", story.created[CREATED - 1])))
}

/// `{"maxEvents": 5, "returnImmediately": true}`: the five oldest.
pub async fn poll_five(story: &mut Story) -> Result<Done, StepError> {
    let body = json!({ "maxEvents": 5, "returnImmediately": true });
    let answer = poll(story, &body).await?;
    expect_sets(story, &answer, 0..5, true)?;
    Ok(done(&answer, "5 signed events, more available"))
}

/// `setErrs` with `maxEvents` 0: nothing is returned, the errors are recorded.
pub async fn report_errors(story: &mut Story) -> Result<Done, StepError> {
    let body = json!({
        "maxEvents": 0,
        "setErrs": { story.created[0].as_str(): error("authentication_failed") },
    });
    let answer = poll(story, &body).await?;
    expect_sets(story, &answer, 0..0, true)?;
    Ok(done(&answer, "1 error reported, nothing taken, more available"))
}

/// `ack` of two with `maxEvents` 2: the next two, unchanged since the first poll.
pub async fn acknowledge_two(story: &mut Story) -> Result<Done, StepError> {
    let body = json!({ "ack": story.created[1..3], "maxEvents": 2 });
    let answer = poll(story, &body).await?;
    expect_sets(story, &answer, 3..5, true)?;
    Ok(done(&answer, "2 acknowledged, the next 2 returned"))
}

/// `ack` with `setErrs` and `returnImmediately`: the last two.
pub async fn acknowledge_rest(story: &mut Story) -> Result<Done, StepError> {
    let body = json!({
        "ack": [story.created[3]],
        "setErrs": { story.created[4].as_str(): error("jwtIss") },
        "returnImmediately": true,
    });
    let answer = poll(story, &body).await?;
    expect_sets(story, &answer, 5..7, false)?;
    Ok(done(&answer, "1 acknowledged, 1 error reported, the last 2 returned, none left"))
}

fn error(code: &str) -> Value {
    json!({ "err": code, "description": "The SET could not be processed" })
}

async fn poll(story: &Story, body: &Value) -> Result<Answer, StepError> {
    Ok(story.tpp()?.poll(&story.token, body).await?)
}

/// 200 with exactly the created events in `range`; a SET seen before must not have changed.
fn expect_sets(
    story: &mut Story,
    answer: &Answer,
    range: std::ops::Range<usize>,
    more: bool,
) -> Result<(), StepError> {
    let body = answer.json();
    let sets = body["sets"].as_object().cloned().unwrap_or_default();
    let expected = &story.created[range];
    let complete = sets.len() == expected.len() && expected.iter().all(|id| sets.contains_key(id));
    if answer.status != 200 || !complete || body["moreAvailable"] != more {
        return Err(StepError::unexpected(answer, "not the expected events"));
    }
    for (id, set) in sets {
        let set = set.as_str().unwrap_or_default().to_owned();
        match story.sets.iter().find(|(seen, _)| *seen == id) {
            Some((_, before)) if *before != set => {
                return Err(StepError::unexpected(answer, format!("SET {id} has changed")));
            }
            Some(_) => {}
            None => story.sets.push((id, set)),
        }
    }
    Ok(())
}
