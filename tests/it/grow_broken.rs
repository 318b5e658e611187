//! Ways to break a site that `apply` can't mend: `check` finds them and names who can, and
//! `apply` refuses or leaves them.

use crate::grow_check::{
    APPLY, Break, ECS, SITE_ROLE, TOPIC, assert_well, bad, found, healthy, run,
};
use crate::sandbox::state::{ApplyStatus, ManagedPolicy, PolicyVersion, State, Tags};
use crate::sandbox::{ACCOUNT, OTHER_ACCOUNT, seed};
use serde_json::{Value, json};

/// Attaches a managed policy of our own account to the ECS task role, or makes it its boundary.
fn managed(state: &mut State, statement: &Value, boundary: bool) {
    let arn = format!("arn:aws:iam::{ACCOUNT}:policy/guard");
    let document = json!({ "Version": "2012-10-17", "Statement": [statement] });
    let created = time::OffsetDateTime::UNIX_EPOCH;
    state.policies.push(ManagedPolicy {
        name: "guard".to_owned(),
        path: "/".to_owned(),
        arn: arn.clone(),
        id: "ANPAEXAMPLE".to_owned(),
        created,
        description: None,
        tags: Tags::new(),
        versions: vec![PolicyVersion {
            number: 1,
            document: document.to_string(),
            created,
        }],
        default: 1,
        next: 2,
    });
    let role = state.role(ECS).expect("the role");
    match boundary {
        true => role.boundary = Some(arn),
        false => role.attached.push(arn),
    }
}

const CELLS_WRONG: &[&str] = &[
    "GRANT acme-jmc-app-role -> sales-jmc-data: wrong",
    "GRANT acme-jmc-app-role -> sales-jmc-program: wrong",
    "GRANT acme-jmc-app-role -> sales-jmc-sql: wrong",
];

