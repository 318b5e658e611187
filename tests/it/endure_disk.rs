//! A disk that misbehaves before anything is changed: the run ends with a code of the file,
//! AWS is untouched, the old file is whole, and the same command succeeds when the obstacle
//! is gone.

use crate::endure::{COMMANDS, Case, code_of, left_out};
use crate::support::World;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Something in the way of the site file; it goes when this is dropped.
struct Barrier {
    /// How the program is started, where that makes the obstacle.
    script: &'static str,
    remove: Option<Box<dyn FnOnce()>>,
}

impl Drop for Barrier {
    fn drop(&mut self) {
        if let Some(remove) = self.remove.take() {
            remove();
        }
    }
}

fn started_as(script: &'static str) -> Option<Barrier> {
    Some(Barrier {
        script,
        remove: None,
    })
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Says whether a program with these arguments succeeds.
fn succeeds(program: &str, arguments: &[&str]) -> bool {
    let ran = Command::new(program).args(arguments).output();
    ran.is_ok_and(|ran| ran.status.success())
}

/// The folder can't be written: by its permissions, which don't bind root, or else by a mount
/// that only the program sees.
fn read_only(case: &Case) -> Option<Barrier> {
    use std::os::unix::fs::PermissionsExt as _;
    if is_root() {
        if !succeeds("unshare", &["-m", "true"]) {
            left_out("a folder that is read-only", "root without `unshare -m`");
            return None;
        }
        return started_as(
            r#"exec unshare -m sh -c 'mount --bind place place &&
                mount -o remount,ro,bind place && exec "$0" "$@"' "$0" "$@""#,
        );
    }
    let place = case.place();
    let set = |place: &Path, mode| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(place, mode).expect("a mode");
    };
    set(&place, 0o555);
    Some(Barrier {
        script: r#"exec "$0" "$@""#,
        remove: Some(Box::new(move || set(&place, 0o755))),
    })
}

/// A file system of 64 KiB that is full; what the program left in it is copied out.
fn full(_: &Case) -> Option<Barrier> {
    if !is_root() || !succeeds("unshare", &["-m", "true"]) {
        left_out("a full disk", "needs root and `unshare -m`");
        return None;
    }
    started_as(
        r#"exec unshare -m sh -c '
            mkdir outside && cp -a place/. outside && mount -t tmpfs -o size=64k none place &&
            cp -a outside/. place || exit 99
            dd if=/dev/zero of=place/filler bs=4096 2>/dev/null
            "$0" "$@"; code=$?
            rm -r outside && mkdir outside && rm place/filler && cp -a place/. outside &&
            umount place && rm -rf place && mv outside place || exit 98
            exit $code' "$0" "$@""#,
    )
}

