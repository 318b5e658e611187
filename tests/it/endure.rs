//! What the tests of endurance share: the commands that change a site, each in a world in which
//! it has something to do, and what must have become of that world in the end.

use crate::grow_buckets::SYSTEM;
use crate::sandbox::State;
use crate::support::binary::Program;
use crate::support::{Ended, World};
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::OnceLock;

/// The commands that change a site.
pub const COMMANDS: [&str; 4] = ["init", "add-bucket", "remove-bucket", "apply"];

/// The folder of the site file, apart from everything else that a world has.
const PLACE: &str = "place";

/// The site file, as it is given to the commands.
pub const SITE: &str = "place/jmc-site.json";

/// A command in a world in which it has something to do.
pub struct Case {
    /// The world.
    pub world: World,
    /// The command.
    pub command: &'static str,
    /// The site file before the command, if there is one.
    pub before: Option<Vec<u8>>,
}

/// A world that a command starts from, so that it is set up only once.
struct Start {
    aws: State,
    /// The site file, with `[folder]` in the place of the world's folder.
    file: Option<String>,
}

impl Start {
    #[track_caller]
    fn make(command: &str) -> Self {
        let world = World::jmc();
        std::fs::create_dir(world.path(PLACE)).expect("a folder");
        if command != "init" {
            world.init(&["--yes", "--site", SITE]).end().exits(0);
        }
        match command {
            "remove-bucket" => {
                let add = ["add-bucket", "--bucket=sql=sales-more-sql", "--yes"];
                let add = add.into_iter().chain(["--site", SITE]);
                world.program(add).end().exits(0);
            }
            "apply" => {
                let text = std::fs::read(world.path(SITE)).expect("the file");
                let mut site: Value = serde_json::from_slice(&text).expect("JSON");
                let bucket = json!({ "name": "sales-more-sql", "kinds": ["sql"] });
                site["buckets"].as_array_mut().expect("a list").push(bucket);
                std::fs::write(world.path(SITE), format!("{site:#}")).expect("a file");
            }
            _ => {}
        }
        let text = std::fs::read_to_string(world.path(SITE)).ok();
        Self {
            aws: world.sandbox.state(|state| state.clone()),
            file: text.map(|text| text.replace(&folder(&world), "[folder]")),
        }
    }
}

fn folder(world: &World) -> String {
    let folder = world.path("").display().to_string();
    folder.trim_end_matches('/').to_owned()
}

/// Returns what is made once for each command.
fn once<T>(all: &'static [OnceLock<T>; 4], command: &str, make: impl FnOnce() -> T) -> &'static T {
    let at = COMMANDS.iter().position(|known| *known == command);
    all[at.expect("a command")].get_or_init(make)
}

impl Case {
    /// Prepares the world.
    #[track_caller]
    pub fn new(command: &'static str) -> Self {
        static STARTS: [OnceLock<Start>; 4] = [const { OnceLock::new() }; 4];
        let start = once(&STARTS, command, || Start::make(command));
        let world = World::jmc();
        world.sandbox.state(|state| state.clone_from(&start.aws));
        std::fs::create_dir(world.path(PLACE)).expect("a folder");
        let before = start.file.as_ref();
        let before = before.map(|text| text.replace("[folder]", &folder(&world)).into_bytes());
        if let Some(before) = &before {
            std::fs::write(world.path(SITE), before).expect("a file");
        }
        Self {
            world,
            command,
            before,
        }
    }

    /// Prepares the command.
    pub fn program(&self, more: &[&str]) -> Program<'_> {
        let site = ["--yes", "--site", SITE].into_iter();
        let rest: Vec<&str> = site.chain(more.iter().copied()).collect();
        let of = |words: &[&'static str]| {
            self.world
                .program(words.iter().copied().chain(rest.iter().copied()))
        };
        match self.command {
            "init" => self.world.init(&rest),
            "add-bucket" => of(&["add-bucket", "--bucket=sql=sales-more-sql"]),
            "remove-bucket" => of(&["remove-bucket", "--bucket=sales-more-sql"]),
            command => of(&[command]),
        }
    }

    /// Returns the folder of the site file.
    pub fn place(&self) -> PathBuf {
        self.world.path(PLACE)
    }

    /// Returns the site file.
    pub fn file(&self) -> PathBuf {
        self.world.path(SITE)
    }

    /// Returns the folder of the policies as they were.
    pub fn undo(&self) -> PathBuf {
        self.world.path("place/jmc-site.json.undo")
    }

    /// Returns what the site file and AWS are, comparable between worlds.
    pub fn state(&self) -> String {
        let text = std::fs::read_to_string(self.file()).unwrap_or_default();
        let text = text.replace(&folder(&self.world), "[folder]");
        format!("{text}\n{:#}", self.world.sandbox.snapshot())
    }

    /// Returns the state after a run that nothing disturbs.
    #[track_caller]
    pub fn goal(command: &'static str) -> &'static str {
        static GOALS: [OnceLock<String>; 4] = [const { OnceLock::new() }; 4];
        let goal: &String = once(&GOALS, command, || {
            let case = Self::new(command);
            case.program(&[]).end().exits(0);
            case.state()
        });
        goal
    }

    /// Asserts that no policy was written and no lock is left.
    #[track_caller]
    pub fn assert_no_edit(&self) {
        let edits = self.world.sandbox.writes().into_iter();
        let edits: Vec<_> = edits
            .filter(|entry| entry.operation == "PutRolePolicy")
            .collect();
        assert!(edits.is_empty(), "{}: {edits:?}", self.command);
        self.assert_unlocked();
    }

    /// Asserts that no lock is left.
    #[track_caller]
    pub fn assert_unlocked(&self) {
        let left = self.world.sandbox.state(|state| {
            let bucket = state.bucket(SYSTEM).expect("the bucket");
            bucket.objects.keys().cloned().collect::<Vec<String>>()
        });
        assert!(left.is_empty(), "{}: {left:?}", self.command);
    }

    /// Asserts that nothing was tried in AWS and that the site file is what it was.
    #[track_caller]
    pub fn assert_as_before(&self) {
        self.world.assert_untouched();
        let now = std::fs::read(self.file()).ok();
        assert_eq!(now, self.before, "{}", self.command);
    }
}

/// Returns the code of the error, in either form of output.
#[track_caller]
pub fn code_of(ended: &Ended) -> String {
    if ended.out.trim_start().starts_with('{') {
        let code = ended.json()["error"]["code"].as_str().map(str::to_owned);
        return code.unwrap_or_default();
    }
    let mut lines = ended.err.lines().rev();
    let line = lines.find_map(|line| line.strip_prefix("error "));
    let code = line.and_then(|line| line.split(':').next());
    code.unwrap_or_default().to_owned()
}

/// Says aloud what this machine can't do.
pub fn left_out(what: &str, why: &str) {
    // Not eprintln!, whose output the test harness keeps to itself while a test passes.
    let _ = writeln!(std::io::stderr(), "left out: {what} ({why})");
}

/// Returns a generator of pseudo-random numbers below a limit, the same in every run.
pub fn dice(mut seed: u64) -> impl FnMut(u64) -> u64 {
    move |below| {
        // The constants of Knuth's MMIX.
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    }
}
