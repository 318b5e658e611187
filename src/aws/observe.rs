//! Owns looking: read-only calls, concurrent, that turn a site's names into
//! what is behind them. It changes nothing and judges nothing.

use super::error::{self, Call};
use super::{Caller, Clients, find, warehouse};
use crate::check::{Guard, Guards};
use crate::error::{Error, Result};
use crate::messages::aws as msg;
use crate::plan::observed::{
    BucketState, Observed, OurBucket, PresentRole, PresentTopic, RoleState, TopicState,
};
use crate::site::arn::{RoleArn, Subscription, TopicRef};
use crate::site::names::BucketName;
use crate::site::{Bucket, Event, Origin, RoleKind, Site, Topic};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures_util::future::{join, join_all, join3, try_join, try_join_all};
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

/// Looks on somebody's behalf: the clients, the caller, and what errors need to say.
#[derive(Clone, Copy, Debug)]
pub struct Observer<'a> {
    /// The clients of the site's region.
    pub clients: &'a Clients,
    /// Who is calling.
    pub caller: &'a Caller,
    /// The profile, for the hint of expired credentials.
    pub profile: Option<&'a str>,
}

impl<'a> Observer<'a> {
    /// Describes a failed call.
    pub fn failed<E>(&self, call: &Call, error: &SdkError<E, HttpResponse>) -> Error
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        error::failed(call, &self.caller.arn, self.profile, error)
    }

    /// Looks at everything that a site's plan depends on.
    pub async fn observe(&self, site: &Site) -> Observed {
        let buckets = join_all(site.buckets.iter().map(async |bucket| {
            (
                bucket.name.clone(),
                self.bucket(bucket, site.region.as_str()).await,
            )
        }));
        let roles =
            join_all(RoleKind::ALL.map(async |kind| (kind, self.role(site.role(kind)).await)));
        let topics = join_all(
            site.topics()
                .map(async |(event, topic)| (event, self.topic(site, topic).await)),
        );
        let warehouse = warehouse::observe(self, &site.redshift.warehouse);
        let ((buckets, roles), (topics, warehouse)) =
            join(join(buckets, roles), join(topics, warehouse)).await;
        Observed {
            buckets: buckets.into_iter().collect::<BTreeMap<BucketName, _>>(),
            roles: roles.into_iter().collect(),
            topics: topics.into_iter().collect::<BTreeMap<Event, _>>(),
            warehouse,
        }
    }

    /// Looks at a bucket and the markers that it should have.
    pub async fn bucket(&self, bucket: &Bucket, region: &str) -> Result<BucketState> {
        let name = bucket.name.as_str();
        let arn = format!("arn:{}:s3:::{name}", self.caller.partition);
        match self.head_bucket(name).await? {
            Head::Missing => return Ok(BucketState::Missing),
            Head::Foreign => return Ok(BucketState::Foreign),
            Head::In(actual) if actual != region => return Ok(BucketState::Elsewhere(actual)),
            Head::Elsewhere(actual) => return Ok(BucketState::Elsewhere(actual)),
            Head::In(_) => {}
        }
        let markers = try_join_all(
            bucket
                .markers()
                .into_iter()
                .map(async |key| self.marker(name, &arn, key).await),
        );
        let (markers, blocked, tags) = join3(
            markers,
            self.public_access_blocked(name, &arn),
            self.bucket_tags(bucket, &arn),
        )
        .await;
        Ok(BucketState::Ours(OurBucket {
            markers: markers?.into_iter().flatten().collect::<BTreeSet<String>>(),
            public_access_blocked: blocked?,
            tags: tags?,
        }))
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

    /// Looks at a role: its trust policy and all its inline policies.
    pub async fn role(&self, role: &RoleArn) -> Result<RoleState> {
        let name = role.name.as_str();
        let got = self.clients.iam.get_role().role_name(name).send();
        let (got, names) = join(got, find::inline_policies(self, role)).await;
        let got = match got {
            Ok(got) => got,
            Err(error) if error.code() == Some("NoSuchEntity") => return Ok(RoleState::Missing),
            Err(error) => {
                return Err(self.failed(&Call::new("iam:GetRole", role.to_string()), &error));
            }
        };
        let policies = try_join_all(names?.into_iter().map(async |policy| {
            let document = self.inline_policy(role, &policy).await?.unwrap_or_default();
            Ok::<_, Error>((policy, document))
        }))
        .await?;
        let present = got.role();
        let arn = present
            .map(|role| role.arn().to_owned())
            .unwrap_or_default();
        let trust = present
            .and_then(|role| role.assume_role_policy_document())
            .unwrap_or_default();
        Ok(RoleState::Present(PresentRole {
            arn: RoleArn::parse(&arn).unwrap_or_else(|_| role.clone()),
            trust: find::decoded(trust),
            policies: policies.into_iter().collect(),
        }))
    }

    /// Reads an inline policy; `None` where it does not exist.
    pub async fn inline_policy(&self, role: &RoleArn, policy: &str) -> Result<Option<String>> {
        let _turn = self.clients.policy_turn().await;
        let answer = self
            .clients
            .iam
            .get_role_policy()
            .role_name(role.name.as_str())
            .policy_name(policy)
            .send()
            .await;
        match answer {
            Ok(answer) => Ok(Some(find::decoded(answer.policy_document()))),
            Err(error) if error.code() == Some("NoSuchEntity") => Ok(None),
            Err(error) => {
                Err(self.failed(&Call::new("iam:GetRolePolicy", role.to_string()), &error))
            }
        }
    }

    /// Reads what stands over the inline policies of a site's roles.
    pub async fn guards(&self, site: &Site) -> Guards {
        let all = RoleKind::ALL.map(async |kind| (kind, self.guard(site.role(kind)).await));
        join_all(all).await.into_iter().collect()
    }

    /// Reads a role's managed policies and its permissions boundary.
    async fn guard(&self, role: &RoleArn) -> Result<Guard> {
        let name = role.name.as_str();
        let iam = &self.clients.iam;
        let attached = async {
            let mut found = Vec::new();
            let mut pages = iam
                .list_attached_role_policies()
                .role_name(name)
                .into_paginator()
                .items()
                .send();
            while let Some(next) = pages.next().await {
                match next {
                    Ok(policy) => found.extend(policy.policy_arn),
                    Err(error) if error::code(&error) == "NoSuchEntity" => break,
                    Err(error) => {
                        let call = Call::new("iam:ListAttachedRolePolicies", role.to_string());
                        return Err(self.failed(&call, &error));
                    }
                }
            }
            Ok(found)
        };
        let boundary = async {
            match iam.get_role().role_name(name).send().await {
                Ok(got) => Ok(got
                    .role
                    .and_then(|role| role.permissions_boundary)
                    .and_then(|boundary| boundary.permissions_boundary_arn)),
                Err(error) if error.code() == Some("NoSuchEntity") => Ok(None),
                Err(error) => Err(self.failed(&Call::new("iam:GetRole", role.to_string()), &error)),
            }
        };
        let (attached, boundary) = try_join(attached, boundary).await?;
        let managed = try_join_all(attached.iter().map(|arn| self.managed_policy(arn)));
        let boundary = async {
            match &boundary {
                Some(arn) => self.managed_policy(arn).await.map(Some),
                None => Ok(None),
            }
        };
        let (managed, boundary) = try_join(managed, boundary).await?;
        Ok(Guard { managed, boundary })
    }

    /// Reads the version of a managed policy that counts.
    async fn managed_policy(&self, arn: &str) -> Result<String> {
        let iam = &self.clients.iam;
        let _turn = self.clients.policy_turn().await;
        let policy = iam.get_policy().policy_arn(arn).send().await;
        let policy =
            policy.map_err(|error| self.failed(&Call::new("iam:GetPolicy", arn), &error))?;
        let version = policy.policy.and_then(|policy| policy.default_version_id);
        let version = iam
            .get_policy_version()
            .policy_arn(arn)
            .version_id(version.unwrap_or_default())
            .send()
            .await
            .map_err(|error| self.failed(&Call::new("iam:GetPolicyVersion", arn), &error))?;
        let document = version.policy_version.and_then(|version| version.document);
        Ok(find::decoded(&document.unwrap_or_default()))
    }

    /// Looks at a topic: attributes, tags where it is ours, and subscriptions.
    pub async fn topic(&self, site: &Site, topic: &Topic) -> Result<TopicState> {
        let arn = site.topic_arn(&topic.topic);
        let region = match &topic.topic {
            TopicRef::Arn(arn) => &arn.region,
            TopicRef::Name(_) => &site.region,
        };
        let sns = self.clients.sns_in(region);
        let attributes = sns.get_topic_attributes().topic_arn(&arn).send().await;
        let attributes = match attributes {
            Ok(answer) => answer.attributes.unwrap_or_default(),
            Err(error) if error::is_not_found(&error) => return Ok(TopicState::Missing),
            Err(error) => {
                return Err(self.failed(&Call::new("sns:GetTopicAttributes", arn), &error));
            }
        };
        let tags = async {
            if matches!(topic.topic, TopicRef::Arn(_)) {
                return Ok(BTreeMap::new());
            }
            let answer = sns.list_tags_for_resource().resource_arn(&arn).send().await;
            let answer = answer.map_err(|error| {
                self.failed(&Call::new("sns:ListTagsForResource", arn.clone()), &error)
            })?;
            let tags = answer.tags.unwrap_or_default();
            Ok::<_, Error>(tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
        };
        let (tags, subscriptions) = try_join(tags, self.subscriptions(&sns, &arn)).await?;
        Ok(TopicState::Present(PresentTopic {
            display_name: attributes.get("DisplayName").cloned().unwrap_or_default(),
            tags,
            subscriptions,
        }))
    }

    async fn subscriptions(
        &self,
        sns: &aws_sdk_sns::Client,
        arn: &str,
    ) -> Result<BTreeMap<Subscription, bool>> {
        let mut found = BTreeMap::new();
        let mut pages = sns
            .list_subscriptions_by_topic()
            .topic_arn(arn)
            .into_paginator()
            .items()
            .send();
        while let Some(next) = pages.next().await {
            let item = next.map_err(|error| {
                self.failed(&Call::new("sns:ListSubscriptionsByTopic", arn), &error)
            })?;
            // The ARN of a subscription that nobody has confirmed is the literal `PendingConfirmation`;
            // a deleted one says `Deleted` for a while.
            let confirmed = item
                .subscription_arn()
                .is_some_and(|arn| arn.starts_with("arn:"));
            if item.subscription_arn() == Some("Deleted") {
                continue;
            }
            let subscription = Subscription {
                protocol: item.protocol().unwrap_or_default().to_owned(),
                endpoint: item.endpoint().unwrap_or_default().to_owned(),
            };
            let entry = found.entry(subscription).or_insert(false);
            *entry |= confirmed;
        }
        Ok(found)
    }
}
