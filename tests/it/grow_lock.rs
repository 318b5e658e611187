//! Locks of roles: taken, waited for, taken over, shown, released, and never left behind.

use crate::grow_buckets::{SYSTEM, assert_unlocked, reach, sales};
use crate::sandbox::seed::{add_bucket, app_policy};
use crate::sandbox::state::Object;
use crate::sandbox::{ACCOUNT, Fault, Rule, Sandbox, Service, seed};
use crate::support::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub const ADD: [&str; 3] = ["add-bucket", "--bucket=sql=sales-more-sql", "--yes"];

/// Returns the key of a role's lock.
pub fn key_of(role: &str) -> String {
    format!("jmc-site-locks/{ACCOUNT}/{role}.json")
}

/// Lets somebody else hold a lock that ends in so many seconds, or has ended so long ago.
pub fn hold(world: &World, key: &str, id: &str, seconds: i64) {
    hold_in(&world.sandbox, key, id, seconds);
}

/// Does the same in a sandbox without a world.
pub fn hold_in(sandbox: &Sandbox, key: &str, id: &str, seconds: i64) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("now");
    let now = i64::try_from(now.as_secs()).expect("seconds");
    let body = json!({
        "id": id,
        "holder": "arn:aws:iam::123456789012:user/else",
        "host": "elsewhere",
        "command": "init",
        "time": now + seconds - 120,
        "expires": now + seconds,
    });
    put(sandbox, key, &body.to_string());
}

/// Puts an object into the system bucket behind AWS's back.
fn put(sandbox: &Sandbox, key: &str, body: &str) {
    let object = Object {
        body: body.as_bytes().to_vec(),
        etag: format!("\"{:032x}\"", body.len()),
        content_type: "application/json".to_owned(),
        modified: time::OffsetDateTime::now_utc(),
        metadata: BTreeMap::new(),
        checksum: None,
    };
    sandbox.state(|state| {
        let bucket = state.bucket(SYSTEM).expect("the bucket");
        bucket.objects.insert(key.to_owned(), object);
    });
}

/// Takes a lock away behind AWS's back, as its holder does.
pub fn release(world: &World, key: &str) {
    world.sandbox.state(|state| {
        let bucket = state.bucket(SYSTEM).expect("the bucket");
        bucket.objects.remove(key).expect("the lock");
    });
}

/// Says whether somebody has read a lock.
pub fn waits_for(world: &World, key: &str) -> bool {
    let read = |entry: &crate::sandbox::Entry| {
        entry.operation == "GetObject" && entry.resource.ends_with(key) && entry.status.is_some()
    };
    world.sandbox.journal().iter().any(read)
}

/// Waits until something is so.
#[track_caller]
pub fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Returns what was done with locks, in order.
fn lock_calls(world: &World) -> Vec<String> {
    let all = world.sandbox.journal().into_iter();
    all.filter(|entry| entry.resource.contains("jmc-site-locks/"))
        .map(|entry| entry.operation)
        .collect()
}

#[test]
fn a_lock_is_held_from_the_last_read_to_the_read_back() {
    let world = sales();
    world.program(ADD).end().exits(0);
    for role in ["acme-jmc-app-role", "acme-jmc-api-role"] {
        let mut of_role: Vec<String> = world
            .sandbox
            .journal()
            .into_iter()
            .filter(|entry| {
                entry.resource.ends_with(&key_of(role))
                    || entry.resource == format!("{role}/{}", seed::POLICY)
            })
            .map(|entry| entry.operation)
            .collect();
        // The first and the last read are the plan's and the verification's, which does not wait for
        // the lock to be given back.
        of_role[5..].sort();
        let wanted = [
            "GetRolePolicy",
            "PutObject",
            "GetRolePolicy",
            "PutRolePolicy",
            "GetRolePolicy",
            "DeleteObject",
            "GetRolePolicy",
        ];
        assert_eq!(of_role, wanted, "{role}");
    }
    assert_unlocked(&world);
}

