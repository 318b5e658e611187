//! AWS as it can be found: policies that can't be edited, clusters that are missing or busy,
//! buckets of others, other regions and partitions, and more than one page of roles.

use crate::connection::block_on;
use crate::init_wizard::{assert_sales, document};
use crate::sandbox::seed::{self, add_role, app_policy};
use crate::sandbox::state::Cluster;
use crate::sandbox::{ACCOUNT, REGION, Sandbox};
use crate::support::{Ended, World};
use crate::warehouse::{Options, PASSWORD};
use jmc_site::aws::Clients;
use jmc_site::aws::observe::Observer;
use jmc_site::aws::warehouse::attach_within;
use jmc_site::prompt::QuestionId as Q;
use jmc_site::prompt::scripted::Reply;
use jmc_site::site::names::{ClusterId, Region};
use jmc_site::site::{Warehouse, arn::RoleArn};
use serde_json::json;
use std::time::Duration;

/// Runs the site `sales` in a world that is prepared first, and asserts that it is refused
/// without a change.
#[track_caller]
fn refused(prepare: impl FnOnce(&World), more: &[&str], code: &str) -> Ended {
    let world = World::jmc();
    prepare(&world);
    let arguments: Vec<&str> = ["--yes"].into_iter().chain(more.iter().copied()).collect();
    let ended = world.init(&arguments).end();
    ended.exits(1).says(&format!("error {code}: "));
    world.assert_untouched();
    assert!(!world.site_file().exists());
    ended
}

fn set_policy(world: &World, role: &str, text: &str) {
    world.sandbox.state(|state| {
        state
            .role(role)
            .expect("the role")
            .set_policy(seed::POLICY, text)
    });
}

#[test]
fn a_role_without_the_inline_policy() {
    let without = |world: &World| {
        world.sandbox.state(|state| {
            state
                .role("acme-jmc-api-role")
                .expect("the role")
                .inline
                .clear();
        });
    };
    refused(without, &[], "JMC-IAM-POLICY-NONE")
        .says("The role `acme-jmc-api-role` has no inline policy whose name ends with `app-s3-policy`.")
        .says("--lambda-policy");
    refused(
        |_| {},
        &["--ecs-task-policy", "other"],
        "JMC-IAM-POLICY-MISSING",
    )
    .says("--ecs-task-policy");
}

#[test]
fn a_policy_that_is_not_json() {
    for text in [
        "",
        "{\"Version\": \"2012-10-17\", \"Statement\": [",
        "yaml: yes",
        "{}",
    ] {
        let broken = |world: &World| set_policy(world, "acme-jmc-app-role", text);
        refused(broken, &[], "JMC-IAM-POLICY-UNREADABLE")
            .says("The inline policy `acme-app-s3-policy` of the role `acme-jmc-app-role`");
    }
}

#[test]
fn a_policy_that_is_full() {
    let names: Vec<String> = (0..88)
        .map(|n| format!("acme-{n:04}-{}", "b".repeat(29)))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let full = |world: &World| {
        set_policy(world, "acme-jmc-api-role", &app_policy(&names).to_string());
    };
    refused(full, &[], "JMC-IAM-POLICY-FULL")
        .says("The inline policies of `acme-jmc-api-role` would have ")
        .says("IAM allows 10240 in all.");
}

#[test]
fn a_policy_that_denies_what_the_site_needs() {
    let mut policy = app_policy(&["acme-csa-data-bucket"]);
    let deny = json!({ "Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*" });
    policy["Statement"]
        .as_array_mut()
        .expect("statements")
        .push(deny);
    let text = policy.to_string();
    let denied = |world: &World| set_policy(world, "acme-jmc-app-role", &text);
    refused(denied, &[], "JMC-IAM-POLICY-DENY")
        .says("`acme-app-s3-policy` on the role `acme-jmc-app-role`");
    // Also where another policy of the role does.
    let other = json!({ "Version": "2012-10-17", "Statement": policy["Statement"][2] }).to_string();
    let denied = |world: &World| {
        world.sandbox.state(|state| {
            state
                .role("acme-jmc-app-role")
                .expect("the role")
                .set_policy("guard", &other);
        });
    };
    refused(denied, &[], "JMC-IAM-POLICY-DENY").says("`guard`");
}

