//! Owns the writes behind a plan's steps: buckets, folders, roles and topics. Each
//! can be repeated: what is there already is left, and an answer that got lost is no failure.

use super::apply::until_known;
use super::error::{self, Call};
use super::observe::Observer;
use crate::error::{Error, Result};
use crate::messages::aws as msg;
use crate::site::arn::{PolicyArn, RoleArn, Subscription};
use crate::site::names::Region;
use aws_sdk_s3::types::{
    BucketLocationConstraint, CreateBucketConfiguration, PublicAccessBlockConfiguration, Tagging,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures_util::future::{join_all, join3};
use std::collections::{BTreeMap, BTreeSet};

/// Writes on somebody's behalf.
pub(super) struct Writer<'a> {
    pub(super) observer: &'a Observer<'a>,
    pub(super) partition: &'a str,
}

impl Writer<'_> {
    fn account(&self) -> &str {
        self.observer.caller.account.as_str()
    }

    fn bucket_arn(&self, bucket: &str) -> String {
        format!("arn:{}:s3:::{bucket}", self.partition)
    }

    pub(super) async fn create_bucket(&self, bucket: &str, region: &Region) -> Result<()> {
        // us-east-1 must be left out and every other region named:
        // https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
        let configuration = (region.as_str() != "us-east-1").then(|| {
            CreateBucketConfiguration::builder()
                .location_constraint(BucketLocationConstraint::from(region.as_str()))
                .build()
        });
        let clients = self.observer.clients;
        let created = {
            let _turn = clients.s3_turn().await;
            let create = clients.s3.create_bucket().bucket(bucket);
            let create = create.set_create_bucket_configuration(configuration);
            create.send().await
        };
        if let Err(error) = created {
            match error.code() {
                // The bucket was missing when we looked: an attempt whose answer got lost has made it.
                Some("BucketAlreadyOwnedByYou") => {}
                Some("BucketAlreadyExists") => {
                    return Err(Error::new(msg::bucket_foreign(bucket))
                        .hint(msg::bucket_foreign_hint(self.account())));
                }
                _ => {
                    let call = Call::new("s3:CreateBucket", self.bucket_arn(bucket));
                    return Err(self.observer.failed(&call, &error));
                }
            }
        }
        clients.seen.note(&self.bucket_arn(bucket));
        Ok(())
    }

    /// Gives a bucket that has just been made what it is to have.
    pub(super) async fn set_up_bucket(
        &self,
        bucket: &str,
        tags: &BTreeMap<String, String>,
        folders: &BTreeSet<String>,
    ) -> Result<()> {
        let (blocked, tagged, filled) = join3(
            self.block_public_access(bucket),
            self.tag_bucket(bucket, tags),
            self.create_folders(bucket, folders),
        )
        .await;
        blocked.and(tagged).and(filled)
    }

    pub(super) async fn block_public_access(&self, bucket: &str) -> Result<()> {
        let settings = PublicAccessBlockConfiguration::builder()
            .block_public_acls(true)
            .ignore_public_acls(true)
            .block_public_policy(true)
            .restrict_public_buckets(true)
            .build();
        let put = until_known(
            || async {
                let _turn = self.observer.clients.s3_turn().await;
                self.observer
                    .clients
                    .s3
                    .put_public_access_block()
                    .bucket(bucket)
                    .public_access_block_configuration(settings.clone())
                    .expected_bucket_owner(self.account())
                    .send()
                    .await
            },
            |error| settles(error.code()),
        );
        let call = Call::new("s3:PutBucketPublicAccessBlock", self.bucket_arn(bucket));
        put.await
            .map_err(|error| self.observer.failed(&call, &error))?;
        Ok(())
    }

    pub(super) async fn tag_bucket(
        &self,
        bucket: &str,
        tags: &BTreeMap<String, String>,
    ) -> Result<()> {
        let tags: Vec<_> = tags
            .iter()
            .filter_map(|(key, value)| {
                aws_sdk_s3::types::Tag::builder()
                    .key(key)
                    .value(value)
                    .build()
                    .ok()
            })
            .collect();
        let Ok(tagging) = Tagging::builder().set_tag_set(Some(tags)).build() else {
            return Ok(());
        };
        let put = until_known(
            || async {
                let _turn = self.observer.clients.s3_turn().await;
                self.observer
                    .clients
                    .s3
                    .put_bucket_tagging()
                    .bucket(bucket)
                    .tagging(tagging.clone())
                    .expected_bucket_owner(self.account())
                    .send()
                    .await
            },
            |error| settles(error.code()),
        );
        let call = Call::new("s3:PutBucketTagging", self.bucket_arn(bucket));
        put.await
            .map_err(|error| self.observer.failed(&call, &error))?;
        Ok(())
    }

    pub(super) async fn create_folders(
        &self,
        bucket: &str,
        folders: &BTreeSet<String>,
    ) -> Result<()> {
        join_all(folders.iter().map(|key| self.create_folder(bucket, key)))
            .await
            .into_iter()
            .collect()
    }

    /// Writes an empty object named as the folder, never over one that is there.
    async fn create_folder(&self, bucket: &str, key: &str) -> Result<()> {
        let put = until_known(
            || async {
                let _turn = self.observer.clients.s3_turn().await;
                self.observer
                    .clients
                    .s3
                    .put_object()
                    .bucket(bucket)
                    .key(key)
                    .if_none_match("*")
                    .expected_bucket_owner(self.account())
                    .send()
                    .await
            },
            |error| settles(error.code()),
        );
        match put.await {
            Ok(_) => Ok(()),
            Err(error) if error::status(&error) == Some(412) => Ok(()),
            Err(error) => {
                let resource = format!("{}/{key}", self.bucket_arn(bucket));
                Err(self
                    .observer
                    .failed(&Call::new("s3:PutObject", resource), &error))
            }
        }
    }

    pub(super) async fn create_role(
        &self,
        role: &RoleArn,
        trust: &str,
        boundary: Option<&PolicyArn>,
        tags: &BTreeMap<String, String>,
    ) -> Result<()> {
        let iam = &self.observer.clients.iam;
        let call = Call::new("iam:CreateRole", role.to_string());
        let wanted: Vec<_> = tags
            .iter()
            .filter_map(|(key, value)| {
                aws_sdk_iam::types::Tag::builder()
                    .key(key)
                    .value(value)
                    .build()
                    .ok()
            })
            .collect();
        let created = iam
            .create_role()
            .role_name(role.name.as_str())
            .path(role.path.as_str())
            .assume_role_policy_document(trust)
            .set_permissions_boundary(boundary.map(ToString::to_string))
            .set_tags(Some(wanted.clone()))
            .send()
            .await;
        let Err(error) = created else { return Ok(()) };
        let failure = self.observer.failed(&call, &error);
        if error.code() != Some("EntityAlreadyExists") {
            return Err(failure);
        }
        // The role was missing when we looked. With our tags on it, an attempt whose answer got lost has made it.
        let there = iam.get_role().role_name(role.name.as_str()).send().await;
        let ours = there
            .ok()
            .and_then(|answer| answer.role)
            .is_some_and(|there| wanted.iter().all(|tag| there.tags().contains(tag)));
        if ours { Ok(()) } else { Err(failure) }
    }

    fn sns_of(&self, arn: &str) -> aws_sdk_sns::Client {
        let region = arn
            .split(':')
            .nth(3)
            .and_then(|region| Region::parse(region).ok());
        match region {
            Some(region) => self.observer.clients.sns_in(&region),
            None => self.observer.clients.sns.clone(),
        }
    }

    pub(super) async fn update_topic(
        &self,
        arn: &str,
        display_name: Option<&String>,
        tags: &BTreeMap<String, String>,
    ) -> Result<()> {
        let sns = self.sns_of(arn);
        let named = async {
            let Some(name) = display_name else {
                return Ok(());
            };
            let set = sns
                .set_topic_attributes()
                .topic_arn(arn)
                .attribute_name("DisplayName")
                .attribute_value(name)
                .send()
                .await;
            set.map(drop).map_err(|error| {
                self.observer
                    .failed(&Call::new("sns:SetTopicAttributes", arn), &error)
            })
        };
        let tagged = async {
            if tags.is_empty() {
                return Ok(());
            }
            let tags = tags.iter().filter_map(|(key, value)| {
                aws_sdk_sns::types::Tag::builder()
                    .key(key)
                    .value(value)
                    .build()
                    .ok()
            });
            let set = sns
                .tag_resource()
                .resource_arn(arn)
                .set_tags(Some(tags.collect()))
                .send()
                .await;
            set.map(drop).map_err(|error| {
                self.observer
                    .failed(&Call::new("sns:TagResource", arn), &error)
            })
        };
        let (named, tagged) = futures_util::future::join(named, tagged).await;
        named.and(tagged)
    }

    pub(super) async fn subscribe(&self, arn: &str, wanted: &BTreeSet<Subscription>) -> Result<()> {
        let sns = self.sns_of(arn);
        let all = wanted.iter().map(async |subscription| {
            let subscribed = sns
                .subscribe()
                .topic_arn(arn)
                .protocol(&subscription.protocol)
                .endpoint(&subscription.endpoint)
                .return_subscription_arn(true)
                .send()
                .await;
            subscribed.map(drop).map_err(|error| {
                self.observer
                    .failed(&Call::new("sns:Subscribe", arn), &error)
            })
        });
        join_all(all).await.into_iter().collect()
    }
}

/// Says whether S3's refusal passes by itself: the bucket was made a moment ago, or
/// another conditional operation on it is under way.
fn settles(code: Option<&str>) -> bool {
    matches!(
        code,
        Some("NoSuchBucket" | "OperationAborted" | "ConditionalRequestConflict")
    )
}
