//! Owns reading and writing one policy document of a role, wherever it is kept: as an inline
//! policy, or as the version that counts of a customer managed policy that the role has.

use super::apply::until_known;
use super::error::{self, Call};
use super::observe::Observer;
use crate::error::{Error, Result};
use crate::messages::{Text, aws as msg};
use crate::plan::policy::{Budget, INLINE_ROLE_LIMIT, MANAGED_LIMIT, VERSIONS_LIMIT};
use crate::site::arn::{PolicyArn, RoleArn};
use crate::site::names::PolicyName;
use crate::site::undo::Kept;
use aws_sdk_iam::types::Tag;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures_util::future::try_join;
use std::collections::BTreeMap;

/// A place where a document is kept.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// The role whose document it is.
    pub role: &'a RoleArn,
    /// The policy.
    pub policy: &'a PolicyName,
    /// The managed policy; none where the policy is inline.
    pub managed: Option<&'a PolicyArn>,
    /// The tags of a managed policy that is created.
    pub tags: &'a BTreeMap<String, String>,
}

/// A document as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its text; none where there is no such policy.
    pub text: Option<String>,
    /// Whether it has an effect on the role.
    pub attached: bool,
}

impl<'a> Document<'a> {
    /// Returns the place of a document that was kept before it was replaced.
    pub fn of_kept(kept: &'a Kept, tags: &'a BTreeMap<String, String>) -> Self {
        Self {
            role: &kept.role,
            policy: &kept.policy,
            managed: kept.managed.as_ref(),
            tags,
        }
    }

    /// Reads the document.
    pub async fn read(&self, observer: &Observer<'_>) -> Result<Found> {
        let Some(arn) = self.managed else {
            let text = observer.inline_policy(self.role, self.policy.as_str());
            let text = text.await?;
            return Ok(Found {
                attached: text.is_some(),
                text,
            });
        };
        let policy = observer.managed_policy(arn);
        let (policy, attached) = try_join(policy, observer.attached_policies(self.role)).await?;
        Ok(Found {
            text: policy.map(|policy| policy.document),
            attached: attached.contains(arn),
        })
    }

    /// Writes the document in one call, whole; `before` is what it replaces.
    pub async fn put(
        &self,
        observer: &Observer<'_>,
        before: Option<&str>,
        after: &str,
        say: &(dyn Fn(&Text) + Sync),
    ) -> Result<()> {
        match (self.managed, before) {
            (None, _) => self.put_inline(observer, before, after).await,
            (Some(arn), None) => self.create(observer, arn, after).await,
            (Some(arn), Some(_)) => self.put_version(observer, arn, after, say).await,
        }
    }

    async fn put_inline(
        &self,
        observer: &Observer<'_>,
        before: Option<&str>,
        after: &str,
    ) -> Result<()> {
        let put = until_known(
            || {
                observer
                    .clients
                    .iam
                    .put_role_policy()
                    .role_name(self.role.name.as_str())
                    .policy_name(self.policy.as_str())
                    .policy_document(after)
                    .send()
            },
            // A role that was made a moment ago is not known everywhere yet.
            |error| error.code() == Some("NoSuchEntity"),
        );
        let call = Call::new("iam:PutRolePolicy", self.role.to_string());
        put.await.map(drop).map_err(|error| {
            if is_limit(error.code()) {
                let budget = Budget::new([], before, Some(after), INLINE_ROLE_LIMIT);
                let full = msg::policy_full(&self.role.name, budget.used_after, budget.limit);
                return Error::new(full).hint(msg::policy_full_hint());
            }
            observer.failed(&call, &error)
        })
    }

    async fn create(&self, observer: &Observer<'_>, arn: &PolicyArn, after: &str) -> Result<()> {
        let tags = self
            .tags
            .iter()
            .filter_map(|(key, value)| Tag::builder().key(key).value(value).build().ok());
        let created = observer
            .clients
            .iam
            .create_policy()
            .policy_name(self.policy.as_str())
            .policy_document(after)
            .set_tags(Some(tags.collect()))
            .send()
            .await;
        let Err(error) = created else { return Ok(()) };
        let failure = observer.failed(&Call::new("iam:CreatePolicy", arn.to_string()), &error);
        if error.code() != Some("EntityAlreadyExists") {
            return Err(failure);
        }
        // It was missing when we looked. With our tags on it, an attempt whose answer got lost
        // has made it.
        let there = observer.managed_policy(arn).await?;
        let ours = there.is_some_and(|there| there.document == after && there.tags == *self.tags);
        if ours { Ok(()) } else { Err(failure) }
    }

