//! What AWS remembers, as plain structs that a test may read and alter.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;
use time::macros::format_description;
use tokio::time::Instant;

use super::call::{Call, Principal};
use super::consistency::Lagging;

pub type Tags = BTreeMap<String, String>;

/// Everything of every account and region.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Access key id to principal; twelve digits are that account's root without an entry.
    pub principals: BTreeMap<String, Principal>,
    /// What the callers may do, if that is enforced.
    pub identity_policy: Option<Value>,
    /// Each action and ARN that a call needed permission for while that is enforced.
    pub needed: BTreeSet<(String, String)>,
    /// Reads that do not see a new role yet.
    pub role_lag: u32,
    /// Reads that do not see a written inline policy yet.
    pub policy_lag: u32,
    /// How far AWS's clock is ahead of this machine's.
    pub clock_ahead: time::Duration,
    /// How long attaching a role takes.
    pub attaching: Attaching,
    /// How many managed policies a role may have, where AWS has raised it.
    pub attached_quota: Option<usize>,
    /// Partition and name to bucket: names are global in a partition.
    pub buckets: BTreeMap<(String, String), Bucket>,
    pub roles: Vec<Role>,
    pub policies: Vec<ManagedPolicy>,
    /// ARN to topic.
    pub topics: BTreeMap<String, Topic>,
    pub clusters: Vec<Cluster>,
    pub workgroups: Vec<Workgroup>,
    pub namespaces: Vec<Namespace>,
    /// ARN to what Secrets Manager keeps.
    pub secrets: BTreeMap<String, Kept>,
    /// The temporary database logins given out.
    pub logins: Vec<Login>,
    pub counter: u64,
}

/// After how many reads, or how much time, a role is in sync. Both have to pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attaching {
    pub reads: u32,
    pub time: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    pub name: String,
    pub account: String,
    pub region: String,
    pub created: OffsetDateTime,
    pub tags: Option<Tags>,
    pub public_access_block: Option<PublicAccessBlock>,
    pub objects: BTreeMap<String, Object>,
}

/// The four switches; a new bucket has all of them on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicAccessBlock {
    pub block_public_acls: bool,
    pub ignore_public_acls: bool,
    pub block_public_policy: bool,
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    pub const ALL: Self = Self {
        block_public_acls: true,
        ignore_public_acls: true,
        block_public_policy: true,
        restrict_public_buckets: true,
    };
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    pub body: Vec<u8>,
    /// With its quotation marks.
    pub etag: String,
    pub content_type: String,
    pub modified: OffsetDateTime,
    pub metadata: BTreeMap<String, String>,
    /// The checksum header that came with it.
    pub checksum: Option<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    pub name: String,
    pub path: String,
    pub arn: String,
    pub id: String,
    pub created: OffsetDateTime,
    pub description: Option<String>,
    /// The trust policy, as given.
    pub trust: String,
    pub max_session: u32,
    pub boundary: Option<String>,
    pub tags: Tags,
    /// Inline policies, as given.
    pub inline: BTreeMap<String, Lagging<String>>,
    /// ARNs of the attached managed policies.
    pub attached: Vec<String>,
    pub visible: Lagging<()>,
}

impl Role {
    /// Returns an inline policy's text, whatever clients see.
    pub fn policy(&self, name: &str) -> Option<&str> {
        self.inline.get(name).map(|p| p.now().as_str())
    }