#[test]
fn a_policy_with_foreign_parts_keeps_them_byte_for_byte() {
    let world = World::jmc();
    let before = concat!(
        "{\n  \"Version\" : \"2012-10-17\", \"Id\":\"jmc\",\n",
        "  \"Statement\": [\n",
        "    {\"Sid\":\"Foreign\",\"Effect\":\"Allow\",\"Action\":\"sqs:*\",\"Resource\":\"*\"},\n",
        "    {\"Action\":[\"s3:ListBucket\",\"s3:GetBucketLocation\"],",
        "\"Resource\":\"arn:aws:s3:::acme-csa-data-bucket\",\"Effect\":\"Allow\"},\n",
        "    {\"Action\":[\"s3:PutObject\",\"s3:GetObject\",\"s3:DeleteObject\"],",
        "\"Resource\":\"arn:aws:s3:::acme-csa-data-bucket/*\",\"Effect\":\"Allow\"}\n",
        "  ]\n}\n",
    );
    set_policy(&world, "acme-jmc-app-role", before);
    world.init(&["--yes"]).end().exits(0);
    let after = world.sandbox.state(|state| {
        let role = state.role("acme-jmc-app-role").expect("the role");
        role.policy(seed::POLICY).expect("the policy").to_owned()
    });
    let lines: Vec<&str> = before.lines().take(4).collect();
    assert!(after.starts_with(&lines[..4].join("\n")), "{after}");
    let resources = &document(&after)["Statement"][1]["Resource"];
    assert_eq!(resources.as_array().expect("ARNs").len(), 4);
    let writes = world.changes();
    let put = "iam:PutRolePolicy acme-jmc-app-role/acme-app-s3-policy";
    assert_eq!(writes.iter().filter(|write| *write == put).count(), 1);
}

#[test]
fn a_cluster_that_does_not_exist() {
    let gone = |world: &World| world.sandbox.state(|state| state.clusters.clear());
    refused(gone, &[], "JMC-REDSHIFT-MISSING")
        .says("There is no cluster `csa-dwh` in ap-northeast-1 in this account.");
}

#[test]
fn a_cluster_that_is_busy_is_waited_for() {
    let world = World::jmc();
    world.sandbox.state(|state| {
        let cluster = state.cluster("csa-dwh").expect("the cluster");
        cluster.busy = Some(("modifying".to_owned(), 2));
    });
    let ended = world.init(&["--yes"]).end();
    ended
        .exits(0)
        .results("`csa-dwh` has the status `modifying`");
    assert_sales(&world);
}

#[test]
fn a_cluster_that_does_not_come_back_by_itself() {
    for status in ["paused", "hardware-failure", "incompatible-network"] {
        let stopped = |world: &World| {
            world.sandbox.state(|state| {
                state.cluster("csa-dwh").expect("the cluster").status = status.to_owned();
            });
        };
        refused(stopped, &[], "JMC-REDSHIFT-BUSY").says(&format!("its status is `{status}`"));
    }
}

#[test]
fn a_wait_for_a_cluster_has_an_end() {
    let sandbox = Sandbox::jmc();
    sandbox.state(|state| {
        state.cluster("csa-dwh").expect("the cluster").status = "resizing".to_owned();
    });
    let role = RoleArn::parse(&format!("arn:aws:iam::{ACCOUNT}:role/csa-serverless-role"));
    let role = role.expect("an ARN");
    let warehouse = Warehouse::Cluster(ClusterId::parse("csa-dwh").expect("a cluster"));
    let attach = || {
        block_on(async {
            let region = Region::parse(REGION).expect("a region");
            let clients = Clients::new(&sandbox.sdk_config(REGION), Some(&region), None);
            let caller = clients.caller(None).await.expect("a caller");
            let observer = Observer {
                clients: &clients,
                caller: &caller,
                profile: None,
            };
            let wait = Duration::from_secs(1);
            attach_within(&observer, &warehouse, &role, false, &|| false, wait).await
        })
    };
    let busy = attach().expect_err("it is busy");
    assert_eq!(busy.code(), "JMC-REDSHIFT-BUSY");

    sandbox.state(|state| {
        state.cluster("csa-dwh").expect("the cluster").status =
            "available, resize-cleanup".to_owned();
        state.attaching.time = Duration::from_secs(60);
    });
    let late = attach().expect_err("it is not in sync");
    assert_eq!(late.code(), "JMC-REDSHIFT-IN-SYNC");
    assert!(
        late.to_string().contains("still `adding` after 1 seconds"),
        "{late}"
    );
}

