//! The other home of the grants: a role's inline policies are full, and the site's buckets move
//! into a managed policy of the role, and back. Nothing foreign is touched, and no role loses a
//! bucket at any moment in between.

use crate::grow_buckets::{ROLES, SYSTEM, assert_unlocked, policies, sales};
use crate::grow_check::{APPLY, bad, confirm, found, run};
use crate::sandbox::seed::{self, app_policy};
use crate::sandbox::state::{ManagedPolicy, PolicyVersion, State, Tags};
use crate::sandbox::{ACCOUNT, Fault, Rule, Service};
use crate::support::World;
use jmc_site::prompt::QuestionId as Q;
use jmc_site::prompt::scripted::Reply;
use serde_json::{Value, json};

/// The managed policies of the site, in the order of [`ROLES`].
const MANAGED: [&str; 3] = [
    "jmc-sales-redshift-s3-policy",
    "jmc-sales-ecs-task-s3-policy",
    "jmc-sales-lambda-s3-policy",
];

const BUCKETS: [(&str, [bool; 3]); 3] = [
    ("sales-jmc-data", [true; 3]),
    ("sales-jmc-sql", [false, true, true]),
    ("sales-jmc-program", [false, true, true]),
];

const MOVE: [&str; 4] = ["apply", "--policy-home", "managed", "--yes"];
const BACK: [&str; 4] = ["apply", "--policy-home", "inline", "--yes"];

fn arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:policy/{name}")
}

/// Returns the document of a managed policy, if there is one.
fn managed(world: &World, name: &str) -> Option<String> {
    world.sandbox.state(|state| {
        let policy = state.policies.iter().find(|policy| policy.name == name)?;
        let counts = |version: &&PolicyVersion| version.number == policy.default;
        let version = policy.versions.iter().find(counts);
        version.map(|version| version.document.clone())
    })
}

/// Says which roles may use a bucket now, through whatever they have.
fn reach(state: &mut State, bucket: &str) -> [bool; 3] {
    ROLES.map(|(role, _)| {
        let Some(role) = state.role(role).cloned() else {
            return false;
        };
        let inline = role.inline.values().map(|text| text.now().clone());
        let attached = state
            .policies
            .iter()
            .filter(|policy| role.attached.contains(&policy.arn));
        let attached = attached.flat_map(|policy| {
            let counts = |version: &&PolicyVersion| version.number == policy.default;
            policy
                .versions
                .iter()
                .find(counts)
                .map(|v| v.document.clone())
        });
        let texts: Vec<String> = inline.chain(attached).collect();
        let [own, objects] = [
            format!("\"arn:aws:s3:::{bucket}\""),
            format!("\"arn:aws:s3:::{bucket}/*\""),
        ];
        let holds = |arn: &String| texts.iter().any(|text| text.contains(arn));
        holds(&own) && holds(&objects)
    })
}

#[track_caller]
fn assert_reached(world: &World, when: &str) {
    for (bucket, expected) in BUCKETS {
        let reached = world.sandbox.state(|state| reach(state, bucket));
        assert_eq!(reached, expected, "{bucket} {when}");
    }
}

/// Fills the inline policies of the ECS task and Lambda roles up to a few characters.
fn fill(world: &World) {
    world.sandbox.state(|state| {
        for role in ["acme-jmc-app-role", "acme-jmc-api-role"] {
            let role = state.role(role).expect("the role");
            let before = role.policy(seed::POLICY).expect("the policy").to_owned();
            let mut document: Value = serde_json::from_str(&before).expect("JSON");
            let mut room = 10_240 - 80 - document.to_string().len();
            let mut extra = Vec::new();
            for number in 0.. {
                let name = format!("arn:aws:s3:::somebody-elses-other-bucket-{number:04}/*");
                if room < name.len() + 3 {
                    break;
                }
                room -= name.len() + 3;
                extra.push(name);
            }
            let full = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": extra});
            let statements = document["Statement"].as_array_mut().expect("statements");
            statements.insert(0, full);
            let text = document.to_string();
            role.set_policy(seed::POLICY, &text);
        }
    });
}

