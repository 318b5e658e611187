//! Looks at buckets: whose they are, where, and what of the site is in them.

use super::Observer;
use crate::aws::error::{self, Call};
use crate::error::{Error, Result};
use crate::messages::aws as msg;
use crate::plan::observed::{BucketState, OurBucket};
use crate::site::{Bucket, Origin};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures_util::future::{join, join3, try_join_all};
use std::collections::{BTreeMap, BTreeSet};

/// What HeadBucket says.
enum Head {
    /// No bucket has the name.
    Missing,
    /// The caller's account does not own it, or may not look at it.
    Foreign,
    /// It can be used, in this region.
    In(String),
    /// It is in this other region, whoever owns it.
    Elsewhere(String),
}

impl Observer<'_> {
    /// Looks at a bucket and the markers that it should have.
    pub async fn bucket(&self, bucket: &Bucket, region: &str) -> Result<BucketState> {
        let name = bucket.name.as_str();
        let arn = format!("arn:{}:s3:::{name}", self.caller.partition);
        let (head, ours) = (self.head_bucket(name), self.ours(bucket, &arn));
        let (head, early) = if self.clients.seen.has(&arn) {
            let (head, ours) = join(head, ours).await;
            (head, Ok(ours))
        } else {
            (head.await, Err(ours))
        };
        match head? {
            Head::Missing => return Ok(BucketState::Missing),
            Head::Foreign => return Ok(BucketState::Foreign),
            Head::In(actual) if actual != region => return Ok(BucketState::Elsewhere(actual)),
            Head::Elsewhere(actual) => return Ok(BucketState::Elsewhere(actual)),
            Head::In(_) => self.clients.seen.note(&arn),
        }
        let ours = match early {
            Ok(ours) => ours,
            Err(ours) => ours.await,
        };
        ours.map(BucketState::Ours)
    }

    /// Looks at a bucket that can be used.
    async fn ours(&self, bucket: &Bucket, arn: &str) -> Result<OurBucket> {
        let name = bucket.name.as_str();
        let markers = try_join_all(
            bucket
                .markers()
                .into_iter()
                .map(async |key| self.marker(name, arn, key).await),
        );
        let (markers, blocked, tags) = join3(
            markers,
            self.public_access_blocked(name, arn),
            self.bucket_tags(bucket, arn),
        )
        .await;
        Ok(OurBucket {
            markers: markers?.into_iter().flatten().collect::<BTreeSet<String>>(),
            public_access_blocked: blocked?,
            tags: tags?,
        })
    }

    /// Returns the region of a bucket that the caller may use.
    pub async fn bucket_region(&self, bucket: &str) -> Result<String> {
        match self.head_bucket(bucket).await? {
            Head::In(region) | Head::Elsewhere(region) => Ok(region),
            Head::Missing => Err(Error::new(msg::bucket_missing(bucket))),
            Head::Foreign => Err(Error::new(msg::bucket_foreign(bucket))
                .hint(msg::bucket_foreign_hint(&self.caller.account))),
        }
    }

    /// Asks for a bucket. The SDK does not follow the redirect that answers for another
    /// region (<https://github.com/awslabs/aws-sdk-rust/issues/1052>), but the answer's
    /// header tells which.
    async fn head_bucket(&self, bucket: &str) -> Result<Head> {
        let own = self.clients.region();
        let _turn = self.clients.s3_turn().await;
        let head = self
            .clients
            .s3
            .head_bucket()
            .bucket(bucket)
            .expected_bucket_owner(self.caller.account.as_str())
            .send()
            .await;
        let error = match head {
            Ok(answer) => {
                let region = answer.bucket_region().unwrap_or(own);
                return Ok(Head::In(region.to_owned()));
            }
            Err(error) => error,
        };
        let actual = error
            .raw_response()
            .and_then(|response| response.headers().get("x-amz-bucket-region"))
            .map(str::to_owned);
        match (error::status(&error), actual) {
            (Some(404), _) => Ok(Head::Missing),
            (_, Some(actual)) if actual != own => Ok(Head::Elsewhere(actual)),
            (Some(403), _) => Ok(Head::Foreign),
            _ => {
                let arn = format!("arn:{}:s3:::{bucket}", self.caller.partition);
                Err(self.failed(&Call::new("s3:ListBucket", arn), &error))
            }
        }
    }

    async fn marker(&self, bucket: &str, arn: &str, key: String) -> Result<Option<String>> {
        let _turn = self.clients.s3_turn().await;
        let head = self
            .clients
            .s3
            .head_object()
            .bucket(bucket)
            .key(&key)
            .expected_bucket_owner(self.caller.account.as_str())
            .send()
            .await;
        match head {
            Ok(_) => Ok(Some(key)),
            Err(error) if error::status(&error) == Some(404) => Ok(None),
            Err(error) => {
                Err(self.failed(&Call::new("s3:GetObject", format!("{arn}/{key}")), &error))
            }
        }
    }

    /// Says whether a bucket holds no object at all.
    pub async fn is_empty(&self, bucket: &str) -> Result<bool> {
        let _turn = self.clients.s3_turn().await;
        let listed = self
            .clients
            .s3
            .list_objects_v2()
            .bucket(bucket)
            .max_keys(1)
            .expected_bucket_owner(self.caller.account.as_str())
            .send()
            .await
            .map_err(|error| {
                let arn = format!("arn:{}:s3:::{bucket}", self.caller.partition);
                self.failed(&Call::new("s3:ListBucket", arn), &error)
            })?;
        Ok(listed.contents().is_empty())
    }

    async fn public_access_blocked(&self, bucket: &str, arn: &str) -> Result<bool> {
        let _turn = self.clients.s3_turn().await;
        let answer = self
            .clients
            .s3
            .get_public_access_block()
            .bucket(bucket)
            .expected_bucket_owner(self.caller.account.as_str())
            .send()
            .await;
        let configuration = match answer {
            Ok(answer) => answer.public_access_block_configuration,
            Err(error) if error.code() == Some("NoSuchPublicAccessBlockConfiguration") => None,
            Err(error) => {
                let call = Call::new("s3:GetBucketPublicAccessBlock", arn);
                return Err(self.failed(&call, &error));
            }
        };
        Ok(configuration.is_some_and(|settings| {
            [
                settings.block_public_acls,
                settings.ignore_public_acls,
                settings.block_public_policy,
                settings.restrict_public_buckets,
            ]
            .iter()
            .all(|setting| *setting == Some(true))
        }))
    }

    async fn bucket_tags(&self, bucket: &Bucket, arn: &str) -> Result<BTreeMap<String, String>> {
        if bucket.origin != Some(Origin::Created) {
            return Ok(BTreeMap::new());
        }
        let _turn = self.clients.s3_turn().await;
        let answer = self
            .clients
            .s3
            .get_bucket_tagging()
            .bucket(bucket.name.as_str())
            .expected_bucket_owner(self.caller.account.as_str())
            .send()
            .await;
        match answer {
            Ok(answer) => Ok(answer
                .tag_set
                .into_iter()
                .map(|tag| (tag.key, tag.value))
                .collect()),
            Err(error) if error.code() == Some("NoSuchTagSet") => Ok(BTreeMap::new()),
            Err(error) => Err(self.failed(&Call::new("s3:GetBucketTagging", arn), &error)),
        }
    }
}
