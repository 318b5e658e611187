//! Owns the desired state of a site, valid by construction: what the site file
//! stores and what every plan starts from. It never holds a secret.

pub mod arn;
mod components;
mod connection;
pub mod file;
mod json;
pub mod names;
mod notifications;
pub mod secret;
pub mod text;
pub mod undo;

use crate::redshift::endpoint::partition_of;
use arn::{PolicyArn, RoleArn, TopicRef};
use names::{AccountId, BucketName, PolicyName, Region, SiteName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use crate::prompt::Event;
pub use components::{
    AppRole, Bucket, BucketKind, Origin, PolicyHome, RedshiftRole, Removal, RoleKind, Roles,
};
pub use connection::{ConnectionTest, Redshift, Tls, Warehouse};
pub use notifications::{NotificationSource, Notifications, SourceCode, Topic, proposed_topic};

/// The version of the site file that this program writes and reads.
pub const VERSION: u64 = 1;

/// A JMC site on Amazon Redshift.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// The version of the file; always [`VERSION`].
    pub version: u64,
    /// The site's name.
    pub name: SiteName,
    /// The account that the site lives in.
    pub account: AccountId,
    /// The warehouse's region, and so the region of everything else.
    pub region: Region,
    /// The screen 「Redshift接続」.
    pub redshift: Redshift,
    /// The tab 「ジョブ実行通知」.
    pub notifications: Notifications,
    /// The buckets of the tab 「構成要素設定」, each once.
    #[serde(deserialize_with = "text::buckets")]
    pub buckets: Vec<Bucket>,
    /// The roles of the tab 「構成要素設定」.
    pub roles: Roles,
    /// Tags for everything that is created.
    #[serde(
        default,
        skip_serializing_if = "BTreeMap::is_empty",
        deserialize_with = "text::tags"
    )]
    pub tags: BTreeMap<String, String>,
    /// Buckets whose access is being taken away; empty as soon as that is done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removing: Vec<Removal>,
    /// The bucket in which operators keep out of each other's way, where it is not found in the policies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock_bucket: Option<BucketName>,
    /// Where the roles' grants are kept. Without it they are in the inline policies, as the
    /// manual has it, and never were elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_home: Option<PolicyHome>,
}

impl Site {
    /// The tag that names the site on everything that was made for it.
    pub const TAG: &str = "jmc-site";

    /// Returns the partition of the site's ARNs.
    pub fn partition(&self) -> &'static str {
        partition_of(self.region.as_str())
    }

    /// Returns the names of the buckets that serve a kind, in the site's order.
    pub fn buckets_of(&self, kind: BucketKind) -> impl Iterator<Item = &Bucket> {
        self.buckets
            .iter()
            .filter(move |bucket| bucket.kinds.contains(&kind))
    }

    /// Returns the names of the buckets that a role must reach.
    pub fn reach_of(&self, role: RoleKind) -> Vec<&str> {
        self.buckets
            .iter()
            .filter(|bucket| bucket.kinds.iter().any(|kind| role.reaches(*kind)))
            .map(|bucket| bucket.name.as_str())
            .collect()
    }

    /// Returns the names of the buckets that a role must no longer reach.
    pub fn revoked_of(&self, role: RoleKind) -> Vec<&str> {
        let kept = self.reach_of(role);
        self.removing
            .iter()
            .filter(|bucket| bucket.kinds.iter().any(|kind| role.reaches(*kind)))
            .map(|bucket| bucket.name.as_str())
            .filter(|name| !kept.contains(name))
            .collect()
    }

    /// Says whether the grants are kept in managed policies.
    pub fn is_managed(&self) -> bool {
        self.policy_home == Some(PolicyHome::Managed)
    }

    /// Returns the inline policy of a role that holds the site's buckets, or would.
    pub fn inline_policy(&self, role: RoleKind) -> Option<&PolicyName> {
        match role {
            RoleKind::Redshift => self.roles.redshift.policy.as_ref(),
            RoleKind::EcsTask => Some(&self.roles.ecs_task.policy),
            RoleKind::Lambda => Some(&self.roles.lambda.policy),
        }
    }

    /// Returns the name of a role's managed policy for the site's buckets.
    pub fn managed_policy(&self, role: RoleKind) -> PolicyName {
        PolicyName::of_site(&self.name, &format!("{}-s3-policy", role.word()))
    }

    /// Returns the ARN of that policy.
    pub fn managed_policy_arn(&self, role: RoleKind) -> PolicyArn {
        PolicyArn::of(self.partition(), &self.account, &self.managed_policy(role))
    }

    /// Returns the ARN of one of the three roles.
    pub fn role(&self, kind: RoleKind) -> &RoleArn {
        match kind {
            RoleKind::Redshift => &self.roles.redshift.role,
            RoleKind::EcsTask => &self.roles.ecs_task.role,
            RoleKind::Lambda => &self.roles.lambda.role,
        }
    }

    /// Returns the topics of the site, none where the system's settings are used.
    pub fn topics(&self) -> impl Iterator<Item = (Event, &Topic)> {
        let topics = match &self.notifications {
            Notifications::System {} => None,
            Notifications::Site { topics, .. } => Some(topics),
        };
        topics
            .into_iter()
            .flatten()
            .map(|(event, topic)| (*event, topic))
    }

    /// Returns the ARN of a topic, whether it exists yet or not.
    pub fn topic_arn(&self, topic: &TopicRef) -> String {
        match topic {
            TopicRef::Arn(arn) => arn.to_string(),
            TopicRef::Name(name) => format!(
                "arn:{}:sns:{}:{}:{name}",
                self.partition(),
                self.region,
                self.account
            ),
        }
    }

    /// Returns the tags of everything that is created for the site.
    pub fn all_tags(&self) -> BTreeMap<String, String> {
        let mut tags = self.tags.clone();
        tags.insert(Self::TAG.to_owned(), self.name.to_string());
        tags
    }
}