    /// Sets an inline policy behind AWS's back, as another operator does.
    pub fn set_policy(&mut self, name: &str, document: &str) {
        let document = Lagging::settled(document.to_owned());
        self.inline.insert(name.to_owned(), document);
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagedPolicy {
    pub name: String,
    pub path: String,
    pub arn: String,
    pub id: String,
    pub created: OffsetDateTime,
    pub description: Option<String>,
    pub tags: Tags,
    pub versions: Vec<PolicyVersion>,
    pub default: u32,
    /// The number of the next version: numbers are never used again.
    pub next: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyVersion {
    pub number: u32,
    pub document: String,
    pub created: OffsetDateTime,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    pub arn: String,
    pub name: String,
    pub account: String,
    /// Only what was set.
    pub attributes: BTreeMap<String, String>,
    pub tags: Tags,
    pub subscriptions: Vec<Subscription>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    pub arn: String,
    pub owner: String,
    pub protocol: String,
    pub endpoint: String,
    pub attributes: BTreeMap<String, String>,
    pub pending: bool,
    /// What the confirmation message would carry.
    pub token: String,
    /// Confirmed with `AuthenticateOnUnsubscribe`.
    pub authenticated: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    pub account: String,
    pub region: String,
    pub id: String,
    /// `available` unless a test sets another.
    pub status: String,
    /// A status for the next reads, and for how many of them.
    pub busy: Option<(String, u32)>,
    pub address: String,
    pub port: u16,
    pub database: String,
    pub admin: String,
    pub vpc: String,
    pub security_groups: Vec<String>,
    pub public: bool,
    pub roles: Vec<AttachedRole>,
    pub default_role: Option<String>,
    pub created: OffsetDateTime,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachedRole {
    pub arn: String,
    pub status: ApplyStatus,
    pub reads_left: u32,
    pub until: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplyStatus {
    Adding,
    InSync,
    Removing,
}

impl ApplyStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Adding => "adding",
            Self::InSync => "in-sync",
            Self::Removing => "removing",
        }
    }
}

impl AttachedRole {
    pub fn settled(arn: impl Into<String>) -> Self {
        Self {
            arn: arn.into(),
            status: ApplyStatus::InSync,
            reads_left: 0,
            until: None,
        }
    }

    pub fn moving(arn: &str, status: ApplyStatus, takes: Attaching) -> Self {
        Self {
            arn: arn.to_owned(),
            status,
            reads_left: takes.reads,
            until: (!takes.time.is_zero()).then(|| Instant::now() + takes.time),
        }
    }

    /// Tells whether the change is still under way.
    pub fn is_moving(&self) -> bool {
        let waiting = self.reads_left > 0 || self.until.is_some_and(|t| Instant::now() < t);
        self.status != ApplyStatus::InSync && waiting
    }
}

/// Moves the attachments of a cluster or namespace on by one read.
pub fn settle(roles: &mut Vec<AttachedRole>) {
    roles.retain_mut(|role| {
        if role.is_moving() {
            role.reads_left = role.reads_left.saturating_sub(1);
            return true;
        }
        let gone = role.status == ApplyStatus::Removing;
        role.status = ApplyStatus::InSync;
        !gone
    });
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workgroup {
    pub account: String,
    pub region: String,
    pub name: String,
    pub id: String,
    pub namespace: String,
    pub status: String,
    pub address: String,
    pub port: u16,
    pub security_groups: Vec<String>,
    pub subnets: Vec<String>,
    pub public: bool,
    pub created: OffsetDateTime,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace {
    pub account: String,
    pub region: String,
    pub name: String,
    pub id: String,
    pub status: String,
    /// A status for the next reads, and for how many of them.
    pub busy: Option<(String, u32)>,
    pub database: String,
    pub admin: String,
    pub roles: Vec<AttachedRole>,
    pub default_role: Option<String>,
    pub created: OffsetDateTime,
}

/// What a secret of Secrets Manager holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    Text(String),
    /// In base64.
    Binary(String),
}

/// A temporary database login, for the stand-in of the warehouse to accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The cluster or workgroup.
    pub warehouse: String,
    pub user: String,
    pub password: String,
    pub expires: OffsetDateTime,
}

impl State {
    /// Returns the next number of everything that needs to be unique.
    pub fn number(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// Returns an identifier of the form of a UUID.
    pub fn uuid(&mut self) -> String {
        let n = self.number();
        format!("{n:08x}-5a5a-4b4b-8c8c-{n:012x}")
    }

    /// Returns an IAM identifier such as `AROA...`.
    pub fn iam_id(&mut self, prefix: &str) -> String {
        format!("{prefix}{:017}", self.number())
    }

    pub fn principal(&self, access_key_id: &str) -> Option<Principal> {
        let digits = access_key_id.len() == 12 && access_key_id.bytes().all(|b| b.is_ascii_digit());
        match self.principals.get(access_key_id) {
            Some(principal) => Some(principal.clone()),
            None if digits => Some(Principal {
                account: access_key_id.to_owned(),
                resource: "root".to_owned(),
                user_id: access_key_id.to_owned(),
            }),
            None => None,
        }
    }

    /// Returns a bucket by name, of the partition `aws`.
    pub fn bucket(&mut self, name: &str) -> Option<&mut Bucket> {
        self.buckets.get_mut(&("aws".to_owned(), name.to_owned()))
    }

    /// Returns a role by name, of the sandbox's account.
    pub fn role(&mut self, name: &str) -> Option<&mut Role> {
        let owner = format!(":{}:role/", super::ACCOUNT);
        self.roles
            .iter_mut()
            .find(|r| r.name == name && r.arn.contains(&owner))
    }

    /// Returns the roles of a caller's account and partition.
    pub fn roles_of(&mut self, call: &Call) -> impl Iterator<Item = &mut Role> {
        let owner = call.iam_arn("role/");
        self.roles
            .iter_mut()
            .filter(move |r| r.arn.starts_with(&owner))
    }

    /// Returns the subscription of a topic (by ARN or name) and endpoint.
    pub fn subscription(&mut self, topic: &str, endpoint: &str) -> Option<&mut Subscription> {
        let mut topics = self.topics.values_mut();
        let topic = topics.find(|t| t.arn == topic || t.name == topic)?;
        let mut all = topic.subscriptions.iter_mut();
        all.find(|s| s.endpoint == endpoint)
    }

    pub fn cluster(&mut self, id: &str) -> Option<&mut Cluster> {
        self.clusters.iter_mut().find(|c| c.id == id)
    }

    pub fn namespace(&mut self, name: &str) -> Option<&mut Namespace> {
        self.namespaces.iter_mut().find(|n| n.name == name)
    }
}

/// Renders a time as AWS does in XML: `2026-01-02T03:04:05.000Z`.
pub fn iso8601(at: OffsetDateTime) -> String {
    at.format(format_description!(
        "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z"
    ))
    .expect("a UTC time has all of these components")
}

/// Renders a time as HTTP does: `Fri, 02 Jan 2026 03:04:05 GMT`.
pub fn http_date(at: OffsetDateTime) -> String {
    at.format(format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    ))
    .expect("a UTC time has all of these components")
}
