//! The comparison of a site with what was observed, without AWS: what is made, what is adopted,
//! what blocks, and what never happens.

use jmc_site::error::Error;
use jmc_site::messages::aws as msg;
use jmc_site::plan::diff::{diff, matrix, settle};
use jmc_site::plan::observed::{
    BucketState, Home, ManagedPolicy, Observed, OurBucket, PresentRole, PresentTopic, RoleState,
    TopicState, WarehouseState,
};
use jmc_site::plan::order::Order;
use jmc_site::plan::policy::{Access, Policy, Quotas, trust};
use jmc_site::plan::{Action, Managed, Plan, PolicyEdit};
use jmc_site::site::names::BucketName;
use jmc_site::site::{Event, Origin, PolicyHome, RoleKind, Site};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ROLE: &str = "arn:aws:iam::123456789012:role/jmc-sales-redshift-role";

/// A site with three buckets, a topic of its own, and roles that JMC's installation made.
fn site() -> Site {
    from(json!({
        "version": 1,
        "name": "sales",
        "account": "123456789012",
        "region": "ap-northeast-1",
        "redshift": {
            "host": "csa-dwh.c9x1abcd.ap-northeast-1.redshift.amazonaws.com",
            "port": 5439,
            "database": "dev",
            "user": "jmc",
            "password": "prompt",
            "warehouse": { "cluster": "csa-dwh" },
            "connection_test": "passed",
        },
        "notifications": {
            "use": "site",
            "source_code": "omit",
            "topics": {
                "failure": { "topic": "jmc-sales-failure", "subscriptions": ["email:ops@example.com"] },
            },
        },
        "buckets": [
            { "name": "sales-data", "kinds": ["data"], "folders": ["import/"] },
            { "name": "sales-sql", "kinds": ["sql"] },
            { "name": "sales-program", "kinds": ["program"] },
        ],
        "roles": {
            "redshift": { "role": ROLE },
            "ecs_task": { "role": "arn:aws:iam::123456789012:role/acme-jmc-app-role", "policy": "acme-app-s3-policy" },
            "lambda": { "role": "arn:aws:iam::123456789012:role/acme-jmc-api-role", "policy": "acme-app-s3-policy" },
        },
    }))
}

fn from(value: Value) -> Site {
    serde_json::from_value(value).expect("a site")
}

fn role(arn: &str, policies: &[(&str, String)]) -> RoleState {
    let arn = jmc_site::site::arn::RoleArn::parse(arn).expect("an ARN");
    let policies = policies
        .iter()
        .map(|(name, text)| ((*name).to_owned(), text.clone()));
    RoleState::Present(PresentRole {
        arn,
        trust: trust::for_redshift(false),
        policies: policies.collect(),
        boundary: None,
    })
}

fn app_policy() -> String {
    Policy::new_for(Access::Application, "aws", &["acme-old"]).expect("a policy")
}

/// Says where the steps of a plan are, by what they do.
fn positions(plan: &Plan, is_it: impl Fn(&Action) -> bool) -> Vec<usize> {
    let steps = plan.steps.iter().enumerate();
    let found = steps.filter(|(_, step)| is_it(&step.action));
    found.map(|(index, _)| index).collect()
}

/// Begins all that may be begun.
fn begin(order: &mut Order<'_, &'static str>) -> Vec<usize> {
    std::iter::from_fn(|| order.begin()).collect()
}

#[test]
fn an_edit_is_begun_beside_what_it_waits_for_and_continued_when_that_is_done() {
    let mut site = site();
    let observed = observed(&site);
    settle(&mut site, &observed);
    let plan = diff(&site, &observed);
    let buckets = positions(&plan, |action| {
        matches!(action, Action::CreateBucket { .. })
    });
    let role = positions(&plan, |action| matches!(action, Action::CreateRole { .. }));
    let edits = positions(&plan, |action| matches!(action, Action::EditPolicy(_)));
    let attach = positions(&plan, |action| matches!(action, Action::AttachRole { .. }));
    let [data, sql, program] = buckets[..] else {
        panic!("{buckets:?}")
    };
    let [redshift, ecs, lambda] = edits[..] else {
        panic!("{edits:?}")
    };

    let mut order = Order::of(&plan);
    let begun = begin(&mut order);
    for step in buckets.iter().chain(&role).chain(&edits) {
        assert!(begun.contains(step), "{step} of {begun:?}");
    }
    assert!(
        !begun.contains(&attach[0]),
        "a role is attached before it is made"
    );
    edits.iter().for_each(|edit| order.hold(*edit, "lock"));
    assert!(order.continued().is_empty(), "nothing is made yet");
    order.done(data);
    assert!(order.continued().is_empty(), "the role is not made yet");
    order.done(role[0]);
    assert_eq!(order.continued(), [(redshift, "lock")]);
    assert_eq!(begin(&mut order), attach);
    order.done(sql);
    order.done(program);
    assert!(!order.is_all_begun(), "two edits are still to be continued");
    assert_eq!(order.continued(), [(ecs, "lock"), (lambda, "lock")]);
    assert!(order.is_all_begun());
    assert!(order.continued().is_empty() && order.given_up().is_empty());
}

