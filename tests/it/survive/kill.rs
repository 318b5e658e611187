//! The process is killed, as by `kill -9` or a power cut, before and after each of its writes.

use super::rounds::play;
use super::scene::{Address, Scene, file_of, locks, scenes};
use crate::grow_check::run as check;
use crate::grow_lock::until;
use crate::sandbox::{Fault, Serving};
use crate::support::World;
use crate::support::binary::Running;
use std::fmt;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::runtime::Runtime;

/// After how many rounds `check` looks too.
const CHECKED: usize = 8;

/// A run that is killed at one of its writes.
struct Killed {
    scene: Arc<Scene>,
    call: Address,
    /// Whether AWS has carried the write out.
    effect: bool,
    checked: bool,
}

impl fmt::Display for Killed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let when = if self.effect { "after" } else { "before" };
        write!(f, "{}: killed {when} {}", self.scene.title, self.call)
    }
}

/// A door to AWS for the run that is killed: with it closes what is still on its way.
struct Door {
    serving: Serving,
    _runtime: Runtime,
}

impl Door {
    fn open(world: &World) -> Self {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        Self {
            serving: runtime.block_on(world.sandbox.serve()).expect("a port"),
            _runtime: runtime,
        }
    }
}

/// Starts the command on a door of its own.
fn start<'w>(world: &'w World, scene: &Scene, door: &Door) -> Running<'w> {
    let program = world.program(&scene.arguments);
    program.env("AWS_ENDPOINT_URL", &door.serving.url).start()
}

/// Kills a run that has not ended.
#[track_caller]
fn kill(mut running: Running<'_>, door: Door) {
    running.child.kill().expect("a process");
    let status = running.child.wait().expect("an end");
    assert_eq!(status.code(), None, "it has ended by itself");
    drop(door);
}

/// Runs the command until AWS has its write, or has carried it out, and kills it there.
#[track_caller]
fn kill_at(world: &World, scene: &Scene, call: &Address, effect: bool) {
    scene.set(world);
    let fault = if effect {
        Fault::StallAfter
    } else {
        Fault::Stall
    };
    world.sandbox.fault(call.rule(fault));
    let door = Door::open(world);
    let running = start(world, scene, &door);
    until("the write is under way", || {
        let journal = world.sandbox.journal();
        let mut same = journal.iter().filter(|entry| call.is(entry));
        let nth = usize::try_from(call.nth - 1).expect("a number");
        same.nth(nth).is_some_and(|entry| entry.effect == effect)
    });
    kill(running, door);
    world.heal();
    world.sandbox.clear_journal();
}

#[track_caller]
fn survive(world: &World, round: &Killed) {
    let scene = &*round.scene;
    kill_at(world, scene, &round.call, round.effect);
    scene.assert_sound(world);
    assert_eq!(file_of(world), scene.files[1], "it is saved before changes");
    scene.end_leases(world);
    end_writing(world);
    world.program(["apply", "--yes"]).end().exits(0);
    scene.assert_complete(world);
    if round.checked {
        check(world, &WELL).exits(0);
    }
}

/// What `check` is asked about: all of AWS but for subscriptions that nobody has confirmed.
const WELL: [&str; 9] = [
    "--skip-connection-test",
    "--only=JMC-CHECK-BUCKET",
    "--only=JMC-CHECK-FOLDER",
    "--only=JMC-CHECK-SETTINGS",
    "--only=JMC-CHECK-ROLE",
    "--only=JMC-CHECK-TRUST",
    "--only=JMC-CHECK-ATTACHED",
    "--only=JMC-CHECK-GRANT",
    "--only=JMC-CHECK-TOPIC",
];

#[test]
fn a_run_that_is_killed_at_any_write_is_finished_by_apply() {
    let mut rounds = Vec::new();
    for scene in scenes() {
        for call in scene.calls.iter().filter(|call| call.write) {
            for effect in [false, true] {
                rounds.push(Killed {
                    scene: Arc::clone(scene),
                    call: call.clone(),
                    effect,
                    checked: rounds.len() % CHECKED == 0,
                });
            }
        }
    }
    let what = format!("kill -9 before and after {} writes", rounds.len() / 2);
    play(&what, rounds, survive);
}

