//! Owns the section 「構成要素設定」: buckets, their folders, and roles, each looked
//! at in AWS as soon as it is answered.

use super::resolve::Candidate;
use super::{Wizard, bucket, not_answered, resolve};
use crate::answers::AppRoleAnswers;
use crate::aws::find::{self, POLICY_SUFFIX};
use crate::aws::observe::Observer;
use crate::error::{Error, Result};
use crate::messages::{Text, aws as aws_say, init as say};
use crate::plan::policy::trust;
use crate::prompt::QuestionId;
use crate::site::arn::{RoleArn, RoleRef};
use crate::site::names::{BucketName, Folder, PolicyName};
use crate::site::{BucketKind, Origin, RoleKind, Warehouse};
use std::collections::BTreeSet;

/// Asks everything again, with the answers so far as defaults.
pub fn ask_again(wizard: &mut Wizard<'_>) -> Result<()> {
    let answers = &mut wizard.answers;
    wizard.defaults.buckets = std::mem::take(&mut answers.buckets);
    wizard.defaults.roles = std::mem::take(&mut answers.roles);
    answers.folders = None;
    ask(wizard)
}

/// Asks what is not known, and finds the roles of the installation.
pub fn ask(wizard: &mut Wizard<'_>) -> Result<()> {
    if wizard.can_ask() {
        wizard.ui.heading(&say::section_components());
        if let Some(region) = wizard.answers.region.clone() {
            wizard.ui.say(&say::buckets_help(region));
        }
    }
    for kind in BucketKind::ALL {
        if wizard.answers.buckets_of(kind).is_empty() {
            let name = bucket(wizard, kind)?;
            wizard.answers.set_buckets(kind, vec![name]);
        }
        if kind == BucketKind::Data {
            folders(wizard)?;
        }
    }
    adopt_origins(wizard);
    let candidates = redshift_role(wizard)?;
    app_roles(wizard, candidates)
}

/// Keeps what an existing site file knows of buckets that were named again.
fn adopt_origins(wizard: &mut Wizard<'_>) {
    for bucket in &mut wizard.answers.buckets {
        let known = wizard
            .defaults
            .buckets
            .iter()
            .find(|known| known.name == bucket.name);
        bucket.origin = bucket.origin.or(known.and_then(|known| known.origin));
    }
}

fn bucket(wizard: &mut Wizard<'_>, kind: BucketKind) -> Result<BucketName> {
    let (id, _) = bucket::question(kind);
    let default = wizard.defaults.buckets_of(kind);
    let default = default.first().map(ToString::to_string);
    let region = wizard.answers.region.clone();
    let region = region.ok_or_else(|| not_answered(&[QuestionId::Region]))?;
    let clients = wizard.clients().clone();
    let observer = Observer {
        clients: &clients,
        caller: wizard.caller,
        profile: wizard.profile,
    };
    let (ui, at) = (wizard.ui, (wizard.runtime, observer));
    bucket::ask(ui, wizard.prompter(id)?, at, &region, kind, default)
}

fn folders(wizard: &mut Wizard<'_>) -> Result<()> {
    let known = wizard
        .answers
        .buckets
        .iter()
        .any(|bucket| !bucket.folders.is_empty());
    let folders = match wizard.answers.folders.clone() {
        Some(folders) => folders,
        None if known => return Ok(()),
        None => ask_folders(wizard)?,
    };
    for bucket in &mut wizard.answers.buckets {
        if bucket.kinds.contains(&BucketKind::Data) {
            bucket.folders.extend(folders.iter().cloned());
        }
    }
    Ok(())
}

fn ask_folders(wizard: &mut Wizard<'_>) -> Result<BTreeSet<Folder>> {
    let known = wizard.defaults.buckets.clone();
    let proposed = known.into_iter().flat_map(|bucket| bucket.folders);
    let ui = wizard.ui;
    let prompter = wizard.prompter(QuestionId::DataFolder)?;
    bucket::ask_folders(ui, prompter, proposed)
}

