//! Owns the flags of `init` as answers: each is read by the validator of its question, and all that are
//! refused are told at once.

use super::{Answers, AppRoleAnswers, TopicAnswers};
use crate::args::Init;
use crate::error::{Error, Result};
use crate::messages::{Text, error as usage, names as msg};
use crate::site::arn::{PolicyArn, RoleRef, Subscription, TopicRef};
use crate::site::names::{BucketName, Folder, PolicyName, Region, RolePath, SiteName};
use crate::site::text;
use crate::site::{BucketKind, ConnectionTest, Event, NotificationSource, SourceCode};
use std::collections::BTreeMap;

/// Collects every refused flag, so that all are told at once.
#[derive(Debug, Default)]
pub(super) struct Flags {
    refused: Vec<Error>,
}

impl Flags {
    pub(super) fn read<T>(
        &mut self,
        flag: &str,
        value: Option<&String>,
        parse: impl Fn(&str) -> Result<T, Text>,
    ) -> Option<T> {
        match parse(value?) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.refuse(flag, reason);
                None
            }
        }
    }

    pub(super) fn read_all<T>(
        &mut self,
        flag: &str,
        values: &[String],
        parse: impl Fn(&str) -> Result<T, Text>,
    ) -> Vec<T> {
        values
            .iter()
            .filter_map(|value| self.read(flag, Some(value), &parse))
            .collect()
    }

    pub(super) fn refuse(&mut self, flag: &str, reason: Text) {
        self.refused.push(Error::usage(usage::flag(flag, reason)));
    }

    /// Ends with one error that names them all.
    pub(super) fn finish(self) -> Result<()> {
        let mut refused = self.refused.into_iter();
        let Some(first) = refused.next() else {
            return Ok(());
        };
        Err(refused.fold(first, |error, next| error.hint(next.text().clone())))
    }
}

/// Reads one of a few words.
pub fn choice<T: Copy>(value: &str, choices: &[(&str, T)]) -> Result<T, Text> {
    let found = choices.iter().find(|(word, _)| *word == value.trim());
    found.map(|(_, choice)| *choice).ok_or_else(|| {
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        msg::choice(crate::site::names::shortened(value), words.join(", "))
    })
}

/// The words for events.
pub const EVENTS: [(&str, Event); 3] = [
    ("success", Event::Success),
    ("failure", Event::Failure),
    ("maintenance", Event::Maintenance),
];

fn of_event<T>(value: &str, parse: impl Fn(&str) -> Result<T, Text>) -> Result<(Event, T), Text> {
    let (event, rest) = value
        .split_once('=')
        .ok_or_else(|| msg::pair(crate::site::names::shortened(value), "EVENT=VALUE"))?;
    Ok((choice(event, &EVENTS)?, parse(rest)?))
}

fn tag(value: &str) -> Result<(String, String), Text> {
    let refuse = || msg::tag(crate::site::names::shortened(value));
    let (key, value) = value.split_once('=').ok_or_else(refuse)?;
    text::check_tag(key, value)?;
    Ok((key.to_owned(), value.to_owned()))
}

impl Answers {
    /// Reads the flags of `init`; every refused one is named in the error.
    pub fn from_flags(init: &Init, region: Option<Region>) -> Result<Self> {
        let mut flags = Flags::default();
        let mut answers = Self {
            region,
            ..Self::default()
        };
        answers.name = flags.read("--name", init.name.as_ref(), SiteName::parse);
        answers.connection_flags(&init.connection, &mut flags);
        if init.skip_connection_test {
            answers.redshift.connection_test = Some(ConnectionTest::Skipped);
        }
        answers.notification_flags(init, &mut flags);
        answers.component_flags(init, &mut flags);
        flags.finish()?;
        Ok(answers)
    }

    fn notification_flags(&mut self, init: &Init, flags: &mut Flags) {
        let notifications = &mut self.notifications;
        notifications.source =
            flags.read("--notifications", init.notifications.as_ref(), |value| {
                choice(
                    value,
                    &[
                        ("system", NotificationSource::System),
                        ("site", NotificationSource::Site),
                    ],
                )
            });
        notifications.source_code =
            flags.read("--source-code", init.source_code.as_ref(), |value| {
                choice(
                    value,
                    &[("include", SourceCode::Include), ("omit", SourceCode::Omit)],
                )
            });
        let mut topics: BTreeMap<Event, TopicAnswers> = BTreeMap::new();
        for event in flags.read_all("--notify-on", &init.notify_on, |value| {
            choice(value, &EVENTS)
        }) {
            topics.entry(event).or_default();
        }
        let given = flags.read_all("--topic", &init.topic, |value| {
            of_event(value, TopicRef::parse)
        });
        for (event, topic) in given {
            topics.entry(event).or_default().topic = Some(topic);
        }
        let given = flags.read_all("--subscribe", &init.subscribe, |value| {
            of_event(value, Subscription::parse)
        });
        for (event, subscription) in given {
            let known = &mut topics.entry(event).or_default().subscriptions;
            known.get_or_insert_default().insert(subscription);
        }
        notifications.topics = (!topics.is_empty()).then_some(topics);
    }

    fn component_flags(&mut self, init: &Init, flags: &mut Flags) {
        for (kind, flag, values) in [
            (BucketKind::Data, "--data-bucket", &init.data_bucket),
            (BucketKind::Sql, "--sql-bucket", &init.sql_bucket),
            (
                BucketKind::Program,
                "--program-bucket",
                &init.program_bucket,
            ),
        ] {
            let names = flags.read_all(flag, values, BucketName::parse);
            if !names.is_empty() {
                self.set_buckets(kind, names);
            }
        }
        let folders = flags.read_all("--data-folder", &init.data_folder, Folder::parse);
        self.folders = (!folders.is_empty()).then(|| folders.into_iter().collect());
        let roles = &mut self.roles;
        roles.redshift.role = flags.read(
            "--redshift-role",
            init.redshift_role.as_ref(),
            RoleRef::parse,
        );
        roles.redshift.path = flags.read("--role-path", init.role_path.as_ref(), RolePath::parse);
        roles.redshift.permissions_boundary = flags.read(
            "--permissions-boundary",
            init.permissions_boundary.as_ref(),
            PolicyArn::parse,
        );
        let mut app_role = |(role, given), (policy, named)| AppRoleAnswers {
            role: flags.read(role, given, RoleRef::parse),
            policy: flags.read(policy, named, PolicyName::parse),
        };
        roles.ecs_task = app_role(
            ("--ecs-task-role", init.ecs_task_role.as_ref()),
            ("--ecs-task-policy", init.ecs_task_policy.as_ref()),
        );
        roles.lambda = app_role(
            ("--lambda-role", init.lambda_role.as_ref()),
            ("--lambda-policy", init.lambda_policy.as_ref()),
        );
        let tags = flags.read_all("--tag", &init.tag, tag);
        self.tags = (!tags.is_empty()).then(|| tags.into_iter().collect());
    }
}
