//! From a request to the module of its service, and back to the shape of its protocol. It must
//! not know what any operation does.

use serde_json::Value;

use super::call::Principal;
use super::call::{Call, Scope, Service, partition_of};
use super::faults::Fault;
use super::query::{Form, wrap};
use super::refusal::Refusal;
use super::state::State;
use super::wire::{Request, Response};
use super::{enforce, iam, parameters, redshift, s3, secrets, serverless, sns, sts};

/// What is known of a request before it is carried out.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub scope: Scope,
    /// None for a request without a scope, or of a service that the sandbox does not have.
    pub service: Option<Service>,
    pub principal: Option<Principal>,
    pub operation: String,
    pub resource: String,
    pub write: bool,
}

impl Arrival {
    pub fn of(state: &State, request: &Request) -> Self {
        let scope = Scope::of(request).unwrap_or_default();
        let service = Service::named(&scope.service);
        let (operation, resource) = match service {
            Some(Service::S3) => (s3::operation(request), s3::resource(request)),
            Some(Service::RedshiftServerless) => (target(request), serverless::resource(request)),
            Some(Service::SecretsManager) => (target(request), secrets::resource(request)),
            Some(service) => {
                let form = Form::of(request);
                let operation = form.get("Action").unwrap_or_default().to_owned();
                (operation, resource(service, &form))
            }
            None => (target(request), String::new()),
        };
        let reads = ["Get", "List", "Head", "Describe"];
        Self {
            principal: state.principal(&scope.access_key_id),
            write: !reads.iter().any(|r| operation.starts_with(r)),
            scope,
            service,
            operation,
            resource,
        }
    }

    fn call(&self, state: &mut State) -> Option<Call> {
        let service = self.service?;
        let n = state.number();
        Some(Call {
            service,
            region: self.scope.region.clone(),
            partition: partition_of(&self.scope.region),
            principal: self.principal.clone()?,
            operation: self.operation.clone(),
            request_id: match service {
                Service::S3 => format!("SANDBOX{n:09}"),
                _ => format!("00000000-5a5a-4b4b-8c8c-{n:012x}"),
            },
        })
    }
}

/// Carries a request out.
pub fn answer(state: &mut State, arrival: &Arrival, request: &Request) -> Response {
    let outcome = attempt(state, arrival, request);
    finish(state, arrival, request, outcome)
}

/// Answers with a fault instead, for those faults that are an answer.
pub fn refuse(
    state: &mut State,
    arrival: &Arrival,
    request: &Request,
    fault: Fault,
) -> Option<Response> {
    let call = arrival.call(state)?;
    let needs = enforce::needs(state, &call, request);
    let (action, arn) = needs.into_iter().next().unwrap_or_default();
    let refusal = fault.refusal(call.service, &call.caller(), &action, &arn)?;
    Some(finish(state, arrival, request, Err(refusal)))
}

fn attempt(state: &mut State, arrival: &Arrival, request: &Request) -> Result<Response, Refusal> {
    let Some(service) = arrival.service else {
        if arrival.scope == Scope::default() {
            let words = "Request is missing Authentication Token";
            return Err(Refusal::new(403, "MissingAuthenticationToken", words));
        }
        let (service, operation) = (&arrival.scope.service, &arrival.operation);
        return Err(Refusal::not_implemented(service, operation));
    };
    let Some(call) = arrival.call(state) else {
        let key = &arrival.scope.access_key_id;
        return Err(Refusal::unknown_key(service, key));
    };
    enforce::check(state, &call, request)?;
    parameters::check(&call, request)?;
    let form = Form::of(request);
    let result = match service {
        Service::S3 => {
            return s3::answer(state, &call, request)
                .map(|r| r.with("x-amz-request-id", &call.request_id));
        }
        Service::RedshiftServerless | Service::SecretsManager => {
            let input = serde_json::from_slice::<Value>(&request.body)
                .map_err(|_| Refusal::new(400, "SerializationException", "The body is not JSON"))?;
            let output = match service {
                Service::SecretsManager => secrets::answer(state, &call, &input)?,
                _ => serverless::answer(state, &call, &input)?,
            };
            let body = output.to_string();
            return Ok(Response::new(200, "application/x-amz-json-1.1", body)
                .with("x-amzn-requestid", &call.request_id));
        }
        Service::Iam => iam::answer(state, &call, &form)?,
        Service::Sts => sts::answer(state, &call)?,
        Service::Sns => sns::answer(state, &call, &form)?,
        Service::Redshift => redshift::answer(state, &call, &form)?,
    };
    let body = wrap(&call.operation, xmlns(service), &result, &call.request_id);
    Ok(Response::xml(200, body).with("x-amzn-requestid", &call.request_id))
}

fn finish(
    state: &mut State,
    arrival: &Arrival,
    request: &Request,
    outcome: Result<Response, Refusal>,
) -> Response {
    let refusal = match outcome {
        Ok(response) => return response,
        Err(refusal) => refusal,
    };
    let n = state.number();
    let (header, id) = match arrival.service {
        Some(Service::S3) => ("x-amz-request-id", format!("SANDBOX{n:09}")),
        _ => (
            "x-amzn-requestid",
            format!("00000000-5a5a-4b4b-8c8c-{n:012x}"),
        ),
    };
    // A service that speaks JSON is answered in JSON even when it is not known.
    let shape = match arrival.service {
        None if request.header("x-amz-target").is_some() => Some(Service::RedshiftServerless),
        service => service,
    };
    let xmlns = arrival.service.map_or("", xmlns);
    refusal
        .render(shape, xmlns, &id, request.method == "HEAD")
        .with(header, id)
}

fn target(request: &Request) -> String {
    let target = request.header("x-amz-target").unwrap_or_default();
    let name = target.rsplit('.').next().unwrap_or(target);
    match name.is_empty() {
        true => Form::of(request)
            .get("Action")
            .unwrap_or_default()
            .to_owned(),
        false => name.to_owned(),
    }
}

fn resource(service: Service, form: &Form) -> String {
    let names: &[&str] = match service {
        Service::Iam => &["RoleName", "PolicyArn", "PolicyName"],
        Service::Sns => &["TopicArn", "ResourceArn", "SubscriptionArn", "Name"],
        Service::Redshift => &["ClusterIdentifier"],
        _ => &[],
    };
    let found = names.iter().find_map(|n| form.get(n)).unwrap_or_default();
    match (service, form.get("PolicyName"), form.get("RoleName")) {
        (Service::Iam, Some(policy), Some(role)) => format!("{role}/{policy}"),
        _ => found.to_owned(),
    }
}

fn xmlns(service: Service) -> &'static str {
    match service {
        Service::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
        Service::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
        Service::Sns => "http://sns.amazonaws.com/doc/2010-03-31/",
        Service::Redshift => "http://redshift.amazonaws.com/doc/2012-12-01/",
        Service::S3 | Service::RedshiftServerless | Service::SecretsManager => "",
    }
}