#[test]
fn an_edit_that_moves_grants_is_begun_after_the_one_that_gives_them() {
    let mut site = site();
    site.policy_home = Some(PolicyHome::Managed);
    let mut observed = observed(&site);
    let arn = site.role(RoleKind::EcsTask).to_string();
    let granted = Policy::new_for(Access::Application, "aws", &["sales-data", "sales-sql"]);
    let granted = granted.expect("a policy");
    let state = role(&arn, &[("acme-app-s3-policy", granted)]);
    observed.roles.insert(RoleKind::EcsTask, Ok(state));
    let plan = diff(&site, &observed);
    let edits = positions(
        &plan,
        |action| matches!(action, Action::EditPolicy(edit) if edit.role.to_string() == arn),
    );
    let [give, take] = edits[..] else {
        panic!("{:?}", plan.steps)
    };

    let mut order = Order::of(&plan);
    let begun = begin(&mut order);
    assert!(begun.contains(&give) && !begun.contains(&take));
    order.hold(give, "lock");
    begun
        .iter()
        .filter(|step| **step != give)
        .for_each(|step| order.done(*step));
    assert_eq!(order.continued(), [(give, "lock")]);
    assert!(
        !begin(&mut order).contains(&take),
        "the first lock is still held"
    );
    order.done(give);
    assert!(begin(&mut order).contains(&take));
    assert_eq!(order.given_up(), []);
    order.hold(take, "lock");
    assert_eq!(order.given_up(), [(take, "lock")]);
}

/// An installation in which nothing of the site is there.
fn observed(site: &Site) -> Observed {
    let app = |kind: RoleKind| {
        role(
            &site.role(kind).to_string(),
            &[("acme-app-s3-policy", app_policy())],
        )
    };
    Observed {
        buckets: site
            .buckets
            .iter()
            .map(|bucket| (bucket.name.clone(), Ok(BucketState::Missing)))
            .collect(),
        roles: BTreeMap::from([
            (RoleKind::Redshift, Ok(RoleState::Missing)),
            (RoleKind::EcsTask, Ok(app(RoleKind::EcsTask))),
            (RoleKind::Lambda, Ok(app(RoleKind::Lambda))),
        ]),
        warehouse: Ok(WarehouseState {
            status: "available".to_owned(),
            roles: BTreeMap::from([(
                "arn:aws:iam::123456789012:role/other".to_owned(),
                "in-sync".to_owned(),
            )]),
            default_role: None,
            namespace: None,
        }),
        topics: BTreeMap::from([(Event::Failure, Ok(TopicState::Missing))]),
        homes: BTreeMap::new(),
        guards: BTreeMap::new(),
        quotas: Quotas::default(),
    }
}

/// Does to the observed what AWS would do for each step, and nothing else.
fn applied(site: &Site, mut observed: Observed, plan: &Plan) -> Observed {
    for step in &plan.steps {
        apply(site, &mut observed, &step.action);
    }
    observed
}

fn ours<'o>(observed: &'o mut Observed, bucket: &BucketName) -> &'o mut OurBucket {
    match observed.buckets.get_mut(bucket) {
        Some(Ok(BucketState::Ours(ours))) => ours,
        other => panic!("{bucket} is {other:?}"),
    }
}

fn present(observed: &mut Observed, kind: RoleKind) -> &mut PresentRole {
    match observed.roles.get_mut(&kind) {
        Some(Ok(RoleState::Present(role))) => role,
        other => panic!("{kind:?} is {other:?}"),
    }
}