#[test]
fn a_cluster_with_all_the_roles_that_it_may_have() {
    let full = |world: &World| {
        world.sandbox.state(|state| {
            let cluster = state.cluster("csa-dwh").expect("the cluster");
            cluster.roles = (0..50)
                .map(|n| format!("arn:aws:iam::{ACCOUNT}:role/role-{n}"))
                .map(crate::sandbox::state::AttachedRole::settled)
                .collect();
        });
    };
    refused(full, &[], "JMC-REDSHIFT-ROLES-FULL").says("already has 50 IAM roles");
}

#[test]
fn a_bucket_elsewhere_or_of_somebody_else() {
    refused(
        |_| {},
        &["--data-bucket", "sales-elsewhere"],
        "JMC-S3-REGION",
    )
    .says("`sales-elsewhere` is in us-west-2, but this site's buckets must be in ap-northeast-1");
    refused(
        |_| {},
        &["--program-bucket", "someone-elses-bucket"],
        "JMC-S3-OWNER",
    );
    // Everything in the way is told at once.
    refused(
        |world| world.sandbox.state(|state| state.clusters.clear()),
        &[
            "--sql-bucket",
            "sales-elsewhere",
            "--program-bucket",
            "someone-elses-bucket",
        ],
        "JMC-REDSHIFT-MISSING",
    )
    .says("JMC-S3-REGION")
    .says("JMC-S3-OWNER")
    .says("The plan has 3 blocker(s). Nothing was changed in AWS.");
}

#[test]
fn a_role_of_the_redshift_name_that_redshift_may_not_use() {
    let role = |world: &World| {
        world.sandbox.state(|state| {
            add_role(state, "jmc-sales-redshift-role", &["ec2.amazonaws.com"]);
        });
    };
    refused(role, &[], "JMC-IAM-TRUST").says("does not allow `redshift.amazonaws.com`");
}

/// A world whose cluster and warehouse are elsewhere, and the host of the cluster.
fn elsewhere(region: &str, suffix: &str) -> (World, String) {
    let host = format!("csa-dwh.c9x1abcd.{region}.redshift.{suffix}");
    let options = Options {
        names: vec![host.clone()],
        ..Options::default()
    };
    let world = World::of(Sandbox::jmc(), options);
    world.sandbox.state(|state| {
        let cluster = state.cluster("csa-dwh").expect("the cluster");
        *cluster = Cluster {
            region: region.to_owned(),
            address: host.clone(),
            ..cluster.clone()
        };
        if region.starts_with("cn-") {
            seed::add_bucket(state, "acme-csa-system-bucket", ACCOUNT, region);
            // IAM is another one in each partition.
            for role in &mut state.roles {
                role.arn = role.arn.replace("arn:aws:", "arn:aws-cn:");
                for policy in role.inline.clone().into_keys() {
                    let text = role.policy(&policy).expect("a policy").to_owned();
                    role.set_policy(&policy, &text.replace("arn:aws:", "arn:aws-cn:"));
                }
            }
            for role in &mut state.cluster("csa-dwh").expect("the cluster").roles {
                role.arn = role.arn.replace("arn:aws:", "arn:aws-cn:");
            }
        }
    });
    (world, host)
}

