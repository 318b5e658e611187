//! `check`: a healthy site, and every way to break one by hand in AWS; what `apply` mends is
//! then gone, and what it cannot mend names somebody who can.

use crate::grow_buckets::sales;
use crate::sandbox::seed::{self, app_policy};
use crate::sandbox::state::{PublicAccessBlock, State};
use crate::support::{Ended, World};
use crate::warehouse::PASSWORD;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub const SITE_ROLE: &str = "jmc-sales-redshift-role";
pub const ECS: &str = "acme-jmc-app-role";
const CLUSTER: &str = "jmc-sales-redshift-role @ csa-dwh";
const ENDPOINT: &str = "csa-dwh.c9x1abcd.ap-northeast-1.redshift.amazonaws.com:5439";
pub const TOPIC: &str = "jmc-sales-failure";
const MAIL: &str = "jmc-sales-failure -> email:ops@example.com";
pub const APPLY: &str = "jmc-site apply --site jmc-site.json";

/// A finding's code and subject.
pub type Key = (String, String);

/// What `check` found, by code and subject.
pub type Found = BTreeMap<Key, Value>;

/// Confirms all subscriptions, as their owners do.
pub fn confirm(world: &World) {
    world.sandbox.state(|state| {
        for topic in state.topics.values_mut() {
            for subscription in &mut topic.subscriptions {
                subscription.pending = false;
            }
        }
    });
}

/// A world with the site `sales`, all of it well.
#[track_caller]
pub fn healthy() -> World {
    let world = sales();
    confirm(&world);
    world
}

/// Runs `check` in JSON and asserts that it only reads.
#[track_caller]
pub fn run(world: &World, more: &[&str]) -> Ended {
    let before = (world.saved(), world.sandbox.snapshot());
    world.sandbox.clear_journal();
    let arguments = ["check", "--output", "json"].into_iter();
    let ended = world
        .program(arguments.chain(more.iter().copied()))
        .env("JMC_REDSHIFT_PASSWORD", PASSWORD)
        .end();
    world.assert_untouched();
    assert_eq!((world.saved(), world.sandbox.snapshot()), before);
    ended
}

/// Reads the findings of one site.
#[track_caller]
pub fn found(ended: &Ended) -> Found {
    let value = ended.json();
    let findings = value["sites"][0]["findings"].as_array().cloned();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let mut all = Found::new();
    for finding in findings.expect("findings") {
        let key = (text(&finding["code"]), text(&finding["subject"]));
        let before = all.insert(key, finding);
        assert_eq!(before, None, "the same is found twice");
    }
    for state in ["ok", "missing", "wrong", "unknown"] {
        let count = all.values().filter(|one| one["state"] == state).count();
        assert_eq!(value["summary"][state], count, "{state}");
    }
    let well = |one: &&Value| one["state"] == "ok";
    let bad = all.values().filter(|one| !well(one));
    for finding in bad {
        assert!(!text(&finding["evidence"]).is_empty(), "{finding}");
    }
    assert!(
        all.values()
            .filter(well)
            .all(|one| one["fix"] == Value::Null)
    );
    all
}

/// Returns what is not well, as `code subject state`.
#[track_caller]
pub fn bad(found: &Found) -> Vec<String> {
    let bad = found.iter().filter(|(_, one)| one["state"] != "ok");
    bad.map(|((code, subject), one)| {
        let code = code.strip_prefix("JMC-CHECK-").expect("a code of check");
        format!("{code} {subject}: {}", one["state"].as_str().expect("it"))
    })
    .collect()
}

/// Asserts that all is well.
#[track_caller]
pub fn assert_well(world: &World) {
    let ended = run(world, &[]);
    assert_eq!(bad(&found(&ended)), [""; 0]);
    ended.exits(0);
}

/// A way to break a site: what is done, what is then found, and a part of the evidence.
pub type Break = (fn(&mut State), &'static [&'static str], &'static str);

fn without(state: &mut State, kept: &[&str]) {
    let text = app_policy(kept).to_string();
    state
        .role(ECS)
        .expect("the role")
        .set_policy(seed::POLICY, &text);
}

const ALL: [&str; 5] = [
    "acme-csa-data-bucket",
    "acme-csa-system-bucket",
    "sales-jmc-data",
    "sales-jmc-sql",
    "sales-jmc-program",
];

