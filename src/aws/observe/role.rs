//! Looks at roles: who may assume them, and every policy that has a say in what they may do.

use super::{Depth, Observer};
use crate::aws::error::{self, Call};
use crate::aws::find;
use crate::error::{Error, Result};
use crate::plan::observed::{Guard, Home, ManagedPolicy, PresentRole, RoleState};
use crate::site::arn::{PolicyArn, RoleArn};
use crate::site::{RoleKind, Site};
use aws_sdk_iam::types::Role;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures_util::future::{join, join_all, join3, try_join, try_join_all};
use std::collections::{BTreeMap, BTreeSet};

/// What was seen of one of a site's roles.
pub(super) struct Seen {
    pub(super) state: Result<RoleState>,
    pub(super) home: Option<Result<Home>>,
    pub(super) guard: Option<Result<Guard>>,
}

impl Observer<'_> {
    /// Looks at a role of a site, and as far as is wanted at its managed policies.
    pub(super) async fn role_of(&self, site: &Site, kind: RoleKind, depth: Depth) -> Seen {
        let role = site.role(kind);
        let has_home = site.policy_home.is_some();
        let guarded = depth == Depth::Guards;
        let attached = async {
            match has_home || guarded {
                true => self.attached_policies(role).await,
                false => Ok(BTreeSet::new()),
            }
        };
        let home = async {
            let arn = site.managed_policy_arn(kind);
            match has_home {
                true => Some(self.managed_policy(&arn).await),
                false => None,
            }
        };
        let state = async {
            let looked = join3(
                self.got(role),
                find::inline_policies(self, role),
                self.seen_policies(role),
            );
            let ((got, names, seen), attached) = join(looked, attached).await;
            let boundary = match &got {
                Ok(Some(got)) => boundary_of(got),
                _ => None,
            };
            let guard = async {
                match (guarded, &attached) {
                    (false, _) => None,
                    (true, Err(error)) => Some(Err(error.clone())),
                    (true, Ok(attached)) => Some(self.guard(attached, boundary.as_ref()).await),
                }
            };
            let (state, guard) = join(self.present(role, got, names, seen), guard).await;
            (state, attached, guard)
        };
        let ((state, attached, guard), policy) = join(state, home).await;
        let home = policy.map(|policy| {
            Ok(Home {
                policy: policy?,
                attached: attached?,
            })
        });
        Seen { state, home, guard }
    }

    /// Looks at a role: its trust policy and all its inline policies.
    pub async fn role(&self, role: &RoleArn) -> Result<RoleState> {
        let (got, names, seen) = join3(
            self.got(role),
            find::inline_policies(self, role),
            self.seen_policies(role),
        )
        .await;
        self.present(role, got, names, seen).await
    }

    /// Reads the inline policies that a role had when it was looked at before.
    async fn seen_policies(&self, role: &RoleArn) -> Vec<(String, Result<Option<String>>)> {
        let names = self.clients.seen.policies(role).into_iter();
        join_all(names.map(async |policy| {
            let document = self.inline_policy(role, &policy).await;
            (policy, document)
        }))
        .await
    }

    async fn got(&self, role: &RoleArn) -> Result<Option<Role>> {
        let name = role.name.as_str();
        match self.clients.iam.get_role().role_name(name).send().await {
            Ok(got) => Ok(got.role),
            Err(error) if error.code() == Some("NoSuchEntity") => Ok(None),
            Err(error) => Err(self.failed(&Call::new("iam:GetRole", role.to_string()), &error)),
        }
    }

    async fn present(
        &self,
        role: &RoleArn,
        got: Result<Option<Role>>,
        names: Result<Vec<String>>,
        seen: Vec<(String, Result<Option<String>>)>,
    ) -> Result<RoleState> {
        let Some(got) = got? else {
            return Ok(RoleState::Missing);
        };
        let mut seen: BTreeMap<_, _> = seen.into_iter().collect();
        let read = names?.into_iter().map(|policy| {
            let seen = seen.remove(&policy);
            (policy, seen)
        });
        let policies = try_join_all(read.map(async |(policy, seen)| {
            let document = match seen {
                Some(Ok(Some(document))) => document,
                Some(Err(error)) => return Err(error),
                // IAM lists it, and did not know it a moment ago.
                Some(Ok(None)) | None => {
                    let read = self.inline_policy(role, &policy).await?;
                    read.unwrap_or_default()
                }
            };
            Ok::<_, Error>((policy, document))
        }))
        .await?;
        let trust = got.assume_role_policy_document().unwrap_or_default();
        Ok(RoleState::Present(PresentRole {
            arn: RoleArn::parse(got.arn()).unwrap_or_else(|_| role.clone()),
            trust: find::decoded(trust),
            policies: policies.into_iter().collect(),
            boundary: boundary_of(&got),
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
            Ok(answer) => {
                self.clients.seen.note_policy(role, policy);
                Ok(Some(find::decoded(answer.policy_document())))
            }
            Err(error) if error.code() == Some("NoSuchEntity") => Ok(None),
            Err(error) => {
                Err(self.failed(&Call::new("iam:GetRolePolicy", role.to_string()), &error))
            }
        }
    }

    /// Returns the managed policies of a role; none where the role does not exist.
    pub async fn attached_policies(&self, role: &RoleArn) -> Result<BTreeSet<PolicyArn>> {
        let mut found = BTreeSet::new();
        let mut pages = self
            .clients
            .iam
            .list_attached_role_policies()
            .role_name(role.name.as_str())
            .into_paginator()
            .items()
            .send();
        while let Some(next) = pages.next().await {
            match next {
                Ok(policy) => {
                    let arn = policy
                        .policy_arn()
                        .and_then(|arn| PolicyArn::parse(arn).ok());
                    found.extend(arn);
                }
                Err(error) if error::code(&error) == "NoSuchEntity" => break,
                Err(error) => {
                    let call = Call::new("iam:ListAttachedRolePolicies", role.to_string());
                    return Err(self.failed(&call, &error));
                }
            }
        }
        Ok(found)
    }

    /// Reads what stands over a role's inline policies.
    async fn guard(
        &self,
        attached: &BTreeSet<PolicyArn>,
        boundary: Option<&PolicyArn>,
    ) -> Result<Guard> {
        let document = async |arn: &PolicyArn| {
            let policy = self.managed_policy(arn).await?.unwrap_or_default();
            Ok::<_, Error>(policy.document)
        };
        let managed = try_join_all(attached.iter().map(&document));
        let boundary = async {
            match boundary {
                Some(arn) => document(arn).await.map(Some),
                None => Ok(None),
            }
        };
        let (managed, boundary) = try_join(managed, boundary).await?;
        Ok(Guard { managed, boundary })
    }

    /// Reads a managed policy and the version of it that counts; `None` where it does not exist.
    pub async fn managed_policy(&self, arn: &PolicyArn) -> Result<Option<ManagedPolicy>> {
        let iam = &self.clients.iam;
        let _turn = self.clients.policy_turn().await;
        let policy = match iam.get_policy().policy_arn(arn.to_string()).send().await {
            Ok(answer) => answer.policy.unwrap_or_else(no_policy),
            Err(error) if error.code() == Some("NoSuchEntity") => return Ok(None),
            Err(error) => {
                return Err(self.failed(&Call::new("iam:GetPolicy", arn.to_string()), &error));
            }
        };
        let version = iam
            .get_policy_version()
            .policy_arn(arn.to_string())
            .version_id(policy.default_version_id().unwrap_or_default())
            .send()
            .await;
        let version = match version {
            Ok(answer) => answer.policy_version,
            // It went, or IAM does not know it everywhere yet.
            Err(error) if error.code() == Some("NoSuchEntity") => return Ok(None),
            Err(error) => {
                let call = Call::new("iam:GetPolicyVersion", arn.to_string());
                return Err(self.failed(&call, &error));
            }
        };
        let document = version.and_then(|version| version.document);
        let tags = policy.tags().iter();
        Ok(Some(ManagedPolicy {
            document: find::decoded(&document.unwrap_or_default()),
            tags: tags
                .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
                .collect::<BTreeMap<_, _>>(),
            attachments: policy
                .attachment_count()
                .and_then(|count| usize::try_from(count).ok())
                .unwrap_or_default(),
        }))
    }
}

fn no_policy() -> aws_sdk_iam::types::Policy {
    aws_sdk_iam::types::Policy::builder().build()
}

fn boundary_of(role: &Role) -> Option<PolicyArn> {
    let arn = role.permissions_boundary()?.permissions_boundary_arn()?;
    PolicyArn::parse(arn).ok()
}