#[test]
fn us_east_1_has_no_location_constraint() {
    // The sandbox refuses one there, and its absence elsewhere, as S3 does.
    let (world, host) = elsewhere("us-east-1", "amazonaws.com");
    let address = format!("{host}:5439/dev");
    world
        .init(&["--yes", "--host", &address])
        .end()
        .exits(2)
        .says("cannot be used multiple times");
    let told = world.sales().instead(Q::Host, [address.as_str()]).told();
    told.ended.exits(0);
    assert_eq!(world.saved()["region"], "us-east-1");
    let region = world
        .sandbox
        .state(|state| state.bucket("sales-jmc-sql").expect("it").region.clone());
    assert_eq!(region, "us-east-1");
    world.sandbox.clear_journal();
    let again = world
        .program(["init", "--no-input"])
        .env("JMC_REDSHIFT_PASSWORD", PASSWORD)
        .end();
    again.exits(0).results("Nothing to change");
    world.assert_untouched();
}

#[test]
fn arns_are_of_the_callers_partition() {
    let (world, host) = elsewhere("cn-north-1", "amazonaws.com.cn");
    let address = format!("{host}:5439/dev");
    let told = world
        .sales()
        .sdk(world.sandbox.sdk_config("cn-north-1"))
        .instead(Q::Host, [address.as_str()])
        .told();
    told.ended.exits(0);
    let saved = std::fs::read_to_string(world.site_file()).expect("the file");
    assert!(
        !saved.contains("arn:aws:") && saved.contains("arn:aws-cn:iam::"),
        "{saved}"
    );
    world.sandbox.state(|state| {
        for role in &state.roles {
            for (name, policy) in &role.inline {
                assert!(!policy.now().contains("arn:aws:s3"), "{} {name}", role.name);
            }
        }
        assert!(
            state
                .topics
                .keys()
                .all(|arn| arn.starts_with("arn:aws-cn:sns:cn-north-1:"))
        );
        let bucket = ("aws-cn".to_owned(), "sales-jmc-data".to_owned());
        assert!(state.buckets.contains_key(&bucket));
    });
    let changes = world.changes().len();
    let variables = world
        .program(["init", "--no-input"])
        .env("AWS_REGION", "cn-north-1")
        .env("JMC_REDSHIFT_PASSWORD", PASSWORD);
    variables.end().exits(0).results("Nothing to change");
    assert_eq!(world.changes().len(), changes);
}

#[test]
fn a_host_of_another_partition_is_refused() {
    let world = World::jmc();
    let host = "csa-dwh.c9x1abcd.cn-north-1.redshift.amazonaws.com.cn:5439/dev";
    let mut arguments: Vec<&str> = vec!["init", "--no-input", "--yes"];
    arguments.extend(crate::support::binary::SALES.map(|argument| {
        if argument == crate::support::ENDPOINT {
            host
        } else {
            argument
        }
    }));
    // The host's region would be asked who the caller is; this account is not known there.
    let ended = world
        .program(arguments)
        .env("JMC_REDSHIFT_PASSWORD", PASSWORD)
        .end();
    assert!(ended.exit == 1 || ended.exit == 2, "{ended:?}");
    world.assert_untouched();
}

#[test]
fn roles_are_found_beyond_the_first_page() {
    let world = World::jmc();
    world.sandbox.state(|state| {
        for n in 0..120 {
            add_role(state, &format!("aaa-role-{n:03}"), &["ec2.amazonaws.com"]);
        }
    });
    world.init(&["--yes"]).end().exits(0);
    let pages = world.sandbox.journal().into_iter();
    assert!(pages.filter(|entry| entry.operation == "ListRoles").count() >= 2);
    assert_sales(&world);
}

