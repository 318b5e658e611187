//! Topics, their attributes and tags.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::call::Call;
use super::super::query::Form;
use super::super::refusal::Refusal;
use super::super::state::{State, Tags, Topic};
use super::super::xml::{el, text};
use super::{arn, invalid, next_page, not_found, topic};

/// The attributes that may be set, apart from the delivery logging of each protocol.
const ATTRIBUTES: &[&str] = &[
    "ArchivePolicy",
    "ContentBasedDeduplication",
    "DeliveryPolicy",
    "DisplayName",
    "FifoThroughputScope",
    "KmsMasterKeyId",
    "Policy",
    "SignatureVersion",
    "TracingConfig",
];
const LOGGED: &[&str] = &["Application", "Firehose", "HTTP", "Lambda", "SQS"];
const LOGGING: &[&str] = &[
    "SuccessFeedbackRoleArn",
    "FailureFeedbackRoleArn",
    "SuccessFeedbackSampleRate",
];

fn check_attribute(name: &str, value: &str) -> Result<(), Refusal> {
    let logging = LOGGED.iter().any(|p| {
        name.strip_prefix(p)
            .is_some_and(|rest| LOGGING.contains(&rest))
    });
    if !ATTRIBUTES.contains(&name) && !logging {
        return Err(invalid("AttributeName"));
    }
    let json = || serde_json::from_str::<Value>(value).is_ok_and(|v| v.is_object());
    let legal = match name {
        "DisplayName" => value.chars().count() <= 100 && !value.chars().any(char::is_control),
        "Policy" | "DeliveryPolicy" | "ArchivePolicy" => value.is_empty() || json(),
        "SignatureVersion" => matches!(value, "1" | "2"),
        "TracingConfig" => matches!(value, "PassThrough" | "Active"),
        _ => true,
    };
    match legal {
        true => Ok(()),
        false => Err(invalid(format!("{name} Reason: the value is not valid"))),
    }
}

/// Creates a topic, or returns the one that has the name already.
/// <https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html>
pub fn create(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    let name = form.get("Name").unwrap_or_default();
    let attributes: BTreeMap<String, String> = form
        .pairs("Attributes.entry", "key", "value")
        .into_iter()
        .collect();
    let tags = tags(form)?;
    let fifo = attributes.get("FifoTopic").is_some_and(|v| v == "true");
    let stem = match name.strip_suffix(".fifo") {
        Some(stem) if fifo => stem,
        None if fifo => return Err(invalid("Fifo Topic names must end with .fifo")),
        _ => name,
    };
    let legal = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if stem.is_empty() || name.len() > 256 || !stem.bytes().all(legal) {
        return Err(invalid("Topic Name"));
    }
    for (name, value) in &attributes {
        if name != "FifoTopic" {
            check_attribute(name, value).map_err(|_| {
                invalid(format!(
                    "Attributes Reason: Unknown or invalid attribute {name}"
                ))
            })?;
        }
    }
    let arn = call.arn(name);
    if let Some(existing) = state.topics.get(&arn) {
        let differs = |(name, value): (&String, &String)| {
            current(existing, name).as_deref() != Some(value.as_str())
        };
        if attributes.iter().any(differs) {
            let words = "Attributes Reason: Topic already exists with different attributes";
            return Err(invalid(words));
        }
        if !tags.is_empty() && tags != existing.tags {
            return Err(invalid(
                "Tags Reason: Topic already exists with different tags",
            ));
        }
        return Ok(text("TopicArn", arn));
    }
    let topic = Topic {
        arn: arn.clone(),
        name: name.to_owned(),
        account: call.account().to_owned(),
        attributes,
        tags,
        subscriptions: Vec::new(),
    };
    state.topics.insert(arn.clone(), topic);
    Ok(text("TopicArn", arn))
}

pub fn delete(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    // Deleting a topic that is not there succeeds.
    state.topics.remove(arn(call, form, "TopicArn")?);
    Ok(String::new())
}

pub fn list(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    let owner = call.arn("");
    let all: Vec<&String> = state
        .topics
        .keys()
        .filter(|arn| arn.starts_with(&owner))
        .collect();
    let (page, next) = next_page(form, &all)?;
    let members: String = page
        .items
        .iter()
        .map(|arn| el("member", text("TopicArn", arn)))
        .collect();
    Ok(el("Topics", members) + &next)
}

/// Returns the value of an attribute as a reader sees it.
fn current(topic: &Topic, name: &str) -> Option<String> {
    match (topic.attributes.get(name), name) {
        (Some(value), _) if !(name == "Policy" && value.is_empty()) => Some(value.clone()),
        (_, "DisplayName") => Some(String::new()),
        (_, "Policy") => Some(default_policy(topic)),
        _ => None,
    }
}