fn apply(site: &Site, observed: &mut Observed, action: &Action) {
    let topic_of = |arn: &str| {
        let found = site
            .topics()
            .find(|(_, topic)| site.topic_arn(&topic.topic) == arn);
        found.expect("a topic of the site").0
    };
    match action {
        Action::CreateBucket {
            bucket,
            tags,
            folders,
            ..
        } => {
            let made = OurBucket {
                markers: folders.clone(),
                public_access_blocked: true,
                tags: tags.clone(),
            };
            observed
                .buckets
                .insert(bucket.clone(), Ok(BucketState::Ours(made)));
        }
        Action::CreateFolders { bucket, folders } => {
            ours(observed, bucket).markers.extend(folders.clone());
        }
        Action::BlockPublicAccess { bucket } => ours(observed, bucket).public_access_blocked = true,
        Action::TagBucket { bucket, tags } => ours(observed, bucket).tags.clone_from(tags),
        Action::CreateRole { role, trust, .. } => {
            let made = PresentRole {
                arn: role.clone(),
                trust: trust.clone(),
                policies: BTreeMap::new(),
                boundary: None,
            };
            observed
                .roles
                .insert(RoleKind::Redshift, Ok(RoleState::Present(made)));
        }
        Action::EditPolicy(edit) => match &edit.managed {
            Some(managed) => edit_managed(observed, edit, managed),
            None => {
                let policies = &mut present(observed, edit.kind).policies;
                let name = edit.policy.to_string();
                let before = match &edit.after {
                    Some(after) => policies.insert(name, after.clone()),
                    None => policies.remove(&name),
                };
                assert_eq!(before, edit.before);
            }
        },
        Action::AttachRole { role, attached, .. } => {
            let warehouse = observed.warehouse.as_mut().expect("a warehouse");
            assert_eq!(*attached, warehouse.roles.contains_key(&role.to_string()));
            warehouse
                .roles
                .insert(role.to_string(), "in-sync".to_owned());
        }
        Action::CreateTopic {
            event,
            display_name,
            tags,
            subscriptions,
            ..
        } => {
            let made = PresentTopic {
                display_name: display_name.clone(),
                tags: tags.clone(),
                subscriptions: subscriptions
                    .iter()
                    .map(|one| (one.clone(), false))
                    .collect(),
            };
            observed
                .topics
                .insert(*event, Ok(TopicState::Present(made)));
        }
        Action::UpdateTopic {
            arn,
            display_name,
            tags,
        } => {
            let Some(Ok(TopicState::Present(topic))) = observed.topics.get_mut(&topic_of(arn))
            else {
                panic!("{arn} is not there");
            };
            topic.tags.extend(tags.clone());
            if let Some(name) = display_name {
                topic.display_name.clone_from(name);
            }
        }
        Action::Subscribe { arn, subscriptions } => {
            let Some(Ok(TopicState::Present(topic))) = observed.topics.get_mut(&topic_of(arn))
            else {
                panic!("{arn} is not there");
            };
            topic
                .subscriptions
                .extend(subscriptions.iter().map(|one| (one.clone(), false)));
        }
    }
}

fn edit_managed(observed: &mut Observed, edit: &PolicyEdit, managed: &Managed) {
    present(observed, edit.kind);
    let home = observed.homes.entry(edit.kind);
    let home = home.or_insert_with(|| Ok(Home::default()));
    let home = home.as_mut().expect("a home");
    let before = home.policy.as_ref().map(|policy| policy.document.clone());
    assert_eq!(before, edit.before);
    assert_eq!(managed.attached_before, home.attached.len());
    match &edit.after {
        Some(after) => {
            if managed.attach {
                assert!(home.attached.insert(managed.arn.clone()));
            }
            home.policy = Some(ManagedPolicy {
                document: after.clone(),
                tags: managed.tags.clone(),
                attachments: home.attached.len(),
            });
        }
        None => {
            home.attached.remove(&managed.arn);
            home.policy = None;
        }
    }
}

fn codes(plan: &Plan) -> Vec<&str> {
    plan.blockers.iter().map(Error::code).collect()
}

fn planned(site: &mut Site, observed: &Observed) -> Plan {
    settle(site, observed);
    diff(site, observed)
}

