//! `plan` and `apply`: what would change, and exactly that and nothing else.

use crate::grow_buckets::{assert_unlocked, policies, reach, sales};
use crate::grow_lock::{hold, key_of, release, until, waits_for};
use crate::sandbox::seed;
use crate::support::{Ended, World};
use jmc_site::prompt::QuestionId as Q;
use jmc_site::prompt::scripted::Reply;
use serde_json::{Value, json};

/// Adds a bucket to the site file by hand, as whoever keeps it in version control does.
fn want(world: &World, name: &str) {
    let mut site = world.saved();
    let buckets = site["buckets"].as_array_mut().expect("buckets");
    buckets.push(json!({ "name": name, "kinds": ["sql"] }));
    std::fs::write(world.site_file(), site.to_string()).expect("the site file");
}

/// A world whose site file wants one bucket more than there is.
#[track_caller]
fn wanting() -> World {
    let world = sales();
    want(&world, "sales-more-sql");
    world
}

/// Runs a command that must leave AWS and the site file alone.
#[track_caller]
fn looks(world: &World, arguments: &[&str], exit: i32) -> Ended {
    let read = || std::fs::read(world.site_file()).expect("the site file");
    let before = (read(), world.sandbox.snapshot());
    let ended = world.program(arguments).end();
    ended.exits(exit);
    world.assert_untouched();
    assert_eq!((read(), world.sandbox.snapshot()), before);
    ended
}

#[test]
fn the_exit_code_tells_whether_there_is_something_to_do() {
    let world = sales();
    looks(&world, &["plan"], 0).results("Nothing to change");
    looks(&world, &["plan", "--lang=ja"], 0).results("変更はありません");
    let value = looks(&world, &["plan", "--output=json", "--lang=ja"], 0).json();
    assert_eq!(
        (&value["command"], &value["status"]),
        (&json!("plan"), &json!("unchanged"))
    );
    assert_eq!(value["plan"]["steps"], json!([]));

    want(&world, "sales-more-sql");
    looks(&world, &["plan"], 3)
        .results("+ create bucket")
        .results("arn:aws:s3:::sales-more-sql/*");
    looks(&world, &["plan", "--lang=ja"], 3).results("+ バケットを作成");
    let ended = looks(&world, &["plan", "--output=json", "--lang=ja"], 3);
    assert!(ended.out.is_ascii(), "JSON is English: {}", ended.out);
    let value = ended.json();
    assert_eq!(value["status"], "changes");
    let steps = value["plan"]["steps"].as_array().expect("steps").clone();
    let actions: Vec<&Value> = steps.iter().map(|step| &step["action"]).collect();
    assert_eq!(actions, ["create-bucket", "edit-policy", "edit-policy"]);
    let used = |step: &Value| step["budget"]["used_after"].as_u64().expect("characters");
    assert!(used(&steps[1]) > 0, "{}", steps[1]);

    want(&world, "sales-elsewhere");
    looks(&world, &["plan"], 1).says("error JMC-S3-REGION: ");
    looks(&world, &["plan", "--lang=ja"], 1).says("実行できない項目が 1 件あります");
    let value = looks(&world, &["plan", "--output=json"], 1).json();
    assert_eq!(value["error"]["code"], "JMC-PLAN-BLOCKED");
    assert_eq!(value["plan"]["blockers"].as_array().map(Vec::len), Some(1));
    looks(&world, &["apply", "--yes"], 1).says("error JMC-S3-REGION: ");
}

#[test]
fn apply_does_what_the_plan_said_and_then_nothing() {
    let world = wanting();
    looks(&world, &["apply", "--dry-run", "--yes"], 0).results("Dry run: nothing was changed");
    looks(&world, &["apply"], 2).says("error JMC-USAGE-YES: ");
    let planned = looks(&world, &["plan", "--output=json"], 3).json();
    let ended = world.program(["apply", "--yes", "--output=json"]).end();
    let value = ended.exits(0).json();
    assert_eq!(
        (&value["command"], &value["status"]),
        (&json!("apply"), &json!("done"))
    );
    assert_eq!(value["plan"], planned["plan"]);
    assert_eq!(reach(&world, "sales-more-sql"), [false, true, true]);
    assert_eq!(world.saved()["buckets"][3]["origin"], "created");
    assert_unlocked(&world);
    world.sandbox.clear_journal();
    looks(&world, &["apply"], 0).results("Nothing to change");
    looks(&world, &["apply", "--yes"], 0);
    let value = looks(&world, &["apply", "--yes", "--output=json"], 0).json();
    assert_eq!(value["status"], "unchanged");
}

