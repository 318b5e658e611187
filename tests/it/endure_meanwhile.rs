//! What happens to the site file while a run is under way: somebody else writes it, another run
//! works on it, its folder goes away, the run is killed while it writes. Nothing is overwritten
//! unseen, and what was done in AWS is told.

use crate::endure::{COMMANDS, Case, SITE, code_of, dice};
use crate::grow_lock::until;
use crate::sandbox::seed::add_bucket;
use crate::sandbox::{ACCOUNT, REGION};
use crate::support::{Ended, World};
use serde_json::Value;
use std::time::{Duration, Instant};

/// Says whether a call that changes something has arrived.
fn changing(case: &Case) -> bool {
    !case.world.sandbox.writes().is_empty()
}

/// Starts the command, lets something happen when the run is that far, and waits for its end.
#[track_caller]
fn meanwhile(case: &Case, form: &str, far: impl Fn() -> bool, happens: impl FnOnce()) -> Ended {
    case.world.sandbox.latency_everywhere(SLOW);
    let running = case.program(&["--output", form]).start();
    until("the run is that far", far);
    happens();
    let ended = running.end();
    case.world.sandbox.latency_everywhere(Duration::ZERO);
    ended
}

/// How long a call takes, so that something can happen meanwhile.
const SLOW: Duration = Duration::from_millis(150);

/// How many rounds: half as many as two operators of two files meet.
fn rounds() -> usize {
    crate::grow_race::rounds().div_ceil(2)
}

const OTHERS: &str = "{\"version\": 1, \"name\": \"others\"}\n";

#[test]
#[expect(clippy::print_stdout, reason = "for whoever runs the tests")]
fn a_file_that_somebody_else_writes_before_the_first_change_is_left_and_aws_too() {
    let mut count = 0;
    for command in COMMANDS {
        for form in ["human", "json"] {
            let case = Case::new(command);
            let asked = || !case.world.sandbox.journal().is_empty();
            let others = || std::fs::write(case.file(), OTHERS).expect("a file");
            let ended = meanwhile(&case, form, asked, others);
            ended.exits(1).says("hint: Nothing was changed in AWS.");
            assert_eq!(code_of(&ended), "JMC-FILE-CHANGED", "{command}");
            case.world.assert_untouched();
            let now = std::fs::read_to_string(case.file()).expect("the file");
            assert_eq!(now, OTHERS, "{command}");
            // A file that was taken away is a change as well.
            std::fs::remove_file(case.file()).expect("a file");
            if let Some(before) = &case.before {
                std::fs::write(case.file(), before).expect("a file");
                case.world.sandbox.clear_journal();
                let gone = || std::fs::remove_file(case.file()).expect("a file");
                let ended = meanwhile(&case, form, asked, gone);
                ended.exits(1);
                assert_eq!(code_of(&ended), "JMC-FILE-CHANGED", "{command}");
                case.world.assert_untouched();
                assert!(!case.file().exists(), "{command}");
                std::fs::write(case.file(), before).expect("a file");
                count += 1;
            }
            case.program(&[]).end().exits(0);
            assert_eq!(case.state(), Case::goal(command), "{command}");
            count += 1;
        }
    }
    println!("{count} runs met another's change before their own");
}

#[test]
fn a_file_that_somebody_else_writes_after_that_is_left_and_told() {
    for command in COMMANDS {
        for form in ["human", "json"] {
            let case = Case::new(command);
            let others = || std::fs::write(case.file(), OTHERS).expect("a file");
            let ended = meanwhile(&case, form, || changing(&case), others);
            let now = std::fs::read_to_string(case.file()).expect("the file");
            assert_eq!(now, OTHERS, "{command}");
            if command == "remove-bucket" {
                // Only here is there something left to save.
                ended
                    .exits(1)
                    .says("hint: All changes were made in AWS; only the file")
                    .says("continue with: jmc-site apply --site place/jmc-site.json --yes");
                assert_eq!(code_of(&ended), "JMC-FILE-CHANGED");
                assert!(!ended.err.contains("Nothing was changed"), "{ended:?}");
                if form == "json" {
                    assert_all_done(&ended.json());
                }
            } else {
                ended
                    .exits(0)
                    .says("was changed by somebody else meanwhile; it is left as it is.");
            }
            case.assert_unlocked();
        }
    }
}

/// Asserts that a report says of every step that it is done.
#[track_caller]
fn assert_all_done(value: &Value) {
    let report = value["report"].as_array().expect("a report");
    assert!(!report.is_empty());
    for step in report {
        assert_eq!(step["outcome"], "done", "{value:#}");
    }
    let steps = value["plan"]["actions"].as_array().map(Vec::len);
    assert!(steps.is_none_or(|steps| steps == report.len()), "{value:#}");
}

