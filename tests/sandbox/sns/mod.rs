//! SNS: topics in one module, subscriptions in another, and what their ARNs have in common.

mod subscription;
mod topic;

use super::call::Call;
use super::query::{Form, Page, page};
use super::refusal::Refusal;
use super::state::{State, Topic};
use super::xml::maybe;

/// The items of a page of every listing.
const PAGE: usize = 100;

pub fn answer(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    match call.operation.as_str() {
        "CreateTopic" => topic::create(state, call, form),
        "DeleteTopic" => topic::delete(state, call, form),
        "ListTopics" => topic::list(state, call, form),
        "GetTopicAttributes" => topic::get_attributes(state, call, form),
        "SetTopicAttributes" => topic::set_attribute(state, call, form),
        "TagResource" => topic::tag(state, call, form),
        "UntagResource" => topic::untag(state, call, form),
        "ListTagsForResource" => topic::list_tags(state, call, form),
        "Subscribe" => subscription::subscribe(state, call, form),
        "ConfirmSubscription" => subscription::confirm(state, call, form),
        "Unsubscribe" => subscription::unsubscribe(state, call, form),
        "GetSubscriptionAttributes" => subscription::get_attributes(state, call, form),
        "ListSubscriptionsByTopic" => subscription::list_by_topic(state, call, form),
        other => Err(Refusal::not_implemented("sns", other)),
    }
}

fn invalid(reason: impl AsRef<str>) -> Refusal {
    let message = format!("Invalid parameter: {}", reason.as_ref());
    Refusal::new(400, "InvalidParameter", message)
}

fn not_found(thing: &str) -> Refusal {
    Refusal::new(404, "NotFound", format!("{thing} does not exist"))
}

/// Returns an ARN parameter of this region whose account may be looked at.
fn arn<'a>(call: &Call, form: &'a Form, parameter: &str) -> Result<&'a str, Refusal> {
    let arn = form.get(parameter).unwrap_or_default();
    let parts: Vec<&str> = arn.split(':').collect();
    let [scheme, partition, service, region, account, _, ..] = parts.as_slice() else {
        let words = format!(
            "{parameter} Reason: An ARN must have at least 6 elements, not {}",
            parts.len()
        );
        return Err(invalid(words));
    };
    if (*scheme, *partition, *service) != ("arn", call.partition, "sns") {
        return Err(invalid(parameter));
    }
    if *region != call.region {
        return Err(invalid(format!(
            "{parameter} Reason: The region {region} is not the region of this endpoint"
        )));
    }
    if *account != call.account() {
        let action = format!("SNS:{}", call.operation);
        return Err(Refusal::denied(call.service, &call.caller(), &action, arn));
    }
    Ok(arn)
}

/// Finds the topic of a request.
fn topic<'a>(state: &'a mut State, call: &Call, form: &Form) -> Result<&'a mut Topic, Refusal> {
    let arn = arn(call, form, "TopicArn")?;
    state.topics.get_mut(arn).ok_or_else(|| not_found("Topic"))
}

fn next_page<'a, T>(form: &Form, all: &'a [T]) -> Result<(Page<'a, T>, String), Refusal> {
    let page = page(all, form.get("NextToken"), PAGE)
        .map_err(|_| invalid("NextToken Reason: the token is not one of this listing"))?;
    let next = maybe("NextToken", page.next.as_deref());
    Ok((page, next))
}