#[test]
fn a_full_inline_policy_blocks_and_names_the_way_out_which_works() {
    let world = sales();
    fill(&world);
    world.sandbox.clear_journal();
    let before = policies(&world);
    let add = ["add-bucket", "--bucket=sql=sales-one-more-sql", "--yes"];
    let blocked = world.program(add).end();
    blocked
        .exits(1)
        .says("error JMC-IAM-POLICY-FULL: The inline policies of `acme-jmc-app-role` would have 10")
        .says("error JMC-IAM-POLICY-FULL: The inline policies of `acme-jmc-api-role` would have 10")
        .says("--policy-home managed");
    world.assert_untouched();

    let ended = world
        .program(add.iter().chain(&["--policy-home=managed"]))
        .end();
    ended
        .exits(0)
        .results("  + create managed policy")
        .results("0 -> 1 managed policies (at most 10)")
        .results("ARN(s) move from one policy to another of the same role")
        .results("No existing permission is taken away.");
    assert_unlocked(&world);
    assert_reached(&world, "after the move");
    let reached = world
        .sandbox
        .state(|state| reach(state, "sales-one-more-sql"));
    assert_eq!(reached, [false, true, true]);
    assert_eq!(world.saved()["policy_home"], "managed");
    // Of the inline policies only the site's own ARNs are gone.
    for (index, (role, name)) in ROLES.into_iter().enumerate().skip(1) {
        let text = crate::grow_buckets::policy(&world, (role, name));
        let mut expected: Value = serde_json::from_str(&before[index]).expect("JSON");
        for statement in expected["Statement"].as_array_mut().expect("statements") {
            let resources = statement["Resource"].as_array_mut().expect("resources");
            resources.retain(|arn| !arn.as_str().expect("an ARN").contains(":sales-jmc-"));
        }
        assert_eq!(text, expected.to_string());
    }
    // The role of our own making had nothing else in its inline policy, which is gone.
    world.sandbox.state(|state| {
        assert!(state.role(ROLES[0].0).expect("the role").inline.is_empty());
        let ours = |policy: &&ManagedPolicy| MANAGED.contains(&policy.name.as_str());
        for policy in state.policies.iter().filter(ours) {
            assert_eq!(policy.tags["jmc-site"], "sales", "{}", policy.name);
        }
    });
    for (index, name) in MANAGED.into_iter().enumerate() {
        let text = managed(&world, name).expect("the policy");
        assert_eq!(text.contains("s3:DeleteObject"), index > 0, "{text}");
        assert!(!text.contains("acme-"), "{text}");
    }

    world.sandbox.clear_journal();
    world
        .program(["plan"])
        .end()
        .exits(0)
        .results("Nothing to change");
    world
        .program(["apply", "--yes"])
        .end()
        .exits(0)
        .results("Nothing to change");
    world.assert_untouched();
    confirm(&world);
    let ended = run(&world, &[]);
    assert_eq!(bad(&found(&ended)), [""; 0]);
    let policies = found(&ended)
        .keys()
        .filter(|(code, _)| code == "JMC-CHECK-POLICY")
        .count();
    assert_eq!(policies, 3);
}

#[test]
fn there_and_back_is_the_same_as_before() {
    let world = sales();
    let (before, file) = (world.sandbox.snapshot(), world.saved());
    world.program(MOVE).end().exits(0);
    assert_reached(&world, "in managed policies");
    assert_ne!(world.sandbox.snapshot(), before);
    let back = world.program(BACK).end();
    back.exits(0)
        .results("  - delete managed policy")
        .results("1 to create, 2 to change, 3 to delete")
        .results("+ create inline policy");
    assert_reached(&world, "back in inline policies");
    assert_unlocked(&world);
    assert_eq!(world.saved(), file);
    assert_eq!(world.sandbox.snapshot(), before);
}

#[test]
fn buckets_come_and_go_in_the_managed_policies_alone() {
    let world = sales();
    world.program(MOVE).end().exits(0);
    let inline = world
        .sandbox
        .state(|state| ROLES.map(|(role, _)| state.role(role).expect("the role").inline.clone()));
    for number in 1..=6 {
        let bucket = format!("--bucket=data=sales-more-{number}");
        let add = ["add-bucket", "--data-folder=in", "--yes", &bucket];
        let ended = world.program(add).end();
        ended.exits(0);
        let told = ended.err.matches("Deleted the oldest version (v").count();
        assert_eq!(told, if number < 5 { 0 } else { 3 }, "{}", ended.err);
    }
    let reached = world.sandbox.state(|state| reach(state, "sales-more-6"));
    assert_eq!(reached, [true; 3]);
    world.sandbox.clear_journal();
    let remove = [
        "remove-bucket",
        "--bucket=sales-more-1",
        "--bucket=sales-more-2",
        "--yes",
    ];
    world
        .program(remove)
        .end()
        .exits(0)
        .results("12 resource ARN(s) are taken out of policies");
    for bucket in ["sales-more-1", "sales-more-2"] {
        let reached = world.sandbox.state(|state| reach(state, bucket));
        assert_eq!(reached, [false; 3]);
    }
    assert_reached(&world, "when others have gone");
    let after = world
        .sandbox
        .state(|state| ROLES.map(|(role, _)| state.role(role).expect("the role").inline.clone()));
    assert_eq!(after, inline);
    assert_unlocked(&world);
}

