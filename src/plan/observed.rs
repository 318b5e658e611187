//! Owns what was seen in AWS, as plain data. Each part is a state or the error
//! with which looking at it failed, so that one refusal hides nothing else.

use crate::error::Result;
use crate::site::arn::{RoleArn, Subscription};
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
