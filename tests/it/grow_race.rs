//! Two operators at once, as real processes, and runs that are interrupted or killed while they
//! hold locks.

use crate::grow_buckets::{SYSTEM, assert_unlocked, policies, reach, sales};
use crate::grow_lock::{hold, key_of, release, until};
use crate::sandbox::seed::{POLICY, add_bucket};
use crate::sandbox::state::State;
use crate::sandbox::{ACCOUNT, Fault, REGION, Rule, Service};
use crate::support::World;
use crate::support::binary::Running;
use rustix::process::Signal;
use std::time::{Duration, Instant};

/// How often two operators meet in CI, and on a desk, where nobody wants to wait for minutes.
/// JMC_SITE_TEST_ROUNDS makes it any other number.
const ROUNDS: [usize; 2] = [200, 40];

/// The buckets that the two operators add.
const BUCKETS: [&str; 2] = ["first-more", "second-more"];

/// Two sites of one installation, so small that most of a run is the edit of its roles; returns
/// what AWS remembers before they grow.
#[track_caller]
fn two_sites() -> (World, State) {
    let world = sales();
    let mut site = world.saved();
    site["notifications"] = serde_json::json!({ "use": "system" });
    // Only one site can have made a bucket and give it its tags.
    site["buckets"] = serde_json::json!([{
        "name": "sales-jmc-data",
        "kinds": ["data", "sql", "program"],
        "folders": ["import/"],
        "origin": "adopted",
    }]);
    for name in BUCKETS {
        site["name"] = name.into();
        let text = site.to_string();
        std::fs::write(world.path(&format!("{name}.json")), text).expect("a file");
        world
            .sandbox
            .state(|state| add_bucket(state, name, ACCOUNT, REGION));
    }
    let before = world.sandbox.state(|state| state.clone());
    (world, before)
}

/// Starts both operators in the same instant.
fn both<'w>(world: &'w World, more: &[&str]) -> [Running<'w>; 2] {
    BUCKETS.map(|name| {
        let bucket = format!("--bucket=data={name}");
        let file = format!("--site={name}.json");
        let add = ["add-bucket", "--data-folder=in", "--yes", &bucket, &file];
        world.program(add.iter().chain(more)).start()
    })
}

pub fn rounds() -> usize {
    let set = std::env::var("JMC_SITE_TEST_ROUNDS").ok();
    let in_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    let [all, few] = ROUNDS;
    let usual = if in_ci { all } else { few };
    set.map_or(usual, |rounds| rounds.parse().expect("a number"))
}

#[test]
#[expect(clippy::print_stdout, reason = "for whoever runs the tests")]
fn two_operators_never_lose_each_others_bucket() {
    let (world, before) = two_sites();
    let files = BUCKETS.map(|name| std::fs::read(world.path(&format!("{name}.json"))).expect("it"));
    // The read and the write of a policy are apart, so that the other one fits between.
    world
        .sandbox
        .latency(Service::Iam, Duration::from_millis(20));
    let (began, mut contended) = (Instant::now(), 0);
    for round in 0..rounds() {
        world.sandbox.state(|state| state.clone_from(&before));
        world.sandbox.clear_journal();
        for (name, file) in BUCKETS.iter().zip(&files) {
            std::fs::write(world.path(&format!("{name}.json")), file).expect("a file");
        }
        let mut running = both(&world, &[]);
        // What either leaves behind is only known when neither is under way.
        for one in &mut running {
            one.child.wait().expect("an end");
        }
        for one in running {
            one.end().exits(0);
        }
        for name in BUCKETS {
            assert_eq!(reach(&world, name), [true; 3], "{name} in round {round}");
        }
        assert_unlocked(&world);
        let journal = world.sandbox.journal();
        let refused = |entry: &&crate::sandbox::Entry| {
            entry.operation == "PutObject"
                && entry.status == Some(412)
                && entry.resource.contains("jmc-site-locks/")
        };
        contended += usize::from(journal.iter().any(|entry| refused(&entry)));
    }
    println!(
        "{} rounds, {contended} with a lock that was held, {:.1} s",
        rounds(),
        began.elapsed().as_secs_f64()
    );
    // Else nobody was in anybody's way, and the rounds prove nothing.
    assert!(contended * 2 >= rounds(), "only {contended} rounds met");
}

/// Says how often each policy was written.
fn writes(world: &World) -> usize {
    let all = world.sandbox.writes().into_iter();
    all.filter(|entry| entry.operation == "PutRolePolicy" && entry.effect)
        .count()
}

#[test]
fn without_the_lock_the_same_two_lose_a_bucket() {
    let (world, before) = two_sites();
    world
        .sandbox
        .latency(Service::Iam, Duration::from_millis(400));
    for _ in 0..5 {
        world.sandbox.state(|state| state.clone_from(&before));
        world.sandbox.clear_journal();
        let running = both(&world, &["--no-lock"]);
        until("both have written all policies", || writes(&world) == 6);
        let lost = BUCKETS.iter().any(|name| reach(&world, name) != [true; 3]);
        for mut one in running {
            // What follows is a pause of seconds and reading for the lost part.
            one.child.kill().expect("a process");
            one.child.wait().expect("an end");
        }
        assert_unlocked(&world);
        if lost {
            return;
        }
    }
    panic!("nothing was lost in 5 rounds: the rounds with the lock prove nothing");
}

