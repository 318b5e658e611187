//! `init` with a person: each question, in order, and what becomes of the answers.

use crate::sandbox::seed::{self, add_bucket};
use crate::sandbox::state::PublicAccessBlock;
use crate::sandbox::{ACCOUNT, REGION, Sandbox};
use crate::support::wizard::sales;
use crate::support::{ENDPOINT, World};
use crate::warehouse::{Options, PASSWORD, USER};
use jmc_site::prompt::scripted::Reply;
use jmc_site::prompt::{Event, QuestionId as Q};
use serde_json::{Value, json};

/// The site file of the answers of [`crate::support::wizard::sales`].
pub fn sales_file(world: &World) -> Value {
    json!({
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
            "tls": { "ca_file": world.ca_file() },
            "connection_test": "passed",
        },
        "notifications": {
            "use": "site",
            "source_code": "omit",
            "topics": {
                "failure": {
                    "topic": "jmc-sales-failure",
                    "subscriptions": ["email:ops@example.com"],
                },
            },
        },
        "buckets": [
            {
                "name": "sales-jmc-data",
                "kinds": ["data"],
                "folders": ["export/", "import/"],
                "origin": "created",
            },
            { "name": "sales-jmc-sql", "kinds": ["sql"], "origin": "created" },
            { "name": "sales-jmc-program", "kinds": ["program"], "origin": "created" },
        ],
        "roles": {
            "redshift": {
                "role": "arn:aws:iam::123456789012:role/jmc-sales-redshift-role",
                "policy": "jmc-sales-s3-policy",
                "origin": "created",
            },
            "ecs_task": {
                "role": "arn:aws:iam::123456789012:role/acme-jmc-app-role",
                "policy": "acme-app-s3-policy",
            },
            "lambda": {
                "role": "arn:aws:iam::123456789012:role/acme-jmc-api-role",
                "policy": "acme-app-s3-policy",
            },
        },
    })
}

/// Reads a document of IAM.
pub fn document(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// Asserts all that the site `sales` is in AWS.
pub fn assert_sales(world: &World) {
    let tags = std::collections::BTreeMap::from([("jmc-site".to_owned(), "sales".to_owned())]);
    world.sandbox.state(|state| {
        for (name, keys) in [
            ("sales-jmc-data", &["export/", "import/"][..]),
            ("sales-jmc-sql", &["sql/"]),
            ("sales-jmc-program", &["program/python/"]),
        ] {
            let bucket = state.bucket(name).expect("the bucket");
            assert_eq!(bucket.region, "ap-northeast-1");
            assert_eq!(bucket.account, "123456789012");
            assert_eq!(bucket.tags.as_ref(), Some(&tags), "{name}");
            assert_eq!(bucket.public_access_block, Some(PublicAccessBlock::ALL));
            let found: Vec<&String> = bucket.objects.keys().collect();
            assert_eq!(found, keys, "{name}");
            assert!(bucket.objects.values().all(|object| object.body.is_empty()));
        }

        let arns = |suffix: &str| {
            let mut names = vec!["acme-csa-data-bucket", "acme-csa-system-bucket"];
            names.extend(["sales-jmc-data", "sales-jmc-program", "sales-jmc-sql"]);
            let arn = |name: &str| format!("arn:aws:s3:::{name}{suffix}");
            names.into_iter().map(arn).collect::<Vec<_>>()
        };
        for role in ["acme-jmc-app-role", "acme-jmc-api-role"] {
            let text = state.role(role).expect("the role").policy(seed::POLICY);
            assert_eq!(
                document(text.expect("the policy")),
                json!({
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Action": ["s3:ListBucket", "s3:GetBucketLocation"],
                            "Resource": arns(""),
                            "Effect": "Allow",
                        },
                        {
                            "Action": ["s3:PutObject", "s3:GetObject", "s3:DeleteObject"],
                            "Resource": arns("/*"),
                            "Effect": "Allow",
                        },
                    ],
                }),
                "{role}"
            );
        }

        let role = state.role("jmc-sales-redshift-role").expect("the role");
        assert_eq!(role.tags, tags);
        assert_eq!(role.path, "/");
        assert_eq!(role.boundary, None);
        assert_eq!(
            document(&role.trust),
            json!({
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Allow",
                    "Principal": { "Service": "redshift.amazonaws.com" },
                    "Action": "sts:AssumeRole",
                }],
            })
        );
        let names: Vec<&String> = role.inline.keys().collect();
        assert_eq!(names, ["jmc-sales-s3-policy"]);
        assert_eq!(
            document(role.policy("jmc-sales-s3-policy").expect("the policy")),
            json!({
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": ["s3:ListBucket", "s3:GetBucketLocation"],
                        "Resource": ["arn:aws:s3:::sales-jmc-data"],
                    },
                    {
                        "Effect": "Allow",
                        "Action": ["s3:PutObject", "s3:GetObject"],
                        "Resource": ["arn:aws:s3:::sales-jmc-data/*"],
                    },
                ],
            })
        );

        let cluster = state.cluster("csa-dwh").expect("the cluster");
        let attached: Vec<&str> = cluster.roles.iter().map(|role| role.arn.as_str()).collect();
        assert_eq!(
            attached,
            [
                "arn:aws:iam::123456789012:role/csa-existing-role",
                "arn:aws:iam::123456789012:role/jmc-sales-redshift-role",
            ]
        );

        let arn = "arn:aws:sns:ap-northeast-1:123456789012:jmc-sales-failure";
        let topics: Vec<&String> = state.topics.keys().collect();
        assert_eq!(topics, [arn]);
        let topic = &state.topics[arn];
        assert_eq!(topic.tags, tags);
        assert_eq!(topic.attributes["DisplayName"], "JMC sales");
        let [subscription] = topic.subscriptions.as_slice() else {
            panic!("{:?}", topic.subscriptions);
        };
        assert_eq!(subscription.protocol, "email");
        assert_eq!(subscription.endpoint, "ops@example.com");
        assert!(subscription.pending);
    });
}

