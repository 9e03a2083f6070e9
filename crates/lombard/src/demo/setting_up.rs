//! The first steps: a deployment that answers, a TPP, its registration, its token.

use super::report::Done;
use super::story::{StepError, Story, done};
use crate::api_client::{Answer, ApiClient};
use crate::client_registration::{
    RegisteredClient, RegistrationDoor, RegistrationVersion, RegistrationWish, register,
};
use crate::directory::{DirectoryClient, REDIRECT_URI, Wish};
use crate::subscribing::{await_subscription, except_from_roles, subscribe_to_allowed};
use crate::tpp::{TOOLKIT_SCOPE, Tpp};
use crate::tpp_files::{TppFiles, TppKind};
use service_kit::base62;

const ROLES: [&str; 3] = ["AISP", "PISP", "CBPII"];

/// The discovery document answers and names the token endpoint as the issuer.
pub async fn start(story: &mut Story) -> Result<Done, StepError> {
    let client = ApiClient::anonymous(&story.target.ca)?;
    let url = format!("{}/.well-known/openid-configuration", story.target.token_endpoint());
    let answer = client.get(&url).await?;
    let issuer = answer.json()["issuer"].as_str().unwrap_or_default().to_owned();
    if answer.status == 200 && issuer == story.target.token_endpoint() {
        Ok(done(&answer, format!("issuer {issuer}; APIs at {}", story.target.api)))
    } else {
        Err(StepError::unexpected(&answer, "not the expected discovery document"))
    }
}

/// Two TPPs with keys and certificates: the story's, and one for the refusals.
pub async fn new_tpp(story: &mut Story) -> Result<Done, StepError> {
    let name = format!("demo-{}", base62(&*story.random, 8));
    let files = make(story, &name).await?;
    let record = files.record()?;
    make(story, &format!("{name}-other")).await?;
    story.name = Some(name.clone());
    Ok(Done {
        request: format!("lombard tpp new {name}"),
        status: None,
        detail: format!("{}, {}", record.subject_dn(), files.directory().display()),
    })
}

/// Both register; the second one does without what its roles are subscribed to.
pub async fn register_tpp(story: &mut Story) -> Result<Done, StepError> {
    let name = story.name.clone().ok_or(StepError::Untold("TPP"))?;
    let files = files(story, &name)?;
    let (registered, answer) = register_as(story, &files).await?;
    let apis = subscribe_to_allowed(&story.target, &registered)?;
    let other = self::files(story, &format!("{name}-other"))?;
    let (excepted, _) = register_as(story, &other).await?;
    except_from_roles(&story.target, &excepted)?;
    let tpp = Tpp::open(&story.target, files)?;
    await_subscription(&tpp, true, story.clock.now(), &*story.random).await?;
    let other = Tpp::open(&story.target, other)?;
    await_subscription(&other, false, story.clock.now(), &*story.random).await?;
    story.tpp = Some(tpp);
    story.other = Some(other);
    let apis = apis.join(", ");
    Ok(done(&answer, format!("client {}, subscribed to {apis}", registered.client_id)))
}

/// A token bound to the transport certificate; the scope that no client is given is dropped.
pub async fn token(story: &mut Story) -> Result<Done, StepError> {
    let tpp = story.tpp()?;
    let assertion = tpp.assertion(story.clock.now(), &*story.random)?;
    let answer = tpp.request_token(&assertion, TOOLKIT_SCOPE).await?;
    let body = answer.json();
    match body["access_token"].as_str() {
        Some(token) if answer.status == 200 => {
            let detail = format!(
                "{} for {} s, scope {}",
                body["token_type"].as_str().unwrap_or_default(),
                body["expires_in"],
                body["scope"].as_str().unwrap_or_default()
            );
            token.clone_into(&mut story.token);
            story.assertion = assertion;
            Ok(done(&answer, detail))
        }
        _ => Err(StepError::unexpected(&answer, "no token")),
    }
}

/// By software statement, through the gateway.
async fn register_as(
    story: &Story,
    files: &TppFiles,
) -> Result<(RegisteredClient, Answer), StepError> {
    let door = RegistrationDoor::of_gateway(&story.target, RegistrationVersion::default());
    let wish = (&door, RegistrationWish::default());
    Ok(register(&story.target, files, wish, story.clock.now(), &*story.random).await?)
}

async fn make(story: &Story, name: &str) -> Result<TppFiles, StepError> {
    let wish = Wish {
        name: name.to_owned(),
        roles: ROLES.map(str::to_owned).to_vec(),
        organisation: None,
        redirect_uris: vec![REDIRECT_URI.to_owned()],
        kind: TppKind::Legacy,
        transport_defect: None,
        signing_defect: None,
    };
    let files = files(story, name)?;
    files.create(&DirectoryClient::of(&story.target)?.new_tpp(&wish).await?)?;
    Ok(files)
}

fn files(story: &Story, name: &str) -> Result<TppFiles, StepError> {
    Ok(TppFiles::named(&story.target.tpp_directory, name)?)
}