#[test]
fn a_new_site_is_made_whole_and_then_there_is_nothing_left_to_do() {
    let mut site = site();
    let before = observed(&site);
    let plan = planned(&mut site, &before);
    assert_eq!(codes(&plan), [""; 0]);
    assert_eq!(plan.steps.len(), 9);
    assert!(plan.unchanged.is_empty());
    let after = applied(&site, before, &plan);
    let again = diff(&site, &after);
    assert!(again.is_empty(), "{again:?}");
    assert_eq!(again.unchanged.len(), 8);
    for (_, row) in matrix(&site, &after) {
        assert!(row.iter().all(|cell| *cell != Some(false)), "{row:?}");
    }
    // What was settled is not settled another way when it is there.
    let settled = site.clone();
    settle(&mut site, &after);
    assert_eq!(site, settled);
}

#[test]
fn each_step_comes_after_what_it_needs() {
    let mut site = site();
    let plan = {
        let observed = observed(&site);
        planned(&mut site, &observed)
    };
    for (index, step) in plan.steps.iter().enumerate() {
        assert!(step.needs.iter().all(|need| *need < index), "{step:?}");
        let needs: Vec<&Action> = step
            .needs
            .iter()
            .map(|need| &plan.steps[*need].action)
            .collect();
        let buckets = needs
            .iter()
            .filter(|need| matches!(need, Action::CreateBucket { .. }))
            .count();
        let roles = needs
            .iter()
            .filter(|need| matches!(need, Action::CreateRole { .. }))
            .count();
        match &step.action {
            Action::EditPolicy(edit) if edit.kind == RoleKind::Redshift => {
                assert_eq!((buckets, roles), (1, 1), "only the data bucket");
            }
            Action::EditPolicy(_) => assert_eq!((buckets, roles), (3, 0)),
            Action::AttachRole { .. } => assert_eq!((buckets, roles), (0, 1)),
            _ => assert!(needs.is_empty()),
        }
    }
}

#[test]
fn bucket_in_another_region_blocks_the_plan() {
    let mut site = site();
    let mut observed = observed(&site);
    let name = site.buckets[1].name.clone();
    let elsewhere = BucketState::Elsewhere("us-west-2".to_owned());
    observed.buckets.insert(name, Ok(elsewhere));
    let plan = planned(&mut site, &observed);
    assert_eq!(codes(&plan), ["JMC-S3-REGION"]);
    let text = plan.blockers[0].to_string();
    assert!(
        text.contains("us-west-2") && text.contains("ap-northeast-1"),
        "{text}"
    );
}

#[test]
fn every_obstacle_is_in_the_plan_at_once() {
    let mut site = site();
    let mut observed = observed(&site);
    observed
        .buckets
        .insert(site.buckets[0].name.clone(), Ok(BucketState::Foreign));
    observed
        .roles
        .insert(RoleKind::EcsTask, Ok(RoleState::Missing));
    let lambda = site.role(RoleKind::Lambda).to_string();
    observed
        .roles
        .insert(RoleKind::Lambda, Ok(role(&lambda, &[])));
    let denied = Error::new(msg::denied("sns:GetTopicAttributes", "*", "ops"));
    observed.topics.insert(Event::Failure, Err(denied));
    observed.warehouse = Err(Error::new(msg::cluster_missing(
        "csa-dwh",
        "ap-northeast-1",
    )));
    let plan = planned(&mut site, &observed);
    let mut codes = codes(&plan);
    codes.sort_unstable();
    assert_eq!(
        codes,
        [
            "JMC-AWS-DENIED",
            "JMC-IAM-POLICY-MISSING",
            "JMC-IAM-ROLE-MISSING",
            "JMC-REDSHIFT-MISSING",
            "JMC-S3-OWNER",
        ]
    );
    assert!(!plan.is_empty());
}