#[test]
fn a_lock_is_taken_while_the_bucket_is_made_and_given_back_where_that_fails() {
    let world = sales();
    world.sandbox.clear_journal();
    let denied = Rule::on(Service::S3, "CreateBucket", Fault::AccessDenied);
    world.sandbox.fault(denied.always());
    let ended = world.program(ADD).end();
    ended.exits(1).says("error JMC-AWS-DENIED");
    assert_eq!(
        lock_calls(&world),
        ["PutObject", "PutObject", "DeleteObject", "DeleteObject"]
    );
    let journal = world.sandbox.journal();
    assert!(
        journal
            .iter()
            .all(|entry| entry.operation != "PutRolePolicy")
    );
    assert_unlocked(&world);
    world.heal();
    world.program(["apply", "--yes"]).end().exits(0);
    assert_eq!(reach(&world, "sales-more-sql"), [false, true, true]);
}

#[test]
fn a_run_that_has_failed_waits_for_nobody_elses_lock() {
    let world = sales();
    let key = key_of("acme-jmc-app-role");
    hold(&world, &key, "abc", 110);
    let denied = Rule::on(Service::S3, "CreateBucket", Fault::AccessDenied);
    world.sandbox.fault(denied.always());
    let began = Instant::now();
    let ended = world.program(ADD).end();
    ended.exits(1).says("error JMC-AWS-DENIED");
    assert!(began.elapsed() < Duration::from_secs(60), "it has waited");
    let left = world.sandbox.state(|state| {
        let bucket = state.bucket(SYSTEM).expect("the bucket");
        let keys = bucket.objects.keys().cloned();
        keys.filter(|key| key.starts_with("jmc-site-locks/"))
            .collect::<Vec<_>>()
    });
    assert_eq!(left, [key], "only the lock of somebody else is there");
}

#[test]
fn a_second_edit_of_a_role_waits_until_the_lock_of_the_first_is_given_back() {
    let world = sales();
    world.sandbox.clear_journal();
    // For as long as that takes, the lock of the first would pass for the second's own.
    world
        .sandbox
        .latency(Service::S3, Duration::from_millis(300));
    world
        .program(["apply", "--policy-home=managed", "--yes"])
        .end()
        .exits(0);
    for (role, _) in crate::grow_buckets::ROLES {
        let mut journal = world.sandbox.journal();
        journal.retain(|entry| entry.write && entry.resource.ends_with(&key_of(role)));
        let calls: Vec<(&str, Option<u16>)> = journal
            .iter()
            .map(|entry| (entry.operation.as_str(), entry.status))
            .collect();
        let one = [("PutObject", Some(200)), ("DeleteObject", Some(204))];
        assert_eq!(calls, [one, one].concat(), "{role}");
    }
    assert_unlocked(&world);
}

#[test]
fn a_role_that_is_both_of_the_installations_is_locked_for_one_edit_at_a_time() {
    let world = World::jmc();
    let both = ["--ecs-task-role", "--lambda-role"].map(|flag| format!("{flag}=acme-jmc-app-role"));
    let arguments = ["--yes", &both[0], &both[1]];
    world
        .sandbox
        .latency(Service::S3, Duration::from_millis(200));
    world.init(&arguments).end().exits(0);
    let mut journal = world.sandbox.journal();
    let key = key_of("acme-jmc-app-role");
    journal.retain(|entry| entry.write && entry.resource.ends_with(&key));
    let calls: Vec<&str> = journal
        .iter()
        .map(|entry| entry.operation.as_str())
        .collect();
    assert_eq!(
        calls,
        ["PutObject", "DeleteObject", "PutObject", "DeleteObject"]
    );
    assert_unlocked(&world);
}

#[test]
fn a_lock_that_can_not_be_given_back_is_told_beside_what_is_done() {
    let world = sales();
    let denied = Rule::on(Service::S3, "DeleteObject", Fault::AccessDenied);
    world.sandbox.fault(denied.always());
    let ended = world
        .program(ADD.into_iter().chain(["--output=json"]))
        .end();
    ended.exits(1);
    let value = ended.json();
    assert_eq!(value["error"]["code"], "JMC-AWS-DENIED");
    let report = value["report"].as_array().expect("a report");
    assert!(
        report.iter().all(|step| step["outcome"] == "done"),
        "{value:#}"
    );
    let told = value["unreleased"].as_array().expect("what is left");
    assert_eq!(told.len(), 2, "{value:#}");
    assert!(
        told.iter().all(|error| error["code"] == "JMC-AWS-DENIED"),
        "{value:#}"
    );
}