/// The policy that every topic begins with: its owner may do everything.
fn default_policy(topic: &Topic) -> String {
    let actions = [
        "SNS:GetTopicAttributes",
        "SNS:SetTopicAttributes",
        "SNS:AddPermission",
        "SNS:RemovePermission",
        "SNS:DeleteTopic",
        "SNS:Subscribe",
        "SNS:ListSubscriptionsByTopic",
        "SNS:Publish",
    ];
    json!({
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [{
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": actions,
            "Resource": topic.arn,
            "Condition": {"StringEquals": {"AWS:SourceOwner": topic.account}},
        }],
    })
    .to_string()
}

pub fn get_attributes(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    const DELIVERY: &str = r#"{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"disableSubscriptionOverrides":false}}"#;
    let topic = topic(state, call, form)?;
    let pending = topic.subscriptions.iter().filter(|s| s.pending).count();
    let confirmed = topic.subscriptions.len() - pending;
    let mut all = topic.attributes.clone();
    for (name, value) in [
        ("TopicArn", topic.arn.clone()),
        ("Owner", topic.account.clone()),
        (
            "DisplayName",
            current(topic, "DisplayName").unwrap_or_default(),
        ),
        ("Policy", current(topic, "Policy").unwrap_or_default()),
        ("SubscriptionsConfirmed", confirmed.to_string()),
        ("SubscriptionsPending", pending.to_string()),
        ("SubscriptionsDeleted", "0".to_owned()),
        ("EffectiveDeliveryPolicy", DELIVERY.to_owned()),
    ] {
        all.insert(name.to_owned(), value);
    }
    Ok(attribute_map(&all))
}

pub fn attribute_map(all: &BTreeMap<String, String>) -> String {
    let entries: String = all
        .iter()
        .map(|(k, v)| el("entry", text("key", k) + &text("value", v)))
        .collect();
    el("Attributes", entries)
}

pub fn set_attribute(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    let topic = topic(state, call, form)?;
    let name = form.get("AttributeName").unwrap_or_default();
    let value = form.get("AttributeValue").unwrap_or_default();
    check_attribute(name, value)?;
    topic.attributes.insert(name.to_owned(), value.to_owned());
    Ok(String::new())
}

/// Reads tags by the rules that most services share.
fn tags(form: &Form) -> Result<Tags, Refusal> {
    let mut tags = Tags::new();
    for (key, value) in form.pairs("Tags.member", "Key", "Value") {
        let legal = |c: char| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c);
        let fits = (1..=128).contains(&key.chars().count()) && value.chars().count() <= 256;
        if !fits
            || !key.chars().chain(value.chars()).all(legal)
            || key.to_ascii_lowercase().starts_with("aws:")
        {
            return Err(invalid(format!("Tags Reason: the tag {key} is not valid")));
        }
        if tags.insert(key, value).is_some() {
            return Err(invalid("Duplicated keys are not allowed."));
        }
    }
    Ok(tags)
}

fn tagged<'a>(state: &'a mut State, call: &Call, form: &Form) -> Result<&'a mut Topic, Refusal> {
    let arn = arn(call, form, "ResourceArn")?;
    let missing = || Refusal::new(404, "ResourceNotFound", "Resource does not exist");
    state.topics.get_mut(arn).ok_or_else(missing)
}

pub fn tag(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    const MOST: usize = 50;
    let new = tags(form)?;
    let topic = tagged(state, call, form)?;
    let mut all = topic.tags.clone();
    all.extend(new);
    if all.len() > MOST {
        let words = "Could not complete request: tag quota of per resource exceeded";
        return Err(Refusal::new(400, "TagLimitExceeded", words));
    }
    topic.tags = all;
    Ok(String::new())
}

pub fn untag(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    let topic = tagged(state, call, form)?;
    for key in form.list("TagKeys.member") {
        topic.tags.remove(key);
    }
    Ok(String::new())
}

pub fn list_tags(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    let members: String = tagged(state, call, form)?
        .tags
        .iter()
        .map(|(k, v)| el("member", text("Key", k) + &text("Value", v)))
        .collect();
    Ok(el("Tags", members))
}

/// Finds the topic that a subscription's ARN belongs to.
pub fn of_subscription<'a>(
    state: &'a mut State,
    call: &Call,
    form: &Form,
) -> Result<(&'a mut Topic, usize), Refusal> {
    let arn = arn(call, form, "SubscriptionArn")?;
    let missing = || not_found("Subscription");
    let parent = arn.rsplit_once(':').map(|(topic, _)| topic);
    let topic = parent.and_then(|t| state.topics.get_mut(t));
    let topic = topic.ok_or_else(missing)?;
    let at = topic.subscriptions.iter().position(|s| s.arn == arn);
    at.map(|at| (topic, at)).ok_or_else(missing)
}