#[test]
fn what_is_missing_will_be_ours_and_what_is_there_is_adopted() {
    let mut site = site();
    let mut observed = observed(&site);
    observed.buckets.insert(
        site.buckets[1].name.clone(),
        Ok(BucketState::Ours(OurBucket::default())),
    );
    settle(&mut site, &observed);
    let origins: Vec<_> = site.buckets.iter().map(|bucket| bucket.origin).collect();
    assert_eq!(
        origins,
        [
            Some(Origin::Created),
            Some(Origin::Adopted),
            Some(Origin::Created)
        ]
    );
    assert_eq!(site.roles.redshift.origin, Some(Origin::Created));
    let policy = |site: &Site| site.roles.redshift.policy.as_ref().map(ToString::to_string);
    assert_eq!(policy(&site).as_deref(), Some("jmc-sales-s3-policy"));

    // What could not be looked at is not settled.
    let mut unknown = self::site();
    let denied = || Error::new(msg::denied("s3:ListBucket", "*", "ops"));
    for bucket in observed.buckets.values_mut() {
        *bucket = Err(denied());
    }
    observed.roles.insert(RoleKind::Redshift, Err(denied()));
    settle(&mut unknown, &observed);
    assert_eq!(unknown, self::site());
}

#[test]
fn an_adopted_role_is_extended_in_the_policy_that_suits() {
    let warehouse =
        |bucket: &str| Policy::new_for(Access::Warehouse, "aws", &[bucket]).expect("a policy");
    let logs = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"logs:*","Resource":"*"}}"#;
    let settled = |policies: &[(&str, String)]| {
        let mut site = site();
        let mut observed = observed(&site);
        observed
            .roles
            .insert(RoleKind::Redshift, Ok(role(ROLE, policies)));
        let plan = planned(&mut site, &observed);
        assert_eq!(codes(&plan), [""; 0]);
        assert_eq!(site.roles.redshift.origin, Some(Origin::Adopted));
        site.roles.redshift.policy.expect("a policy").to_string()
    };
    let own = "jmc-sales-s3-policy";
    assert_eq!(settled(&[]), own);
    assert_eq!(settled(&[("logs", logs.to_owned())]), own);
    assert_eq!(settled(&[("copy", warehouse("old"))]), "copy");
    assert_eq!(
        settled(&[("copy", warehouse("old")), ("more", warehouse("new"))]),
        own
    );
    assert_eq!(
        settled(&[("copy", warehouse("old")), (own, warehouse("new"))]),
        own
    );
}

#[test]
fn an_adopted_role_that_is_gone_is_not_made_anew() {
    let mut site = site();
    site.roles.redshift.origin = Some(Origin::Adopted);
    let observed = observed(&site);
    let plan = planned(&mut site, &observed);
    assert_eq!(codes(&plan), ["JMC-IAM-ROLE-MISSING"]);
    assert!(
        !plan
            .steps
            .iter()
            .any(|step| matches!(step.action, Action::CreateRole { .. }))
    );
}

#[test]
fn settings_and_tags_are_kept_right_on_what_is_ours_only() {
    for (origin, actions) in [(Origin::Created, 2), (Origin::Adopted, 0)] {
        let mut site = site();
        let observed_first = observed(&site);
        let plan = planned(&mut site, &observed_first);
        let mut observed = applied(&site, observed_first, &plan);
        let name = site.buckets[0].name.clone();
        let bucket = ours(&mut observed, &name);
        bucket.public_access_blocked = false;
        bucket.tags = BTreeMap::from([("owner".to_owned(), "someone".to_owned())]);
        site.buckets[0].origin = Some(origin);
        let plan = diff(&site, &observed);
        assert_eq!(plan.steps.len(), actions, "{plan:?}");
        assert_eq!(plan.notes.len(), usize::from(origin == Origin::Adopted));
        for step in &plan.steps {
            if let Action::TagBucket { tags, .. } = &step.action {
                // PutBucketTagging replaces them all.
                assert_eq!(tags["owner"], "someone");
                assert_eq!(tags["jmc-site"], "sales");
            }
        }
    }
}

/// The statements that a role has, as pairs of action and resource.
fn pairs(observed: &Observed) -> Vec<(RoleKind, String, String, String)> {
    let mut found = Vec::new();
    for (kind, state) in &observed.roles {
        let Ok(RoleState::Present(role)) = state else {
            continue;
        };
        for (name, text) in &role.policies {
            let Ok(policy) = serde_json::from_str::<Value>(text) else {
                continue;
            };
            let many = |value: &Value| match value {
                Value::Array(all) => all.clone(),
                one => vec![one.clone()],
            };
            for statement in many(&policy["Statement"]) {
                for action in many(&statement["Action"]) {
                    for resource in many(&statement["Resource"]) {
                        found.push((
                            *kind,
                            name.clone(),
                            action.to_string(),
                            resource.to_string(),
                        ));
                    }
                }
            }
        }
    }
    found
}