#[test]
#[expect(clippy::print_stdout, reason = "for whoever runs the tests")]
fn a_folder_that_goes_away_after_the_first_change_is_told_with_what_was_done() {
    let mut count = 0;
    for command in COMMANDS {
        for form in ["human", "json"] {
            let case = Case::new(command);
            let aside = case.world.path("aside");
            // Policies are kept beside the file: the folder goes when the last one is written.
            let edits = usize::from(command == "init") + 2;
            let written = || {
                let writes = case.world.sandbox.writes().into_iter();
                let edits_begun = writes.filter(|entry| entry.operation == "PutRolePolicy");
                edits_begun.count() == edits
            };
            let ended = meanwhile(&case, form, written, || {
                std::fs::rename(case.place(), &aside).expect("a folder");
                std::fs::write(case.place(), "in the way").expect("a file");
            });
            ended
                .exits(1)
                .says("error JMC-FILE-WRITE: Can't write `place/jmc-site.json`.")
                .says("hint: All changes were made in AWS; only the file")
                .says("continue with: jmc-site apply");
            assert_eq!(code_of(&ended), "JMC-FILE-WRITE", "{command}");
            if form == "json" {
                assert_all_done(&ended.json());
            }
            case.assert_unlocked();
            std::fs::remove_file(case.place()).expect("a file");
            std::fs::rename(&aside, case.place()).expect("a folder");
            let apply = ["apply", "--yes", "--site", SITE];
            case.world.sandbox.clear_journal();
            case.world.program(apply).end().exits(0);
            case.world.assert_untouched();
            assert_eq!(case.state(), Case::goal(command), "{command}");
            count += 1;
        }
    }
    println!("{count} runs lost the folder of their file when all was done");
}

#[test]
fn a_policy_that_can_not_be_kept_is_not_written_and_the_rest_is_told() {
    for command in COMMANDS {
        for form in ["human", "json"] {
            let case = Case::new(command);
            let (undo, aside) = (case.undo(), case.place().join("aside"));
            let ended = meanwhile(
                &case,
                form,
                || changing(&case),
                || {
                    std::fs::rename(&undo, &aside).expect("a folder");
                    std::fs::write(&undo, "in the way").expect("a file");
                },
            );
            ended
                .exits(1)
                .says("error JMC-FILE-WRITE: Can't write `place/jmc-site.json.undo")
                .says("continue with: jmc-site apply");
            assert_eq!(code_of(&ended), "JMC-FILE-WRITE", "{command}");
            if form == "json" {
                let failed = |step: &Value| step["error"]["code"] == "JMC-FILE-WRITE";
                let report = ended.json()["report"].clone();
                let report = report.as_array().expect("a report");
                assert!(report.iter().any(failed), "{report:#?}");
            }
            case.assert_no_edit();
            std::fs::remove_file(&undo).expect("a file");
            std::fs::rename(&aside, &undo).expect("a folder");
            let apply = ["apply", "--yes", "--site", SITE];
            case.world.program(apply).end().exits(0);
            assert_eq!(case.state(), Case::goal(command), "{command}");
        }
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "for whoever runs the tests")]
fn two_runs_on_one_file_lose_neither_bucket() {
    const BUCKETS: [&str; 2] = ["first-more", "second-more"];
    let case = Case::new("add-bucket");
    let world = &case.world;
    for name in BUCKETS {
        world
            .sandbox
            .state(|state| add_bucket(state, name, ACCOUNT, REGION));
    }
    let before = world.sandbox.state(|state| state.clone());
    let file = case.before.as_deref().expect("the file");
    let add = |name: &str| {
        let bucket = format!("--bucket=sql={name}");
        world.program(["add-bucket", &bucket, "--yes", "--site", SITE])
    };
    let names = || -> Vec<String> {
        let text = std::fs::read(case.file()).expect("the file");
        let site: Value = serde_json::from_slice(&text).expect("JSON");
        let buckets = site["buckets"].as_array().expect("a list").iter();
        buckets
            .map(|bucket| bucket["name"].as_str().expect("a name").to_owned())
            .collect()
    };
    let (began, mut dice) = (Instant::now(), dice(7));
    let (mut refused, mut both) = (0, 0);
    for round in 0..rounds() {
        world.sandbox.state(|state| state.clone_from(&before));
        world.sandbox.clear_journal();
        std::fs::write(case.file(), file).expect("a file");
        let mut running = vec![add(BUCKETS[0]).start()];
        // From the same instant to far into the other one.
        std::thread::sleep(Duration::from_millis(dice(12) * 50));
        running.push(add(BUCKETS[1]).start());
        for one in &mut running {
            one.child.wait().expect("an end");
        }
        let ended: Vec<Ended> = running.into_iter().map(|one| one.end()).collect();
        let mut done = 0;
        for (name, ended) in BUCKETS.iter().zip(&ended) {
            let granted = crate::grow_buckets::reach(world, name);
            let saved = names().iter().any(|known| known == name);
            match ended.exit {
                0 => {
                    assert!(saved, "{name} in round {round}: {ended:?}");
                    assert_eq!(granted, [false, true, true], "{name} in round {round}");
                    done += 1;
                }
                _ => {
                    assert_eq!(
                        code_of(ended),
                        "JMC-FILE-CHANGED",
                        "round {round}: {ended:?}"
                    );
                    assert_eq!((saved, granted), (false, [false; 3]), "round {round}");
                    add(name).end().exits(0);
                    refused += 1;
                }
            }
        }
        assert!(
            done > 0,
            "round {round}: each stood in the other's way: {ended:?}"
        );
        both += usize::from(done == 2);
        for name in BUCKETS {
            assert!(names().iter().any(|known| known == name), "{name} is lost");
            let granted = crate::grow_buckets::reach(world, name);
            assert_eq!(granted, [false, true, true], "{name} in round {round}");
        }
        case.assert_unlocked();
    }
    println!(
        "{} rounds: both at once {both}, one refused {refused}, {:.1} s",
        rounds(),
        began.elapsed().as_secs_f64()
    );
    assert!(
        refused > 0,
        "nobody was in anybody's way: the rounds prove nothing"
    );
}

