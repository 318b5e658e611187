//! Owns what is known before anything is asked: flags, an answers file and an
//! existing site file, each value already read by its validator. It asks nothing.

pub mod connection;
mod flags;

use crate::error::{Error, Result};
use crate::redshift::password::PasswordSource;
use crate::site::arn::{PolicyArn, RoleRef, Subscription, TopicRef};
use crate::site::names::{
    AccountId, BucketName, Folder, Identifier, PolicyName, Port, Region, RolePath, SiteName,
};
use crate::site::text;
use crate::site::{
    Bucket, BucketKind, ConnectionTest, Event, Origin, PolicyHome, Removal, Site, SourceCode, Tls,
    Warehouse,
};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

pub use crate::site::NotificationSource;
pub use flags::{EVENTS, choice};

/// Answers as far as they are known; the shape of the site file with every field optional.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Answers {
    /// The version of the file.
    pub version: Option<u64>,
    /// The site's name.
    pub name: Option<SiteName>,
    /// The account of the file: the caller must be in it.
    pub account: Option<AccountId>,
    /// The warehouse's region.
    pub region: Option<Region>,
    /// 「Redshift接続」
    pub redshift: RedshiftAnswers,
    /// 「ジョブ実行通知」
    pub notifications: NotificationAnswers,
    /// The buckets of 「構成要素設定」, each once.
    #[serde(deserialize_with = "text::buckets")]
    pub buckets: Vec<Bucket>,
    /// The roles of 「構成要素設定」.
    pub roles: RoleAnswers,
    /// Tags for everything that is created.
    #[serde(deserialize_with = "text::some_tags")]
    pub tags: Option<BTreeMap<String, String>>,
    /// Buckets whose access is being taken away.
    pub removing: Vec<Removal>,
    /// The bucket for locks.
    pub lock_bucket: Option<BucketName>,
    /// Where the roles' grants are kept.
    pub policy_home: Option<PolicyHome>,
    /// `--connect-timeout`
    #[serde(skip)]
    pub connect_timeout: Option<Duration>,
    /// `--warehouse`, where the identifier is still to be asked.
    #[serde(skip)]
    pub serverless: Option<bool>,
    /// `--data-folder`, until the data buckets are known.
    #[serde(skip)]
    pub folders: Option<BTreeSet<Folder>>,
}

/// Answers about the warehouse.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RedshiftAnswers {
    /// The host name.
    #[serde(deserialize_with = "text::some_host")]
    pub host: Option<String>,
    /// The port.
    pub port: Option<Port>,
    /// The database.
    pub database: Option<Identifier>,
    /// The database user.
    pub user: Option<Identifier>,
    /// Where the password comes from.
    pub password: Option<PasswordSource>,
    /// The cluster or workgroup.
    pub warehouse: Option<Warehouse>,
    /// How the connection is secured.
    pub tls: Tls,
    /// Whether the connection is tested.
    pub connection_test: Option<ConnectionTest>,
}

/// Answers about notifications.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NotificationAnswers {
    /// System settings or this site's own.
    #[serde(rename = "use")]
    pub source: Option<NotificationSource>,
    /// Whether the source code is included.
    pub source_code: Option<SourceCode>,
    /// The events, each with what is known of its topic.
    #[serde(deserialize_with = "text::by_event")]
    pub topics: Option<BTreeMap<Event, TopicAnswers>>,
}

/// Answers about one event's topic.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TopicAnswers {
    /// The topic.
    pub topic: Option<TopicRef>,
    /// Its subscriptions.
    pub subscriptions: Option<BTreeSet<Subscription>>,
}

/// Answers about roles.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RoleAnswers {
    /// Redshift IAMロール
    pub redshift: RedshiftRoleAnswers,
    /// ECSタスク IAMロール
    pub ecs_task: AppRoleAnswers,
    /// Lambda IAMロール
    pub lambda: AppRoleAnswers,
}

/// Answers about the Redshift role.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RedshiftRoleAnswers {
    /// The role.
    pub role: Option<RoleRef>,
    /// Its inline policy.
    pub policy: Option<PolicyName>,
    /// Its permissions boundary.
    pub permissions_boundary: Option<PolicyArn>,
    /// Whether it is ours.
    pub origin: Option<Origin>,
    /// The path of a created role.
    #[serde(skip)]
    pub path: Option<RolePath>,
}

/// Answers about a role of the installation.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AppRoleAnswers {
    /// The role.
    pub role: Option<RoleRef>,
    /// Its inline policy.
    pub policy: Option<PolicyName>,
}

impl Answers {
    /// Returns the buckets that serve a kind.
    pub fn buckets_of(&self, kind: BucketKind) -> Vec<BucketName> {
        self.buckets
            .iter()
            .filter(|bucket| bucket.kinds.contains(&kind))
            .map(|bucket| bucket.name.clone())
            .collect()
    }