/// What `apply` can't mend: besides, a part of the fix, and the code with which `apply` refuses,
/// empty where it finds nothing of its own to do.
const NOT_MENDED: [(Break, &str, &str); 14] = [
    (
        (
            |state| state.roles.retain(|role| role.name != ECS),
            &[
                "GRANT acme-jmc-app-role -> sales-jmc-data: missing",
                "GRANT acme-jmc-app-role -> sales-jmc-program: missing",
                "GRANT acme-jmc-app-role -> sales-jmc-sql: missing",
                "ROLE acme-jmc-app-role: missing",
            ],
            "does not exist",
        ),
        "check the ARN on the screen",
        "JMC-IAM-ROLE-MISSING",
    ),
    (
        (
            |state| state.role(ECS).expect("the role").inline.clear(),
            &[
                "GRANT acme-jmc-app-role -> sales-jmc-data: missing",
                "GRANT acme-jmc-app-role -> sales-jmc-program: missing",
                "GRANT acme-jmc-app-role -> sales-jmc-sql: missing",
            ],
            "not allowed: s3:ListBucket",
        ),
        "--ecs-task-policy",
        "JMC-IAM-POLICY-MISSING",
    ),
    (
        (
            |state| {
                let role = state.role(ECS).expect("the role");
                role.set_policy(seed::POLICY, "{ \"Statement\": ");
            },
            &[
                "GRANT acme-jmc-app-role -> sales-jmc-data: unknown",
                "GRANT acme-jmc-app-role -> sales-jmc-program: unknown",
                "GRANT acme-jmc-app-role -> sales-jmc-sql: unknown",
            ],
            "JMC-POLICY-JSON",
        ),
        "",
        "JMC-IAM-POLICY-UNREADABLE",
    ),
    (
        (
            |state| {
                let role = state.role(SITE_ROLE).expect("the role");
                role.trust = role.trust.replace("redshift.", "ec2.");
            },
            &["TRUST jmc-sales-redshift-role: wrong"],
            "does not allow redshift.amazonaws.com",
        ),
        "IAM console, Roles, jmc-sales-redshift-role, Trust relationships",
        "JMC-IAM-TRUST",
    ),
    (
        (
            |state| {
                let role = state.role(SITE_ROLE).expect("the role");
                let condition =
                    "\"Condition\": {\"StringEquals\": {\"aws:SourceAccount\": \"1\"}}, ";
                role.trust = role
                    .trust
                    .replace("\"Action\"", &format!("{condition}\"Action\""));
            },
            &["TRUST jmc-sales-redshift-role: unknown"],
            "only under a condition",
        ),
        "Trust relationships",
        "",
    ),
    (
        (
            |state| {
                let deny = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:Delete*","Resource":"*"}}"#;
                state.role(ECS).expect("the role").set_policy("guard", deny);
            },
            CELLS_WRONG,
            "denied: s3:DeleteObject",
        ),
        "change the statement that denies it",
        "JMC-IAM-POLICY-DENY",
    ),
    (
        (
            |state| {
                let deny = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:PutObject","Resource":"arn:aws:s3:::sales-jmc-sql/*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}}"#;
                state.role(ECS).expect("the role").set_policy("guard", deny);
            },
            &["GRANT acme-jmc-app-role -> sales-jmc-sql: unknown"],
            "may deny it",
        ),
        "change the statement that denies it",
        "",
    ),
    (
        (
            |state| {
                let deny = json!({ "Effect": "Deny", "Action": "s3:*", "Resource": "*" });
                managed(state, &deny, false);
            },
            CELLS_WRONG,
            "denied: s3:ListBucket, s3:GetBucketLocation",
        ),
        "change the statement that denies it",
        "",
    ),
    (
        (
            |state| {
                let allow = json!({ "Effect": "Allow", "Action": "logs:*", "Resource": "*" });
                managed(state, &allow, true);
            },
            CELLS_WRONG,
            "outside the permissions boundary: s3:ListBucket",
        ),
        "acme-jmc-app-role, Permissions boundary",
        "",
    ),
    (
        (
            |state| state.bucket("sales-jmc-sql").expect("it").account = OTHER_ACCOUNT.to_owned(),
            &["BUCKET sales-jmc-sql: wrong"],
            "JMC-S3-OWNER: `sales-jmc-sql` belongs to another AWS account",
        ),
        "s3:ListBucket",
        "JMC-S3-OWNER",
    ),
    (
        (
            |state| state.bucket("sales-jmc-sql").expect("it").region = "us-west-2".to_owned(),
            &["BUCKET sales-jmc-sql: wrong"],
            "JMC-S3-REGION: `sales-jmc-sql` is in us-west-2",
        ),
        "can't be moved",
        "JMC-S3-REGION",
    ),
    (
        (
            |state| state.clusters.clear(),
            &["ATTACHED jmc-sales-redshift-role @ csa-dwh: unknown"],
            "JMC-REDSHIFT-MISSING",
        ),
        "the profile",
        "JMC-REDSHIFT-MISSING",
    ),
    (
        (
            |state| {
                let mail = state.subscription(TOPIC, "ops@example.com");
                mail.expect("the subscription").pending = true;
            },
            &["SUBSCRIPTION jmc-sales-failure -> email:ops@example.com: wrong"],
            "waits for confirmation",
        ),
        "Request confirmation",
        "",
    ),
    (
        (
            |state| {
                let cluster = state.cluster("csa-dwh").expect("the cluster");
                for role in &mut cluster.roles {
                    role.status = ApplyStatus::Adding;
                    role.reads_left = 1;
                }
            },
            &["ATTACHED jmc-sales-redshift-role @ csa-dwh: wrong"],
            "adding",
        ),
        APPLY,
        "",
    ),
];

#[test]
fn what_apply_cannot_mend_names_who_can() {
    let world = healthy();
    let good = world.sandbox.state(|state| state.clone());
    for ((breaks, expected, evidence), fix, refusal) in NOT_MENDED {
        world.sandbox.state(breaks);
        let ended = run(&world, &[]);
        let all = found(&ended);
        assert_eq!(bad(&all), expected);
        ended.exits(3);
        for finding in all.values().filter(|one| one["state"] != "ok") {
            let text = |field: &str| finding[field].as_str().expect("a text").to_owned();
            let evidence = [evidence, "does not exist"];
            assert!(
                evidence.iter().any(|one| text("evidence").contains(one)),
                "{finding}"
            );
            assert!(text("fix").contains(fix), "{finding}");
        }
        world.sandbox.clear_journal();
        let apply = world.program(["apply", "--yes"]).end();
        if refusal.is_empty() {
            apply.exits(0);
        } else {
            apply.exits(1).says(&format!("error {refusal}: "));
        }
        world.assert_untouched();
        world.sandbox.state(|state| state.clone_from(&good));
        assert_well(&world);
    }
}
