//! A refusal of any single call of `init`: what is said, what has been changed by then, and
//! that a later run ends where an undisturbed one does.

use crate::init_wizard::assert_sales;
use crate::sandbox::{Fault, Rule, Service};
use crate::support::binary::SALES;
use crate::support::{Ended, World};
use crate::warehouse::PASSWORD;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The calls of a good run: service, operation, and whether it changes something.
fn calls() -> BTreeSet<(String, String, bool)> {
    let world = World::jmc();
    world.init(&["--yes"]).end().exits(0);
    let journal = world.sandbox.journal();
    journal
        .into_iter()
        .map(|entry| (entry.service, entry.operation, entry.write))
        .collect()
}

/// Returns the IAM action of an operation.
fn action(service: &str, operation: &str) -> String {
    let name = match (service, operation) {
        ("s3", "HeadBucket" | "ListObjectsV2") => "ListBucket",
        ("s3", "HeadObject") => "GetObject",
        ("s3", "PutPublicAccessBlock") => "PutBucketPublicAccessBlock",
        ("s3", "GetPublicAccessBlock") => "GetBucketPublicAccessBlock",
        (_, operation) => operation,
    };
    format!("{service}:{name}")
}

/// Asserts what is said of a refused call.
#[track_caller]
fn assert_told(err: &str, service: &str, operation: &str) {
    let says = |text: &str| assert!(err.contains(text), "{text:?} is not in:\n{err}");
    let action = action(service, operation);
    if (service, operation) == ("s3", "HeadBucket") {
        // Its answer has no body: S3 says the same of a bucket of somebody else.
        says("error JMC-S3-OWNER: `sales-jmc-");
        says("you need s3:ListBucket on it");
        return;
    }
    let principal = match operation {
        "GetCallerIdentity" => "-",
        _ => "arn:aws:iam::123456789012:user/ops",
    };
    let line = err
        .lines()
        .find(|line| line.starts_with("error JMC-AWS-DENIED: "));
    let line = line.unwrap_or_else(|| panic!("no JMC-AWS-DENIED in:\n{err}"));
    let told = format!("error JMC-AWS-DENIED: `{principal}` is not allowed to do `{action}` on `");
    let resource = line
        .strip_prefix(&told)
        .and_then(|rest| rest.strip_suffix("`."));
    let resource = resource.unwrap_or_else(|| panic!("{told:?} is not in {line:?}"));
    assert!(
        resource == "*" || resource.starts_with("arn:aws:"),
        "{resource}"
    );
    says(&format!("{action} request id "));
    let statement = json!({ "Effect": "Allow", "Action": action, "Resource": resource });
    says(&format!("to the caller's policy: {statement}"));
}

#[test]
fn any_single_call_that_looks() {
    any_single_call(false, 13);
}

#[test]
fn any_single_call_that_changes() {
    any_single_call(true, 12);
}

fn any_single_call(writes: bool, at_least: usize) {
    let calls: Vec<_> = calls()
        .into_iter()
        .filter(|(_, _, write)| *write == writes)
        .collect();
    assert!(calls.len() >= at_least, "{calls:?}");
    for (service, operation, write) in &calls {
        let world = World::jmc();
        let named = Service::named(service).expect("a service");
        world
            .sandbox
            .fault(Rule::on(named, operation, Fault::AccessDenied).always());
        let ended = world.init(&["--yes"]).end();
        if operation == "GetAccountSummary" {
            // The documented quotas stand in for what is not told.
            ended.exits(0);
            continue;
        }
        ended.exits(1);
        assert_told(&ended.err, service, operation);
        let changes = world.changes();
        let confirmed = world.site_file().exists();
        if *write {
            assert!(confirmed, "the file lets a later run go on");
            let refused = world
                .sandbox
                .writes()
                .into_iter()
                .filter(|entry| !entry.effect);
            let refused: BTreeSet<String> = refused.map(|entry| entry.operation).collect();
            assert_eq!(refused, [operation.clone()].into());
        } else if !confirmed {
            assert_eq!(
                changes, [""; 0],
                "nothing is changed before the confirmation"
            );
        }
        if *write {
            assert_report(&ended.err, operation, &changes);
        }

        world.heal();
        if operation == "DeleteObject" {
            // A lock that could not be released ends by itself, in two minutes.
            world.sandbox.state(|state| {
                let bucket = state.bucket("acme-csa-system-bucket").expect("the bucket");
                assert!(
                    bucket
                        .objects
                        .keys()
                        .all(|key| key.starts_with("jmc-site-locks/"))
                );
                bucket.objects.clear();
            });
        }
        let arguments = if confirmed {
            ended.says("What is done stays done. When the cause is removed, ");
            going_on(&ended)
        } else {
            whole(&world)
        };
        let again = world
            .program(arguments)
            .env("JMC_REDSHIFT_PASSWORD", PASSWORD);
        again.end().exits(0);
        assert_sales(&world);
    }
}

fn whole(world: &World) -> Vec<String> {
    let ca_file = world.ca_file().display().to_string();
    ["init", "--no-input", "--yes", "--ca-file", &ca_file]
        .into_iter()
        .chain(SALES)
        .map(str::to_owned)
        .collect()
}