/// A run that dies under the lock of a role.
#[test]
fn who_holds_the_lock_of_a_dead_run_is_said_while_its_lease_runs() {
    for scene in scenes() {
        let world = World::jmc();
        let mut puts = scene
            .calls
            .iter()
            .filter(|call| call.operation == "PutRolePolicy");
        kill_at(&world, scene, puts.next().expect("a policy"), false);
        assert!(
            !locks(&world).is_empty(),
            "a dead run can't give its lock back"
        );
        let mut running = world.program(["apply", "--yes"]).start();
        let mut said = BufReader::new(running.child.stderr.take().expect("a pipe")).lines();
        let waiting = said.find_map(|line| {
            let line = line.expect("a line");
            line.contains("is being changed by").then_some(line)
        });
        let waiting = waiting.expect("it says that it waits");
        assert!(
            waiting.contains("arn:aws:iam::123456789012:user/ops on "),
            "{waiting}"
        );
        assert!(waiting.contains("Waiting (its lock ends in 1"), "{waiting}");
        assert!(running.child.try_wait().expect("it runs").is_none());
        scene.end_leases(&world);
        let rest: Vec<String> = said.map(|line| line.expect("a line")).collect();
        assert!(running.child.wait().expect("an end").success(), "{rest:?}");
        scene.assert_complete(&world);
    }
}

/// Returns the files beside the site file and its kept policies that are being written.
fn being_written(world: &World) -> Vec<PathBuf> {
    let of = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let paths = entries.map(|entry| entry.path());
        paths.filter(|path| path.extension().is_some_and(|end| end == "tmp"))
    };
    let (site, undo) = (world.path(""), world.path("jmc-site.json.undo"));
    of(&site).chain(of(&undo)).collect()
}

/// Lets a while pass for the files that nobody will finish any more.
#[track_caller]
fn end_writing(world: &World) {
    for path in being_written(world) {
        let file = std::fs::File::options().write(true).open(&path);
        let then = SystemTime::now() - Duration::from_secs(120);
        file.expect("the file")
            .set_modified(then)
            .expect("its time");
    }
}

/// A run that is killed while it writes a file, of which as many are written as this.
struct Writing {
    scene: Arc<Scene>,
    file: usize,
}

impl fmt::Display for Writing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: killed at the file #{}", self.scene.title, self.file)
    }
}

/// Kills a run while it writes its nth file; says whether it was caught in time.
#[track_caller]
fn kill_writing(world: &World, scene: &Scene, nth: usize) -> bool {
    scene.set(world);
    let door = Door::open(world);
    let mut running = start(world, scene, &door);
    let mut seen: Vec<PathBuf> = Vec::new();
    while seen.len() < nth {
        for path in being_written(world) {
            if !seen.contains(&path) {
                seen.push(path);
            }
        }
        if running.child.try_wait().expect("a process").is_some() {
            return false;
        }
    }
    running.child.kill().expect("a process");
    running.child.wait().expect("an end");
    !being_written(world).is_empty()
}

#[track_caller]
fn survive_writing(world: &World, round: &Writing) {
    /// How often it is tried to be there in time: a file is written in less than a millisecond.
    const TRIES: usize = 40;
    let scene = &*round.scene;
    let caught = (0..TRIES).any(|_| kill_writing(world, scene, round.file));
    assert!(caught, "never there in time");
    scene.assert_sound(world);
    scene.end_leases(world);
    end_writing(world);
    let (file, apply) = (file_of(world), ["apply".to_owned(), "--yes".to_owned()]);
    // Before the site was saved nothing was changed, and the command has to be given again.
    if file == scene.files[0] && file != scene.files[1] {
        assert_eq!(world.sandbox.snapshot(), scene.began);
        kept_out(world);
        world.program(&scene.arguments).end().exits(0);
    }
    world.program(&apply).end().exits(0);
    scene.assert_complete(world);
    assert!(being_written(world).is_empty());
}

/// Puts away what only `apply` takes away, before another command is held to leaving nothing.
fn kept_out(world: &World) {
    for path in being_written(world) {
        std::fs::remove_file(path).expect("a file");
    }
}

#[test]
fn a_run_that_is_killed_while_it_writes_a_file_leaves_a_whole_one() {
    /// Of the site file, and a policy to keep for each of three roles. What would be the same
    /// in the end is not written again.
    const FILES: [usize; 2] = [1, 3];
    let mut rounds = Vec::new();
    for scene in scenes() {
        for file in FILES {
            let scene = Arc::clone(scene);
            rounds.push(Writing { scene, file });
        }
    }
    play("kill -9 while a file is written", rounds, survive_writing);
}