/// Settles the Redshift role, and returns what the roles of the installation can be: that is looked
/// for meanwhile, since no answer to this has a part in it.
fn redshift_role(wizard: &mut Wizard<'_>) -> Result<resolve::Candidates> {
    let known = known_app_roles(wizard);
    let given = [known[0].role.as_ref(), known[1].role.as_ref()];
    let asked = wizard.answers.roles.redshift.role.is_none();
    let site = wizard
        .answers
        .name
        .as_ref()
        .map_or("", |name| name.as_str());
    let proposed = format!("jmc-{site}-redshift-role");
    loop {
        let default = wizard
            .defaults
            .roles
            .redshift
            .role
            .as_ref()
            .map(ToString::to_string);
        let role = match wizard.answers.roles.redshift.role.clone() {
            Some(role) => role,
            None if wizard.can_ask() => wizard.ask(
                QuestionId::RedshiftRole,
                say::ask_redshift_role(),
                Some(default.unwrap_or_else(|| proposed.clone())),
                RoleRef::parse,
            )?,
            None => RoleRef::parse(&proposed).map_err(Error::usage)?,
        };
        let listed = wizard.listed_roles.take();
        let meanwhile =
            async |observer: &Observer<'_>| resolve::candidates(observer, given, listed).await;
        let (arn, exists, candidates) = match resolve::redshift_role(wizard, &role, meanwhile) {
            Ok(resolved) => resolved,
            Err(error) if asked && wizard.can_ask() => {
                wizard.ui.error(&error);
                continue;
            }
            Err(error) => return Err(error),
        };
        let unusable = exists.as_ref().and_then(|present| {
            let service = match wizard.answers.redshift.warehouse {
                Some(Warehouse::Workgroup(_)) => trust::REDSHIFT_SERVERLESS,
                _ => trust::REDSHIFT,
            };
            let trusted = trust::allows_service(&present.trust, service);
            matches!(trusted, Ok(trust::Trusted::No))
                .then(|| Error::new(aws_say::trust(&arn.name, service)).hint(aws_say::trust_hint()))
        });
        if asked && wizard.can_ask() {
            if let Some(error) = unusable {
                wizard.ui.error(&error);
                continue;
            }
            wizard.ui.say(&match &exists {
                Some(_) => say::role_there(&arn.name),
                None => say::role_new(&arn.name),
            });
        }
        keep_known_role(wizard, &arn);
        let answers = &mut wizard.answers.roles.redshift;
        if exists.is_none() {
            answers.origin = Some(Origin::Created);
        }
        answers.role = Some(RoleRef::Arn(arn));
        return Ok(candidates);
    }
}

/// Keeps what an existing site file knows of a role that was named again.
fn keep_known_role(wizard: &mut Wizard<'_>, arn: &RoleArn) {
    let known = &wizard.defaults.roles.redshift;
    if known
        .role
        .as_ref()
        .is_some_and(|role| role.name() == &arn.name)
    {
        let (policy, origin) = (known.policy.clone(), known.origin);
        let answers = &mut wizard.answers.roles.redshift;
        answers.policy = answers.policy.take().or(policy);
        answers.origin = answers.origin.or(origin);
    }
}

/// Returns what is known of the roles of the installation.
fn known_app_roles(wizard: &Wizard<'_>) -> [AppRoleAnswers; 2] {
    let answers = wizard.answers.roles.clone();
    let defaults = wizard.defaults.roles.clone();
    let known = |own: AppRoleAnswers, saved: AppRoleAnswers| AppRoleAnswers {
        role: own.role.or(saved.role),
        policy: own.policy.or(saved.policy),
    };
    [
        known(answers.ecs_task, defaults.ecs_task),
        known(answers.lambda, defaults.lambda),
    ]
}

/// Settles the roles of the installation: as given, else found by the manual's endings.
fn app_roles(wizard: &mut Wizard<'_>, candidates: resolve::Candidates) -> Result<()> {
    let [ecs, lambda] = known_app_roles(wizard);
    let [ecs_found, lambda_found] = candidates;
    let ecs_role = choose_role(wizard, RoleKind::EcsTask, ecs_found?)?;
    let lambda_role = choose_role(wizard, RoleKind::Lambda, lambda_found?)?;
    let ((ecs_role, ecs_names), (lambda_role, lambda_names)) = wizard.look(async |observer| {
        let (ecs, lambda) = (
            ecs_role.with_policies(observer),
            lambda_role.with_policies(observer),
        );
        futures_util::future::join(ecs, lambda).await
    });
    let ecs_policy = choose_policy(wizard, RoleKind::EcsTask, &ecs_role, ecs.policy, ecs_names?)?;
    let lambda_policy = choose_policy(
        wizard,
        RoleKind::Lambda,
        &lambda_role,
        lambda.policy,
        lambda_names?,
    )?;
    if wizard.can_ask() {
        for (label, role, policy) in [
            (
                crate::messages::plan::value_ec2_role(),
                &ecs_role,
                &ecs_policy,
            ),
            (
                crate::messages::plan::value_lambda_role(),
                &lambda_role,
                &lambda_policy,
            ),
        ] {
            wizard.ui.say(&say::role_found(label, &role.name, policy));
        }
    }
    let roles = &mut wizard.answers.roles;
    roles.ecs_task = AppRoleAnswers {
        role: Some(RoleRef::Arn(ecs_role)),
        policy: Some(ecs_policy),
    };
    roles.lambda = AppRoleAnswers {
        role: Some(RoleRef::Arn(lambda_role)),
        policy: Some(lambda_policy),
    };
    Ok(())
}

