//! Finds how the topics and their subscriptions are.

use super::{Findings, State};
use crate::messages::{aws as msg, check as say};
use crate::plan::diff::display_name;
use crate::plan::observed::{Observed, PresentTopic, TopicState};
use crate::site::arn::TopicRef;
use crate::site::{Site, Topic};

pub(super) fn topics(all: &mut Findings<'_>, site: &Site, observed: &Observed) {
    for (event, topic) in site.topics() {
        let arn = site.topic_arn(&topic.topic);
        let name = arn.rsplit(':').next().unwrap_or(&arn).to_owned();
        match observed.topics.get(&event) {
            Some(Ok(TopicState::Present(present))) => {
                if topic_as_wanted(site, topic, present) {
                    all.ok(say::topic(), &name, say::is_there());
                } else {
                    let fix = Some(say::fix_apply(all.apply));
                    all.add(say::topic(), &name, State::Wrong, say::topic_differs(), fix);
                }
                for wanted in &topic.subscriptions {
                    let subject = format!("{name} -> {wanted}");
                    match present.subscriptions.get(wanted) {
                        Some(true) => all.ok(say::subscription(), subject, say::confirmed()),
                        Some(false) => {
                            let fix = Some(say::fix_confirm());
                            all.add(
                                say::subscription(),
                                subject,
                                State::Wrong,
                                say::pending(),
                                fix,
                            );
                        }
                        None => all.missing(say::subscription(), subject, say::gone()),
                    }
                }
            }
            Some(Ok(TopicState::Missing)) => {
                let fix = match topic.topic {
                    TopicRef::Name(_) => say::fix_apply(all.apply),
                    TopicRef::Arn(_) => msg::topic_missing_hint(),
                };
                all.gone(say::topic(), &name, &fix);
                for wanted in &topic.subscriptions {
                    all.gone(say::subscription(), format!("{name} -> {wanted}"), &fix);
                }
            }
            Some(Err(error)) => {
                all.unknown(say::topic(), &name, error);
                for wanted in &topic.subscriptions {
                    let subject = format!("{name} -> {wanted}");
                    all.unknown(say::subscription(), subject, error);
                }
            }
            None => {}
        }
    }
}

/// Says whether a topic has the settings of one that is ours; those of another are not looked at.
fn topic_as_wanted(site: &Site, topic: &Topic, present: &PresentTopic) -> bool {
    let tagged = || {
        let tags = site.all_tags();
        tags.iter()
            .all(|(key, value)| present.tags.get(key) == Some(value))
    };
    matches!(topic.topic, TopicRef::Arn(_))
        || (present.display_name == display_name(site) && tagged())
}
