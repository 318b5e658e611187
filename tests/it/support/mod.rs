//! What tests of a command share: a world of its own (AWS, a warehouse, a folder), runs in it,
//! and what every run is held to, whatever it is about.

pub mod binary;
pub mod paper;
pub mod parts;
pub mod redact;
pub mod wizard;

use crate::sandbox::{self, Sandbox, Serving};
use crate::warehouse::{self, Options, Temporary, Warehouse};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A password that the warehouse does not know, and that no output may show either.
pub const WRONG_PASSWORD: &str = "Canary-wr0ng-51aa";

/// What no run may print or save.
const SECRETS: [&str; 4] = [
    warehouse::PASSWORD,
    WRONG_PASSWORD,
    warehouse::DRIVER_TOKEN,
    sandbox::SECRET_ACCESS_KEY,
];

/// The warehouse's endpoint as its console shows it.
pub const ENDPOINT: &str = "csa-dwh.c9x1abcd.ap-northeast-1.redshift.amazonaws.com:5439/dev";

/// An AWS, a warehouse and a folder that belong to one test.
pub struct World {
    /// AWS.
    pub sandbox: Sandbox,
    /// The warehouse behind the seeded cluster.
    pub warehouse: Warehouse,
    folder: TempDir,
    // In this order: the door closes before its runtime ends.
    door: OnceLock<(Serving, Runtime)>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The exit code.
    pub exit: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl World {
    /// A JMC installation as the manual leaves it.
    pub fn jmc() -> Self {
        Self::of(Sandbox::jmc(), Options::default())
    }

    /// Any other.
    pub fn of(sandbox: Sandbox, mut warehouse: Options) -> Self {
        // What AWS gives out is good for the warehouse.
        let logins = sandbox.clone();
        warehouse.temporary = Temporary::found_by(move |user| logins.login(user));
        let world = Self {
            sandbox,
            warehouse: Warehouse::start(warehouse),
            folder: TempDir::new().expect("a folder"),
            door: OnceLock::new(),
        };
        std::fs::write(world.ca_file(), world.warehouse.ca_pem()).expect("a file");
        world
    }

    /// Returns a path in the folder, which is also the home and the working directory of binaries.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns the folder for what holds a secret on purpose, such as `.pgpass`.
    pub fn secret_path(&self, name: &str) -> PathBuf {
        let folder = self.path("secret");
        std::fs::create_dir_all(&folder).expect("a folder");
        folder.join(name)
    }

    /// Returns the certificate authority of the warehouse.
    pub fn ca_file(&self) -> PathBuf {
        self.path("ca.pem")
    }

    /// Returns the site file.
    pub fn site_file(&self) -> PathBuf {
        self.path("jmc-site.json")
    }

    /// Reads the site file as JSON.
    pub fn saved(&self) -> Value {
        let text = std::fs::read(self.site_file()).expect("the site file");
        serde_json::from_slice(&text).expect("JSON")
    }

    /// Returns where AWS answers over HTTP.
    pub fn url(&self) -> &str {
        let (serving, _) = self.door.get_or_init(|| {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .expect("a runtime");
            let serving = runtime.block_on(self.sandbox.serve()).expect("a port");
            (serving, runtime)
        });
        &serving.url
    }

    /// Returns every change that a service carried out, as `service:Operation resource`.
    pub fn changes(&self) -> Vec<String> {
        self.sandbox
            .writes()
            .into_iter()
            .filter(|entry| entry.effect)
            .map(|entry| format!("{} {}", entry.call(), entry.resource))
            .collect()
    }

    /// Asserts that no call that would change something was even tried.
    #[track_caller]
    pub fn assert_untouched(&self) {
        let writes = self.sandbox.writes();
        assert!(writes.is_empty(), "{writes:?}");
    }

    /// Ends all faults.
    pub fn heal(&self) {
        self.sandbox.lock().faults.rules.clear();
    }

    /// What every run is held to: no secret in what it printed or left behind, and no
    /// temporary file of the site file beside it.
    #[track_caller]
    fn hold(&self, ended: &Ended) {
        let temporary: Vec<String> = self.sandbox.state(|s| {
            let logins = s.logins.iter();
            logins.map(|login| login.password.clone()).collect()
        });
        for (what, text) in [("stdout", &ended.out), ("stderr", &ended.err)] {
            assert_secretless(what, text);
            for password in &temporary {
                assert!(!text.contains(password), "{what} shows {password}: {text}");
            }
        }
        for path in files(self.folder.path()) {
            let text =
                String::from_utf8_lossy(&std::fs::read(&path).unwrap_or_default()).into_owned();
            assert_secretless(&path.display().to_string(), &text);
            for password in &temporary {
                assert!(!text.contains(password), "{} holds a login", path.display());
            }
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let part = name.starts_with(".tmp") || name.ends_with(".tmp");
            assert!(!part, "{name} is left behind");
        }
    }
}

#[track_caller]
fn assert_secretless(what: &str, text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{what} shows {secret}: {text}");
    }
}

/// Returns the files of a folder and below, without those that hold a secret on purpose.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && entry.file_name() != "secret" {
            found.extend(files(&path));
        } else if path.is_file() {
            found.push(path);
        }
    }
    found
}

impl Ended {
    /// Returns the one JSON value of standard output.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Asserts the exit code.
    #[track_caller]
    pub fn exits(&self, code: i32) -> &Self {
        assert_eq!(
            self.exit, code,
            "stdout:\n{}\nstderr:\n{}",
            self.out, self.err
        );
        self
    }

    /// Asserts that standard error says this.
    #[track_caller]
    pub fn says(&self, text: &str) -> &Self {
        assert!(
            self.err.contains(text),
            "{text:?} is not in stderr:\n{}",
            self.err
        );
        self
    }

    /// Asserts that standard output says this.
    #[track_caller]
    pub fn results(&self, text: &str) -> &Self {
        assert!(
            self.out.contains(text),
            "{text:?} is not in stdout:\n{}",
            self.out
        );
        self
    }
}