#[test]
fn a_new_site_can_begin_with_managed_policies() {
    let world = World::jmc();
    world
        .init(&["--yes", "--policy-home", "managed"])
        .end()
        .exits(0);
    assert_reached(&world, "after init");
    world.sandbox.state(|state| {
        assert!(state.role(ROLES[0].0).expect("the role").inline.is_empty());
    });
    world.sandbox.clear_journal();
    world
        .init(&["--yes"])
        .end()
        .exits(0)
        .results("Nothing to change");
    world.assert_untouched();
    let wrong = world.init(&["--yes", "--policy-home", "elsewhere"]).end();
    wrong.exits(2).says("--policy-home").says("inline, managed");
}

/// A managed policy with our tags, or anybody's.
fn put_managed(state: &mut State, name: &str, document: &str, site: Option<&str>) {
    let created = time::OffsetDateTime::UNIX_EPOCH;
    let tags = site.map(|site| ("jmc-site".to_owned(), site.to_owned()));
    state.policies.push(ManagedPolicy {
        name: name.to_owned(),
        path: "/".to_owned(),
        arn: arn(name),
        id: format!("ANPA{name}"),
        created,
        description: None,
        tags: Tags::from_iter(tags),
        versions: vec![PolicyVersion {
            number: 1,
            document: document.to_owned(),
            created,
        }],
        default: 1,
        next: 2,
    });
}

#[test]
fn the_limits_of_managed_policies_are_checked_before_anything_is_written() {
    let world = sales();
    world.sandbox.clear_journal();
    let long = |number: usize| format!("--bucket=sql=sales-{number:02}-{}", "x".repeat(50));
    let many: Vec<String> = (0..50).map(long).collect();
    let all = ["add-bucket", "--yes", "--policy-home=managed"];
    let all = all.into_iter().chain(many.iter().map(String::as_str));
    world
        .program(all)
        .end()
        .exits(1)
        .says("error JMC-IAM-MANAGED-FULL: ")
        .says("IAM allows 6144");
    world.assert_untouched();

    let foreign = app_policy(&["guard"]).to_string();
    world.sandbox.state(|state| {
        for number in 0..10 {
            put_managed(state, &format!("guard-{number}"), &foreign, None);
            let role = state.role("acme-jmc-app-role").expect("the role");
            role.attached.push(arn(&format!("guard-{number}")));
        }
    });
    world
        .program(MOVE)
        .end()
        .exits(1)
        .says("error JMC-IAM-ATTACHED-FULL: The role `acme-jmc-app-role` already has 10 managed")
        .says("iam:GetAccountSummary");
    world.assert_untouched();
    // AWS raises this one, and tells so where it may be asked.
    world.sandbox.state(|state| state.attached_quota = Some(20));
    let plan = ["plan", "--policy-home=managed"];
    let shown = "10 -> 11 managed policies (at most 20)";
    world.program(plan).end().exits(3).results(shown);
    let denied = Rule::on(Service::Iam, "GetAccountSummary", Fault::AccessDenied);
    world.sandbox.fault(denied.always());
    world
        .program(plan)
        .end()
        .exits(1)
        .says("JMC-IAM-ATTACHED-FULL");
    world.heal();

    world
        .sandbox
        .state(|state| put_managed(state, MANAGED[1], &foreign, None));
    world
        .program(MOVE)
        .end()
        .exits(1)
        .says("error JMC-IAM-MANAGED-TAKEN: The managed policy `arn:aws:iam::123456789012:policy/jmc-sales-ecs-task-s3-policy`")
        .says("jmc-site = sales");
    world.assert_untouched();
}