#[test]
fn of_several_roles_one_is_chosen_or_named() {
    let two = |world: &World| {
        world.sandbox.state(|state| {
            let text = app_policy(&["acme-csa-data-bucket"]).to_string();
            add_role(state, "beta-jmc-app-role", &["ecs-tasks.amazonaws.com"])
                .set_policy("beta-app-s3-policy", &text);
        });
    };
    refused(two, &[], "JMC-IAM-ROLE-SEVERAL")
        .says("Several IAM roles end with `jmc-app-role`: acme-jmc-app-role, beta-jmc-app-role.")
        .says("Name the role with --ecs-task-role.");

    let world = World::jmc();
    two(&world);
    world
        .init(&["--yes", "--ecs-task-role", "beta-jmc-app-role"])
        .end()
        .exits(0);
    assert_eq!(
        world.saved()["roles"]["ecs_task"]["policy"],
        "beta-app-s3-policy"
    );

    let world = World::jmc();
    two(&world);
    let told = world.sales().reply(Q::EcsTaskRole, Reply::Pick(0)).told();
    told.ended.exits(0);
    assert_sales(&world);
}

#[test]
fn of_no_role_one_is_asked_for_or_named() {
    let none = |world: &World| {
        world.sandbox.state(|state| {
            let role = state.role("acme-jmc-api-role").expect("the role");
            role.name = "lambda-of-jmc".to_owned();
            role.path = "/jmc/".to_owned();
            role.arn = format!("arn:aws:iam::{ACCOUNT}:role/jmc/lambda-of-jmc");
        });
    };
    refused(none, &[], "JMC-IAM-ROLE-NONE")
        .says("No IAM role's name ends with `jmc-api-role`.")
        .says("Name the role with --lambda-role.");

    let world = World::jmc();
    none(&world);
    let told = world
        .sales()
        .instead(Q::LambdaRole, ["a b", "no-such-role", "lambda-of-jmc"])
        .told();
    told.ended.exits(0).says("error JMC-IAM-ROLE-MISSING: ");
    assert_eq!(told.codes(Q::LambdaRole), ["JMC-IAM-ROLE-NAME"]);
    let arn = "arn:aws:iam::123456789012:role/jmc/lambda-of-jmc";
    assert_eq!(world.saved()["roles"]["lambda"]["role"], arn);
}

#[test]
fn of_several_policies_one_is_chosen_or_named() {
    let two = |world: &World| {
        world.sandbox.state(|state| {
            let role = state.role("acme-jmc-app-role").expect("the role");
            role.set_policy("old-app-s3-policy", &app_policy(&["acme-old"]).to_string());
        });
    };
    refused(two, &[], "JMC-IAM-POLICY-SEVERAL").says("--ecs-task-policy");
    let world = World::jmc();
    two(&world);
    world
        .sales()
        .reply(Q::EcsTaskPolicy, Reply::Pick(0))
        .end()
        .exits(0);
    assert_sales(&world);
}

#[test]
fn a_created_role_has_its_path_boundary_and_tags() {
    let world = World::jmc();
    let boundary = "arn:aws:iam::aws:policy/PowerUserAccess";
    world
        .init(&[
            "--yes",
            "--role-path=/jmc/",
            "--permissions-boundary",
            boundary,
            "--tag=部門=営業",
        ])
        .end()
        .exits(0);
    world.sandbox.state(|state| {
        let role = state.role("jmc-sales-redshift-role").expect("the role");
        assert_eq!(role.path, "/jmc/");
        assert_eq!(role.boundary.as_deref(), Some(boundary));
        assert_eq!(role.tags["部門"], "営業");
        assert_eq!(
            state
                .bucket("sales-jmc-sql")
                .expect("it")
                .tags
                .as_ref()
                .expect("tags")["部門"],
            "営業"
        );
    });
    world.sandbox.clear_journal();
    let again = world
        .program(["init", "--no-input"])
        .env("JMC_REDSHIFT_PASSWORD", PASSWORD)
        .end();
    again.exits(0).results("Nothing to change");
    world.assert_untouched();
}

#[test]
fn what_iam_does_not_show_yet_is_waited_for() {
    let world = World::jmc();
    world.sandbox.state(|state| {
        state.role_lag = 2;
        state.policy_lag = 1;
        state.attaching.reads = 1;
    });
    world.init(&["--yes"]).end().exits(0);
    assert_sales(&world);
}
