//! Signals while changes are made, in every command and both forms of output: the first ends
//! the run in order, the second at once, and either says what to type next.

use crate::endure::{COMMANDS, Case, SITE, code_of};
use crate::grow_buckets::{SYSTEM, policies, reach};
use crate::grow_lock::{hold, key_of, until, waits_for};
use crate::sandbox::{Fault, Rule, Service};
use crate::support::binary::Running;
use crate::support::{Ended, World};
use rustix::process::Signal;
use serde_json::Value;
use std::time::{Duration, Instant};

/// How soon a run is over that ends at once, on a machine that is busy with something else.
const AT_ONCE: Duration = Duration::from_secs(3);

const APPLY: [&str; 4] = ["apply", "--yes", "--site", SITE];

fn under_way(world: &World, operation: &str) -> bool {
    let journal = world.sandbox.journal();
    journal
        .iter()
        .any(|entry| entry.operation == operation && entry.status.is_none())
}

/// Starts the command and waits until a change is under way.
#[track_caller]
fn changing<'w>(case: &'w Case, form: &str) -> Running<'w> {
    let operation = match case.command {
        "remove-bucket" => "PutRolePolicy",
        _ => "CreateBucket",
    };
    let slow = Duration::from_millis(300);
    case.world.sandbox.latency_everywhere(slow);
    let running = case.program(&["--output", form]).start();
    until("a change is under way", || {
        under_way(&case.world, operation)
    });
    running
}

/// Asserts that a run that was interrupted has told all of it.
#[track_caller]
fn assert_told(case: &Case, ended: &Ended, form: &str) {
    ended
        .exits(130)
        .says("jmc-site apply --site place/jmc-site.json --yes");
    let code = code_of(ended);
    // A removal is two edits side by side: both are under way.
    let all_done = case.command == "remove-bucket";
    let wanted = match all_done {
        true => "JMC-INTERRUPTED",
        false => "JMC-APPLY-INTERRUPTED",
    };
    assert_eq!(code, wanted, "{}: {ended:?}", case.command);
    if form == "json" {
        let value = ended.json();
        let report = value["report"].as_array().expect("a report");
        let count = |outcome: &str| {
            report
                .iter()
                .filter(|step| step["outcome"] == outcome)
                .count()
        };
        assert_eq!(count("failed"), 0, "{value:#}");
        assert!(count("done") > 0, "{value:#}");
        assert_eq!(count("not-run") == 0, all_done, "{value:#}");
        assert!(value["plan"].is_object(), "{value:#}");
    } else if !all_done {
        ended.says("Failed: 0.").says("not begun: ");
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "for whoever runs the tests")]
fn the_first_signal_finishes_the_calls_saves_reports_and_leaves_no_lock() {
    let mut count = 0;
    for command in COMMANDS {
        let goal = Case::goal(command);
        // Every signal with one form of output, and the commonest with both.
        let signals = [Signal::INT, Signal::INT, Signal::TERM, Signal::HUP];
        for (signal, form) in signals.into_iter().zip(["human", "json", "json", "human"]) {
            let case = Case::new(command);
            let running = changing(&case, form);
            running.signal(signal);
            let ended = running.end();
            case.world.sandbox.latency_everywhere(Duration::ZERO);
            ended.says("Finishing the calls under way.");
            assert_told(&case, &ended, form);
            let journal = case.world.sandbox.journal();
            let answered = journal.iter().all(|entry| entry.status.is_some());
            assert!(answered, "{command}: {journal:#?}");
            case.assert_unlocked();
            assert!(case.file().exists(), "{command}");
            case.world.program(APPLY).end().exits(0);
            assert_eq!(case.state(), goal, "{command}");
            count += 1;
        }
    }
    println!("{count} runs were interrupted and went on from there");
}

#[test]
fn the_first_signal_does_not_wait_for_what_aws_does_by_itself() {
    for form in ["human", "json"] {
        let case = Case::new("init");
        case.world
            .sandbox
            .state(|state| state.attaching.reads = 1000);
        let running = case.program(&["--output", form]).start();
        until("the role is waited for", || {
            let journal = case.world.sandbox.journal();
            let looks = journal
                .iter()
                .filter(|entry| entry.operation == "DescribeClusters");
            looks.count() > 1 && locks(&case.world) == 0 && edits(&case) == 3
        });
        running.signal(Signal::INT);
        let began = Instant::now();
        let ended = running.end();
        // The cluster is looked at every three seconds.
        assert!(began.elapsed() < AT_ONCE * 3, "{:?}", began.elapsed());
        ended
            .exits(130)
            .says("jmc-site apply --site place/jmc-site.json --yes");
        assert_eq!(code_of(&ended), "JMC-APPLY-INTERRUPTED");
        if form == "json" {
            let value = ended.json();
            let outcomes = value["report"].as_array().expect("a report").iter();
            let left = outcomes.filter(|step| step["outcome"] != "done");
            let left: Vec<&Value> = left.map(|step| &step["outcome"]).collect();
            assert_eq!(left, ["under-way"]);
        } else {
            ended
                .says("  AWS goes on with: attach")
                .says("Failed: 0. Under way in AWS: 1. Not begun: 0.");
        }
        case.world.sandbox.state(|state| {
            let cluster = state.cluster("csa-dwh").expect("the cluster");
            cluster
                .roles
                .iter_mut()
                .for_each(|role| role.reads_left = 1);
        });
        case.world.program(APPLY).end().exits(0);
        assert_eq!(case.state(), Case::goal("init"));
    }
}