#[test]
fn what_others_do_with_the_managed_policy_is_respected() {
    let world = sales();
    world.program(MOVE).end().exits(0);
    // Somebody has given it to a role of theirs.
    world.sandbox.state(|state| {
        seed::add_role(state, "report-role", &["lambda.amazonaws.com"]);
        let role = state.role("report-role").expect("the role");
        role.attached.push(arn(MANAGED[1]));
    });
    world.sandbox.clear_journal();
    world
        .program(BACK)
        .end()
        .exits(1)
        .says("error JMC-IAM-MANAGED-SHARED: ")
        .says("1 other user(s), group(s) or role(s)");
    world.assert_untouched();
    // And a statement of theirs into another.
    world.sandbox.state(|state| {
        state.role("report-role").expect("the role").attached.clear();
        let policy = state.policies.iter_mut().find(|policy| policy.name == MANAGED[2]);
        let version = &mut policy.expect("the policy").versions[0];
        let statement = "\"Statement\": [\n        {\"Sid\": \"Theirs\", \"Effect\": \"Allow\", \"Action\": \"sqs:*\", \"Resource\": \"*\"},";
        assert!(version.document.contains("\"Statement\": ["), "{}", version.document);
        version.document = version.document.replacen("\"Statement\": [", statement, 1);
    });
    world.program(BACK).end().exits(0);
    assert_reached(&world, "back in inline policies");
    assert_eq!(managed(&world, MANAGED[1]), None);
    let left = managed(&world, MANAGED[2]).expect("theirs");
    assert!(left.contains("Theirs") && !left.contains("s3:"), "{left}");
    world.sandbox.state(|state| {
        let role = state.role("acme-jmc-api-role").expect("the role");
        assert!(role.attached.contains(&arn(MANAGED[2])));
    });
    world.program(["plan"]).end().exits(0);
}

#[test]
fn undo_takes_the_move_back_without_a_gap() {
    let world = sales();
    let before = world.sandbox.snapshot();
    world.program(MOVE).end().exits(0);
    world.sandbox.clear_journal();
    world
        .program(["undo", "--yes"])
        .end()
        .exits(0)
        .results("was new, will be deleted")
        .results("was deleted, will be made again");
    assert_eq!(world.sandbox.snapshot(), before);
    assert_unlocked(&world);
    // What had left the inline policy is back there before its other home goes.
    for ((role, name), managed) in ROLES.into_iter().zip(MANAGED) {
        let changes = world.changes();
        let at = |change: String| {
            let found = changes.iter().position(|known| *known == change);
            found.unwrap_or_else(|| panic!("{change} is not in {changes:?}"))
        };
        let back = at(format!("iam:PutRolePolicy {role}/{name}"));
        let gone = at(format!("iam:DeletePolicy {}", arn(managed)));
        assert!(back < gone, "{changes:?}");
    }
    // And undoing the way back makes the managed ones again.
    world.program(MOVE).end().exits(0);
    let moved = world.sandbox.snapshot();
    world.program(BACK).end().exits(0);
    world.program(["undo", "--yes"]).end().exits(0);
    assert_eq!(world.sandbox.snapshot(), moved);
}

#[test]
fn a_move_that_fails_anywhere_leaves_every_bucket_reached_and_is_finished_by_apply() {
    for (direction, resume) in [(MOVE, "managed"), (BACK, "inline")] {
        let world = sales();
        if direction == BACK {
            world.program(MOVE).end().exits(0);
        }
        let state = world.sandbox.state(|state| state.clone());
        let file = std::fs::read(world.site_file()).expect("the file");
        world.sandbox.clear_journal();
        world.program(direction).end().exits(0);
        let (whole, saved) = (world.sandbox.snapshot(), world.saved());
        let mut writes: Vec<_> = world
            .sandbox
            .writes()
            .into_iter()
            .filter(|entry| entry.service == "iam")
            .map(|entry| (entry.operation, entry.resource))
            .collect();
        writes.sort();
        writes.dedup();
        assert!(writes.len() >= 9, "{writes:?}");
        for (operation, resource) in writes {
            world.sandbox.state(|now| now.clone_from(&state));
            std::fs::write(world.site_file(), &file).expect("the file");
            let rule = Rule::on(Service::Iam, &operation, Fault::AccessDenied).resource(&resource);
            world.sandbox.fault(rule.always());
            let ended = world.program(direction).end();
            ended
                .exits(1)
                .says("error JMC-AWS-DENIED")
                .says("continue with: jmc-site apply --site jmc-site.json --yes");
            assert_reached(&world, &format!("after {operation} {resource} was refused"));
            assert_unlocked(&world);
            assert_eq!(world.saved()["policy_home"], resume);
            world.heal();
            world.program(["apply", "--yes"]).end().exits(0);
            assert_eq!(world.sandbox.snapshot(), whole, "{operation} {resource}");
            assert_eq!(world.saved(), saved);
        }
    }
}

