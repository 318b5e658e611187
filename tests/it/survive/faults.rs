//! Every call of every command goes wrong in every way: once, for good, or from some call on.

use super::rounds::play;
use super::scene::{Address, Scene, commands, file_of, locks, run, scenes};
use crate::grow_buckets::SYSTEM;
use crate::sandbox::{Entry, Fault, Rule};
use crate::support::{Ended, World};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// The faults that another attempt of the same call gets over.
const PASSING: [Fault; 7] = [
    Fault::Throttled,
    Fault::Status500,
    Fault::Status503,
    Fault::DropBefore,
    Fault::DropAfter,
    Fault::Stall,
    Fault::StallAfter,
];

/// The faults that the SDK does not try again.
const FINAL: [Fault; 2] = [Fault::AccessDenied, Fault::ExpiredToken];

/// What a run has to come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Demand {
    /// Success, as if nothing had happened.
    Success,
    /// Success, or a failure that says what it is and how to go on.
    Any,
}

/// A run of a command under faults.
struct Disturbed {
    scene: Arc<Scene>,
    rules: Vec<Rule>,
    demand: Demand,
    what: String,
}

impl fmt::Display for Disturbed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.scene.title, self.what)
    }
}

#[track_caller]
fn disturb(world: &World, round: &Disturbed) {
    let scene = &*round.scene;
    scene.set(world);
    for rule in &round.rules {
        world.sandbox.fault(rule.clone());
    }
    let ended = run(world, &scene.arguments);
    let unmet = |rule: &&Rule| rule.struck() == 0;
    let unmet = {
        let rules = &world.sandbox.lock().faults.rules;
        rules.iter().filter(unmet).count()
    };
    assert_eq!(unmet, 0, "calls were not made: {ended:?}");
    world.heal();
    scene.assert_sound(world);
    if ended.exit == 0 {
        scene.assert_complete(world);
        return;
    }
    assert_ne!(round.demand, Demand::Success, "{ended:?}");
    ended.exits(1).says("error JMC-");
    assert!(!ended.err.contains("JMC-INTERNAL"), "{ended:?}");
    assert_given_back(world);
    let tried = !world.sandbox.writes().is_empty();
    let changed = world.sandbox.snapshot() != scene.began;
    if !tried {
        assert!(!changed);
        assert_eq!(file_of(world), scene.files[0], "{ended:?}");
        return;
    }
    let resume = resume(&ended, scene);
    let file = file_of(world);
    let as_before = !changed && file == scene.files[0];
    // What was only not read back is there, and nothing is left to do.
    if as_before || scene.is_complete(world) {
        return;
    }
    scene.end_leases(world);
    run(world, &resume).exits(0);
    scene.assert_complete(world);
}

/// Asserts that every lock that is left could not be given back: AWS did not take it back, or
/// never said that it was given.
#[track_caller]
fn assert_given_back(world: &World) {
    let writes = world.sandbox.writes();
    for key in locks(world) {
        let of_lock = |entry: &&Entry| entry.resource == format!("{SYSTEM}/{key}");
        let gone = |entry: &Entry| match &*entry.operation {
            "DeleteObject" => !entry.effect,
            _ => entry.status.is_none(),
        };
        assert!(writes.iter().filter(of_lock).any(gone), "{key} is kept");
    }
}

/// Asserts that a failed run ends with what was done, what was not, and how to go on, and
/// returns the arguments of that command.
#[track_caller]
fn resume(ended: &Ended, scene: &Scene) -> Vec<String> {
    let progress = ended.err.lines().filter(|line| line.starts_with("  ["));
    let (done, failed): (Vec<&str>, Vec<&str>) = progress.partition(|line| line.contains(" ok "));
    let left = ended
        .err
        .lines()
        .filter(|line| line.starts_with("  not begun: "));
    let counts = format!(
        "Done: {}. Failed: {}. Not begun: {}.",
        done.len(),
        failed.len(),
        left.count()
    );
    let said = ended.err.lines().any(|line| line == counts);
    assert!(said, "{counts:?} is not in {}", ended.err);
    let command = ended.err.lines().next_back().expect("a line");
    let words = command.split_once("continue with: jmc-site ");
    let (_, words) = words.unwrap_or_else(|| panic!("{}: {}", scene.title, ended.err));
    let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
    assert_eq!(
        (&*words[0], &*words[1], words.len()),
        ("apply", "--site", 4)
    );
    assert_eq!(words[3], "--yes");
    // The place of the file is the runner's.
    vec![words[0].clone(), words[3].clone()]
}

/// Spreads rounds over the commands and calls, so that the SDK, which gives every service a
/// budget of attempts for the whole process, never comes to the end of one.
fn spread(rounds: Vec<Disturbed>) -> Vec<Disturbed> {
    const STEP: usize = 37;
    let mut columns: Vec<Vec<Disturbed>> = Vec::new();
    columns.resize_with(STEP, Vec::new);
    let height = rounds.len().div_ceil(STEP).max(1);
    for (index, round) in rounds.into_iter().enumerate() {
        columns[index / height].push(round);
    }
    let mut spread = Vec::new();
    while columns.iter().any(|column| !column.is_empty()) {
        spread.extend(columns.iter_mut().filter_map(Vec::pop));
    }
    spread
}

/// Plays rounds and tells how many calls there are that could go wrong.
#[track_caller]
fn play_all(what: &str, scenes: &[Arc<Scene>], faults: usize, rounds: Vec<Disturbed>) {
    let (count, calls) = (scenes.len(), all_calls(scenes));
    let what = format!("{what}: {count} commands, {calls} calls, {faults} faults");
    play(&what, spread(rounds), disturb);
}

