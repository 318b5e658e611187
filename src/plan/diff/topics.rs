//! Owns what has to change in topics and their subscriptions.

use crate::error::Error;
use crate::messages::aws as msg;
use crate::plan::observed::{Observed, TopicState};
use crate::plan::{Action, Plan, Unchanged};
use crate::site::arn::TopicRef;
use crate::site::{Event, Site, Topic};
use std::collections::{BTreeMap, BTreeSet};

/// Returns the display name of a topic of ours: SNS shows it as the sender of mails.
pub fn display_name(site: &Site) -> String {
    format!("JMC {}", site.name)
}

pub(super) fn topic(plan: &mut Plan, site: &Site, event: Event, topic: &Topic, state: &TopicState) {
    let arn = site.topic_arn(&topic.topic);
    let present = match (state, &topic.topic) {
        (TopicState::Present(present), _) => present,
        (TopicState::Missing, TopicRef::Name(name)) => {
            plan.push(
                Action::CreateTopic {
                    event,
                    topic: name.clone(),
                    arn,
                    display_name: display_name(site),
                    tags: site.all_tags(),
                    subscriptions: topic.subscriptions.clone(),
                },
                Vec::new(),
            );
            return;
        }
        (TopicState::Missing, TopicRef::Arn(_)) => {
            plan.blockers
                .push(Error::new(msg::topic_missing(arn)).hint(msg::topic_missing_hint()));
            return;
        }
    };
    let before = plan.steps.len();
    if matches!(topic.topic, TopicRef::Name(_)) {
        let name = display_name(site);
        let display_name = (present.display_name != name).then_some(name);
        let tags: BTreeMap<String, String> = site
            .all_tags()
            .into_iter()
            .filter(|(key, value)| present.tags.get(key) != Some(value))
            .collect();
        if display_name.is_some() || !tags.is_empty() {
            plan.push(
                Action::UpdateTopic {
                    arn: arn.clone(),
                    display_name,
                    tags,
                },
                Vec::new(),
            );
        }
    }
    let missing: BTreeSet<_> = topic
        .subscriptions
        .iter()
        .filter(|wanted| !present.subscriptions.contains_key(wanted))
        .cloned()
        .collect();
    if !missing.is_empty() {
        plan.push(
            Action::Subscribe {
                arn: arn.clone(),
                subscriptions: missing,
            },
            Vec::new(),
        );
    }
    if plan.steps.len() == before {
        plan.unchanged.push(Unchanged::Topic { arn });
    }
}

/// Returns the subscriptions that nobody has confirmed yet.
pub fn pending(site: &Site, observed: &Observed) -> Vec<(Event, String)> {
    let mut found = Vec::new();
    for (event, topic) in site.topics() {
        if let Some(Ok(TopicState::Present(present))) = observed.topics.get(&event) {
            for wanted in &topic.subscriptions {
                if present.subscriptions.get(wanted) == Some(&false) {
                    found.push((event, wanted.to_string()));
                }
            }
        }
    }
    found
}
