//! Owns the desired state of a site, valid by construction: what the site file
//! stores and what every plan starts from. It never holds a secret.

pub mod arn;
pub mod file;
mod json;
pub mod names;
pub mod secret;
pub mod text;
pub mod undo;

use crate::plan::policy::trust;
use crate::redshift::endpoint::partition_of;
use crate::redshift::password::PasswordSource;
use arn::{PolicyArn, RoleArn, Subscription, TopicRef};
use names::{
    AccountId, BucketName, ClusterId, Folder, Identifier, PolicyName, Port, Region, SiteName,
    TopicName, Workgroup,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub use crate::prompt::Event;

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

/// Where the grants of a site's buckets are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyHome {
    /// In inline policies of the roles, as the manual has it. In a site file it says that they
    /// are being moved back there.
    Inline,
    /// In a customer managed policy of each role, which does not count against the quota of
    /// its inline policies.
    Managed,
}

impl PolicyHome {
    /// The words for them on the command line.
    pub const WORDS: [(&str, Self); 2] = [("inline", Self::Inline), ("managed", Self::Managed)];
}

/// A bucket that leaves the site, and what it was for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Removal {
    /// The bucket.
    pub name: BucketName,
    /// What it no longer serves.
    pub kinds: BTreeSet<BucketKind>,
}

/// How to reach the warehouse.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redshift {
    /// The host name, without port.
    #[serde(deserialize_with = "text::host")]
    pub host: String,
    /// The port.
    pub port: Port,
    /// The database.
    pub database: Identifier,
    /// The database user.
    pub user: Identifier,
    /// Where the password comes from; never the password.
    pub password: PasswordSource,
    /// The cluster or workgroup behind the host name.
    pub warehouse: Warehouse,
    /// How the connection is secured.
    #[serde(default, skip_serializing_if = "Tls::is_default")]
    pub tls: Tls,
    /// Whether the connection was tested from this machine.
    pub connection_test: ConnectionTest,
}

/// The cluster or workgroup that a host name belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Warehouse {
    /// A provisioned cluster.
    Cluster(ClusterId),
    /// A Redshift Serverless workgroup.
    Workgroup(Workgroup),
}

impl Warehouse {
    /// Returns the services that must be allowed to assume its role.
    pub fn services(&self) -> &'static [&'static str] {
        match self {
            Self::Cluster(_) => &[trust::REDSHIFT],
            Self::Workgroup(_) => &[trust::REDSHIFT_SERVERLESS, trust::REDSHIFT],
        }
    }

    /// Returns the identifier.
    pub fn id(&self) -> &str {
        match self {
            Self::Cluster(id) => id.as_str(),
            Self::Workgroup(name) => name.as_str(),
        }
    }
}

/// Whether the connection test ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectionTest {
    /// It ran and passed.
    Passed,
    /// It was left out by `--skip-connection-test`.
    Skipped,
}

/// How the connection is secured, where it differs from verify-full with public roots.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// How far the certificate is checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<crate::redshift::tls::TlsMode>,
    /// A file of further roots, in PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<std::path::PathBuf>,
    /// The name in the certificate, where it is not the host.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "text::some_certificate_name"
    )]
    pub server_name: Option<String>,
}

impl Tls {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

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

/// A kind of bucket, in the words of the tab 「構成要素設定」.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BucketKind {
    /// データ連携用S3バケット
    Data,
    /// 構成要素(SQL)用S3バケット
    Sql,
    /// 構成要素(プログラム)用S3バケット
    Program,
}

impl BucketKind {
    /// Every kind, in the order of the screen.
    pub const ALL: [Self; 3] = [Self::Data, Self::Sql, Self::Program];

    /// Returns the keys of the folder markers that the manual asks for.
    pub fn folders(self) -> &'static [&'static str] {
        match self {
            Self::Data => &[],
            Self::Sql => &["sql/"],
            Self::Program => &["program/python/"],
        }
    }
}

/// A role of the manual's matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoleKind {
    /// Redshift IAMロール
    Redshift,
    /// ECSタスク IAMロール, the EC2 IAMロール of the screen
    EcsTask,
    /// Lambda IAMロール
    Lambda,
}

impl RoleKind {
    /// Every role, in the order of the manual's matrix.
    pub const ALL: [Self; 3] = [Self::Redshift, Self::EcsTask, Self::Lambda];

    /// Returns the word by which policies of our own making are told apart.
    pub fn word(self) -> &'static str {
        match self {
            Self::Redshift => "redshift",
            Self::EcsTask => "ecs-task",
            Self::Lambda => "lambda",
        }
    }

    /// Says whether the manual's matrix (section 設定の保存) gives this role access to a kind of bucket.
    pub fn reaches(self, kind: BucketKind) -> bool {
        match self {
            Self::Redshift => kind == BucketKind::Data,
            Self::EcsTask | Self::Lambda => true,
        }
    }
}

/// Whether a resource is ours or was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Created for this site: its settings and tags are kept right.
    Created,
    /// There before: only what the manual asks for is added.
    Adopted,
}

/// A bucket and what it is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// The bucket's name, bare.
    pub name: BucketName,
    /// What it is for; one bucket may serve several kinds.
    pub kinds: BTreeSet<BucketKind>,
    /// The folders for data exchange, where it serves that.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub folders: BTreeSet<Folder>,
    /// Whether it is ours; unknown until AWS has been looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

impl Bucket {
    /// Returns the keys of the folder markers that must exist.
    pub fn markers(&self) -> BTreeSet<String> {
        let fixed = self
            .kinds
            .iter()
            .flat_map(|kind| kind.folders())
            .map(|key| (*key).to_owned());
        fixed
            .chain(self.folders.iter().map(ToString::to_string))
            .collect()
    }
}

/// The roles of the tab 「構成要素設定」.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roles {
    /// Redshift IAMロール
    pub redshift: RedshiftRole,
    /// ECSタスク IAMロール
    pub ecs_task: AppRole,
    /// Lambda IAMロール
    pub lambda: AppRole,
}

/// The role that the warehouse copies data with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedshiftRole {
    /// The role.
    pub role: RoleArn,
    /// Its inline policy for the data buckets; unknown until AWS has been looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyName>,
    /// The permissions boundary of a created role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions_boundary: Option<PolicyArn>,
    /// Whether it is ours; unknown until AWS has been looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

/// A role of the JMC installation, whose inline policy is extended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppRole {
    /// The role.
    pub role: RoleArn,
    /// The inline policy `*app-s3-policy`.
    pub policy: PolicyName,
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

/// Returns the name that is proposed for an event's topic.
pub fn proposed_topic(site: &SiteName, event: Event) -> Option<TopicName> {
    let event = match event {
        Event::Success => "success",
        Event::Failure => "failure",
        Event::Maintenance => "maintenance",
    };
    TopicName::parse(&format!("jmc-{site}-{event}")).ok()
}
