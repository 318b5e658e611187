//! The one asynchronous place that every request of both doors passes: it writes the journal,
//! takes the time, and carries out the faults. It must not know any operation.

use std::future::pending;
use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::time::Instant;

use super::Sandbox;
use super::dispatch::{self, Arrival};
use super::faults::Fault;
use super::journal::Entry;
use super::state::http_date;
use super::wire::{Request, Response, decode, form_decode};
use super::{Inner, SESSION_TOKEN};

/// The path below which the sandbox speaks about itself.
const OWN_PATH: &str = "/_sandbox/";

/// What the client gets to see.
#[derive(Debug)]
pub enum Outcome {
    Answer(Response),
    /// The connection ends without an answer.
    Dropped,
}

/// Lets a request pass.
pub async fn pass(sandbox: &Sandbox, request: Request) -> Outcome {
    if let Some(page) = request.path.strip_prefix(OWN_PATH) {
        return Outcome::Answer(about(sandbox, page));
    }
    let (arrival, order, fault, latency) = {
        let inner = &mut *sandbox.lock();
        let arrival = Arrival::of(&inner.state, &request);
        inner.arrivals += 1;
        let order = inner.arrivals;
        inner.journal.push(arrive(order, &arrival));
        let leaks = leaks(inner, &request);
        let call = format!("{}:{}", arrival.scope.service, arrival.operation);
        let leaks = leaks.into_iter().map(|place| format!("{call}: {place}"));
        inner.leaks.extend(leaks);
        let fault = arrival.service.and_then(|service| {
            let (operation, resource) = (&arrival.operation, &arrival.resource);
            inner
                .faults
                .strike(service, operation, resource, arrival.write)
        });
        let latency = arrival
            .service
            .and_then(|s| inner.faults.latency.get(&s).copied());
        (arrival, order, fault, latency.unwrap_or(Duration::ZERO))
    };
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    match fault {
        Some(Fault::DropBefore) => return Outcome::Dropped,
        Some(Fault::Stall) => pending().await,
        _ => {}
    }
    let response = {
        let inner = &mut *sandbox.lock();
        let refused = fault.and_then(|f| dispatch::refuse(&mut inner.state, &arrival, &request, f));
        let effect = refused.is_none();
        let response =
            refused.unwrap_or_else(|| dispatch::answer(&mut inner.state, &arrival, &request));
        // The journal may have been cleared meanwhile.
        if let Some(entry) = inner.journal.iter_mut().rfind(|e| e.order == order) {
            entry.effect = effect && response.status < 400;
            if !matches!(fault, Some(Fault::DropAfter | Fault::StallAfter)) {
                entry.status = Some(response.status);
                entry.code.clone_from(&response.code);
            }
        }
        let now = OffsetDateTime::now_utc() + inner.state.clock_ahead;
        response.with("date", http_date(now))
    };
    match fault {
        Some(Fault::DropAfter) => Outcome::Dropped,
        Some(Fault::StallAfter) => pending().await,
        _ => Outcome::Answer(response),
    }
}

/// Returns where a request carries a canary, or the password of a temporary login.
fn leaks(inner: &Inner, request: &Request) -> Vec<String> {
    let logins = inner.state.logins.iter().map(|login| &login.password);
    let canaries: Vec<&String> = inner.canaries.iter().chain(logins).collect();
    let body = String::from_utf8_lossy(&request.body).into_owned();
    let form = form_decode(&body).into_iter();
    let places = [("path", decode(&request.path)), ("body", body.clone())]
        .into_iter()
        .map(|(place, text)| (place.to_owned(), text))
        .chain(request.query.iter().cloned())
        .chain(request.headers.iter().cloned())
        .chain(form);
    places
        .filter(|(place, text)| {
            let signs = place == "x-amz-security-token" && text == SESSION_TOKEN;
            !signs && canaries.iter().any(|canary| text.contains(*canary))
        })
        .map(|(place, _)| place)
        .collect()
}

fn arrive(order: u64, arrival: &Arrival) -> Entry {
    Entry {
        order,
        at: OffsetDateTime::now_utc(),
        came: Instant::now(),
        service: arrival.scope.service.clone(),
        operation: arrival.operation.clone(),
        resource: arrival.resource.clone(),
        account: arrival
            .principal
            .as_ref()
            .map(|p| p.account.clone())
            .unwrap_or_default(),
        region: arrival.scope.region.clone(),
        status: None,
        code: None,
        write: arrival.write,
        effect: false,
    }
}

fn about(sandbox: &Sandbox, page: &str) -> Response {
    match page {
        "journal" => {
            let all: Vec<Value> = sandbox.journal().iter().map(Entry::json).collect();
            Response::new(200, "application/json", Value::Array(all).to_string())
        }
        "state" => {
            let all = sandbox.snapshot().to_string();
            Response::new(200, "application/json", all)
        }
        "tokens" => Response::new(200, "application/json", tokens(sandbox).to_string()),
        "health" => Response::new(200, "application/json", r#"{"status":"ok"}"#),
        _ => Response::new(404, "text/plain", "the sandbox has no such page\n"),
    }
}

/// What the confirmation messages would carry, for who plays their readers.
fn tokens(sandbox: &Sandbox) -> Value {
    sandbox.state(|state| {
        let topics = state.topics.values();
        let all = topics.flat_map(|t| t.subscriptions.iter().map(move |s| (t, s)));
        all.filter(|(_, subscription)| subscription.pending)
            .map(|(topic, s)| json!({"topic": topic.arn, "endpoint": s.endpoint, "token": s.token}))
            .collect()
    })
}