#[test]
fn a_lease_is_judged_by_the_clock_of_aws_and_not_by_this_machines() {
    let world = sales();
    // By this machine's clock the lease ended nine minutes ago.
    world
        .sandbox
        .state(|state| state.clock_ahead = -time::Duration::minutes(10));
    let key = key_of("acme-jmc-app-role");
    hold(&world, &key, "abc", 60 - 600);
    let running = world.program(ADD).start();
    until("the run waits", || waits_for(&world, &key));
    std::thread::sleep(Duration::from_secs(1));
    assert!(
        !reach(&world, "sales-more-sql")[1],
        "the lock was taken over"
    );
    let shown = world.program(["lock", "show"]).end();
    shown
        .exits(0)
        .results("held by arn:aws:iam::123456789012:user/else")
        .results("expires in ");
    release(&world, &key);
    running.end().exits(0);
    assert_eq!(reach(&world, "sales-more-sql"), [false, true, true]);

    // Of an hour ago by this machine's clock: it would hold for nobody else.
    world
        .sandbox
        .state(|state| state.clock_ahead = time::Duration::hours(1));
    let stalls = Rule::on(Service::Iam, "PutRolePolicy", Fault::Stall);
    world.sandbox.fault(stalls.always());
    let add = ["add-bucket", "--bucket=sql=sales-yet-more-sql", "--yes"];
    let mut running = world.program(add).start();
    let body = || {
        world.sandbox.state(|state| {
            let bucket = state.bucket(SYSTEM).expect("the bucket");
            let object = bucket.objects.get(&key)?;
            serde_json::from_slice::<Value>(&object.body).ok()
        })
    };
    until("the lock is taken", || body().is_some());
    let held = body().expect("the lock");
    running.child.kill().expect("an end");
    drop(running.end());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("now");
    let left = held["expires"].as_u64().expect("seconds") - now.as_secs();
    assert!((3600 + 60..3600 + 125).contains(&left), "{left} s");
}

#[test]
fn a_live_lock_is_waited_for() {
    let world = sales();
    let key = key_of("acme-jmc-app-role");
    hold(&world, &key, "abc", 60);
    let running = world.program(ADD).start();
    until("the run waits", || waits_for(&world, &key));
    assert!(!reach(&world, "sales-more-sql")[1]);
    // The holder writes, and goes.
    world.sandbox.state(|state| {
        let role = state.role("acme-jmc-app-role").expect("the role");
        let text = role.policy(seed::POLICY).expect("the policy");
        let text = text.replace("sales-jmc-data", "sales-jmc-data\",\"arn:aws:s3:::new");
        role.set_policy(seed::POLICY, &text);
    });
    release(&world, &key);
    running.end().exits(0).says(
        "`acme-jmc-app-role` is being changed by arn:aws:iam::123456789012:user/else on elsewhere. \
         Waiting (its lock ends in ",
    );
    assert_eq!(reach(&world, "sales-more-sql"), [false, true, true]);
    let text = crate::grow_buckets::policy(&world, ("acme-jmc-app-role", seed::POLICY));
    assert!(text.contains("arn:aws:s3:::new"), "{text}");
    assert_unlocked(&world);
}

#[test]
fn a_lock_whose_holder_died_is_taken_over() {
    let world = sales();
    for seconds in [-1, -100_000] {
        for role in ["acme-jmc-app-role", "acme-jmc-api-role"] {
            hold(&world, &key_of(role), "abc", seconds);
        }
        let bucket = format!("--bucket=sql=sales-more{seconds}");
        world
            .program(["add-bucket", &bucket, "--yes"])
            .end()
            .exits(0);
        assert_unlocked(&world);
    }
    // A lease that ends while it is waited for, and not before a busy machine comes to it.
    let key = key_of("acme-jmc-api-role");
    hold(&world, &key, "abc", 6);
    world
        .program(ADD)
        .end()
        .exits(0)
        .says("is being changed by");
    assert_unlocked(&world);
}