fn role_question(kind: RoleKind) -> (QuestionId, QuestionId, Text) {
    match kind {
        RoleKind::Lambda => (
            QuestionId::LambdaRole,
            QuestionId::LambdaPolicy,
            say::ask_lambda_role(),
        ),
        _ => (
            QuestionId::EcsTaskRole,
            QuestionId::EcsTaskPolicy,
            say::ask_ecs_task_role(),
        ),
    }
}

fn choose_role(
    wizard: &mut Wizard<'_>,
    kind: RoleKind,
    found: Vec<Candidate>,
) -> Result<Candidate> {
    let (id, _, question) = role_question(kind);
    let suffix = find::role_suffix(kind).unwrap_or_default();
    let flag = aws_say::role_flag_hint(id.flag().unwrap_or_default());
    match found.as_slice() {
        [only] => Ok(only.clone()),
        [] => {
            let none = Error::new(aws_say::role_none(suffix))
                .hint(flag)
                .hint(aws_say::role_missing_hint());
            if !wizard.can_ask() {
                return Err(none);
            }
            wizard.ui.error(&none);
            loop {
                let role = wizard.ask(id, question.clone(), None, RoleRef::parse)?;
                match resolve::existing_role(wizard, &role) {
                    Ok(arn) => return Ok(Candidate::of(arn)),
                    Err(error) => wizard.ui.error(&error),
                }
            }
        }
        several => {
            let names = || several.iter().map(|found| found.role.name.as_str());
            if !wizard.can_ask() {
                let names: Vec<&str> = names().collect();
                let text = aws_say::role_several(suffix, names.join(", "));
                return Err(Error::new(text).hint(flag));
            }
            let items: Vec<Text> = names().map(say::as_is).collect();
            let chosen = wizard.select(id, question, &items, 0)?;
            several
                .get(chosen)
                .cloned()
                .ok_or_else(|| Error::new(aws_say::role_none(suffix)))
        }
    }
}

fn choose_policy(
    wizard: &mut Wizard<'_>,
    kind: RoleKind,
    role: &RoleArn,
    given: Option<PolicyName>,
    names: Vec<String>,
) -> Result<PolicyName> {
    let (_, id, _) = role_question(kind);
    let flag = aws_say::policy_flag_hint(id.flag().unwrap_or_default());
    if let Some(given) = given {
        if names.iter().any(|name| name == given.as_str()) {
            return Ok(given);
        }
        return Err(Error::new(aws_say::policy_missing(&role.name, &given)).hint(flag));
    }
    let found: Vec<PolicyName> = names
        .iter()
        .filter(|name| name.ends_with(POLICY_SUFFIX))
        .filter_map(|name| PolicyName::parse(name).ok())
        .collect();
    let none = || Error::new(aws_say::policy_none(&role.name, POLICY_SUFFIX)).hint(flag.clone());
    match found.as_slice() {
        [policy] => Ok(policy.clone()),
        // A person may know it by another name.
        [] if wizard.can_ask() && !names.is_empty() => {
            wizard.ui.error(&none());
            let items: Vec<Text> = names.iter().map(say::as_is).collect();
            let question = say::ask_inline_policy(&role.name);
            let chosen = wizard.select(id, question, &items, 0)?;
            let chosen = names.get(chosen).map(|name| PolicyName::parse(name));
            chosen.ok_or_else(none)?.map_err(Error::new)
        }
        [] => Err(none()),
        several if wizard.can_ask() => {
            let items: Vec<Text> = several.iter().map(say::as_is).collect();
            let question = say::ask_inline_policy(&role.name);
            let chosen = wizard.select(id, question, &items, 0)?;
            several.get(chosen).cloned().ok_or_else(none)
        }
        several => {
            let names: Vec<&str> = several.iter().map(PolicyName::as_str).collect();
            let text = aws_say::policy_several(&role.name, POLICY_SUFFIX, names.join(", "));
            Err(Error::new(text).hint(flag))
        }
    }
}