    async fn put_version(
        &self,
        observer: &Observer<'_>,
        arn: &PolicyArn,
        after: &str,
        say: &(dyn Fn(&Text) + Sync),
    ) -> Result<()> {
        let mut made_room = false;
        loop {
            let created = observer
                .clients
                .iam
                .create_policy_version()
                .policy_arn(arn.to_string())
                .policy_document(after)
                .set_as_default(true)
                .send()
                .await;
            let Err(error) = created else { return Ok(()) };
            if !is_limit(error.code()) {
                let call = Call::new("iam:CreatePolicyVersion", arn.to_string());
                return Err(observer.failed(&call, &error));
            }
            let spare = self.spare_versions(observer, arn).await?;
            match spare.last().filter(|_| !made_room) {
                Some(oldest) if spare.len() + 1 >= VERSIONS_LIMIT => {
                    self.delete_version(observer, arn, oldest).await?;
                    say(&msg::version_deleted(oldest, arn, VERSIONS_LIMIT));
                    made_room = true;
                }
                _ => {
                    let budget = Budget::new([], None, Some(after), MANAGED_LIMIT);
                    let full = msg::managed_full(arn, budget.used_after, budget.limit);
                    return Err(Error::new(full).hint(msg::managed_full_hint()));
                }
            }
        }
    }

    /// Attaches the managed policy to the role.
    pub async fn attach(&self, observer: &Observer<'_>) -> Result<()> {
        let Some(arn) = self.managed else {
            return Ok(());
        };
        let attached = until_known(
            || {
                observer
                    .clients
                    .iam
                    .attach_role_policy()
                    .role_name(self.role.name.as_str())
                    .policy_arn(arn.to_string())
                    .send()
            },
            // The role or the policy was made a moment ago.
            |error| error.code() == Some("NoSuchEntity"),
        );
        let call = Call::new("iam:AttachRolePolicy", self.role.to_string());
        attached
            .await
            .map(drop)
            .map_err(|error| observer.failed(&call, &error))
    }

    /// Deletes the policy; a managed one is detached from the role before. What is gone
    /// already is no failure.
    pub async fn delete(&self, observer: &Observer<'_>) -> Result<()> {
        let iam = &observer.clients.iam;
        let gone = |code: Option<&str>| code == Some("NoSuchEntity");
        let Some(arn) = self.managed else {
            let deleted = iam
                .delete_role_policy()
                .role_name(self.role.name.as_str())
                .policy_name(self.policy.as_str())
                .send()
                .await;
            return match deleted {
                Err(error) if !gone(error.code()) => {
                    let call = Call::new("iam:DeleteRolePolicy", self.role.to_string());
                    Err(observer.failed(&call, &error))
                }
                _ => Ok(()),
            };
        };
        let detached = iam
            .detach_role_policy()
            .role_name(self.role.name.as_str())
            .policy_arn(arn.to_string())
            .send()
            .await;
        if let Err(error) = detached
            && !gone(error.code())
        {
            let call = Call::new("iam:DetachRolePolicy", self.role.to_string());
            return Err(observer.failed(&call, &error));
        }
        for version in self.spare_versions(observer, arn).await? {
            self.delete_version(observer, arn, &version).await?;
        }
        let deleted = until_known(
            || iam.delete_policy().policy_arn(arn.to_string()).send(),
            // IAM needs a moment to see that it is no longer attached.
            |error| error.code() == Some("DeleteConflict"),
        );
        match deleted.await {
            Err(error) if !gone(error.code()) => {
                let call = Call::new("iam:DeletePolicy", arn.to_string());
                Err(observer.failed(&call, &error))
            }
            _ => Ok(()),
        }
    }

    /// Returns the versions that do not count, newest first; none where the policy is gone.
    async fn spare_versions(
        &self,
        observer: &Observer<'_>,
        arn: &PolicyArn,
    ) -> Result<Vec<String>> {
        let mut found = Vec::new();
        let mut pages = observer
            .clients
            .iam
            .list_policy_versions()
            .policy_arn(arn.to_string())
            .into_paginator()
            .items()
            .send();
        while let Some(next) = pages.next().await {
            match next {
                Ok(version) if version.is_default_version() => {}
                Ok(version) => found.extend(version.version_id),
                Err(error) if error::code(&error) == "NoSuchEntity" => break,
                Err(error) => {
                    let call = Call::new("iam:ListPolicyVersions", arn.to_string());
                    return Err(observer.failed(&call, &error));
                }
            }
        }
        // They are numbered `v1`, `v2`, and so on; the order of the listing is not promised.
        let number = |id: &String| {
            id.trim_start_matches('v')
                .parse::<u64>()
                .unwrap_or_default()
        };
        found.sort_by_key(|id| std::cmp::Reverse(number(id)));
        Ok(found)
    }

    async fn delete_version(
        &self,
        observer: &Observer<'_>,
        arn: &PolicyArn,
        version: &str,
    ) -> Result<()> {
        let deleted = observer
            .clients
            .iam
            .delete_policy_version()
            .policy_arn(arn.to_string())
            .version_id(version)
            .send()
            .await;
        match deleted {
            Err(error) if error.code() != Some("NoSuchEntity") => {
                let call = Call::new("iam:DeletePolicyVersion", arn.to_string());
                Err(observer.failed(&call, &error))
            }
            _ => Ok(()),
        }
    }
}

fn is_limit(code: Option<&str>) -> bool {
    matches!(code, Some("LimitExceeded" | "LimitExceededException"))
}
