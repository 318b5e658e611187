//! Owns the step from complete answers to a site. Everything was asked before;
//! what is missing here is named by its flag.

use super::not_answered;
use crate::answers::{Answers, AppRoleAnswers, NotificationSource};
use crate::error::{Error, Result};
use crate::messages::names as msg;
use crate::prompt::QuestionId;
use crate::redshift::password::PasswordSource;
use crate::site::arn::{RoleArn, RoleRef};
use crate::site::names::{AccountId, Port};
use crate::site::{
    AppRole, BucketKind, ConnectionTest, Notifications, Redshift, RedshiftRole, Roles, Site, Topic,
    VERSION,
};
use std::collections::BTreeMap;

/// Makes the site of complete answers, in the caller's account.
pub fn build(answers: &Answers, account: &AccountId) -> Result<Site> {
    let need = |question: QuestionId| not_answered(&[question]);
    let redshift = &answers.redshift;
    let mut buckets = answers.buckets.clone();
    for (kind, question) in [
        (BucketKind::Data, QuestionId::DataBucket),
        (BucketKind::Sql, QuestionId::SqlBucket),
        (BucketKind::Program, QuestionId::ProgramBucket),
    ] {
        if !buckets.iter().any(|bucket| bucket.kinds.contains(&kind)) {
            return Err(need(question));
        }
    }
    buckets.sort_by_key(|bucket| bucket.kinds.first().copied());
    Ok(Site {
        version: VERSION,
        name: answers
            .name
            .clone()
            .ok_or_else(|| need(QuestionId::SiteName))?,
        account: account.clone(),
        region: answers
            .region
            .clone()
            .ok_or_else(|| need(QuestionId::Region))?,
        redshift: Redshift {
            host: redshift
                .host
                .clone()
                .ok_or_else(|| need(QuestionId::Host))?,
            port: redshift.port.unwrap_or(Port::REDSHIFT),
            database: redshift
                .database
                .clone()
                .ok_or_else(|| need(QuestionId::Database))?,
            user: redshift
                .user
                .clone()
                .ok_or_else(|| need(QuestionId::User))?,
            password: redshift.password.clone().unwrap_or(PasswordSource::Prompt),
            warehouse: redshift
                .warehouse
                .clone()
                .ok_or_else(|| need(QuestionId::Cluster))?,
            tls: redshift.tls.clone(),
            connection_test: redshift.connection_test.unwrap_or(ConnectionTest::Skipped),
        },
        notifications: notifications(answers)?,
        buckets,
        roles: Roles {
            redshift: RedshiftRole {
                role: arn(
                    answers.roles.redshift.role.as_ref(),
                    QuestionId::RedshiftRole,
                )?,
                policy: answers.roles.redshift.policy.clone(),
                permissions_boundary: answers.roles.redshift.permissions_boundary.clone(),
                origin: answers.roles.redshift.origin,
            },
            ecs_task: app_role(
                &answers.roles.ecs_task,
                QuestionId::EcsTaskRole,
                QuestionId::EcsTaskPolicy,
            )?,
            lambda: app_role(
                &answers.roles.lambda,
                QuestionId::LambdaRole,
                QuestionId::LambdaPolicy,
            )?,
        },
        tags: answers.tags.clone().unwrap_or_default(),
        removing: answers.removing.clone(),
        lock_bucket: answers.lock_bucket.clone(),
        policy_home: answers.policy_home,
    })
}

fn notifications(answers: &Answers) -> Result<Notifications> {
    let known = &answers.notifications;
    match known.source {
        Some(NotificationSource::System) => Ok(Notifications::System {}),
        Some(NotificationSource::Site) => {
            let mut topics = BTreeMap::new();
            for (event, topic) in known.topics.iter().flatten() {
                let chosen = topic.topic.clone();
                let chosen = chosen.ok_or_else(|| not_answered(&[QuestionId::Topic(*event)]))?;
                let subscriptions = topic.subscriptions.clone().unwrap_or_default();
                topics.insert(
                    *event,
                    Topic {
                        topic: chosen,
                        subscriptions,
                    },
                );
            }
            let source_code = known
                .source_code
                .ok_or_else(|| not_answered(&[QuestionId::SourceCode]))?;
            Ok(Notifications::Site {
                source_code,
                topics,
            })
        }
        None => Err(not_answered(&[QuestionId::Notifications])),
    }
}

fn arn(role: Option<&RoleRef>, question: QuestionId) -> Result<RoleArn> {
    match role {
        Some(RoleRef::Arn(arn)) => Ok(arn.clone()),
        // Names are resolved before a site is built.
        Some(RoleRef::Name(name)) => Err(Error::usage(msg::arn(name, RoleArn::FORM))),
        None => Err(not_answered(&[question])),
    }
}

fn app_role(answers: &AppRoleAnswers, role: QuestionId, policy: QuestionId) -> Result<AppRole> {
    Ok(AppRole {
        role: arn(answers.role.as_ref(), role)?,
        policy: answers
            .policy
            .clone()
            .ok_or_else(|| not_answered(&[policy]))?,
    })
}