/// A file that may not grow beyond half a kilobyte, for which the kernel sends SIGXFSZ.
fn limited(_: &Case) -> Option<Barrier> {
    started_as(r#"ulimit -f 1 && exec "$0" "$@""#)
}

/// A site file that can't be replaced, in a folder that can be written.
fn immutable(case: &Case) -> Option<Barrier> {
    let file = case.file();
    let name = file.display().to_string();
    case.before.as_ref()?;
    if !succeeds("chattr", &["+i", &name]) {
        left_out("a file that is immutable", "`chattr +i` is not possible");
        return None;
    }
    Some(Barrier {
        script: r#"exec "$0" "$@""#,
        remove: Some(Box::new(move || {
            assert!(succeeds("chattr", &["-i", &name]));
        })),
    })
}

/// Something else stands where the folder for `undo` has to be.
fn no_undo(case: &Case) -> Option<Barrier> {
    let (undo, aside) = (case.undo(), case.place().join("aside"));
    let moved = std::fs::rename(&undo, &aside).is_ok();
    std::fs::write(&undo, "in the way").expect("a file");
    Some(Barrier {
        script: r#"exec "$0" "$@""#,
        remove: Some(Box::new(move || {
            std::fs::remove_file(&undo).expect("a file");
            if moved {
                std::fs::rename(&aside, &undo).expect("a folder");
            }
        })),
    })
}

type Obstacle = (&'static str, fn(&Case) -> Option<Barrier>);

const OBSTACLES: [Obstacle; 5] = [
    ("a folder that is read-only", read_only),
    ("a full disk", full),
    ("a limit on the size of files", limited),
    ("an immutable file", immutable),
    ("no folder for undo", no_undo),
];

#[test]
#[expect(clippy::print_stdout, reason = "for whoever runs the tests")]
fn a_disk_that_refuses_ends_the_run_before_anything_is_changed() {
    let goals = COMMANDS.map(Case::goal);
    let mut ran = Vec::new();
    for (what, obstacle) in OBSTACLES {
        let mut count = 0;
        for (command, goal) in COMMANDS.into_iter().zip(goals) {
            let case = Case::new(command);
            for form in ["human", "json"] {
                let Some(barrier) = obstacle(&case) else {
                    continue;
                };
                let told = format!("{command}, {what}, {form}");
                let program = case.program(&["--output", form]);
                let ended = program.through(barrier.script).end();
                assert_eq!(ended.exit, 1, "{told}: {ended:?}");
                ended
                    .says("error JMC-FILE-WRITE: Can't write `place/jmc-site.json")
                    .says("hint: Check the folder");
                assert_eq!(code_of(&ended), "JMC-FILE-WRITE", "{told}");
                case.assert_as_before();
                drop(barrier);
                count += 1;
            }
            case.program(&[]).end().exits(0);
            assert_eq!(case.state(), goal, "{command} after {what}");
        }
        ran.push(format!("{what} {count}"));
    }
    println!("runs stopped by: {}", ran.join(", "));
    // Whatever the machine can't do, the rest is possible everywhere.
    assert!(ran.contains(&"a limit on the size of files 8".to_owned()));
    assert!(ran.contains(&"no folder for undo 8".to_owned()));
}

#[test]
fn a_path_below_a_file_is_told_before_aws_is_asked() {
    for command in COMMANDS {
        let case = Case::new(command);
        let (place, aside) = (case.place(), case.world.path("aside"));
        std::fs::rename(&place, &aside).expect("a folder");
        std::fs::write(&place, "x").expect("a file");
        let ended = case.program(&[]).end();
        ended.exits(1).says("error JMC-FILE-READ: ");
        case.world.assert_untouched();
        std::fs::remove_file(&place).expect("a file");
        std::fs::rename(&aside, &place).expect("a folder");
        case.program(&[]).end().exits(0);
    }
}

#[test]
fn a_person_is_not_asked_for_answers_that_can_not_be_saved() {
    let world = World::jmc();
    std::os::unix::fs::symlink("nowhere/site.json", world.site_file()).expect("a link");
    let told = world.wizard().told();
    told.ended
        .exits(1)
        .says("error JMC-FILE-WRITE: Can't write");
    assert!(told.asked.is_empty(), "nothing was asked");
    assert!(world.sandbox.journal().is_empty());
    // A dry run writes nothing, and so needs no place for it.
    let case = Case::new("init");
    std::fs::remove_dir(case.place()).expect("a folder");
    let program = case.program(&["--dry-run"]);
    program.end().exits(0);
}

#[test]
fn links_stay_links_wherever_they_lead() {
    use std::os::unix::fs::symlink;
    for command in COMMANDS {
        let case = Case::new(command);
        let real = case.world.path("real");
        std::fs::create_dir(&real).expect("a folder");
        let file = real.join("site.json");
        if case.before.is_some() {
            std::fs::rename(case.file(), &file).expect("a file");
        }
        // A relative link to a relative link to a file that, for init, is not there yet.
        symlink("../real/next", case.file()).expect("a link");
        symlink("site.json", real.join("next")).expect("a link");
        case.program(&[]).end().exits(0);
        for link in [case.file(), real.join("next")] {
            let kind = std::fs::symlink_metadata(&link).expect("a link");
            assert!(kind.file_type().is_symlink(), "{command}: {link:?}");
        }
        let kind = std::fs::symlink_metadata(&file).expect("the file");
        assert!(kind.file_type().is_file(), "{command}");
        assert_eq!(case.state(), Case::goal(command), "{command}");
    }
    // A link that leads into no folder is left as it is.
    let case = Case::new("init");
    symlink("nowhere/site.json", case.file()).expect("a link");
    let ended = case.program(&[]).end();
    ended.exits(1).says("error JMC-FILE-WRITE: ");
    case.world.assert_untouched();
    let target: PathBuf = std::fs::read_link(case.file()).expect("a link");
    assert_eq!(target, Path::new("nowhere/site.json"));
    std::fs::create_dir(case.place().join("nowhere")).expect("a folder");
    case.program(&[]).end().exits(0);
    assert!(case.place().join("nowhere/site.json").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_can_not_be_written_is_no_success() {
    let world = crate::grow_buckets::sales();
    for (form, arguments) in [
        ("human", &["plan", "--output", "human"][..]),
        ("json", &["plan", "--output", "json"]),
        ("check", &["check", "--skip-connection-test"]),
        ("help", &["--help"]),
    ] {
        let ended = world.program(arguments).end();
        assert!([0, 3].contains(&ended.exit), "{form}: {ended:?}");
        let program = world.program(arguments);
        let ended = program.through(r#"exec "$0" "$@" >/dev/full"#).end();
        assert_eq!(ended.exit, 1, "{form}: {ended:?}");
        ended.says("error JMC-FILE-OUTPUT: Standard output can't be written");
    }
    world.assert_untouched();
}