#[test]
fn a_lost_update_is_said_and_mended_by_the_same_command() {
    let world = sales();
    let running = world
        .program([
            "add-bucket",
            "--bucket=sql=sales-more-sql",
            "--yes",
            "--no-lock",
        ])
        .start();
    let text = policies(&world)[1].clone();
    until("the policies are written", || {
        reach(&world, "sales-more-sql") == [false, true, true]
    });
    // Somebody who read before that writes now.
    world.sandbox.state(|state| {
        let role = state.role("acme-jmc-app-role").expect("the role");
        role.set_policy(POLICY, &text);
    });
    running
        .end()
        .exits(1)
        .says("Without a lock, a change that somebody else makes")
        .says("error JMC-LOCK-LOST: The inline policy `acme-app-s3-policy` of `acme-jmc-app-role`")
        .says("hint: Run the same command again");
    assert_eq!(reach(&world, "sales-more-sql"), [false, false, true]);
    let again = ["add-bucket", "--bucket=sql=sales-more-sql", "--yes"];
    world.program(again).end().exits(0);
    assert_eq!(reach(&world, "sales-more-sql"), [false, true, true]);
    assert_unlocked(&world);
}

/// Says whether a call of this operation is under way.
fn under_way(world: &World, operation: &str) -> bool {
    let journal = world.sandbox.journal();
    journal
        .iter()
        .any(|entry| entry.operation == operation && entry.status.is_none())
}

#[test]
fn the_first_ctrl_c_finishes_the_calls_under_way_and_gives_the_lock_back() {
    let world = sales();
    let other = key_of("acme-jmc-api-role");
    hold(&world, &other, "abc", 100);
    world
        .sandbox
        .latency(Service::Iam, Duration::from_millis(300));
    let add = ["add-bucket", "--bucket=sql=sales-more-sql", "--yes"];
    let running = world.program(add).start();
    until("a policy is written", || under_way(&world, "PutRolePolicy"));
    running.signal(Signal::INT);
    let ended = running.end();
    ended
        .exits(130)
        .says("error JMC-APPLY-INTERRUPTED: ")
        .says("Done: 2. Failed: 0. Not begun: 1.")
        .says("continue with: jmc-site apply --site jmc-site.json");
    world.sandbox.latency_everywhere(Duration::ZERO);
    assert!(
        world
            .sandbox
            .journal()
            .iter()
            .all(|entry| entry.status.is_some())
    );
    assert_eq!(reach(&world, "sales-more-sql"), [false, true, false]);
    release(&world, &other);
    assert_unlocked(&world);
    world.program(["apply", "--yes"]).end().exits(0);
    assert_eq!(reach(&world, "sales-more-sql"), [false, true, true]);
}

#[test]
fn a_run_that_is_interrupted_before_its_edits_does_not_begin_them() {
    let world = sales();
    world
        .sandbox
        .latency(Service::S3, Duration::from_millis(300));
    let add = ["add-bucket", "--bucket=sql=sales-more-sql", "--yes"];
    let running = world.program(add).start();
    until("the bucket is made", || under_way(&world, "CreateBucket"));
    running.signal(Signal::INT);
    let ended = running.end();
    ended
        .exits(130)
        .says("Done: 1. Failed: 0. Not begun: 2.")
        .says("jmc-site apply");
    world.sandbox.latency_everywhere(Duration::ZERO);
    assert_eq!(writes(&world), 0);
    assert_eq!(reach(&world, "sales-more-sql"), [false; 3]);
    world.program(["apply", "--yes"]).end().exits(0);
    assert_eq!(reach(&world, "sales-more-sql"), [false, true, true]);
    assert_unlocked(&world);
}

#[test]
fn a_run_that_is_killed_under_its_lock_is_finished_when_the_lease_is_over() {
    let world = sales();
    let before = (world.saved(), policies(&world));
    let add = ["add-bucket", "--bucket=sql=sales-more-sql", "--yes"];
    world.program(add).end().exits(0);
    let stalls = Rule::on(Service::Iam, "PutRolePolicy", Fault::Stall);
    world.sandbox.clear_journal();
    world.sandbox.fault(stalls.nth(2).always());
    let remove = ["remove-bucket", "--bucket=sales-more-sql", "--yes"];
    let mut running = world.program(remove).start();
    until("one policy is written and the other is not", || {
        writes(&world) == 1 && under_way(&world, "PutRolePolicy")
    });
    // The first role's lock is given back as it should be.
    let locks = || {
        world.sandbox.state(|state| {
            let bucket = state.bucket(SYSTEM).expect("the bucket");
            bucket.objects.keys().cloned().collect::<Vec<String>>()
        })
    };
    until("one lock is left", || locks().len() == 1);
    running.child.kill().expect("a process");
    running.child.wait().expect("an end");
    world.heal();
    assert_eq!(world.saved()["removing"][0]["name"], "sales-more-sql");
    assert_eq!(locks().len(), 1, "a dead run can't give its lock back");

    world.sandbox.state(|state| {
        let bucket = state.bucket(SYSTEM).expect("the bucket");
        for object in bucket.objects.values_mut() {
            let mut holder: serde_json::Value = serde_json::from_slice(&object.body).expect("it");
            assert_eq!(holder["command"], "remove-bucket");
            let lease = holder["expires"].as_u64().zip(holder["time"].as_u64());
            assert!(
                lease.is_some_and(|(end, begin)| end - begin == 120),
                "{holder}"
            );
            holder["expires"] = holder["time"].as_u64().map(|time| time - 1).into();
            object.body = holder.to_string().into_bytes();
            object.checksum = None;
        }
    });
    world.program(["apply", "--yes"]).end().exits(0);
    assert_eq!((world.saved(), policies(&world)), before);
    assert_unlocked(&world);
}
