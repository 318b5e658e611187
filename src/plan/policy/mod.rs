//! Policy documents as text that is edited with care: what they grant, and how to add or
//! take away the grant of a bucket without touching anything else. Pure: no AWS call, no IO.
//!
//! - A [`Policy`] keeps the text it was read from. An edit inserts or cuts at known places,
//!   so everything foreign stays byte for byte where it was.
//! - An [`Access`] is one of the two sets of permissions of the JMC manual.
//! - [`Policy::with_buckets`] and [`Policy::without_buckets`] make an [`Edit`];
//!   [`verdict`] says what a role's documents grant now; [`Budget`] counts the quota.

mod document;
mod edit;
mod evaluate;
mod json;
mod pattern;
mod size;
mod surgery;
pub mod trust;

pub use document::Policy;
pub use edit::{Change, Edit, Kept, Place, Sign};
pub use evaluate::{At, Cell, Deny, Doubt, Verdict, verdict};
pub use size::{
    ATTACHED_LIMIT, Budget, INLINE_ROLE_LIMIT, MANAGED_LIMIT, Quotas, VERSIONS_LIMIT, size,
};

use crate::error::{Error, Result};
use crate::messages::policy as text;
use serde::{Deserialize, Serialize};

/// What a role may do with a bucket, by the JMC manual (its sections on the three IAM roles).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// The role of the warehouse: COPY and UNLOAD.
    Warehouse,
    /// The roles of the ECS task and of Lambda: also delete objects.
    Application,
}

impl Access {
    /// Returns the actions that are granted on the bucket itself.
    pub fn bucket_actions(self) -> &'static [&'static str] {
        &["s3:ListBucket", "s3:GetBucketLocation"]
    }

    /// Returns the actions that are granted on every object of the bucket.
    pub fn object_actions(self) -> &'static [&'static str] {
        match self {
            Self::Warehouse => &["s3:PutObject", "s3:GetObject"],
            Self::Application => &["s3:PutObject", "s3:GetObject", "s3:DeleteObject"],
        }
    }
}

/// The permissions of one kind of role on one bucket: two levels, as the manual has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Grant {
    /// The bucket's name.
    pub bucket: String,
    /// The actions on the bucket, and its ARN.
    pub on_bucket: Level,
    /// The actions on its objects, and the ARN of all of them (`/*`).
    pub on_objects: Level,
}

/// Actions that belong together in one statement, and the ARN they are granted on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Level {
    /// The actions, in the manual's order.
    pub actions: &'static [&'static str],
    /// The ARN.
    pub arn: String,
}

impl Grant {
    /// Makes the grant of a bucket in a partition such as `aws`, `aws-cn`, `aws-us-gov` or
    /// `aws-eusc`.
    ///
    /// # Errors
    /// `JMC-POLICY-BUCKET` for a name that could stand for more than one bucket or would
    /// need escaping, `JMC-POLICY-PARTITION` likewise. Whether S3 would accept the name is
    /// not this module's to say.
    pub fn new(access: Access, partition: &str, bucket: &str) -> Result<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        if bucket.is_empty() || bucket.len() > 255 || !bucket.bytes().all(plain) {
            return Err(Error::new(text::policy_bad_bucket(bucket)));
        }
        let named = partition == "aws" || partition.starts_with("aws-");
        if !named
            || !partition
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b == b'-')
        {
            return Err(Error::new(text::policy_bad_partition(partition)));
        }
        let arn = format!("arn:{partition}:s3:::{bucket}");
        Ok(Self {
            bucket: bucket.to_owned(),
            on_objects: Level {
                actions: access.object_actions(),
                arn: format!("{arn}/*"),
            },
            on_bucket: Level {
                actions: access.bucket_actions(),
                arn,
            },
        })
    }

    /// Returns both levels, the bucket's first.
    pub fn levels(&self) -> [&Level; 2] {
        [&self.on_bucket, &self.on_objects]
    }

    /// Returns every action with its ARN, in the manual's order.
    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.levels().into_iter().flat_map(|level| {
            level
                .actions
                .iter()
                .map(|action| (*action, level.arn.as_str()))
        })
    }

    /// Makes the grants of several buckets, sorted by name and each once.
    fn all(access: Access, partition: &str, buckets: &[&str]) -> Result<Vec<Self>> {
        let mut names = buckets.to_vec();
        names.sort_unstable();
        names.dedup();
        names
            .into_iter()
            .map(|bucket| Self::new(access, partition, bucket))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn a_grant_has_the_manuals_pairs_in_the_manuals_order() {
        let grant = Grant::new(Access::Application, "aws-cn", "data").unwrap();
        let pairs: Vec<_> = grant.pairs().collect();
        assert_eq!(
            pairs,
            [
                ("s3:ListBucket", "arn:aws-cn:s3:::data"),
                ("s3:GetBucketLocation", "arn:aws-cn:s3:::data"),
                ("s3:PutObject", "arn:aws-cn:s3:::data/*"),
                ("s3:GetObject", "arn:aws-cn:s3:::data/*"),
                ("s3:DeleteObject", "arn:aws-cn:s3:::data/*"),
            ]
        );
        assert_eq!(Access::Warehouse.object_actions().len(), 2);
    }

    #[test]
    fn a_name_that_is_a_pattern_is_no_bucket() {
        for bucket in ["", "*", "a?b", "a/b", "a\"b", "${aws:username}", "バケット"] {
            let error = Grant::new(Access::Warehouse, "aws", bucket).unwrap_err();
            assert_eq!(error.code(), "JMC-POLICY-BUCKET", "{bucket}");
        }
        for partition in ["", "*", "azure", "aws:s3", "aws-CN"] {
            let error = Grant::new(Access::Warehouse, partition, "data").unwrap_err();
            assert_eq!(error.code(), "JMC-POLICY-PARTITION", "{partition}");
        }
    }
}