#[test]
fn an_answer_that_gets_lost_is_no_failure() {
    for (operation, resource) in [
        ("CreatePolicy", MANAGED[1].to_owned()),
        ("AttachRolePolicy", "acme-jmc-app-role".to_owned()),
        (
            "PutRolePolicy",
            format!("acme-jmc-app-role/{}", seed::POLICY),
        ),
        ("DeleteRolePolicy", format!("{}/{}", ROLES[0].0, ROLES[0].1)),
    ] {
        let world = sales();
        let lost = Rule::on(Service::Iam, operation, Fault::DropAfter).resource(&resource);
        world.sandbox.fault(lost);
        world.program(MOVE).end().exits(0);
        assert_reached(&world, operation);
        let struck = world.sandbox.journal().into_iter().any(|entry| {
            entry.operation == operation && entry.resource == resource && entry.status.is_none()
        });
        assert!(struck, "{operation} {resource} was not lost");
    }
}

#[test]
fn check_finds_what_is_wrong_with_the_policies_and_apply_mends_it() {
    let world = sales();
    world.program(MOVE).end().exits(0);
    confirm(&world);
    let good = world.sandbox.state(|state| state.clone());
    type Case = (fn(&mut State), &'static [&'static str]);
    let cases: [Case; 4] = [
        (
            |state| {
                state
                    .role("acme-jmc-app-role")
                    .expect("it")
                    .attached
                    .clear();
            },
            &[
                "GRANT acme-jmc-app-role -> sales-jmc-data: missing",
                "GRANT acme-jmc-app-role -> sales-jmc-program: missing",
                "GRANT acme-jmc-app-role -> sales-jmc-sql: missing",
                "POLICY acme-jmc-app-role: jmc-sales-ecs-task-s3-policy: wrong",
            ],
        ),
        (
            |state| {
                state
                    .role("jmc-sales-redshift-role")
                    .expect("it")
                    .attached
                    .clear();
                state.policies.retain(|policy| policy.name != MANAGED[0]);
            },
            &[
                "GRANT jmc-sales-redshift-role -> sales-jmc-data: missing",
                "POLICY jmc-sales-redshift-role: jmc-sales-redshift-s3-policy: missing",
            ],
        ),
        (
            |state| {
                let policy = state.policies.iter_mut().find(|one| one.name == MANAGED[1]);
                let version = &mut policy.expect("it").versions[0];
                version.document = version.document.replace("sales-jmc-sql", "sales-jmc-qls");
            },
            &[
                "GRANT acme-jmc-app-role -> sales-jmc-sql: missing",
                "POLICY acme-jmc-app-role: jmc-sales-ecs-task-s3-policy: wrong",
            ],
        ),
        (
            |state| {
                let text = app_policy(&["acme-csa-data-bucket", SYSTEM, "sales-jmc-sql"]);
                let role = state.role("acme-jmc-api-role").expect("it");
                role.set_policy(seed::POLICY, &text.to_string());
            },
            &["POLICY acme-jmc-api-role: acme-app-s3-policy: wrong"],
        ),
    ];
    for (breaks, expected) in cases {
        world.sandbox.state(breaks);
        let ended = run(&world, &[]);
        ended.exits(3);
        let all = found(&ended);
        assert_eq!(bad(&all), expected);
        for finding in all.values().filter(|one| one["state"] != "ok") {
            assert_eq!(finding["fix"], APPLY);
        }
        world.program(["apply", "--yes"]).end().exits(0);
        let ended = run(&world, &[]);
        assert_eq!(bad(&found(&ended)), [""; 0]);
        world.sandbox.state(|state| state.clone_from(&good));
    }
    // What may not be read is unknown, with the reason.
    let rule = Rule::on(
        Service::Iam,
        "ListAttachedRolePolicies",
        Fault::AccessDenied,
    );
    world.sandbox.fault(rule.always());
    let ended = run(&world, &["--only=JMC-CHECK-POLICY"]);
    ended.exits(3);
    let all = found(&ended);
    assert_eq!(all.len(), 3);
    for finding in all.values() {
        assert_eq!(finding["state"], "unknown", "{finding}");
        assert!(
            finding["evidence"]
                .as_str()
                .expect("it")
                .contains("JMC-AWS-DENIED")
        );
    }
}

#[test]
fn who_can_be_asked_is_offered_the_other_home() {
    for (answer, exit) in [(true, 0), (false, 1)] {
        let world = sales();
        fill(&world);
        world.sandbox.clear_journal();
        let mut add = world
            .asks("add-bucket")
            .arguments(["--bucket=sql=sales-one-more-sql"])
            .reply(Q::PolicyHome, Reply::Say(answer));
        if answer {
            add = add.reply(Q::Apply, Reply::Say(true));
        }
        let ended = add.end();
        ended.exits(exit);
        if answer {
            ended.results("create managed policy");
            assert_reached(&world, "after the move");
        } else {
            world.assert_untouched();
        }
    }
}
