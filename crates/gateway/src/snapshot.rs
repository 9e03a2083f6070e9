//! What is published and who subscribed, compiled for look-ups and never changed.

use crate::declarative::{ApiDefinition, DefinitionProblem, Operation, Subscriptions};
use crate::refusal::Envelope;
use actix_web::http::Method;
use actix_web::http::header::HeaderValue;
use std::collections::HashMap;
use std::sync::Arc;

/// Everything a call is judged by, of one moment.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) routes: Arc<Routes>,
    pub(crate) subscriptions: Arc<Subscriptions>,
}

/// The operations of all APIs.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    router: matchit::Router<usize>,
    resources: Vec<Resource>,
    contexts: Vec<Context>,
}

/// All operations of one path template, of one API or of several.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resource {
    operations: Vec<Route>,
    allow: Option<HeaderValue>,
}

/// An operation and its API.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) api: Arc<Api>,
    pub(crate) operation: Operation,
}

/// An API with what its calls need ready-made.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) definition: Arc<ApiDefinition>,
    pub(crate) envelope: Envelope,
    /// `WWW-Authenticate` of a token without any of the API's scopes.
    pub(crate) scope_challenge: Option<HeaderValue>,
}

/// A context and the envelope of the refusals below it that belong to no operation.
#[derive(Debug)]
struct Context {
    prefix: String,
    envelope: Envelope,
}

/// Collects APIs one by one; an API that clashes with those before it is refused whole.
#[derive(Clone, Debug, Default)]
pub(crate) struct RoutesBuilder {
    router: matchit::Router<usize>,
    resources: Vec<Resource>,
    /// Where the resource of a path's [`shape`] is.
    places: HashMap<String, usize>,
    apis: Vec<Arc<ApiDefinition>>,
}

impl Routes {
    /// The operations whose path template matches.
    pub(crate) fn resource(&self, path: &str) -> Option<&Resource> {
        self.router.at(path).ok().map(|found| &self.resources[*found.value])
    }

    /// The envelope of refusals below the context that `path` is below.
    pub(crate) fn context(&self, path: &str) -> Option<Envelope> {
        let below = |context: &&Context| {
            path.strip_prefix(context.prefix.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let deepest = self.contexts.iter().filter(below).max_by_key(|context| context.prefix.len());
        deepest.map(|context| context.envelope)
    }
}

impl Resource {
    /// The operation with this method.
    pub(crate) fn operation(&self, method: &Method) -> Option<&Route> {
        self.operations.iter().find(|route| route.operation.method == *method)
    }

    /// The methods there are, as `Allow` lists them.
    pub(crate) fn allow(&self) -> Option<&HeaderValue> {
        self.allow.as_ref()
    }
}

impl RoutesBuilder {
    /// Takes in an API, or says with which operation of which other API it clashes.
    pub(crate) fn add(&mut self, definition: &Arc<ApiDefinition>) -> Result<(), DefinitionProblem> {
        let refused = |line, message| DefinitionProblem::new(&definition.file, line, message);
        if let Some(other) = self.apis.iter().find(|other| other.name == definition.name) {
            let message = format!("name {} is that of {} too", other.name, other.file.display());
            return Err(refused(None, message));
        }
        let api = Arc::new(Api {
            definition: Arc::clone(definition),
            envelope: envelope(definition),
            scope_challenge: scope_challenge(&definition.scopes),
        });
        let mut extended = self.clone();
        for operation in &definition.operations {
            let route = Route { api: Arc::clone(&api), operation: operation.clone() };
            extended.insert(route).map_err(|message| refused(operation.line, message))?;
        }
        extended.apis.push(Arc::clone(definition));
        *self = extended;
        Ok(())
    }

    /// The routes of all APIs taken in.
    pub(crate) fn finish(self) -> Routes {
        let mut resources = self.resources;
        for resource in &mut resources {
            resource.allow = allow(&resource.operations);
        }
        Routes { router: self.router, resources, contexts: contexts(&self.apis) }
    }

    fn insert(&mut self, route: Route) -> Result<(), String> {
        let Operation { method, template, .. } = &route.operation;
        let context = &route.api.definition.context;
        let named = format!("{method} {context}{template}");
        let path = shape(context, template);
        let Some(place) = self.places.get(&path) else {
            let place = self.resources.len();
            self.router.insert(path.clone(), place).map_err(|error| format!("{named}: {error}"))?;
            self.places.insert(path, place);
            self.resources.push(Resource { operations: vec![route], allow: None });
            return Ok(());
        };
        let resource = &mut self.resources[*place];
        if let Some(other) = resource.operation(method) {
            let other = &other.api.definition.name;
            return Err(format!("{named} is an operation of API {other} already"));
        }
        resource.operations.push(route);
        Ok(())
    }
}

/// The path with its parameters numbered, so that templates that differ in names only are equal.
fn shape(context: &str, template: &str) -> String {
    let mut shape = context.to_owned();
    for (index, piece) in template.split('{').enumerate() {
        match piece.split_once('}') {
            Some((_, rest)) => {
                shape.push_str("{p");
                shape.push_str(&index.to_string());
                shape.push('}');
                shape.push_str(rest);
            }
            None => shape.push_str(piece),
        }
    }
    shape
}

fn contexts(apis: &[Arc<ApiDefinition>]) -> Vec<Context> {
    let mut contexts: Vec<Context> = Vec::new();
    for api in apis {
        if !contexts.iter().any(|context| context.prefix == api.context) {
            contexts.push(Context { prefix: api.context.clone(), envelope: envelope(api) });
        }
    }
    contexts
}

fn envelope(api: &ApiDefinition) -> Envelope {
    Envelope::new(api.error_format, &api.version)
}

fn allow(operations: &[Route]) -> Option<HeaderValue> {
    let mut methods: Vec<_> =
        operations.iter().map(|route| route.operation.method.as_str()).collect();
    methods.sort_unstable();
    HeaderValue::from_str(&methods.join(", ")).ok()
}

/// RFC 6750 §3.1: `scope` names what would have sufficed.
fn scope_challenge(scopes: &[String]) -> Option<HeaderValue> {
    let scopes = scopes.join(" ");
    let challenge =
        format!(r#"Bearer realm="WSO2 API Manager", error="insufficient_scope", scope="{scopes}""#);
    HeaderValue::from_str(&challenge).ok()
}