fn bucket_state() -> impl Strategy<Value = BucketState> {
    let markers = prop::collection::btree_set(
        prop::sample::select(vec!["import/", "sql/", "program/python/", "else/"])
            .prop_map(str::to_owned),
        0..3,
    );
    let tags = prop::collection::btree_map(
        prop::sample::select(vec!["jmc-site", "owner"]).prop_map(str::to_owned),
        prop::sample::select(vec!["sales", "x"]).prop_map(str::to_owned),
        0..3,
    );
    prop_oneof![
        Just(BucketState::Missing),
        (markers, any::<bool>(), tags).prop_map(|(markers, public_access_blocked, tags)| {
            BucketState::Ours(OurBucket {
                markers,
                public_access_blocked,
                tags,
            })
        }),
    ]
}

/// Buckets that a policy reaches already: other sites', some of this one, or none.
fn granted() -> impl Strategy<Value = Vec<&'static str>> {
    prop::sample::subsequence(
        vec!["acme-old", "sales-data", "sales-program", "sales-sql"],
        0..4,
    )
}

fn policy_of(access: Access, buckets: &[&str]) -> String {
    match buckets {
        [] => r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"*"}]}"#.to_owned(),
        buckets => Policy::new_for(access, "aws", buckets).expect("a policy"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_there_one_plan_is_enough_and_takes_no_permission_away(
        states in prop::collection::vec(bucket_state(), 3),
        origins in prop::collection::vec(prop::option::of(prop::sample::select(vec![Origin::Created, Origin::Adopted])), 3),
        redshift in prop::option::of(granted()),
        ecs in granted(),
        lambda in granted(),
        status in prop::option::of(prop::sample::select(vec!["in-sync", "adding"])),
        topic in prop::option::of((any::<bool>(), any::<bool>(), any::<bool>())),
    ) {
        let mut site = site();
        for (bucket, origin) in site.buckets.iter_mut().zip(origins) {
            bucket.origin = origin;
        }
        let mut observed = observed(&site);
        for (state, bucket) in states.into_iter().zip(&site.buckets) {
            observed.buckets.insert(bucket.name.clone(), Ok(state));
        }
        for (kind, buckets) in [(RoleKind::EcsTask, ecs), (RoleKind::Lambda, lambda)] {
            let text = policy_of(Access::Application, &buckets);
            let arn = site.role(kind).to_string();
            observed.roles.insert(kind, Ok(role(&arn, &[("acme-app-s3-policy", text)])));
        }
        if let Some(buckets) = redshift {
            let text = policy_of(Access::Warehouse, &buckets);
            observed.roles.insert(RoleKind::Redshift, Ok(role(ROLE, &[("some-policy", text)])));
        }
        if let (Some(status), Ok(warehouse)) = (status, &mut observed.warehouse) {
            warehouse.roles.insert(ROLE.to_owned(), status.to_owned());
        }
        if let Some((named, tagged, subscribed)) = topic {
            let subscription = jmc_site::site::arn::Subscription::parse("email:ops@example.com");
            let topic = PresentTopic {
                display_name: if named { "JMC sales".to_owned() } else { String::new() },
                tags: tagged.then(|| ("jmc-site".to_owned(), "sales".to_owned())).into_iter().collect(),
                subscriptions: subscribed
                    .then(|| (subscription.expect("a subscription"), true))
                    .into_iter()
                    .collect(),
            };
            observed.topics.insert(Event::Failure, Ok(TopicState::Present(topic)));
        }

        let before = pairs(&observed);
        let warehouse_before = observed.warehouse.clone().expect("a warehouse").roles;
        let plan = planned(&mut site, &observed);
        prop_assert_eq!(codes(&plan), [""; 0]);
        let after = applied(&site, observed, &plan);
        let again = diff(&site, &after);
        prop_assert!(again.is_empty(), "{:?}", again);

        let kept = pairs(&after);
        for pair in before {
            prop_assert!(kept.contains(&pair), "{:?} is gone", pair);
        }
        let roles = after.warehouse.expect("a warehouse").roles;
        for arn in warehouse_before.keys() {
            prop_assert!(roles.contains_key(arn));
        }
        // No role of the installation reaches more than the site's buckets and what it had.
        for (kind, _, _, resource) in kept {
            let reaches = |bucket: &str| resource.contains(bucket);
            if kind == RoleKind::Redshift && !["acme-old"].iter().any(|old| reaches(old)) {
                prop_assert!(resource == "\"*\"" || reaches("sales-"), "{}", resource);
            }
        }
    }
}

