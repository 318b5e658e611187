//! Owns what has to change: a plan is plain data, made by a pure function of
//! the site and what was observed. Nothing here calls AWS or prints.

pub mod diff;
pub mod observed;
pub mod order;
pub mod policy;

use crate::error::Error;
use crate::messages::Text;
use crate::site::arn::{PolicyArn, RoleArn, Subscription};
use crate::site::names::{BucketName, PolicyName, Region, TopicName};
use crate::site::{Event, RoleKind, Warehouse};
use policy::Access;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What would be done, what stands in the way, and what is worth knowing.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The changes, each after those that it needs.
    pub steps: Vec<Step>,
    /// What makes the plan impossible; with any of them nothing is done.
    pub blockers: Vec<Error>,
    /// What is used as it is.
    pub unchanged: Vec<Unchanged>,
    /// What the operator should know.
    pub notes: Vec<Text>,
}

impl Plan {
    /// Says whether AWS is as the site wants it.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.blockers.is_empty()
    }

    /// Adds an action and returns its index, for those that need it.
    pub(crate) fn push(&mut self, action: Action, needs: Vec<usize>) -> usize {
        self.steps.push(Step { action, needs });
        self.steps.len() - 1
    }
}

/// An action and the steps that must be done before it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// What to do.
    #[serde(flatten)]
    pub action: Action,
    /// The indices of the steps that it needs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<usize>,
}

/// A change in AWS. Only the edit of a policy for a bucket that leaves the site takes a
/// permission away, and only a policy that holds nothing else any more is deleted.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub enum Action {
    /// Creates a bucket with public access blocked, tags and folder markers.
    CreateBucket {
        /// The bucket.
        bucket: BucketName,
        /// Its region.
        region: Region,
        /// Its tags.
        tags: BTreeMap<String, String>,
        /// The keys of its folder markers.
        folders: BTreeSet<String>,
    },
    /// Writes folder markers that are missing.
    CreateFolders {
        /// The bucket.
        bucket: BucketName,
        /// The keys of the markers.
        folders: BTreeSet<String>,
    },
    /// Blocks public access to a bucket of ours.
    BlockPublicAccess {
        /// The bucket.
        bucket: BucketName,
    },
    /// Sets the tags of a bucket of ours.
    TagBucket {
        /// The bucket.
        bucket: BucketName,
        /// All its tags, also those that it has.
        tags: BTreeMap<String, String>,
    },
    /// Creates the role that the warehouse copies data with.
    CreateRole {
        /// The role.
        role: RoleArn,
        /// Its trust policy.
        trust: String,
        /// Its permissions boundary.
        #[serde(skip_serializing_if = "Option::is_none")]
        permissions_boundary: Option<PolicyArn>,
        /// Its tags.
        tags: BTreeMap<String, String>,
    },
    /// Grants buckets to a role, or takes them away, in one policy.
    EditPolicy(Box<PolicyEdit>),
    /// Attaches the role to the cluster or namespace and waits until it is in sync.
    AttachRole {
        /// The cluster or workgroup.
        warehouse: Warehouse,
        /// The role.
        role: RoleArn,
        /// How many roles it has.
        roles_before: usize,
        /// How many it may have.
        roles_limit: usize,
        /// Whether it is attached already and only waited for.
        attached: bool,
    },
    /// Creates a topic with display name, tags and subscriptions.
    CreateTopic {
        /// The event that it is for.
        event: Event,
        /// Its name.
        topic: TopicName,
        /// Its ARN.
        arn: String,
        /// Its display name.
        display_name: String,
        /// Its tags.
        tags: BTreeMap<String, String>,
        /// Its subscriptions.
        subscriptions: BTreeSet<Subscription>,
    },
    /// Sets display name and tags of a topic of ours.
    UpdateTopic {
        /// The topic.
        arn: String,
        /// The display name, where it differs.
        #[serde(skip_serializing_if = "Option::is_none")]
        display_name: Option<String>,
        /// The tags that differ.
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        tags: BTreeMap<String, String>,
    },
    /// Adds subscriptions to a topic.
    Subscribe {
        /// The topic.
        arn: String,
        /// The subscriptions.
        subscriptions: BTreeSet<Subscription>,
    },
}

/// An edit of one document of a role: of an inline policy, or of the managed policy that is
/// the site's home of the role's grants.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PolicyEdit {
    /// Which of the matrix's roles it is.
    pub kind: RoleKind,
    /// The role.
    pub role: RoleArn,
    /// The policy.
    pub policy: PolicyName,
    /// What else there is to a managed policy; none where the policy is inline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed: Option<Managed>,
    /// What is granted on each bucket.
    pub access: Access,
    /// The buckets that the policy must reach.
    pub buckets: Vec<String>,
    /// The buckets that the policy must no longer reach.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revoked: Vec<String>,
    /// The buckets that the role reaches through its other home, and no longer through this one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<String>,
    /// The ARNs that are added, by actions.
    pub added: Vec<policy::Change>,
    /// The ARNs that are taken away, by actions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<policy::Change>,
    /// The document now; none where the policy is new.
    pub before: Option<String>,
    /// The document as it will be; none where it would hold nothing, and the policy goes.
    pub after: Option<String>,
    /// What the change does to the quota that the document counts against.
    pub budget: policy::Budget,
}

impl PolicyEdit {
    /// Returns the buckets that leave this document, for whichever reason.
    pub fn leaving(&self) -> Vec<&str> {
        let all = self.revoked.iter().chain(&self.moved);
        all.map(String::as_str).collect()
    }
}

/// A managed policy as the home of a role's grants.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Managed {
    /// The policy.
    pub arn: PolicyArn,
    /// Its tags, by which it is known as ours.
    pub tags: BTreeMap<String, String>,
    /// Whether it is to be attached to the role, which it is not.
    pub attach: bool,
    /// How many managed policies the role has.
    pub attached_before: usize,
    /// How many it may have.
    pub attached_limit: usize,
}

/// Something that is used as it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "unchanged", rename_all = "kebab-case")]
pub enum Unchanged {
    /// A bucket.
    Bucket {
        /// The bucket.
        bucket: BucketName,
    },
    /// A role.
    Role {
        /// Which of the matrix's roles it is.
        kind: RoleKind,
        /// The role.
        role: RoleArn,
    },
    /// A topic.
    Topic {
        /// The topic.
        arn: String,
    },
    /// The cluster or workgroup.
    Warehouse {
        /// Its identifier.
        warehouse: String,
    },
}
