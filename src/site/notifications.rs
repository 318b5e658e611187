//! Owns what a site says of the tab 「ジョブ実行通知」: which events are notified, and who hears of them.

use super::arn::{Subscription, TopicRef};
use super::names::{SiteName, TopicName};
use super::text;
use crate::prompt::Event;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The tab 「ジョブ実行通知」.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "use",
    rename_all = "kebab-case",
    try_from = "NotificationFields"
)]
pub enum Notifications {
    /// The system's settings are used; nothing of AWS belongs to the site.
    System {},
    /// The site has its own.
    Site {
        /// Whether the source code is included when a job ends abnormally.
        source_code: SourceCode,
        /// The topic of each event that is notified.
        topics: BTreeMap<Event, Topic>,
    },
}

/// The fields of [`Notifications`] side by side: read one by one, so that a wrong value is
/// named by its whole path.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NotificationFields {
    #[serde(rename = "use")]
    source: NotificationSource,
    source_code: Option<SourceCode>,
    #[serde(default, deserialize_with = "text::by_event")]
    topics: Option<BTreeMap<Event, Topic>>,
}

/// Whose notification settings a site uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotificationSource {
    /// The system's.
    System,
    /// Its own.
    Site,
}

impl TryFrom<NotificationFields> for Notifications {
    type Error = String;

    fn try_from(fields: NotificationFields) -> Result<Self, String> {
        match (fields.source, fields.source_code, fields.topics) {
            (NotificationSource::System, None, None) => Ok(Self::System {}),
            (NotificationSource::System, ..) => {
                Err("`use` is `system`: there is no other field".to_owned())
            }
            (NotificationSource::Site, Some(source_code), Some(topics)) => Ok(Self::Site {
                source_code,
                topics,
            }),
            (NotificationSource::Site, None, _) => Err("missing field `source_code`".to_owned()),
            (NotificationSource::Site, _, None) => Err("missing field `topics`".to_owned()),
        }
    }
}

/// Whether a notification of an abnormal end includes the source code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceCode {
    /// It does.
    Include,
    /// It does not.
    Omit,
}

/// A topic and who hears of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// The name of a topic of this site, or the ARN of an adopted one.
    pub topic: TopicRef,
    /// The subscriptions that must exist.
    #[serde(default)]
    pub subscriptions: BTreeSet<Subscription>,
}

/// Returns the name that is proposed for an event's topic.
pub fn proposed_topic(site: &SiteName, event: Event) -> Option<TopicName> {
    let event = match event {
        Event::Success => "success",
        Event::Failure => "failure",
        Event::Maintenance => "maintenance",
    };
    TopicName::parse(&format!("jmc-{site}-{event}")).ok()
}