#[test]
fn the_answers_become_the_site_file_and_everything_of_the_manual() {
    let world = World::jmc();
    let before = world.sandbox.snapshot();
    let told = world.sales().told();
    told.ended.exits(0);
    assert_eq!(told.refused, []);
    assert_eq!(world.saved(), sales_file(&world));
    assert_sales(&world);
    let (before, after) = (before["buckets"].clone(), world.sandbox.snapshot());
    for bucket in ["acme-csa-data-bucket", "acme-csa-system-bucket"] {
        let arn = format!("arn:aws:s3:::{bucket}");
        assert_eq!(
            after["buckets"][&arn], before[&arn],
            "not even a lock is left"
        );
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let metadata = std::fs::metadata(world.site_file()).expect("the site file");
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn questions_come_in_the_order_of_the_screens() {
    let world = World::jmc();
    let told = world.sales().told();
    let mut order: Vec<Q> = told.asked.iter().map(|asked| asked.id).collect();
    order.dedup();
    let mut expected: Vec<Q> = sales().into_iter().map(|(id, _)| id).collect();
    expected.dedup();
    assert_eq!(order, expected);
    assert_eq!(told.defaults(Q::RedshiftRole), ["jmc-sales-redshift-role"]);
    assert_eq!(
        told.defaults(Q::Topic(Event::Failure)),
        ["jmc-sales-failure"]
    );
    assert_eq!(
        told.defaults(Q::Apply),
        ["n"],
        "Enter must not change anything"
    );
    told.ended
        .says("cluster csa-dwh, region ap-northeast-1")
        .says("  sales-jmc-data does not exist. It will be created.")
        .says("EC2 IAM role: acme-jmc-app-role (acme-app-s3-policy)")
        .says("Connected.");
}

#[test]
fn declining_changes_nothing_and_leaves_no_file() {
    for id in [Q::Account, Q::Apply] {
        let world = World::jmc();
        let mut run = world.sales().instead(id, [false]);
        if id == Q::Account {
            run = world.wizard().reply(id, false);
        }
        run.end().exits(1).says("error JMC-DECLINED: ");
        world.assert_untouched();
        assert!(!world.site_file().exists(), "{id:?}");
    }
}

#[test]
fn giving_up_at_any_question_changes_nothing() {
    let replies = sales();
    for at in 0..replies.len() {
        let world = World::jmc();
        let mut some = replies[..at].to_vec();
        some.push((replies[at].0, Reply::GiveUp));
        world
            .wizard()
            .replies(some)
            .end()
            .exits(130)
            .says("JMC-INTERRUPTED");
        world.assert_untouched();
        assert!(!world.site_file().exists(), "{:?}", replies[at]);
    }
}

#[test]
fn the_review_asks_a_section_again_with_its_answers_as_defaults() {
    let world = World::jmc();
    let told = world
        .sales()
        .instead(
            Q::Review,
            [Reply::Pick(1), Reply::Pick(2), Reply::Pick(3), Reply::Enter],
        )
        // 1: all as before.
        .reply(Q::SiteName, Reply::Enter)
        .reply(Q::Host, Reply::Enter)
        .reply(Q::Port, Reply::Enter)
        .reply(Q::Database, Reply::Enter)
        .reply(Q::User, Reply::Enter)
        .reply(Q::Password, PASSWORD)
        // 2: one more event, and other people.
        .reply(Q::Notifications, Reply::Enter)
        .reply(Q::Events, Reply::PickSome(vec![0, 1]))
        .reply(Q::SourceCode, true)
        .reply(Q::Topic(Event::Success), Reply::Enter)
        .reply(Q::Subscription(Event::Success), Reply::Enter)
        .reply(Q::Topic(Event::Failure), "sales-alarms")
        .reply(Q::Subscription(Event::Failure), "-")
        .reply(
            Q::Subscription(Event::Failure),
            "https://hooks.example.com/jmc",
        )
        .reply(Q::Subscription(Event::Failure), Reply::Enter)
        // 3: another bucket, one folder less.
        .reply(Q::DataBucket, Reply::Enter)
        .reply(Q::DataFolder, "-")
        .reply(Q::DataFolder, Reply::Enter)
        .reply(Q::DataFolder, Reply::Enter)
        .reply(Q::SqlBucket, "sales-other-sql")
        .reply(Q::ProgramBucket, Reply::Enter)
        .reply(Q::RedshiftRole, Reply::Enter)
        .told();
    told.ended.exits(0);
    assert_eq!(told.defaults(Q::SiteName), ["", "sales"]);
    assert_eq!(told.defaults(Q::User), ["", "jmc"]);
    assert_eq!(told.defaults(Q::Port), ["5439"]);
    assert_eq!(told.defaults(Q::Events), ["2", "2"]);
    assert_eq!(told.defaults(Q::DataBucket), ["", "sales-jmc-data"]);
    assert_eq!(
        told.defaults(Q::DataFolder)[3..],
        ["export/", "import/", ""]
    );
    assert_eq!(
        told.defaults(Q::Subscription(Event::Failure))[2..],
        ["email:ops@example.com", "", ""]
    );
    let mut expected = sales_file(&world);
    expected["notifications"] = json!({
        "use": "site",
        "source_code": "include",
        "topics": {
            "success": { "topic": "jmc-sales-success", "subscriptions": [] },
            "failure": {
                "topic": "sales-alarms",
                "subscriptions": ["https:https://hooks.example.com/jmc"],
            },
        },
    });
    expected["buckets"][0]["folders"] = json!(["import/"]);
    expected["buckets"][1]["name"] = "sales-other-sql".into();
    assert_eq!(world.saved(), expected);
    let made = |name: &str| world.sandbox.state(|state| state.bucket(name).is_some());
    assert!(made("sales-other-sql") && !made("sales-jmc-sql"));
}

#[test]
fn a_renamed_site_proposes_new_names() {
    let world = World::jmc();
    let told = world
        .sales()
        .instead(Q::Review, [Reply::Pick(1), Reply::Enter])
        .reply(Q::SiteName, "west")
        .reply(Q::Host, Reply::Enter)
        .reply(Q::Port, Reply::Enter)
        .reply(Q::Database, Reply::Enter)
        .reply(Q::User, Reply::Enter)
        .reply(Q::Password, PASSWORD)
        .told();
    told.ended.exits(0);
    assert_eq!(world.saved()["name"], "west");
    let tags = world
        .sandbox
        .state(|state| state.bucket("sales-jmc-sql").expect("it").tags.clone());
    assert_eq!(tags.expect("tags")["jmc-site"], "west");
}

#[test]
fn one_bucket_may_serve_every_kind() {
    let world = World::jmc();
    let told = world
        .sales()
        .instead(Q::SqlBucket, ["sales-jmc-data"])
        .instead(Q::ProgramBucket, ["s3://sales-jmc-data/"])
        .told();
    told.ended.exits(0);
    assert_eq!(
        world.saved()["buckets"],
        json!([{
            "name": "sales-jmc-data",
            "kinds": ["data", "sql", "program"],
            "folders": ["export/", "import/"],
            "origin": "created",
        }])
    );
    world.sandbox.state(|state| {
        let bucket = state.bucket("sales-jmc-data").expect("the bucket");
        let keys: Vec<&String> = bucket.objects.keys().collect();
        assert_eq!(keys, ["export/", "import/", "program/python/", "sql/"]);
        let role = state.role("acme-jmc-app-role").expect("the role");
        let policy = document(role.policy(seed::POLICY).expect("the policy"));
        let resources = policy["Statement"][0]["Resource"]
            .as_array()
            .expect("ARNs")
            .len();
        assert_eq!(resources, 3, "the bucket is added once");
    });
    let again = world
        .sales()
        .arguments(["--yes"])
        .without(&everything())
        .nobody();
    again
        .variable("JMC_REDSHIFT_PASSWORD", PASSWORD)
        .end()
        .exits(0)
        .results("Nothing to change");
}

/// Every question of [`sales`].
fn everything() -> Vec<Q> {
    sales().into_iter().map(|(id, _)| id).collect()
}

#[test]
fn every_event_has_its_topic_and_any_number_of_subscriptions() {
    let world = World::jmc();
    let adopted = "arn:aws:sns:us-west-2:123456789012:company-alarms";
    world.sandbox.state(|state| {
        let topic = crate::sandbox::state::Topic {
            arn: adopted.to_owned(),
            name: "company-alarms".to_owned(),
            account: ACCOUNT.to_owned(),
            attributes: [("DisplayName".to_owned(), "Alarms".to_owned())].into(),
            tags: Default::default(),
            subscriptions: Vec::new(),
        };
        state.topics.insert(adopted.to_owned(), topic);
    });
    let told = world
        .sales()
        .instead(Q::Events, [Reply::PickSome(vec![0, 1, 2])])
        .reply(Q::Topic(Event::Success), "sales-good-news")
        .reply(Q::Subscription(Event::Success), Reply::Enter)
        .reply(Q::Topic(Event::Maintenance), adopted)
        .reply(Q::Subscription(Event::Maintenance), "sms:+819012345678")
        .reply(Q::Subscription(Event::Maintenance), Reply::Enter)
        .instead(
            Q::Subscription(Event::Failure),
            [
                "email:ops@example.com",
                "email-json:log@example.com",
                "sqs:arn:aws:sqs:ap-northeast-1:123456789012:jobs",
                "",
            ],
        )
        .told();
    told.ended
        .exits(0)
        .results("Waiting for confirmation (job failed): email:ops@example.com");
    world.sandbox.state(|state| {
        let topic = |name: &str| {
            let found = state.topics.values().find(|topic| topic.name == name);
            found.expect("the topic").clone()
        };
        assert_eq!(topic("sales-good-news").subscriptions, []);
        let failure = topic("jmc-sales-failure");
        let protocols: std::collections::BTreeSet<&str> = failure
            .subscriptions
            .iter()
            .map(|one| one.protocol.as_str())
            .collect();
        assert_eq!(protocols, ["email", "email-json", "sqs"].into());
        let adopted = topic("company-alarms");
        assert_eq!(
            adopted.attributes["DisplayName"], "Alarms",
            "an adopted topic stays as it is"
        );
        assert_eq!(adopted.tags.len(), 0);
        assert_eq!(adopted.subscriptions.len(), 1);
    });
}

#[test]
fn system_settings_need_nothing_of_aws() {
    let world = World::jmc();
    let told = world
        .sales()
        .instead(Q::Notifications, [Reply::Pick(0)])
        .without(&[
            Q::Events,
            Q::SourceCode,
            Q::Topic(Event::Failure),
            Q::Subscription(Event::Failure),
        ])
        .told();
    told.ended.exits(0);
    let mut expected = sales_file(&world);
    expected["notifications"] = json!({ "use": "system" });
    assert_eq!(world.saved(), expected);
    assert!(world.sandbox.state(|state| state.topics.is_empty()));
}

#[test]
fn a_name_of_ones_own_asks_what_is_behind_it() {
    let world = World::of(
        Sandbox::jmc(),
        Options {
            names: vec!["dwh.example.com".to_owned()],
            ..Options::default()
        },
    );
    let told = world
        .sales()
        .instead(Q::Host, ["dwh.example.com:5439/dev"])
        .instead(Q::Region, ["tokyo", "cn-north-1", "ap-northeast-1"])
        .instead(Q::WarehouseKind, [Reply::Pick(0)])
        .instead(Q::Cluster, ["CSA", "csa-dwh"])
        .told();
    told.ended.exits(0);
    assert_eq!(told.codes(Q::Region), ["JMC-REGION-NAME", "JMC-PARTITION"]);
    assert_eq!(told.codes(Q::Cluster), ["JMC-REDSHIFT-CLUSTER-ID"]);
    let mut expected = sales_file(&world);
    expected["redshift"]["host"] = "dwh.example.com".into();
    assert_eq!(world.saved(), expected);
    assert_sales(&world);
}

#[test]
fn a_workgroup_keeps_its_roles_and_its_default_role() {
    let host = "csa-wg.123456789012.ap-northeast-1.redshift-serverless.amazonaws.com";
    let world = World::of(
        Sandbox::jmc(),
        Options {
            names: vec![host.to_owned()],
            ..Options::default()
        },
    );
    let default = "arn:aws:iam::123456789012:role/csa-serverless-role";
    let other = "arn:aws:iam::123456789012:role/csa-existing-role";
    world.sandbox.state(|state| {
        let namespace = state.namespace("csa-ns").expect("the namespace");
        namespace
            .roles
            .push(crate::sandbox::state::AttachedRole::settled(other));
    });
    let told = world
        .sales()
        .instead(Q::Host, [format!("{host}:5439/dev").as_str()])
        .told();
    told.ended
        .exits(0)
        .says("Serverless workgroup csa-wg, region ap-northeast-1");
    assert_eq!(
        world.saved()["redshift"]["warehouse"],
        json!({ "workgroup": "csa-wg" })
    );
    world.sandbox.state(|state| {
        let namespace = state.namespace("csa-ns").expect("the namespace");
        assert_eq!(namespace.default_role.as_deref(), Some(default));
        let mut arns: Vec<&str> = namespace
            .roles
            .iter()
            .map(|role| role.arn.as_str())
            .collect();
        arns.sort_unstable();
        let new = "arn:aws:iam::123456789012:role/jmc-sales-redshift-role";
        assert_eq!(arns, [other, default, new]);
        let role = state.role("jmc-sales-redshift-role").expect("the role");
        let services = &document(&role.trust)["Statement"][0]["Principal"]["Service"];
        let both = json!([
            "redshift-serverless.amazonaws.com",
            "redshift.amazonaws.com"
        ]);
        assert_eq!(*services, both);
        let cluster = state.cluster("csa-dwh").expect("the cluster");
        assert_eq!(cluster.roles.len(), 1);
    });
}

#[test]
fn an_existing_file_gives_the_defaults() {
    let world = World::jmc();
    world.sales().end().exits(0);
    world.sandbox.clear_journal();
    let enter: Vec<(Q, Reply)> = [
        Q::SiteName,
        Q::Host,
        Q::Port,
        Q::Database,
        Q::User,
        Q::Notifications,
        Q::Events,
        Q::SourceCode,
        Q::Topic(Event::Failure),
        Q::Subscription(Event::Failure),
        Q::Subscription(Event::Failure),
        Q::DataBucket,
        Q::DataFolder,
        Q::DataFolder,
        Q::DataFolder,
        Q::SqlBucket,
        Q::ProgramBucket,
        Q::RedshiftRole,
        Q::Review,
    ]
    .map(|id| (id, Reply::Enter))
    .into();
    let again = || {
        let run = world
            .wizard()
            .reply(Q::Account, true)
            .reply(Q::Password, PASSWORD);
        run.replies(enter.clone())
    };
    let told = again().told();
    told.ended
        .exits(0)
        .says("its values are the defaults")
        .results("Nothing to change");
    world.assert_untouched();
    assert_eq!(world.saved(), sales_file(&world));
    for (id, default) in [
        (Q::SiteName, "sales"),
        (Q::User, USER),
        (Q::Database, "dev"),
        (Q::DataBucket, "sales-jmc-data"),
        (Q::Topic(Event::Failure), "jmc-sales-failure"),
    ] {
        assert_eq!(told.defaults(id), [default], "{id:?}");
    }

    // Another answer replaces the file only when the plan is confirmed.
    let changed = || again().instead(Q::SqlBucket, ["sales-new-sql"]);
    changed().reply(Q::Apply, false).end().exits(1);
    assert_eq!(world.saved(), sales_file(&world));
    world.assert_untouched();
    changed().reply(Q::Apply, true).end().exits(0);
    assert_eq!(world.saved()["buckets"][1]["name"], "sales-new-sql");
    // Nothing is taken away: the bucket that is no longer the site's stays, with its grants.
    assert!(
        world
            .sandbox
            .state(|state| state.bucket("sales-jmc-sql").is_some())
    );
}

#[test]
fn what_was_there_is_adopted_and_left_as_it_is() {
    let world = World::jmc();
    world.sandbox.state(|state| {
        add_bucket(state, "sales-jmc-sql", ACCOUNT, REGION);
        let bucket = state.bucket("sales-jmc-sql").expect("the bucket");
        bucket.public_access_block = None;
        seed::add_role(state, "sales-redshift", &["redshift.amazonaws.com"]);
    });
    let told = world
        .sales()
        .instead(Q::RedshiftRole, ["sales-redshift"])
        .told();
    told.ended
        .exits(0)
        .says("sales-jmc-sql is in this account (ap-northeast-1, empty). It will be used.")
        .says("sales-redshift exists. It will be used.")
        .results("does not block all public access. It is left as it is");
    let saved = world.saved();
    assert_eq!(saved["buckets"][1]["origin"], "adopted");
    assert_eq!(saved["roles"]["redshift"]["origin"], "adopted");
    assert_eq!(saved["roles"]["redshift"]["policy"], "jmc-sales-s3-policy");
    world.sandbox.state(|state| {
        let bucket = state.bucket("sales-jmc-sql").expect("the bucket");
        assert_eq!((bucket.public_access_block, &bucket.tags), (None, &None));
        assert_eq!(bucket.objects.len(), 1);
        let role = state.role("sales-redshift").expect("the role");
        assert!(role.tags.is_empty());
        assert_eq!(role.inline.len(), 1);
    });
}

#[test]
fn a_blocker_leads_back_to_the_review() {
    let world = World::jmc();
    world.sandbox.state(|state| {
        state.cluster("csa-dwh").expect("the cluster").status = "paused".to_owned();
    });
    let told = world
        .sales()
        .instead(Q::Review, [Reply::Enter, Reply::GiveUp])
        .without(&[Q::Apply])
        .told();
    told.ended
        .exits(130)
        .says("error JMC-REDSHIFT-BUSY: `csa-dwh` is not available");
    assert_eq!(
        world.warehouse.connections(),
        1,
        "what was tested is not tested again"
    );
    world.assert_untouched();
    assert!(!world.site_file().exists());

    // From there, a section with the answer in the way can be answered again.
    let world = World::jmc();
    let missing = "arn:aws:sns:ap-northeast-1:123456789012:no-such-topic";
    let told = world
        .sales()
        .instead(Q::Topic(Event::Failure), [missing, "jmc-sales-failure"])
        .instead(Q::Review, [Reply::Enter, Reply::Pick(2), Reply::Enter])
        .reply(Q::Notifications, Reply::Enter)
        .reply(Q::Events, Reply::Enter)
        .reply(Q::SourceCode, Reply::Enter)
        .reply(Q::Subscription(Event::Failure), Reply::Enter)
        .reply(Q::Subscription(Event::Failure), Reply::Enter)
        .told();
    told.ended.exits(0).says("error JMC-SNS-MISSING: ");
    assert_eq!(world.saved(), sales_file(&world));
    assert_sales(&world);
}

#[test]
fn flags_answer_their_questions() {
    let world = World::jmc();
    let told = world
        .sales()
        .arguments([
            "--name=sales",
            "--host",
            ENDPOINT,
            "--sql-bucket=sales-jmc-sql",
            "--yes",
        ])
        .variable("JMC_REDSHIFT_PASSWORD", PASSWORD)
        .without(&[
            Q::Account,
            Q::SiteName,
            Q::Host,
            Q::Password,
            Q::SqlBucket,
            Q::Review,
            Q::Apply,
        ])
        .told();
    told.ended.exits(0).says("password: ");
    let mut expected = sales_file(&world);
    expected["redshift"]["password"] = "env".into();
    assert_eq!(world.saved(), expected);
    assert_sales(&world);
}