/// Returns how many calls undisturbed runs make.
fn all_calls(scenes: &[Arc<Scene>]) -> usize {
    scenes.iter().map(|scene| scene.calls.len()).sum()
}

fn disturbed(scene: &Arc<Scene>, rule: Rule, what: String) -> Disturbed {
    Disturbed {
        scene: Arc::clone(scene),
        rules: vec![rule],
        demand: Demand::Any,
        what,
    }
}

/// Parts the calls of a run into at least so many groups, none of which has two calls of one
/// operation on one resource: another attempt of the first would be taken for the second.
fn parted(scene: &Scene, groups: usize) -> Vec<Vec<&Address>> {
    let mut parted: Vec<Vec<&Address>> = vec![Vec::new(); groups];
    for (at, call) in scene.calls.iter().enumerate() {
        let same =
            |other: &&Address| (other.call(), &other.resource) == (call.call(), &call.resource);
        let turned = (0..parted.len()).map(|group| (at + group) % parted.len());
        let free = turned
            .into_iter()
            .find(|group| !parted[*group].iter().any(same));
        match free {
            Some(group) => parted[group].push(call),
            None => parted.push(vec![call]),
        }
    }
    parted
}

/// Several calls of a run go wrong, each in another way, until each has gone wrong in every way.
#[test]
fn a_fault_that_passes_is_got_over() {
    const GROUPS: usize = 4;
    let mut rounds = Vec::new();
    let mut met = BTreeSet::new();
    for scene in commands() {
        for (group, calls) in parted(scene, GROUPS).into_iter().enumerate() {
            for shift in 0..PASSING.len() {
                let mut rules = Vec::new();
                for (at, call) in calls.iter().enumerate() {
                    let fault = (at + shift) % PASSING.len();
                    rules.push(call.rule(PASSING[fault]));
                    met.insert((scene.title, *call, fault));
                }
                rounds.push(Disturbed {
                    scene: Arc::clone(scene),
                    rules,
                    demand: Demand::Success,
                    what: format!("group {group} of its calls, faults from {shift}"),
                });
            }
        }
    }
    assert_eq!(met.len(), all_calls(commands()) * PASSING.len());
    play_all("passing", commands(), PASSING.len(), rounds);
}

#[test]
fn a_refusal_fails_by_name_or_not_at_all() {
    let mut rounds = Vec::new();
    for (at, scene) in scenes().iter().enumerate() {
        let all = at < commands().len();
        for call in scene.calls.iter().filter(|call| all || call.write) {
            let what = |fault| format!("{fault:?} at {call}");
            let refused = |fault| disturbed(scene, call.rule(fault), what(fault));
            rounds.extend(FINAL.map(refused));
        }
    }
    play_all("refused", scenes(), FINAL.len(), rounds);
}

/// Every write goes wrong for good in some way, and every operation in every way.
#[test]
fn a_write_that_always_goes_wrong_fails_by_name_and_is_done_later() {
    let mut rounds = Vec::new();
    for scene in scenes() {
        let mut operations: BTreeMap<String, Vec<&Address>> = BTreeMap::new();
        for call in scene.calls.iter().filter(|call| call.write) {
            operations.entry(call.call()).or_default().push(call);
        }
        for calls in operations.values() {
            for at in 0..calls.len().max(PASSING.len()) {
                let (call, fault) = (calls[at % calls.len()], PASSING[at % PASSING.len()]);
                let what = format!("{fault:?} always at {call}");
                rounds.push(disturbed(scene, call.rule(fault).always(), what));
            }
        }
    }
    play_all("written in vain", scenes(), PASSING.len(), rounds);
}

/// Every reading operation goes wrong for good in every way.
#[test]
fn a_read_that_always_goes_wrong_fails_by_name() {
    let mut rounds = Vec::new();
    for scene in commands() {
        let mut operations = BTreeSet::new();
        for call in scene.calls.iter().filter(|call| !call.write) {
            if !operations.insert(call.call()) {
                continue;
            }
            for fault in Fault::ALL {
                let rule = Rule::on(call.service, &call.operation, fault).always();
                let what = format!("{fault:?} always at {}", call.call());
                rounds.push(disturbed(scene, rule, what));
            }
        }
    }
    play_all("read in vain", commands(), Fault::ALL.len(), rounds);
}

/// Credentials end, or the network is gone, in the middle of a run.
#[test]
fn what_was_done_when_nothing_works_any_more_is_gone_on_from() {
    /// How many calls later it happens in the next round, where nothing is being changed.
    const STRIDE: usize = 6;
    let mut rounds = Vec::new();
    for scene in commands() {
        let write = |call: &Address| call.write;
        let first = scene.calls.iter().position(write);
        let last = scene.calls.iter().rposition(write);
        for nth in 0..scene.calls.len() {
            let changing = first <= Some(nth) && Some(nth) <= last;
            let network = (nth % STRIDE == 0).then_some(Fault::DropBefore);
            let login = (changing || nth % STRIDE == 3).then_some(Fault::ExpiredToken);
            for fault in network.into_iter().chain(login) {
                let rule = Rule::any(fault).nth(nth as u64 + 1).always();
                let what = format!("{fault:?} from call {} on", nth + 1);
                rounds.push(disturbed(scene, rule, what));
            }
        }
    }
    play_all("nothing works any more", commands(), 2, rounds);
}
