//! Owns what a site says of the tab 「構成要素設定」: its buckets, its roles, and which of these reach which.

use super::arn::{PolicyArn, RoleArn};
use super::names::{BucketName, Folder, PolicyName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

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