#[test]
fn a_lock_that_nobody_gives_back_is_reported() {
    if std::env::var_os("JMC_SITE_TEST_LONG").is_none() {
        return crate::connection::left_out(
            "waiting 150 s for a lock",
            "JMC_SITE_TEST_LONG is not set",
        );
    }
    let world = sales();
    let key = key_of("acme-jmc-app-role");
    hold(&world, &key, "abc", 3600);
    let ended = world.program(ADD).end();
    ended
        .exits(1)
        .says("error JMC-LOCK-HELD: `acme-jmc-app-role` is still locked by")
        .says("on elsewhere (init, lock abc).")
        .says("jmc-site lock release --id abc");
    assert!(!reach(&world, "sales-more-sql")[1]);
}

#[test]
fn what_is_no_lock_of_ours_is_neither_broken_nor_taken() {
    let world = sales();
    let key = key_of("acme-jmc-app-role");
    put(&world.sandbox, &key, "somebody's notes");
    let ended = world.program(ADD).end();
    ended.exits(1).says(&format!(
        "error JMC-LOCK-BROKEN: The lock `{key}` in `{SYSTEM}`"
    ));
    assert!(!reach(&world, "sales-more-sql")[1]);
    world.sandbox.state(|state| {
        let bucket = state.bucket(SYSTEM).expect("the bucket");
        assert_eq!(bucket.objects[&key].body, b"somebody's notes");
        assert_eq!(bucket.objects.len(), 1);
    });
}

#[test]
fn answers_that_get_lost_leave_no_lock() {
    let key = format!("{SYSTEM}/{}", key_of("acme-jmc-app-role"));
    for (operation, fault) in [
        ("PutObject", Fault::DropAfter),
        ("PutObject", Fault::Status503),
        (
            "PutObject",
            Fault::Refused(409, "ConditionalRequestConflict"),
        ),
        ("DeleteObject", Fault::DropAfter),
        ("DeleteObject", Fault::DropBefore),
        (
            "DeleteObject",
            Fault::Refused(409, "ConditionalRequestConflict"),
        ),
    ] {
        let world = sales();
        let rule = Rule::on(Service::S3, operation, fault).resource(&key);
        world.sandbox.fault(rule);
        world.program(ADD).end().exits(0);
        assert_eq!(reach(&world, "sales-more-sql"), [false, true, true]);
        assert_unlocked(&world);
    }
    // A policy that can't be written does not keep its lock either.
    for fault in [Fault::AccessDenied, Fault::Refused(409, "LimitExceeded")] {
        let world = sales();
        world
            .sandbox
            .fault(Rule::on(Service::Iam, "PutRolePolicy", fault).always());
        world.program(ADD).end().exits(1);
        assert_unlocked(&world);
    }
}

#[test]
fn locks_are_shown_and_released_by_their_id() {
    let world = sales();
    world
        .program(["lock", "show"])
        .end()
        .exits(0)
        .results("Nobody holds a lock.");
    let [ecs, lambda] = ["acme-jmc-app-role", "acme-jmc-api-role"].map(key_of);
    hold(&world, &ecs, "abc", 100);
    hold(&world, &lambda, "def", -5);
    let shown = world.program(["lock", "show"]).end();
    shown
        .exits(0)
        .results(&format!("{ecs}  held by arn:aws:iam::123456789012:user/else on elsewhere (init), id abc  expires in "))
        .results("id def  expired");
    let shown = world.program(["lock", "show", "--output=json"]).end();
    let value: Value = shown.exits(0).json();
    assert_eq!(value["locks"].as_array().map(Vec::len), Some(2));
    assert_eq!(value["locks"][1]["holder"]["id"], "abc");
    world
        .program(["lock", "show", "--lang=ja"])
        .end()
        .exits(0)
        .results("所有者");

    let release = |id: &str| world.program(["lock", "release", "--id", id]).end();
    release("xyz")
        .exits(1)
        .says("error JMC-LOCK-UNKNOWN: No lock has the id `xyz`.");
    world.assert_untouched();
    release("abc").exits(0).results(&format!("Released {ecs}."));
    release("abc").exits(1).says("JMC-LOCK-UNKNOWN");
    release("def").exits(0);
    assert_unlocked(&world);
    world
        .program(["lock", "release"])
        .end()
        .exits(2)
        .says("--id");
}