/// Returns the arguments of the command that a run said to go on with.
#[track_caller]
fn going_on(ended: &Ended) -> Vec<String> {
    let told = ended
        .err
        .lines()
        .find_map(|line| line.split_once("continue with: "));
    let (_, command) = told.unwrap_or_else(|| panic!("no command in:\n{}", ended.err));
    let mut words = command.split(' ').map(str::to_owned);
    assert_eq!(words.next().as_deref(), Some("jmc-site"));
    words.collect()
}

/// Asserts that every step is accounted for: done with its line, failed with its line, or not begun.
#[track_caller]
fn assert_report(err: &str, denied: &str, changes: &[String]) {
    let begins = |text: &str| err.lines().filter(|line| line.starts_with(text)).count();
    let done = err
        .lines()
        .filter(|line| line.starts_with("  [") && line.contains(" ok "));
    let (done, left) = (done.count(), begins("  not begun: "));
    let failed = err
        .lines()
        .filter(|line| line.starts_with("  [") && line.contains(" failed "));
    let failed = failed.count();
    let told = format!("Done: {done}. Failed: {failed}. Not begun: {left}.");
    assert!(err.contains(&told), "{told:?} is not in:\n{err}");
    assert_eq!(done + left + failed, 9, "{err}");
    // A step is done whatever becomes of its lock.
    assert_eq!(failed > 0, denied != "DeleteObject", "{err}");
    if done > 0 {
        assert!(!changes.is_empty());
    }
}

#[test]
fn the_permission_is_named_that_is_missing_and_not_the_calls_own() {
    for (denied, resource) in [
        (
            "iam:PassRole",
            "arn:aws:iam::123456789012:role/jmc-sales-redshift-role",
        ),
        (
            "iam:TagRole",
            "arn:aws:iam::123456789012:role/jmc-sales-redshift-role",
        ),
    ] {
        let world = World::jmc();
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [
                { "Effect": "Allow", "Action": "*", "Resource": "*" },
                { "Effect": "Deny", "Action": denied, "Resource": "*" },
            ],
        });
        world.sandbox.enforce(&policy.to_string());
        let ended = world.init(&["--yes"]).end();
        let statement = json!({ "Effect": "Allow", "Action": denied, "Resource": resource });
        ended
            .exits(1)
            .says(&format!("is not allowed to do `{denied}` on `{resource}`."))
            .says(&statement.to_string());
    }
}

#[test]
fn in_json_a_partial_run_is_one_error_with_its_plan_and_report() {
    let world = World::jmc();
    world
        .sandbox
        .fault(Rule::on(Service::Iam, "PutRolePolicy", Fault::AccessDenied).always());
    let ended = world.init(&["--yes", "--output", "json"]).end();
    let value = ended.exits(1).json();
    assert_eq!(value["error"]["code"], "JMC-AWS-DENIED");
    let hints = value["error"]["hints"].as_array().expect("hints");
    let resume = hints
        .iter()
        .filter_map(Value::as_str)
        .find(|hint| hint.contains("continue with"));
    assert!(resume.is_some(), "{hints:?}");
    let outcomes = value["report"].as_array().expect("a report");
    assert_eq!(
        outcomes.len(),
        value["plan"]["steps"].as_array().expect("steps").len()
    );
    let of = |outcome: &str| {
        outcomes
            .iter()
            .filter(|one| one["outcome"] == outcome)
            .count()
    };
    assert_eq!(of("done") + of("failed") + of("not-run"), outcomes.len());
    assert!(of("failed") > 0);
}

#[test]
fn credentials_that_are_missing_rejected_or_expired_end_the_run_at_once() {
    let world = World::jmc();
    let none = world.init(&["--yes"]);
    let none = none
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY")
        .end();
    none.exits(1)
        .says("error JMC-AWS-CREDENTIALS: No usable AWS credentials")
        .says("--profile");
    assert_eq!(world.sandbox.journal(), []);

    let unknown = world
        .init(&["--yes"])
        .env("AWS_ACCESS_KEY_ID", "AKIAUNKNOWNEXAMPLE")
        .end();
    unknown.exits(1).says(
        "error JMC-AWS-CREDENTIALS-REJECTED: AWS rejects the credentials: InvalidClientTokenId.",
    );

    world.sandbox.fault(Rule::any(Fault::ExpiredToken).always());
    let expired = world.init(&["--yes"]).end();
    expired
        .exits(1)
        .says("error JMC-AWS-EXPIRED: ")
        .says("hint: Get new credentials");
    let config = "[profile csa-prod]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n\
                  aws_secret_access_key = x\nregion = ap-northeast-1\n";
    std::fs::write(world.path("config"), config).expect("a file");
    let of_profile = world
        .init(&["--yes", "--profile", "csa-prod"])
        .env("AWS_CONFIG_FILE", "config")
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY")
        .end();
    of_profile.exits(1).says("aws sso login --profile csa-prod");
    world.assert_untouched();
    assert!(!world.site_file().exists());
}

#[test]
fn credentials_that_expire_in_the_middle_leave_a_file_to_go_on_from() {
    let world = World::jmc();
    world
        .sandbox
        .fault(Rule::any(Fault::ExpiredToken).writes().nth(4).always());
    let ended = world.init(&["--yes"]).end();
    ended
        .exits(1)
        .says("error JMC-AWS-EXPIRED: ")
        .says("continue with: ");
    world.heal();
    let again = world.program(["init", "--no-input", "--yes"]);
    again.env("JMC_REDSHIFT_PASSWORD", PASSWORD).end().exits(0);
    assert_sales(&world);
}