/// Returns the locks that are held.
fn locks(world: &World) -> usize {
    world.sandbox.state(|state| {
        let bucket = state.bucket(SYSTEM).expect("the bucket");
        bucket.objects.len()
    })
}

/// Lets the locks that are left end so many seconds from now.
fn age(world: &World, seconds: u64) {
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).expect("now");
    world.sandbox.state(|state| {
        let bucket = state.bucket(SYSTEM).expect("the bucket");
        for object in bucket.objects.values_mut() {
            let mut holder: Value = serde_json::from_slice(&object.body).expect("a lock");
            let lease = holder["expires"].as_u64().zip(holder["time"].as_u64());
            let lease = lease.map(|(end, begin)| end - begin);
            assert_eq!(lease, Some(120), "{holder}");
            holder["expires"] = (now.as_secs() + seconds).into();
            object.body = holder.to_string().into_bytes();
            object.checksum = None;
        }
    });
}

#[test]
#[expect(clippy::print_stdout, reason = "for whoever runs the tests")]
fn the_second_signal_ends_at_once_and_the_lock_that_is_left_ends_with_its_lease() {
    let (mut count, mut slowest) = (0, Duration::ZERO);
    for command in COMMANDS {
        let goal = Case::goal(command);
        for (first, second, form) in [
            (Signal::INT, Signal::INT, "human"),
            (Signal::TERM, Signal::INT, "json"),
            (Signal::HUP, Signal::TERM, "json"),
        ] {
            let case = Case::new(command);
            let stalls = Rule::on(Service::Iam, "PutRolePolicy", Fault::Stall);
            case.world.sandbox.fault(stalls.always());
            let running = case.program(&["--output", form]).start();
            until("an edit is under way", || {
                under_way(&case.world, "PutRolePolicy") && locks(&case.world) > 0
            });
            running.signal(first);
            // Signals of one kind that wait together are one.
            std::thread::sleep(Duration::from_millis(400));
            let began = Instant::now();
            running.signal(second);
            let ended = running.end();
            slowest = slowest.max(began.elapsed());
            assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
            ended
                .exits(130)
                .says("hint: Some of the changes may have been made")
                .says("Make the rest with: jmc-site apply --site place/jmc-site.json --yes");
            assert_eq!(code_of(&ended), "JMC-INTERRUPTED", "{command}: {ended:?}");
            case.world.heal();
            assert!(locks(&case.world) > 0, "{command}: a lock is left");
            // What is left of a lease is waited for, and no longer.
            let left = if form == "human" { 2 } else { 0 };
            age(&case.world, left);
            let began = Instant::now();
            case.world.program(APPLY).end().exits(0);
            let waited = began.elapsed() >= Duration::from_secs(1);
            assert!(waited || left == 0, "nothing was waited for");
            assert_eq!(case.state(), goal, "{command}");
            case.assert_unlocked();
            count += 1;
        }
    }
    println!("{count} runs ended at a second signal, within {slowest:?} at most");
}

