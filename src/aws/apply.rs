//! Owns carrying a plan out: every step after those that it needs, independent
//! ones side by side. A failed step is reported, never thrown; no step is undone.

use super::error::{self, Call};
use super::observe::Observer;
use super::{edit, warehouse};
use crate::error::{Error, Result};
use crate::messages::aws as msg;
use crate::plan::{Action, Plan};
use crate::site::arn::{PolicyArn, RoleArn, Subscription};
use crate::site::names::Region;
use aws_sdk_s3::types::{
    BucketLocationConstraint, CreateBucketConfiguration, PublicAccessBlockConfiguration, Tagging,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures_util::future::{join_all, join3};
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How many steps run side by side: enough to hide the round trips, few enough not to be throttled.
const PARALLEL: usize = 8;

/// How long something that was just made is waited for until AWS knows it everywhere.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency>.
pub(super) const PROPAGATION: Duration = Duration::from_secs(40);

/// How a step ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It is done.
    Done,
    /// It failed.
    Failed(Error),
    /// It was not begun.
    NotRun,
}

/// How every step of a plan ended, in the plan's order.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The outcomes.
    pub outcomes: Vec<Outcome>,
    /// How long each step took; zero where it was not begun.
    pub took: Vec<Duration>,
}

impl Report {
    /// Says whether every step is done.
    pub fn is_done(&self) -> bool {
        self.outcomes
            .iter()
            .all(|outcome| matches!(outcome, Outcome::Done))
    }

    /// Returns the first failure.
    pub fn failure(&self) -> Option<&Error> {
        self.outcomes.iter().find_map(|outcome| match outcome {
            Outcome::Failed(error) => Some(error),
            _ => None,
        })
    }
}

/// Hears of each step as it begins (no outcome) and ends.
pub type OnStep<'a> = &'a mut (dyn FnMut(usize, Option<(&Outcome, Duration)>) + Send);

/// Carries a plan out. After a failure, or when `cancelled` says so, the steps that
/// are under way are finished and no other is begun.
pub async fn apply(
    observer: &Observer<'_>,
    editor: &edit::Editor<'_>,
    partition: &str,
    plan: &Plan,
    cancelled: &(dyn Fn() -> bool + Sync),
    on_step: OnStep<'_>,
) -> Report {
    let mut report = Report {
        outcomes: vec![Outcome::NotRun; plan.steps.len()],
        took: vec![Duration::ZERO; plan.steps.len()],
    };
    let mut waiting: BTreeSet<usize> = (0..plan.steps.len()).collect();
    let mut done = BTreeSet::new();
    let mut running = FuturesUnordered::new();
    let mut stop = false;
    loop {
        stop = stop || cancelled();
        while !stop && running.len() < PARALLEL {
            let ready = waiting.iter().copied().find(|index| {
                plan.steps[*index]
                    .needs
                    .iter()
                    .all(|need| done.contains(need))
            });
            let Some(index) = ready else { break };
            waiting.remove(&index);
            on_step(index, None);
            running.push(async move {
                let began = Instant::now();
                let result = step(observer, editor, partition, &plan.steps[index].action).await;
                (index, result, began.elapsed())
            });
        }
        let Some((index, result, took)) = running.next().await else {
            break;
        };
        let outcome = match result {
            Ok(()) => {
                done.insert(index);
                Outcome::Done
            }
            Err(error) => {
                stop = true;
                Outcome::Failed(error)
            }
        };
        on_step(index, Some((&outcome, took)));
        report.took[index] = took;
        report.outcomes[index] = outcome;
    }
    report
}

async fn step(
    observer: &Observer<'_>,
    editor: &edit::Editor<'_>,
    partition: &str,
    action: &Action,
) -> Result<()> {
    let writer = Writer {
        observer,
        partition,
    };
    match action {
        Action::CreateBucket {
            bucket,
            region,
            tags,
            folders,
        } => {
            writer
                .create_bucket(bucket.as_str(), region, tags, folders)
                .await
        }
        Action::CreateFolders { bucket, folders } => {
            writer.create_folders(bucket.as_str(), folders).await
        }
        Action::BlockPublicAccess { bucket } => writer.block_public_access(bucket.as_str()).await,
        Action::TagBucket { bucket, tags } => writer.tag_bucket(bucket.as_str(), tags).await,
        Action::CreateRole {
            role,
            trust,
            permissions_boundary,
            tags,
        } => {
            writer
                .create_role(role, trust, permissions_boundary.as_ref(), tags)
                .await
        }
        Action::EditPolicy(change) => edit::apply(observer, editor, partition, change).await,
        Action::AttachRole {
            warehouse,
            role,
            attached,
            ..
        } => warehouse::attach(observer, warehouse, role, *attached).await,
        Action::CreateTopic {
            topic,
            arn,
            display_name,
            tags,
            subscriptions,
            ..
        } => {
            let created = observer
                .clients
                .sns
                .create_topic()
                .name(topic.as_str())
                .send()
                .await;
            created.map_err(|error| {
                observer.failed(&Call::new("sns:CreateTopic", arn.clone()), &error)
            })?;
            let (named, subscribed) = futures_util::future::join(
                writer.update_topic(arn, Some(display_name), tags),
                writer.subscribe(arn, subscriptions),
            )
            .await;
            named.and(subscribed)
        }
        Action::UpdateTopic {
            arn,
            display_name,
            tags,
        } => writer.update_topic(arn, display_name.as_ref(), tags).await,
        Action::Subscribe { arn, subscriptions } => writer.subscribe(arn, subscriptions).await,
    }
}

