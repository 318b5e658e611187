//! Subscriptions: pending until somebody confirms them, where AWS asks for that.

use std::collections::BTreeMap;

use super::super::call::Call;
use super::super::query::Form;
use super::super::refusal::Refusal;
use super::super::state::{State, Subscription};
use super::super::xml::{el, text};
use super::topic::{attribute_map, of_subscription};
use super::{invalid, next_page, topic};

/// Subscribes an endpoint to a topic.
/// <https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html>
pub fn subscribe(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    topic(state, call, form)?;
    let protocol = form.get("Protocol").unwrap_or_default();
    let endpoint = form.get("Endpoint").unwrap_or_default();
    check_endpoint(call, protocol, endpoint)?;
    let attributes: BTreeMap<String, String> = form
        .pairs("Attributes.entry", "key", "value")
        .into_iter()
        .collect();
    for name in attributes.keys() {
        if !ATTRIBUTES.contains(&name.as_str()) {
            return Err(invalid(format!(
                "Attributes Reason: Unknown attribute {name}"
            )));
        }
    }
    let uuid = state.uuid();
    let number = state.number();
    let topic = topic(state, call, form)?;
    let known = |s: &&Subscription| s.protocol == protocol && s.endpoint == endpoint;
    let subscription = match topic.subscriptions.iter().find(known) {
        Some(existing) => {
            if !attributes.is_empty() && attributes != existing.attributes {
                let words =
                    "Attributes Reason: Subscription already exists with different attributes";
                return Err(invalid(words));
            }
            existing.clone()
        }
        None => {
            let new = Subscription {
                arn: format!("{}:{uuid}", topic.arn),
                owner: call.account().to_owned(),
                protocol: protocol.to_owned(),
                endpoint: endpoint.to_owned(),
                attributes,
                pending: needs_confirmation(call, protocol, endpoint),
                token: format!("sandbox-token-{number}"),
                authenticated: false,
            };
            topic.subscriptions.push(new.clone());
            new
        }
    };
    let shown = match subscription.pending && !form.flag("ReturnSubscriptionArn") {
        true => "pending confirmation",
        false => &subscription.arn,
    };
    Ok(text("SubscriptionArn", shown))
}

const ATTRIBUTES: &[&str] = &[
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "ReplayPolicy",
    "SubscriptionRoleArn",
];

/// Tells whether the endpoint's owner has to confirm: people and other accounts do.
fn needs_confirmation(call: &Call, protocol: &str, endpoint: &str) -> bool {
    match protocol {
        "email" | "email-json" | "http" | "https" => true,
        "sqs" | "lambda" | "firehose" => endpoint.split(':').nth(4) != Some(call.account()),
        _ => false,
    }
}

fn check_endpoint(call: &Call, protocol: &str, endpoint: &str) -> Result<(), Refusal> {
    let arn_of = |service: &str| {
        let start = format!("arn:{}:{service}:", call.partition);
        endpoint.starts_with(&start) && endpoint.split(':').count() >= 6
    };
    let (legal, reason) = match protocol {
        "email" | "email-json" => (is_email(endpoint), "Email address"),
        "http" | "https" => {
            let host = endpoint.strip_prefix(&format!("{protocol}://"));
            let legal = host.is_some_and(|h| !h.is_empty() && !h.starts_with('/'));
            (legal, "Endpoint must match the specified protocol")
        }
        "sms" => (is_phone(endpoint), "Invalid SMS endpoint"),
        "sqs" => (arn_of("sqs"), "SQS endpoint ARN"),
        "lambda" => (arn_of("lambda"), "Lambda endpoint ARN"),
        "firehose" => (arn_of("firehose"), "Firehose endpoint ARN"),
        "application" => (arn_of("sns"), "Application endpoint arn invalid"),
        _ => {
            return Err(invalid(format!(
                "Protocol Reason: Does not support this protocol string: {protocol}"
            )));
        }
    };
    match legal {
        true => Ok(()),
        false => Err(invalid(reason)),
    }
}

fn is_email(endpoint: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && !part
                .chars()
                .any(|c| c.is_whitespace() || c.is_control() || "@<>,;".contains(c))
    };
    endpoint
        .split_once('@')
        .is_some_and(|(user, host)| plain(user) && plain(host) && host.contains('.'))
}

fn is_phone(endpoint: &str) -> bool {
    let digits: String = endpoint
        .trim_start_matches('+')
        .chars()
        .filter(|c| *c != '-' && *c != ' ')
        .collect();
    (6..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

pub fn confirm(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    let topic = topic(state, call, form)?;
    let token = form.get("Token").unwrap_or_default();
    let found = topic.subscriptions.iter_mut().find(|s| s.token == token);
    let subscription = found.ok_or_else(|| invalid("Token"))?;
    subscription.pending = false;
    subscription.authenticated |= form.flag("AuthenticateOnUnsubscribe");
    Ok(text("SubscriptionArn", &subscription.arn))
}

pub fn unsubscribe(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    match of_subscription(state, call, form) {
        Ok((topic, at)) => {
            topic.subscriptions.remove(at);
            Ok(String::new())
        }
        // Unsubscribing what is not there succeeds.
        Err(refusal) if refusal.code == "NotFound" => Ok(String::new()),
        Err(refusal) => Err(refusal),
    }
}

pub fn get_attributes(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    let (topic, at) = of_subscription(state, call, form)?;
    let subscription = &topic.subscriptions[at];
    let mut all = subscription.attributes.clone();
    for (name, value) in [
        ("SubscriptionArn", subscription.arn.clone()),
        ("TopicArn", topic.arn.clone()),
        ("Owner", subscription.owner.clone()),
        ("Protocol", subscription.protocol.clone()),
        ("Endpoint", subscription.endpoint.clone()),
        ("PendingConfirmation", subscription.pending.to_string()),
        (
            "ConfirmationWasAuthenticated",
            subscription.authenticated.to_string(),
        ),
        ("SubscriptionPrincipal", call.caller()),
    ] {
        all.insert(name.to_owned(), value);
    }
    all.entry("RawMessageDelivery".to_owned())
        .or_insert_with(|| "false".to_owned());
    Ok(attribute_map(&all))
}

pub fn list_by_topic(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    let topic = topic(state, call, form)?;
    let (page, next) = next_page(form, &topic.subscriptions)?;
    let members: String = page
        .items
        .iter()
        .map(|s| {
            // The ARN of a pending subscription is not shown to anybody.
            let arn = if s.pending {
                "PendingConfirmation"
            } else {
                &s.arn
            };
            let inner = text("TopicArn", &topic.arn)
                + &text("Protocol", &s.protocol)
                + &text("SubscriptionArn", arn)
                + &text("Owner", &s.owner)
                + &text("Endpoint", &s.endpoint);
            el("member", inner)
        })
        .collect();
    Ok(el("Subscriptions", members) + &next)
}