/// Says what a role may use through its inline policies and its managed one.
fn reached(site: &Site, observed: &Observed, kind: RoleKind) -> Vec<String> {
    let Some(Ok(RoleState::Present(role))) = observed.roles.get(&kind) else {
        return Vec::new();
    };
    let home = match observed.homes.get(&kind) {
        Some(Ok(home)) => home.document_of(&site.managed_policy_arn(kind)),
        _ => None,
    };
    let texts = role.policies.values().map(String::as_str).chain(home);
    let names = ["acme-old", "sales-data", "sales-program", "sales-sql"];
    let all: String = texts.collect();
    let held = |name: &&str| {
        let arn = format!("\"arn:aws:s3:::{name}");
        all.contains(&format!("{arn}\"")) && all.contains(&format!("{arn}/*\""))
    };
    names.into_iter().filter(held).map(str::to_owned).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn grants_change_their_home_in_one_plan_and_no_step_takes_one_away(
        target in prop::sample::select(vec![PolicyHome::Managed, PolicyHome::Inline]),
        inline in prop::collection::vec(granted(), 3),
        homes in prop::collection::vec(prop::option::of((granted(), any::<bool>())), 3),
    ) {
        let mut site = site();
        let first = observed(&site);
        let made = planned(&mut site, &first);
        let mut observed = applied(&site, first, &made);
        site.policy_home = Some(target);
        for ((kind, inline), home) in RoleKind::ALL.into_iter().zip(inline).zip(homes) {
            let access = jmc_site::plan::diff::access_of(kind);
            let name = site.inline_policy(kind).expect("a policy").to_string();
            let text = policy_of(access, &inline);
            present(&mut observed, kind).policies.insert(name, text);
            let arn = site.managed_policy_arn(kind);
            let other = jmc_site::site::arn::PolicyArn::parse("arn:aws:iam::aws:policy/Other");
            let mut seen = Home::default();
            seen.attached.insert(other.expect("an ARN"));
            if let Some((buckets, attached)) = home {
                if attached {
                    seen.attached.insert(arn);
                }
                seen.policy = Some(ManagedPolicy {
                    document: policy_of(access, &buckets),
                    tags: site.all_tags(),
                    attachments: usize::from(attached),
                });
            }
            observed.homes.insert(kind, Ok(seen));
        }
        let before = RoleKind::ALL.map(|kind| reached(&site, &observed, kind));
        let plan = diff(&site, &observed);
        prop_assert_eq!(codes(&plan), [""; 0]);
        // In the order of the steps, and never without what was there.
        for step in &plan.steps {
            apply(&site, &mut observed, &step.action);
            for (kind, before) in RoleKind::ALL.into_iter().zip(&before) {
                let now = reached(&site, &observed, kind);
                for bucket in before {
                    let wanted = bucket == "acme-old" || site.reach_of(kind).contains(&bucket.as_str());
                    prop_assert!(!wanted || now.contains(bucket), "{kind:?} lost {bucket} by {step:?}");
                }
            }
        }
        let again = diff(&site, &observed);
        prop_assert!(again.is_empty(), "{:?}", again);
        for kind in RoleKind::ALL {
            let now = reached(&site, &observed, kind);
            for bucket in site.reach_of(kind) {
                prop_assert!(now.iter().any(|held| held == bucket), "{kind:?} {bucket}");
            }
            let Some(Ok(home)) = observed.homes.get(&kind) else { panic!("no home") };
            prop_assert!(home.attached.iter().any(|arn| arn.to_string().ends_with("/Other")));
            let inline: String = present(&mut observed.clone(), kind).policies.values().cloned().collect();
            let text = match target {
                PolicyHome::Managed => inline,
                PolicyHome::Inline => home.policy.clone().unwrap_or_default().document,
            };
            for bucket in site.reach_of(kind) {
                prop_assert!(!text.contains(&format!(":{bucket}\"")), "{text}");
            }
        }
    }
}