/// Repeats a call while it says that something is not known yet, until [`PROPAGATION`] has passed.
pub(super) async fn until_known<T, E, F: Future<Output = std::result::Result<T, E>>>(
    mut call: impl FnMut() -> F,
    not_yet: impl Fn(&E) -> bool,
) -> std::result::Result<T, E> {
    let deadline = Instant::now() + PROPAGATION;
    let mut pause = Duration::from_millis(250);
    loop {
        match call().await {
            Err(error) if not_yet(&error) && Instant::now() < deadline => {
                sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(4));
            }
            result => return result,
        }
    }
}

/// Writes on somebody's behalf.
struct Writer<'a> {
    observer: &'a Observer<'a>,
    partition: &'a str,
}

impl Writer<'_> {
    fn account(&self) -> &str {
        self.observer.caller.account.as_str()
    }

    fn bucket_arn(&self, bucket: &str) -> String {
        format!("arn:{}:s3:::{bucket}", self.partition)
    }

    async fn create_bucket(
        &self,
        bucket: &str,
        region: &Region,
        tags: &BTreeMap<String, String>,
        folders: &BTreeSet<String>,
    ) -> Result<()> {
        // us-east-1 must be left out and every other region named:
        // https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
        let configuration = (region.as_str() != "us-east-1").then(|| {
            CreateBucketConfiguration::builder()
                .location_constraint(BucketLocationConstraint::from(region.as_str()))
                .build()
        });
        let created = self
            .observer
            .clients
            .s3
            .create_bucket()
            .bucket(bucket)
            .set_create_bucket_configuration(configuration)
            .send()
            .await;
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
        let (blocked, tagged, filled) = join3(
            self.block_public_access(bucket),
            self.tag_bucket(bucket, tags),
            self.create_folders(bucket, folders),
        )
        .await;
        blocked.and(tagged).and(filled)
    }

    async fn block_public_access(&self, bucket: &str) -> Result<()> {
        let settings = PublicAccessBlockConfiguration::builder()
            .block_public_acls(true)
            .ignore_public_acls(true)
            .block_public_policy(true)
            .restrict_public_buckets(true)
            .build();
        let put = until_known(
            || {
                self.observer
                    .clients
                    .s3
                    .put_public_access_block()
                    .bucket(bucket)
                    .public_access_block_configuration(settings.clone())
                    .expected_bucket_owner(self.account())
                    .send()
            },
            |error| settles(error.code()),
        );
        let call = Call::new("s3:PutBucketPublicAccessBlock", self.bucket_arn(bucket));
        put.await
            .map_err(|error| self.observer.failed(&call, &error))?;
        Ok(())
    }

    async fn tag_bucket(&self, bucket: &str, tags: &BTreeMap<String, String>) -> Result<()> {
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
            || {
                self.observer
                    .clients
                    .s3
                    .put_bucket_tagging()
                    .bucket(bucket)
                    .tagging(tagging.clone())
                    .expected_bucket_owner(self.account())
                    .send()
            },
            |error| settles(error.code()),
        );
        let call = Call::new("s3:PutBucketTagging", self.bucket_arn(bucket));
        put.await
            .map_err(|error| self.observer.failed(&call, &error))?;
        Ok(())
    }

    async fn create_folders(&self, bucket: &str, folders: &BTreeSet<String>) -> Result<()> {
        join_all(folders.iter().map(|key| self.create_folder(bucket, key)))
            .await
            .into_iter()
            .collect()
    }

    /// Writes an empty object named as the folder, never over one that is there.
    async fn create_folder(&self, bucket: &str, key: &str) -> Result<()> {
        let put = until_known(
            || {
                self.observer
                    .clients
                    .s3
                    .put_object()
                    .bucket(bucket)
                    .key(key)
                    .if_none_match("*")
                    .expected_bucket_owner(self.account())
                    .send()
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

    async fn create_role(
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

    async fn update_topic(
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

    async fn subscribe(&self, arn: &str, wanted: &BTreeSet<Subscription>) -> Result<()> {
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