/// Changes a role's policy as text.
fn rewrite(state: &mut State, from: &str, to: &str) {
    let role = state.role(ECS).expect("the role");
    let text = role.policy(seed::POLICY).expect("the policy");
    assert!(text.contains(from), "{text}");
    let text = text.replace(from, to);
    role.set_policy(seed::POLICY, &text);
}

/// What `apply` mends.
const MENDED: [Break; 16] = [
    (
        |state| {
            let key = ("aws".to_owned(), "sales-jmc-sql".to_owned());
            state.buckets.remove(&key);
        },
        &[
            "BUCKET sales-jmc-sql: missing",
            "FOLDER sales-jmc-sql/sql/: missing",
        ],
        "does not exist",
    ),
    (
        |state| {
            let bucket = state.bucket("sales-jmc-data").expect("the bucket");
            bucket.objects.remove("import/");
        },
        &["FOLDER sales-jmc-data/import/: missing"],
        "does not exist",
    ),
    (
        |state| {
            let bucket = state.bucket("sales-jmc-data").expect("the bucket");
            bucket.public_access_block = None;
        },
        &["SETTINGS sales-jmc-data: wrong"],
        "public access is not blocked",
    ),
    (
        |state| {
            let bucket = state.bucket("sales-jmc-data").expect("the bucket");
            bucket.public_access_block = Some(PublicAccessBlock {
                block_public_policy: false,
                ..PublicAccessBlock::ALL
            });
        },
        &["SETTINGS sales-jmc-data: wrong"],
        "public access is not blocked",
    ),
    (
        |state| {
            let bucket = state.bucket("sales-jmc-sql").expect("the bucket");
            bucket.tags = Some([("jmc-site".to_owned(), "other".to_owned())].into());
        },
        &["SETTINGS sales-jmc-sql: wrong"],
        "tags differ",
    ),
    (
        |state| state.roles.retain(|role| role.name != SITE_ROLE),
        &[
            "GRANT jmc-sales-redshift-role -> sales-jmc-data: missing",
            "ROLE jmc-sales-redshift-role: missing",
        ],
        "does not exist",
    ),
    (
        |state| state.role(SITE_ROLE).expect("the role").inline.clear(),
        &["GRANT jmc-sales-redshift-role -> sales-jmc-data: missing"],
        "not allowed: s3:ListBucket, s3:GetBucketLocation, s3:PutObject, s3:GetObject",
    ),
    (
        |state| {
            let cluster = state.cluster("csa-dwh").expect("the cluster");
            cluster.roles.retain(|role| !role.arn.ends_with(SITE_ROLE));
        },
        &["ATTACHED jmc-sales-redshift-role @ csa-dwh: missing"],
        "not attached",
    ),
    (
        |state| without(state, &ALL[..3]),
        &[
            "GRANT acme-jmc-app-role -> sales-jmc-program: missing",
            "GRANT acme-jmc-app-role -> sales-jmc-sql: missing",
        ],
        "not allowed: s3:ListBucket",
    ),
    (
        |state| rewrite(state, "arn:aws:s3:::sales-jmc-sql/*", "arn:aws:s3:::else/*"),
        &["GRANT acme-jmc-app-role -> sales-jmc-sql: missing"],
        "not allowed: s3:PutObject, s3:GetObject, s3:DeleteObject",
    ),
    (
        |state| rewrite(state, "\"s3:DeleteObject\"", "\"s3:GetObjectVersion\""),
        &[
            "GRANT acme-jmc-app-role -> sales-jmc-data: missing",
            "GRANT acme-jmc-app-role -> sales-jmc-program: missing",
            "GRANT acme-jmc-app-role -> sales-jmc-sql: missing",
        ],
        "not allowed: s3:DeleteObject",
    ),
    (
        // Allowed only from one network: whether that is so for a job nobody can tell here.
        |state| {
            let mut policy = app_policy(&ALL);
            for statement in policy["Statement"].as_array_mut().expect("statements") {
                statement["Condition"] = json!({ "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } });
            }
            let text = policy.to_string();
            state
                .role(ECS)
                .expect("the role")
                .set_policy(seed::POLICY, &text);
        },
        &[
            "GRANT acme-jmc-app-role -> sales-jmc-data: unknown",
            "GRANT acme-jmc-app-role -> sales-jmc-program: unknown",
            "GRANT acme-jmc-app-role -> sales-jmc-sql: unknown",
        ],
        "statement #1 allows it only under a condition",
    ),
    (
        |state| {
            let topic = state.topics.values_mut().next().expect("the topic");
            topic.tags.clear();
        },
        &["TOPIC jmc-sales-failure: wrong"],
        "display name or tags differ",
    ),
    (
        |state| {
            let topic = state.topics.values_mut().next().expect("the topic");
            topic.attributes.remove("DisplayName").expect("its name");
        },
        &["TOPIC jmc-sales-failure: wrong"],
        "display name or tags differ",
    ),
    (
        |state| state.topics.clear(),
        &[
            "SUBSCRIPTION jmc-sales-failure -> email:ops@example.com: missing",
            "TOPIC jmc-sales-failure: missing",
        ],
        "does not exist",
    ),
    (
        |state| {
            let topics = state.topics.values_mut();
            topics.for_each(|topic| topic.subscriptions.clear());
        },
        &["SUBSCRIPTION jmc-sales-failure -> email:ops@example.com: missing"],
        "does not exist",
    ),
];

#[test]
fn a_healthy_site_is_ok_in_every_cell() {
    let world = healthy();
    let ended = run(&world, &[]);
    let all = found(&ended.exits(0).clone());
    let keys: Vec<String> = all
        .keys()
        .map(|(code, subject)| format!("{} {subject}", &code["JMC-CHECK-".len()..]))
        .collect();
    let wanted = [
        format!("ATTACHED {CLUSTER}"),
        "BUCKET sales-jmc-data".to_owned(),
        "BUCKET sales-jmc-program".to_owned(),
        "BUCKET sales-jmc-sql".to_owned(),
        format!("CONNECTION {ENDPOINT}"),
        "FOLDER sales-jmc-data/export/".to_owned(),
        "FOLDER sales-jmc-data/import/".to_owned(),
        "FOLDER sales-jmc-program/program/python/".to_owned(),
        "FOLDER sales-jmc-sql/sql/".to_owned(),
        "GRANT acme-jmc-api-role -> sales-jmc-data".to_owned(),
        "GRANT acme-jmc-api-role -> sales-jmc-program".to_owned(),
        "GRANT acme-jmc-api-role -> sales-jmc-sql".to_owned(),
        "GRANT acme-jmc-app-role -> sales-jmc-data".to_owned(),
        "GRANT acme-jmc-app-role -> sales-jmc-program".to_owned(),
        "GRANT acme-jmc-app-role -> sales-jmc-sql".to_owned(),
        "GRANT jmc-sales-redshift-role -> sales-jmc-data".to_owned(),
        "ROLE acme-jmc-api-role".to_owned(),
        "ROLE acme-jmc-app-role".to_owned(),
        "ROLE jmc-sales-redshift-role".to_owned(),
        "SETTINGS sales-jmc-data".to_owned(),
        "SETTINGS sales-jmc-program".to_owned(),
        "SETTINGS sales-jmc-sql".to_owned(),
        format!("SUBSCRIPTION {MAIL}"),
        format!("TOPIC {TOPIC}"),
        "TRUST jmc-sales-redshift-role".to_owned(),
    ];
    assert_eq!(keys, wanted);
    assert_eq!(bad(&all), [""; 0]);
}

#[test]
fn what_was_broken_is_found_mended_by_apply_and_then_gone() {
    let world = healthy();
    for (breaks, expected, evidence) in MENDED {
        world.sandbox.state(breaks);
        let ended = run(&world, &[]);
        let all = found(&ended);
        assert_eq!(bad(&all), expected);
        ended.exits(3);
        for finding in all.values().filter(|one| one["state"] != "ok") {
            let seen = finding["evidence"].as_str().expect("evidence");
            assert!(
                seen.contains(evidence) || seen == "does not exist",
                "{seen}"
            );
            assert_eq!(finding["fix"], APPLY);
        }
        world.program(["plan"]).end().exits(3);
        world.program(["apply", "--yes"]).end().exits(0);
        confirm(&world);
        assert_well(&world);
    }
}