    /// Makes these buckets, and no others, serve a kind.
    pub fn set_buckets(&mut self, kind: BucketKind, names: Vec<BucketName>) {
        for bucket in &mut self.buckets {
            bucket.kinds.remove(&kind);
        }
        for name in names {
            match self.buckets.iter_mut().find(|bucket| bucket.name == name) {
                Some(bucket) => {
                    bucket.kinds.insert(kind);
                }
                None => self.buckets.push(Bucket {
                    name,
                    kinds: BTreeSet::from([kind]),
                    folders: BTreeSet::new(),
                    origin: None,
                }),
            }
        }
        self.buckets.retain(|bucket| !bucket.kinds.is_empty());
        for bucket in &mut self.buckets {
            if !bucket.kinds.contains(&BucketKind::Data) {
                bucket.folders.clear();
            }
        }
    }

    /// Reads an answers file, which must exist.
    pub fn from_file(path: &Path) -> Result<Self> {
        crate::site::file::read_as(path)?
            .ok_or_else(|| Error::usage(crate::messages::file::missing(path.display())))
    }

    /// Returns a site's values as answers.
    pub fn from_site(site: &Site) -> Self {
        // The site file is an answers file: one shape, proved by a test.
        serde_json::to_value(site)
            .and_then(serde_json::from_value)
            .unwrap_or_default()
    }

    /// Fills what is not known from other answers.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        self.name = self.name.or(other.name);
        self.account = self.account.or(other.account);
        let same_host = self.redshift.host.is_none() || self.redshift.host == other.redshift.host;
        if same_host {
            self.region = self.region.or(other.region);
            self.redshift.warehouse = self.redshift.warehouse.or(other.redshift.warehouse);
        }
        let redshift = &mut self.redshift;
        redshift.host = redshift.host.take().or(other.redshift.host);
        redshift.port = redshift.port.or(other.redshift.port);
        redshift.database = redshift.database.take().or(other.redshift.database);
        redshift.user = redshift.user.take().or(other.redshift.user);
        redshift.password = redshift.password.take().or(other.redshift.password);
        redshift.connection_test = redshift.connection_test.or(other.redshift.connection_test);
        redshift.tls.mode = redshift.tls.mode.or(other.redshift.tls.mode);
        redshift.tls.ca_file = redshift.tls.ca_file.take().or(other.redshift.tls.ca_file);
        // The name in the certificate of one host says nothing of another's.
        if same_host {
            let known = other.redshift.tls.server_name;
            redshift.tls.server_name = redshift.tls.server_name.take().or(known);
        }
        let notifications = &mut self.notifications;
        notifications.source = notifications.source.or(other.notifications.source);
        notifications.source_code = notifications
            .source_code
            .or(other.notifications.source_code);
        notifications.topics = match (notifications.topics.take(), other.notifications.topics) {
            (Some(mut own), Some(others)) => {
                for (event, topic) in &mut own {
                    let other = others.get(event).cloned().unwrap_or_default();
                    topic.topic = topic.topic.take().or(other.topic);
                    topic.subscriptions = topic.subscriptions.take().or(other.subscriptions);
                }
                Some(own)
            }
            (own, others) => own.or(others),
        };
        for kind in BucketKind::ALL {
            if !self.buckets_of(kind).is_empty() {
                continue;
            }
            let names: Vec<BucketName> = other
                .buckets
                .iter()
                .filter(|bucket| bucket.kinds.contains(&kind))
                .map(|bucket| bucket.name.clone())
                .collect();
            self.set_buckets(kind, names);
        }
        for bucket in &mut self.buckets {
            if let Some(known) = other.buckets.iter().find(|known| known.name == bucket.name) {
                bucket.origin = bucket.origin.or(known.origin);
                if bucket.kinds.contains(&BucketKind::Data) && bucket.folders.is_empty() {
                    bucket.folders.clone_from(&known.folders);
                }
            }
        }
        self.roles = self.roles.or(other.roles);
        self.tags = self.tags.or(other.tags);
        if self.removing.is_empty() {
            self.removing = other.removing;
        }
        self.lock_bucket = self.lock_bucket.or(other.lock_bucket);
        self.policy_home = self.policy_home.or(other.policy_home);
        self.connect_timeout = self.connect_timeout.or(other.connect_timeout);
        self.serverless = self.serverless.or(other.serverless);
        self.folders = self.folders.or(other.folders);
        self
    }
}

impl RoleAnswers {
    fn or(self, other: Self) -> Self {
        // The policy and origin of one role say nothing of another.
        let same = |own: &Option<RoleRef>, other: &Option<RoleRef>| match (own, other) {
            (Some(own), Some(other)) => own.name() == other.name(),
            _ => true,
        };
        let app = |own: AppRoleAnswers, other: AppRoleAnswers| AppRoleAnswers {
            policy: own
                .policy
                .or_else(|| other.policy.filter(|_| same(&own.role, &other.role))),
            role: own.role.or(other.role),
        };
        let (own, known) = (self.redshift, other.redshift);
        let related = same(&own.role, &known.role);
        Self {
            redshift: RedshiftRoleAnswers {
                policy: own.policy.or_else(|| known.policy.filter(|_| related)),
                origin: own.origin.or_else(|| known.origin.filter(|_| related)),
                permissions_boundary: own.permissions_boundary.or(known.permissions_boundary),
                path: own.path.or(known.path),
                role: own.role.or(known.role),
            },
            ecs_task: app(self.ecs_task, other.ecs_task),
            lambda: app(self.lambda, other.lambda),
        }
    }
}
