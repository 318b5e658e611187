//! `init` with a person: each question, in order, and what becomes of the answers.

use crate::sandbox::seed;
use crate::sandbox::state::PublicAccessBlock;
use crate::support::World;
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
    let told = world.sales().told();
    told.ended.exits(0);
    assert_eq!(told.refused, []);
    assert_eq!(world.saved(), sales_file(&world));
    assert_sales(&world);
    for bucket in ["acme-csa-data-bucket", "acme-csa-system-bucket"] {
        let changed = world.changes().iter().any(|change| change.contains(bucket));
        assert!(!changed, "{bucket}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let metadata = std::fs::metadata(world.site_file()).expect("the site file");
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    }
}
