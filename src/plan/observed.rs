//! Owns what was seen in AWS, as plain data. Each part is a state or the error
//! with which looking at it failed, so that one refusal hides nothing else.

use super::policy::Quotas;
use crate::error::Result;
use crate::site::arn::{PolicyArn, RoleArn, Subscription};
use crate::site::names::BucketName;
use crate::site::{Event, RoleKind};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that a site's plan depends on.
#[derive(Clone, Debug)]
pub struct Observed {
    /// Each bucket of the site.
    pub buckets: BTreeMap<BucketName, Result<BucketState>>,
    /// Each role of the site.
    pub roles: BTreeMap<RoleKind, Result<RoleState>>,
    /// The cluster or workgroup.
    pub warehouse: Result<WarehouseState>,
    /// Each topic of the site.
    pub topics: BTreeMap<Event, Result<TopicState>>,
    /// The managed policies that hold the site's buckets, or did; only looked at where the
    /// site says so.
    pub homes: BTreeMap<RoleKind, Result<Home>>,
    /// What stands over the roles' inline policies; only looked at for `check`.
    pub guards: BTreeMap<RoleKind, Result<Guard>>,
    /// The account's quotas.
    pub quotas: Quotas,
}

/// The managed policy that is a site's home of a role's grants, and the role's others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Home {
    /// The policy, if it exists.
    pub policy: Option<ManagedPolicy>,
    /// The managed policies that the role has.
    pub attached: BTreeSet<PolicyArn>,
}

impl Home {
    /// Returns the document of the policy where it has an effect on the role.
    pub fn document_of(&self, arn: &PolicyArn) -> Option<&str> {
        let policy = self.policy.as_ref()?;
        self.attached
            .contains(arn)
            .then_some(policy.document.as_str())
    }
}

/// A customer managed policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ManagedPolicy {
    /// The document of the version that counts.
    pub document: String,
    /// Its tags, by which ours are told from others.
    pub tags: BTreeMap<String, String>,
    /// To how many users, groups and roles it is attached.
    pub attachments: usize,
}

/// What stands over a role's inline policies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guard {
    /// The documents of its managed policies.
    pub managed: Vec<String>,
    /// The document of its permissions boundary.
    pub boundary: Option<String>,
}

/// What is behind a bucket's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BucketState {
    /// No bucket in all of AWS has the name.
    Missing,
    /// A bucket in another region, ours or not.
    Elsewhere(String),
    /// A bucket that the caller's account does not own, or may not look at.
    Foreign,
    /// A bucket of the caller's account in the site's region.
    Ours(OurBucket),
}

/// A bucket that can be used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OurBucket {
    /// Those of the wanted folder markers that exist.
    pub markers: BTreeSet<String>,
    /// Whether all four settings of Block Public Access are on.
    pub public_access_blocked: bool,
    /// Its tags; only looked at where the bucket is of our making.
    pub tags: BTreeMap<String, String>,
}

/// What is behind a role's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleState {
    /// No such role.
    Missing,
    /// A role.
    Present(PresentRole),
}

/// A role that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresentRole {
    /// Its ARN as IAM tells it.
    pub arn: RoleArn,
    /// Its trust policy.
    pub trust: String,
    /// All its inline policies, by name.
    pub policies: BTreeMap<String, String>,
    /// Its permissions boundary.
    pub boundary: Option<PolicyArn>,
}

/// A cluster, or the namespace behind a workgroup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WarehouseState {
    /// Its status as AWS spells it, such as `available`.
    pub status: String,
    /// Its roles: ARN -> apply status, such as `in-sync`.
    pub roles: BTreeMap<String, String>,
    /// The default role, where it has one.
    pub default_role: Option<String>,
    /// The namespace of a workgroup.
    pub namespace: Option<String>,
}

/// What is behind a topic's ARN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TopicState {
    /// No such topic.
    Missing,
    /// A topic.
    Present(PresentTopic),
}

/// A topic that exists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PresentTopic {
    /// Its display name.
    pub display_name: String,
    /// Its tags; only looked at where the topic is of our making.
    pub tags: BTreeMap<String, String>,
    /// Its subscriptions, and whether each is confirmed.
    pub subscriptions: BTreeMap<Subscription, bool>,
}