#[test]
fn a_lock_that_changed_hands_meanwhile_is_not_released() {
    let world = sales();
    let key = key_of("acme-jmc-app-role");
    hold(&world, &key, "abc", 100);
    let deletes = Rule::on(
        Service::S3,
        "DeleteObject",
        Fault::Refused(412, "PreconditionFailed"),
    );
    world
        .sandbox
        .fault(deletes.resource(&format!("{SYSTEM}/{key}")));
    let ended = world.program(["lock", "release", "--id=abc"]).end();
    ended.exits(1).says("JMC-LOCK-UNKNOWN");
    world.sandbox.state(|state| {
        let bucket = state.bucket(SYSTEM).expect("the bucket");
        assert!(bucket.objects.contains_key(&key));
    });
}

#[test]
fn the_bucket_of_the_locks_is_found_or_named() {
    let texts = [
        app_policy(&[
            "acme-csa-data-bucket",
            "sales-jmc-data",
            "sales-jmc-sql",
            "sales-jmc-program",
        ]),
        app_policy(&[
            SYSTEM,
            "b-csa-system-bucket",
            "sales-jmc-data",
            "sales-jmc-sql",
            "sales-jmc-program",
        ]),
    ];
    for text in texts {
        let world = sales();
        world.sandbox.state(|state| {
            add_bucket(state, "ops-locks", ACCOUNT, "us-west-2");
            for role in ["acme-jmc-app-role", "acme-jmc-api-role"] {
                let role = state.role(role).expect("the role");
                role.set_policy(seed::POLICY, &text.to_string());
            }
        });
        let ended = world.program(ADD).end();
        ended
            .exits(1)
            .says("error JMC-LOCK-NONE: ")
            .says("--lock-bucket")
            .says("--no-lock");
        world.assert_untouched();
        for (bucket, exit, code) in [
            ("No", 2, "JMC-USAGE-VALUE"),
            ("nowhere-to-be-found", 1, "JMC-S3-MISSING"),
            ("someone-elses-bucket", 1, "JMC-S3-OWNER"),
        ] {
            let named = format!("--lock-bucket={bucket}");
            let ended = world.program(ADD.iter().chain(&[named.as_str()])).end();
            ended.exits(exit).says(&format!("error {code}: "));
            world.assert_untouched();
        }
        // A bucket of ours in any region is good enough, and is remembered.
        world.sandbox.clear_journal();
        let named = ADD.iter().chain(&["--lock-bucket=ops-locks"]);
        world.program(named).end().exits(0);
        assert_eq!(lock_calls(&world).len(), 4);
        assert_eq!(world.saved()["lock_bucket"], "ops-locks");
        world.program(["lock", "show"]).end().exits(0);
        let more = ["add-bucket", "--bucket=program=sales-more-sql", "--yes"];
        world.program(more).end().exits(0);
        world.sandbox.state(|state| {
            assert!(state.bucket("ops-locks").expect("it").objects.is_empty());
        });
    }
}

#[test]
fn roles_that_cannot_be_read_are_told_and_not_that_no_bucket_was_found() {
    let world = sales();
    let denied = Rule::on(Service::Iam, "GetRole", Fault::AccessDenied).always();
    world.sandbox.fault(denied);
    for command in ["show", "release --id=abc"] {
        let words = ["lock"].into_iter().chain(command.split(' '));
        let ended = world.program(words).end();
        ended
            .exits(1)
            .says("error JMC-AWS-DENIED: ")
            .says("is not allowed to do `iam:GetRole` on `arn:aws:iam::123456789012:role/")
            .says("--lock-bucket");
        assert!(!ended.err.contains("JMC-LOCK-NONE"), "{}", ended.err);
    }
}
