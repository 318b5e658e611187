//! Looks at topics and their subscriptions.

use super::Observer;
use crate::aws::error::{self, Call};
use crate::error::{Error, Result};
use crate::plan::observed::{PresentTopic, TopicState};
use crate::site::arn::{Subscription, TopicRef};
use crate::site::{Site, Topic};
use futures_util::future::{join, try_join};
use std::collections::BTreeMap;

impl Observer<'_> {
    /// Looks at a topic: attributes, tags where it is ours, and subscriptions.
    pub async fn topic(&self, site: &Site, topic: &Topic) -> Result<TopicState> {
        let arn = site.topic_arn(&topic.topic);
        let region = match &topic.topic {
            TopicRef::Arn(arn) => &arn.region,
            TopicRef::Name(_) => &site.region,
        };
        let sns = self.clients.sns_in(region);
        let attributes = sns.get_topic_attributes().topic_arn(&arn).send();
        let rest = self.tags_and_subscriptions(&sns, &arn, &topic.topic);
        let (attributes, early) = if self.clients.seen.has(&arn) {
            let (attributes, rest) = join(attributes, rest).await;
            (attributes, Ok(rest))
        } else {
            (attributes.await, Err(rest))
        };
        let attributes = match attributes {
            Ok(answer) => answer.attributes.unwrap_or_default(),
            Err(error) if error::is_not_found(&error) => return Ok(TopicState::Missing),
            Err(error) => {
                return Err(self.failed(&Call::new("sns:GetTopicAttributes", arn.as_str()), &error));
            }
        };
        self.clients.seen.note(&arn);
        let (tags, subscriptions) = match early {
            Ok(rest) => rest?,
            Err(rest) => rest.await?,
        };
        Ok(TopicState::Present(PresentTopic {
            display_name: attributes.get("DisplayName").cloned().unwrap_or_default(),
            tags,
            subscriptions,
        }))
    }

    async fn tags_and_subscriptions(
        &self,
        sns: &aws_sdk_sns::Client,
        arn: &str,
        topic: &TopicRef,
    ) -> Result<(BTreeMap<String, String>, BTreeMap<Subscription, bool>)> {
        let tags = async {
            if matches!(topic, TopicRef::Arn(_)) {
                return Ok(BTreeMap::new());
            }
            let answer = sns.list_tags_for_resource().resource_arn(arn).send().await;
            let answer = answer
                .map_err(|error| self.failed(&Call::new("sns:ListTagsForResource", arn), &error))?;
            let tags = answer.tags.unwrap_or_default();
            Ok::<_, Error>(tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
        };
        try_join(tags, self.subscriptions(sns, arn)).await
    }

    async fn subscriptions(
        &self,
        sns: &aws_sdk_sns::Client,
        arn: &str,
    ) -> Result<BTreeMap<Subscription, bool>> {
        let mut found = BTreeMap::new();
        let mut pages = sns
            .list_subscriptions_by_topic()
            .topic_arn(arn)
            .into_paginator()
            .items()
            .send();
        while let Some(next) = pages.next().await {
            let item = next.map_err(|error| {
                self.failed(&Call::new("sns:ListSubscriptionsByTopic", arn), &error)
            })?;
            // The ARN of a subscription that nobody has confirmed is the literal `PendingConfirmation`;
            // a deleted one says `Deleted` for a while.
            let confirmed = item
                .subscription_arn()
                .is_some_and(|arn| arn.starts_with("arn:"));
            if item.subscription_arn() == Some("Deleted") {
                continue;
            }
            let subscription = Subscription {
                protocol: item.protocol().unwrap_or_default().to_owned(),
                endpoint: item.endpoint().unwrap_or_default().to_owned(),
            };
            let entry = found.entry(subscription).or_insert(false);
            *entry |= confirmed;
        }
        Ok(found)
    }
}