#[test]
fn a_person_is_asked_before_anything_is_applied() {
    let world = wanting();
    let before = world.sandbox.snapshot();
    let declined = world.asks("apply").reply(Q::Apply, Reply::Say(false)).end();
    declined.exits(1).says("error JMC-DECLINED: ");
    world.assert_untouched();
    assert_eq!(world.sandbox.snapshot(), before);
    let applied = world.asks("apply").reply(Q::Apply, Reply::Say(true)).end();
    applied.exits(0).results("Done.");
    assert_eq!(reach(&world, "sales-more-sql"), [false, true, true]);
}

#[test]
fn a_saved_plan_is_carried_out_exactly() {
    let world = wanting();
    let ended = looks(&world, &["plan", "--out=the.plan"], 3);
    ended
        .results("Plan saved: the.plan")
        .results("Carry exactly this out: jmc-site apply the.plan");
    let first = std::fs::read(world.path("the.plan")).expect("the plan");
    looks(&world, &["plan", "--out=the.plan", "--output=json"], 3).json();
    assert_eq!(
        std::fs::read(world.path("the.plan")).expect("the plan"),
        first
    );
    #[cfg(unix)]
    assert_eq!(crate::grow_undo::mode(&world.path("the.plan")), 0o600);
    let plan: Value = serde_json::from_slice(&first).expect("JSON");
    let after: Vec<String> = plan["steps"].as_array().expect("steps")[1..]
        .iter()
        .map(|step| step["after"].as_str().expect("a document").to_owned())
        .collect();

    looks(&world, &["apply", "the.plan", "--dry-run"], 0);
    world.program(["apply", "the.plan", "--yes"]).end().exits(0);
    let [_, ecs, lambda] = policies(&world);
    assert_eq!([ecs, lambda].as_slice(), after);
    // It is done: once more is not what was planned.
    world.sandbox.clear_journal();
    looks(&world, &["apply", "the.plan", "--yes"], 1).says("error JMC-PLAN-STALE: ");
}

#[test]
fn a_saved_plan_is_refused_when_anything_has_changed_since() {
    let changes: [fn(&World); 6] = [
        // Another operator adds a bucket of another site.
        |world| {
            world.sandbox.state(|state| {
                let role = state.role("acme-jmc-app-role").expect("the role");
                let text = role.policy(seed::POLICY).expect("the policy");
                let text = text.replace("sales-jmc-data", "sales-jmc-data\",\"arn:aws:s3:::new");
                role.set_policy(seed::POLICY, &text);
            });
        },
        // Somebody saves the same policy in the console, which indents it anew.
        |world| {
            world.sandbox.state(|state| {
                let role = state.role("acme-jmc-api-role").expect("the role");
                let text = role.policy(seed::POLICY).expect("the policy").to_owned();
                role.set_policy(seed::POLICY, &format!("{text}\n"));
            });
        },
        |world| {
            world.sandbox.state(|state| {
                seed::add_bucket(
                    state,
                    "sales-more-sql",
                    crate::sandbox::ACCOUNT,
                    crate::sandbox::REGION,
                );
            });
        },
        |world| {
            world
                .sandbox
                .state(|state| state.bucket("sales-jmc-sql").expect("it").objects.clear());
        },
        |world| want(world, "sales-most-sql"),
        |world| {
            let mut site = world.saved();
            site["tags"] = json!({ "team": "sales" });
            std::fs::write(world.site_file(), site.to_string()).expect("the site file");
        },
    ];
    for (n, change) in changes.into_iter().enumerate() {
        let world = wanting();
        looks(&world, &["plan", "--out=the.plan"], 3);
        change(&world);
        let ended = looks(&world, &["apply", "the.plan", "--yes"], 1);
        ended.says(
            "error JMC-PLAN-STALE: AWS or the site file has changed since the plan was saved.",
        );
        if n == 0 {
            looks(&world, &["apply", "the.plan", "--yes", "--lang=ja"], 1).says("計画の保存後に");
            let value = looks(&world, &["apply", "the.plan", "--yes", "--output=json"], 1).json();
            assert_eq!(value["error"]["code"], "JMC-PLAN-STALE");
        }
        looks(&world, &["plan", "--out=the.plan"], 3);
        world.program(["apply", "the.plan", "--yes"]).end().exits(0);
    }
}