#[test]
fn a_line_that_breaks_more_than_once_is_one_first_signal() {
    for form in ["human", "json"] {
        let case = Case::new("init");
        let running = changing(&case, form);
        for _ in 0..5 {
            running.signal(Signal::HUP);
            std::thread::sleep(Duration::from_millis(20));
        }
        let ended = running.end();
        case.world.sandbox.latency_everywhere(Duration::ZERO);
        assert_told(&case, &ended, form);
        case.assert_unlocked();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_under_nohup_goes_on() {
    let case = Case::new("add-bucket");
    case.world
        .sandbox
        .latency_everywhere(Duration::from_millis(100));
    let program = case.program(&[]);
    let running = program.through(r#"trap '' HUP; exec "$0" "$@""#).start();
    until("a change is under way", || {
        under_way(&case.world, "CreateBucket")
    });
    running.signal(Signal::HUP);
    running.end().exits(0);
    case.world.sandbox.latency_everywhere(Duration::ZERO);
    assert_eq!(case.state(), Case::goal("add-bucket"));
}

#[test]
fn whoever_waits_for_a_lock_can_stop_and_nothing_is_begun() {
    for form in ["human", "json"] {
        let case = Case::new("remove-bucket");
        for role in ["acme-jmc-app-role", "acme-jmc-api-role"] {
            hold(&case.world, &key_of(role), "other", 100);
        }
        let running = case.program(&["--output", form]).start();
        for role in ["acme-jmc-app-role", "acme-jmc-api-role"] {
            until("the run waits", || waits_for(&case.world, &key_of(role)));
        }
        running.signal(Signal::INT);
        let began = Instant::now();
        let ended = running.end();
        // A lock is looked at every three seconds.
        assert!(began.elapsed() < AT_ONCE * 3, "{:?}", began.elapsed());
        ended.exits(130);
        assert_eq!(code_of(&ended), "JMC-APPLY-INTERRUPTED", "{ended:?}");
        let puts = case.world.changes();
        assert!(puts.iter().all(|call| !call.contains("Policy")), "{puts:?}");
        assert_eq!(locks(&case.world), 2, "they are somebody else's");
        if form == "json" {
            for step in ended.json()["report"].as_array().expect("a report") {
                assert_eq!(step["outcome"], "not-run");
            }
        }
    }
}

#[test]
fn a_signal_while_the_changes_are_read_back_says_that_they_were_made() {
    for command in COMMANDS {
        for form in ["human", "json"] {
            let case = Case::new(command);
            // The locks, which are in S3, are given back meanwhile.
            let slow = Duration::from_millis(900);
            case.world.sandbox.latency(Service::Iam, slow);
            let running = case.program(&["--output", form]).start();
            // When all is written and no lock is left, what is still read is to confirm it.
            let reads = || {
                let journal = case.world.sandbox.journal();
                let all_written = journal
                    .iter()
                    .all(|entry| !entry.write || entry.status.is_some());
                let reading = |entry: &crate::sandbox::Entry| entry.status.is_none();
                let wanted = usize::from(command == "init") + 2;
                all_written
                    && locks(&case.world) == 0
                    && edits(&case) == wanted
                    && journal.iter().any(reading)
            };
            until("the changes are read back", reads);
            running.signal(Signal::INT);
            let ended = running.end();
            case.world.sandbox.latency_everywhere(Duration::ZERO);
            ended
                .exits(130)
                .says("hint: All changes were made, but it was not confirmed")
                .says("jmc-site apply --site place/jmc-site.json --yes");
            assert_eq!(code_of(&ended), "JMC-INTERRUPTED", "{command}");
            if form == "json" {
                for step in ended.json()["report"].as_array().expect("a report") {
                    assert_eq!(step["outcome"], "done");
                }
            }
            case.world.sandbox.clear_journal();
            case.world.program(APPLY).end().exits(0);
            case.world.assert_untouched();
            assert_eq!(case.state(), Case::goal(command), "{command}");
        }
    }
}

fn edits(case: &Case) -> usize {
    let writes = case.world.sandbox.writes().into_iter();
    writes
        .filter(|entry| entry.operation == "PutRolePolicy" && entry.status.is_some())
        .count()
}

#[test]
fn undo_stops_between_two_policies_and_goes_on_with_the_rest() {
    for form in ["human", "json"] {
        let case = Case::new("add-bucket");
        let before = policies(&case.world);
        case.program(&[]).end().exits(0);
        case.world.sandbox.clear_journal();
        case.world
            .sandbox
            .latency(Service::Iam, Duration::from_millis(300));
        let undo = ["undo", "--yes", "--site", SITE, "--output", form];
        let running = case.world.program(undo).start();
        until("a policy is put back", || {
            under_way(&case.world, "PutRolePolicy")
        });
        running.signal(Signal::INT);
        let ended = running.end();
        case.world.sandbox.latency_everywhere(Duration::ZERO);
        ended
            .exits(130)
            .says("error JMC-APPLY-INTERRUPTED")
            .says("continue with: jmc-site undo --site place/jmc-site.json");
        assert_eq!(code_of(&ended), "JMC-APPLY-INTERRUPTED");
        assert_eq!(edits(&case), 1, "one was under way, the other is not begun");
        case.assert_unlocked();
        case.world.program(undo).end().exits(0);
        assert_eq!(policies(&case.world), before);
        assert_eq!(reach(&case.world, "sales-more-sql"), [false; 3]);
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "for whoever runs the tests")]
fn a_pipe_that_closes_in_the_middle_stops_nothing_and_panics_nowhere() {
    let mut count = 0;
    for command in COMMANDS {
        let goal = Case::goal(command);
        for script in [
            r#"{ "$0" "$@"; echo "exit $?" >&2; } | head -n 1"#,
            r#"{ "$0" "$@" 2>&1; echo "exit $?" >code; } | head -n 1; echo "$(cat code)" >&2"#,
            r#"{ "$0" "$@" 2>&1 >&-; echo "exit $?" >code; } | true; echo "$(cat code)" >&2"#,
        ] {
            for form in ["human", "json"] {
                let case = Case::new(command);
                let program = case.program(&["--output", form]);
                let ended = program.through(script).end();
                ended.says("exit 0");
                let all = format!("{}{}", ended.out, ended.err);
                assert!(!all.contains("panicked"), "{command}: {all}");
                assert!(ended.out.lines().count() <= 1, "{ended:?}");
                assert_eq!(case.state(), goal, "{command}: {ended:?}");
                case.assert_unlocked();
                count += 1;
            }
        }
    }
    println!("{count} runs wrote into a closed pipe and finished");
}