#[test]
#[expect(clippy::print_stdout, reason = "for whoever runs the tests")]
fn a_run_that_is_killed_at_any_moment_leaves_a_whole_file() {
    let case = Case::new("add-bucket");
    let before = case.world.sandbox.state(|state| state.clone());
    let file = case.before.as_deref().expect("the file");
    case.program(&[]).end().exits(0);
    let after = std::fs::read(case.file()).expect("the file");
    let (mut old, mut new, mut dice) = (0, 0, dice(11));
    let began = Instant::now();
    for round in 0..rounds() {
        case.world.sandbox.state(|state| state.clone_from(&before));
        std::fs::write(case.file(), file).expect("a file");
        let mut running = case.program(&[]).start();
        std::thread::sleep(Duration::from_millis(dice(500)));
        // Nothing is left to be killed where it was faster.
        let _ = running.child.kill();
        running.child.wait().expect("an end");
        let now = std::fs::read(case.file()).expect("the file");
        match now {
            now if now == file => old += 1,
            now if now == after => new += 1,
            now => panic!("round {round}: {}", String::from_utf8_lossy(&now)),
        }
    }
    println!(
        "{} rounds: {old} left the old file, {new} the new one, {:.1} s",
        rounds(),
        began.elapsed().as_secs_f64()
    );
    assert!(
        old > 0 && new > 0,
        "{old} old, {new} new: the moments prove nothing"
    );
}

#[test]
fn an_apply_with_nothing_new_for_the_file_does_not_write_it() {
    use std::os::unix::fs::MetadataExt as _;
    let world = World::jmc();
    world.set_up();
    let of = || {
        std::fs::metadata(world.site_file())
            .expect("the file")
            .ino()
    };
    let before = of();
    world.sandbox.state(|state| {
        let bucket = state.bucket("sales-jmc-sql").expect("the bucket");
        bucket.objects.clear();
    });
    world.program(["apply", "--yes"]).end().exits(0);
    assert_eq!(of(), before, "the file was replaced by the same");
}

#[test]
fn an_undo_that_can_not_be_noted_is_told_and_noted_by_the_next_one() {
    for command in ["init", "add-bucket"] {
        let case = Case::new(command);
        case.program(&[]).end().exits(0);
        let put_back = usize::from(command == "init") + 2;
        let (undo, aside) = (case.undo(), case.place().join("aside"));
        let written = || {
            let writes = case.world.sandbox.writes().into_iter();
            writes
                .filter(|entry| entry.operation.ends_with("RolePolicy"))
                .count()
                > 0
        };
        case.world.sandbox.clear_journal();
        case.world.sandbox.latency_everywhere(SLOW);
        let arguments = ["undo", "--yes", "--site", SITE];
        let running = case.world.program(arguments).start();
        until("a policy is put back", written);
        std::fs::rename(&undo, &aside).expect("a folder");
        let ended = running.end();
        case.world.sandbox.latency_everywhere(Duration::ZERO);
        ended
            .exits(1)
            .says("error JMC-FILE-WRITE: Can't write `place/jmc-site.json.undo/")
            .says("hint: The policy was put back in AWS")
            .says("Then: jmc-site undo --site place/jmc-site.json");
        case.assert_unlocked();
        std::fs::rename(&aside, &undo).expect("a folder");
        let again = case.world.program(arguments).end();
        again.exits(0).results(&format!("{put_back}"));
        let nothing = case.world.program(arguments).end();
        assert_eq!(code_of(&nothing), "JMC-UNDO-NOTHING");
    }
}