#[test]
fn a_policy_that_changes_under_a_saved_plan_is_left() {
    let world = wanting();
    looks(&world, &["plan", "--out=the.plan"], 3);
    // Somebody holds the lock of one role, and writes under it when the plan was compared already.
    let key = key_of("acme-jmc-app-role");
    hold(&world, &key, "abc", 60);
    let running = world.program(["apply", "the.plan", "--yes"]).start();
    until("the lock is waited for", || waits_for(&world, &key));
    let foreign = format!("{}\n", policies(&world)[1]);
    world.sandbox.state(|state| {
        let role = state.role("acme-jmc-app-role").expect("the role");
        role.set_policy(seed::POLICY, &foreign);
    });
    release(&world, &key);
    running
        .end()
        .exits(1)
        .says("error JMC-PLAN-STALE-POLICY: The inline policy `acme-app-s3-policy` of `acme-jmc-app-role`");
    assert_eq!(policies(&world)[1], foreign);
    assert_unlocked(&world);
    // Without a saved plan the site's buckets are added to whatever is there.
    world.program(["apply", "--yes"]).end().exits(0);
    assert!(policies(&world)[1].ends_with("}\n"));
    assert_eq!(reach(&world, "sales-more-sql"), [false, true, true]);
}

#[test]
fn a_plan_is_carried_out_with_the_lock_that_it_was_made_for() {
    let world = wanting();
    world.sandbox.state(|state| {
        seed::add_bucket(
            state,
            "ops-locks",
            crate::sandbox::ACCOUNT,
            crate::sandbox::REGION,
        );
    });
    looks(
        &world,
        &["plan", "--out=the.plan", "--lock-bucket=ops-locks"],
        3,
    );
    world.program(["apply", "the.plan", "--yes"]).end().exits(0);
    let locks: Vec<String> = world
        .sandbox
        .writes()
        .into_iter()
        .map(|entry| entry.resource)
        .filter(|resource| resource.contains("jmc-site-locks"))
        .collect();
    assert_eq!(locks.len(), 4, "{locks:?}");
    assert!(
        locks.iter().all(|lock| lock.starts_with("ops-locks/")),
        "{locks:?}"
    );
    assert_eq!(world.saved()["lock_bucket"], "ops-locks");
}

#[test]
fn what_is_no_plan_is_refused_before_any_call() {
    let world = wanting();
    std::fs::write(world.path("text"), "yes").expect("a file");
    let mut future: Value = json!({ "version": 99, "steps": [] });
    std::fs::write(world.path("future"), future.to_string()).expect("a file");
    future["version"] = 1.into();
    std::fs::write(world.path("part"), future.to_string()).expect("a file");
    for (file, exit, code) in [
        ("nowhere", 2, "JMC-FILE-MISSING"),
        ("text", 1, "JMC-FILE-JSON"),
        ("future", 1, "JMC-FILE-VERSION"),
        ("part", 1, "JMC-FILE-FIELD"),
        ("jmc-site.json", 1, "JMC-FILE-FIELD"),
    ] {
        looks(&world, &["apply", file, "--yes"], exit).says(&format!("error {code}: "));
    }
    assert_eq!(world.sandbox.journal(), []);
}
